"""The top Via of a request: written by whoever sends it, completed by whoever gets it (RFC 3261 §18, RFC 3581)."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from sipsim.message.fields import Via
from sipsim.message.message import Request, Response
from sipsim.simulation.locating import locate_response
from sipsim.simulation.names import NameService, is_numeric, numeric_address
from sipsim.simulation.network import Address, Hop, Packet, default_port


@lru_cache(maxsize=1024)
def host_port(address: Address) -> str:
    """An address as it stands in a Via or a URI: the port only when it is not 5060."""
    host, port = address
    host = f"[{host}]" if ":" in host else host
    return host if port == default_port("") else f"{host}:{port}"


@lru_cache(maxsize=1024)
def before_branch(address: Address) -> str:
    """The Via of whoever sends from an address (§8.1.1.7), without its branch; over UDP until a transport is chosen."""
    return f"SIP/2.0/UDP {host_port(address)};branch="


@lru_cache(maxsize=1024)
def _usual_line(address: Address) -> bytes:
    return f"Via: {before_branch(address)}".encode("utf-8", "surrogateescape")


@lru_cache(maxsize=1024)
def straight_to(address: Address) -> Hop:
    """The way to an address over UDP."""
    return Hop(address)


def is_usual(line: bytes, source: Address) -> bool:
    """Whether a Via line says no more than that its sender sits at the address that the request came from, over UDP.

    As most do: there is nothing to be added to it, and responses go straight back.
    """
    begin = _usual_line(source)
    return line.startswith(begin) and line.find(b";", len(begin)) < 0 and b"," not in line


def has_more_vias(response: Response) -> bool:
    """Whether a response has more than one Via, so that it is for somebody behind us (§8.1.3.3)."""
    names = response.names
    return (names.count("via") > 1 or b"," in response.lines[names.index("via")]) and len(response.vias) > 1


def over(request: Request, transport: str) -> Request:
    """The request with this transport in its top Via (§18.1.1)."""
    if transport == "UDP" or request.via.transport == transport:  # as `before_branch` has it, or a CANCEL's INVITE
        return request
    return with_via(request, str(replace(request.via, transport=transport)))


def with_via(request: Request, via: str) -> Request:
    """The request with another top Via."""
    return request.without_first("Via").prepend("Via", via)


def stamped(request: Request, source: Address) -> Request:
    """The request with `received` (and `rport`) in its top Via where they are due (§18.2.1, RFC 3581 §4)."""
    via = request.via
    stamped_via = via
    if via.host.strip("[]") != source.host or via.rport == 0 or via.received is not None:
        stamped_via = via.with_param("received", source.host)
    if via.rport == 0:
        stamped_via = stamped_via.with_param("rport", str(source.port))
    return request if stamped_via is via else with_via(request, str(stamped_via))


def reply_address(via: Via, source: Address) -> Address:
    """Where responses to a request with this top Via go (§18.2.2, RFC 3581 §4).

    Always to the host that the request came from, which is what `received` says once we have set it: `maddr`, or a
    `received` of the sender's own, would let a stranger aim our responses at others.
    """
    return Address(source.host, source.port if via.rport is not None else via.port or default_port(via.transport))


def reply_hop(via: Via, packet: Packet) -> Hop:
    """The way back for responses to a request that came in this packet: by its connection, if it has one (§18.2.2)."""
    if packet.flow is not None:
        return Hop(packet.source, packet.transport, packet.flow)
    return Hop(reply_address(via, packet.source), packet.transport)


def way_back(via: Via, names: NameService, asker: str) -> Hop | None:
    """Where a response goes whose topmost Via this now is, as that says (§18.2.2); None where it leads nowhere."""
    host = via.received or via.host
    if is_numeric(host):
        return Hop(numeric_address(host, via.rport or via.port or default_port(via.transport)), via.transport)
    return next(iter(locate_response(names, via, asker)), None)
