"""The clock of a panel: the run in real time that everything clicked goes into, with pause, step, speed and stop.

In which thread and on which loop a widget's callback runs differs between versions of ipykernel. So a callback
only hands something over; it is carried out in the thread of the loop that the panel was opened on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import isfinite
from typing import Any

from sipsim.errors import UsageError
from sipsim.lab.lab import Lab
from sipsim.live.driver import Run
from sipsim.trace.trace import Trace

SLICE = 200
"""Events that are run in a row while the clock hurries; then others get their turn."""

PERIOD = 0.1
"""Seconds between two looks at what changed: a picture is redrawn at most ten times a second."""


class Clock:
    """A lab's run, begun here unless one is given; `state` and `now` are its own.

    `on_look` is called in the loop's thread, at most every `PERIOD` seconds: again and again while the clock goes,
    and once after each `look_soon()`. UsageError where no loop runs: outside of a notebook there is no panel.
    """

    def __init__(self, lab: Lab, speed: float, run: Run[Trace] | None, on_look: Callable[[], object]) -> None:
        self.lab = lab
        self.speed = speed
        self._on_look = on_look
        self._looks = True
        self._pending: asyncio.TimerHandle | None = None
        self._enough: Callable[[], bool] | None = None
        try:
            self.loop = asyncio.get_running_loop()
        except RuntimeError:
            hint = "lab.run(story) needs none"
            raise UsageError(f"panel(): no event loop runs here; open the panel in a notebook ({hint})") from None
        self._take(run or lab.start(speed=speed))
        if self.run.speed != speed:
            self.set_speed(speed)

    @property
    def state(self) -> str:
        """As of a `Run`: "running", "paused", "stopped", "finished" or "failed"."""
        return self.run.state

    @property
    def over(self) -> bool:
        return self.state not in ("running", "paused")

    # From any thread

    def hand_over(self, fn: Callable[..., object], *args: Any) -> None:
        """Call `fn(*args)` in the loop's thread, outside of the run: for what starts, pauses or stops it."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(fn, *args)

    def call(self, fn: Callable[..., object], *args: Any) -> None:
        """Call `fn(*args)` at the run's present instant; UsageError when the run is over."""
        self.run.call(fn, *args)

    # In the loop's thread

    def pause(self) -> None:
        """Let the clock stand."""
        self._enough = None
        self.run.pause()
        self.look_soon()

    def start(self) -> None:
        """Let the clock go again, with a new run where the old one is over."""
        self._enough = None
        if self.over:
            self._take(self.lab.start(speed=self.speed))
        else:
            self.run.resume()

    def step(self) -> None:
        """Go on to the next thing that leaves a record, and stand."""
        before = len(self.lab.trace)
        self._hurry(lambda: len(self.lab.trace) > before)

    def next_message(self) -> None:
        """Go on until a message is sent, arrives or is lost, and stand; at the latest when nothing is on its way."""
        before = self._moves
        self._hurry(lambda: self._moves != before or self._quiet)

    def until_quiet(self) -> None:
        """Go on until nothing is on its way and no timer would send anything, and stand."""
        self._hurry(lambda: self._quiet)

    @property
    def hurries(self) -> bool:
        """Whether it goes on to something, and will stand then."""
        return self._enough is not None

    def stop(self) -> None:
        """End the run; whoever awaits it gets the trace."""
        self._enough = None
        self.run.stop()

    def set_speed(self, speed: float) -> None:
        """Simulated seconds a second, from now on; UsageError for a number that is not above 0."""
        if not (speed > 0 and isfinite(speed)):
            raise UsageError(f"speed={speed!r}: simulated seconds a second, a finite number above 0")
        self.speed = speed
        was_running = self.state == "running"
        self.run.pause()
        self.run.speed = speed
        if was_running:
            self.run.resume()

    def look_soon(self, cost: float = 0.0) -> None:
        """Have `on_look` called; the later, the more seconds the last look took, so that others get their turn."""
        if self._looks and self._pending is None and not self.loop.is_closed():
            self._pending = self.loop.call_later(max(PERIOD, 4 * cost), self._look)

    def let_go(self) -> Run[Trace]:
        """Look no more; gives the run, which goes on."""
        self._looks = False
        if self._pending is not None:
            self._pending.cancel()
        return self.run

    @property
    def _moves(self) -> int:
        counts = self.lab.trace.counts
        return counts["sent"] + counts["delivered"] + counts["lost"]

    @property
    def _quiet(self) -> bool:
        return self.lab.env.quiet and not getattr(self.lab.network, "in_flight", 0)

    def _hurry(self, enough: Callable[[], bool]) -> None:
        """Go on until it is enough: in memory as fast as possible, on sockets as fast as they are."""
        if self.over:
            self._take(self.lab.start(speed=self.speed))
        self._enough = enough
        if self.lab.network.live:
            self.run.resume()
            self.loop.call_soon(self._watch, enough)
        else:
            self.run.pause()
            self.loop.call_soon(self._rush, enough)

    def _rush(self, enough: Callable[[], bool]) -> None:
        """Run some events of a clock that stands; the rest when others had their turn."""
        for _ in range(SLICE):
            if self._enough is not enough:
                return
            if not self.run.step() or enough():
                self._enough = None
                break
        else:
            self.loop.call_soon(self._rush, enough)
        self.look_soon()

    def _watch(self, enough: Callable[[], bool]) -> None:
        if self._enough is enough and (self.state != "running" or enough()):
            self.pause()
        elif self._enough is enough:
            self.loop.call_later(0.005, self._watch, enough)

    def _take(self, run: Run[Trace]) -> None:
        self.run = run
        run.on_change.append(lambda _: self.look_soon())
        self.look_soon()

    def _look(self) -> None:
        self._pending = None
        began = self.loop.time()
        self._on_look()
        if self.state == "running":
            self.look_soon(self.loop.time() - began)
