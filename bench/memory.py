"""What a trace keeps in memory, as a multiple of the octets on the wire; and what calls leave behind that are over.

Counted is what Python's allocator was asked for, which repeats exactly; the process grows by a few percent more.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from typing import NamedTuple

from bench import workload
from bench.figures import Figure
from sipsim.lab.lab import Lab

GOALS = {"messages": 1.5, "all": 2.0}
CALLS = 1_100  # enough for all that remembers lines or addresses to be full: it forgets as much as it learns


class Kept(NamedTuple):
    """Octets of memory; objects that the garbage collector knows; messages in the trace, and their octets."""

    memory: int
    objects: int
    messages: int
    octets: int


def figures() -> Iterator[Figure]:
    off = kept("off")
    for level, goal in GOALS.items():
        on = kept(level)
        more = {"octets_per_message": round(on.octets / on.messages), "messages": on.messages}
        times = (on.memory - off.memory) / on.octets
        yield Figure(f"retained trace {level!r} / octets on the wire", times, "x", most=goal, more=more)
    yield Figure("left by a call that is over", off.memory / CALLS, "octets", most=400, more={"objects": off.objects})


def kept(level: str) -> Kept:
    """What so many calls add to what as many calls before them have left."""
    lab = workload.a_lab(level)
    tracemalloc.start()
    workload.by_callbacks(lab, CALLS)
    before = present(lab)
    workload.by_callbacks(lab, CALLS)
    after = present(lab)
    tracemalloc.stop()
    return Kept(*[new - old for new, old in zip(after, before, strict=True)])


def present(lab: Lab) -> Kept:
    gc.collect()
    memory, _ = tracemalloc.get_traced_memory()
    sent = [len(lab.trace[id].raw) for id in lab.trace.columns.sent]
    return Kept(memory, len(gc.get_objects()), len(sent), sum(sent))
