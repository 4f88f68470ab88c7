"""The name service: which addresses a host name stands for (RFC 3263 as far as A and AAAA records go)."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from sipsim.simulation.network import Address

if TYPE_CHECKING:
    from sipsim.simulation.environment import Environment
    from sipsim.trace.trace import Trace


class NameService:
    """Addresses by host name, without case and closing dot. Each query is a `dns` record of the trace."""

    def __init__(self, env: Environment, trace: Trace) -> None:
        self._env = env
        self._trace = trace
        self._addresses: dict[str, list[Address]] = {}

    def add(self, host: str, address: Address) -> None:
        """Let a name stand for one more address; those added first are tried first."""
        addresses = self._addresses.setdefault(_folded(host), [])
        if address not in addresses:
            addresses.append(address)

    def remove(self, host: str) -> None:
        """Forget a name."""
        self._addresses.pop(_folded(host), None)

    def knows(self, host: str) -> bool:
        """Whether a name stands for anything."""
        return _folded(host) in self._addresses

    def resolve(self, host: str, port: int | None = None, transport: str = "UDP", element: str = "") -> list[Address]:
        """The addresses to try, in this order; none for an unknown name.

        A port that is given wins over that of the record. A numeric host stands for itself, at 5060 (5061 with TLS)
        when no port is given, and is no query.
        """
        if is_numeric(host):
            return [Address(host.strip("[]"), port or (5061 if transport == "TLS" else 5060))]
        found = self._addresses.get(_folded(host), [])
        answer = [Address(address.host, port) if port else address for address in found]
        texts = [str(address) for address in answer]
        self._trace.add("dns", self._env.now, element, name=host, transport=transport, answer=texts)
        return answer


@lru_cache(maxsize=1024)
def is_numeric(host: str) -> bool:
    """Whether a host is an IPv4 address, or an IPv6 one with or without its brackets."""
    try:
        ip_address(host[1:-1] if host.startswith("[") and host.endswith("]") else host)
    except ValueError:
        return False
    return True


def _folded(host: str) -> str:
    return host.rstrip(".").lower()
