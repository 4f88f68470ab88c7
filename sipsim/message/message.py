"""A SIP message: parsed from octets, looked at, turned into octets again (RFC 3261 §7).

`parse` splits and names the lines and reads no value. A value is read at first look, then kept. An edit gives a new
message; one that nobody changes goes out as the very octets it came in as.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import repeat
from typing import Self

from sipsim.errors import SipParseError, UsageError
from sipsim.message import fields
from sipsim.message.attributes import Every, Lazy, Maybe, Needed, Words
from sipsim.message.codes import CANONICAL, METHODS, reason_phrase
from sipsim.message.fields import NameAddr, Via
from sipsim.message.grammar import decode, excerpt, is_token, refuse
from sipsim.message.headers import Headers
from sipsim.message.names import FOLDED, fold_octets
from sipsim.message.uri import LONGEST, Uri

LARGEST, LONGEST_HEAD, LONGEST_LINE = 65_535, 16_384, 8_192
MOST_LINES, MOST_VIAS = 256, 70
"""What a message may have: octets in all, before the empty line, on one line; header lines; hops. Limits of ours."""


class Message(Headers):
    """What a request and a response have in common: header fields, typed, and the body.

    A reader of a missing field gives None or an empty tuple; a mandatory one (Via, From, To, Call-ID, CSeq) raises
    SipParseError, and so does every reader of a value that breaks its grammar.
    """

    __slots__ = ("__dict__", "_data", "_rest")

    _data: bytes | None
    _rest: bytes

    def __bytes__(self) -> bytes:
        if self._data is None:
            self._data = b"\r\n".join([*self.lines, b"", self._rest])
        return self._data

    def __eq__(self, other: object) -> bool:
        return bytes(self) == bytes(other) if isinstance(other, Message) else NotImplemented

    def __hash__(self) -> int:
        return hash(bytes(self))

    def check(self) -> None:
        """SipParseError (400) unless the fields that every message needs are there, once, and readable (§8.1.1).

        These are Via, From, To, Call-ID and CSeq; a Content-Length must be the only one, and no longer than the body.
        """
        count = self.names.count
        if not count("from") == count("to") == count("call-id") == count("cseq") == 1:
            raise SipParseError("not one each of From, To, Call-ID and CSeq")
        if count("via") > MOST_VIAS or count("content-length") > 1:
            raise SipParseError("too many Via or Content-Length header fields")
        _ = self.branch, self.from_tag, self.to_tag, self.call_id, self.cseq
        if (self.content_length or 0) > len(self._rest):
            raise SipParseError(f"Content-Length {self.content_length} of a body of {len(self._rest)} octets")

    # What an element looks at in every message, by fast readers.

    @Lazy
    def branch(self) -> str | None:
        """The branch of the top Via; None where it has none (RFC 2543)."""
        branch, self.__dict__["sent_by"] = self.first("via", fields.hop_of)
        return branch

    @Lazy
    def sent_by(self) -> str:
        """`host:port` of the top Via, lower case, the default port written out."""
        self.__dict__["branch"], sent_by = self.first("via", fields.hop_of)
        return sent_by

    from_tag = Needed("from", fields.tag_of)
    """The tag of From; None where there is none (RFC 2543)."""
    to_tag = Needed("to", fields.tag_of)
    """The tag of To; None outside a dialog."""
    call_id = Needed("call-id", fields.call_id_of)
    cseq = Needed("cseq", fields.cseq_of)
    max_forwards = Maybe("max-forwards", fields.max_forwards_of)
    content_length = Maybe("content-length", fields.content_length_of)

    # Typed values.

    via = Needed("via", fields.via_of)
    """The top Via."""
    vias = Every("via", Via.parse, MOST_VIAS)
    """All Via values, the last hop first."""
    from_ = Needed("from", fields.address_of)
    to = Needed("to", fields.address_of)
    contacts = Every("contact", fields.contact)
    """The Contact values; STAR among them for `*`."""
    routes = Every("route", NameAddr.parse)
    """The Route values, next hop first."""
    record_routes = Every("record-route", NameAddr.parse)
    """The Record-Route values, the last proxy first."""
    expires = Maybe("expires", fields.seconds_of)
    min_expires = Maybe("min-expires", fields.seconds_of)
    retry_after = Maybe("retry-after", fields.retry_after_of)
    content_type = Maybe("content-type", fields.media_type_of)
    allow = Words("allow")
    supported = Words("supported")
    require = Words("require")
    proxy_require = Words("proxy-require")
    unsupported = Words("unsupported")

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
        """A copy with this body and its length, and its type if one is given."""
        message = self if content_type is None else self.with_header("Content-Type", content_type)
        message = message.with_header("Content-Length", len(body))
        message._rest = message.__dict__["body"] = body
        return message


class Request(Message):
    """A request (RFC 3261 §7.1): `method`, case-sensitive, and `uri_text`, the Request-URI as it stands there."""

    __slots__ = ("method", "uri_text")

    def __init__(
        self, method: str, uri_text: str, lines: list[bytes], names: list[str], rest: bytes, data: bytes | None = None
    ) -> None:
        self.method = method
        self.uri_text = uri_text
        self.lines = lines
        self.names = names
        self._rest = rest
        self._data = data
        if data is None:
            self.__dict__["body"] = rest  # made here: nothing to cut

    def __repr__(self) -> str:
        return f"<{self.method} {self.uri_text} {_sequence(self)}>"

    def _copy(self, lines: list[bytes], names: list[str]) -> Self:
        return type(self)(self.method, self.uri_text, lines, names, self.body)

    @Lazy
    def uri(self) -> Uri:
        """The Request-URI; SipParseError when it is none, status 414 when it is too long."""
        text = self.uri_text
        if len(text) > LONGEST:
            raise refuse("Request-URI too long", text, status=414)
        try:
            return Uri.parse(text)
        except SipParseError as error:
            at = len(self.method) + 1 + error.column
            raise SipParseError(f"Request-URI: {error.reason}", column=at, excerpt=error.excerpt) from None

    def check(self) -> None:
        """As for every message; CSeq has the request's method, the URI is readable and has no header part (§19.1.1)."""
        super().check()
        if self.cseq.method != self.method:
            raise SipParseError(f"CSeq has method {self.cseq.method}, the start line {self.method}")
        if self.uri.headers:
            raise SipParseError("a Request-URI has no header part")

    def with_uri(self, uri: Uri | str) -> Self:
        """A copy for another Request-URI; UsageError for text that can't stand in a start line."""
        text = str(uri)
        return type(self)(self.method, text, [request_line(self.method, text), *self.lines[1:]], self.names, self.body)


