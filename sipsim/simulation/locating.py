"""Locating SIP servers: from a URI, or from the Via of a request, to the hops to try, in order (RFC 3263)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from sipsim.message.fields import Via
from sipsim.message.uri import Uri
from sipsim.simulation.names import NameService, is_numeric, numeric_address
from sipsim.simulation.network import Hop, default_port
from sipsim.simulation.zones import Srv

SERVICES = {"SIP+D2U": "UDP", "SIP+D2T": "TCP", "SIPS+D2T": "TLS", "SIP+D2S": "SCTP"}
"""The transport of a NAPTR service (RFC 3263 §9)."""

OVER_TLS = {"TCP": "TLS", "TLS": "TLS"}
"""What the transport parameter of a SIPS URI comes to: TLS runs over TCP."""


def locate(names: NameService, uri: Uri, transports: Sequence[str] = ("UDP",), element: str = "") -> list[Hop]:
    """Where a request for a SIP or SIPS URI may go, to be tried in this order (RFC 3263 §4).

    `transports` are those that the client has, the one it likes best first. No hop for a name that leads nowhere, and
    for a transport that the client doesn't have. `element` is who asks, for the records of the queries.
    """
    secure, host, wanted = uri.scheme == "sips", uri.host, ""
    if uri.params:
        host, wanted = uri.param("maddr") or host, (uri.param("transport") or "").upper()
    if not host:
        return []
    if secure and wanted:
        wanted = OVER_TLS.get(wanted, "nothing")
    numeric = is_numeric(host)
    if numeric and not wanted and not secure and "UDP" in transports:
        return [_over_udp(host, uri.port)]  # as nearly always
    if not wanted and (numeric or uri.port or not names.in_zone(host)):
        wanted = "TLS" if secure else "UDP"
    if wanted and wanted not in transports:
        return []
    if numeric:
        return [Hop(numeric_address(host, uri.port or default_port(wanted)), wanted)]
    if uri.port:
        return _at(names, host, uri.port, wanted, element)
    if wanted:
        return _of_service(names, service(wanted, host), host, wanted, element)
    return _chosen(names, host, secure, transports, element)


@lru_cache(maxsize=1024)
def _over_udp(host: str, port: int | None) -> Hop:
    return Hop(numeric_address(host, port or default_port("UDP")), "UDP")


def locate_response(names: NameService, via: Via, element: str = "") -> list[Hop]:
    """Where a response may go when it did not get to where its request came from (RFC 3263 §5)."""
    if via.port is not None or is_numeric(via.host):
        return _at(names, via.host, via.port, via.transport, element)
    return _of_service(names, service(via.transport, via.host), via.host, via.transport, element)


def service(transport: str, host: str) -> str:
    """The name of the SRV records for SIP over a transport (§4.2): TLS is for the service of SIPS."""
    return f"_sips._tcp.{host}" if transport == "TLS" else f"_sip._{transport.lower()}.{host}"


def in_order(servers: Sequence[Srv], draw: Callable[[int], int]) -> list[Srv]:
    """SRV records in the order to try them: by priority, within one by chance in proportion to weight (RFC 2782).

    `draw(n)` gives a whole number from 0 to n.
    """
    waiting = sorted(servers, key=lambda srv: (srv.priority, srv.weight != 0))  # of equals, weight 0 stands first
    ordered: list[Srv] = []
    while waiting:
        rivals = [srv.weight for srv in waiting if srv.priority == waiting[0].priority]
        ordered.append(waiting.pop(_drawn(rivals, draw)))
    return ordered


def _drawn(weights: list[int], draw: Callable[[int], int]) -> int:
    """Which of the weights chance falls on; there is no draw where nothing is to be decided."""
    number = draw(sum(weights)) if len(weights) > 1 and any(weights) else 0
    for position, weight in enumerate(weights):
        number -= weight
        if number <= 0:
            return position
    raise AssertionError("a number drawn is at most the sum of all weights")


def _chosen(names: NameService, host: str, secure: bool, transports: Sequence[str], element: str) -> list[Hop]:
    """The hops of a domain, when the transport is its choice by NAPTR, else ours of those it serves (§4.1)."""
    offered = [(naptr, SERVICES.get(naptr.service.upper(), "")) for naptr in names.transports(host, element)]
    usable = [
        (naptr, transport)
        for naptr, transport in offered
        if naptr.flags.lower() == "s" and transport in transports and (transport == "TLS" or not secure)
    ]
    if usable:
        naptr, transport = min(usable, key=lambda pair: pair[0][:2])
        return _of_service(names, naptr.replacement, host, transport, element)
    ours = [transport for transport in transports if transport == "TLS" or not secure]
    found = [(transport, names.servers(service(transport, host), element)) for transport in ours]
    for transport, servers in found:
        if any(srv.target != "." for srv in servers):
            return _hops(names, servers, transport, element)
    if any(servers for _, servers in found):
        return []  # a domain that says it has no such service
    otherwise = "TLS" if secure else "UDP"
    return _at(names, host, None, otherwise, element) if otherwise in transports else []


def _of_service(names: NameService, name: str, host: str, transport: str, element: str) -> list[Hop]:
    """The servers that SRV records name, else the host itself (§4.2)."""
    servers = names.servers(name, element) if names.in_zone(name) else []
    return _hops(names, servers, transport, element) if servers else _at(names, host, None, transport, element)


def _hops(names: NameService, servers: list[Srv], transport: str, element: str) -> list[Hop]:
    return [
        hop
        for srv in in_order(servers, names.draw)
        if srv.target != "."
        for hop in _at(names, srv.target, srv.port, transport, element)
    ]


def _at(names: NameService, host: str, port: int | None, transport: str, element: str) -> list[Hop]:
    return [Hop(address, transport) for address in names.resolve(host, port, transport, element)]
