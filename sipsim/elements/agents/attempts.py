"""Carrying on after a refusal: the same request once more, changed as its final response asks (RFC 3261 §8.1.3.5).

What to change is decided in `protocol.retrying`; here it is sent, now or when the time has come. Whoever made the
request hears of the outcome only:

    def on_response(self, exchange, response):
        if response.status >= 300 and (attempts := carry_on(self, exchange, response)):
            return                          # attempts.cancel() takes it back
"""

from __future__ import annotations

from typing import Protocol

from sipsim.elements.agents.endpoint import Endpoint
from sipsim.elements.alarm import Alarm
from sipsim.elements.exchange import Exchange, TransactionUser, status_of
from sipsim.elements.via import with_via
from sipsim.message.message import Request, Response
from sipsim.message.uri import SIP_SCHEMES, Uri
from sipsim.protocol.dialog import is_loose
from sipsim.protocol.inspection import Fields
from sipsim.protocol.retrying import Step, Tries, is_worth_a_try
from sipsim.simulation.environment import Timer

NOWHERE = "leads nowhere: no server has that name, or none takes that transport"
"""How the reason of a request that could not be sent at all ends."""


class Client(TransactionUser, Protocol):
    """Whoever makes requests that may be tried again."""

    agent: Endpoint

    def next_number(self, request: Request) -> int:
        """The CSeq number for another try of a request of theirs (§22.2, §8.1.3.5)."""


def carry_on(client: Client, exchange: Exchange, response: Response) -> Attempts | None:
    """Try once more after a final response above 299; None where it is the last word.

    It is for all that comes from attempts that were made already: they have given up before they pass it on.
    """
    if isinstance(exchange.user, Attempts) or not is_worth_a_try(response):
        return None
    attempts = Attempts(client, exchange)
    return attempts if attempts.go_on(exchange, response) else None


def tried(exchange: Exchange) -> tuple[str, ...]:
    """In words, what was tried before a request's last response."""
    return tuple(exchange.user.tries.done) if isinstance(exchange.user, Attempts) else ()


def why_failed(exchange: Exchange, reason: str) -> tuple[int, str]:
    """Which status stands for a response that never came, and why in words: where the next hop leads nowhere, that."""
    if not exchange.remote.address.host and reason == "transport error":
        hop = leads_to(exchange.request)
        is_sip = hop.scheme in SIP_SCHEMES
        why = f"{hop} {NOWHERE}" if is_sip else f"{hop} is no SIP address, only an outbound proxy could reach it"
    else:
        why = reason
    return status_of(reason), why


class Attempts:
    """The tries of one request; to its client they are one request with one outcome."""

    def __init__(self, client: Client, exchange: Exchange) -> None:
        self.client = client
        self.agent = client.agent
        self.tries = Tries(self.agent.digest, self.agent.policy)
        self._exchange = exchange
        self._refused: Response | None = None
        self._alarm: Alarm | Timer | None = None
        self._stopped = False

    def __repr__(self) -> str:
        return f"<{self._exchange.request!r}, {len(self.tries.done)} tries more>"

    def cancel(self, headers: Fields = ()) -> None:
        """Try nothing more. What is under way is taken back; where a try was waited for, the last response stands."""
        self._stopped = True
        if self._alarm is None:
            self._exchange.cancel(headers)
        elif self._refused is not None:
            self.forget()
            self.client.on_response(self._exchange, self._refused)

    def forget(self) -> None:
        """Do not even wait any longer."""
        self._stopped = True
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self.agent.waiting.pop(self, None)

    def end_within(self, seconds: float) -> None:
        """Wait no longer than this for the outcome of the try that is under way."""
        self._exchange.end_within(seconds)

    # What arrives

    def on_response(self, exchange: Exchange, response: Response) -> None:
        if response.status < 300 or not self.go_on(exchange, response):
            self.client.on_response(exchange, response)

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        if not self.go_on(exchange, None):
            self.client.on_failure(exchange, reason)

    def go_on(self, exchange: Exchange, response: Response | None) -> bool:
        """Make the next try, or wait for its time; false where there is none."""
        if self._stopped:
            return False
        self._exchange = exchange
        step = self.tries.next(exchange.request, response)
        if step is None:
            self._note(self.tries.why_not and f"no more tries: {self.tries.why_not}")
            return False
        if step.wait:
            self._refused = response
            self.agent.waiting[self] = None
            self._alarm = self.agent.alarm("Retry-After", step.wait, self._resume, step)
        else:
            self._send(step)
        return True

    def _resume(self, step: Step) -> None:
        self._alarm = None
        self.agent.waiting.pop(self, None)
        digest = self.agent.digest
        self._send(step if digest is None else step._replace(request=digest.prepare(step.request)))

    def _send(self, step: Step) -> None:
        """The request with a CSeq and a branch of its own, to the server that asked for it or to where it leads."""
        agent, request = self.agent, step.request
        number = self.client.next_number(request)
        request = with_via(request.with_header("CSeq", f"{number} {request.method}"), agent.new_via())
        trace = agent.trace
        before = trace.current
        trace.current = self._note(f"{request.method} again, {step.why}") or before
        self._exchange = agent.send_again(request, leads_to(request) if step.elsewhere else self._exchange.remote, self)
        trace.current = before

    def _note(self, text: str) -> int:
        """Record a decision, if there was one to be made."""
        return self.agent.trace.add("retry", self.agent.env.now, self.agent.name, text=text) if text else 0


def leads_to(request: Request) -> Uri:
    """The URI of a request's next hop: its first Route, else the Request-URI (§8.1.2)."""
    first = request.routes[0].uri if "route" in request.names else request.uri
    return first if is_loose(first) else request.uri
