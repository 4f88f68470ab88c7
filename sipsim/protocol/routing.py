"""A proxy's decisions as plain functions: may this be forwarded, where to, in what form, which response is best.

RFC 3261 §16.3 to §16.7. Each takes messages and gives messages or a verdict; the proxy element carries them out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple
from zlib import crc32

from sipsim.message.message import Request, Response
from sipsim.message.uri import Uri
from sipsim.protocol.dialog import is_loose

_MARK = re.compile("[0-9a-f]{8}")

IsMine = Callable[[Uri], bool]
"""Tells whether a URI names this very proxy."""


class Refusal(NamedTuple):
    """A final response that a proxy gives by itself: status, header fields to add, the section that asks for it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    rfc: str


def validate(request: Request) -> Refusal | None:
    """The checks that a request must pass before it is forwarded (§16.3), None when all is well."""
    if request.uri.scheme not in ("sip", "sips", "tel"):
        return Refusal(416, (), "RFC 3261 §16.3 item 2")
    if request.max_forwards == 0:
        return Refusal(483, (), "RFC 3261 §16.3 item 3")
    if request.has("proxy-require"):
        unknown = ", ".join(request.proxy_require)
        return Refusal(420, (("Unsupported", unknown),), "RFC 3261 §16.3 item 5")
    return None


def preprocess(request: Request, is_mine: IsMine) -> Request:
    """Undo what a strict router did to the Request-URI, and take away the top Route that names us (§16.4)."""
    if not request.has("route"):
        return request
    if is_mine(request.uri) and has_lr(request.uri):
        last = request.routes[-1].uri
        request = without_last_route(request).with_uri(last)
    if request.routes and is_mine(request.routes[0].uri):
        request = request.without_first("Route")
    return request


def has_lr(uri: Uri) -> bool:
    """Whether a Request-URI is one that we put into Record-Route, and not an address of ours."""
    return is_loose(uri) and not uri.user


def loop_mark(request: Request) -> str:
    """What a proxy's decision for this request depends on, in eight hex digits (§16.6 item 8, RFC 5393 §4.2).

    It ends the branch that the proxy puts into its Via. When the request comes back with the same mark, nothing has
    changed on its way: a loop. With another one, a Request-URI for instance, it is a spiral, and may go on.
    """
    number = request.cseq.number
    parts = (request.uri_text, request.to_tag, request.from_tag, request.call_id, number, *request.values("Route"))
    return f"{crc32(repr(parts).encode('utf-8', 'surrogatepass')):08x}"


def mark_of(branch: str) -> str:
    """The loop mark at the end of a branch, "" where there is none."""
    _, dot, mark = branch.rpartition(".")
    return mark if dot and _MARK.fullmatch(mark) else ""


def is_loop(request: Request, mark: str, sent_by: str) -> bool:
    """Whether a request has passed here before, with everything that matters as it is now (§16.3 item 4)."""
    mark = f".{mark}"
    octets = mark.encode()
    if octets not in bytes(request):  # as nearly always
        return False
    return any(via.branch is not None and via.branch.endswith(mark) and via.sent_by == sent_by for via in request.vias)


def without_last_route(request: Request) -> Request:
    """The request without its last Route value."""
    values = request.values("Route")[:-1]
    return request.with_header("Route", *values) if values else request.without("Route")


def forwarded(request: Request, target: Uri, via: str, record_route: str | None) -> tuple[Request, Uri]:
    """The copy for one target and the hop that it goes to next (§16.6 items 1 to 8)."""
    copy = request.with_uri(target).with_header("Max-Forwards", str((request.max_forwards or 71) - 1))
    if record_route is not None:
        copy = copy.prepend("Record-Route", record_route)
    copy, hop = postprocessed(copy)
    return copy.prepend("Via", via), hop


def postprocessed(copy: Request) -> tuple[Request, Uri]:
    """The next hop; for a strict router there the Request-URI moves to the end of the Route (§16.6 item 6)."""
    if not copy.has("route"):
        return copy, copy.uri
    first = copy.routes[0].uri
    if not is_loose(first):
        values = [*copy.values("Route")[1:], f"<{copy.uri}>"]
        copy = copy.with_header("Route", *values).with_uri(first)
    return copy, first


def best_response(responses: Sequence[Response]) -> Response:
    """The one to send upstream of the final responses of all branches, none of them 2xx (§16.7 item 6).

    Any 6xx wins; else the lowest class, and within 4xx those that help the caller to try again.
    """
    return min(responses, key=_rank)


_HELPFUL = (401, 407, 415, 420, 484)


def _rank(response: Response) -> tuple[int, bool]:
    status = response.status
    return (0 if status >= 600 else status // 100), status not in _HELPFUL