class Response(Message):
    """A response (RFC 3261 §7.2): `status`, 100 to 699, and `reason`, the phrase, which may be empty."""

    __slots__ = ("reason", "status")

    def __init__(
        self, status: int, reason: str, lines: list[bytes], names: list[str], rest: bytes, data: bytes | None = None
    ) -> None:
        self.status = status
        self.reason = reason
        self.lines = lines
        self.names = names
        self._rest = rest
        self._data = data
        if data is None:
            self.__dict__["body"] = rest  # made here: nothing to cut

    def __repr__(self) -> str:
        return f"<{self.status} {self.reason or reason_phrase(self.status)} {_sequence(self, '({0.method}) ')}>"

    def _copy(self, lines: list[bytes], names: list[str]) -> Self:
        return type(self)(self.status, self.reason, lines, names, self.body)


def _sequence(message: Message, method: str = "") -> str:
    """The end of a repr, also of a message without a readable CSeq."""
    try:
        return f"{method.format(message.cseq)}CSeq {message.cseq.number}"
    except SipParseError:
        return "CSeq ?"


# ---- start lines --------------------------------------------------------------------------------------------

_REQUEST_LINE = re.compile(rb"([A-Z]+) ([!-~]+) SIP/2\.0").fullmatch
_ANY_REQUEST_LINE = re.compile(rb"([^ ]+) ([!-~]+) SIP/2\.0", re.IGNORECASE).fullmatch
_STATUS_LINE = re.compile(rb"SIP/2\.0 ([1-6][0-9]{2})(?: ([^\x00-\x08\x0a-\x1f\x7f]*))?", re.IGNORECASE).fullmatch
_OTHER_VERSION = re.compile(r"(.* )?SIP/(?!2\.0)[0-9]+\.[0-9]+( .*)?", re.IGNORECASE | re.DOTALL).fullmatch
_URI_TEXT = re.compile(r"[!-~]+").fullmatch


