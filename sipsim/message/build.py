"""Making messages: a request, the reply to one, the ACK and the CANCEL of an INVITE.

Lines are put together directly, those of a reply are its request's as they are, and nothing is parsed again.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from types import NoneType

from sipsim.errors import SipParseError, UsageError
from sipsim.message.grammar import encode, encode_lines, split_list
from sipsim.message.lines import value_of
from sipsim.message.message import Request, Response, check_body
from sipsim.message.names import named
from sipsim.message.start_lines import request_line, status_line
from sipsim.message.uri import Uri

_MAKES_DIALOG = frozenset(("INVITE", "SUBSCRIBE", "REFER"))
"""Methods that make a dialog (RFC 3261 §12, RFC 6665 §4.1, RFC 3515 §2.4.4)."""

_URIS, _LISTS, _REASONS = (Uri, str), (tuple, list), (NoneType, str)
"""The usual kinds of a Request-URI, of Route values and of a reason phrase."""


def request(
    method: str, uri: Uri | str, *, via: object, from_: object, to: object, call_id: str, cseq: int,
    contact: object = None, routes: Iterable[object] = (), max_forwards: int = 70,
    headers: Iterable[tuple[str, object]] = (), body: bytes = b"", content_type: object = None,
) -> Request:  # fmt: skip
    """A request (RFC 3261 §8.1.1). A value is text, or anything that `str()` makes the text of.

    UsageError for a method that is no token, a URI with blanks, a CSeq or Max-Forwards number out of range, a value
    with CR, LF or NUL, and for what is of another kind: a body of text, a number that is none.
    """
    if not (cseq.__class__ is max_forwards.__class__ is int and 0 <= cseq < 2**31 and 0 <= max_forwards <= 255):
        raise UsageError(
            f"cseq {cseq!r} and max_forwards {max_forwards!r}: whole numbers below 2**31 and 256 are allowed"
        )
    texts = method.__class__ is via.__class__ is from_.__class__ is to.__class__ is call_id.__class__ is str
    if not (texts and uri.__class__ in _URIS and routes.__class__ in _LISTS):
        _check_kinds(method, uri, routes, via, from_, to, call_id)
    uri_text = str(uri)
    lines = [request_line(method, uri_text)]
    lines += encode_lines(
        f"Via: {via}", f"Max-Forwards: {max_forwards}", f"From: {from_}", f"To: {to}", f"Call-ID: {call_id}",
        f"CSeq: {cseq} {method}",
    )  # fmt: skip
    names = ["", "via", "max-forwards", "from", "to", "call-id", "cseq"]
    for route in routes:
        lines.append(b"Route: " + encode(str(route)))
        names.append("route")
    _finish(lines, names, contact, headers, body, content_type)
    return Request(method, uri_text, lines, names, body)


def _check_kinds(method: object, uri: object, routes: object, *needed: object) -> None:
    """`UsageError` for what can't stand in a request; those of elements are of the usual kinds, and not looked at."""
    if not isinstance(method, str):
        raise UsageError(f"method {method!r} is no token: it is no text")
    if not isinstance(uri, _URIS) or None in needed:
        raise UsageError(f"uri {uri!r}: text or a Uri is allowed; via, from_, to and call_id are needed")
    if isinstance(routes, str) or not hasattr(routes, "__iter__"):
        raise UsageError(f"routes {routes!r}: a list of values is allowed, in angle brackets each")


def reply(
    request: Request, status: int, reason: str | None = None, *, to_tag: str | None = None, contact: object = None,
    headers: Iterable[tuple[str, object]] = (), body: bytes = b"", content_type: object = None,
) -> Response:  # fmt: skip
    """The response to a request (RFC 3261 §8.2.6): Via, From, To, Call-ID and CSeq are the request's.

    `to_tag` is added to To where there is none. A response that makes a dialog (101 to 299) repeats Record-Route
    (§12.1.1), a 100 the Timestamp. Works for a request that `check` refuses, to tell its sender so. UsageError for a
    status outside 100 to 699 and for a value with CR, LF or NUL.
    """
    if status.__class__ is not int or reason.__class__ not in _REASONS:
        _check_status(status, reason)
    start, reason = status_line(status, reason)
    repeated, known = _repeated(tuple(request.names), _extra(request.method, status))
    theirs, names = request.lines, known.copy()
    lines = [start, *[theirs[at] for at in repeated]]
    if to_tag and _untagged(request):
        lines[names.index("to")] += b";tag=" + encode(str(to_tag))
    _finish(lines, names, contact, headers, body, content_type)
    return Response(status, reason, lines, names, body)


