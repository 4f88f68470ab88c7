"""A SIP message: parsed from octets, looked at, turned into octets again (RFC 3261 §7).

`parse` splits and names the lines and reads no value. A value is read at first look, then kept. An edit gives a new
message; one that nobody changes goes out as the very octets it came in as.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import repeat
from typing import Generic, Self, TypeVar, overload

from sipsim.errors import SipParseError, UsageError
from sipsim.message import fields
from sipsim.message.codes import METHODS, reason_phrase
from sipsim.message.fields import CSeq, MediaType, NameAddr, Via
from sipsim.message.grammar import decode, is_token, refuse
from sipsim.message.headers import Headers
from sipsim.message.names import CANONICAL, FOLDED, fold_octets
from sipsim.message.uri import LONGEST, Uri

T = TypeVar("T")

LARGEST, LONGEST_HEAD, LONGEST_LINE = 65_535, 16_384, 8_192
MOST_LINES, MOST_VIAS = 256, 70
"""What a message may have: octets in all, before the empty line, on one line; header lines; hops. Limits of ours."""


class Lazy(Generic[T]):
    """An attribute that is worked out at first look and then stands in the message's own dictionary.

    It has no `__set__`, so the second look finds the dictionary's entry and runs no Python code at all.
    """

    def __init__(self, read: Callable[..., T]) -> None:
        self.read = read
        self.name = read.__name__
        self.__doc__ = read.__doc__

    @overload
    def __get__(self, message: None, owner: type) -> Self: ...

    @overload
    def __get__(self, message: Message, owner: type) -> T: ...

    def __get__(self, message: Message | None, owner: type) -> Self | T:
        if message is None:
            return self
        value = message.__dict__[self.name] = self.read(message)
        return value


class Message(Headers):
    """What a request and a response have in common: header fields, typed, and the body.

    A reader of a missing field gives None or an empty tuple; a mandatory one (Via, From, To, Call-ID, CSeq) raises
    SipParseError, and so does every reader of a value that breaks its grammar.
    """

    __slots__ = ("__dict__", "_data", "_rest")

    def __init__(self, lines: list[bytes], names: list[str], rest: bytes, data: bytes | None = None) -> None:
        self.lines = lines
        self.names = names
        self._rest = rest
        self._data = data

    def _copy(self, lines: list[bytes], names: list[str]) -> Self:
        return type(self)(lines, names, self.body)

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
        for name in ("from", "to", "call-id", "cseq"):
            if count(name) != 1:
                raise SipParseError(f"{count(name)} {CANONICAL[name]} header fields, 1 expected")
        if count("via") > MOST_VIAS or count("content-length") > 1:
            raise SipParseError("too many Via or Content-Length header fields")
        self.branch, self.from_tag, self.to_tag, self.call_id, self.cseq  # noqa: B018 - a look is a check
        if (self.content_length or 0) > len(self._rest):
            raise SipParseError(f"Content-Length is {self.content_length}, the body has {len(self._rest)} octets")

    # ---- fast: what an element looks at in every message ----

    @Lazy
    def _top_via(self) -> tuple[str | None, str]:
        return self._read("via", fields.top_via)

    @Lazy
    def branch(self) -> str | None:
        """The branch of the top Via; None where it has none (RFC 2543)."""
        return self._top_via[0]

    @Lazy
    def sent_by(self) -> str:
        """`host:port` of the top Via, lower case, the default port written out."""
        return self._top_via[1]

    @Lazy
    def from_tag(self) -> str | None:
        """The tag of From; None where there is none (RFC 2543)."""
        return self._read("from", fields.tag_of)

    @Lazy
    def to_tag(self) -> str | None:
        """The tag of To; None outside a dialog."""
        return self._read("to", fields.tag_of)

    @Lazy
    def call_id(self) -> str:
        """The Call-ID."""
        return self._read("call-id", fields.call_id_of)

    @Lazy
    def cseq(self) -> CSeq:
        """The CSeq, number and method."""
        return self._read("cseq", fields.cseq_of)

    @Lazy
    def max_forwards(self) -> int | None:
        """Hops that are left; None where the field is missing."""
        return self._read("max-forwards", fields.max_forwards_of) if "max-forwards" in self.names else None

    @Lazy
    def content_length(self) -> int | None:
        """Octets of the body, as the header field says; None where it is missing."""
        return self._read("content-length", fields.content_length_of) if "content-length" in self.names else None

    @Lazy
    def body(self) -> bytes:
        """The octets behind the empty line, cut to Content-Length where that is readable and less (§18.3)."""
        try:
            return self._rest if self.content_length is None else self._rest[: self.content_length]
        except SipParseError:
            return self._rest

    # ---- typed ----

    @Lazy
    def via(self) -> Via:
        """The top Via."""
        return self._read("via", fields.via_of)

    @Lazy
    def vias(self) -> tuple[Via, ...]:
        """All Via values, the last hop first."""
        return self._all("via", Via.parse, MOST_VIAS)

    @Lazy
    def from_(self) -> NameAddr:
        """Who sent the request."""
        return self._read("from", fields.address_of)

    @Lazy
    def to(self) -> NameAddr:
        """Whom the request is for."""
        return self._read("to", fields.address_of)

    @Lazy
    def contacts(self) -> tuple[NameAddr, ...]:
        """The Contact values; STAR among them for `*`."""
        return self._all("contact", fields.contact)

    @Lazy
    def routes(self) -> tuple[NameAddr, ...]:
        """The Route values, next hop first."""
        return self._all("route", NameAddr.parse)

    @Lazy
    def record_routes(self) -> tuple[NameAddr, ...]:
        """The Record-Route values, the last proxy first."""
        return self._all("record-route", NameAddr.parse)

    @Lazy
    def expires(self) -> int | None:
        """Seconds (§20.19)."""
        return self._optional("expires", fields.seconds)

    @Lazy
    def min_expires(self) -> int | None:
        """Seconds: the shortest expiry that a registrar takes (§20.23)."""
        return self._optional("min-expires", fields.seconds)

    @Lazy
    def retry_after(self) -> int | None:
        """Seconds, without the comment that may follow (§20.33)."""
        return self._optional("retry-after", fields.retry_after)

    @Lazy
    def content_type(self) -> MediaType | None:
        """What the body is (§20.15)."""
        return self._optional("content-type", MediaType.parse)

    @Lazy
    def allow(self) -> tuple[str, ...]:
        """Methods that the sender takes (§20.5)."""
        return self._words("allow")

    @Lazy
    def supported(self) -> tuple[str, ...]:
        """Option tags that the sender knows (§20.37)."""
        return self._words("supported")

    @Lazy
    def require(self) -> tuple[str, ...]:
        """Option tags that the receiver must know (§20.32)."""
        return self._words("require")

    @Lazy
    def proxy_require(self) -> tuple[str, ...]:
        """Option tags that every proxy on the path must know (§20.29)."""
        return self._words("proxy-require")

    @Lazy
    def unsupported(self) -> tuple[str, ...]:
        """Option tags that a 420 complains of (§20.40)."""
        return self._words("unsupported")

    def with_body(self, body: bytes, content_type: object = None) -> Self:
        """A copy with this body and its length, and its type if one is given."""
        message = self if content_type is None else self.with_header("Content-Type", content_type)
        message = message.with_header("Content-Length", len(body))
        message._rest = body
        return message


class Request(Message):
    """A request (RFC 3261 §7.1)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{self.method} {self.uri_text} {_cseq_text(self)}>"

    @Lazy
    def method(self) -> str:
        """The method, case-sensitive."""
        word = self.lines[0].partition(b" ")[0]
        return _METHODS.get(word) or word.decode()

    @Lazy
    def uri_text(self) -> str:
        """The Request-URI as it stands in the start line."""
        return decode(self.lines[0].split(b" ")[1])

    @Lazy
    def uri(self) -> Uri:
        """The Request-URI; SipParseError when it is none (414 when it is too long)."""
        text = self.uri_text
        if len(text) > LONGEST:
            raise refuse("Request-URI too long", text, status=414)
        try:
            return Uri.parse(text)
        except SipParseError as error:
            raise refuse(f"Request-URI: {error.reason}", self.lines[0].decode("latin-1"), len(self.method) + 1) from None

    def check(self) -> None:
        """As for every message; a request's CSeq names its method, and its URI is readable and has no header part."""
        super().check()
        if self.cseq.method != self.method:
            raise SipParseError(f"CSeq has method {self.cseq.method}, the start line {self.method}")
        if self.uri.headers:
            raise SipParseError("a Request-URI has no header part")

    def with_uri(self, uri: Uri | str) -> Self:
        """A copy for another Request-URI; UsageError for text that can't stand in a start line."""
        line = request_line(self.method, uri)
        return self._copy([line, *self.lines[1:]], self.names)


