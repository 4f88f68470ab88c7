"""TCP in memory: connections whose octets come out once and in order, however the links treat the segments.

A segment that a link loses or corrupts is sent again after a second, then two, four and so on (RFC 6298), and holds up
what is behind it. A script decides about messages by their first segments: one that it drops is late, not lost. Not
simulated are acknowledgements (nothing that arrived is sent again), windows, congestion control, fast retransmission.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sipsim.simulation.network import Address, Flow, Packet

if TYPE_CHECKING:
    from sipsim.simulation.memory import MemoryNetwork

SEGMENT = 1460
"""Octets that a segment holds: what is left of Ethernet's 1500 (RFC 9293 §3.7.1)."""

FIRST_WAIT = 1.0
"""Seconds after which a lost segment is sent again, at first (RFC 6298 §2)."""

MOST_TRIES = 7
"""How often a segment is sent before the connection is given up, after 127 s (at least 100 s: RFC 9293 §3.8.3)."""


class Segment(Packet):
    """A piece of a message on its way over a connection; `whole` is the packet that was sent."""

    __slots__ = ("connection", "number", "offset", "tries", "whole")

    def __init__(self, whole: Packet, offset: int, number: int, flow: Connection) -> None:
        data = whole.data[offset : offset + SEGMENT]
        super().__init__(data, whole.source, whole.destination, whole.transport, flow, whole.cause)
        self.connection = flow
        self.whole = whole
        self.offset = offset
        self.number = number
        self.tries = 0

    @property
    def sent(self) -> bytes:
        return self.whole.data

    @property
    def is_last(self) -> bool:
        return self.offset + len(self.data) >= len(self.whole.data)


class Pipe:
    """One direction of a connection."""

    def __init__(self) -> None:
        self.count = 0  # of segments so far
        self.awaited = 0  # the number of the segment that is handed over next
        self.waiting: list[Segment] = []  # for the connection to stand
        self.early: dict[int, Segment] = {}  # arrived before those in front of them
        self.unfinished: dict[int, Packet] = {}  # not arrived as a whole, by the number of the last segment


