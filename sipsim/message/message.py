"""A SIP message: parsed from octets, looked at, turned into octets again (RFC 3261 §7).

`parse` makes sure that octets are a message, and no more: its lines are split and named when somebody asks for one, a
value is read at first look, then kept. An edit gives a new message; one that nobody changes goes out as the very octets
it came in as.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import repeat
from typing import Any, Self

from sipsim.errors import SipParseError, UsageError
from sipsim.message.attributes import Every, Lazy, Maybe, Needed
from sipsim.message.codes import CANONICAL
from sipsim.message.fields import Via
from sipsim.message.grammar import decode, refuse
from sipsim.message.headers import name_lines, refuse_bare_ends
from sipsim.message.lines import (
    address_of,
    branch_of,
    call_id_of,
    content_length_of,
    cseq_of,
    hop_of,
    max_forwards_of,
    sent_by_of,
    tag_of,
    via_of,
)
from sipsim.message.names import FOLDED
from sipsim.message.readers import Readers
from sipsim.message.start_lines import (
    read_odd_request_line,
    read_request_line,
    read_status_line,
    request_line,
)
from sipsim.message.uri import LONGEST, Uri

LARGEST, LONGEST_HEAD, LONGEST_LINE = 65_535, 16_384, 8_192
MOST_LINES, MOST_VIAS = 256, 71
"""What a message may have: octets in all, in the head, on one line; header lines; hops, one more than Max-Forwards.

Robustness limits of ours."""


class Message(Readers):
    """What a request and a response have in common: header fields, typed, and the body.

    An attribute whose field is missing gives None or an empty tuple; a mandatory one (Via, From, To, Call-ID, CSeq)
    raises SipParseError, and so does every one whose value breaks its grammar.
    """

    __slots__ = ()

    def __bytes__(self) -> bytes:
        if self.data is None:
            self.data = b"\r\n".join([*self.lines, b"", self._rest])
        return self.data

    def check(self) -> None:
        """SipParseError (400) unless the fields that every message needs are there and readable (§8.1.1, §18.3).

        Via once or more; From, To, Call-ID and CSeq once; Content-Length at most once and no longer than the body.
        """
        via, from_, to, call_id, cseq, described = places(tuple(self.names))
        lines, seen = self.lines, self.__dict__
        try:
            seen["branch"], seen["sent_by"] = hop_of(lines[via])
            seen["from_tag"] = tag_of(lines[from_])
            seen["to_tag"] = tag_of(lines[to])
            seen["call_id"] = call_id_of(lines[call_id])
            seen["cseq"] = cseq_of(lines[cseq])
            seen["content_length"] = length = content_length_of(lines[described]) if described else None
        except SipParseError:  # one of the attributes knows on which line
            _ = self.branch, self.from_tag, self.to_tag, self.call_id, self.cseq, self.content_length
            raise
        rest = self._rest
        if length is not None and length > len(rest):
            raise SipParseError(f"Content-Length {length} for a body of {len(rest)} octets")
        seen["body"] = rest[:length]

    # ---- the same one by one

    branch = Needed("via", branch_of)
    """The branch of the top Via; None where it has none (RFC 2543)."""
    sent_by = Needed("via", sent_by_of)
    """`host:port` of the top Via, lower case, the default port written out."""

    from_tag = Needed("from", tag_of)
    """The tag of From; None where there is none (RFC 2543)."""
    to_tag = Needed("to", tag_of)
    """The tag of To; None outside a dialog."""
    call_id = Needed("call-id", call_id_of)
    """What all messages of a call, or of a client's registrations, have in common (RFC 3261 §20.8)."""
    cseq = Needed("cseq", cseq_of)
    """The request's number and method (RFC 3261 §20.16)."""
    max_forwards = Maybe("max-forwards", max_forwards_of)
    """Hops that are left (RFC 3261 §20.22)."""

    via = Needed("via", via_of)
    """The top Via (RFC 3261 §20.42)."""
    vias = Every("via", Via.parse, MOST_VIAS)
    """All Via values, the last hop first."""
    from_ = Needed("from", address_of)
    """Who sent the request (RFC 3261 §20.20)."""
    to = Needed("to", address_of)
    """Whom the request is for (RFC 3261 §20.39)."""

    # ---- the body

    @Lazy
    def body(self) -> bytes:
        """The octets behind the empty line, cut to Content-Length where that is readable and less (§18.3)."""
        if not self._rest:
            return b""
        try:
            return self._rest if self.content_length is None else self._rest[: self.content_length]
        except SipParseError:
            return self._rest

    def with_body(self, body: bytes, content_type: object = None) -> Self:
        """A copy with this body and its length, and its type if one is given; UsageError for a body of text."""
        check_body(body)
        message = self if content_type is None else self.with_header("Content-Type", content_type)
        message = message.with_header("Content-Length", len(body))
        message._rest = message.__dict__["body"] = body
        return message