class Response(Message):
    """A response (RFC 3261 §7.2)."""

    __slots__ = ()

    def __repr__(self) -> str:
        reason = self.reason or reason_phrase(self.status)
        return f"<{self.status} {reason} ({_method_text(self)}) {_cseq_text(self)}>"

    @Lazy
    def status(self) -> int:
        """The status code, 100 to 699."""
        return int(self.lines[0][8:11])

    @Lazy
    def reason(self) -> str:
        """The reason phrase, which may be empty."""
        return decode(self.lines[0][12:])


def _cseq_text(message: Message) -> str:
    try:
        return f"CSeq {message.cseq.number}"
    except SipParseError:
        return "CSeq ?"


def _method_text(message: Message) -> str:
    try:
        return message.cseq.method
    except SipParseError:
        return "?"


# ---- start lines -----------------------------------------------------------------------------------------------------

_METHODS = {method.encode(): method for method in METHODS}
_STATUS_LINE = re.compile(rb"SIP/2\.0 [1-6][0-9]{2}(?: [^\x00-\x08\x0a-\x1f\x7f]*)?", re.IGNORECASE).fullmatch
_REQUEST_LINE = re.compile(rb"([^ ]+) ([!-~\x80-\xff]+) SIP/2\.0", re.IGNORECASE).fullmatch
_OTHER_VERSION = re.compile(rb"(?:.* )?SIP/[0-9]+\.[0-9]+(?: .*)?", re.IGNORECASE).fullmatch
_URI_TEXT = re.compile(r"[!-~]+").fullmatch


