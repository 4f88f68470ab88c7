"""A campaign of random runs: `python -m campaign --runs 2000`, or one run again: `python -m campaign --seed 4711`.

The first failure ends it, with its seed, the smallest plan that still fails, and the ladder. Without one the tally says
how often each recovery path was reached; one that a long campaign never reached is a failure of it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from campaign.plan import Plan, draw
from campaign.reached import WANTED
from campaign.trial import shrunk, tried

MOST_LINES = 3000
"""Of a ladder, where a run does not end."""
ENOUGH = 1000
"""Runs, of which it is asked that they reach every path."""
EVERY = 10
"""One run in so many is run twice, for the same bytes."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m campaign", description="Random runs, each held to the invariants.")
    parser.add_argument("--runs", type=int, default=2000, help="how many seeds (default: %(default)s)")
    parser.add_argument("--start", type=int, default=0, help="the first seed (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="this one alone, with its ladder")
    chosen = parser.parse_args()
    if chosen.seed is not None:
        return show(draw(chosen.seed))
    return campaign(range(chosen.start, chosen.start + chosen.runs))


def campaign(seeds: range) -> int:
    """Try every seed; 1 at the first failure, or where a path was never reached by many."""
    tally: Counter[str] = Counter()
    began = time.monotonic()
    for seed in seeds:
        verdict = tried(draw(seed), twice=seed % EVERY == 0)
        if verdict.amiss:
            print(f"seed {seed} fails, `make soak SEED={seed}` shows it; the smallest plan that does:")
            return show(shrunk(verdict.stage.plan))
        tally.update(verdict.reached)
    for path in WANTED:
        print(f"{tally[path]:9d}  {path}")
    missing = [path for path in WANTED if not tally[path]]
    print(f"{len(seeds)} runs in {time.monotonic() - began:.0f} s; never reached: {', '.join(missing) or 'none'}")
    return int(bool(missing) and len(seeds) >= ENOUGH)


def show(plan: Plan) -> int:
    """Run one plan and print its ladder; 1 where something is amiss."""
    verdict = tried(plan, twice=True)
    print("\n".join(str(verdict.stage.lab.trace.ladder()).splitlines()[:MOST_LINES]))
    print(verdict)
    return int(bool(verdict.amiss))


if __name__ == "__main__":
    sys.exit(main())
