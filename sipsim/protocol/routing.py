"""A proxy's decisions as plain functions: may this be forwarded, where to, in what form.

RFC 3261 §16.3 to §16.6, RFC 5393. Each takes messages and gives messages or a verdict; proxies carry them out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from zlib import crc32

from sipsim.message.grammar import Params, encode
from sipsim.message.message import Request
from sipsim.message.start_lines import request_line
from sipsim.message.uri import Uri
from sipsim.protocol.dialog import is_loose
from sipsim.protocol.inspection import Refusal, refusal
from sipsim.protocol.uri_headers import formed

_MARK = re.compile("[0-9a-f]{8}")
_NUMBER = re.compile("[0-9]{1,9}")

MAX_BREADTH = 60
"""Branches that one request may have at a time, in all proxies together (RFC 5393 §5.3.3)."""

IsMine = Callable[[Uri], bool]
"""Tells whether a URI names this very proxy."""


ABOUT_ITSELF = Refusal(200, (("Allow", "OPTIONS, REGISTER"),), "RFC 3261 §11")
"""What a proxy says to an OPTIONS that goes no further."""

FOR_ITSELF = refusal(404, "this is for the proxy itself", rfc="RFC 3261 §16.5")
NO_WAY = refusal(416, "the Request-URI is no SIP URI, and nothing says where it leads", rfc="RFC 3261 §16.3 item 2")
TOO_FAR = refusal(483, "Max-Forwards is 0", rfc="RFC 3261 §16.3 item 3")
TOO_BROAD = refusal(440, "more targets than Max-Breadth allows", rfc="RFC 5393 §5.3.3")
LOOP = refusal(482, "it was here already, and nothing has changed since", rfc="RFC 3261 §16.3 item 4")
AGAIN_AND_AGAIN = refusal(482, "it comes back again and again", rfc="RFC 5393 §3")


def validate(request: Request) -> Refusal | None:
    """The checks that a request must pass before it is forwarded (§16.3), None when all is well."""
    if request.uri.scheme not in ("sip", "sips", "tel"):
        return refusal(416, f"{request.uri.scheme} is no scheme that is known here", rfc="RFC 3261 §16.3 item 2")
    if request.max_forwards == 0:
        return ABOUT_ITSELF if request.method == "OPTIONS" else TOO_FAR
    if "proxy-require" in request.names:
        unknown = ", ".join(request.proxy_require)
        return refusal(420, f"not known here: {unknown}", ("Unsupported", unknown), rfc="RFC 3261 §16.3 item 5")
    return None


def preprocess(request: Request, is_mine: IsMine) -> Request:
    """Undo what a strict router did to the Request-URI, and take away what names us in it and on top of Route (§16.4).

    Of a request that changes transport at a proxy, that are two Route values (RFC 5658 §5).
    """
    if request.uri.params and request.uri.param("maddr") and is_mine(without_maddr(request.uri)):
        request = request.with_uri(replace(request.uri, port=None, params=_kept(request.uri)))
    if "route" not in request.names:
        return request
    if is_mine(request.uri) and has_lr(request.uri):
        last = request.routes[-1].uri
        request = without_last_route(request).with_uri(last)
    while "route" in request.names and is_mine(request.routes[0].uri):
        request = request.without_first("Route")
    return request


def without_maddr(uri: Uri) -> Uri:
    """Where a URI with `maddr` leads, as a URI without a user."""
    return Uri("sip", host=uri.param("maddr") or "", port=uri.port)


def _kept(uri: Uri) -> Params:
    return tuple([(name, value) for name, value in uri.params if name.lower() not in ("maddr", "transport")])


def has_lr(uri: Uri) -> bool:
    """Whether a Request-URI is one that we put into Record-Route, and not an address of ours."""
    return is_loose(uri) and not uri.user


def loop_mark(request: Request) -> str:
    """What a proxy's decision for this request depends on, in eight hex digits (§16.6 item 8, RFC 5393 §4.2).

    It ends the branch that the proxy puts into its Via. When the request comes back with the same mark, nothing has
    changed on its way: a loop. With another one, a Request-URI for instance, it is a spiral, and may go on. CANCEL and
    ACK have the mark of their INVITE.
    """
    number = request.cseq.number
    routes = request.values("Route") if "route" in request.names else ()
    parts = (request.uri_text, request.from_tag, request.call_id, number, *routes)
    return f"{crc32(repr(parts).encode('utf-8', 'surrogatepass')):08x}"


def mark_of(branch: str) -> str:
    """The loop mark at the end of a branch, "" where there is none."""
    _, dot, mark = branch.rpartition(".")
    return mark if dot and _MARK.fullmatch(mark) else ""


def is_loop(request: Request, mark: str, sent_by: str) -> bool:
    """Whether a request has passed here before, with everything that matters as it is now (§16.3 item 4)."""
    mark = f".{mark}"
    octets = mark.encode()
    if octets not in (request.data or bytes(request)):  # as nearly always
        return False
    return any(via.branch is not None and via.branch.endswith(mark) and via.sent_by == sent_by for via in request.vias)


def without_last_route(request: Request) -> Request:
    """The request without its last Route value."""
    values = request.values("Route")[:-1]
    return request.with_header("Route", *values) if values else request.without("Route")


def breadth(request: Request) -> int:
    """How many branches a request may still have at a time: Max-Breadth, 60 at most, and 60 where it says nothing."""
    if "max-breadth" not in request.names:
        return MAX_BREADTH
    value = request.header("max-breadth") or ""
    return min(int(value), MAX_BREADTH) if _NUMBER.fullmatch(value) else MAX_BREADTH


def shares(breadth: int, branches: int) -> list[int]:
    """A Max-Breadth divided among branches, the first ones get what is left over (RFC 5393 §5.3.3)."""
    share, over = divmod(breadth, branches)
    return [share + 1] * over + [share] * (branches - over)


def forwarded(
    request: Request, target: Uri, via: str, record_routes: Sequence[str] = (), breadth: int = MAX_BREADTH
) -> tuple[Request, Uri]:
    """The copy for one target and the hop that it goes to next (§16.6 items 1 to 8, RFC 5393 §5.3.3)."""
    if target.headers or target.params:
        target = formed(target).uri  # a Request-URI has neither method nor headers (§16.6 item 2, §19.1.1)
    text = str(target)
    lines, names = request.lines.copy(), request.names.copy()
    lines[0] = request_line(request.method, text)
    _set(lines, names, "max-forwards", b"Max-Forwards: %d" % ((request.max_forwards or 71) - 1), len(lines))
    _set(lines, names, "max-breadth", b"Max-Breadth: %d" % breadth, names.index("max-forwards") + 1)
    for value in record_routes:
        _put(lines, names, "record-route", b"Record-Route: " + encode(value))
    if "route" not in names:
        _put(lines, names, "via", b"Via: " + encode(via))
        return Request(request.method, text, lines, names, request.body), target
    copy, hop = postprocessed(Request(request.method, text, lines, names, request.body))
    return copy.prepend("Via", via), hop


def _set(lines: list[bytes], names: list[str], name: str, line: bytes, otherwise: int) -> None:
    """Let a line stand for the first of its name, or at another place where there is none."""
    if name in names:
        lines[names.index(name)] = line
    else:
        lines.insert(otherwise, line)
        names.insert(otherwise, name)


def _put(lines: list[bytes], names: list[str], name: str, line: bytes) -> None:
    """Put a line above the first of its name, or right below the start line."""
    at = names.index(name) if name in names else 1
    lines.insert(at, line)
    names.insert(at, name)


def postprocessed(copy: Request) -> tuple[Request, Uri]:
    """The next hop; for a strict router there the Request-URI moves to the end of the Route (§16.6 item 6)."""
    if "route" not in copy.names:
        return copy, copy.uri
    first = copy.routes[0].uri
    if not is_loose(first):
        values = [*copy.values("Route")[1:], f"<{copy.uri}>"]
        copy = copy.with_header("Route", *values).with_uri(first)
    return copy, first
