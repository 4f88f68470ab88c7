"""Values of header fields that calls need: Via, addresses, CSeq, media types (RFC 3261 §§20, 25.1).

Each has `parse(text)` for one value, unfolded and stripped, and `str()` for the way back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sipsim.errors import SipParseError
from sipsim.message.grammar import (
    BLANK,
    FLAGS,
    HOST,
    QUOTED,
    TOKEN,
    WHITE,
    Params,
    WithParams,
    WithPreference,
    digits,
    matched,
    number,
    quote,
    read_params,
    refuse,
    unquote,
    write_params,
)
from sipsim.message.uri import Uri

LATEST = 2**32 - 1
"""Seconds: the longest time span that a header field can say (RFC 3261 §20.19)."""

_VIA = re.compile(
    rf"SIP{BLANK}/{BLANK}2\.0{BLANK}/{BLANK}({TOKEN})[ \t]+({HOST}){BLANK}(?::{BLANK}([0-9]+){BLANK})?",
    FLAGS | re.IGNORECASE,
)
_NAME = r"[A-Za-z0-9\-.!%*_+`'~ \t\x80-\U0010ffff]*"
_BRACKETED = re.compile(rf"({QUOTED}{BLANK}|{_NAME})<([^<>]*)>{BLANK}", FLAGS)
_PLAIN_NAME = re.compile(rf"{TOKEN}(?: {TOKEN})*", FLAGS)
_CSEQ = re.compile(rf"([0-9]+)[ \t]+({TOKEN})", FLAGS)
_MEDIA = re.compile(rf"({TOKEN}){BLANK}/{BLANK}({TOKEN}){BLANK}", FLAGS)
_CALL_ID = re.compile(r"[^\x00-\x20\x7f]+", FLAGS)


@dataclass(frozen=True, slots=True)
class Via(WithParams):
    """One hop that a request took, and where its response goes (RFC 3261 §20.42).

    `transport` is in upper case, `host` keeps the brackets of an IPv6 address, `port` is None where the text has
    none.
    """

    transport: str
    host: str
    port: int | None = None
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> Via:
        """One Via value; SipParseError when it is none, with status 505 for another version of SIP."""
        found = _VIA.match(text)
        if found is None:
            raise refuse("no Via", text, status=505 if text[:4] == "SIP/" and text[4:7] != "2.0" else 400)
        port = None if found[3] is None else number(found[3], 65535, "Via port")
        return cls(found[1].upper(), found[2], port, read_params(text, found.end()))

    def __str__(self) -> str:
        where = self.host if self.port is None else f"{self.host}:{self.port}"
        return f"SIP/2.0/{self.transport} {where}{write_params(self.params)}"

    @property
    def branch(self) -> str | None:
        """The transaction's identity; None where an RFC 2543 element wrote none (§8.1.1.7)."""
        return self.param("branch") or None

    @property
    def received(self) -> str | None:
        """The address that the request came from, where the next hop put it in (§18.2.1)."""
        return self.param("received") or None

    @property
    def rport(self) -> int | None:
        """The port that the request came from (RFC 3581 §4): None without the parameter, 0 where it is not filled in.

        SipParseError when it is no port.
        """
        text = self.param("rport")
        return None if text is None else number(text or "0", 65535, "rport")

    @property
    def sent_by(self) -> str:
        """`host:port`, the host in lower case, the port always there (5060, over TLS 5061)."""
        port = self.port if self.port is not None else 5061 if self.transport == "TLS" else 5060
        return f"{self.host.lower()}:{port}"


@dataclass(frozen=True, slots=True)
class NameAddr(WithPreference):
    """An address with a display name and parameters: From, To, Contact, Route ... (RFC 3261 §20.10).

    `str()` writes the URI in angle brackets, so that nothing of it can be taken for a parameter.
    """

    display: str
    uri: Uri
    params: Params = ()

    @classmethod
    @lru_cache(maxsize=1024)  # a few Contacts and Routes make up most of the traffic
    def parse(cls, text: str) -> NameAddr:
        """One address, `display <uri>;params` or `uri;params`; SipParseError when it is none."""
        found = _BRACKETED.match(text)
        if found is not None:
            params = read_params(text, found.end())
            return cls(unquote(found[1].strip(WHITE)), Uri.parse(found[2].strip(WHITE)), params)
        bare, semicolon, _ = text.partition(";")
        if "?" in bare or "," in bare:
            raise refuse("a URI with ? or , needs angle brackets", text)
        return cls("", Uri.parse(bare.rstrip(WHITE)), read_params(text, len(bare)) if semicolon else ())

    def __str__(self) -> str:
        if self.uri.scheme == "*":
            return "*"
        name = self.display
        if name:
            name = f"{name} " if _PLAIN_NAME.fullmatch(name) else f"{quote(name)} "
        return f"{name}<{self.uri}>{write_params(self.params)}"

    @property
    def tag(self) -> str | None:
        """This end's part of the dialog's identity (§19.3)."""
        return self.param("tag") or None

    @property
    def expires(self) -> int | None:
        """Seconds that a binding is wanted for; 3600 for what is no number (§20.10), None where nothing is said."""
        text = self.param("expires")
        try:
            return None if text is None else seconds(text)
        except SipParseError:
            return 3600


STAR = NameAddr("", Uri("*"))
"""The Contact value `*`: all bindings of the address of record (RFC 3261 §10.2.2)."""


def contact(text: str) -> NameAddr:
    """One Contact value: an address, or STAR."""
    return STAR if text == "*" else NameAddr.parse(text)


class CSeq(NamedTuple):
    """The order of a request in its dialog, and its method (RFC 3261 §20.16)."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> CSeq:
        """`number method`; SipParseError when it is none, or when the number is not below 2**31 (§8.1.1.5)."""
        found = matched(_CSEQ.fullmatch, text, "no number and method")
        return cls(number(found[1], 2**31 - 1, "number"), found[2])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


@dataclass(frozen=True, slots=True)
class MediaType(WithPreference):
    """What a body is, or in Accept what it may be; type and subtype in lower case (RFC 3261 §§20.1, 20.15)."""

    type: str
    subtype: str
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> MediaType:
        """`type/subtype;name=value`; SipParseError when it is none."""
        found = matched(_MEDIA.match, text, "no media type")
        return cls(found[1].lower(), found[2].lower(), read_params(text, found.end()))

    def __str__(self) -> str:
        return f"{self.type}/{self.subtype}{write_params(self.params)}"

    def takes(self, other: MediaType) -> bool:
        """Whether `other` is of this type, or within this range: `text/*`, `*/*`. Parameters don't count."""
        return self.type in ("*", other.type) and self.subtype in ("*", other.subtype)


def call_id(text: str) -> str:
    """A Call-ID: one word of any characters but controls, compared octet by octet (RFC 3261 §20.8)."""
    return matched(_CALL_ID.fullmatch, text, "no word without blanks")[0]


def seconds(text: str) -> int:
    """A time span; more than `LATEST` counts as that (RFC 4475 §3.1.2.4)."""
    return min(LATEST, int(digits(text, "time span")[:11]))
