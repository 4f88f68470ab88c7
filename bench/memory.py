"""What a trace keeps in memory, as a multiple of the octets on the wire; and what calls leave behind that are over.

Each level of the trace is measured in processes of their own. What a process grows by beyond one whose trace is off is
the trace's.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench import workload
from bench.figures import Figure
from sipsim.trace.trace import Trace

GOALS = {"messages": 1.5, "all": 2.0}
WARM, CALLS, TURNS = 1_500, 1_500, 3


def figures() -> Iterator[Figure]:
    turns = [{level: in_a_process(level) for level in ("off", *GOALS)} for _ in range(TURNS)]
    wire, messages = (turns[0]["all"][key] for key in ("octets", "messages"))
    more = {"octets_per_message": round(wire / messages), "messages": messages}
    for level, goal in GOALS.items():
        kept = median([turn[level]["grown"] - turn["off"]["grown"] for turn in turns])
        yield Figure(f"retained trace {level!r} / octets on the wire", kept / wire, "x", most=goal, more=more)
    left = max(turn["off"]["left"] for turn in turns) / CALLS
    yield Figure("objects left by a call that is over", left, "objects", most=0.01)


def in_a_process(level: str) -> dict[str, int]:
    command = [sys.executable, "-m", "bench.memory", level]
    run = subprocess.run(command, capture_output=True, check=True, cwd=Path(__file__).parents[1])
    found: dict[str, int] = json.loads(run.stdout)
    return found


def measure(level: str) -> dict[str, int]:
    """In the child: what so many calls leave behind, after a few that brought pools and caches to their usual size."""
    lab = workload.a_lab(level)
    workload.by_callbacks(lab, WARM)
    before, objects, seen = resident(), len(gc.get_objects()), octets(lab.trace)
    workload.by_callbacks(lab, CALLS)
    grown, left, wire = resident() - before, len(gc.get_objects()) - objects, octets(lab.trace)
    return {"grown": grown, "left": left, "octets": wire[0] - seen[0], "messages": wire[1] - seen[1]}


def octets(trace: Trace) -> tuple[int, int]:
    """Octets and number of the messages in a trace."""
    sent = [len(trace[id].raw) for id in trace.columns.sent]
    return sum(sent), len(sent)


def resident() -> int:
    """Octets of memory that this process holds."""
    gc.collect()
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * 4096
    import resource  # the peak, where there is no better

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
