"""Python's garbage collector, told to look round less often while a simulation runs.

What a run holds (transactions that wait for stragglers, timers, a trace) goes as soon as nobody refers to it any more,
without help from the collector. That looks for cycles, which are few, and walks through all the rest to find them: with
Python's own settings it takes a quarter of the time of a run of ten thousand calls.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 50_000
"""How many objects more than were freed make the collector look. Python's own number is 700, or 2000."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look that seldom within a `with` block; whoever has the collector switched off, or look even less, keeps that."""
    before = gc.get_threshold() if hasattr(gc, "get_threshold") else (0,)  # PyPy has no such number
    if not 0 < before[0] < SELDOM:
        yield
        return
    gc.set_threshold(SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
