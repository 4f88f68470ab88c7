"""A server's nonces: it knows its own again without having kept them (RFC 7616 §§3.3, 5.4, 5.5).

A nonce says when it was made, and that under a seal (HMAC) which only the holder of the secret can make. So a flood of
requests without credentials costs no memory. Remembered is only which nonces were used with a right digest, and how
often, until they are too old to be used again.

In a simulation the secret comes from the seed and the seal may be short, for nonces that can be read in a ladder.
Where strangers listen the secret comes from `secrets.token_bytes(32)`, and the seal has all its digits. Whoever forgets
what was used, in a restart, takes a new secret, or it could be used again.
"""

from __future__ import annotations

import hmac
import re

from sipsim.errors import UsageError

MAX_AGE = 60.0
"""Seconds for which a nonce may be used."""

_NONCE = re.compile(r"([0-9a-f]{1,16})-[0-9a-f]{1,16}-[0-9a-f]{8,64}", re.ASCII)


class Nonces:
    """The nonces of one server, or of several that share a realm.

    `secret` are octets that nobody else has, `digits` (8 to 64) is the length of the seal, 4 bits each, `max_age` is
    in seconds. UsageError for anything else.
    """

    def __init__(self, secret: bytes, *, digits: int = 32, max_age: float = MAX_AGE) -> None:
        if not secret:
            raise UsageError("secret is empty: octets that nobody can guess are needed")
        if not 8 <= digits <= 64:
            raise UsageError(f"digits {digits!r} is not from 8 to 64")
        if not max_age > 0:
            raise UsageError(f"max_age {max_age!r} is not above 0 seconds")
        self.max_age = max_age
        self._secret = secret
        self._digits = digits
        self._made = 0
        self._counts: dict[str, tuple[float, int]] = {}  # nonce -> when it was made, the highest nc seen

    def __repr__(self) -> str:
        return f"<Nonces: {self._made} made, {len(self._counts)} in use>"

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._counts)

    def make(self, now: float) -> str:
        """A new nonce, different from all others; `now` is in seconds."""
        self._made += 1
        text = f"{max(0, round(now * 1e6)):x}-{self._made:x}"
        return f"{text}-{self._seal(text)}"

    def made_at(self, nonce: str) -> float | None:
        """When a nonce was made, in seconds; None for one that is not ours."""
        found = _NONCE.fullmatch(nonce)
        if found is None:
            return None
        text, _, seal = nonce.rpartition("-")
        return int(found[1], 16) / 1e6 if hmac.compare_digest(seal, self._seal(text)) else None

    def is_old(self, nonce: str, now: float) -> bool:
        """Whether a nonce may not be used any more, or never could."""
        made = self.made_at(nonce)
        return made is None or self._is_over(made, now)

    def use(self, nonce: str, count: int, now: float) -> bool:
        """Use a nonce of ours, for the `count`-th time as the client says; False if that count was there before.

        Counts may leave gaps and never fall, so a request sent again is known (RFC 7616 §3.4). Only for right digests,
        since others must not use a nonce up.
        """
        self._forget_old(now)
        made, last = self._counts.get(nonce) or (self.made_at(nonce), 0)
        if made is None or count <= last:
            return False
        self._counts[nonce] = made, count
        return True

    def _forget_old(self, now: float) -> None:
        """Drop those first used that are too old; the others follow within one more `max_age`."""
        while self._counts:
            nonce, (made, _) = next(iter(self._counts.items()))
            if not self._is_over(made, now):
                break
            del self._counts[nonce]

    def _is_over(self, made: float, now: float) -> bool:
        return now - made > self.max_age

    def _seal(self, text: str) -> str:
        return hmac.digest(self._secret, text.encode(), "sha256").hex()[: self._digits]
