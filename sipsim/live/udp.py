"""The network on real UDP sockets, with the same face as the one in memory.

`bind` opens a socket at once, so that an element knows its address when it is made. Sockets are read while a
driver has the network attached to its loop; between runs datagrams wait in the system's buffers.
"""

from __future__ import annotations

import asyncio
import warnings
from functools import partial

from sipsim.errors import UsageError
from sipsim.live.in_flight import InFlight
from sipsim.live.sockets import LONGEST, Binding, canonical, is_loopback, is_numeric, open_socket
from sipsim.live.watching import Inject, Watch
from sipsim.simulation.carrier import Carrier
from sipsim.simulation.environment import Environment, Timer
from sipsim.simulation.impairments import Impairment
from sipsim.simulation.links import changed_impairment
from sipsim.simulation.media_tally import RTP, MediaPacket
from sipsim.simulation.network import Address, Failed, Packet, Receive
from sipsim.simulation.streams import Streams
from sipsim.trace.trace import Trace

DATAGRAMS_A_WAKE = 64  # read from one socket before the others get their turn
SWEPT = 1024  # the most that is read from one socket before packets are given up
PATIENCE = 1.0  # simulated seconds after which a packet of ours that no socket gave out counts as lost


class UdpNetwork(Carrier):
    """UDP sockets of this machine; `host` is where an element is bound that names no host.

    Only loopback addresses are bound and sent to, unless `allow_remote` is true: then whoever can reach this
    machine can reach its elements. A datagram from a foreign program is recorded as `sent` by its address,
    without a cause, and then received. `default` are the parameters of the links that stand in front of the
    sockets (delay, loss and so on, see `Impairment`); there is nothing in front unless one is given.
    """

    live = True
    transports: tuple[str, ...] = ("UDP",)

    def __init__(
        self, env: Environment, trace: Trace, streams: Streams, *, host: str = "127.0.0.1", allow_remote: bool = False,
        **default: float,
    ) -> None:  # fmt: skip
        super().__init__(env, trace, streams, changed_impairment(Impairment(delay=0.0), default))
        self.host = host
        self.allow_remote = allow_remote
        self._bindings: dict[Address, Binding] = {}
        self._watch, self._media_watch = Watch(), Watch()
        self._under_way = InFlight(self.lose)
        self._sweeper: Timer | None = None

    @property
    def in_flight(self) -> int:
        """How many messages are under way from one of our sockets to another; no run waits for media."""
        return len(self._under_way)

    def join(self, group: str, address: Address) -> None:
        """`UsageError`: sockets send nothing by multicast."""
        raise UsageError(f"group={group}: goes by multicast, which works in memory only")

    def bind(self, address: Address, transport: str, receive: Receive, failed: Failed, node: str = "") -> Address:
        """Open a socket at an address (host "": the usual one; port 0: a free one), and give that back.

        UsageError for a transport other than UDP, for a host that is not loopback (unless `allow_remote`),
        and for an address that the system does not give.
        """
        if transport not in ("UDP", RTP):
            raise UsageError(f"transport={transport!r}: this network has UDP only")
        wanted = Address(canonical(address.host or self.host), address.port)
        if why := self._forbidden(wanted.host):
            raise UsageError(f"address={wanted}: {why}")
        try:
            sock = open_socket(wanted)
        except (OSError, OverflowError) as error:
            raise UsageError(f"address={wanted}: {error}") from error
        bound = Address(wanted.host, sock.getsockname()[1])
        if not is_loopback(bound.host):
            warnings.warn(f"{bound} can be reached from other machines", stacklevel=2)
        binding = Binding(sock, bound, node or self.trace.name_of(bound), receive, failed, transport)
        self._bindings[bound] = binding
        self._watching(binding).add(sock, partial(self._read, binding))
        return bound

    def unbind(self, address: Address, transport: str) -> None:
        """Close the socket there; what is under way to it is lost."""
        binding = self._bindings.pop(address, None)
        if binding is not None:
            self._watching(binding).remove(binding.socket)
            binding.socket.close()
            self._under_way.close(address)

    def node_at(self, address: Address) -> str:
        """The name of the node at an address, its host where none of our elements listens."""
        binding = self._bindings.get(address)
        return binding.node if binding else address.host

    def listener(self, address: Address, transport: str) -> Binding | None:
        return self._bindings.get(address)

    def known(self, *names: str) -> tuple[str, ...]:
        """Our elements by their names, others by their hosts; `UsageError` for what is neither."""
        nodes = dict.fromkeys(binding.node for binding in self._bindings.values())
        for name in names:
            if name not in nodes and not is_numeric(name):
                raise UsageError(f"{name!r}: no such node; there are {', '.join(nodes) or 'none yet'}")
        return names

    def close(self) -> None:
        """Close every socket."""
        self.give_up()
        self.detach()
        for address in list(self._bindings):
            self.unbind(address, "UDP")

    def attach(self, loop: asyncio.AbstractEventLoop, inject: Inject, overhear: Inject) -> None:
        """Read the sockets on `loop` as `inject(read)`, those of media as `overhear(read)`.

        UsageError while another run does so.
        """
        self._watch.attach(loop, inject)
        self._media_watch.attach(loop, overhear)
        self._arm()

    def detach(self) -> None:
        """Read no more until the next `attach`."""
        self._watch.detach()
        self._media_watch.detach()
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None

    def _watching(self, binding: Binding) -> Watch:
        return self._media_watch if binding.transport == RTP else self._watch

    def _forbidden(self, host: str) -> str:
        """Why a host is neither bound nor sent to, "" where it may be."""
        if host in ("0.0.0.0", "::"):
            return "this stands for many addresses, an element has one"
        if self.allow_remote or is_loopback(host):
            return ""
        return "not a loopback address, and this network was made without allow_remote=True"

    # Sending

    def send(self, packet: Packet) -> None:
        """Send from the socket at `packet.source`; what can't be sent is lost, and its sender told so."""
        if not self.rules or self.passes(packet):
            self._take_links(packet)

    def set_out(self, packet: Packet) -> None:
        """Let a packet go on past the script: into a socket, or to whom it came for from somebody else."""
        receiver = None if packet.source in self._bindings else self._bindings.get(packet.destination)
        if receiver is None:
            self._take_links(packet)
        else:
            receiver.receive(packet)

    def _take_links(self, packet: Packet) -> None:
        """Through the links in front of the sockets; past them where they do nothing, as nearly always."""
        route = self.route(packet.source, packet.destination)
        if route.broken or route.wires or route.pauses[0]:
            self.carry(packet, route)
        else:
            self.arrive(packet)

    def arrive(self, packet: Packet) -> None:
        """A packet has come through the links, to the socket that it is sent from."""
        binding = self._bindings.get(packet.source)
        if binding is None:
            self.lose(packet, f"no one listens at {packet.source}")
        elif packet.destination in self._bindings:
            self._under_way.depart(packet, self.env.now)
            self._arm()
            if not self._handed_over(binding, packet):
                self._under_way.recall(packet)
        elif why := self._undeliverable(packet.destination):
            if not packet.lingering:
                self.trace.add("fault", self.env.now, binding.node, packet.cause, what="refused", text=why)
            self.fail(packet, why)
        else:
            binding.recent.append(packet)
            self._handed_over(binding, packet)

    def _undeliverable(self, destination: Address) -> str:
        """Why nothing is sent to an address that is none of ours, "" where it is."""
        try:
            why = self._forbidden(canonical(destination.host))
        except UsageError as error:
            why = str(error)
        if not 0 < destination.port < 65536:
            why = "there is no such port"
        return why and f"not sent to {destination}: {why}"

    def _handed_over(self, binding: Binding, packet: Packet) -> bool:
        """Hand a packet to the system; where that refuses it, tell the sender."""
        reason = f"{len(packet.data)} octets are more than a datagram holds ({LONGEST})"
        for _ in range(2 if len(packet.data) <= LONGEST else 0):
            try:
                binding.socket.sendto(packet.data, packet.destination)
                return True
            except BlockingIOError:
                self.lose(packet, "the system's send buffer is full")
                return False
            except OSError as error:  # maybe about an earlier datagram, so once more
                reason = error.strerror or str(error)
                self._read_refusals(binding)
        self.fail(packet, reason)
        return False

    # Receiving

    def _read(self, binding: Binding, most: int = DATAGRAMS_A_WAKE) -> None:
        """Receive what waits in a socket's buffer."""
        for number in range(most):
            try:
                data, peer = binding.socket.recvfrom(LONGEST)
            except BlockingIOError:
                if number == 0:
                    self._read_refusals(binding)
                return
            except OSError:  # closed meanwhile, or an earlier datagram did not arrive
                if binding.socket.fileno() < 0:
                    return
                self._read_refusals(binding)
            else:
                self._receive(binding, Address(*peer[:2]), data)

    def _receive(self, binding: Binding, source: Address, data: bytes) -> None:
        packet = Packet(data, source, binding.address)
        ours = self._under_way.arrive(source, binding.address, data)
        if binding.transport == RTP:
            packet = MediaPacket(data, source, binding.address, RTP, None, ours.cause if ours else 0)
        elif ours is None:
            packet.cause = self.trace.sent(self.env.now, self.trace.name_of(source), packet, cause=0)
            if self.rules and not self.passes(packet):
                return
        elif ours.altered:
            packet = ours
        else:
            packet.cause = ours.cause
        binding.receive(packet)

    def _read_refusals(self, binding: Binding) -> None:
        """Tell the element which of its datagrams ICMP says did not arrive."""
        for packet, reason in binding.refused():
            self.fail(packet, reason)

    # Giving up

    def _arm(self) -> None:
        if self._sweeper is None and self._under_way:
            self._sweeper = self.env.call_later(PATIENCE, self._sweep, lingering=True)

    def _sweep(self) -> None:
        """Give up what should have come out of a socket long ago."""
        self._sweeper = None
        for binding in list(self._bindings.values()):
            self._read(binding, most=SWEPT)
        self._under_way.give_up(self.env.now - PATIENCE)
        self._arm()
