"""Values of header fields: Via, addresses, CSeq, media types (RFC 3261 §§20, 25.1), and fast readers beside them.

A typed value has `parse(text)` for one value, unfolded and stripped, and `str()` for the way back. A fast reader takes
a whole header line as octets: it knows the shape that nearly all lines have, by one strict pattern, and leaves every
other line to the typed value. Both say the same for all octets; a property test holds them to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from sipsim.errors import SipParseError
from sipsim.message.grammar import (
    BLANK, FLAGS, HOST, QUOTED, TOKEN, WHITE, Params,
    decode, digits, find_param, number, quote, read_params, refuse, split_list, unquote, write_params,
)  # fmt: skip
from sipsim.message.uri import Uri

LATEST = 2**32 - 1
"""Seconds: the longest expiry that there is (RFC 3261 §20.19)."""

_VIA = re.compile(
    rf"SIP{BLANK}/{BLANK}2\.0{BLANK}/{BLANK}({TOKEN})[ \t]+({HOST}){BLANK}(?::{BLANK}([0-9]+){BLANK})?",
    FLAGS | re.IGNORECASE,
)
_BRACKETED = re.compile(
    rf"({QUOTED}{BLANK}|[A-Za-z0-9\-.!%*_+`'~ \t\x80-\U0010ffff]*)<([^<>]*)>{BLANK}", FLAGS
)
_CSEQ = re.compile(rf"([0-9]+)[ \t]+({TOKEN})", FLAGS)
_MEDIA = re.compile(rf"({TOKEN}){BLANK}/{BLANK}({TOKEN}){BLANK}", FLAGS)
_CALL_ID = re.compile(r"[^\x00-\x20\x7f]+", FLAGS)
_BARE_DISPLAY = re.compile(rf"{TOKEN}(?: {TOKEN})*", FLAGS)
_Q = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?", FLAGS)


@dataclass(frozen=True, slots=True)
class Via:
    """One hop that a request took, and where its response goes (RFC 3261 §20.42).

    `host` keeps the brackets of an IPv6 address; `port` is None where the text has none.
    """

    transport: str
    host: str
    port: int | None = None
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> Via:
        """One Via value; SipParseError when it is none, status 505 for another version of SIP."""
        found = _VIA.match(text)
        if found is None:
            raise refuse("no Via value", text, status=505 if text[:4] == "SIP/" and text[4:7] != "2.0" else 400)
        port = None if found[3] is None else number(found[3], 65535, "Via port")
        return cls(found[1].upper(), found[2], port, read_params(text, found.end()))

    def __str__(self) -> str:
        where = self.host if self.port is None else f"{self.host}:{self.port}"
        return f"SIP/2.0/{self.transport} {where}{write_params(self.params)}"

    @property
    def branch(self) -> str | None:
        """The transaction's identity; None where an RFC 2543 element wrote no branch (§8.1.1.7)."""
        return find_param(self.params, "branch") or None

    @property
    def received(self) -> str | None:
        """The address that the request really came from, if the next hop put it in (§18.2.1)."""
        return find_param(self.params, "received") or None

    @property
    def rport(self) -> int | None:
        """The port that the request came from (RFC 3581): None without the parameter, 0 where it waits to be filled."""
        text = find_param(self.params, "rport")
        return None if text is None else number(text or "0", 65535, "rport")

    @property
    def sent_by(self) -> str:
        """`host:port`, the host in lower case, the port always there (5060, over TLS 5061)."""
        port = self.port if self.port is not None else 5061 if self.transport == "TLS" else 5060
        return f"{self.host.lower()}:{port}"

    def with_param(self, name: str, value: str | None) -> Via:
        """A copy with the parameter set, in its place or at the end; value None writes `;name` alone."""
        return replace(self, params=_set_param(self.params, name, value))


