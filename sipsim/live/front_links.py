"""The links of a memory network, in front of real sockets: they do their worst before a packet is sent."""

from __future__ import annotations

from collections.abc import Callable

from sipsim.errors import UsageError
from sipsim.simulation.environment import Environment
from sipsim.simulation.impairments import Impairment
from sipsim.simulation.links import Link, Route, Topology, Wire, changed_impairment
from sipsim.simulation.network import Address, AlteredPacket, Packet
from sipsim.simulation.streams import Streams
from sipsim.trace.trace import Trace

MOST_ROUTES = 10_000


class FrontLinks:
    """A link between any two nodes; `transmit(packet)` is called for every copy that gets through.

    `node_at(address)` names the node at an address. `default` are the parameters of links that don't say
    otherwise, as in memory (see `Impairment`); here all of them are 0 at first, the delay too.
    """

    def __init__(
        self,
        env: Environment,
        trace: Trace,
        streams: Streams,
        node_at: Callable[[Address], str],
        transmit: Callable[[Packet], None],
        default: dict[str, float],
    ) -> None:
        self._env, self._trace = env, trace
        self._node_at, self._transmit = node_at, transmit
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
        route = self._routes.get(key) or self._work_out(*key)
        if route.broken:
            self._trace.lost(self._env.now, packet.cause, route.broken)
        elif route.wires:
            self._impair(packet, route.wires[0])
        elif route.pauses[0]:
            self._env.post(route.pauses[0], self._transmit, packet)
        else:
            self._transmit(packet)

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
            self._trace.lost(now, packet.cause, f"lost on the way {wire.name}")
        for number, delay in enumerate(delays):
            if number:
                self._trace.duplicated(now, packet.cause)
            self._env.post(delay, self._transmit, _carried(packet, wire))


def _carried(packet: Packet, wire: Wire) -> Packet:
    """A packet as it comes out of a wire."""
    data = wire.carried(packet.data)
    kind = Packet if data is packet.data else AlteredPacket
    return kind(data, packet.source, packet.destination, packet.transport, packet.flow, packet.cause)
