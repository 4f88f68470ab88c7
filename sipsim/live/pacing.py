"""Pacing: runs an environment's events on an asyncio loop when their time has come by the wall clock.

SimPy's kernel says with `peek()` when the next event is due, and runs it with `step()`. So one pending sleep
is enough, until that instant; whatever arrives from outside cuts it short. Nothing blocks the loop: in a
notebook it is the kernel's own, and a busy environment gives it back after a few milliseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sipsim.simulation.environment import Environment

STEPS_A_TURN = 200  # events that may run before the loop gets its turn,
SECONDS_A_TURN = 0.005  # and how long they may take together
HEARTBEAT = 0.05  # longest sleep: finds what a cell starts on an element directly, past the driver


class Clock:
    """Which instant of an environment belongs to which of a loop; they start at the present of both."""

    def __init__(self, env: Environment, loop: asyncio.AbstractEventLoop, speed: float) -> None:
        self._time, self._speed = loop.time, speed
        self._wall, self._instant = loop.time(), env.now

    def present(self) -> float:
        """What the environment's clock should show now, in whole microseconds as all its instants are."""
        return round(self._instant + (self._time() - self._wall) * self._speed, 6)

    def wall(self, instant: float) -> float:
        """When that instant comes, in the loop's time."""
        return self._wall + (instant - self._instant) / self._speed


class Pacer:
    """Keeps an environment in step with the wall clock, from `go` to `stand`, in the loop's thread.

    `ends_at()` is asked after every event for the loop time at which to call `finish()`, infinity while that
    can't be said. An exception that leaves an event goes to `on_error`, and the next event is run. `busy` is
    true inside an event; `halt` lets the event at hand end and runs no other. `worst_lag` is the longest
    that an event was late, in seconds of wall time.
    """

    def __init__(
        self, env: Environment, ends_at: Callable[[], float], finish: Callable[[], None],
        on_error: Callable[[Exception], object],
    ) -> None:  # fmt: skip
        self.env = env
        self.worst_lag = 0.0
        self.busy = self.halt = self.going = False
        self._ends_at, self._finish, self._on_error = ends_at, finish, on_error

    def go(self, loop: asyncio.AbstractEventLoop, speed: float) -> None:
        """Let the clock go on from `env.now`, `speed` simulated seconds a second."""
        self._loop, self._clock = loop, Clock(self.env, loop, speed)
        self._sleep = loop.call_at(loop.time(), self.pump)
        self.going = True

    def stand(self) -> None:
        """Let the clock stand where it is."""
        if self.going:
            self._sleep.cancel()
            self.going = False

    def inject(self, fn: Callable[..., object], *args: Any) -> None:
        """Something arrives from outside: call `fn(*args)` at the present instant, then run what is due.

        It comes before the events that are overdue: a datagram that waited while the loop was kept busy
        elsewhere is seen before the timers that ran out meanwhile.
        """
        self.advance()
        self.guarded(fn, *args)
        self.pump()

    def call(self, fn: Callable[..., object], *args: Any) -> None:
        """Somebody clicks: as `inject`, but after all that is due at the same instant, as a script would do it."""
        self.run_due()
        self.advance()
        self.settle()
        self.guarded(fn, *args)
        self.pump()

    def settle(self) -> None:
        """Run what is due at the instant at which the clock stands."""
        self.busy = True
        try:
            for _ in range(STEPS_A_TURN):
                if self.halt or self.env.peek() > self.env.now:
                    break
                self.guarded(self.env.step)
        finally:
            self.busy = False

    def advance(self) -> None:
        """Bring `env.now` up to the present, or to the next event where that is overdue."""
        instant = min(self._clock.present(), self.env.peek())
        if instant > self.env.now:
            self.env.advance_to(instant)

    def pump(self) -> None:
        """Run what is due; then finish, or sleep until there is more."""
        if not self.going:
            return
        self._sleep.cancel()
        if not self._over():
            self.run_due()
        if self._over():
            self._finish()
        else:
            self.advance()
            self._doze()

    def run_due(self) -> None:
        """Run the events that are due: all of them, or as many as one turn of the loop may take."""
        env, time, present = self.env, self._loop.time, self._clock.present()
        if env.peek() > present:
            return
        turn_ends = time() + SECONDS_A_TURN
        self.worst_lag = max(self.worst_lag, time() - self._clock.wall(env.peek()))
        self.busy = True
        try:
            for _ in range(STEPS_A_TURN):
                self.guarded(env.step)
                if self.halt or env.peek() > present or time() > turn_ends or self._over():
                    break
        finally:
            self.busy = False

    def guarded(self, fn: Callable[..., object], *args: Any) -> None:
        """Call `fn(*args)`; an exception goes to `on_error`."""
        try:
            fn(*args)
        except Exception as error:
            self._on_error(error)

    def _over(self) -> bool:
        return self._loop.time() >= self._ends_at()

    def _doze(self) -> None:
        """Sleep until the next event. A timer, even when it is due already: the loop reads sockets before those."""
        wake = min(self._clock.wall(self.env.peek()), self._loop.time() + HEARTBEAT, self._ends_at())
        self._sleep = self._loop.call_at(wake, self.pump)
