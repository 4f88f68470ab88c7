"""One run of a scenario, from its name to its trace."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isgenerator
from typing import Any

from sipsim.errors import UsageError
from sipsim.lab.catalogue import find
from sipsim.lab.lab import Lab
from sipsim.lab.scenario import Scenario
from sipsim.trace.trace import Trace


def run(
    scenario: str | Callable[..., Any] | Scenario, seed: int = 1, network: Any = "memory", *, trace: str = "all",
    speed: float | None = None, **parameters: Any,
) -> Trace:  # fmt: skip
    """Run a scenario, by catalogue name or as a function of a lab, and give its trace.

    `network` and `trace` are as in `Lab`; `speed` paces the run by the wall clock times so much, also in memory. The
    other keywords are the scenario's own parameters, the default link's (delay, jitter, loss, duplicate, reorder,
    corrupt) and T1, T2, T4. An exception that leaves the story is raised at the end, with the trace as its `trace`.
    """
    lab, story = begin(scenario, seed, network, trace, parameters)
    with lab:
        if speed is None:
            result: Trace = lab.run(story)
            return result
        from sipsim.live.driver import drive

        return drive(lab.prepare(story, speed=speed))


def begin(
    scenario: str | Callable[..., Any] | Scenario, seed: int, network: Any, trace: str, parameters: dict[str, Any]
) -> tuple[Lab, Any]:
    """A lab for a scenario, and its story, ready to be run on it."""
    found = scenario_of(scenario)
    own, of_lab = found.sort(parameters)
    lab = Lab(seed, network, trace, **of_lab)
    if lab.network.live and not found.live:
        lab.close()
        raise UsageError(f"network: {found.name} can't run on live sockets; run it in memory")
    lab.trace.header.update(scenario=found.name, title=found.title, parameters=parameters)
    try:
        story = found.story(lab, **own)
    except Exception:
        lab.close()
        raise
    if isgenerator(story):
        story.__name__ = found.name  # what the trace calls it
    return lab, story


def scenario_of(thing: str | Callable[..., Any] | Scenario) -> Scenario:
    """The scenario of a catalogue name or of a function, marked or not."""
    if isinstance(thing, Scenario):
        return thing
    if isinstance(thing, str):
        return find(thing)
    if not callable(thing):
        raise UsageError(f"scenario: {thing!r} is neither a catalogue name nor a generator function of a lab")
    made = getattr(thing, "scenario", None)
    return made if isinstance(made, Scenario) else Scenario(thing, thing.__name__.replace("_", "-"))
