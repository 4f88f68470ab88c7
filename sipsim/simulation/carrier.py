"""What networks have in common, in memory and on sockets: links between nodes, and packets that go over them.

A network says who is the `listener` at an address, and what it means to `arrive`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sipsim.simulation.environment import Environment
from sipsim.simulation.impairments import Impairment
from sipsim.simulation.interference import Interference
from sipsim.simulation.links import Link, Route, Topology
from sipsim.simulation.media_tally import Unawaited
from sipsim.simulation.network import Address, Failed, Packet
from sipsim.simulation.streams import Streams
from sipsim.trace.trace import Trace

if TYPE_CHECKING:
    import networkx

Leg = tuple[Packet, Route, int]
"""A packet, its route, and how many of the route's wires lie behind it."""


class Listener(Protocol):
    """Who sits at an address."""

    @property
    def failed(self) -> Failed:
        """Told of packets sent from there that will not arrive."""


class Carrier(Interference):
    """A network with links: as in `graph`, else any two nodes are one link apart, which is as `default` says."""

    def __init__(
        self, env: Environment, trace: Trace, streams: Streams, default: Impairment,
        graph: networkx.Graph[Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(env, trace)
        self._topology = Topology(streams, default, graph, self.relinked, self.note)

    # What the network fills in

    def listener(self, address: Address, transport: str) -> Listener | None:
        """Who sits at an address."""
        raise NotImplementedError

    def arrive(self, packet: Packet) -> None:
        """A packet has all links behind it."""
        raise NotImplementedError

    # Links

    def relinked(self) -> None:
        """A link is not as it was."""
        self.changed()

    def link(self, a: str, b: str, **parameters: float) -> Link:
        """The link between two nodes, with these parameters changed for both directions.

        `UsageError` for a node or a parameter that is not known, and where a graph has no such edge.
        """
        link = self._topology.link(*self.known(a, b))
        return link.set(**parameters) if parameters else link

    def route(self, source: Address, destination: Address) -> Route:
        """The links that a packet passes as they are now."""
        return self._topology.route(self.node_at(source), self.node_at(destination))

    def note(self, what: str, text: str) -> None:
        """Record what was done to the network."""
        self.trace.add("fault", self.env.now, "", what=what, text=text)

    # Packets on their way

    def carry(self, packet: Packet, route: Route) -> None:
        """Let a packet go its way, on which it may be lost, or arrive twice."""
        if route.broken:
            self.lose(packet, route.broken)
        elif route.pauses[0] or not route.wires:  # a packet never arrives while its sender is still at work
            self._post(route.pauses[0], (packet, route, 0))
        else:
            self._go_on((packet, route, 0))

    def _go_on(self, leg: Leg) -> None:
        """The packet stands before the n-th wire of its route, or at its end."""
        packet, route, n = leg
        if n == len(route.wires):
            self.arrive(packet)
            return
        wire = route.wires[n]
        delays = wire.delays(len(packet.data), self.env.now)
        if not delays:
            self.lose(packet, f"lost on the way {wire.name}")
        for i, delay in enumerate(delays):
            if i:
                self.double(packet)
            data = wire.carried(packet.data)
            copy = packet if data is packet.data and not i else packet.again(data)
            self._post(delay + route.pauses[n + 1], (copy, route, n + 1))

    def _post(self, delay: float, leg: Leg) -> None:
        self.env.post(delay, self._go_on, Unawaited(leg) if leg[0].lingering else leg)

    def fail(self, packet: Packet, why: str) -> None:
        """A packet will not arrive, of which its sender hears in a moment."""
        self.lose(packet, why)
        self.env.post(0, self._report, (packet, why))

    def _report(self, failure: tuple[Packet, str]) -> None:
        packet, why = failure
        sender = self.listener(packet.source, packet.transport)
        if sender is not None:
            sender.failed(packet, why)
