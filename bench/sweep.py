"""A sweep: how many short runs there are in a second, each with a lab of its own."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from bench.figures import Figure, in_turn
from sipsim.lab.sweep import sweep

GRID = {"loss": [0.0, 0.05, 0.1, 0.2]}
REPLICATIONS = 50


def figures() -> Iterator[Figure]:
    times = in_turn({"sweep": lambda: sweep("ozeki", GRID, replications=REPLICATIONS)})
    yield Figure("sweep of ozeki", len(GRID["loss"]) * REPLICATIONS / median(times["sweep"]), "runs/s")
