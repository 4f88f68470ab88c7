"""A registration: one contact of a user, kept at the registrar of their domain (RFC 3261 §10.2)."""

from __future__ import annotations

from sipsim.elements.attempts import carry_on, tried
from sipsim.elements.endpoint import Endpoint
from sipsim.elements.exchange import Exchange
from sipsim.elements.outcome import Outcome
from sipsim.errors import RegistrationFailed
from sipsim.message import build
from sipsim.message.fields import NameAddr
from sipsim.message.message import Request, Response
from sipsim.message.uri import Uri


class Registration:
    """What a user agent knows of its binding: until when the registrar said it stands.

    `expires` is the granted time in seconds, 0 when there is no binding. All REGISTERs of one user agent share a
    Call-ID and count CSeq upwards (§10.2).
    """

    def __init__(self, agent: Endpoint) -> None:
        self.agent = agent
        self.expires = 0
        self.call_id = ""
        self.from_tag = ""
        self.sequence = 0
        self._outcomes: dict[int, Outcome] = {}

    @property
    def active(self) -> bool:
        return self.expires > 0

    def __repr__(self) -> str:
        state = f"for {self.expires} s" if self.active else "not active"
        return f"<Registration of {self.agent.uri} {state}>"

    def send(self, expires: int) -> Outcome:
        """Send a REGISTER; the outcome is this registration, or `RegistrationFailed`."""
        agent = self.agent
        if not self.call_id:
            self.call_id = agent.identifiers.call_id(agent.name, agent.address.host)
            self.from_tag = agent.identifiers.tag(agent.name)
        self.sequence += 1
        registrar = Uri(agent.uri.scheme, None, None, agent.uri.host, agent.uri.port)
        request = build.request(
            "REGISTER", str(registrar), via=agent.new_via(), from_=f"<{agent.uri}>;tag={self.from_tag}",
            to=f"<{agent.uri}>", call_id=self.call_id, cseq=self.sequence, contact=agent.contact,
            routes=agent.preloaded_routes, headers=(("Expires", str(expires)),),
        )  # fmt: skip
        outcome = Outcome(agent.env, agent.trace, f"{agent.name}'s registration")
        self._outcomes[self.sequence] = outcome
        agent.request(request, agent.first_hop(registrar), self)
        return outcome

    def on_response(self, exchange: Exchange, response: Response) -> None:
        if response.status < 200:
            return
        number = exchange.request.cseq.number
        if response.status >= 300:
            if not carry_on(self, exchange, response):
                error = RegistrationFailed(response.status, response.reason, tried(exchange))
                self._outcomes.pop(number).disappoint(error)
        else:
            self.agent.learn(exchange.request, response)
            self.expires = self._granted(response)
            self._outcomes.pop(number).settle(self)

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        status = 408 if reason == "timeout" else 503
        self._outcomes.pop(exchange.request.cseq.number).disappoint(RegistrationFailed(status, reason, tried(exchange)))

    def next_number(self, request: Request) -> int:
        self.sequence += 1
        self._outcomes[self.sequence] = self._outcomes.pop(request.cseq.number)
        return self.sequence

    def lost(self) -> None:
        """Forget the binding, as a crash does; whoever waits for an answer hears of it."""
        self.expires = 0
        for outcome in self._outcomes.values():
            outcome.disappoint(RegistrationFailed(503, f"{self.agent.name} crashed"))
        self._outcomes.clear()

    def _granted(self, response: Response) -> int:
        """The seconds that the registrar gave our contact, 0 where its list lacks it (§10.2.4)."""
        mine = self.agent.contact_uri
        for contact in response.contacts:
            if isinstance(contact, NameAddr) and contact.uri.matches(mine):
                return contact.expires if contact.expires is not None else response.expires or 0
        return 0
