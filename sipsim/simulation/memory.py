"""The network in memory: packets travel in simulated time, over links that may delay, lose, duplicate, reorder and corrupt them.

What two addresses mean for a packet is worked out once and kept until something changes, so that a packet over an unimpaired
link costs one look-up and one posted call. Lessons interfere by script: `drop`, `hold` and `release`, `partition` and `heal`,
or a function that sees every packet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from ipaddress import ip_network
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from sipsim.errors import UsageError
from sipsim.simulation.impairments import Impairment
from sipsim.simulation.links import Link, Route, Topology, changed_impairment
from sipsim.simulation.network import Address, AlteredPacket, Failed, Packet, Receive
from sipsim.simulation.patterns import Pattern, packet_test
from sipsim.simulation.scripts import Rule, Script

if TYPE_CHECKING:
    import networkx

    from sipsim.simulation.environment import Environment
    from sipsim.simulation.streams import Streams
    from sipsim.trace.trace import Trace

ADDRESS_BLOCKS = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "10.0.0.0/8")  # for documentation (RFC 5737), then private
DEFAULT_PORT = 5060
MOST_WAYS = 100_000

Leg = tuple[Packet, Route, int]


class _Port:
    """An address that someone listens at."""

    __slots__ = ("failed", "receive")

    def __init__(self, receive: Receive, failed: Failed) -> None:
        self.receive = receive
        self.failed = failed

    def arrive(self, packet: Packet) -> None:
        self.receive(packet)


class MemoryNetwork:
    """A network without sockets, in simulated time.

    Without a `graph` any two nodes are one link apart. The nodes of a networkx graph are node names (or hosts), its edges may
    have the parameters of a link, and packets take the way of least delay; the graph is read once and never changed. `default` are
    the parameters of links that don't say otherwise: delay (0.005 s), jitter, loss, duplicate, reorder, corrupt, bandwidth, mtu;
    see `Impairment`.
    """

    live = False

    def __init__(
        self, env: Environment, trace: Trace, streams: Streams, graph: networkx.Graph[Any] | None = None, **default: float
    ) -> None:
        self.held: list[Packet] = []
        self._env = env
        self._post = env.post
        self._trace = trace
        self._ports: dict[tuple[Address, str], _Port] = {}
        self._nodes: dict[Address | str, str] = {}  # by address and by host; kept when a node stops listening
        self._free_hosts = _hosts()
        self._partitions: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        self._ways: dict[tuple[Address, Address, str], tuple[float, Receive] | tuple[None, Receive]] = {}
        self._script = Script(self._ways.clear)
        self._topology = Topology(streams, changed_impairment(Impairment(), default), graph, self._ways.clear)

    # Addresses

    def bind(self, address: Address, transport: str, receive: Receive, failed: Failed, node: str = "") -> Address:
        """Listen at an address; an empty host means the next free one, port 0 the first free one from 5060 on.

        `node` is the name that links, partitions and patterns know it by, its host where not given. `UsageError` when the
        address is taken, or node and host are not in the graph.
        """
        address = self._filled_in(address, transport)
        if (address, transport) in self._ports:
            raise UsageError(f"address={address}: taken, {self.node_at(address)} listens there")
        node = node or address.host
        known = self._topology.nodes
        if known is not None and node not in known:
            if address.host not in known:
                raise UsageError(f"node={node!r}: not in the graph; its nodes are {', '.join(known)}")
            node = address.host
        self._nodes[address] = node
        self._nodes.setdefault(address.host, node)
        self._ports[address, transport] = _Port(receive, failed)
        self._ways.clear()
        return address

    def unbind(self, address: Address, transport: str) -> None:
        """Stop listening; what arrives afterwards, packets on their way included, finds nobody."""
        port = self._ports.pop((address, transport), None)
        if port is not None:
            port.receive = self._arrive
            self._ways.clear()

    def node_at(self, address: Address) -> str:
        """The name of the node at an address, its host where nobody ever listened."""
        return self._nodes.get(address) or self._nodes.get(address.host) or address.host

    def close(self) -> None:
        """Let go of every address, rule and held packet."""
        for address, transport in list(self._ports):
            self.unbind(address, transport)
        self._script.end(*self._script.rules)
        self.held.clear()

    # Packets

    def send(self, packet: Packet) -> None:
        """Put a packet on its way; it arrives, or the trace says how it was lost."""
        key = (packet.source, packet.destination, packet.transport)
        delay, forward = self._ways.get(key) or self._work_out(key)
        if delay is None:
            forward(packet)
        else:
            self._post(delay, forward, packet)

    def _work_out(self, key: tuple[Address, Address, str]) -> tuple[float, Receive] | tuple[None, Receive]:
        """What to do with packets of this source, destination and transport: (delay, arrival), or (None, function) at once."""
        route = self._route(key[0], key[1])
        way: tuple[float, Receive] | tuple[None, Receive]
        if self._script.rules:
            way = None, self._look_at
        elif route.broken or route.wires:
            way = None, partial(self._set_out, route)
        else:
            port = self._ports.get(key[1:])
            way = route.pauses[0], port.arrive if port else self._arrive
        if len(self._ways) >= MOST_WAYS:
            self._ways.clear()
        self._ways[key] = way
        return way

    def _route(self, source: Address, destination: Address) -> Route:
        a, b = self.node_at(source), self.node_at(destination)
        for one, other in self._partitions:
            if (a in one and b in other) or (a in other and b in one):
                return Route((), (), f"a partition between {a} and {b}")
        return self._topology.route(a, b)

    def _look_at(self, packet: Packet) -> None:
        """Let the script decide about a packet."""
        rule = self._script.rule_for(packet)
        if rule is None:
            self._set_out(self._route(packet.source, packet.destination), packet)
        elif rule.why:
            self._lose(packet, rule.why)
        else:
            self.held.append(packet)

    def _set_out(self, route: Route, packet: Packet) -> None:
        if route.broken:
            self._lose(packet, route.broken)
        elif route.pauses[0]:
            self._post(route.pauses[0], self._go_on, (packet, route, 0))
        else:
            self._go_on((packet, route, 0))

    def _go_on(self, leg: Leg) -> None:
        """The packet stands before the n-th wire of its route, or at its end."""
        packet, route, n = leg
        if n == len(route.wires):
            self._arrive(packet)
            return
        wire, now = route.wires[n], self._env.now
        delays = wire.delays(len(packet.data), now)
        if not delays:
            self._lose(packet, f"lost on the way {wire.name}")
        for i, delay in enumerate(delays):
            if i:
                self._trace.duplicated(now, packet.cause)
            data = wire.carried(packet.data)
            copy = packet if data is packet.data and not i else self._another(packet, data)
            self._post(delay + route.pauses[n + 1], self._go_on, (copy, route, n + 1))

    def _another(self, packet: Packet, data: bytes) -> Packet:
        kind = packet.__class__ if data is packet.data else AlteredPacket
        return kind(data, packet.source, packet.destination, packet.transport, packet.flow, packet.cause)

    def _arrive(self, packet: Packet) -> None:
        port = self._ports.get((packet.destination, packet.transport))
        if port is not None:
            port.receive(packet)
            return
        reason = f"no one listens at {packet.destination}"
        self._lose(packet, reason)
        sender = self._ports.get((packet.source, packet.transport))
        if sender is not None:
            sender.failed(packet, reason)

    def _lose(self, packet: Packet, why: str) -> None:
        self._trace.lost(self._env.now, packet.cause, why)

    # Faults

    def link(self, a: str, b: str, **parameters: float) -> Link:
        """The link between two nodes, with these parameters changed for both directions; `UsageError` for unknown ones."""
        self._check_names(a, b)
        link = self._topology.link(a, b)
        return link.set(**parameters) if parameters else link

    def drop(self, pattern: Pattern, times: int | None = 1, *, src: str = "", dst: str = "") -> Rule:
        """Lose the next `times` packets that match (None: all), from node `src`, to node `dst` where given.

        A pattern is a method ("INVITE": the request), a status ("200", "4xx"), a response to a method ("200 INVITE"), "*" for
        any packet, or a function of the packet.
        """
        name = pattern if isinstance(pattern, str) else getattr(pattern, "__name__", "a function")
        return self._script.add(self._test(pattern, src, dst), f"dropped by the script: {name}", times)

    def hold(self, pattern: Pattern, times: int | None = None, *, src: str = "", dst: str = "") -> Rule:
        """Hold packets that match, as for `drop`, until `release`."""
        return self._script.add(self._test(pattern, src, dst), "", times)

    def release(self) -> int:
        """Hold no more, and let what is held go on its way, in the order it came; how many packets that are."""
        self._script.end(*(rule for rule in self._script.rules if not rule.why))
        held, self.held = self.held, []
        for packet in held:
            self._set_out(self._route(packet.source, packet.destination), packet)
        return len(held)

    def filter(self, function: Callable[[Packet], bool | None]) -> Rule:
        """Show every packet to a function as it is sent; those for which it returns False are lost."""
        name = getattr(function, "__name__", "a function")
        return self._script.add(lambda packet: function(packet) is False, f"filtered out by {name}", None)

    def partition(self, group_a: Iterable[str] | str, group_b: Iterable[str] | str) -> None:
        """Let no packet pass between the nodes of two groups until `heal`."""
        groups = [(group,) if isinstance(group, str) else tuple(group) for group in (group_a, group_b)]
        self._check_names(*groups[0], *groups[1])
        self._partitions.append((groups[0], groups[1]))
        self._ways.clear()

    def heal(self) -> None:
        """End every partition, and heal every link that was cut."""
        self._partitions.clear()
        self._ways.clear()
        for link in self._topology.links.values():
            link.heal()

    def _test(self, pattern: Pattern, src: str, dst: str) -> Callable[[Packet], object]:
        self._check_names(*filter(None, (src, dst)))
        test = packet_test(pattern)
        if not (src or dst):
            return test
        return lambda packet: (
            src in ("", self.node_at(packet.source)) and dst in ("", self.node_at(packet.destination)) and test(packet)
        )

    def _check_names(self, *names: str) -> None:
        known = dict.fromkeys(chain(self._topology.nodes or (), self._nodes.values()))
        for name in names:
            if name not in known and name not in self._nodes:
                raise UsageError(f"{name!r}: no node of that name; there are {', '.join(known) or 'none yet'}")

    def _filled_in(self, address: Address, transport: str) -> Address:
        host, port = address
        if not host:
            host = next(host for host in self._free_hosts if host not in self._nodes)
        if not port:
            port = next(port for port in count(DEFAULT_PORT) if (Address(host, port), transport) not in self._ports)
        return Address(host, port)


def _hosts() -> Iterator[str]:
    """Hosts to give away, in this order."""
    return (str(host) for block in ADDRESS_BLOCKS for host in ip_network(block).hosts())
