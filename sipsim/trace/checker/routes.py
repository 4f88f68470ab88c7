"""Routes: which way a request takes, and which way it asks the next ones to take (RFC 3261 §16.4, §16.6)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sipsim.message.fields import NameAddr
from sipsim.message.uri import SIP_SCHEMES, Uri
from sipsim.protocol.dialog import is_loose
from sipsim.trace.checker.hops import Address, plain_host
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, Fault, fault, rule

_NUMERIC = re.compile(r"[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*", re.ASCII)


@rule("RTE-01", MUST, "RFC 3261 §16.4")
def route_taken(index: Index) -> Iterator[Fault]:
    """A proxy takes the Route value away that names itself."""
    for hop in index.requests:
        if hop.copy_of is None and hop.source != hop.destination and _names(hop.routes[:1], hop.source):
            yield fault(f"the top Route of the {hop.method} names its sender", hop)


@rule("RTE-02", MUST, "RFC 3261 §16.6")
def record_route(index: Index) -> Iterator[Fault]:
    """A proxy puts its Record-Route value on top, a SIP URI with lr."""
    for hop in index.requests:
        if hop.copy_of is not None or not hop.record_routes:
            continue
        has = hop.record_routes
        before = hop.upstream.record_routes if hop.upstream else has[_names(has, hop.source) :]
        new, old = has[: len(has) - len(before)], has[len(has) - len(before) :]
        if old != before:
            yield fault(f"Record-Route of the {hop.method} does not end as it did when it came", hop)
        elif any(not is_loose(route.uri) or route.uri.scheme not in SIP_SCHEMES for route in new):
            yield fault(f"Record-Route of the {hop.method} has a new value without lr", hop)


@rule("RTE-03", MUST, "RFC 3261 §16.6")
def next_hop(index: Index) -> Iterator[Fault]:
    """A request goes to its top Route, and without one to its Request-URI."""
    for hop in index.requests:
        bound = hop.upstream is not None or (hop.own and hop.to_tag and hop.method not in ("ACK", "CANCEL"))
        if not bound or hop.copy_of is not None or not index.watched(hop.sender):
            continue
        target: Uri | None = hop.get("uri")
        if target is None or _names(hop.routes, hop.source):
            continue
        hops = [route.uri for route in hop.routes[:1]] or [target]
        if not target.user:
            hops.append(target)  # a strict router, whose URI the sender has put there
        if not any(_leads_to(uri, hop.destination) for uri in hops):
            yield fault(f"{hop.method} goes to {hop.destination[0]}, its next hop is {hops[0]}", hop)


def _names(routes: tuple[NameAddr, ...], address: Address) -> bool:
    """Whether the first of these values is a URI with this very address."""
    return any(_numeric(route.uri) and _leads_to(route.uri, address) for route in routes[:1])


def _numeric(uri: Uri) -> bool:
    return _NUMERIC.fullmatch(plain_host(uri.host)) is not None


def _leads_to(uri: Uri, address: Address) -> bool:
    """Whether a URI may stand for an address; of a name nobody here knows."""
    host, secure = plain_host(uri.param("maddr") or uri.host), uri.scheme == "sips" or uri.param("transport") == "tls"
    if _NUMERIC.fullmatch(host) is None:
        return True
    return (host, uri.port or (5061 if secure else 5060)) == (plain_host(address[0]), address[1])
