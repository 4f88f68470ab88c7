"""A publication: the state that a phone has given to a server, kept up, changed and taken back (RFC 3903 §4)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from sipsim.elements.agents.attempts import carry_on, tried, why_failed
from sipsim.elements.agents.endpoint import Endpoint
from sipsim.elements.alarm import Alarms
from sipsim.elements.exchange import Exchange
from sipsim.elements.outcome import Outcome
from sipsim.errors import CallFailed
from sipsim.message.event_body import Body
from sipsim.message.message import Request, Response
from sipsim.message.rare_fields import Parameterised
from sipsim.message.uri import Uri
from sipsim.protocol.event_packages import as_body
from sipsim.simulation.environment import FAR

if TYPE_CHECKING:
    from sipsim.elements.events.events import Events

UNKNOWN = 412
"""The server does not know the state that is to be changed (RFC 3903 §11.2.1)."""


class Wish(NamedTuple):
    """A PUBLISH that is to be sent: the new state (None: the one before), the seconds, who waits for it."""

    body: Body | None
    expires: int
    outcome: Outcome


class Publication:
    """`published` gives the publication when the server has taken it first, or `CallFailed`; so do `modify(state)`,
    `refresh()` and `remove()` for theirs. `etag` names the state at the server, "" for none. One that lasts is
    refreshed by itself at half its time; one that the server has forgotten (412) is published anew.
    """

    def __init__(self, events: Events, target: Uri, event: Parameterised, body: Body, expires: int) -> None:
        self.agent: Endpoint = events.agent
        self.target = target
        self.event = event
        self.etag = ""
        self.expires = 0
        self._events = events
        self._asked = expires
        self._body = body
        self._waiting: deque[Wish] = deque()
        self._sent: Wish | None = None
        self._alarms = Alarms(self.agent)
        events.publications[self] = None
        self.published = self._ask(body, expires)

    def __repr__(self) -> str:
        return f"<publication of {self.agent.name}: {self.event.value} of {self.target}, {self.etag or 'not taken'}>"

    def modify(self, state: object) -> Outcome:
        """Give the server another state (RFC 3903 §4.4)."""

        body = as_body(state)
        with self.agent.acting("publication.modify()"):
            return self._ask(body, self._asked)

    def refresh(self) -> Outcome:
        """Say that the state stands (RFC 3903 §4.3)."""
        with self.agent.acting("publication.refresh()"):
            return self._ask(None, self._asked)

    def remove(self) -> Outcome:
        """Take it back (RFC 3903 §4.5); what no server has taken needs no message for that."""
        with self.agent.acting("publication.remove()"):
            return self._ask(None, 0)

    def _ask(self, body: Body | None, expires: int) -> Outcome:
        """Send it when those before have been answered (RFC 3903 §4)."""
        agent = self.agent
        outcome = Outcome(agent.env, agent.trace, f"the answer to {agent.name}'s PUBLISH")
        self._alarms.stop_all()
        self._waiting.append(Wish(body, expires, outcome))
        if self._sent is None:
            self._next()
        return outcome

    def _next(self) -> None:
        self._sent = self._waiting.popleft() if self._waiting else None
        if self._sent is None:
            return
        if self._sent.expires or self.etag:
            self._send(self._sent)
        else:
            self._events.publications.pop(self, None)
            self._sent.outcome.settle(self)
            self._next()

    def _send(self, wish: Wish) -> None:
        agent = self.agent
        body = wish.body or (None if self.etag or not wish.expires else self._body)
        fields = [("Event", str(self.event)), ("Expires", str(wish.expires))]
        if self.etag:
            fields.append(("SIP-If-Match", self.etag))
        octets, kind = (b"", None) if body is None else (body.octets, body.content_type)
        request = agent.first_request("PUBLISH", self.target, headers=fields, body=octets, content_type=kind)
        agent.request(request, agent.first_hop(self.target), self)

    # What comes of it

    def on_response(self, exchange: Exchange, response: Response) -> None:
        wish = self._sent
        if response.status < 200 or wish is None:
            return
        if response.status == UNKNOWN and self.etag and wish.expires:
            self.etag = ""
            self._note("the server has forgotten the state: it is published anew")
            self._body = wish.body or self._body
            self._send(wish)
        elif response.status >= 300:
            if carry_on(self, exchange, response) is None:
                self._fail(wish, CallFailed(response.status, response.reason, tried(exchange)))
        else:
            self.agent.learn(exchange.request, response)
            self._taken(wish, response)

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        if self._sent is not None:
            self._fail(self._sent, CallFailed(*why_failed(exchange, reason), tried(exchange)))

    def next_number(self, request: Request) -> int:
        return request.cseq.number + 1

    def _taken(self, wish: Wish, response: Response) -> None:
        self._body = wish.body or self._body
        self.expires = min(wish.expires, wish.expires if response.expires is None else response.expires)
        self.etag = (response.sip_etag or "") if self.expires else ""
        if not self.expires:
            self._events.publications.pop(self, None)
        elif self.expires < FAR and not self._waiting:
            self._alarms.set("refresh", self.expires / 2, self._ask, None, self._asked, lingering=True)
        wish.outcome.settle(self)
        self._next()

    def _fail(self, wish: Wish, error: CallFailed) -> None:
        self._note(f"PUBLISH failed: {error.status} {error.reason}")
        if error.status == UNKNOWN:
            self.etag = ""
        wish.outcome.disappoint(error)
        self._next()

    def _note(self, text: str) -> None:
        self.agent.trace.add("subscription", self.agent.env.now, self.agent.name, text=text)

    def lost(self) -> None:
        """The phone crashed: it refreshes nothing any more, and whoever waits hears of it."""
        waiting = [*([self._sent] if self._sent is not None else []), *self._waiting]
        self.forget()
        for wish in waiting:
            wish.outcome.disappoint(CallFailed(503, f"{self.agent.name} crashed"))

    def forget(self) -> None:
        """Stop refreshing and waiting, without a message."""
        self._alarms.stop_all()
        self._waiting.clear()
        self._sent = None
