"""A user's story as a SimPy process that the trace follows: what it does has a cause, what it raises is kept."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy

from sipsim.elements.workbench import Bench
from sipsim.errors import UsageError

Story = Generator[simpy.Event, Any, Any]
"""An ordinary SimPy generator: it yields events and may return a value."""


def told(
    bench: Bench, who: str, story: Generator[Any, Any, Any], failed: Callable[[], object] | None = None
) -> Story:  # fmt: skip
    """The same story, with the trace's current cause set while it runs, and its exception reported to the bench.

    It begins for the reason that there is now, whenever its process gets its first turn. `failed` is called when an
    exception has left it.
    """
    return _told(bench, who, story, bench.trace.current, failed)


def _told(
    bench: Bench, who: str, story: Generator[Any, Any, Any], cause: int, failed: Callable[[], object] | None
) -> Story:  # fmt: skip
    trace = bench.trace
    value: Any = None
    error: BaseException | None = None
    while True:
        trace.current = cause
        try:
            event = story.send(value) if error is None else story.throw(error)
        except StopIteration as end:
            return end.value
        except Exception as failure:
            bench.report(failure, who)
            if failed is not None:
                failed()
            return None
        finally:
            trace.current = 0
        value, error = None, None
        if not isinstance(event, simpy.Event):
            error = UsageError(f"{who} yields {event!r}, which is no event; call.answered, for one, is")
            continue
        try:
            value = yield event
        except Exception as failure:  # what the awaited event failed with, for the story to catch
            error = failure
        cause = cause_of(event) or cause


def cause_of(event: simpy.Event) -> int:
    """The trace record that settled an event, 0 where it is not known (a timeout, a user's own event)."""
    if isinstance(event, simpy.events.Condition):
        return max((cause_of(part) for part in event._events if part.processed), default=0)
    return getattr(event, "cause", 0)