def _check_status(status: object, reason: object) -> None:
    """`UsageError` for what can't stand in a response."""
    if not isinstance(status, int):
        raise UsageError(f"status {status!r}: 100 to 699 are allowed")
    if not isinstance(reason, _REASONS):
        raise UsageError(f"reason {reason!r} is no text")


@lru_cache(maxsize=1024)
def _repeated(names: tuple[str, ...], extra: str | None) -> tuple[list[int], list[str]]:
    """Which lines of a request its response repeats, and their names; remembered, as requests look much alike."""
    repeated = [at for at, name in enumerate(names) if name in ("via", extra)]
    repeated += [names.index(name) for name in ("from", "to", "call-id", "cseq") if name in names]
    return repeated, ["", *[names[at] for at in repeated]]


def _extra(method: str, status: int) -> str | None:
    """The field of a request, besides the five, that its response repeats."""
    if status == 100:
        return "timestamp"
    return "record-route" if status < 300 and method in _MAKES_DIALOG else None


def _untagged(request: Request) -> bool:
    """Whether To has no tag; an unreadable To is left alone."""
    try:
        return request.to_tag is None
    except SipParseError:
        return False


def ack(invite: Request, response: Response) -> Request:
    """The ACK of a final response above 299, sent by the INVITE's own transaction (RFC 3261 §17.1.1.3)."""
    return _within(invite, "ACK", response.line("to"))


def cancel(invite: Request, headers: Iterable[tuple[str, str]] = ()) -> Request:
    """The CANCEL of an INVITE that is not answered yet (RFC 3261 §9.1), with a Reason perhaps."""
    request = _within(invite, "CANCEL", invite.line("to"))
    for name, value in headers:
        request = request.with_header(name, value)
    return request


def _within(invite: Request, method: str, to: bytes) -> Request:
    """A request of the INVITE's transaction: same Request-URI, top Via, From, Call-ID, CSeq number and Route."""
    via = invite.line("via")
    if b"," in via:
        via = b"Via: " + split_list(value_of(via))[0].encode("utf-8", "surrogateescape")
    lines = [
        request_line(method, invite.uri_text),
        via,
        b"Max-Forwards: 70",
        invite.line("from"),
        to,
        invite.line("call-id"),
        b"CSeq: %d %s" % (invite.cseq.number, method.encode()),
    ]
    routes = [line for name, line in zip(invite.names, invite.lines, strict=True) if name == "route"]
    names = [
        "", "via", "max-forwards", "from", "to", "call-id", "cseq", *["route"] * len(routes), "content-length",
    ]  # fmt: skip
    return Request(method, invite.uri_text, [*lines, *routes, b"Content-Length: 0"], names, b"")


def _finish(
    lines: list[bytes], names: list[str], contact: object, headers: Iterable[tuple[str, object]], body: bytes,
    content_type: object,
) -> None:  # fmt: skip
    """Contact, the caller's own header fields, then what describes the body."""
    if contact is not None:
        lines.append(b"Contact: " + encode(str(contact)))
        names.append("contact")
    try:
        for name, value in headers:
            folded, prefix = named(name)
            lines.append(prefix + encode(str(value)))
            names.append(folded)
    except UsageError:
        raise
    except (TypeError, ValueError):
        raise UsageError(f"headers {headers!r:.100}: pairs of a name and a value are allowed") from None
    if body.__class__ is not bytes:
        check_body(body)
    if content_type is not None:
        lines.append(b"Content-Type: " + encode(str(content_type)))
        names.append("content-type")
    lines.append(b"Content-Length: %d" % len(body))
    names.append("content-length")
