"""Values of the header fields of digest authentication (RFC 3261 §§20, 22.4, 25.1; RFC 7616 §§3.3 to 3.5; RFC 8760).

A `Challenge` (WWW-Authenticate, Proxy-Authenticate) is what a server asks with, `Credentials` (Authorization,
Proxy-Authorization) what a client answers with, and `AuthenticationInfo` what a server may add to its 2xx. One header
line holds one value: the commas in it separate parameters (RFC 3261 §7.3.1).

Parameters are kept as what they say, without quotes and backslashes, because that is what digests are made of. `str()`
quotes those that have to be quoted and no others. The value of a scheme other than Digest is kept as it is, to be
passed over. Everything else that breaks the grammar is a SipParseError, control characters included: a value that was
read can always be written again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sipsim.message.grammar import BLANK, FLAGS, MOST_PARAMS, QUOTED, TOKEN, WHITE, is_token, quote, refuse, unquote

ANSWERS = {"WWW-Authenticate": "Authorization", "Proxy-Authenticate": "Proxy-Authorization"}
"""The header field of a challenge -> the one that answers it (RFC 3261 §§22.2, 22.3)."""

Others = tuple[tuple[str, str], ...]
"""Parameters that have no attribute of their own, in the order on the wire: (name in lower case, value)."""

_QUOTED = frozenset(
    ("realm", "domain", "nonce", "opaque", "username", "uri", "response", "cnonce", "nextnonce", "rspauth")
)
"""Written in quotes always; the others (algorithm, stale, nc ...) never, if they are tokens (RFC 7616 §§3.3 to 3.5)."""

_SHOWN = ("username", "realm", "nonce", "uri", "response", "algorithm", "cnonce", "opaque", "qop", "nc")
_PROVED = ("nextnonce", "rspauth", "cnonce", "qop", "nc")
"""The parameters of credentials, and of Authentication-Info, in the order of their attributes and on the wire."""

_SCHEME = re.compile(rf"({TOKEN})[ \t]+(?=[^ \t])", FLAGS)
_PARAM = re.compile(rf"{BLANK}({TOKEN}){BLANK}={BLANK}({TOKEN}|{QUOTED}){BLANK}(?:,|\Z)", FLAGS)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]", FLAGS)
_COUNT = re.compile(r"[0-9A-Fa-f]{8}", FLAGS)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server wants to see before it serves a request (RFC 3261 §22.4, RFC 7616 §3.3).

    `algorithm` is as on the wire, None where nothing is said, which means MD5. `qop` lists what may be chosen from, in
    lower case; it is empty with a server of RFC 2069. `foreign` is the text behind another scheme than Digest.
    """

    realm: str = ""
    nonce: str = ""
    algorithm: str | None = None
    qop: tuple[str, ...] = ()
    opaque: str | None = None
    stale: bool = False
    others: Others = ()
    scheme: str = "Digest"
    foreign: str = ""

    @classmethod
    def parse(cls, text: str) -> Challenge:
        """One value; SipParseError when it is none, or a Digest one without realm or nonce."""
        scheme, at = _scheme(text)
        if scheme != "Digest":
            return cls(scheme=scheme, foreign=text[at:])
        params = _params(text, at, needed=("realm", "nonce"))
        return cls(
            params.pop("realm"), params.pop("nonce"), params.pop("algorithm", None), _words(params.pop("qop", "")),
            params.pop("opaque", None), params.pop("stale", "").lower() == "true", tuple(params.items()),
        )  # fmt: skip

    def __str__(self) -> str:
        if self.foreign:
            return f"{self.scheme} {self.foreign}"
        known = {
            "realm": self.realm, "nonce": self.nonce, "opaque": self.opaque, "stale": "true" if self.stale else None,
            "algorithm": self.algorithm,
        }  # fmt: skip
        qop = [f"qop={quote(','.join(self.qop))}"] if self.qop else []
        return f"Digest {', '.join([*_written(known.items()), *qop, *_written(self.others)])}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client shows to be let in: everything that its digest was made of, and the digest, `response`.

    RFC 3261 §22.4, RFC 7616 §3.4. `qop`, `cnonce` and `nc` (eight hexadecimal digits, as on the wire) are None in the
    form of RFC 2069. `foreign` is the text behind another scheme than Digest.
    """

    username: str = ""
    realm: str = ""
    nonce: str = ""
    uri: str = ""
    response: str = ""
    algorithm: str | None = None
    cnonce: str | None = None
    opaque: str | None = None
    qop: str | None = None
    nc: str | None = None
    others: Others = ()
    scheme: str = "Digest"
    foreign: str = field(default="", repr=False)  # a password in plain, if the scheme is Basic

    @classmethod
    @lru_cache(maxsize=256)  # who writes them, who checks them and who passes them on look at the same text
    def parse(cls, text: str) -> Credentials:
        """One value; SipParseError when it is none, or a Digest one that is incomplete (RFC 7616 §3.4)."""
        scheme, at = _scheme(text)
        if scheme != "Digest":
            return cls(scheme=scheme, foreign=text[at:])
        params = _params(text, at, needed=("username", "realm", "nonce", "uri", "response"))
        if "qop" in params and not {"cnonce", "nc"} <= params.keys():
            raise refuse("qop without cnonce and nc", text)
        return cls(*_values(params, _SHOWN))

    def __str__(self) -> str:
        if self.foreign:
            return f"{self.scheme} {self.foreign}"
        return f"Digest {', '.join(_written([*_named(self, _SHOWN), *self.others]))}"

    @property
    def count(self) -> int:
        """The number of requests sent with this nonce, this one included; 0 where the client doesn't count."""
        return int(self.nc or "0", 16)


