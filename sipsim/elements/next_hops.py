"""Where a request goes from here: the servers of its next hop (RFC 3263 §4), over TCP when it is large (§18.1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sipsim.message.message import Request
from sipsim.message.uri import Uri
from sipsim.simulation.locating import locate
from sipsim.simulation.network import Hop

if TYPE_CHECKING:
    from sipsim.elements.element import Element

LARGEST_DATAGRAM = 1300
"""Octets of a request that may go by UDP when nobody knows what the links on its way can take (RFC 3261 §18.1.1)."""


def next_hops(element: Element, request: Request, hop: Uri | Hop) -> list[Hop]:
    """The hops to try, in this order; none where the URI leads nowhere. A hop that is known already is the only one."""
    if isinstance(hop, Hop):
        if request.method == "CANCEL":
            return [hop]
        hops = [hop]
    else:
        hops = locate(element.names, hop, element.transports, element.name)
    size = len(request.data or bytes(request))
    return hops if size <= LARGEST_DATAGRAM else _for_large(element, request, size, hops)


def _for_large(element: Element, request: Request, size: int, hops: list[Hop]) -> list[Hop]:
    """TCP instead of UDP; UDP after it, for a server that refuses the connection. Without TCP a note says so."""
    if not any(hop.transport == "UDP" for hop in hops):
        return hops
    if "TCP" not in element.transports:
        text = f"{request.method} of {size} octets goes by UDP, as there is no TCP here (RFC 3261 §18.1.1)"
        element.trace.add("note", element.env.now, element.name, text=text)
        return hops
    ways = {"UDP": ("TCP", "UDP")}
    return [
        hop._replace(transport=transport) for hop in hops for transport in ways.get(hop.transport, (hop.transport,))
    ]
