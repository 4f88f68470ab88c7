"""A redirect server: says where a user is, and leaves the calling to the caller (RFC 3261 §8.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sipsim.elements.exchange import Exchange
from sipsim.elements.refusing import refuse
from sipsim.elements.servers.registrar import REGISTERS, Registrar
from sipsim.elements.workbench import Bench
from sipsim.errors import UsageError
from sipsim.message import build
from sipsim.message.fields import NameAddr
from sipsim.message.message import Request
from sipsim.message.uri import Uri
from sipsim.protocol import inspection
from sipsim.protocol.inspection import refusal
from sipsim.protocol.location import aor_of, as_contacts
from sipsim.protocol.options import one_of
from sipsim.simulation.environment import Environment

REDIRECTS = (300, 301, 302, 305, 380)
"""What a redirect server says: several choices, moved for good or for now, that proxy, another service (§21.3)."""


class Redirection(NamedTuple):
    """What is said of a user: a status, with addresses or with a body that describes other services."""

    status: int
    contacts: tuple[NameAddr, ...]
    body: bytes = b""
    content_type: str | None = None


class RedirectServer(Registrar):
    """Answers every request for its domain, whatever its method, with the addresses of the location service.

    That is 302 for one address and 300 for several, unless `status` says otherwise. `contacts` are told instead of
    what the location service knows, of every user: the proxy to use with 305, for one. Users of whom something else is
    to be said are given to `move`. Extensions that a request requires are none of its business, as it only redirects.
    """

    kind = "redirect server"

    def __init__(
        self, env: Environment, bench: Bench, name: str, domain: str, *, status: int | None = None,
        contacts: Iterable[str | Uri] = (), **registrar: Any,
    ) -> None:  # fmt: skip
        self.status = status if status is None else redirecting(status)
        self.contacts = as_contacts(contacts)
        super().__init__(env, bench, name, domain, **registrar)
        self._moved: dict[str, Redirection] = {}

    def move(
        self, aor: str | Uri, *contacts: str | Uri, status: int = 301, body: bytes = b"",
        content_type: str | None = None,
    ) -> None:  # fmt: skip
        """From now on send those who ask for a user there: URIs, or Contact values with q and expires.

        With 380 a body may describe the services that there are instead (§21.3.5).
        """
        redirection = Redirection(redirecting(status), as_contacts(contacts), body, content_type)
        if not contacts and not body:
            raise UsageError(f"contacts: none; say where {aor} is, or what else there is")
        self._moved[aor_of(aor)] = redirection

    def on_request(self, exchange: Exchange, request: Request) -> None:
        if request.method == "REGISTER":
            self.register(exchange, request)
            return
        if (unknown := inspection.scheme(request, REGISTERS)) is not None:
            refuse(self, exchange, unknown)
            return
        if self.gate is not None and self.gate.check(self, exchange, request).refusal is not None:
            return
        found = self.find(request.uri)
        others = [contact for contact in found.contacts if not contact.uri.matches(request.uri)]
        if others or found.body:
            response = build.reply(
                request, found.status, to_tag=None if request.to_tag else self.identifiers.tag(self.name),
                headers=[("Contact", contact) for contact in others], body=found.body, content_type=found.content_type,
            )  # fmt: skip
            exchange.respond(response)
        elif found.contacts:  # to send a request to where it was sent already would never end
            refuse(self, exchange, refusal(404, "the only address is the one asked for", rfc="RFC 3261 §8.3"))
        else:
            refuse(self, exchange, self.absent(request.uri, "RFC 3261 §8.3"))

    def find(self, uri: Uri) -> Redirection:
        """What there is to say of a user, on the record; no contacts for one who is not to be found."""
        aor = uri.aor
        moved = self._moved.get(aor)
        if moved is None:
            bindings = self.location.look_up(aor, self.env.now)
            contacts = self.contacts or tuple(NameAddr.parse(binding.field) for binding in bindings)
            moved = Redirection(self.status or (302 if len(contacts) == 1 else 300), contacts)
        told = [str(contact) for contact in moved.contacts]
        self.trace.add("binding", self.env.now, self.name, action="look-up", aor=aor, contacts=told)
        return moved


def redirecting(status: int) -> int:
    """A status that redirects; `UsageError` for any other."""
    one_of("status", status, REDIRECTS)
    return status
