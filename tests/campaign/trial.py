"""One run of a plan, tried: what is amiss with it, and the smallest plan that still fails in the same way."""

from __future__ import annotations

import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from campaign.invariants import INVARIANTS, same_again
from campaign.plan import Plan
from campaign.reached import reached
from campaign.stage import Endless, Stage

PATIENCE = 60.0
"""Seconds of our own time for a run that sets nothing off and yet does not come back."""


class Verdict(NamedTuple):
    """What came of a run: by invariant, what is amiss; and which paths it reached."""

    stage: Stage
    amiss: dict[str, list[str]]
    reached: Counter[str]

    def __str__(self) -> str:
        lines = [f"{name}: {text}" for name, texts in self.amiss.items() for text in texts[:5]]
        return "\n".join([str(self.stage.plan), *lines])


def tried(plan: Plan, twice: bool = False) -> Verdict:
    """Run a plan and hold it against every invariant; with `twice` against a second run of itself too."""
    stage = Stage(plan)
    amiss: dict[str, list[str]] = {}
    paths: Counter[str] = Counter()
    with watched():
        if _held(amiss, "no exception", stage.run) is None:
            return Verdict(stage, amiss, paths)
        paths.update(_held(amiss, "no exception", lambda: reached(stage)) or ())
        for check in [same_again, *INVARIANTS] if twice else INVARIANTS:
            found = _held(amiss, check.__name__, lambda check=check: list(check(stage)))
            if found:
                amiss[check.__name__] = found
    return Verdict(stage, amiss, paths)


def _held(amiss: dict[str, list[str]], name: str, work: Callable[[], Any]) -> Any:
    """What some work gives; None where it raises or does not end, which is a finding like any other."""
    try:
        return work()
    except Endless:
        amiss["an end"] = [traceback.format_exc(limit=-8)]
    except Exception:
        amiss[name] = [traceback.format_exc(limit=-8)]
    return None


@contextmanager
def watched() -> Iterator[None]:
    """Ends what is busy for ever without anything happening in the simulation."""

    def wake(*_: object) -> None:
        raise Endless(f"no end within {PATIENCE:g} s")

    before = signal.signal(signal.SIGALRM, wake)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def shrunk(plan: Plan, most: int = 300) -> Plan:
    """The plan with everything left out that the failure does not need, found in so many runs at the most."""
    wanted = set(tried(plan).amiss)
    while wanted:
        for smaller in plan.smaller:
            most -= 1
            if most < 0:
                return plan
            if wanted & set(tried(smaller).amiss):
                plan = smaller
                break
        else:
            return plan
    return plan
