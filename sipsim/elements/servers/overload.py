"""What a server says that has more to do than it can: 503, at once and without a transaction (RFC 3261 §21.5.4)."""

from __future__ import annotations

from collections.abc import Iterable

from sipsim.elements.element import Element
from sipsim.elements.refusing import refuse_statelessly
from sipsim.elements.via import stamped
from sipsim.errors import SipParseError
from sipsim.message.message import Request, parse
from sipsim.protocol.inspection import refusal
from sipsim.protocol.matching import server_key
from sipsim.simulation.network import Packet

OVERLOADED = refusal(503, "there is too much to do", ("Retry-After", "10"))
"""What a client is told that is turned away: it may come again after some seconds."""


def turned_away(server: Element, packet: Packet, waiting: Iterable[Packet]) -> bool:
    """Refuse a request for which there is no room; false for what gets no answer.

    These are responses, ACK and CANCEL, repetitions of what is being worked on, and of what waits already.
    """
    try:
        request = parse(packet.data)
        request.check()
    except SipParseError:
        return False
    if not isinstance(request, Request) or request.method in ("ACK", "CANCEL"):
        return False
    if server_key(request) in server.servers or any(packet.data == other.data for other in waiting):
        return False
    trace = server.trace
    altered = packet.data if packet.altered else None
    trace.current = trace.delivered(server.env.now, server.name, packet.cause, altered)
    refuse_statelessly(server, stamped(request, packet.source), packet, OVERLOADED)
    trace.current = 0
    return True
