"""Addresses: SIP and SIPS URIs (RFC 3261 §19.1), telephone numbers (RFC 3966); all others kept as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from string import ascii_letters, digits
from typing import Any

from sipsim.message.grammar import FLAGS, HOST, Params, matched, normal_escapes, number, refuse, write_params

LONGEST = 2048
"""Characters of a URI; a robustness limit of ours."""

_PLAIN = ascii_letters + digits + "-_.!~*'()"
"""The characters that mean the same with and without escape (RFC 3261 §25.1, unreserved)."""

_UNRESERVED = r"A-Za-z0-9\-_.!~*'()%"
_PARAMS = rf"((?:;[{_UNRESERVED}\[\]/:&+$=;]*)?)"
_SIP = re.compile(
    rf"sips?:(?:([{_UNRESERVED}&=+$,;?/]+)(?::([{_UNRESERVED}&=+$,]*))?@)?({HOST})(?::([0-9]+))?"
    rf"{_PARAMS}(?:\?([{_UNRESERVED}\[\]/?:+$=&]*))?",
    FLAGS | re.IGNORECASE,
)
_TEL = re.compile(
    rf"tel:(\+[\-.()]*[0-9][0-9\-.()]*|[\-.()]*[0-9A-F*#][0-9A-F*#\-.()]*){_PARAMS}", FLAGS | re.IGNORECASE
)
_OTHER = re.compile(r"([A-Za-z][A-Za-z0-9+\-.]*):([!#-;=?-~]+)", FLAGS)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})", FLAGS)
_SEPARATORS = str.maketrans("", "", "-.()")
_NEVER_IGNORED = ("transport", "user", "ttl", "method", "maddr")

SIP_SCHEMES = ("sip", "sips")
"""Schemes of URIs that a request can be sent to (RFC 3261 §19.1)."""


@lru_cache(maxsize=4096)
def _parse(text: str) -> Uri:
    """The URI that `text` is, without angle brackets; SipParseError when it is none.

    Few URIs make up most of the traffic, so they are kept: a Uri never changes.
    """
    if len(text) > LONGEST:
        raise refuse(f"URI of more than {LONGEST} characters", text)
    scheme = text[:5].partition(":")[0].lower()
    if scheme not in ("sip", "sips", "tel"):
        return _parse_other(text)
    bad = _BAD_ESCAPE.search(text)
    found = (_TEL if scheme == "tel" else _SIP).fullmatch(text)
    if found is None or bad:
        raise refuse(f"no {scheme} URI", text, bad.start() if bad else 0)
    if scheme == "tel":
        return Uri("tel", user=found[1], params=_split_params(found[2]))
    user, password, host, port, params, headers = found.groups()
    number_of_port = None if port is None else number(port, 65535, "port")
    return Uri(scheme, user, password, host, number_of_port, _split_params(params), _split_headers(headers))


@dataclass(frozen=True, slots=True)
class Uri:
    """A URI in its parts as they are on the wire: escapes stay escapes, an IPv6 host keeps its brackets.

    `scheme` is "sip", "sips" or "tel" (then `user` is the number and `host` empty), or any other one, whose rest is
    in `opaque`. `port` is None where the text has none. `==` compares parts; `matches` compares as the RFC does.
    """

    scheme: str
    user: str | None = None
    password: str | None = None
    host: str = ""
    port: int | None = None
    params: Params = ()
    headers: tuple[tuple[str, str], ...] = ()
    opaque: str = ""
    _text: str = field(default="", init=False, repr=False, compare=False)
    _aor: str = field(default="", init=False, repr=False, compare=False)

    parse = staticmethod(_parse)

    def __str__(self) -> str:
        if not self._text:
            object.__setattr__(self, "_text", self._written())
        return self._text

    def _written(self) -> str:
        if self.opaque:
            return f"{self.scheme}:{self.opaque}"
        text = self.host if self.port is None else f"{self.host}:{self.port}"
        if self.user is not None:
            user = self.user if self.password is None else f"{self.user}:{self.password}"
            text = f"{user}@{text}" if text else user
        headers = "&".join([f"{name}={value}" for name, value in self.headers])
        return f"{self.scheme}:{text}{write_params(self.params)}{'?' if headers else ''}{headers}"

    def param(self, name: str, default: str | None = None) -> str | None:
        """The value of a parameter, "" for one without value, `default` where there is none."""
        for known, value in self.params:
            if known == name or _plain(known) == name:
                return value or ""
        return default

    def with_(self, **changes: Any) -> Uri:
        """A copy with some parts changed, named as the attributes are."""
        return replace(self, **changes)

    @property
    def aor(self) -> str:
        """The canonical text of an address of record, to look a user up by (RFC 3261 §10.3 step 5).

        Scheme, user and host without password, port, parameters and headers; the host in lower case, escapes
        written in one way, a telephone number without its visual separators.
        """
        if not self._aor:
            object.__setattr__(self, "_aor", self._canonical())
        return self._aor

    def _canonical(self) -> str:
        if self.opaque:
            return str(self)
        user = normal_escapes(self.user or "", _PLAIN)
        if self.scheme == "tel":
            return f"tel:{user.translate(_SEPARATORS).lower()}"
        return f"{self.scheme}:{user}{'@' if user else ''}{self.host.lower()}"

    def matches(self, other: Uri) -> bool:
        """Whether both name the same resource (RFC 3261 §19.1.4, RFC 3966 §4). Not transitive, unlike `==`."""
        if self.opaque or other.opaque:
            return self == other
        return (
            _address(self) == _address(other)
            and _params_match(self, other)
            and _compared(self.headers) == _compared(other.headers)
        )


def _parse_other(text: str) -> Uri:
    found = matched(_OTHER.fullmatch, text, "no URI")
    return Uri(found[1].lower(), opaque=found[2])


def _split_params(text: str) -> Params:
    if not text:
        return ()
    pairs = [pair.partition("=") for pair in text[1:].split(";")]
    if any(not name or "=" in value for name, _, value in pairs):
        raise refuse("URI parameter that is not ;name or ;name=value", text)
    return tuple([(name, value if equals else None) for name, equals, value in pairs])


def _split_headers(text: str | None) -> tuple[tuple[str, str], ...]:
    if text is None:
        return ()
    pairs = [pair.partition("=") for pair in text.split("&")]
    if any(not name or not equals or "=" in value for name, equals, value in pairs):
        raise refuse("URI header that is not name=value", text)
    return tuple([(name, value) for name, _, value in pairs])


def _plain(text: str) -> str:
    """Text of a part that is compared without case: escapes written in one way, lower case."""
    return normal_escapes(text, _PLAIN).lower()


def _compared(pairs: Params) -> dict[str, str]:
    return {_plain(name): _plain(value or "") for name, value in pairs}


def _address(uri: Uri) -> tuple[object, ...]:
    """What must be equal of two URIs before parameters are looked at; userinfo is compared with case."""
    if uri.scheme == "tel":
        return (uri.aor,)
    userinfo = [part and normal_escapes(part, _PLAIN) for part in (uri.user, uri.password)]
    return (uri.scheme, *userinfo, uri.host.lower(), uri.port)


def _digits(params: dict[str, str]) -> dict[str, str]:
    """Parameters of a number, where those that are digits themselves have no separators (RFC 3966 §4)."""
    return {
        name: text.translate(_SEPARATORS) if name == "ext" or text[:1] == "+" else text for name, text in params.items()
    }


def _params_match(one: Uri, other: Uri) -> bool:
    """Those in both are equal; one that stands on one side only is ignored, but for five (and all of a number's)."""
    mine, theirs = _compared(one.params), _compared(other.params)
    if one.scheme == "tel":
        return _digits(mine) == _digits(theirs)
    if any((name in mine) != (name in theirs) for name in _NEVER_IGNORED):
        return False
    return all(mine[name] == theirs[name] for name in mine if name in theirs)
