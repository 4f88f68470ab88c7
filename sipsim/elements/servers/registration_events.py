"""What a registrar tells of registrations to those who subscribe (the reg package, RFC 3680)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import ceil, inf
from typing import TYPE_CHECKING

from sipsim.elements.events.notifier import Notifier, Package
from sipsim.elements.events.usages import Usages, key_of
from sipsim.elements.exchange import Exchange
from sipsim.elements.refusing import refuse
from sipsim.message.event_body import Body
from sipsim.message.message import Request
from sipsim.message.reginfo import Contact, Registrations
from sipsim.protocol.inspection import NO_DIALOG, refusal
from sipsim.protocol.location import Binding
from sipsim.protocol.partial_state import Told
from sipsim.protocol.registering import Change

if TYPE_CHECKING:
    from sipsim.elements.servers.registrar import Registrar

EVENTS = {"add": "registered", "refresh": "refreshed", "remove": "unregistered", "expire": "expired"}
"""What happens to a binding, in the words of RFC 3680 §5.1."""
MOST_ENDED = 100
"""Bindings of one user that are over and still told of to those who knew of them."""


class RegistrationEvents:
    """Made with the first SUBSCRIBE; who registers without one pays nothing."""

    def __init__(self, registrar: Registrar) -> None:
        self._registrar = registrar
        self._usages = Usages(registrar)
        self.notifier = Notifier(registrar, self._usages, lambda: f"<sip:{registrar.host_port}>")
        self._named: dict[str, dict[str, tuple[str, str]]] = {}  # of those who are watched: ids and events by URI
        self._over: dict[str, deque[Contact]] = {}
        self._count = 0
        self.notifier.tells(Package("reg", self._told, longest=7200, content_type=Registrations.content_type))

    def knows(self, request: Request) -> bool:
        """Whether a request is in the dialog of a subscription."""
        return key_of(request) in self._usages.dialogs

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

    def changed(self, aor: str, changes: Iterable[Change]) -> None:
        """Somebody has registered, left, or was forgotten."""
        if not self.notifier.watching("reg", aor):
            self._named.pop(aor, None)
            self._over.pop(aor, None)
            return
        for action, binding, before in changes:
            named, event = self._named.setdefault(aor, {}), EVENTS[action]
            event = "created" if event == "registered" and not binding.call_id else event  # by nobody's REGISTER
            id = named.pop(str((before or binding).contact), ("", ""))[0] or self._name()
            if action in ("add", "refresh"):
                named[str(binding.contact)] = id, event
            else:
                over = self._over.setdefault(aor, deque(maxlen=MOST_ENDED))
                over.append(contact_of(binding, id, event, "terminated"))
        self.notifier.changed("reg", aor)

    def _name(self) -> str:
        self._count += 1
        return f"c{self._count}"

    def _told(self, aor: str, told: Told) -> Body:
        registrar, named, contacts = self._registrar, self._named.setdefault(aor, {}), []
        now = registrar.env.now
        for binding in registrar.location.look_up(aor, now):
            key = str(binding.contact)
            id, event = named[key] = named.get(key) or (self._name(), "registered" if binding.call_id else "created")
            left = "" if binding.expires_at == inf else str(ceil(round(binding.expires_at - now, 6)))
            contacts.append(contact_of(binding, id, event, "active", left))
        state = "active" if contacts else "terminated" if registrar.location.known(aor) else "init"
        news = told.news([*contacts, *self._over.get(aor, ())])
        return Registrations(aor, state, news, told.version, told.whole).body


def contact_of(binding: Binding, id: str, event: str, state: str, expires: str = "") -> Contact:
    """A binding as it stands in the document."""
    q = "" if binding.q == 1.0 else f"{binding.q:g}"
    return Contact(id, state, event, str(binding.contact), expires, q, binding.call_id, str(binding.cseq))
