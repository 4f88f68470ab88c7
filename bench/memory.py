"""What a trace keeps in memory, as a multiple of the octets that went over the wire.

    python bench/memory.py [CALLS]

Calls through one proxy, all timers on, at each level of the trace. What Python's allocators hold more after the calls
than before (tracemalloc, after a full collection) is retained. Prints a line `FIGURE {json}`; exit 1 when a goal is
missed.
"""

from __future__ import annotations

import gc
import json
import platform
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sipsim.lab.lab import Lab

GOALS = {"messages": 1.5, "all": 2.0}


def main(calls: int) -> int:
    tracemalloc.start()
    retained = {level: measure(level, calls) for level in ("off", *GOALS)}
    _, wire, messages, records = retained["all"]
    ratios = {level: round(retained[level][0] / wire, 2) for level in ("off", *GOALS)}
    figure = {
        "figure": "memory retained per octet on the wire", "ratios": ratios, "goals": GOALS, "calls": calls,
        "octets_per_message": round(wire / messages), "messages_per_call": round(messages / calls, 1),
        "records_per_message": round(records / messages, 1), "python": sys.version.split(" [")[0],
        "implementation": platform.python_implementation(),
    }  # fmt: skip
    print("FIGURE " + json.dumps(figure))
    return int(any(ratios[level] > goal for level, goal in GOALS.items()))


def measure(level: str, calls: int) -> tuple[int, int, int, int]:
    """Octets retained, octets on the wire, messages and records of so many calls."""
    lab = Lab(seed=7, trace=level)
    lab.proxy("example.com")
    alice = lab.user_agent("sip:alice@example.com")
    lab.user_agent("sip:bob@example.com", answers=0.1).register()

    def some(number: int) -> Iterator[object]:
        for _ in range(number):
            call = alice.call("sip:bob@example.com")
            yield call.answered
            yield call.hang_up()
            yield lab.env.timeout(1)

    lab.run(lambda _: some(100))  # until caches and lingering timers have their usual size
    before = counted(lab)
    lab.run(lambda _: some(calls))
    after = counted(lab)
    retained, wire, messages, records = (b - a for a, b in zip(before, after, strict=True))
    return retained, wire, messages, records


def counted(lab: Lab) -> tuple[int, int, int, int]:
    """Octets held now, and octets, messages and records that the trace has."""
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    octets = [len(lab.trace[id].raw) for id in lab.trace.columns.sent]
    return held, sum(octets), len(octets), len(lab.trace)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
