"""Between the network and an element: what arrives on connections, cut into messages (RFC 3261 §18.3)."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

from sipsim.errors import SipParseError
from sipsim.message.framing import Framer
from sipsim.message.message import Request, Response
from sipsim.simulation.network import AlteredPacket, Flow, Packet, Receive

Unreadable = Callable[[Packet, SipParseError, Request | Response | None], object]
"""Hears of a stream that is lost: its last piece, why, and the message that made it so where its head is there."""


class StreamReader:
    """Receives the octets of any number of connections, and hands on each message in a packet of its own.

    A connection that can't be read on is reported once, and what it brings afterwards is passed over.
    """

    def __init__(self, receive: Receive, unreadable: Unreadable) -> None:
        self._receive = receive
        self._unreadable = unreadable
        self._framers: WeakKeyDictionary[Flow, Framer | None] = WeakKeyDictionary()

    def __call__(self, piece: Packet) -> None:
        assert piece.flow is not None
        framer = self._framers.setdefault(piece.flow, Framer())
        if framer is None:
            return
        try:
            for message in framer.feed(piece.data):
                self._receive(packet_with(bytes(message), piece))
        except SipParseError as error:
            self._framers[piece.flow] = None
            self._unreadable(piece, error, framer.refused)

    def forget(self) -> None:
        """Forget what was read of messages that are not whole yet."""
        self._framers.clear()


def packet_with(data: bytes, piece: Packet) -> Packet:
    """The packet of a message whose last octets came in this piece of a stream.

    It counts as altered where the sender put something else on the wire at once: half a message, or two.
    """
    kind = Packet if data == piece.sent else AlteredPacket
    return kind(data, piece.source, piece.destination, piece.transport, piece.flow, piece.cause)
