"""A response context: the branches of one forwarded request, and which response goes upstream (RFC 3261 §16.7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from sipsim.elements.alarm import Alarm
from sipsim.elements.exchange import Exchange, Host, TransactionUser
from sipsim.message import build
from sipsim.message.message import Request, Response
from sipsim.message.uri import Uri
from sipsim.protocol import routing
from sipsim.simulation.environment import Timer
from sipsim.simulation.network import Hop
from sipsim.simulation.streams import Identifiers

TIMER_C = 181.0
"""Seconds that an INVITE may stay unanswered after a provisional response: more than three minutes (§16.6 item 11)."""


class Forwarder(Host, Protocol):
    """What a response context needs of the proxy that it works for."""

    identifiers: Identifiers

    def request(self, request: Request, hop: Uri | Hop, user: TransactionUser) -> Exchange:
        """Send a request to the servers of its next hop, one after another until one takes it."""
        ...

    def reply(self, exchange: Exchange, status: int) -> None:
        """Answer with a final response of the proxy's own making."""

    def alarm(self, name: str, delay: float, fn: Callable[..., object], *args: Any) -> Alarm | Timer:
        """Set a timer of the proxy's own."""
        ...


class ResponseContext:
    """The branches of one forwarded request, and what they brought so far (§16.7)."""

    def __init__(self, proxy: Forwarder, server: Exchange) -> None:
        self.proxy = proxy
        self.server = server
        self.invite = server.request.method == "INVITE"
        self._pending: dict[Exchange, Alarm | Timer | None] = {}
        self._finals: list[Response] = []
        self._answered = False

    def start(self, branches: list[tuple[Request, Uri]]) -> None:
        """Send a copy along each branch to its next hop."""
        for copy, hop in branches:
            exchange = self.proxy.request(copy, hop, self)
            self._pending[exchange] = self._timer_c(exchange)

    def on_response(self, exchange: Exchange, response: Response) -> None:
        status = response.status
        if status < 200:
            self._on_provisional(exchange, response)
            return
        self._close(exchange)
        if status < 300:
            self._on_success(response)
            return
        self._finals.append(response)
        if status >= 600:
            self.cancel_pending()
        self._conclude()

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        """A branch without a final response counts as 408, or as 503 where its target can't be reached (§16.9)."""
        self._close(exchange)
        status = 408 if reason == "timeout" else 503
        tag = self.proxy.identifiers.tag(self.proxy.name)
        self._finals.append(build.reply(exchange.request, status, to_tag=tag))
        self._conclude()

    def forget(self) -> None:
        """Stop every Timer C."""
        for alarm in self._pending.values():
            if alarm is not None:
                alarm.cancel()
        self._pending.clear()

    def cancel_pending(self) -> None:
        """CANCEL each branch that has brought no final response (§16.10)."""
        for exchange in self._pending:
            exchange.cancel()

    def _on_provisional(self, exchange: Exchange, response: Response) -> None:
        if response.status == 100:
            return
        alarm = self._pending.get(exchange)
        if alarm is not None:
            alarm.cancel()
            self._pending[exchange] = self._timer_c(exchange)
        if not self._answered:
            self.server.respond(response.without_first("Via"))

    def _on_success(self, response: Response) -> None:
        """Every 2xx to INVITE goes upstream, and ends the search (§16.7 items 5 and 10)."""
        if self.invite or not self._answered:
            self._answered = True
            self.server.respond(response.without_first("Via"))
        if self.invite:
            self.cancel_pending()

    def _conclude(self) -> None:
        """When all branches have ended without success, the best response goes upstream (§16.7 item 6)."""
        if self._pending or self._answered:
            return
        self._answered = True
        best = routing.best_response(self._finals)
        if best.status == 503:
            self.proxy.reply(self.server, 500)  # our callee's overload is not ours (§16.7 item 6)
        else:
            self.server.respond(best.without_first("Via"))

    def _timer_c(self, exchange: Exchange) -> Alarm | Timer | None:
        return self.proxy.alarm("C", TIMER_C, self._give_up, exchange) if self.invite else None

    def _give_up(self, exchange: Exchange) -> None:
        """Timer C: CANCEL a branch that only rang; one that never said a word counts as timed out (§16.8)."""
        if exchange.state == "proceeding":
            exchange.cancel()
        else:
            self.on_failure(exchange, "timeout")

    def _close(self, exchange: Exchange) -> None:
        alarm = self._pending.pop(exchange, None)
        if alarm is not None:
            alarm.cancel()
