"""What the tests of live runs stand on: a clock, a trace, real sockets, and mailboxes at the ends of the wires."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sipsim.live.driver import Run
from sipsim.live.udp import UdpNetwork
from sipsim.simulation.environment import Environment
from sipsim.simulation.network import Address, Packet
from sipsim.simulation.streams import Streams
from sipsim.trace.trace import Trace

T = TypeVar("T")

ANYWHERE = Address("", 0)
DEADLINE = 20.0  # seconds of wall time: whoever takes longer hangs


def within_deadline(main: Coroutine[Any, Any, T], loop_factory: Callable[[], Any] | None = None) -> T:
    """Run a coroutine on a loop of its own, and fail when it hangs."""

    async def bounded() -> T:
        async with asyncio.timeout(DEADLINE):
            return await main

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(bounded())


class Bench:
    """An environment, a trace and a network on real sockets."""

    def __init__(self, **parameters: Any) -> None:
        self.env = Environment()
        self.trace = Trace()
        self.network = UdpNetwork(self.env, self.trace, Streams(1), **parameters)

    def run(self, done: Callable[[], object], **parameters: Any) -> Run[float]:
        """A run over the network until `done()`; its result is the instant of its end."""
        parameters = {"grace": 0.0, "network": self.network, **parameters}
        return Run(self.env, done=lambda: bool(done()), result=lambda: self.env.now, **parameters)

    def drive(self, done: Callable[[], object], **parameters: Any) -> Run[float]:
        """Run until `done()`, bounded by the deadline."""
        run = self.run(done, **parameters)

        async def main() -> None:
            await run.start()

        within_deadline(main())
        return run


class Mailbox:
    """The smallest of elements: keeps what arrives, and records it as an element does."""

    def __init__(self, bench: Bench, name: str, address: Address = ANYWHERE) -> None:
        self.bench, self.name = bench, name
        self.packets: list[Packet] = []
        self.failures: list[tuple[Packet, str]] = []
        self.on_packet: Callable[[Packet], object] = lambda packet: None
        self.address = bench.network.bind(address, "UDP", self._receive, self._fail, node=name)
        bench.trace.register(name, "mailbox", self.address)

    @property
    def data(self) -> list[bytes]:
        return [packet.data for packet in self.packets]

    def send(self, data: bytes, to: Address) -> int:
        """Send a packet; the id of its `sent` record."""
        packet = Packet(data, self.address, to)
        packet.cause = self.bench.trace.sent(self.bench.env.now, self.name, packet)
        self.bench.network.send(packet)
        return packet.cause

    def _receive(self, packet: Packet) -> None:
        packet.cause = self.bench.trace.delivered(self.bench.env.now, self.name, packet.cause)
        self.packets.append(packet)
        self.on_packet(packet)

    def _fail(self, packet: Packet, reason: str) -> None:
        self.failures.append((packet, reason))


@contextmanager
def foreign_socket() -> Iterator[tuple[socket.socket, Address]]:
    """A plain socket of somebody else, and its address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(DEADLINE)
        sock.bind(("127.0.0.1", 0))
        yield sock, Address(*sock.getsockname())


def free_port() -> Address:
    """An address where nobody listens."""
    with foreign_socket() as (_, address):
        return address
