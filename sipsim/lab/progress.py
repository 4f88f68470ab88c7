"""How a simulated run goes on, and when it is over: at rest, at an event, at a time, or when a story is stuck."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import TypeVar

import simpy
from simpy.events import Condition

from sipsim.errors import Stalled
from sipsim.simulation.environment import Environment
from sipsim.simulation.garbage import seldom_collected

T = TypeVar("T")


class Progress:
    """Runs an environment.

    It is at rest when no story waits and only lingering timers are pending. A story that waits then is given the time
    of the timers that linger at that moment: what comes after them, such as a registration refreshed for ever, can't
    help it any more.
    """

    def __init__(self, env: Environment, on_error: Callable[[Exception], object]) -> None:
        self._env = env
        self._on_error = on_error
        self._awaited: simpy.Event | None = None
        self._horizon = 0.0

    @seldom_collected()
    def run(self, stories: Sequence[simpy.Process], until: float | None) -> None:
        """Run to rest, or to the time `until`; `Stalled` for a story that waits for what can no longer happen."""
        limit = inf if until is None else until
        while self._quiet(limit):
            waiting = [story for story in stories if story.is_alive]
            if not waiting or not self._linger(limit, waiting[0].target):
                break
        self._reach(until)

    @seldom_collected()
    def run_to(self, event: simpy.Event, until: float | None) -> None:
        """Run until an event has happened, or to the time `until`; `Stalled` when it can no longer happen."""
        limit = inf if until is None else until
        while self._quiet(limit, event) and not event.processed:
            if not self._linger(limit, event):
                break
        if not event.processed:
            self._reach(until)

    def finished(self, stories: Sequence[simpy.Process], stall: bool) -> bool:
        """Whether a run in real time is over; with `stall`, `Stalled` for a story that can't go on."""
        if not self._env.quiet:
            return False
        waiting = [story for story in stories if story.is_alive]
        if waiting and stall and self._env.latest_lingering is None:
            raise stalled(waiting[0].target)
        return not waiting

    @seldom_collected()
    def exhaust(self) -> None:
        """Run until nothing at all is pending."""
        self._whatever_comes(self._env.run)

    def _quiet(self, limit: float, event: simpy.Event | None = None) -> bool:
        """As `run_until_quiet`, whatever comes."""
        return self._whatever_comes(self._env.run_until_quiet, limit, event)

    def _whatever_comes(self, run: Callable[..., T], *args: object) -> T:
        """Run to the end; what leaves a process of the user's own is reported, and the run goes on."""
        while True:
            try:
                return run(*args)
            except Exception as error:
                self._on_error(error)

    def _step_to(self, limit: float) -> None:
        """Do everything that is due up to an instant."""
        while self._env.peek() <= limit:
            try:
                self._env.step()
            except Exception as error:
                self._on_error(error)

    def _linger(self, limit: float, awaited: simpy.Event) -> bool:
        """Let lingering timers fire until one sets something off; false when `limit` comes first."""
        env = self._env
        if awaited is not self._awaited:
            self._awaited = awaited
            self._horizon = env.latest_lingering or 0.0
        while env.quiet and not awaited.processed:
            due = env.peek()
            if due > self._horizon or due == inf:
                raise stalled(awaited)
            if due > limit:
                return False
            env.step()
        return True

    def _reach(self, until: float | None) -> None:
        """Let the clock show the time that was asked for, where the run came to rest before it."""
        env = self._env
        if until is None or until <= env.now:
            return
        self._step_to(until)
        env.advance_to(until)


def stalled(awaited: simpy.Event) -> Stalled:
    return Stalled(f"the story waits for what can no longer happen: {described(awaited)}")


def described(event: simpy.Event) -> str:
    """What an event stands for, in words."""
    if isinstance(event, Condition):
        return " and ".join(described(part) for part in event._events if not part.triggered) or str(event)
    return getattr(event, "what", None) or str(event)
