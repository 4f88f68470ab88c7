"""What a server says that has more to do than it can: 503, at once and without a transaction (RFC 3261 §21.5.4)."""

from __future__ import annotations

from collections.abc import Iterable

from sipsim.elements.element import Element
from sipsim.elements.via import reply_hop, stamped
from sipsim.errors import SipParseError
from sipsim.message import build
from sipsim.message.message import Request, parse
from sipsim.protocol.matching import server_key, stateless_tag
from sipsim.simulation.network import Packet

RETRY_AFTER = 10
"""Seconds after which a client that was turned away may come again."""


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
    trace.current = trace.delivered(server.env.now, server.name, packet.cause)
    request = stamped(request, packet.source)
    headers = [("Retry-After", str(RETRY_AFTER))]
    reply = build.reply(request, 503, to_tag=stateless_tag(request), headers=headers)
    server.send(reply, reply_hop(request.via, packet))
    trace.current = 0
    return True
