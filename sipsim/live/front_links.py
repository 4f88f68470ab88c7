"""The links of a memory network, in front of real sockets: they do their worst before a packet is sent."""

from __future__ import annotations

from collections.abc import Callable

from sipsim.errors import UsageError
from sipsim.simulation.environment import Environment
from sipsim.simulation.impairments import Impairment
from sipsim.simulation.interference import Interference
from sipsim.simulation.links import Link, Route, Topology, Wire, changed_impairment
from sipsim.simulation.network import Address, Packet
from sipsim.simulation.streams import Streams
from sipsim.trace.trace import Trace

MOST_ROUTES = 10_000


class FrontLinks:
    """A link between any two nodes; `transmit(packet)` is called for every copy that gets through.

    The `network` names the node at an address, and is told of what is lost or doubled.
    `default` are the parameters of links that don't say
    otherwise, as in memory (see `Impairment`); here all of them are 0 at first, the delay too.
    """

    def __init__(
        self, env: Environment, trace: Trace, streams: Streams, network: Interference,
        transmit: Callable[[Packet], None], default: dict[str, float],
    ) -> None:  # fmt: skip
        self._env, self._trace = env, trace
        self._network, self._transmit = network, transmit
        self._node_at = network.node_at
        self._routes: dict[tuple[Address, Address], Route] = {}
        impairment = changed_impairment(Impairment(delay=0.0), default)
        self._topology = Topology(streams, impairment, None, self.forget, self._note)

    def link(self, a: str, b: str, **parameters: float) -> Link:
        """The link between two nodes, with these parameters changed for both directions."""
        if a == b:
            raise UsageError(f"link({a!r}, {b!r}): a link has two ends")
        return self._topology.link(a, b).set(**parameters)

    def forget(self) -> None:
        """Work the routes out again: links or nodes have changed."""
        self._routes.clear()

    def _note(self, what: str, text: str) -> None:
        self._trace.add("fault", self._env.now, "", what=what, text=text)

    def send(self, packet: Packet) -> None:
        """Let a packet through, now or later, once, twice or not at all."""
        key = packet.source, packet.destination
        route = self.route(*key)
        if route.broken:
            self._network.lose(packet, route.broken)
        elif route.wires:
            self._impair(packet, route.wires[0])
        elif route.pauses[0]:
            self._env.post(route.pauses[0], self._transmit, packet)
        else:
            self._transmit(packet)

    def route(self, source: Address, destination: Address) -> Route:
        """What stands between two addresses."""
        return self._routes.get((source, destination)) or self._work_out(source, destination)

    def _work_out(self, source: Address, destination: Address) -> Route:
        if len(self._routes) >= MOST_ROUTES:
            self._routes.clear()
        route = self._topology.route(self._node_at(source), self._node_at(destination))
        self._routes[source, destination] = route
        return route

    def _impair(self, packet: Packet, wire: Wire) -> None:
        now = self._env.now
        delays = wire.delays(len(packet.data), now)
        if not delays:
            self._network.lose(packet, f"lost on the way {wire.name}")
        for number, delay in enumerate(delays):
            if number:
                self._network.double(packet)
            self._env.post(delay, self._transmit, packet.again(wire.carried(packet.data)))