@dataclass(frozen=True, slots=True)
class AuthenticationInfo:
    """What a server may say to a client that it let in (RFC 7616 §3.5).

    `nextnonce` is the nonce to use from now on; `rspauth` is the server's own digest, which proves that it knows the
    secret too. It has no scheme: it is about the credentials that the request had.
    """

    nextnonce: str | None = None
    rspauth: str | None = None
    cnonce: str | None = None
    qop: str | None = None
    nc: str | None = None
    others: Others = ()

    @classmethod
    def parse(cls, text: str) -> AuthenticationInfo:
        """One value; SipParseError when it is none."""
        params = _params(text, 0)
        return cls(*_values(params, _PROVED))

    def __str__(self) -> str:
        return ", ".join(_written([*_named(self, _PROVED), *self.others]))


def _scheme(text: str) -> tuple[str, int]:
    """The authentication scheme that a value begins with, and where its parameters begin."""
    found = _SCHEME.match(text)
    if found is None:
        raise refuse("no authentication scheme with parameters", text)
    _refuse_controls(text)
    return "Digest" if found[1].lower() == "digest" else found[1], found.end()


def _params(text: str, at: int, needed: Iterable[str] = ()) -> dict[str, str]:
    """The parameters `name=value, name="value"` that fill `text` from `at` on, by lower-case name, unquoted."""
    _refuse_controls(text)
    params: dict[str, str] = {}
    more = True
    while more:
        param = _PARAM.match(text, at)
        if param is None:
            raise refuse('no parameter name=value or name="value"', text, at)
        name = param[1].lower()
        if name in params or len(params) == MOST_PARAMS:
            raise refuse(f"parameter {name} again" if name in params else "too many parameters", text, at)
        params[name] = unquote(param[2])
        more, at = param[0].endswith(","), param.end()
    missing = [name for name in needed if name not in params]
    if missing:
        raise refuse(f"no {' and no '.join(missing)}", text)
    if _COUNT.fullmatch(params.get("nc", "00000000")) is None:
        raise refuse("nc is not eight hexadecimal digits", text)
    return params


def _values(params: dict[str, str], names: Iterable[str]) -> list[Any]:
    """The values of these parameters, None for those that are missing, and then all others as they are."""
    return [*[params.pop(name, None) for name in names], tuple(params.items())]


def _named(value: object, names: Iterable[str]) -> list[tuple[str, str | None]]:
    return [(name, getattr(value, name)) for name in names]


def _refuse_controls(text: str) -> None:
    """SipParseError for control characters, which no header line that we write can hold, not even in quotes."""
    control = _CONTROL.search(text)
    if control:
        raise refuse("control character", text, control.start())


def _words(text: str) -> tuple[str, ...]:
    """The members of a comma list that stands in quotes, in lower case, empty ones left out."""
    words = [word.strip(WHITE).lower() for word in text.split(",")]
    return tuple([word for word in words if word])


def _written(params: Iterable[tuple[str, str | None]]) -> list[str]:
    """The parameters that have a value, each as its grammar wants it."""
    return [
        f"{name}={value if name not in _QUOTED and is_token(value) else quote(value)}"
        for name, value in params
        if value is not None
    ]
