"""What a simulated call through one proxy costs, all timers on, beside the bare floor; and what a trace adds to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench import floor, workload
from bench.figures import Figure, in_turn, microseconds, ratio
from sipsim.lab.lab import Lab

SOME, FEW, MANY = 1_000, 3_000, 30_000

Run = Callable[[], object]
Load = Callable[[Lab, int], None]


def figures() -> Iterator[Figure]:
    yield from beside_the_floor()
    yield from beside_each_other()


def beside_the_floor() -> Iterator[Figure]:
    """What a call costs; and whether it costs more when there are many, the timers of many still standing."""
    few = in_turn({"floor": bare(FEW), "sipsim": simulated(FEW)})
    many = in_turn({"floor": bare(MANY), "sipsim": simulated(MANY)}, turns=1)
    each, each_of_many = microseconds(few, FEW), microseconds(many, MANY)
    times = ratio(few, "sipsim", "floor")
    more = {"us_per_call": each, "x_older_skeleton": round(times * floor.CALIBRATION, 2)}
    yield Figure("call / floor", times, "x", most=3.3, more=more)
    yield Figure(f"call, of {FEW}", each["sipsim"], "us")
    yield Figure(f"call, of {MANY}", each_of_many["sipsim"], "us", more={"us_per_call": each_of_many})
    yield Figure(f"call, of {MANY} / of {FEW}", each_of_many["sipsim"] / each["sipsim"], "x")


def beside_each_other() -> Iterator[Figure]:
    """What it costs more to write a call as a story, or to keep a trace."""
    sides = {"callbacks": simulated(SOME), "stories": simulated(SOME, load=workload.by_stories)}
    sides |= {level: simulated(SOME, level) for level in ("counters", "messages", "all")}
    times = in_turn(sides)
    each = {"us_per_call": microseconds(times, SOME)}
    yield Figure("stories / callbacks", ratio(times, "stories", "callbacks"), "x", more=each)
    for level in ("counters", "messages", "all"):
        yield Figure(f"trace {level!r} / trace off", ratio(times, level, "callbacks"), "x")


def bare(calls: int) -> Run:
    return lambda: floor.run(calls, workload.EVERY)


def simulated(calls: int, trace: str = "off", load: Load = workload.by_callbacks) -> Run:
    """One run in a lab of its own."""
    return lambda: load(workload.a_lab(trace), calls)
