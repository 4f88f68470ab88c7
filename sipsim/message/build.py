"""Making messages: a request, the reply to one, the ACK and the CANCEL of an INVITE.

Header lines are put together directly, a reply's are taken from its request as they are, and nothing is parsed again.
"""

from __future__ import annotations

from collections.abc import Iterable

from sipsim.errors import UsageError
from sipsim.message.codes import reason_phrase
from sipsim.message.fields import value_of
from sipsim.message.grammar import encode, split_list
from sipsim.message.message import Request, Response, request_line
from sipsim.message.names import named
from sipsim.message.uri import Uri

_COPIED = frozenset(("via", "from", "to", "call-id", "cseq"))
_MAKES_DIALOG = frozenset(("INVITE", "SUBSCRIBE", "REFER"))
"""Methods whose 2xx makes a dialog (RFC 3261 §12, RFC 6665, RFC 3515)."""


def request(
    method: str, uri: Uri | str, *, via: object, from_: object, to: object, call_id: str, cseq: int,
    contact: object = None, routes: Iterable[object] = (), max_forwards: int = 70,
    headers: Iterable[tuple[str, object]] = (), body: bytes = b"", content_type: object = None,
) -> Request:  # fmt: skip
    """A request (RFC 3261 §8.1.1). Values are text, or whatever `str()` makes the text of.

    UsageError for a method that is no token, a URI with blanks, a value with CR, LF or NUL.
    """
    uri_text = str(uri)
    lines = [
        request_line(method, uri_text),
        b"Via: " + encode(str(via)),
        b"Max-Forwards: %d" % max_forwards,
        b"From: " + encode(str(from_)),
        b"To: " + encode(str(to)),
        b"Call-ID: " + encode(call_id),
        b"CSeq: %d %s" % (cseq, method.encode()),
    ]
    names = ["", "via", "max-forwards", "from", "to", "call-id", "cseq"]
    for route in routes:
        lines.append(b"Route: " + encode(str(route)))
        names.append("route")
    if contact is not None:
        lines.append(b"Contact: " + encode(str(contact)))
        names.append("contact")
    _finish(lines, names, headers, body, content_type)
    return Request(method, uri_text, lines, names, body)


def reply(
    request: Request, status: int, reason: str | None = None, *, to_tag: str | None = None, contact: object = None,
    headers: Iterable[tuple[str, object]] = (), body: bytes = b"", content_type: object = None,
) -> Response:  # fmt: skip
    """The response to a request (RFC 3261 §8.2.6): Via, From, To, Call-ID and CSeq are the request's.

    `to_tag` is added to To where there is none yet. A response that makes a dialog (101 to 299) repeats Record-Route
    (§12.1.1), a 100 the Timestamp. UsageError for a status outside 100 to 699 and for values as in `request`.
    """
    if not 100 <= status <= 699:
        raise UsageError(f"status {status!r} is not from 100 to 699")
    if reason is None:
        reason = reason_phrase(status)
    lines = [b"SIP/2.0 %d %s" % (status, encode(reason))]
    names = [""]
    extra = "timestamp" if status == 100 else "record-route" if status < 300 and request.method in _MAKES_DIALOG else ""
    for name, line in zip(request.names, request.lines):
        if name in _COPIED or name == extra != "":
            if name == "to" and to_tag and request.to_tag is None:
                line += b";tag=" + encode(to_tag)
            lines.append(line)
            names.append(name)
    if contact is not None:
        lines.append(b"Contact: " + encode(str(contact)))
        names.append("contact")
    _finish(lines, names, headers, body, content_type)
    return Response(status, reason, lines, names, body)


def ack(invite: Request, response: Response) -> Request:
    """The ACK of a final response above 299, sent by the INVITE's own transaction (RFC 3261 §17.1.1.3)."""
    return _within(invite, "ACK", response.lines[response.names.index("to")])


def cancel(invite: Request) -> Request:
    """The CANCEL of an INVITE that is not answered yet (RFC 3261 §9.1)."""
    return _within(invite, "CANCEL", invite.lines[invite.names.index("to")])


def _within(invite: Request, method: str, to: bytes) -> Request:
    """A request that belongs to the INVITE's transaction: same Request-URI, top Via, From, Call-ID, CSeq number, Route."""
    at = invite.names.index
    via = invite.lines[at("via")]
    if b"," in via:
        via = b"Via: " + split_list(value_of(via))[0].encode("utf-8", "surrogateescape")
    lines = [
        f"{method} {invite.uri_text} SIP/2.0".encode(),
        via, b"Max-Forwards: 70", invite.lines[at("from")], to, invite.lines[at("call-id")],
        f"CSeq: {invite.cseq.number} {method}".encode(),
    ]  # fmt: skip
    names = ["", "via", "max-forwards", "from", "to", "call-id", "cseq"]
    for name, line in zip(invite.names, invite.lines):
        if name == "route":
            lines.append(line)
            names.append(name)
    lines.append(b"Content-Length: 0")
    names.append("content-length")
    return Request(method, invite.uri_text, lines, names, b"")


def _finish(
    lines: list[bytes], names: list[str], headers: Iterable[tuple[str, object]], body: bytes, content_type: object
) -> None:
    """The caller's own header fields, then what describes the body."""
    for name, value in headers:
        folded, prefix = named(name)
        lines.append(prefix + encode(str(value)))
        names.append(folded)
    if content_type is not None:
        lines.append(b"Content-Type: " + encode(str(content_type)))
        names.append("content-type")
    lines.append(b"Content-Length: %d" % len(body))
    names.append("content-length")
