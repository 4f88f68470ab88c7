"""A 100 to a request other than INVITE, but only when its client has slowed down (RFC 4320 §4.1)."""

from __future__ import annotations

from collections import deque

from sipsim.elements.element import Element
from sipsim.elements.exchange import Exchange
from sipsim.message import build


class SlowAnswers:
    """The requests that a proxy has sent on, oldest first, and one timer for the oldest that is still open.

    Nearly all are answered long before their time, so there is no timer for each.
    """

    def __init__(self, server: Element) -> None:
        self._server = server
        self._after = server.timing.trying_after
        self._waiting: deque[tuple[float, Exchange, int]] = deque()
        self._armed = False

    def expect(self, exchange: Exchange) -> None:
        """A request that came now, for the reason that there is now, and was sent on."""
        server = self._server
        self._waiting.append((server.env.now + self._after, exchange, server.trace.current))
        if not self._armed:
            self._armed = True
            server.env.call_later(self._after, self._look, lingering=True)

    def _look(self) -> None:
        """Answer what is due, and wait for the next that is open."""
        waiting, env = self._waiting, self._server.env
        while waiting:
            due, exchange, cause = waiting[0]
            if self._is_open(exchange):
                left = round(due - env.now, 6)
                if left > 0:
                    env.call_later(left, self._look, lingering=True)
                    return
                self._answer(exchange, cause)
            waiting.popleft()
        self._armed = False

    def _is_open(self, exchange: Exchange) -> bool:
        return exchange.state == "trying" and self._server.servers.get(exchange.key) is exchange

    def _answer(self, exchange: Exchange, cause: int) -> None:
        trace = self._server.trace
        trace.current = cause
        exchange.respond(build.reply(exchange.request, 100))
        trace.current = 0
