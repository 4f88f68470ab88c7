"""What the tests of the network need: nodes that note what arrives, a clock, dice and a trace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sipsim.simulation.environment import Environment
from sipsim.simulation.memory import MemoryNetwork
from sipsim.simulation.network import Address, Packet
from sipsim.simulation.streams import Streams
from sipsim.trace.trace import Trace

ANY = Address("", 0)


class Bench:
    """A network in memory with a node of each name, and what they received: (time, sender, receiver, octets)."""

    def __init__(self, *names: str, seed: int = 1, graph: Any = None, **default: float) -> None:
        self.env = Environment()
        self.trace = Trace()
        self.streams = Streams(seed)
        self.network = MemoryNetwork(self.env, self.trace, self.streams, graph, **default)
        self.addresses: dict[str, Address] = {}
        self.arrived: list[tuple[float, str, str, bytes]] = []
        self.packets: list[Packet] = []
        self.failures: list[tuple[float, str, str]] = []
        for name in names:
            self.add(name)

    def add(self, name: str, address: Address = ANY) -> Address:
        def receive(packet: Packet) -> None:
            sender = self.network.node_at(packet.source)
            self.arrived.append((self.env.now, sender, name, packet.data))
            self.packets.append(packet)
            self.trace.delivered(self.env.now, name, packet.cause, packet.data if packet.altered else None)
            packet.cause = -1  # as an element that uses it for its own ends

        def failed(packet: Packet, reason: str) -> None:
            self.failures.append((self.env.now, name, reason))

        self.addresses[name] = self.network.bind(address, "UDP", receive, failed, node=name)
        self.trace.register(name, "node", self.addresses[name])
        return self.addresses[name]

    def send(self, source: str, destination: str | Address, data: bytes = b"hello") -> Packet:
        to = self.addresses[destination] if isinstance(destination, str) else destination
        packet = Packet(data, self.addresses[source], to)
        packet.cause = self.trace.sent(self.env.now, source, packet)
        self.network.send(packet)
        return packet

    def send_all(self, source: str, destination: str, octets: Iterable[bytes], every: float = 0.0) -> None:
        for data in octets:
            self.send(source, destination, data)
            if every:
                self.env.run(until=self.env.now + every)

    def run(self) -> Bench:
        self.env.run()
        return self

    def times(self) -> list[float]:
        return [time for time, *_ in self.arrived]

    def octets(self) -> list[bytes]:
        return [data for *_, data in self.arrived]

    def lost(self) -> list[str]:
        return [record.data["why"] for record in self.trace.select("lost")]

    def balanced(self) -> bool:
        """Whether no packet came from nowhere or vanished unseen."""
        counts = self.trace.counts
        ways_out = counts["delivered"] + counts["lost"] + len(self.network.held)
        return counts["sent"] + counts["duplicated"] == ways_out


def numbered(n: int) -> list[bytes]:
    return [b"%d" % i for i in range(n)]
