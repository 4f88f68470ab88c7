"""What a simulated call through one proxy costs, all timers on, beside the bare floor; and what a trace adds to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench import floor, workload
from bench.figures import Figure, in_turn, microseconds, ratio
from sipsim.lab.lab import Lab

FEW, MANY = 3_000, 30_000
SIDES = {"callbacks": "off", "stories": "off", "counters": "counters", "messages": "messages", "all": "all"}


def figures() -> Iterator[Figure]:
    sides: dict[str, Callable[[], object]] = {"floor": lambda: floor.run(FEW, workload.EVERY)}
    sides |= {name: side(name, level, FEW) for name, level in SIDES.items()}
    times = in_turn(sides)
    each = {"us_per_call": microseconds(times, FEW)}
    for name in ("callbacks", "stories"):
        yield Figure(f"call, trace off, {name}", ratio(times, name, "floor"), "x floor", most=3.3, more=each)
    for level in ("messages", "all"):
        yield Figure(f"trace {level!r} / trace off", ratio(times, level, "callbacks"), "x")
    many = in_turn({"floor": lambda: floor.run(MANY, workload.EVERY), "many": side("callbacks", "off", MANY)}, turns=1)
    per_call = microseconds(many, MANY)
    yield Figure(f"{FEW} calls", each["us_per_call"]["callbacks"], "us/call")
    yield Figure(f"{MANY} calls", per_call["many"], "us/call", more={"us_per_call": per_call})


def side(name: str, level: str, calls: int) -> Callable[[], object]:
    """One run in a lab of its own."""
    load: Callable[[Lab, int], None] = workload.by_stories if name == "stories" else workload.by_callbacks
    return lambda: load(workload.a_lab(level), calls)
