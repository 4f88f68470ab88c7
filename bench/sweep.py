"""A sweep, in one process and in two."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median
from time import perf_counter

from bench.figures import Figure
from sipsim.lab.sweep import sweep

GRID = {"loss": [0.0, 0.05, 0.1, 0.2]}
REPLICATIONS, TURNS = 50, 3


def figures() -> Iterator[Figure]:
    """Wall time this once, for that is what a second process is there to save."""
    runs = len(GRID["loss"]) * REPLICATIONS
    with ProcessPoolExecutor(2, get_context("spawn")) as two:
        sweep("ozeki", GRID, replications=1, executor=two)  # the processes load what they need
        turns = [(taken(None), taken(two)) for _ in range(TURNS)]
    yield Figure("sweep of ozeki", runs / median([one for one, _ in turns]), "runs/s")
    yield Figure("the same in two processes", median([one / both for one, both in turns]), "x")


def taken(executor: ProcessPoolExecutor | None) -> float:
    start = perf_counter()
    sweep("ozeki", GRID, replications=REPLICATIONS, executor=executor)
    return perf_counter() - start
