"""What elements ask of a network, in memory or on real sockets: addresses, packets, the interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

if TYPE_CHECKING:
    from sipsim.simulation.links import Route
    from sipsim.simulation.media_tally import MediaTally


class Address(NamedTuple):
    """A host (a numeric IPv4 or IPv6 address, without brackets) and a port.

    To `bind`, an empty host and port 0 leave the choice to the network.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Flow(Protocol):
    """A connection, as those see it who send and receive over it."""

    @property
    def open(self) -> bool:
        """Whether it takes anything more."""
        ...

    def finish(self) -> None:
        """Take nothing more, and end when all that was sent has arrived."""
        ...


class Hop(NamedTuple):
    """Where a message goes next: an address, the transport that takes it there, and the connection if it has to be one.

    Without a `flow` the network takes a connection that stands, or makes one.
    """

    address: Address
    transport: str = "UDP"
    flow: Flow | None = None

    def __str__(self) -> str:
        return f"{self.address} over {self.transport}"


def default_port(transport: str) -> int:
    """The port of a transport where none is given (RFC 3261 §18.1.1)."""
    return 5061 if transport == "TLS" else 5060


@dataclass(eq=False, repr=False, slots=True)
class Packet:
    """Octets on their way from one address to another.

    `flow` is the connection that it comes by, or has to go by; None for a datagram, and where any connection will do.
    `cause` is the id of the trace record that put it on the wire, 0 when none was kept.
    """

    data: bytes
    source: Address
    destination: Address
    transport: str = "UDP"
    flow: Flow | None = None
    cause: int = 0

    altered: ClassVar[bool] = False
    """Whether the octets were changed on the way."""
    lingering: ClassVar[bool] = False
    """Whether a run may end while it is on its way, as with media."""

    @property
    def sent(self) -> bytes:
        """What its sender put on the wire at once: these octets, or those that they are a piece of."""
        return self.data

    def again(self, data: bytes | None = None) -> Packet:
        """The same packet once more; an `AlteredPacket` when it is given other octets."""
        kind = self.__class__ if data is None or data is self.data else AlteredPacket
        return kind(data or self.data, self.source, self.destination, self.transport, self.flow, self.cause)

    def __repr__(self) -> str:
        return f"<Packet {self.source} -> {self.destination} {self.transport}, {len(self.data)} octets>"


class AlteredPacket(Packet):
    """A packet whose octets were changed on the way."""

    __slots__ = ()
    altered = True


Receive = Callable[[Packet], object]
Failed = Callable[[Packet, str], object]


class Network(Protocol):
    """Where elements bind addresses and send packets from."""

    live: bool
    transports: tuple[str, ...]
    """What it carries, the one first that is taken where nothing else is asked for."""
    media: MediaTally
    """What it did to packets of media."""

    def bind(self, address: Address, transport: str, receive: Receive, failed: Failed, node: str = "") -> Address:
        """Listen at an address, and give it back with its blanks filled in.

        `receive(packet)` is called for what arrives there, `failed(packet, reason)` when a packet sent from there
        turns out to be undeliverable (ICMP, a connection refused or reset). Over TCP what is sent is a message, and
        what arrives the next octets of its flow; "RTP" are datagrams that are counted instead of recorded. `node` names
        who listens. `UsageError` when the address is taken or
        not to be had.
        """
        ...

    def unbind(self, address: Address, transport: str) -> None:
        """Stop listening there."""
        ...

    def send(self, packet: Packet) -> None:
        """Put a packet on the wire."""
        ...

    def route(self, source: Address, destination: Address) -> Route:
        """The links that a packet passes as they are now."""
        ...

    def close(self) -> None:
        """Let go of every address, and of every socket."""
        ...
