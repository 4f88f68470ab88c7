"""How much memory a longer run takes than a shorter one, at the same rate of calls: what is over must not add up.

Each run is a process of its own, since what counts is the most that it ever took.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import workload
from bench.figures import Figure

FEW, MANY = 40_000, 100_000
"""Calls; both last longer than the 32 s for which transactions wait for stragglers."""


def figures() -> Iterator[Figure]:
    few, many = most_memory(FEW), most_memory(MANY)
    more = {"megabytes": {FEW: round(few), MANY: round(many)}, "calls_per_second": round(1 / workload.EVERY)}
    yield Figure(f"memory, {MANY} calls / {FEW}", many / few, "x", most=1.3, more=more)


def most_memory(calls: int) -> float:
    """Megabytes that a process took at most for so many calls, trace off."""
    command = [sys.executable, "-m", "bench.growth", str(calls)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True)
    return float(done.stdout)


if __name__ == "__main__":
    workload.by_callbacks(workload.a_lab("off"), int(sys.argv[1]))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
