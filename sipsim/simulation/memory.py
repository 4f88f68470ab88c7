"""The network in memory: packets travel in simulated time, over links that may delay, lose, duplicate,
reorder and corrupt them.

What two addresses mean for a packet is worked out once and kept until something changes, so that a packet
over an unimpaired link costs one look-up and one posted call. Lessons interfere by script: by what is in
`Interference`, by links (see `Carrier`), and by `partition` and `heal`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from ipaddress import ip_network
from itertools import count
from typing import TYPE_CHECKING, Any

from sipsim.errors import UsageError
from sipsim.simulation.carrier import Carrier
from sipsim.simulation.connections import Connections, Segment
from sipsim.simulation.impairments import Impairment
from sipsim.simulation.links import Route, changed_impairment
from sipsim.simulation.media_tally import RTP
from sipsim.simulation.names import is_multicast
from sipsim.simulation.network import Address, Failed, Packet, Receive

if TYPE_CHECKING:
    import networkx

    from sipsim.simulation.environment import Environment
    from sipsim.simulation.streams import Streams
    from sipsim.trace.trace import Trace

# Those for documentation (RFC 5737), then a private one.
ADDRESS_BLOCKS = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "10.0.0.0/8")
DEFAULT_PORT = 5060
MOST_WAYS = 100_000

Key = tuple[Address, Address, str]
"""Source, destination, transport."""
Way = tuple[float | None, Receive]
"""What becomes of a packet: the delay (s) after which the function takes it, None where that is at once."""


class _Port:
    """An address that someone listens at."""

    __slots__ = ("failed", "receive")

    def __init__(self, receive: Receive, failed: Failed) -> None:
        self.receive = receive
        self.failed = failed

    def arrive(self, packet: Packet) -> None:
        self.receive(packet)


class MemoryNetwork(Carrier):
    """A network without sockets, in simulated time.

    Without a `graph` any two nodes are one link apart. The nodes of a networkx graph are node names (or
    hosts), its edges may have the parameters of a link, and packets take the way of least delay; the graph is
    read once and never changed. `default` are the parameters of links that don't say otherwise: delay (0.005
    s), jitter, loss, duplicate, reorder, corrupt, bandwidth, mtu; see `Impairment`.
    """

    live = False
    transports: tuple[str, ...] = ("UDP", "TCP")

    def __init__(
        self, env: Environment, trace: Trace, streams: Streams, graph: networkx.Graph[Any] | None = None,
        **default: float,
    ) -> None:  # fmt: skip
        super().__init__(env, trace, streams, changed_impairment(Impairment(), default), graph)
        self._ways: dict[Key, Way] = {}
        self._ports: dict[tuple[Address, str], _Port] = {}
        self._nodes: dict[Address | str, str] = {}  # by address and by host; kept when a node stops listening
        self._free_hosts = _hosts()
        self._groups: dict[Address, dict[Address, None]] = {}  # who hears what is sent by multicast
        self._connections = Connections(self)
        self.relinked()

    # Addresses

    def bind(self, address: Address, transport: str, receive: Receive, failed: Failed, node: str = "") -> Address:
        """Listen at an address; an empty host means the next free one, port 0 the first free one from 5060 on.

        `node` is the name that links, partitions and patterns know it by, its host where not given.
        `UsageError` when the address is taken, or node and host are not in the graph.
        """
        address = self._filled_in(address, transport)
        if (address, transport) in self._ports:
            raise UsageError(f"address={address}: taken, {self.node_at(address)} listens there")
        node = self._place(node or address.host, address.host)
        self._nodes[address] = node
        self._nodes.setdefault(address.host, node)
        self._ports[address, transport] = _Port(receive, failed)
        self._ways.clear()
        return address

    def unbind(self, address: Address, transport: str) -> None:
        """Stop listening; what arrives afterwards, packets on their way included, finds nobody."""
        port = self._ports.pop((address, transport), None)
        if port is not None:
            port.receive = self.arrive
            self._ways.clear()
        if transport == "TCP":
            self._connections.abort("connection reset", lambda *ends: address in ends)

    def join(self, group: str, address: Address) -> None:
        """From now on datagrams to this multicast address, at the same port, arrive here too: each way by itself."""
        if not (isinstance(group, str) and is_multicast(group)):
            raise UsageError(f"group={group}: is no multicast address; that of all SIP servers is 224.0.1.75")
        if not isinstance(address, Address):
            raise UsageError(f"address={address!r}: is none; give the address of an element, as registrar.address")
        self._groups.setdefault(Address(group, address.port), {})[address] = None
        self._ways.clear()

    def node_at(self, address: Address) -> str:
        """The name of the node at an address, its host where nobody ever listened."""
        return self._nodes.get(address) or self._nodes.get(address.host) or address.host

    def close(self) -> None:
        """Let go of every address and rule; packets that are held are lost."""
        for address, transport in list(self._ports):
            self.unbind(address, transport)
        self.give_up()

    # Packets

    def send(self, packet: Packet) -> None:
        """Put a packet on its way; it arrives, or the trace says how it was lost."""
        key = (packet.source, packet.destination, packet.transport)
        delay, forward = self._ways.get(key) or self._work_out(key)
        if delay is None:
            forward(packet)
        else:
            self.env.post(delay, forward, packet)

    def _work_out(self, key: Key) -> Way:
        if len(self._ways) >= MOST_WAYS:
            self._ways.clear()
        way = self._ways[key] = self._way(*key)
        return way

    def _way(self, source: Address, destination: Address, transport: str) -> Way:
        if transport == "TCP":
            return None, self._connections.send
        if destination in self._groups:
            return None, self._spread
        route = self.route(source, destination)
        if self.rules and transport != RTP:
            return None, partial(self._look_at, route)
        if route.broken or route.wires:
            return None, partial(self.carry, route=route)
        port = self._ports.get((destination, transport))
        return route.pauses[0], port.arrive if port else self.arrive

    def _spread(self, packet: Packet) -> None:
        """Send a copy to each member of a group that listens."""
        for member in self._groups[packet.destination]:
            if member != packet.source and (member, packet.transport) in self._ports:
                self.send(Packet(packet.data, packet.source, member, packet.transport, None, packet.cause))

    def _look_at(self, route: Route, packet: Packet) -> None:
        """Let the script decide about a packet."""
        if self.passes(packet):
            self.carry(packet, route)

    def set_out(self, packet: Packet) -> None:
        self.carry(packet, self.route(packet.source, packet.destination))

    def arrive(self, packet: Packet) -> None:
        port = self.listener(packet.destination, packet.transport)
        if port is not None:
            port.receive(packet)
            return
        reason = f"no one listens at {packet.destination}"
        if packet.lingering:
            self.media.unheard[packet.source, packet.destination] += 1
        else:
            self.lose(packet, reason)
        sender = self.listener(packet.source, packet.transport)
        if sender is not None:
            sender.failed(packet, reason)

    # What connections stand on

    def journey(self, source: Address, destination: Address, data: bytes) -> float | None:
        """How long (s) octets take from one address to another as links are now; None where they get lost."""
        route = self.route(source, destination)
        if route.broken:
            return None
        elapsed = route.pauses[0]
        for wire, pause in zip(route.wires, route.pauses[1:], strict=True):
            delays = wire.delays(len(data), self.env.now + elapsed)
            if not delays or wire.carried(data) is not data:  # TCP throws away what doesn't fit its checksum
                return None
            elapsed += min(delays) + pause
        return elapsed

    def listener(self, address: Address, transport: str) -> _Port | None:
        return self._ports.get((address, transport))

    def intercepted(self, segment: Segment) -> str:
        """What the script does with a message whose first segment this is: "", "held", or why it is lost."""
        rule = self.rule_for(segment.whole)
        if rule is None or rule.stop is None:
            return "" if rule is None else rule.why
        rule.stop(segment)
        return "held"

    # Faults

    def reset(self, a: str, b: str) -> None:
        """Break every connection between two nodes: what is on its way there is lost, and its sender hears of it."""
        pair = set(self.known(a, b))
        self.note("reset", f"connections between {a} and {b} are reset")
        self._connections.abort("connection reset", lambda *ends: set(map(self.node_at, ends)) == pair)

    @property
    def edges(self) -> list[tuple[str, str]] | None:
        """The links of the graph; None without one, where any two nodes have a link."""
        return None if self._topology.nodes is None else list(self._topology.links)

    def partition(self, group_a: Iterable[str] | str, group_b: Iterable[str] | str) -> None:
        """Let no packet pass between the nodes of two groups until `heal`."""
        one, other = ((group,) if isinstance(group, str) else tuple(group) for group in (group_a, group_b))
        self._topology.partition(self.known(*one), self.known(*other))

    def heal(self) -> None:
        """End every partition, and heal every link that is cut."""
        self._topology.heal()

    def changed(self) -> None:
        self._ways.clear()

    def relinked(self) -> None:
        super().relinked()
        self.trace.header["links"] = self._topology.described()

    # Names

    def _place(self, node: str, host: str) -> str:
        """What a node is called in the graph, where there is one."""
        known = self._topology.nodes
        if known is None or node in known:
            return node
        if host not in known:
            raise UsageError(f"node={node!r}: not in the graph; its nodes are {', '.join(known)}")
        return host

    def known(self, *names: str) -> tuple[str, ...]:
        nodes = dict.fromkeys((*(self._topology.nodes or ()), *self._nodes.values()))
        for name in names:
            if name not in nodes and name not in self._nodes:
                raise UsageError(f"{name!r}: no such node; there are {', '.join(nodes) or 'none yet'}")
        return tuple(name if name in nodes else self._nodes[name] for name in names)

    def _filled_in(self, address: Address, transport: str) -> Address:
        host, port = address
        if not host:
            host = next(host for host in self._free_hosts if host not in self._nodes)
        if not port:
            port = next(n for n in count(DEFAULT_PORT) if (Address(host, n), transport) not in self._ports)
        if not 0 < port < 65536:
            raise UsageError(f"port={port}: from 1 to 65535, or 0 for a free one")
        return Address(host, port)


def _hosts() -> Iterator[str]:
    """Hosts to give away, in this order."""
    return (str(host) for block in ADDRESS_BLOCKS for host in ip_network(block).hosts())
