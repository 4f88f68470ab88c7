"""An endpoint: an element that acts for one user, with an address of record and a contact (RFC 3261 §8.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from sipsim.elements.element import Element
from sipsim.elements.exchange import Exchange
from sipsim.elements.workbench import Bench
from sipsim.errors import UsageError
from sipsim.message.message import Request
from sipsim.message.uri import Uri
from sipsim.protocol.dialog import DialogKey, is_loose
from sipsim.protocol.location import as_uri
from sipsim.simulation.environment import Environment

FIRST_MEDIA_PORT = 49170
LAST_MEDIA_PORT = 65534

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS"
"""The methods that a user agent understands (RFC 3261 §20.5)."""


@dataclass(slots=True)
class Tally:
    """How the calls that an endpoint placed came out; `setup_time` sums the seconds from INVITE to 200."""

    placed: int = 0
    answered: int = 0
    failed: int = 0
    setup_time: float = 0.0


class DialogUser(Protocol):
    """Who gets the requests that arrive in a dialog: a call, for one."""

    def on_request(self, exchange: Exchange, request: Request) -> None:
        """A request in the dialog, other than ACK."""

    def on_ack(self, request: Request) -> None:
        """An ACK in the dialog."""

    def lost(self) -> None:
        """The endpoint crashed."""

    def forget(self) -> None:
        """Stop whatever would still happen by itself."""


class Endpoint(Element):
    """What calls and registrations need of the user agent that they belong to.

    `outbound` is the proxy that every first request goes through, as an element or a URI; without it the request goes
    to whoever its own URI names (§8.1.2).
    """

    def __init__(
        self, env: Environment, bench: Bench, name: str, uri: str | Uri, *,
        outbound: Element | str | None = None, host: str = "", port: int = 0,
    ) -> None:  # fmt: skip
        self.uri = as_uri("uri", uri)
        if not self.uri.user:
            raise UsageError(f"uri: {str(uri)!r} names no user; write it as sip:user@domain")
        self.outbound = routing_uri(outbound) if outbound is not None else None  # may refuse, so before anything stands
        super().__init__(env, bench, name, host=host, port=port)
        self.dialogs: dict[DialogKey, DialogUser] = {}
        self.calls: dict[object, Any] = {}
        self.tally = Tally()
        self.contact_uri = Uri.parse(f"{self.uri.scheme}:{self.uri.user}@{self.host_port}")

    @property
    def contact(self) -> str:
        """The Contact value that leads straight here (§8.1.1.8)."""
        return f"<{self.contact_uri}>"

    @property
    def preloaded_routes(self) -> list[str]:
        """The Route of a first request: the outbound proxy, if there is one (§8.1.2)."""
        return [f"<{self.outbound}>"] if self.outbound is not None else []

    def first_hop(self, target: Uri) -> Uri:
        """Where a first request to this target goes."""
        return self.outbound if self.outbound is not None else target

    def media_port(self) -> int:
        """An even port for the next audio stream (RFC 3550 §11), of nobody else at this host."""
        ports, host = self.bench.media_ports, self.address.host
        port = ports.get(host, FIRST_MEDIA_PORT)
        ports[host] = port + 2 if port < LAST_MEDIA_PORT else FIRST_MEDIA_PORT
        return port

    def serve(self, exchange: Exchange, request: Request) -> None:
        """Answer a request that means the same inside and outside of a dialog."""
        raise NotImplementedError


def routing_uri(proxy: Element | str) -> Uri:
    """The URI of a proxy for a Route header field, with `lr` (§19.1.1)."""
    uri = Uri.parse(f"sip:{proxy.host_port}") if isinstance(proxy, Element) else as_uri("outbound", proxy)
    return uri if is_loose(uri) else uri.with_(params=(*uri.params, ("lr", None)))
