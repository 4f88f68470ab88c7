"""The name service: what hosts and domains stand for. Each query is a `dns` record of the trace.

Answers come at once and are the same for everybody; no record ages, and nobody keeps one: each look-up asks again.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from sipsim.simulation.network import Address, default_port
from sipsim.simulation.streams import Streams
from sipsim.simulation.zones import Answer, Naptr, Records, Srv, Zone, folded, is_within

if TYPE_CHECKING:
    from sipsim.simulation.environment import Environment
    from sipsim.trace.trace import Trace


class NameService:
    """Addresses by host name, without case and closing dot, and the records of zones.

    A name that is `add`ed stands for addresses with their ports, and needs no zone. `zone(domain)` describes a domain
    as its name servers do; what its records say goes before. The dice that share load among servers (RFC 2782) are
    the stream "dns".
    """

    def __init__(self, env: Environment, trace: Trace, streams: Streams | None = None) -> None:
        self._env = env
        self._trace = trace
        self._streams = streams or Streams(0)
        self._addresses: dict[str, list[Address]] = {}
        self._zones: dict[str, Zone] = {}
        self._records: Records = {}

    def add(self, host: str, address: Address) -> None:
        """Let a name stand for one more address; those added first are tried first."""
        addresses = self._addresses.setdefault(folded(host), [])
        if address not in addresses:
            addresses.append(address)

    def remove(self, host: str) -> None:
        """Forget what was added for a name; the records of zones stay."""
        self._addresses.pop(folded(host), None)

    def zone(self, domain: str) -> Zone:
        """The zone of a domain, made when it is first asked for."""
        name = folded(domain)
        return self._zones.setdefault(name, Zone(name, self._records))

    def knows(self, host: str) -> bool:
        """Whether a name stands for anything: an address, or servers in a zone."""
        name = folded(host)
        return name in self._addresses or any(is_within(owner, name) for owner, _ in self._records)

    def in_zone(self, host: str) -> bool:
        """Whether a zone describes this name, so that it may have records besides addresses."""
        if not self._zones:
            return False
        name = folded(host)
        return any(is_within(name, domain) for domain in self._zones)

    def resolve(self, host: str, port: int | None = None, transport: str = "UDP", element: str = "") -> list[Address]:
        """The addresses of a host (A and AAAA records), to try in this order; none for an unknown name.

        A port that is given wins over one that was added with the address, and that over the transport's own: 5060,
        with TLS 5061. A numeric host stands for itself and is no query.
        """
        if is_numeric(host):
            return [numeric_address(host, port or default_port(transport))]
        added = () if self.in_zone(host) else self._addresses.get(folded(host), ())
        if added and not self._trace.everything:  # nothing else to ask, and nobody to tell
            return [Address(address.host, port or address.port) for address in added]
        found = [answer for kind in self._families(host) for answer in self._asked(host, kind, element)]
        return [
            Address(answer.host, port or answer.port)
            if isinstance(answer, Address)
            else Address(str(answer), port or default_port(transport))
            for answer in found
        ]

    def stands_for(self, host: str, port: int | None, address: Address) -> bool:
        """Whether a name and port lead to an address, by SRV records too; who is there knows, and makes no query."""
        if is_numeric(host):
            return False
        name = folded(host)
        services = [self._records.get((f"{kind}.{name}", "SRV"), ()) for kind in ("_sip._udp", "_sip._tcp")]
        targets = [one for found in services for one in found if isinstance(one, Srv)] if port is None else []
        if any(self.stands_for(one.target, one.port, address) for one in targets):
            return True
        added = [Address(one.host, port or one.port) for one in self._addresses.get(name, ())]
        records = self._records.get((name, _family(address)), ())
        return address in added or (address.host in records and (port or 5060) == address.port)

    def servers(self, name: str, element: str = "") -> list[Srv]:
        """The SRV records of a name such as "_sip._udp.example.com"."""
        return [answer for answer in self._asked(name, "SRV", element) if isinstance(answer, Srv)]

    def transports(self, domain: str, element: str = "") -> list[Naptr]:
        """The NAPTR records of a domain."""
        return [answer for answer in self._asked(domain, "NAPTR", element) if isinstance(answer, Naptr)]

    def draw(self, highest: int) -> int:
        """A whole number from 0 to `highest`, each as likely as the others."""
        return int(self._streams.get("dns").random() * (highest + 1))

    def _families(self, host: str) -> tuple[str, ...]:
        """The types of address records to ask for: of a name without a zone, those that there are."""
        if self.in_zone(host):
            return "A", "AAAA"
        return tuple(dict.fromkeys(map(_family, self._addresses.get(folded(host), ())))) or ("A",)

    def _asked(self, host: str, kind: str, element: str) -> list[Answer] | list[Address]:
        """One query, on the record."""
        name = folded(host)
        answers: list[Answer] | list[Address] = self._records.get((name, kind), [])
        if not answers:
            answers = [address for address in self._addresses.get(name, ()) if _family(address) == kind]
        if self._trace.everything:
            texts = [str(answer) for answer in answers]
            self._trace.add("dns", self._env.now, element, name=host, type=kind, answers=texts)
        return answers


@lru_cache(maxsize=1024)
def is_numeric(host: str) -> bool:
    """Whether a host is an IPv4 address, or an IPv6 one with or without its brackets."""
    try:
        ip_address(host[1:-1] if host.startswith("[") and host.endswith("]") else host)
    except ValueError:
        return False
    return True


def is_multicast(host: str) -> bool:
    """Whether a host is the address of a group."""
    return is_numeric(host) and ip_address(host.strip("[]")).is_multicast


def numeric_address(host: str, port: int) -> Address:
    """The address that a numeric host is, with or without brackets."""
    return Address(host[1:-1] if host[0] == "[" else host, port)


def _family(address: Address) -> str:
    return "AAAA" if ":" in address.host else "A"
