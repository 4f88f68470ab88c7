"""A response context: the branches of one forwarded request, and which response goes upstream (RFC 3261 §16.7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sipsim.elements.alarm import Alarm
from sipsim.elements.exchange import Exchange
from sipsim.elements.failover import LEFT_ALONE
from sipsim.errors import SipParseError
from sipsim.message import build
from sipsim.message.message import Request, Response
from sipsim.message.uri import Uri
from sipsim.protocol.best_response import best_response
from sipsim.protocol.inspection import Fields
from sipsim.protocol.timing import TIMER_C
from sipsim.simulation.environment import Timer

if TYPE_CHECKING:
    from sipsim.elements.servers.proxy import Proxy
    from sipsim.elements.servers.target_search import TargetSearch

MOST_VISITS = 20
"""How often a request may spiral back to a proxy that searches one after another: Max-Breadth does not bound that."""

MOST_RETURNS = 3 * MOST_VISITS
"""How often it may come back, served or refused, before no other target of it is asked; a limit of ours."""

Branch = tuple[Request, Uri]
"""A copy of the request and the hop that it goes to."""

ELSEWHERE: Fields = (("Reason", 'SIP;cause=200;text="Call completed elsewhere"'),)
"""What phones are told that ring in vain (RFC 3326 §3.1)."""


class ResponseContext:
    """The branches of one forwarded request, and what they brought so far.

    `search` knows of targets that are not asked yet; without one all are. `cancelled` says that the caller has taken
    the request back. Where the request has come back by itself, `first` is the context of its first visit, which counts
    the later `visits`.
    """

    __slots__ = (
        "_answered", "_early", "_finals", "_given_up", "_pending", "_rang", "_refused", "_tag",
        "cancelled", "first", "invite", "proxy", "search", "server", "visits",
    )  # fmt: skip

    def __init__(self, proxy: Proxy, server: Exchange, first: ResponseContext | None = None) -> None:
        self.proxy = proxy
        self.first = first
        self.server = server
        self.invite = server.request.method == "INVITE"
        self.search: TargetSearch | None = None
        self.cancelled = False
        self.visits = 0
        self._pending: dict[Exchange, Alarm | Timer | None] = {}
        self._rang: dict[Exchange, float] | None = None
        self._given_up: tuple[Exchange, ...] = ()
        self._finals: list[Response] = []
        self._answered = self._refused = False
        self._tag = ""
        self._early: dict[Exchange, dict[str, None]] | None = None  # tags of early dialogs, where their ends are told
        if self.invite and proxy.sends_199 and "199" in server.request.supported:
            self._early = {}

    @property
    def tag(self) -> str:
        """The To tag of responses that the proxy makes by itself."""
        self._tag = self._tag or self.proxy.identifiers.tag(self.proxy.name)
        return self._tag

    @property
    def is_lost(self) -> bool:
        """Whether it comes back so often, or finds so many loops, that other targets would be no better."""
        loops = sum(response.status == 482 for response in self._finals)
        return loops > MOST_VISITS or (self.first or self).visits > MOST_RETURNS

    def start(self, branches: Iterable[Branch]) -> None:
        """Send a copy along each branch to its next hop."""
        for copy, hop in branches:
            exchange = self.proxy.request(copy, hop, self)
            self._pending[exchange] = self._timer_c(exchange, TIMER_C)

    def on_response(self, exchange: Exchange, response: Response) -> None:
        status = response.status
        if response.names.count("via") < 2 and len(response.vias) < 2:  # it is for nobody but us (§16.7 item 3)
            raise SipParseError("no Via but the proxy's own")
        if status < 200:
            self._on_provisional(exchange, response)
        elif status < 300:
            self._close(exchange)
            self._on_success(response)
        else:
            if status < 400 and self.proxy.reads_redirects:
                _ = response.contacts  # before anything changes: what can't be read is a failure of this branch
            if self._close(exchange):
                self._on_refusal(exchange, response)

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        """A branch without a final response counts as one that was refused.

        With 408 when it was too late, 503 where its target can't be reached (§16.9), 502 when its answer can't be read.
        """
        if self._close(exchange):
            late = self.proxy.late_status or (408 if self.proxy.relay_to is None else 504)
            self._conclude_with(exchange, {"timeout": late, "transport error": 503, LEFT_ALONE: 503}.get(reason, 502))

    def give_up(self) -> None:
        """Take the request back from targets that did not answer in time; those that never said a word have failed."""
        self._given_up += tuple(self._pending)
        for exchange in list(self._pending):
            silent = exchange.state == "calling"
            exchange.cancel()
            if silent and self._close(exchange):
                self._conclude_with(exchange, 408)

    def cancel(self) -> None:
        """The caller has taken the INVITE back (§16.10)."""
        self.cancelled = True
        self._end_search()

    def forget(self) -> None:
        """Stop every timer."""
        if self.search is not None:
            self.search.stop()
        for alarm in self._pending.values():
            if alarm is not None:
                alarm.cancel()
        self._pending.clear()

    def _end_search(self, because: Fields = ()) -> None:
        """CANCEL each branch that has brought no final response, and begin no other."""
        if self.search is not None:
            self.search.stop()
        if self.invite:
            for exchange in list(self._pending):
                exchange.cancel(because)

    def _on_provisional(self, exchange: Exchange, response: Response) -> None:
        if response.status == 100:
            return
        if exchange in self._pending:
            if self._rang is None:
                self._rang = {}
            self._rang[exchange] = self.proxy.env.now
        if not self._answered:
            if self._early is not None and response.to_tag:
                rang = self._early.setdefault(exchange, {})
                rang[response.to_tag] = None
                if response.status == 199:  # the phone has told by itself
                    del rang[response.to_tag]
            self.server.respond(self.proxy.upstream(response))

    def _tell_of_the_end(self, exchange: Exchange, status: int) -> None:
        """Say by 199 that the early dialogs of a branch are no more (RFC 6228 §6)."""
        for tag in (self._early or {}).pop(exchange, ()):
            because = (("Reason", f"SIP;cause={status}"),)
            self.server.respond(build.reply(self.server.request, 199, to_tag=tag, headers=because))

    def _on_success(self, response: Response) -> None:
        """Every 2xx to INVITE goes upstream, and ends the search (§16.7 items 5 and 10)."""
        if self._refused and self.invite:  # the server transaction is past it, yet it has to go there
            self.proxy.send(self.proxy.upstream(response), self.server.remote)
        elif self.invite or not self._answered:
            self._answered = True
            self.server.respond(self.proxy.upstream(response))
        if self._pending or self.search is not None:
            self._end_search(ELSEWHERE)

    def _on_refusal(self, exchange: Exchange, response: Response) -> None:
        if response.status == 487 and exchange in self._given_up and not self.cancelled:
            self._conclude_with(exchange, 408)  # it was us who ran out of patience, not the caller
            return
        if self._early and self._pending and not self._answered:
            self._tell_of_the_end(exchange, response.status)
        left: Response | None = response
        if response.status >= 600:
            self._end_search()
        elif response.status < 400 and self.search is not None:
            left = self.search.redirected(exchange, response)
        elif response.status == 408 and not self.invite:
            left = None  # it would come too late (RFC 4320 §4.2)
        if left is not None:
            self._finals.append(left)
        self._conclude()

    def _conclude_with(self, exchange: Exchange, status: int) -> None:
        """Count a final response that this branch did not bring."""
        if status != 408 or self.invite:
            self._finals.append(build.reply(exchange.request, status, to_tag=self.tag))
        self._conclude()

    def _conclude(self) -> None:
        """When all branches have ended without success, the best response goes upstream (§16.7 item 6)."""
        if self._pending or self._answered or (self.search is not None and self.search.go_on(self._finals)):
            return
        self._answered = self._refused = True
        if not self._finals:
            self.proxy.ignored("no answer in time, and none is given", "RFC 4320 §4.2")
            self.proxy.forget(self.server)
            return
        best = best_response(self._finals, cancelled=self.cancelled)
        if best.status == 503:
            self.proxy.reply(self.server, 500, tag=self.tag)  # our callee's overload is not ours (§16.7 item 6)
        else:
            self.server.respond(self.proxy.upstream(best))

    def _timer_c(self, exchange: Exchange, delay: float) -> Alarm | Timer | None:
        return self.proxy.alarm("C", delay, self._on_timer_c, exchange) if self.invite else None

    def _on_timer_c(self, exchange: Exchange) -> None:
        """CANCEL a branch that only rang; one that never said a word counts as timed out (§16.8).

        What rang meanwhile has its time from then on.
        """
        left = round((self._rang or {}).get(exchange, 0.0) + TIMER_C - self.proxy.env.now, 6)  # as exact as the clock
        if left > 0:
            self._pending[exchange] = self._timer_c(exchange, left)
        elif exchange.state == "proceeding":
            exchange.cancel()
        else:
            self.on_failure(exchange, "timeout")

    def _close(self, exchange: Exchange) -> bool:
        """Note that a branch has ended; false where it had before."""
        if exchange not in self._pending:
            return False
        alarm = self._pending.pop(exchange)
        if self._rang is not None:
            self._rang.pop(exchange, None)
        if alarm is not None:
            alarm.cancel()
        return True