def check_body(body: object) -> None:
    """`UsageError` for what is no octets."""
    if not isinstance(body, bytes):
        raise UsageError(f"body {body!r:.60}: octets are allowed; encode() makes them of text")


class Request(Message):
    """A request (RFC 3261 §7.1): `method`, case-sensitive, and `uri_text`, the Request-URI as it stands there."""

    __slots__ = ("method", "uri_text")

    def __init__(
        self, method: str, uri_text: str, lines: list[bytes], names: list[str], rest: bytes, data: bytes | None = None,
    ) -> None:  # fmt: skip
        self.method = method
        self.uri_text = uri_text
        self.lines = lines
        self.names = names
        self._rest = rest
        self.data = data
        if data is None:
            self.__dict__["body"] = rest  # made here, so there is nothing to cut

    def __repr__(self) -> str:
        return f"<{self.method} {self.uri_text} {_sequence(self, 'CSeq {0.number}')}>"

    def _copy(self, lines: list[bytes], names: list[str]) -> Self:
        return type(self)(self.method, self.uri_text, lines, names, self.body)

    @Lazy
    def uri(self) -> Uri:
        """The Request-URI; SipParseError when it is none, with status 414 when it is too long."""
        text = self.uri_text
        if len(text) > LONGEST:
            raise refuse("Request-URI too long", text, status=414)
        try:
            return Uri.parse(text)
        except SipParseError as error:
            at = len(self.method) + 1 + error.column
            raise SipParseError(f"Request-URI: {error.reason}", column=at, excerpt=error.excerpt) from None

    def check(self) -> None:
        """As for every message; CSeq names the method too, and the URI is readable, without headers (§19.1.1)."""
        try:  # the URI before From and To, which may have the same long one: this is a 414 of its own
            uri = self.__dict__["uri"] = Uri.parse(self.uri_text)
        except SipParseError:
            uri = self.uri  # which says where
        super().check()
        method = self.cseq.method
        if method != self.method:
            raise SipParseError(f"CSeq has method {method}, the start line {self.method}")
        if uri.headers:
            raise SipParseError("a Request-URI has no headers")

    def with_uri(self, uri: Uri | str) -> Self:
        """A copy for another Request-URI; UsageError for text that can't stand in a start line."""
        text = str(uri)
        lines = [request_line(self.method, text), *self.lines[1:]]
        return type(self)(self.method, text, lines, self.names, self.body)


class Response(Message):
    """A response (RFC 3261 §7.2): `status`, 100 to 699, and `reason`, the phrase, which may be empty."""

    __slots__ = ("reason", "status")

    def __init__(
        self, status: int, reason: str, lines: list[bytes], names: list[str], rest: bytes, data: bytes | None = None,
    ) -> None:  # fmt: skip
        self.status = status
        self.reason = reason
        self.lines = lines
        self.names = names
        self._rest = rest
        self.data = data
        if data is None:
            self.__dict__["body"] = rest  # made here, so there is nothing to cut

    def __repr__(self) -> str:
        reason = self.reason.encode("utf-8", "backslashreplace").decode()
        return f"<{self.status} {reason} {_sequence(self, '({0.method}) CSeq {0.number}')}>"

    def _copy(self, lines: list[bytes], names: list[str]) -> Self:
        return type(self)(self.status, self.reason, lines, names, self.body)


def _sequence(message: Message, shown: str) -> str:
    """The end of a repr, also for a message without a readable CSeq."""
    try:
        return shown.format(message.cseq)
    except SipParseError:
        return "CSeq ?"


@lru_cache(maxsize=1024)
def places(names: tuple[str, ...]) -> tuple[int, int, int, int, int, int]:
    """Where the fields stand that every message has, and Content-Length (0: there is none).

    Via, From, To, Call-ID, CSeq, in this order; SipParseError where one is missing or comes too often. Most messages
    have the same fields in the same order, so what was found is kept.
    """
    counts = {CANONICAL[name]: names.count(name) for name in ("from", "to", "call-id", "cseq")}
    if wrong := [
        f"{name} comes {count} times" if count else f"{name} is missing" for name, count in counts.items() if count != 1
    ]:
        raise SipParseError(", ".join(wrong))
    if names.count("via") > MOST_VIAS or names.count("content-length") > 1:
        raise SipParseError("too many Via or Content-Length header fields")
    if "via" not in names:
        raise SipParseError(f"no {CANONICAL['via']} header field")
    at = names.index
    described = at("content-length") if "content-length" in names else 0
    return at("via"), at("from"), at("to"), at("call-id"), at("cseq"), described