@dataclass(frozen=True, slots=True)
class NameAddr:
    """An address with a display name and parameters: From, To, Contact, Route ... (RFC 3261 §20.10).

    `str()` always writes the URI in angle brackets, so that nothing of it can be taken for a parameter.
    """

    display: str
    uri: Uri
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> NameAddr:
        """One address, `display <uri>;params` or `uri;params`; SipParseError when it is none."""
        found = _BRACKETED.match(text)
        if found is not None:
            return cls(unquote(found[1].strip(WHITE)), Uri.parse(found[2].strip(WHITE)), read_params(text, found.end()))
        bare, semicolon, _ = text.partition(";")
        if "?" in bare or "," in bare:
            raise refuse("a URI with ? or , needs angle brackets", text)
        return cls("", Uri.parse(bare.rstrip(WHITE)), read_params(text, len(bare)) if semicolon else ())

    def __str__(self) -> str:
        if self is STAR:
            return "*"
        name = self.display
        if name:
            name = f"{name} " if _BARE_DISPLAY.fullmatch(name) else f"{quote(name)} "
        return f"{name}<{self.uri}>{write_params(self.params)}"

    @property
    def tag(self) -> str | None:
        """The end's half of the dialog's identity (RFC 3261 §19.3)."""
        return find_param(self.params, "tag") or None

    @property
    def q(self) -> float:
        """Preference among contacts, 0.0 to 1.0; 1.0 where none is given (RFC 3261 §20.10)."""
        text = find_param(self.params, "q")
        if text is None:
            return 1.0
        if _Q.fullmatch(text) is None:
            raise refuse("q is no number from 0 to 1 with three decimals", text)
        return float(text)

    @property
    def expires(self) -> int | None:
        """Seconds that the binding is wanted for; 3600 for a malformed value (RFC 3261 §20.10), None without one."""
        text = find_param(self.params, "expires")
        try:
            return None if text is None else seconds(text)
        except SipParseError:
            return 3600

    def param(self, name: str, default: str | None = None) -> str | None:
        """The value of a parameter (not of the URI's), "" for one without value, `default` where there is none."""
        return find_param(self.params, name, default)

    def with_param(self, name: str, value: str | None) -> NameAddr:
        """A copy with the parameter set, in its place or at the end; value None writes `;name` alone."""
        return replace(self, params=_set_param(self.params, name, value))


def _set_param(params: Params, name: str, value: str | None) -> Params:
    """The parameters with one of them set, in its place or at the end."""
    if any(known == name for known, _ in params):
        return tuple([(known, value if known == name else old) for known, old in params])
    return (*params, (name, value))


STAR = NameAddr("", Uri("*"))
"""The Contact value `*`: all bindings of the address of record (RFC 3261 §10.2.2)."""


def contact(text: str) -> NameAddr:
    """One Contact value: an address, or STAR."""
    return STAR if text == "*" else NameAddr.parse(text)


def call_id(text: str) -> str:
    """A Call-ID: any characters but white space and controls; compared octet by octet (RFC 3261 §20.8)."""
    if _CALL_ID.fullmatch(text) is None:
        raise refuse("no Call-ID", text)
    return text


def seconds(text: str) -> int:
    """A time span; what is above 2**32 - 1 counts as that (RFC 4475 §3.1.2.4)."""
    return min(LATEST, int(digits(text, "time span")[:11]))


