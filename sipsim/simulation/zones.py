"""Zones: what a domain's name servers say of its hosts and services (A, AAAA, SRV and NAPTR records).

A zone is written in one chain, as a lesson shows it:

    names.zone("example.com").naptr("SIP+D2U", "_sip._udp").srv("_sip._udp", "ss1", weight=60).a("ss1", "192.0.2.1")
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import NamedTuple

from sipsim.errors import UsageError
from sipsim.protocol.options import whole

HIGHEST = 65535  # of the numbers in SRV and NAPTR records, which have 16 bits


class Srv(NamedTuple):
    """One server of a service (RFC 2782); the target "." says that the service is decidedly not there."""

    priority: int
    weight: int
    port: int
    target: str

    def __str__(self) -> str:
        return f"{self.priority} {self.weight} {self.port} {self.target}"


class Naptr(NamedTuple):
    """One transport that a domain can be reached over, and the name of its SRV records (RFC 3263 §4.1)."""

    order: int
    preference: int
    service: str
    replacement: str
    flags: str = "s"

    def __str__(self) -> str:
        return f'{self.order} {self.preference} "{self.flags}" "{self.service}" "" {self.replacement}'


Answer = str | Srv | Naptr
"""What a record holds; of A and AAAA records the address as text."""

Records = dict[tuple[str, str], list[Answer]]
"""Answers by folded name and type."""


class Zone:
    """Adds records to a domain. Each method returns the zone, and records of one name and type keep their order.

    A name without a dot, or of underscored labels only, is one of this domain, "" the domain itself; any other name
    is complete. `UsageError` for an address of the wrong kind, or a number that has no room in its record.
    """

    def __init__(self, domain: str, records: Records) -> None:
        self.domain = domain
        self._records = records

    def a(self, host: str, *addresses: str) -> Zone:
        """IPv4 addresses of a host."""
        return self._add(host, "A", [_address(address, 4) for address in addresses])

    def aaaa(self, host: str, *addresses: str) -> Zone:
        """IPv6 addresses of a host, without brackets."""
        return self._add(host, "AAAA", [_address(address, 6) for address in addresses])

    def srv(self, service: str, target: str, *, priority: int = 0, weight: int = 0, port: int = 5060) -> Zone:
        """One more server of a service such as "_sip._udp"; those of the lowest priority are tried first."""
        _check(priority=priority, weight=weight, port=port)
        return self._add(service, "SRV", [Srv(priority, weight, port, self._full(target))])

    def naptr(self, service: str, replacement: str, *, order: int = 0, preference: int = 0, flags: str = "s") -> Zone:
        """A transport ("SIP+D2U", "SIP+D2T", "SIPS+D2T") and the name of the SRV records of its servers."""
        _check(order=order, preference=preference)
        return self._add("", "NAPTR", [Naptr(order, preference, service, self._full(replacement), flags)])

    def __repr__(self) -> str:
        here = [answers for (name, _), answers in self._records.items() if is_within(name, self.domain)]
        return f"<Zone {self.domain}: {sum(map(len, here))} records>"

    def _add(self, name: str, kind: str, answers: Iterable[Answer]) -> Zone:
        self._records.setdefault((folded(self._full(name)), kind), []).extend(answers)
        return self

    def _full(self, name: str) -> str:
        if name == ".":
            return name
        if not name:
            return self.domain
        labels = name.split(".")
        short = len(labels) == 1 or all(label.startswith("_") for label in labels)
        return f"{name}.{self.domain}" if short else name


def folded(name: str) -> str:
    """A name as it is compared: without case and closing dot."""
    return name.rstrip(".").lower()


def is_within(name: str, domain: str) -> bool:
    """Whether a folded name is a domain's, or that of something in it."""
    return name == domain or name.endswith(f".{domain}")


def _address(text: str, version: int) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        address = None
    if address is None or address.version != version:
        raise UsageError(f"address={text!r}: no IPv{version} address")
    return str(address)


def _check(**numbers: int) -> None:
    for name, value in numbers.items():
        whole(name, value, most=HIGHEST)