def request_line(method: str, uri_text: str) -> bytes:
    """The start line of a request; UsageError for a method or a URI that can't stand in one."""
    if method not in METHODS and not is_token(method):
        raise UsageError(f"method {method!r} is no token")
    if _URI_TEXT(uri_text) is None:
        raise UsageError(f"uri {uri_text!r} is no URI: visible ASCII characters without blanks are allowed")
    return f"{method} {uri_text} SIP/2.0".encode()


@lru_cache(maxsize=256)
def _read_status_line(line: bytes) -> tuple[int, str] | None:
    """Status and reason; None for what is no status line. Few are in use, so they are kept."""
    found = _STATUS_LINE(line)
    return (int(found[1]), decode(found[2] or b"")) if found else None


def _read_request_line(line: bytes) -> tuple[str, str]:
    """Method and Request-URI where the usual pattern failed; SipParseError, 505 for another version of SIP."""
    found = _ANY_REQUEST_LINE(line)
    if found and is_token(found[1].decode("latin-1")):
        return found[1].decode(), found[2].decode()
    text = decode(line)
    raise refuse("no start line of SIP/2.0", text, status=505 if _OTHER_VERSION(text) else 400)


# ---- octets to a message ------------------------------------------------------------------------------------

_COLONS = repeat(b":")


def parse(data: bytes) -> Request | Response:
    """The message that a datagram is; SipParseError, with status, line and column, when it is none.

    Looked at are the start line and that each header line has a name and a colon; values are not (see `check`).
    """
    head, blank, rest = data.partition(b"\r\n\r\n")
    lines = head.splitlines()
    if len(lines) > MOST_LINES or len(data) > LONGEST_LINE or b"\r\n".join(lines) != head:
        _check_limits(data)
    if not blank or not lines:
        raise refuse("no start line, or no empty line ends the header fields", decode(data[-60:]))
    try:
        names = [FOLDED[name] for name, colon, _ in map(bytes.partition, lines[1:], _COLONS) if colon]
    except KeyError:
        names = []
    names.insert(0, "")
    if len(names) != len(lines):
        lines, names = _name_slowly(lines)
    found = _REQUEST_LINE(lines[0])
    if found:
        return Request(found[1].decode(), found[2].decode(), lines, names, rest, data)
    status = _read_status_line(lines[0])
    if status:
        return Response(status[0], status[1], lines, names, rest, data)
    return Request(*_read_request_line(lines[0]), lines, names, rest, data)


def _check_limits(data: bytes) -> None:
    """SipParseError for more than a message may have, and for CR or LF alone."""
    head = data.partition(b"\r\n\r\n")[0]
    lines = head.split(b"\r\n")
    if len(data) > LARGEST or len(head) > LONGEST_HEAD or len(lines) > MOST_LINES + 1:
        raise SipParseError(f"more than {LARGEST} octets, {LONGEST_HEAD} of head or {MOST_LINES} header lines", 513)
    for number, line in enumerate(lines, 1):
        at = max(line.find(b"\r"), line.find(b"\n"))
        if at >= 0:
            raise SipParseError("CR or LF alone, a line ends with both", 400, number, at + 1)


def _name_slowly(lines: list[bytes]) -> tuple[list[bytes], list[str]]:
    """Lines with folded ones put together, and their names, new spellings too; SipParseError for a line without."""
    whole, names = lines[:1], [""]
    for number, line in enumerate(lines[1:], 2):
        if line[:1] in (b" ", b"\t"):
            whole[-1] += b"\r\n" + line
            continue
        raw, colon, _ = line.partition(b":")
        name = FOLDED.get(raw) or fold_octets(raw)
        if not colon or name is None:
            raise SipParseError("a header line needs a name and a colon", 400, number, excerpt=excerpt(decode(line)))
        whole.append(line)
        names.append(name)
    if max(map(len, whole)) > LONGEST_LINE:
        raise SipParseError(f"a line of more than {LONGEST_LINE} octets", 513)
    return whole, names