# Parsing. Nearly all messages begin in one shape, and what does can be split at any time. `[^\r]` is what `re` skips
# fastest; whether LF stands alone somewhere is counted.

_usual = re.compile(rb"[^\r]*+(?:\r\n[A-Za-z\-]++:[^\r]*+)++\r\n\r\n").match
_new = object.__new__


def parse(data: bytes) -> Request | Response:
    """The message that a datagram is; SipParseError, with status, line and column, when it is none.

    Looked at are the start line and that each header line has a name and a colon; values are not (see `check`).
    """
    found = _usual(data)
    if found is None or len(data) > LONGEST_LINE:
        return parse_whole(data)
    end = found.end()
    ends = data.count(b"\r", 0, end)
    if data.count(b"\n", 0, end) != ends or ends > MOST_LINES:
        return parse_whole(data)
    start = data[: data.find(b"\r")]
    request = read_request_line(start)
    response = None if request else read_status_line(start)
    message: Request | Response
    if response:
        message = _new(_UnsplitResponse)
        message.status, message.reason = response
    else:
        message = _new(_UnsplitRequest)
        message.method, message.uri_text = request or read_odd_request_line(start)
    message._rest = data[end:]
    message.data = data
    return message


def parse_whole(data: bytes, limits: bool = True) -> Request | Response:
    """As `parse`, and split at once: for whoever looks at the lines anyway, and for messages of any shape."""
    head, blank, rest = data.partition(b"\r\n\r\n")
    lines = head.splitlines()  # octets, so only at CR, LF or both
    if limits and (len(data) > LONGEST_LINE or len(lines) > MOST_LINES or b"\r\n".join(lines) != head):
        _check_limits(data, head)
    if not blank or not lines:
        raise refuse("no start line, or no empty line below the header fields", decode(data[-60:]))
    lines, names = _named(lines)
    start = lines[0]
    request = read_request_line(start)
    if request:
        return Request(request[0], request[1], lines, names, rest, data)
    response = read_status_line(start)
    if response:
        return Response(response[0], response[1], lines, names, rest, data)
    return Request(*read_odd_request_line(start), lines, names, rest, data)


def unpacked(data: bytes) -> Request | Response:
    """The message that was packed as `bytes(message)`; without the limits of `parse`, as it was one before."""
    return parse_whole(data, limits=False)


_COLONS = repeat(b":")


def _named(lines: list[bytes]) -> tuple[list[bytes], list[str]]:
    """Lines, folded ones put together, and their names; SipParseError for one without."""
    try:
        names = [FOLDED[name] for name, colon, _ in map(bytes.partition, lines[1:], _COLONS) if colon]
    except KeyError:
        names = []
    names.insert(0, "")
    return (lines, names) if len(names) == len(lines) else name_lines(lines)


class _Unsplit:
    """`lines` or `names` of a message that is not split yet: who asks for one makes it a message like any other."""

    def __init__(self, kind: type[Message], name: str) -> None:
        self.kind = kind
        self.name = name

    def __get__(self, message: Any, owner: type) -> Any:
        if message is None:
            return self
        lines = message.data[: -4 - len(message._rest)].split(b"\r\n")
        message.__class__ = self.kind
        message.lines, message.names = _named(lines)
        return getattr(message, self.name)


class _UnsplitRequest(Request):
    """A request as `parse` leaves it."""

    __slots__ = ()
    lines: Any = _Unsplit(Request, "lines")
    names: Any = _Unsplit(Request, "names")


class _UnsplitResponse(Response):
    """A response as `parse` leaves it."""

    __slots__ = ()
    lines: Any = _Unsplit(Response, "lines")
    names: Any = _Unsplit(Response, "names")


def _check_limits(data: bytes, head: bytes) -> None:
    """SipParseError for more than a message may have, and for CR or LF alone."""
    lines = head.split(b"\r\n")
    for what, has, most in (
        ("octets", len(data), LARGEST),
        ("octets of head", len(head), LONGEST_HEAD),
        ("header lines", len(lines) - 1, MOST_LINES),
        ("octets on a line", max(map(len, lines)), LONGEST_LINE),
    ):
        if has > most:
            raise SipParseError(f"{has} {what}, {most} are allowed", 513)
    refuse_bare_ends(lines)
