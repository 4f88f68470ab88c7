"""The clock: SimPy's environment, with timers that can be stopped and calls that cost one heap entry.

SimPy's queue is left as it is. Beside it stands an agenda (see `timers`) with what sipsim itself has to do:
packets on their way and protocol timers. `step` takes whatever is due first. Both are numbered by one
counter, so of two things due at one instant the one that was started first comes first; what SimPy itself
schedules as urgent goes before.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from math import inf
from typing import Any

import simpy
from simpy.events import NORMAL, Event, EventPriority

from sipsim.errors import UsageError
from sipsim.simulation.timers import Agenda, Lane, OddTimer, OddTimers, Timer

__all__ = ["Environment", "Timer"]

MOST_LANES = 32
ASKED_OFTEN = 3  # a duration gets a lane when it is asked for the third time ...
REMEMBERED = 1000  # ... while no more than so many other durations were
FAR = 1e9  # seconds, beyond which a float has no whole microseconds worth rounding to

_new = object.__new__
_simpy_step = simpy.Environment.step


class Environment(simpy.Environment):
    """SimPy's environment with timers that can be stopped; processes, resources and `run(until=...)` are
    SimPy's own.

    Instants are whole microseconds (0.1 + 0.2 is 0.3 here), so that equal times are equal. A *lingering*
    timer is one that nobody waits for: it keeps a finished transaction or a binding in memory for a while.
    """

    __slots__ = ("_now",)  # so that `now` may be a slot, read at once; SimPy's is a property

    def __init__(self, initial_time: float = 0.0) -> None:
        super().__init__(round(float(initial_time), 6))
        for name in ("process", "timeout", "event", "all_of", "any_of"):
            setattr(self, name, getattr(self, name))  # bound early, as SimPy does for its own class
        self._agenda = Agenda()
        self._odd = OddTimers(self._agenda)
        self._lanes: dict[float, Lane] = {}
        self._lingering_lanes: dict[float, Lane] = {}
        self._asked: dict[tuple[float, bool], int] = {}
        self._busy_until = -inf  # a posted call that somebody waits for is known to be pending until then

    def call_later(self, delay: float, fn: Callable[..., object], *args: Any, lingering: bool = False) -> Timer:
        """Call `fn(*args)` in `delay` seconds, unless the timer that is returned is cancelled before.

        `UsageError` when the delay is negative or no number.
        """
        lane = (self._lingering_lanes if lingering else self._lanes).get(delay)
        if lane is None:
            return self._seldom(delay, fn, args, lingering)
        timer = _new(Timer)
        timer.when = when = ((self._now + delay) * 1e6 + 0.5) // 1 / 1e6  # what round(..., 6) gives, but faster
        timer.order = order = next(self._eid)
        timer.home = lane
        timer.fn = fn
        timer.args = args
        if not lane.armed:
            lane.armed = True
            heappush(self._agenda, (when, NORMAL, order, None, lane))
        lane.append(timer)
        return timer

    def post(self, delay: float, fn: Callable[[Any], object], arg: Any) -> None:
        """Call `fn(arg)` in `delay` seconds (finite, not negative), come what may: for packets on their way."""
        when = ((self._now + delay) * 1e6 + 0.5) // 1 / 1e6
        heappush(self._agenda, (when, NORMAL, next(self._eid), fn, arg))

    def schedule(self, event: Event, priority: EventPriority = NORMAL, delay: float = 0) -> None:
        """As SimPy's, on whole microseconds."""
        when = self._now
        if delay:
            when += delay
            if when < FAR:
                when = (when * 1e6 + 0.5) // 1 / 1e6
        heappush(self._queue, (when, priority, next(self._eid), event))

    def peek(self) -> float:
        """The instant of what is due next; infinity when there is nothing. Stopped timers don't count."""
        agenda = self._agenda
        while agenda and not agenda.ready():
            pass
        return min(agenda[0][0] if agenda else inf, super().peek())

    def step(self) -> None:
        """Do what is due next: a posted call, a timer, or a SimPy event with its callbacks."""
        agenda, queue = self._agenda, self._queue
        while agenda and not (queue and queue[0] < agenda[0]):
            when, _, order, fn, source = agenda[0]
            if fn is not None:
                heappop(agenda)
                self._now = when
                fn(source)
                return
            timer = source.take(order, agenda)
            if timer is not None:
                self._now = when
                fn, args = timer.fn, timer.args
                timer.fn = timer.args = None
                fn(*args)
                return
        _simpy_step(self)

    def advance_to(self, time: float) -> None:
        """Set the clock forward, for a driver that follows the wall clock.

        `UsageError` when something is due before.
        """
        due = self.peek()
        if due < time:
            raise UsageError(f"time={time}: something is due before, at {due} s; step() does it")
        self._now = max(self._now, round(time, 6))

    @property
    def quiet(self) -> bool:
        """Whether nothing is pending but lingering timers: no SimPy event, no posted call, no other timer.

        A posted call does not count where its argument says that it lingers: media on their way.
        """
        if self._queue or self._busy_until > self._now:
            return False
        for when, _, _, fn, source in self._agenda:
            if fn is None:
                if not source.lingering and source.head():
                    return False
            elif not getattr(source, "lingering", False):
                self._busy_until = when
                return False
        return True

    def run_until_quiet(self, until: float = inf, event: Event | None = None) -> bool:
        """Run until it is quiet or `event` has happened, and say so; false when the time `until` comes first.

        What is due at `until` itself is still done.
        """
        agenda, queue = self._agenda, self._queue
        while event is None or event.callbacks is not None:
            if not queue and (not agenda or agenda[0][3] is None) and self.quiet:
                return True
            if until != inf and self.peek() > until:
                return False
            if not queue and agenda[0][3] is not None:  # what `step` would do, and most of what there is to do
                self._now, _, _, fn, arg = heappop(agenda)
                fn(arg)
            else:
                self.step()
        return True

    @property
    def latest_lingering(self) -> float | None:
        """The instant of the last lingering timer, None when there is none."""
        last = [entry[4].tail() for entry in self._agenda if entry[3] is None and entry[4].lingering]
        return max((timer.when for timer in last if timer is not None), default=None)

    @property
    def entries(self) -> int:
        """How many entries stand in all queues together, stopped timers included."""
        lanes = [*self._lanes.values(), *self._lingering_lanes.values()]
        return len(self._queue) + len(self._agenda) + sum(map(len, lanes))

    def _seldom(self, delay: float, fn: Callable[..., object], args: Any, lingering: bool) -> Timer:
        """Start a timer of a duration that has no lane, but may get one now."""
        if not 0 <= delay < FAR:
            raise UsageError(f"delay={delay!r}: 0 or more seconds, less than {FAR:g}")
        if self._earns_lane(delay, lingering):
            (self._lingering_lanes if lingering else self._lanes)[delay] = Lane(lingering)
            return self.call_later(delay, fn, *args, lingering=lingering)
        timer = _new(OddTimer)
        timer.when, timer.order = round(self._now + delay, 6), next(self._eid)
        timer.home, timer.lingering = self._odd, lingering
        timer.fn, timer.args = fn, args
        self._odd.total += 1
        heappush(self._agenda, (timer.when, NORMAL, timer.order, None, timer))
        return timer

    def _earns_lane(self, delay: float, lingering: bool) -> bool:
        """Whether a duration comes often enough."""
        if len(self._asked) >= REMEMBERED:
            self._asked.clear()
        key = (delay, lingering)
        self._asked[key] = times = self._asked.get(key, 0) + 1
        return times >= ASKED_OFTEN and len(self._lanes) + len(self._lingering_lanes) < MOST_LANES


Environment.now = Environment._now  # type: ignore[assignment, misc]
