"""A redirect server: says where a user is, and leaves the calling to the caller (RFC 3261 §8.3)."""

from __future__ import annotations

from sipsim.elements.exchange import Exchange
from sipsim.elements.registrar import Registrar
from sipsim.message.message import Request


class RedirectServer(Registrar):
    """Answers requests for its domain with the addresses of the location service: 302 for one, 300 for several."""

    kind = "redirect server"

    def on_request(self, exchange: Exchange, request: Request) -> None:
        if request.method == "REGISTER":
            self.register(exchange, request)
            return
        aor = request.uri.aor
        bindings = self.location.look_up(aor, self.env.now)
        contacts = [binding.field for binding in bindings]
        self.trace.add("binding", self.env.now, self.name, action="look-up", aor=aor, contacts=contacts)
        if not bindings:
            self.reply(exchange, 480 if self.location.known(aor) else 404)
        else:
            self.reply(exchange, 302 if len(bindings) == 1 else 300, *(("Contact", field) for field in contacts))
