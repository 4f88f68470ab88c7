"""The lab: the bench on which a scenario stands, with its clock, network, name service, elements, dice and trace."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from inspect import isgenerator
from math import inf
from typing import TYPE_CHECKING, Any, cast

import simpy

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.element import Element
from sipsim.elements.story import Story, told
from sipsim.elements.telephony.switch import Switch
from sipsim.errors import Stalled, UsageError
from sipsim.lab.cast import Cast
from sipsim.lab.progress import Progress
from sipsim.lab.wiring import LINK_PARAMETERS, made_network
from sipsim.protocol.options import seconds
from sipsim.protocol.timing import Timing
from sipsim.simulation.environment import Environment
from sipsim.simulation.links import Link
from sipsim.simulation.names import NameService
from sipsim.simulation.network import Network
from sipsim.simulation.streams import Identifiers, SecretIdentifiers, Streams
from sipsim.trace.trace import Trace
from sipsim.version import __version__

if TYPE_CHECKING:
    from sipsim.live.driver import Run
    from sipsim.widgets.panel import Panel

Told = Callable[["Lab"], Story] | Story
"""A story: a generator function of the lab, or a generator."""


class Lab(Cast):
    """A bench for SIP experiments.

    `network` is "memory" (simulated time), "udp" (live sockets on loopback), a networkx graph of a memory network, or
    a function of environment, trace and streams that makes one. `trace` says how much is kept: "all", "messages",
    "counters" or "off". The other keywords are the default link's (seconds, and probabilities per packet) and the
    timers T1, T2 and T4 in seconds (RFC 3261 §17). The same seed gives the same bytes.
    """

    _made = False

    def __init__(
        self, seed: int = 1, network: Any = "memory", trace: str = "all", *, t1: float = 0.5, t2: float = 4.0,
        t4: float = 5.0, **link: float,
    ) -> None:  # fmt: skip
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise UsageError(f"seed: {seed!r} is no whole number")
        self.seed = seed
        self.env = Environment()
        self.trace = Trace(trace)
        self.streams = Streams(seed)
        self.timing = Timing(t1, t2, t4)
        self.network: Network = made_network(network, self.env, self.trace, self.streams, link)
        self.identifiers = SecretIdentifiers(secrets.token_hex) if self.network.live else Identifiers()
        self.names = NameService(self.env, self.trace, self.streams)
        self.media_ports: dict[str, int] = {}
        self.epoch = time.time() if self.network.live else 0.0  # of a simulated run: 1970
        self.elements: dict[str, Element] = {}
        self.switches: dict[str, Switch] = {}
        self.errors: list[Exception] = []
        self._stories: list[simpy.Process] = []
        self._progress = Progress(self.env, lambda error: self.report(error, "a process"))
        self._running: Run[Trace] | None = None
        self._closed = False
        timers = {"t1": t1, "t2": t2, "t4": t4}
        self.trace.header.update(sipsim=__version__, seed=seed, timers=timers, live=self.network.live)
        self._made = type(self) is Lab  # a class of somebody's own may have attributes of its own

    def __repr__(self) -> str:
        names = ", ".join(self.elements) or "no elements yet"
        return f"<Lab seed={self.seed}: {names}; {self.env.now:g} s>"

    # The network, and remarks

    def link(self, a: Element | str, b: Element | str, **parameters: float) -> Link:
        """The link between two elements, with parameters changed: delay, jitter, loss, duplicate, reorder, corrupt."""
        made = getattr(self.network, "link", None)
        if made is None:
            raise UsageError(f"link(): {type(self.network).__name__} has no links that could be changed")
        ends = [end.name if isinstance(end, Element) else end for end in (a, b)]
        return cast(Link, made(*ends, **parameters))

    def note(self, text: str) -> None:
        """Write a remark into the trace; the ladder shows it."""
        self.trace.add("note", self.env.now, "", text=text)

    # Running

    def run(self, story: Told | simpy.Event | None = None, until: float | None = None) -> Any:
        """Run a story, or to an event, or to quiescence, as fast as the network allows, and give the trace.

        With an event: run until it happens, and give its value or raise its error. `until` (seconds of simulated time)
        ends the run in any case. An exception that left a story is raised when everything else has come to rest, with
        the trace as its `trace`. `Stalled` when a story, or the event, waits for what can no longer happen. On a live
        network this needs a script: inside a running loop it raises `UsageError`; there use `await lab.start(story)`.
        """
        if self.network.live:
            from sipsim.live.driver import refuse_running_loop

            refuse_running_loop()  # before the story begins
        self._check_open(until)
        event = story if isinstance(story, simpy.Event) else None
        waiting: list[Any] = [event] if isinstance(story, simpy.Event) else self.tell(story)
        if self.network.live:
            self._drive(waiting, until, to_event=event is not None)
        else:
            try:
                if event is not None:
                    self._progress.run_to(event, until)
                else:
                    self._progress.run(waiting, until)
            except Stalled as error:
                self.report(error, "the story" if event is None else "lab.run(event)")
        trace = self._conclude()
        return trace if event is None else outcome_of(event)

    def start(self, story: Told | None = None, *, speed: float = 1.0, until: float | None = None) -> Run[Trace]:
        """Begin a run on the loop that is running, paced by the wall clock times `speed`; returns its handle at once.

        The handle has `pause()`, `resume()`, `stop()` and `call(fn, *args)`; awaiting it gives the trace. Without a
        story it runs until it is stopped.
        """
        from sipsim.live.driver import running_loop

        if running_loop() is None:
            raise UsageError("no asyncio loop runs here, as one does in a notebook; in a script use: lab.run(story)")
        return self.prepare(story, speed=speed, until=until).start()

    def panel(self, speed: float = 1.0, run: Run[Trace] | None = None) -> Panel:
        """Buttons for phones, servers and network, and the ladder as it grows, for a notebook. See `Panel`.

        Starts the lab's clock; `run` is the handle where that goes already.
        """
        from sipsim.widgets.panel import Panel

        return Panel(self, speed, run)

    def prepare(self, story: Told | None = None, *, speed: float = 1.0, until: float | None = None) -> Run[Trace]:
        """The handle of a run in real time, not yet begun: `start` begins it, a script hands it to `live.drive`."""
        if self._running is not None and self._running.state in ("running", "paused"):
            raise UsageError(f"this lab has a run that is {self._running.state}: stop() it before the next begins")
        self._check_open(until)
        waiting: list[Any] | None = [] if story is not None else None
        run = self._live_run(waiting, until, speed)
        if waiting is not None:  # the story begins only when nothing can refuse the run any more
            waiting += self.tell(story)
        self._wake_at(until, lingering=story is not None)
        self._running = run
        return run

    def tell(self, story: Told | None) -> list[simpy.Process]:
        """Begin a story now, without running anything; gives its process."""
        if story is None:
            return []
        generator = story(self) if callable(story) else story
        name = getattr(story, "__name__", "story")
        if not isgenerator(generator):
            raise UsageError(f"story: {name} is no generator function of a lab; it needs a yield")
        self.trace.current = self.trace.add("story", self.env.now, "", text=f"the story {name} begins")
        process = self.env.process(told(self, name, generator))
        self.trace.current = 0
        self._stories.append(process)
        return [process]

    def drain(self) -> None:
        """Forget calls and bindings that still stand, without a message, and run out every timer.

        Afterwards `leftovers()` is empty. On a live network the timers run out in no time: what is still under way
        there is not waited for.
        """
        for element in self.elements.values():
            element.forget_users()
        self._progress.exhaust()

    def leftovers(self) -> list[str]:
        """What is still under way: transactions and calls of every element, as text."""
        return [text for element in self.elements.values() for text in element.leftovers()]

    def close(self) -> None:
        """Let go of every address; a live lab's sockets are closed, and it runs no more."""
        self._closed = True
        self.network.close()

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def report(self, error: Exception, who: str) -> None:
        """Take note of an exception that left a user's code: `run` raises the first one at the end."""
        self.errors.append(error)
        self.trace.add("error", self.env.now, "", who=who, text=f"{type(error).__name__}: {error}")

    # Inside

    if not TYPE_CHECKING:  # type checkers know the attributes, and are to go on telling

        def __setattr__(self, name: str, value: Any) -> None:
            if self._made and not hasattr(self, name):
                there = ", ".join(sorted(known for known in vars(self) if not known.startswith("_")))
                hint = "; a link has it: lab.link(a, b)" if name in LINK_PARAMETERS else ""
                raise UsageError(f"{name}: no such attribute of a lab{hint}; there are {there}")
            object.__setattr__(self, name, value)

    def _check_open(self, until: float | None) -> None:
        """`UsageError` for a run that could not go on: to a time that is past, or without sockets."""
        if until is not None:
            seconds("until", until, self.env.now)
        if self._closed and self.network.live:
            raise UsageError("this lab is closed, and its sockets with it; make another one")

    def _drive(self, waiting: list[Any], until: float | None, to_event: bool = False) -> None:
        from sipsim.live.driver import drive

        self._wake_at(until, lingering=bool(waiting))
        drive(self._live_run(waiting, until, 1.0, to_event))

    def _wake_at(self, until: float | None, *, lingering: bool) -> None:
        """Something to do at the end of a run in real time; without a story it is what the run waits for."""
        if until is not None:
            self.env.call_later(max(0.0, until - self.env.now), _nothing, lingering=lingering)

    def _live_run(
        self, waiting: list[Any] | None, until: float | None, speed: float, to_event: bool = False
    ) -> Run[Trace]:
        """A run that waits for stories (or for one event), or with None for ever."""
        from sipsim.live.driver import Run

        progress, live = self._progress, self.network.live

        def done() -> bool:
            if waiting is None:
                return False
            if to_event:
                return bool(waiting[0].processed)
            return progress.finished(waiting, stall=not live) and not getattr(self.network, "in_flight", 0)

        return Run(
            self.env, speed=speed, network=self.network if live else None, done=done, result=self._conclude,
            until=inf if until is None else until,
            on_error=lambda error: self.report(error, "the simulation"),
        )  # fmt: skip

    def _conclude(self) -> Trace:
        for story in self._stories:
            if story.processed and isinstance(story.value, dict):
                self.trace.result.update(story.value)
        self.trace.result.update(self.summary())
        if self.errors:
            error = self.errors[0]
            self.errors.clear()
            error.trace = self.trace  # type: ignore[attr-defined]
            raise error
        return self.trace

    def summary(self) -> dict[str, Any]:
        """What came of the run so far, in numbers (see `trace.result`)."""
        tallies = [element.tally for element in self.elements.values() if isinstance(element, UserAgent)]
        answered = sum(tally.answered for tally in tallies)
        waited = sum(tally.setup_time for tally in tallies)
        counts = self.trace.counts
        error = self.errors[0] if self.errors else None
        return {
            "ok": error is None, "error": f"{type(error).__name__}: {error}" if error else None,
            "duration": round(self.env.now, 6), "calls": sum(tally.placed for tally in tallies),
            "answered": answered, "failed": sum(tally.failed for tally in tallies),
            "setup_time": round(waited / answered, 6) if answered else None,
            "messages": counts["sent"], "retransmissions": counts["retransmissions"], "lost": counts["lost"],
        }  # fmt: skip


def outcome_of(event: simpy.Event) -> Any:
    """What an event gives, or raises; None where it has not happened, as the time was up."""
    if event.triggered and not event.ok:
        raise cast(Exception, event.value)
    return event.value if event.triggered else None


def _nothing() -> None:
    """What happens at the end of a run that is limited in time: nothing but that the clock gets there."""