class CSeq(NamedTuple):
    """The order of a request within its dialog, with its method (RFC 3261 §20.16)."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> CSeq:
        """`number method`; the number is below 2**31 (§8.1.1.5), SipParseError otherwise."""
        found = _CSEQ.fullmatch(text)
        if found is None:
            raise refuse("CSeq is no number and method", text)
        return cls(number(found[1], 2**31 - 1, "CSeq"), found[2])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


class MediaType(NamedTuple):
    """What a body is, type and subtype in lower case (RFC 3261 §20.15)."""

    type: str
    subtype: str
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> MediaType:
        """`type/subtype;name=value`; SipParseError when it is none."""
        found = _MEDIA.match(text)
        if found is None:
            raise refuse("no media type", text)
        return cls(found[1].lower(), found[2].lower(), read_params(text, found.end()))

    def __str__(self) -> str:
        return f"{self.type}/{self.subtype}{write_params(self.params)}"


# ---- a line of octets to a value --------------------------------------------------------------------------


def value_of(line: bytes) -> str:
    """The value on a header line: behind the colon, unfolded, stripped."""
    text = decode(line.partition(b":")[2])
    return (text.replace("\r\n", "") if "\r" in text else text).strip(WHITE)


def via_of(line: bytes) -> Via:
    """The first value on a Via line."""
    return Via.parse(split_list(value_of(line))[0])


def address_of(line: bytes) -> NameAddr:
    """The value on a From or To line."""
    return NameAddr.parse(value_of(line))


def media_type_of(line: bytes) -> MediaType:
    """The value on a Content-Type line."""
    return MediaType.parse(value_of(line))


def seconds_of(line: bytes) -> int:
    """The value on an Expires or Min-Expires line."""
    return seconds(value_of(line))


def retry_after_of(line: bytes) -> int:
    """The seconds of `120 (comment);duration=60` on a Retry-After line (RFC 3261 §20.33)."""
    return seconds(value_of(line).partition("(")[0].partition(";")[0].rstrip(WHITE))


# ---- the same, fast -----------------------------------------------------------------------------------------

_FAST_VIA = re.compile(
    rb"[A-Za-z]+: SIP/2\.0/(?:UDP|TCP) ([A-Za-z0-9.\-]{1,255}(?::[1-9][0-9]{0,3})?)"
    rb"(?:;rport)?;branch=([A-Za-z0-9.\-_+~*!']{1,255})(?:;(?:rport|received)(?:=[0-9.]{1,15})?)*"
).fullmatch
_FAST_ADDRESS = re.compile(
    rb"[A-Za-z]+: ?(?:\"[A-Za-z0-9 .\-]*\" ?|[A-Za-z0-9.\-]+ )?"
    rb"<sips?:(?:[A-Za-z0-9.\-_+]{1,255}@)?[A-Za-z0-9.\-]{1,255}(?::[1-9][0-9]{0,3})?>"
    rb"(?:;tag=([A-Za-z0-9.\-_+~*!']{1,255}))?"
).fullmatch
_FAST_HOPS = re.compile(rb"[A-Za-z\-]+: ?([0-9]{1,2})").fullmatch
_FAST_LENGTH = re.compile(rb"[A-Za-z\-]+: ?([0-9]{1,5})").fullmatch
_FAST_WORD = re.compile(rb"[A-Za-z\-]+: ?([!-~]+)").fullmatch


def hop_of(line: bytes) -> tuple[str | None, str]:
    """Branch and sent-by of the first value on a Via line."""
    found = _FAST_VIA(line)
    if found is None:
        via = via_of(line)
        return via.branch, via.sent_by
    return found[2].decode(), _sent_by(found[1])


@lru_cache(maxsize=1024)
def _sent_by(where: bytes) -> str:
    """As `Via.sent_by`, for what the pattern takes; a network has few hosts, so they are kept."""
    return where.lower().decode() if b":" in where else f"{where.lower().decode()}:5060"


def tag_of(line: bytes) -> str | None:
    """The tag on a From or To line."""
    found = _FAST_ADDRESS(line)
    if found is None:
        return address_of(line).tag
    tag: bytes | None = found[1]
    return None if tag is None else tag.decode()


@lru_cache(maxsize=1024)
def cseq_of(line: bytes) -> CSeq:
    """The value on a CSeq line; few lines, `CSeq: 1 INVITE` above all, make up most of the traffic."""
    return CSeq.parse(value_of(line))


def call_id_of(line: bytes) -> str:
    """The value on a Call-ID line."""
    found = _FAST_WORD(line)
    return call_id(value_of(line)) if found is None else found[1].decode()


def max_forwards_of(line: bytes) -> int:
    """The value on a Max-Forwards line: hops that are left, 0 to 255 (RFC 3261 §20.22)."""
    found = _FAST_HOPS(line)
    return number(value_of(line), 255, "Max-Forwards") if found is None else int(found[1])


def content_length_of(line: bytes) -> int:
    """The value on a Content-Length line: octets (RFC 3261 §20.14)."""
    found = _FAST_LENGTH(line)
    return number(value_of(line), 2**32 - 1, "Content-Length") if found is None else int(found[1])
