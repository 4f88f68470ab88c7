"""I2 and I3: each request has one outcome for who asked, and comes up once to whom it is for."""

from __future__ import annotations

from collections.abc import Iterator

from campaign.stage import Stage

UNREAD = "the response can't be read"
"""What is said after a response that turns out damaged; a good copy of it may follow."""


def one_outcome(stage: Stage) -> Iterator[str]:
    """A final response, a timeout or a transport error: exactly one; an INVITE may have any number of 2xx instead."""
    damaged = "corrupt" in stage.plan.link
    for asked in stage.ears.asked:
        heard = [what for _, what in asked.outcomes]
        if damaged and heard[:1] != [UNREAD]:
            heard = [what for what in heard if what != UNREAD]
        accepted = [what for what in heard if what.startswith("2")]
        crashed = any(time >= asked.time for time in crashes(stage, asked.element))
        right = len(heard) == 1 or (asked.request.method == "INVITE" and heard and len(accepted) == len(heard))
        if not right and not (crashed and not heard):
            yield f"{asked.element}'s {asked.request.method} of {asked.time:g} s had the outcomes {heard}"


def at_most_once(stage: Stage) -> Iterator[str]:
    """Whatever is doubled on the way: a user sees a request once within 64*T1, unless it forgot that in a crash."""
    first: dict[object, float] = {}
    for came in stage.ears.came:
        key = (came.element, came.transaction)
        since = first.get(key)
        forgot = any(since is not None and since <= time <= came.time for time in crashes(stage, came.element))
        if since is not None and not forgot and came.time < since + 64 * stage.lab.timing.t1:
            yield f"{came.element} sees {came.transaction} at {since:g} s and again at {came.time:g} s"
        elif since is None or forgot:
            first[key] = came.time


def crashes(stage: Stage, element: str) -> list[float]:
    """When an element lost its memory."""
    faults = stage.lab.trace.select("fault", element)
    return [record.time for record in faults if record.data["what"] == "crash"]
