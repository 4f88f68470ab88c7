"""Where a request goes from here: the servers of its next hop (RFC 3263 §4), over TCP when it is large (§18.1.1)."""

from __future__ import annotations

from typing import Protocol

from sipsim.message.message import Request
from sipsim.message.uri import Uri
from sipsim.simulation.environment import Environment
from sipsim.simulation.locating import locate
from sipsim.simulation.names import NameService
from sipsim.simulation.network import Hop
from sipsim.trace.trace import Trace

LARGEST_DATAGRAM = 1300
"""Octets of a request that may go by UDP when nobody knows what the links on its way can take (RFC 3261 §18.1.1)."""


class Asker(Protocol):
    """Who wants to know."""

    env: Environment
    name: str
    names: NameService
    trace: Trace
    transports: tuple[str, ...]


def next_hops(asker: Asker, request: Request, hop: Uri | Hop) -> list[Hop]:
    """The hops to try, in this order; none where the URI leads nowhere. A hop that is known already is the only one."""
    if isinstance(hop, Hop):
        if request.method == "CANCEL":
            return [hop]
        hops = [hop]
    else:
        hops = locate(asker.names, hop, asker.transports, asker.name)
    size = len(request.data or bytes(request))
    return hops if size <= LARGEST_DATAGRAM else _for_large(asker, request, size, hops)


def _for_large(asker: Asker, request: Request, size: int, hops: list[Hop]) -> list[Hop]:
    """TCP instead of UDP; UDP after it, for a server that refuses the connection. Without TCP a note says so."""
    if not any(hop.transport == "UDP" for hop in hops):
        return hops
    if "TCP" not in asker.transports:
        text = f"{request.method} of {size} octets goes by UDP, as there is no TCP here (RFC 3261 §18.1.1)"
        asker.trace.add("note", asker.env.now, asker.name, text=text)
        return hops
    ways = {"UDP": ("TCP", "UDP")}
    return [
        hop._replace(transport=transport) for hop in hops for transport in ways.get(hop.transport, (hop.transport,))
    ]
