"""UDP sockets: how they are opened, which hosts are this machine, and what ICMP says of what was sent."""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address

from sipsim.errors import UsageError
from sipsim.simulation.network import Address, Failed, Packet, Receive

LONGEST = 65_507  # octets that fit in one datagram over IPv4
BUFFERS = (4 << 20, 1 << 20, 1 << 18)  # octets; Linux cuts what is too much, others refuse it

# The socket module does not name these of Linux before Python 3.14.
IP_RECVERR = (socket.IPPROTO_IP, 11)
IPV6_RECVERR = (socket.IPPROTO_IPV6, 25)


def open_socket(address: Address) -> socket.socket:
    """A non-blocking UDP socket at an address, a free port for port 0; OSError when it is not to be had."""
    if sys.platform == "emscripten":
        raise UsageError("a browser has no sockets: a live network needs Python on a machine of its own")
    v6 = ":" in address.host
    sock = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        _enlarge(sock, socket.SO_RCVBUF)
        _enlarge(sock, socket.SO_SNDBUF)
        if sys.platform == "linux":
            sock.setsockopt(*(IPV6_RECVERR if v6 else IP_RECVERR), 1)
        sock.bind(address)
    except (OSError, OverflowError):
        sock.close()
        raise
    return sock


def _enlarge(sock: socket.socket, buffer: int) -> None:
    for size in BUFFERS:
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, buffer, size)
            return


def is_numeric(host: str) -> bool:
    """Whether it is an IP address in digits."""
    with suppress(UsageError):
        return bool(canonical(host))
    return False


@lru_cache(1024)
def canonical(host: str) -> str:
    """An IP address in its one usual spelling; UsageError for a name: to look it up takes time."""
    try:
        return str(ip_address(host))
    except ValueError:
        raise UsageError(f"host={host!r}: a live network needs an IP address in digits") from None


@lru_cache(1024)
def is_loopback(host: str) -> bool:
    """Whether an address never leaves this machine."""
    return ip_address(host).is_loopback


@dataclass(eq=False, slots=True)
class Binding:
    """A socket, and the element at the address that it is bound to."""

    socket: socket.socket
    address: Address
    node: str
    receive: Receive
    failed: Failed
    transport: str = "UDP"
    # The packets last sent to others: ICMP may still refuse them.
    recent: deque[Packet] = field(default_factory=lambda: deque(maxlen=64))

    def refused(self) -> Iterator[tuple[Packet, str]]:
        """The packets that ICMP said by now did not arrive, and why; on Linux only."""
        for destination, quoted, reason in _refusals(self.socket):
            for packet in self.recent:
                if packet.destination == destination and packet.data.startswith(quoted):
                    self.recent.remove(packet)
                    yield packet, reason
                    break


def _refusals(sock: socket.socket) -> Iterator[tuple[Address, bytes, str]]:
    """What the error queue holds: a datagram's destination, its first octets, and why it did not arrive."""
    while sys.platform == "linux":
        try:
            quoted, ancillary, _, destination = sock.recvmsg(LONGEST, 512, socket.MSG_ERRQUEUE)
        except OSError:
            return
        number = struct.unpack_from("=I", ancillary[0][2])[0] if ancillary else 0
        yield Address(*destination[:2]), quoted, os.strerror(number)
