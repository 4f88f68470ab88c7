"""A stateful proxy: sends requests on to where their targets are, and the best response back (RFC 3261 §16).

What may be forwarded, where to and in which form is decided in `protocol.routing`; here it is carried out.
"""

from __future__ import annotations

from typing import Any

from sipsim.elements.exchange import Exchange
from sipsim.elements.registrar import Registrar
from sipsim.elements.response_context import ResponseContext
from sipsim.elements.workbench import Bench
from sipsim.errors import UsageError
from sipsim.message import build
from sipsim.message.message import Request
from sipsim.message.uri import Uri
from sipsim.protocol import routing
from sipsim.protocol.location import LocationService, targets
from sipsim.simulation.environment import Environment

FORKING = ("parallel",)
"""How a request goes to several contacts of one user (RFC 3261 §16.6)."""


class Proxy(Registrar):
    """The proxy of a domain, and its registrar: both roles in one element, on one location service (§16.1, §10.3).

    `record_route` says whether it stays in the path of the dialogs that it helps to set up; the other keywords are
    those of `Registrar`.
    """

    kind = "proxy"

    def __init__(
        self, env: Environment, bench: Bench, name: str, domain: str, *, forking: str = "parallel",
        record_route: bool = True, location: LocationService | None = None, host: str = "", port: int = 0,
        **registrar: Any,
    ) -> None:  # fmt: skip
        if forking not in FORKING:
            raise UsageError(f"forking: {forking!r} is unknown; allowed are {', '.join(map(repr, FORKING))}")
        super().__init__(env, bench, name, domain, location=location, host=host, port=port, **registrar)
        self.forking = forking
        self.record_route = record_route
        self._contexts: dict[Exchange, ResponseContext] = {}

    # Requests

    def on_request(self, exchange: Exchange, request: Request) -> None:
        if request.method == "REGISTER" and self.serves(request.uri):
            self.register(exchange, request)
            return
        refusal = routing.validate(request)
        if refusal is not None:
            self.reply(exchange, refusal.status, *refusal.headers)
            return
        request = routing.preprocess(request, self.is_me)
        if self.is_me(request.uri) and not request.has("route"):
            self._serve_itself(exchange, request)
            return
        mark = routing.loop_mark(request)
        if routing.is_loop(request, mark, f"{self.address}".lower()):
            self.reply(exchange, 482)
            return
        found = self.find(request)
        if found:
            self._forward(exchange, request, found, mark)
        else:
            self.reply(exchange, self.status_of_absent(request.uri))

    def _serve_itself(self, exchange: Exchange, request: Request) -> None:
        """A request for the proxy's own address: it says what it can do, and knows nobody here (§16.3, §11)."""
        if request.method == "OPTIONS":
            self.reply(exchange, 200, ("Allow", "OPTIONS, REGISTER"))
        else:
            self.reply(exchange, 404)

    def on_ack(self, request: Request) -> None:
        """The ACK for a 2xx goes on like any request, but without a transaction (§16.6 item 10, §13.2.2.4)."""
        if routing.validate(request) is not None:
            self.ignored("an ACK that may not be forwarded", "RFC 3261 §16.3")
            return
        request = routing.preprocess(request, self.is_me)
        for target in self.find(request)[:1]:
            copy, hop = routing.forwarded(request, target, self.new_via(), None)
            self.send_outside_transaction(copy, hop)

    def on_cancel(self, invite: Exchange) -> None:
        """CANCEL every branch that is still open (§16.10)."""
        context = self._contexts.get(invite)
        if context is not None:
            context.cancel_pending()

    def find(self, request: Request) -> list[Uri]:
        """The target set: the user's contacts for an address of our domain, else the Request-URI (§16.5)."""
        if request.has("route") or not self.serves(request.uri):
            return [request.uri]
        aor = request.uri.aor
        bindings = self.location.look_up(aor, self.env.now)
        contacts = [str(binding.contact) for binding in bindings]
        self.trace.add("binding", self.env.now, self.name, action="look-up", aor=aor, contacts=contacts)
        return targets(bindings)

    def serves(self, uri: Uri) -> bool:
        """Whether this proxy is responsible for the domain of a URI."""
        return uri.host.lower() == self.domain

    def is_me(self, uri: Uri) -> bool:
        """Whether a URI of a Route, or one put into Record-Route, names this proxy (§16.4)."""
        if uri.user:
            return False
        host, port = self.address
        return self.serves(uri) or (uri.host.strip("[]") == host and (uri.port or 5060) == port)

    def _forward(self, exchange: Exchange, request: Request, found: list[Uri], mark: str) -> None:
        context = ResponseContext(self, exchange)
        if request.method == "INVITE":
            exchange.respond(build.reply(request, 100))
            self._contexts[exchange] = context
        record_route = f"<sip:{self.host_port};lr>" if self.record_route and creates_dialog(request) else None
        context.start([routing.forwarded(request, target, self.new_via(mark), record_route) for target in found])

    def forget(self, exchange: Exchange) -> None:
        super().forget(exchange)
        self._contexts.pop(exchange, None)

    def lose_state(self) -> None:
        super().lose_state()
        self._forget_contexts()

    def forget_users(self) -> None:
        self._forget_contexts()
        super().forget_users()

    def _forget_contexts(self) -> None:
        for context in self._contexts.values():
            context.forget()
        self._contexts.clear()


def creates_dialog(request: Request) -> bool:
    """Whether a dialog may come of this request, so that a Record-Route makes sense (§16.6 item 4)."""
    return request.method in ("INVITE", "SUBSCRIBE", "REFER") and not request.to_tag
