"""A request outside of calls that wants one answer: OPTIONS, MESSAGE (RFC 3261 §11.1, RFC 3428 §4)."""

from __future__ import annotations

from typing import NamedTuple

from sipsim.elements.agents.attempts import carry_on, tried, why_failed
from sipsim.elements.agents.endpoint import Endpoint
from sipsim.elements.exchange import Exchange
from sipsim.elements.outcome import Outcome
from sipsim.errors import CallFailed
from sipsim.message.message import Request, Response
from sipsim.message.uri import Uri
from sipsim.protocol.inspection import Fields
from sipsim.protocol.uri_headers import formed_for


class Text(NamedTuple):
    """An instant message that came: who sent it, and what it says (RFC 3428)."""

    sender: Uri
    text: str
    content_type: str = "text/plain"


class Query:
    """One such request and its outcome: the final response, or `CallFailed` where none comes.

    One that is `wanted` fails with any but a 2xx.
    """

    def __init__(
        self, agent: Endpoint, open_: dict[Query, None], method: str, target: Uri, headers: Fields = (), *,
        contact: str | None = None, body: bytes = b"", content_type: str | None = None, wanted: bool = False,
    ) -> None:  # fmt: skip
        target, asked_for = formed_for(method, target)
        self.agent = agent
        self._open = open_
        self._wanted = wanted
        open_[self] = None
        self.outcome = Outcome(agent.env, agent.trace, f"the answer to {agent.name}'s {method} to {target}")
        fields = (*headers, *asked_for)
        request = agent.first_request(
            method, target, contact=contact, headers=fields, body=body, content_type=content_type
        )
        agent.request(request, agent.first_hop(target), self)

    def on_response(self, exchange: Exchange, response: Response) -> None:
        if response.status < 200 or (response.status >= 300 and carry_on(self, exchange, response)):
            return
        self._open.pop(self, None)
        self.agent.learn(exchange.request, response)
        if self._wanted and response.status >= 300:
            self.outcome.disappoint(CallFailed(response.status, response.reason, tried(exchange)))
        else:
            self.outcome.settle(response)

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        self._open.pop(self, None)
        self.outcome.disappoint(CallFailed(*why_failed(exchange, reason), tried(exchange)))

    def lost(self) -> None:
        """The user agent crashed: no answer will be heard."""
        self._open.pop(self, None)
        self.outcome.disappoint(CallFailed(503, f"{self.agent.name} crashed"))

    def next_number(self, request: Request) -> int:
        return request.cseq.number + 1
