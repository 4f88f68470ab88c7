"""A registrar: keeps the location service of its domain up to date (RFC 3261 §10.3)."""

from __future__ import annotations

from sipsim.elements.alarm import Alarm
from sipsim.elements.element import Element
from sipsim.elements.exchange import Exchange
from sipsim.elements.workbench import Bench
from sipsim.message.message import Request
from sipsim.protocol.location import Answer, Change, LocationService
from sipsim.simulation.environment import Environment, Timer


class Registrar(Element):
    """The registrar of a domain.

    `location` is a location service to share with proxies and redirect servers; without one the registrar has its own,
    and loses it when it crashes.
    """

    kind = "registrar"

    def __init__(
        self, env: Environment, bench: Bench, name: str, domain: str, *, location: LocationService | None = None,
        host: str = "", port: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(env, bench, name, host=host, port=port)
        self.domain = domain.lower()
        self.location = location if location is not None else LocationService()
        self._owns_location = location is None
        self._expiries: dict[tuple[str, str], Alarm | Timer] = {}

    def on_request(self, exchange: Exchange, request: Request) -> None:
        if request.method == "REGISTER":
            self.register(exchange, request)
        else:
            self.reply(exchange, 405, ("Allow", "REGISTER"))

    def register(self, exchange: Exchange, request: Request) -> None:
        """Answer a REGISTER and record what it changed."""
        if request.to.uri.host.lower() != self.domain:
            self.reply(exchange, 404)
            return
        if request.require:
            self.reply(exchange, 420, ("Unsupported", ", ".join(request.require)))
            return
        answer = self.location.register(request, self.env.now)
        for change in answer.changes:
            self._note(request.to.uri.aor, change)
        self.reply(exchange, answer.status, *self._contacts(answer))

    def forget_users(self) -> None:
        super().forget_users()
        self.lose_state()
        self.location.clear()

    def lose_state(self) -> None:
        for alarm in self._expiries.values():
            alarm.cancel()
        self._expiries.clear()
        if self._owns_location:
            self.location.clear()

    def _contacts(self, answer: Answer) -> list[tuple[str, str]]:
        return [("Contact", binding.expiring_field(self.env.now)) for binding in answer.bindings]

    def _note(self, aor: str, change: Change) -> None:
        """Record a change, and later the end of a binding that nobody refreshed."""
        if not self.trace.everything:
            return
        now, binding = self.env.now, change.binding
        contact, lasts = str(binding.contact), round(binding.expires_at - now, 6)
        self.trace.add("binding", now, self.name, action=change.action, aor=aor, contact=contact, expires=lasts)
        pending = self._expiries.pop((aor, contact), None)
        if pending is not None:
            pending.cancel()
        if change.action != "remove":
            alarm = self.alarm("binding expiry", lasts, self._expire, aor, contact, lingering=True)
            self._expiries[aor, contact] = alarm

    def _expire(self, aor: str, contact: str) -> None:
        """Record the lapse of a binding that nobody refreshed."""
        del self._expiries[aor, contact]
        self.trace.add("binding", self.env.now, self.name, action="expire", aor=aor, contact=contact)