class Connection(Flow):
    """A connection between two addresses, used in both directions; `state` is "connecting", "open" or "closed".

    Who connects does so from the port that it listens at, so that two addresses have one connection and share it. It
    stands until one of them ends it, however long it is idle; both know of its end at once. `cause` is the record of
    the message that it was opened for.
    """

    def __init__(self, layer: Connections, source: Address, destination: Address, cause: int) -> None:
        self.source, self.destination = source, destination
        self.cause = cause
        self.state = "connecting"
        self._layer = layer
        self._pipes = {source: Pipe(), destination: Pipe()}
        self._finishing = False
        self._tries = 0

    def __repr__(self) -> str:
        return f"<Connection {self.source} - {self.destination}: {self.state}>"

    @property
    def open(self) -> bool:
        return self.state != "closed" and not self._finishing

    def send(self, packet: Packet) -> None:
        """Put a message at the end of what goes the way of the packet."""
        pipe = self._pipes[packet.source]
        for offset in range(0, len(packet.data) or 1, SEGMENT):
            segment = Segment(packet, offset, pipe.count, self)
            pipe.count += 1
            if segment.is_last:
                pipe.unfinished[segment.number] = packet
            if self.state == "connecting":
                pipe.waiting.append(segment)
            else:
                self.depart(segment)

    def finish(self) -> None:
        if self.open:
            self._finishing = True
            self._layer.forget(self)
            self._end_if_done()

    def abort(self, why: str) -> None:
        """End at once: what has not arrived as a whole is lost, and its senders hear of it."""
        if self.state == "closed":
            return
        self.state = "closed"
        self._layer.forget(self)
        self._layer.note(self, "closed", why)
        for pipe in self._pipes.values():
            for packet in pipe.unfinished.values():
                self._layer.network.fail(packet, why)

    # Setting up: one segment there, one back

    def connect(self, _: object = None) -> None:
        """Ask the other end; all that waits departs when it agrees."""
        if self.state == "closed":
            return
        network = self._layer.network
        there = network.journey(self.source, self.destination, b"")
        back = network.journey(self.destination, self.source, b"")
        if there is None or back is None:
            self._tries = self._again(self._tries, self.connect, None)
        else:
            self._layer.network.env.post(there, self._asked, back)

    def _asked(self, back: float) -> None:
        willing = self._layer.network.listener(self.destination, "TCP") is not None
        self._layer.network.env.post(back, self._answered, willing)

    def _answered(self, willing: bool) -> None:
        if self.state == "closed":
            return
        if not willing:
            self.abort(f"no one listens at {self.destination}")
            return
        self.state = "open"
        self._layer.note(self, "open")
        for pipe in self._pipes.values():
            for segment in pipe.waiting:
                self.depart(segment)
            pipe.waiting.clear()

    # Segments

    def depart(self, segment: Segment) -> None:
        """Send a segment; a script has a say about the first one of a message."""
        if self.state == "closed":
            return
        fate = "" if segment.offset else self._layer.network.intercepted(segment)
        if fate != "held":
            self.travel(segment, fate)

    def travel(self, segment: Segment, fate: str = "") -> None:
        """Let a segment go its way; `fate` is why it gets nowhere this time."""
        delay = None if fate else self._layer.network.journey(segment.source, segment.destination, segment.data)
        if delay is None:
            self._layer.note(self, "segment lost", fate or "on the way", segment.cause)
            segment.tries = self._again(segment.tries, self.depart, segment)
        else:
            self._layer.network.env.post(delay, self._arrive, segment)

    def _again(self, tries: int, send: Callable[[Any], None], what: Segment | None) -> int:
        """Send once more after a while, which doubles each time, or give up; counts the tries."""
        wait = FIRST_WAIT * 2**tries
        if tries + 1 < MOST_TRIES:
            self._layer.network.env.post(wait, send, what)
        else:
            self._layer.network.env.post(wait, self.abort, "the other end does not answer")
        return tries + 1

    def _arrive(self, segment: Segment) -> None:
        """Hand over what is next in order, and all that waited for it."""
        pipe = self._pipes[segment.source]
        pipe.early[segment.number] = segment
        while self.state != "closed" and pipe.awaited in pipe.early:
            segment = pipe.early.pop(pipe.awaited)
            pipe.awaited += 1
            pipe.unfinished.pop(segment.number, None)
            listener = self._layer.network.listener(segment.destination, "TCP")
            if listener is not None:
                listener.receive(segment)
            elif segment.is_last:
                self._layer.network.fail(segment.whole, f"no one listens at {segment.destination}")
        self._end_if_done()

    def _end_if_done(self) -> None:
        if self._finishing and not any(pipe.unfinished for pipe in self._pipes.values()):
            self.abort("finished")


class Connections:
    """All connections of a network, by the addresses at their ends."""

    def __init__(self, network: MemoryNetwork) -> None:
        self.network = network
        self._standing: dict[frozenset[Address], Connection] = {}

    def send(self, packet: Packet) -> None:
        """Send a message over the connection that it names as its flow, else over one between its addresses."""
        flow = packet.flow
        if flow is None:
            flow = self._between(packet.source, packet.destination, packet.cause)
        if isinstance(flow, Connection) and flow.open:
            flow.send(packet)
        else:
            self.network.fail(packet, "its connection is closed")

    def abort(self, why: str, of: Callable[[Address, Address], bool]) -> None:
        """End every connection that the function says yes to, given its two ends."""
        for connection in list(self._standing.values()):
            if of(connection.source, connection.destination):
                connection.abort(why)

    def forget(self, connection: Connection) -> None:
        """Use a connection no more for what is sent from now on."""
        ends = frozenset((connection.source, connection.destination))
        if self._standing.get(ends) is connection:
            del self._standing[ends]

    def note(self, connection: Connection, what: str, why: str = "", cause: int | None = None) -> None:
        """Record what happens to a connection."""
        trace = self.network.trace
        if trace.everything:
            ends = [str(connection.source), str(connection.destination)]
            cause = cause or connection.cause
            trace.add("connection", self.network.env.now, "", cause, what=what, between=ends, why=why)

    def _between(self, source: Address, destination: Address, cause: int) -> Connection:
        ends = frozenset((source, destination))
        connection = self._standing.get(ends)
        if connection is None:
            connection = self._standing[ends] = Connection(self, source, destination, cause)
            connection.connect()
        return connection
