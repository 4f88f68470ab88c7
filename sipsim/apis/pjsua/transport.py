"""A transport: an address that the library listens at, and hands to the first account that is made for it."""

from __future__ import annotations

from typing import NamedTuple

from sipsim.apis.pjsua.constants import TransportFlag, TransportType
from sipsim.apis.pjsua.error import EADDRINUSE, OF_THE_SYSTEM, PJ_EINVAL, PJSIP_EUNSUPTRANSPORT, Error
from sipsim.apis.pjsua.settings import TransportConfig
from sipsim.errors import UsageError
from sipsim.simulation.network import Address, Network, Packet

NAMES = {TransportType.UDP: "UDP", TransportType.TCP: "TCP"}


class TransportInfo(NamedTuple):
    """What a transport is, and where."""

    type: int
    description: str
    is_reliable: bool
    is_secure: bool
    is_datagram: bool
    host: str
    port: int
    ref_cnt: int


class Transport:
    """Keeps an address until an account's phone takes it over; accounts after that have addresses of their own."""

    def __init__(self, network: Network, node: str, id: int, type: int, config: TransportConfig) -> None:
        self.id = id
        self.type = type
        self.config = config
        self.users = 0
        self.enabled = True
        self._network = network
        self._holds = True
        self._name = _name_of(type, network)
        port = config.port
        if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
            raise Error("create_transport()", "Lib", PJ_EINVAL, f"port {port!r} is none from 0 to 65535")
        try:
            wanted = Address(config.bound_addr, port)
            self.address = network.bind(wanted, "UDP", _unheard, lambda packet, why: None, node=node)
        except UsageError as error:
            raise Error("create_transport()", "Lib", _number(error), str(error)) from error

    def __str__(self) -> str:
        return f"{{Transport {self._name} {self.address}}}"

    def info(self) -> TransportInfo:
        """What it is, and where."""
        reliable = self.type == TransportType.TCP
        host, port = self.address
        return TransportInfo(self.type, self._name, reliable, False, not reliable, host, port, 1 + self.users)

    def flags(self) -> int:
        """The same in `TransportFlag`s."""
        return TransportFlag.RELIABLE if self.type == TransportType.TCP else TransportFlag.DATAGRAM

    def enable(self, enabled: bool = True) -> None:
        """Let accounts be made for it, or no more."""
        self.enabled = enabled

    def close(self, force: bool = False) -> None:
        """Give the address up, where no account has taken it."""
        self.enabled = False
        self.let_go()

    def hand_over(self) -> Address:
        """The address for one more account: this one for the first, then what is free."""
        self.users += 1
        if self._holds:
            self.let_go()
            return self.address
        return Address("", 0) if self._network.live else Address("", self.address.port)

    def let_go(self) -> None:
        """Stop listening, for somebody else to listen there."""
        if self._holds:
            self._holds = False
            self._network.unbind(self.address, "UDP")


def _name_of(type: int, network: Network) -> str:
    name = NAMES.get(type)
    if name not in network.transports:
        raise Error(
            "create_transport()",
            "Lib",
            PJSIP_EUNSUPTRANSPORT,
            f"type {type!r}; there is {' and '.join(network.transports)}",
        )
    assert name is not None
    return name


def _number(error: UsageError) -> int:
    """The system's number for an address that can't be had."""
    cause = error.__cause__
    return OF_THE_SYSTEM + cause.errno if isinstance(cause, OSError) and cause.errno else EADDRINUSE


def _unheard(packet: Packet) -> None:
    """What comes before there is an account is for nobody."""