def request_line(method: str, uri: Uri | str) -> bytes:
    """The start line of a request; UsageError for a method or a URI that can't stand in one."""
    text = str(uri)
    if method not in METHODS and not is_token(method):
        raise UsageError(f"method {method!r} is no token")
    if _URI_TEXT(text) is None:
        raise UsageError(f"uri {text!r} is no URI: visible ASCII characters without blanks are allowed")
    return f"{method} {text} SIP/2.0".encode()


def _class_of(line: bytes) -> type[Request] | type[Response]:
    """What a start line begins; SipParseError when it is none, 505 for another version of SIP."""
    if _STATUS_LINE(line):
        return Response
    found = _REQUEST_LINE(line)
    if found and is_token(found[1].decode("latin-1")):
        return Request
    other = _OTHER_VERSION(line) and b"SIP/2.0" not in line.upper()
    raise refuse("no start line of SIP/2.0", line.decode("latin-1"), status=505 if other else 400)


# ---- octets to a message ---------------------------------------------------------------------------------------------

_COLONS = repeat(b":")


def parse(data: bytes) -> Request | Response:
    """The message that a datagram is; SipParseError, with status, line and column, when it is none.

    Looked at are the start line and that each header line has a name and a colon; values are not (see `check`).
    """
    head, blank, rest = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    ends = len(lines) - 1
    if (
        not blank or ends > MOST_LINES or len(head) > LONGEST_LINE or len(data) > LARGEST
        or head.count(b"\r") != ends or head.count(b"\n") != ends
    ):  # fmt: skip
        _check_limits(data)
    names = [""]
    try:
        names += [FOLDED[name] for name, colon, _ in map(bytes.partition, lines[1:], _COLONS) if colon]
    except KeyError:
        names = []
    if len(names) != len(lines):
        lines, names = _name_slowly(lines)
    return _class_of(lines[0])(lines, names, rest, data)


def _check_limits(data: bytes) -> None:
    """SipParseError for what no message of ours has: size, line ends, the empty line."""
    head, blank, _ = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    if len(data) > LARGEST or len(head) > LONGEST_HEAD or len(lines) > MOST_LINES + 1:
        raise SipParseError(f"more than {LARGEST} octets, {LONGEST_HEAD} of head or {MOST_LINES} header lines", 513)
    if not blank:
        raise refuse("no empty line ends the header fields", data[-60:].decode("latin-1"))
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
            text = line.decode("latin-1")
            raise SipParseError("a header line needs a name and a colon", 400, number, excerpt=refuse("", text).excerpt)
        whole.append(line)
        names.append(name)
    if max(map(len, whole)) > LONGEST_LINE:
        raise SipParseError(f"a line of more than {LONGEST_LINE} octets", 513)
    return whole, names
