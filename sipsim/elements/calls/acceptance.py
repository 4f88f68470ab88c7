"""A 2xx to an INVITE, repeated end to end until its ACK comes (RFC 3261 §13.3.1.4)."""

from __future__ import annotations

from collections.abc import Callable

from sipsim.elements.element import Element
from sipsim.elements.exchange import Exchange
from sipsim.message.message import Request, Response


class Acceptance:
    """From `start()` on it is sent, and again after T1, doubling up to T2, over any transport: only its ACK ends that.

    `acknowledged(ack)` is called when the ACK comes, `unheard()` when 64*T1 have passed without one.
    """

    __slots__ = ("_acknowledged", "_agent", "_exchange", "_limit", "_next", "_ok", "_unheard", "number", "waits")

    def __init__(
        self, agent: Element, exchange: Exchange, ok: Response,
        acknowledged: Callable[[Request], object], unheard: Callable[[], object],
    ) -> None:  # fmt: skip
        self.number = exchange.request.cseq.number
        self._agent = agent
        self._exchange = exchange
        self._ok = ok
        self._acknowledged = acknowledged
        self._unheard = unheard
        self.waits = True
        """Whether the ACK is still to come."""

    def start(self) -> None:
        """Send it for the first time."""
        agent, t1 = self._agent, self._agent.timing.t1
        self._exchange.respond(self._ok)
        self._next = agent.alarm("repeat 200", t1, self._repeat, t1)
        self._limit = agent.alarm("wait for ACK", agent.timing.limit, self._give_up)

    def on_ack(self, ack: Request) -> None:
        """An ACK in the dialog: the one for this INVITE has its CSeq number."""
        if self.waits and ack.cseq.number == self.number:
            acknowledged = self._acknowledged
            self.stop()
            acknowledged(ack)

    def stop(self) -> None:
        """Neither repeat it any more nor wait for its ACK."""
        if self.waits:
            self.waits = False
            self._next.cancel()
            self._limit.cancel()
            # These are the call's, and ours, which would keep each other in memory.
            del self._acknowledged, self._unheard, self._next, self._limit

    def _repeat(self, interval: float) -> None:
        interval = min(2 * interval, self._agent.timing.t2)
        self._exchange.respond(self._ok)
        self._next = self._agent.alarm("repeat 200", interval, self._repeat, interval)

    def _give_up(self) -> None:
        unheard = self._unheard
        self.stop()
        unheard()
