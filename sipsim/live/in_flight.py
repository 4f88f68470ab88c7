"""Which of our own packets are under way between our own sockets.

A socket gives octets and an address, not the record of who sent them. Loopback keeps the order between two
sockets, so one queue for each pair of addresses tells which packet arrived, and which were dropped for want
of buffer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from sipsim.simulation.network import Address, Packet


class InFlight:
    """The packets that were handed to the system and have not come out of it; `len` counts those of messages.

    `lose(packet, why)` is called for those that never will.
    """

    def __init__(self, lose: Callable[[Packet, str], object]) -> None:
        self._lose = lose
        self._ways: dict[tuple[Address, Address], deque[tuple[float, Packet]]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def depart(self, packet: Packet, now: float) -> None:
        """A packet is handed to the system at the instant `now`."""
        self._ways.setdefault((packet.source, packet.destination), deque()).append((now, packet))
        self._count += not packet.lingering

    def recall(self, packet: Packet) -> None:
        """The system did not take this packet, the last to depart on its way."""
        self._ways[packet.source, packet.destination].pop()
        self._count -= not packet.lingering

    def arrive(self, source: Address, destination: Address, data: bytes) -> Packet | None:
        """Octets came out: the packet that they are, None for somebody else's; those before it are lost."""
        way = self._ways.get((source, destination)) or deque()
        for position, (_, packet) in enumerate(way):
            if packet.data == data:
                *overtaken, _ = (way.popleft()[1] for _ in range(position + 1))
                self._count -= (position + 1) * (not packet.lingering)  # a way has one kind
                for lost in overtaken:
                    self._lose(lost, "dropped by the system")
                return packet
        return None

    def give_up(self, departed_by: float) -> None:
        """Lose what departed at that instant or before: the system drops datagrams when a buffer is full."""
        for way in self._ways.values():
            while way and way[0][0] <= departed_by:
                self._count -= not way[0][1].lingering
                self._lose(way.popleft()[1], "dropped by the system")

    def close(self, destination: Address) -> None:
        """Lose what is under way to an address where no one listens any more."""
        for key in [key for key in self._ways if key[1] == destination]:
            way = self._ways.pop(key)
            self._count -= sum(not packet.lingering for _, packet in way)
            for _, packet in way:
                self._lose(packet, f"no one listens at {destination}")
