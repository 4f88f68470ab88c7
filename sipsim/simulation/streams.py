"""Dice and names: a random stream for every purpose, and identifiers that a reader can follow and a run can
repeat.

A stream is found by its name, so adding an element or a link to a scenario changes nobody else's draws. Draw
with `random()` and `getrandbits()` only: the other methods of `random.Random` changed between Python
versions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from random import Random
from urllib.parse import quote

TOKEN_MARKS = "-.!%*_+`'~"  # what a token may hold besides letters and digits (RFC 3261 §25.1)
MAGIC_COOKIE = "z9hG4bK"  # what a branch begins with (RFC 3261 §8.1.1.7)


class Streams:
    """Independent random streams of one seed, each a function of seed and name alone."""

    def __init__(self, seed: int | str) -> None:
        self.seed = seed
        self._made: dict[str, Random] = {}

    def get(self, name: str) -> Random:
        """The stream of this name, made when it is first asked for."""
        stream = self._made.get(name)
        if stream is None:
            stream = self._made[name] = Random(f"{self.seed}/{name}")  # text goes through SHA-512, not through hash()
        return stream

    def __repr__(self) -> str:
        return f"<Streams of seed {self.seed}: {', '.join(self._made) or 'none drawn from'}>"


class Identifiers:
    """Branches, tags and Call-IDs that count: the third tag that alice makes is `alice-3`.

    Names are made safe for a token (RFC 3261 §25.1). Tokens compare without case, so names that differ in
    case only share a count.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}

    def branch(self, name: str) -> str:
        """A new branch of a Via (RFC 3261 §8.1.1.7)."""
        return f"{MAGIC_COOKIE}-{self._next('branch', name)}"

    def tag(self, name: str) -> str:
        """A new tag of From or To (RFC 3261 §19.3)."""
        return self._next("tag", name)

    def call_id(self, name: str, host: str) -> str:
        """A new Call-ID (RFC 3261 §8.1.1.4)."""
        return f"{self._next('call_id', name)}@{host}"

    def cnonce(self, name: str) -> str:
        """A client's own nonce of digest authentication (RFC 7616 §3.4)."""
        return self._next("cnonce", name)

    seal = 8
    """How many hexadecimal digits say that a nonce is its server's own: few where nobody forges, to be read easily."""

    def secret(self, name: str) -> bytes:
        """What a server seals its nonces with; another one after each restart."""
        return self._next("secret", name).encode()

    def _next(self, purpose: str, name: str) -> str:
        token = _token(name)
        key = (purpose, token.lower())
        self._counts[key] = count = self._counts.get(key, 0) + 1
        return f"{token}-{count}"


@lru_cache(maxsize=1024)
def _token(name: str) -> str:
    """A name made safe for a token: `Proxy-1` for Proxy 1."""
    return quote(name.replace(" ", "-"), safe=TOKEN_MARKS) or "x"


class SecretIdentifiers(Identifiers):
    """Identifiers for a live network, where nobody may guess them.

    `token(n)` gives text made of `n` secret octets, as `secrets.token_hex` does.
    """

    seal = 64

    def __init__(self, token: Callable[[int], str]) -> None:
        super().__init__()
        self._token = token

    def secret(self, name: str) -> bytes:
        return self._token(32).encode()

    def _next(self, purpose: str, name: str) -> str:
        return self._token(12)
