"""Timers that can be stopped, and the queues they wait in.

A transaction starts several timers for every message and stops nearly all of them, so starting and stopping
must be cheap, and a stopped timer must neither move the clock nor stay for its 32 seconds:

- Timers of one duration fire in the order in which they were started. A plain queue for each duration, a
  *lane*, keeps them sorted for nothing, and SIP has about a dozen durations. Timers of odd durations stand on
  the agenda.
- The *agenda* is a heap of what is due besides SimPy's own events: posted calls, one entry for each lane, the
  odd timers. Its entries sort as SimPy's do, by (instant, priority, sequence number).
- A stopped timer stays in its place, emptied, until it comes up, or until the stopped ones outnumber the
  others and are swept out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heapreplace
from typing import Any

from simpy.events import NORMAL

SLACK = 20  # how many more stopped timers than live ones a lane may hold

Entry = tuple[float, int, int, Any, Any]


class Timer:
    """A call that will be made at the instant `when` (seconds of simulated time) unless it is cancelled.

    `Environment.call_later` makes them.
    """

    # No __init__: whoever makes a timer sets these, which takes a tenth off the cost of its whole life.
    __slots__ = ("args", "fn", "home", "order", "when")

    when: float
    order: int  # sequence number, in SimPy's count
    home: Lane | OddTimers
    fn: Callable[..., object] | None  # None when it is over
    args: Any

    @property
    def active(self) -> bool:
        """Whether the call is still to come: neither made nor cancelled."""
        return self.fn is not None

    def cancel(self) -> None:
        """Stop it. Nothing happens when it has fired or was cancelled before."""
        if self.fn is not None:
            self.fn = self.args = None  # lets go of the transaction behind them
            home = self.home
            home.stopped = stopped = home.stopped + 1
            if stopped * 2 > len(home) + SLACK:
                home.sweep()

    def __repr__(self) -> str:
        return f"<Timer at {self.when:.6f} s{'' if self.active else ', over'}>"


class Lane(deque[Timer]):
    """The timers of one duration, in the order in which they were started and will fire."""

    __slots__ = ("armed", "lingering", "stopped")

    def __init__(self, lingering: bool) -> None:
        super().__init__()
        self.lingering = lingering
        self.armed = False  # whether it has its one entry on the agenda, never later than its first live timer
        self.stopped = 0

    def head(self) -> Timer | None:
        """The first live timer; the stopped ones before it are dropped."""
        while self:
            if self[0].fn is not None:
                return self[0]
            self.popleft()
            self.stopped -= 1
        return None

    def tail(self) -> Timer | None:
        """The last live timer."""
        return next((timer for timer in reversed(self) if timer.fn is not None), None)

    def take(self, order: int, agenda: Agenda) -> Timer | None:
        """Take the timer of this number, of which the first entry of the agenda is; None where that is over.

        The entry goes on to what comes next here.
        """
        if not self or self[0].order != order or self[0].fn is None:
            agenda.move(self)
            return None
        timer = self.popleft()
        if self:
            head = self[0]
            heapreplace(agenda, (head.when, NORMAL, head.order, None, self))
        else:
            heappop(agenda)
            self.armed = False
        if self.stopped * 2 > len(self) + SLACK:
            self.sweep()
        return timer

    def off(self) -> None:
        """The agenda has dropped its entry, for want of a live timer."""
        self.armed = False

    def sweep(self) -> None:
        """Drop the stopped timers."""
        live = [timer for timer in self if timer.fn is not None]
        self.clear()
        self.extend(live)
        self.stopped = 0


class OddTimer(Timer):
    """A timer that has no lane; to the agenda it is what a lane is."""

    __slots__ = ("lingering",)

    home: OddTimers
    lingering: bool

    def head(self) -> Timer | None:
        return self if self.fn is not None else None

    tail = head

    def take(self, order: int, agenda: Agenda) -> Timer | None:
        if self.fn is None:
            agenda.move(self)
            return None
        heappop(agenda)
        home = self.home
        home.total -= 1
        if home.stopped * 2 > len(home) + SLACK:
            home.sweep()
        return self

    def off(self) -> None:
        self.home.total -= 1
        self.home.stopped -= 1


class OddTimers:
    """How many odd timers an agenda has, live and stopped."""

    __slots__ = ("_agenda", "stopped", "total")

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self.stopped = 0
        self.total = 0

    def __len__(self) -> int:
        return self.total

    def sweep(self) -> None:
        """Drop the stopped timers."""
        agenda = self._agenda
        agenda[:] = [entry for entry in agenda if entry[4].__class__ is not OddTimer or entry[4].active]
        heapify(agenda)
        self.total -= self.stopped
        self.stopped = 0


class Agenda(list[Entry]):
    """A heap of (instant, priority, number, function, argument). For lanes and odd timers the function is None."""

    __slots__ = ()

    def ready(self) -> bool:
        """Whether the first entry is live; one that is not goes, or moves to where its lane's next timer belongs."""
        _, _, order, fn, source = self[0]
        if fn is not None:
            return True
        head = source.head()
        if head is not None and head.order == order:
            return True
        self.move(source)
        return False

    def move(self, source: Any) -> None:
        """Let the first entry stand for what its source has now: the head, if there is one."""
        head: Timer | None = source.head()
        if head is None:
            heappop(self)
            source.off()
        else:
            heapreplace(self, (head.when, NORMAL, head.order, None, source))
