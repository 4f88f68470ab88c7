"""Provisional responses that are repeated until their PRACK comes, one after the other (RFC 3262 §3)."""

from __future__ import annotations

from collections.abc import Callable

from sipsim.elements.alarm import Alarms
from sipsim.elements.element import Element
from sipsim.elements.exchange import Exchange
from sipsim.message.message import Request, Response
from sipsim.protocol.reliable import acknowledges, first_number, numbered


class ReliableRinging:
    """Those of one INVITE. The next one is sent when the last is acknowledged.

    Each is repeated after T1, doubling, without a limit of T2, over any transport; after 64*T1 `unheard()` is called.
    """

    def __init__(self, agent: Element, exchange: Exchange, unheard: Callable[[], object]) -> None:
        self._agent = agent
        self._exchange = exchange
        self._unheard = unheard
        self._number = 0
        self._open: Response | None = None
        self._waiting: list[Response] = []
        self._alarms = Alarms(agent)

    @property
    def holds_back(self) -> bool:
        """Whether a 2xx has to wait: a description has not been acknowledged yet (§3)."""
        return any(response.body for response in (self._open, *self._waiting) if response is not None)

    def say(self, response: Response) -> None:
        """Send a provisional response, now or when those before it have arrived."""
        if self._open is not None:
            self._waiting.append(response)
            return
        agent, t1 = self._agent, self._agent.timing.t1
        dice = agent.bench.streams.get(f"RSeq/{agent.name}").random
        self._number = self._number + 1 if self._number else first_number(dice)
        self._open = numbered(response, self._number)
        self._exchange.respond(self._open)
        self._alarms.set("repeat 1xx", t1, self._repeat, t1)
        self._alarms.set("wait for PRACK", agent.timing.limit, self._give_up)

    def acknowledged(self, prack: Request) -> Response | None:
        """The response that a PRACK is for, which is not repeated any more; None where it is for none that waits."""
        said = self._open
        if said is None or not acknowledges(prack, said):
            return None
        self.stop()
        self._open = None
        return said

    def go_on(self) -> None:
        """Send the next one, where there is one."""
        if self._waiting and self._open is None:
            self.say(self._waiting.pop(0))

    def stop(self) -> None:
        """Repeat nothing any more: the INVITE has its final response. A PRACK that is late is known all the same."""
        self._alarms.stop_all()

    def _repeat(self, interval: float) -> None:
        assert self._open is not None
        self._exchange.respond(self._open)
        self._alarms.set("repeat 1xx", 2 * interval, self._repeat, 2 * interval)

    def _give_up(self) -> None:
        self.stop()
        self._unheard()
