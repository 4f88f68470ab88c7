"""What a registrar tells of registrations to those who subscribe (the reg package, RFC 3680)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sipsim.elements.events.notifier import Notifier, Package
from sipsim.elements.events.usages import Usages, key_of
from sipsim.elements.exchange import Exchange
from sipsim.elements.refusing import refuse
from sipsim.message.event_body import Body
from sipsim.message.message import Request
from sipsim.message.reginfo import Contact, Registrations
from sipsim.protocol.inspection import NO_DIALOG, refusal

if TYPE_CHECKING:
    from sipsim.elements.servers.registrar import Registrar


class RegistrationEvents:
    """Made with the first SUBSCRIBE; who registers without one pays nothing."""

    def __init__(self, registrar: Registrar) -> None:
        self._registrar = registrar
        self._usages = Usages(registrar)
        self.notifier = Notifier(registrar, self._usages, lambda: f"<sip:{registrar.host_port}>")
        self.notifier.tells(Package("reg", self._told, longest=7200, content_type=Registrations.content_type))

    def subscribe(self, exchange: Exchange, request: Request) -> None:
        """Answer a SUBSCRIBE, new or in a dialog."""
        registrar = self._registrar
        there = self._usages.dialogs.get(key_of(request)) if request.to_tag else None
        if there is not None and there.dialog.accepts(request):
            self.notifier.subscribe(exchange, request, "")
        elif request.to_tag:
            refuse(registrar, exchange, NO_DIALOG)
        elif not (registrar.serves(request.uri) and registrar.has_user(request.uri)):
            refuse(registrar, exchange, refusal(404, f"{request.uri.aor} is no user of {registrar.domain}"))
        else:
            self.notifier.subscribe(exchange, request, request.uri.aor)

    def changed(self, aor: str) -> None:
        """Somebody has registered, left, or was forgotten."""
        self.notifier.changed("reg", aor)

    def _told(self, aor: str, version: int) -> Body:
        registrar = self._registrar
        bindings = registrar.location.look_up(aor, registrar.env.now)
        contacts = [Contact(f"c{n}", "active", "registered", str(one.contact)) for n, one in enumerate(bindings, 1)]
        state = "active" if contacts else "terminated" if registrar.location.known(aor) else "init"
        return Registrations(aor, state, tuple(contacts), version).body
