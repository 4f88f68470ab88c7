"""Addresses: SIP and SIPS URIs (RFC 3261 §19.1), telephone numbers (RFC 3966), and all others, kept as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sipsim.message.grammar import FLAGS, HOST, Params, normal_escapes, number, refuse, unquote

LONGEST = 2048
"""Characters of a URI; a robustness limit of ours."""

_UNRESERVED = "A-Za-z0-9\\-_.!~*'()"
_SIP = re.compile(
    rf"(sips?):(?:([{_UNRESERVED}%&=+$,;?/]+)(?::([{_UNRESERVED}%&=+$,]*))?@)?({HOST})(?::([0-9]+))?"
    rf"((?:;[{_UNRESERVED}%\[\]/:&+$=;]*)?)(?:\?([{_UNRESERVED}%\[\]/?:+$=&]*))?",
    FLAGS | re.IGNORECASE,
)
_TEL = re.compile(rf"tel:(\+?[0-9A-Fa-f*#\-.()]+)((?:;[{_UNRESERVED}%\[\]/:&+$=;]*)?)", FLAGS | re.IGNORECASE)
_ANY = re.compile(r"([A-Za-z][A-Za-z0-9+\-.]*):([!#-;=?-~]+)", FLAGS)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})", FLAGS)
_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()"
_NEEDED_IN_BOTH = ("user", "ttl", "method", "maddr", "transport")
_SEPARATORS = str.maketrans("", "", "-.()")


@dataclass(frozen=True, slots=True)
class Uri:
    """A URI in its parts, as they are on the wire: escapes stay escapes, an IPv6 host keeps its brackets.

    `scheme` is "sip", "sips" or "tel" (then `user` is the number and `host` empty), or any other one, whose rest is in
    `opaque`. `port` is None where the text has none. `==` compares the parts; `matches` compares as the RFC does.
    """

    scheme: str
    user: str | None = None
    password: str | None = None
    host: str = ""
    port: int | None = None
    params: Params = ()
    headers: tuple[tuple[str, str], ...] = ()
    opaque: str = ""

    @classmethod
    def parse(cls, text: str) -> Uri:
        """The URI that `text` is, without angle brackets; SipParseError when it is none (RFC 3261 §25.1)."""
        return _parse(text)

    def __str__(self) -> str:
        if self.opaque:
            return f"{self.scheme}:{self.opaque}"
        text = f"{self.scheme}:"
        if self.user is not None:
            text += self.user if self.password is None else f"{self.user}:{self.password}"
            text += "@" if self.host else ""
        text += self.host if self.port is None else f"{self.host}:{self.port}"
        if self.params:
            text += "".join([f";{n}" if v is None else f";{n}={v}" for n, v in self.params])
        if self.headers:
            text += "?" + "&".join([f"{name}={value}" for name, value in self.headers])
        return text

    def param(self, name: str, default: str | None = None) -> str | None:
        """The value of a parameter, "" for one without value, `default` where there is none."""
        for known, value in self.params:
            if _plain(known) == name:
                return value or ""
        return default

    def with_(self, **changes: Any) -> Uri:
        """A copy with some parts changed, named as the attributes are."""
        return replace(self, **changes)

    @property
    def aor(self) -> str:
        """The canonical text of an address of record, to look a user up by (RFC 3261 §10.3 step 5).

        Scheme, user and host without port, parameters and headers; the host in lower case, escapes written in one way.
        """
        if self.opaque:
            return str(self)
        user = normal_escapes(self.user or "", _PLAIN)
        if self.scheme == "tel":
            return f"tel:{user.translate(_SEPARATORS).lower()}"
        return f"{self.scheme}:{user}@{self.host.lower()}" if user else f"{self.scheme}:{self.host.lower()}"

    def matches(self, other: Uri) -> bool:
        """Whether both name the same resource (RFC 3261 §19.1.4, RFC 3966 §4): not transitive, unlike `==`."""
        if self.opaque or other.opaque:
            return self == other
        if _address(self) != _address(other):
            return False
        return _params_match(self, other) and _fields(self.headers) == _fields(other.headers)


@lru_cache(maxsize=1024)
def _parse(text: str) -> Uri:
    """Few URIs make up most of the traffic, so the last ones are kept (a URI never changes)."""
    if len(text) > LONGEST:
        raise refuse(f"URI longer than {LONGEST} characters", text)
    bad = _BAD_ESCAPE.search(text)
    scheme = text[:5].partition(":")[0].lower()
    found = (_TEL if scheme == "tel" else _SIP if scheme in ("sip", "sips") else _ANY).fullmatch(text)
    if found is None or (bad and scheme in ("sip", "sips", "tel")):
        raise refuse("no URI", text, bad.start() if bad else 0)
    if found.re is _ANY:
        return Uri(found[1].lower(), opaque=found[2])
    if found.re is _TEL:
        return Uri("tel", user=found[1], params=_split_params(text, found[2]))
    _, user, password, host, port, params, headers = found.groups()
    return Uri(
        scheme, user, password, host, None if port is None else number(port, 65535, "port"),
        _split_params(text, params), _split_headers(text, headers),
    )  # fmt: skip


def _split_params(text: str, params: str) -> Params:
    if not params:
        return ()
    pairs = [pair.partition("=") for pair in params[1:].split(";")]
    if any(not name or "=" in value for name, _, value in pairs):
        raise refuse("URI parameter without name", text, len(text) - len(params))
    return tuple([(name, value if equals else None) for name, equals, value in pairs])


def _split_headers(text: str, headers: str | None) -> tuple[tuple[str, str], ...]:
    if headers is None:
        return ()
    pairs = [pair.partition("=") for pair in headers.split("&")]
    if any(not name or not equals or "=" in value for name, equals, value in pairs):
        raise refuse("URI header without name and value", text, len(text) - len(headers))
    return tuple([(name, value) for name, _, value in pairs])


def _plain(text: str) -> str:
    """Text of a part that is compared without case: escapes in one way, lower case."""
    return normal_escapes(text, _PLAIN).lower()


def _address(uri: Uri) -> tuple[object, ...]:
    if uri.scheme == "tel":
        return (uri.aor,)
    user, password = [part if part is None else normal_escapes(part, _PLAIN) for part in (uri.user, uri.password)]
    return (uri.scheme, user, password, uri.host.lower(), uri.port)


def _fields(pairs: Params) -> dict[str, str]:
    return {_plain(name): _plain(unquote(value or "")) for name, value in pairs}


def _params_match(one: Uri, other: Uri) -> bool:
    mine, theirs = _fields(one.params), _fields(other.params)
    if one.scheme == "tel":
        return mine == theirs
    if any(mine[name] != theirs[name] for name in mine if name in theirs):
        return False
    return all((name in mine) == (name in theirs) for name in _NEEDED_IN_BOTH)
