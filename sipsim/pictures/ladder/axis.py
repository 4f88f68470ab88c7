"""The time axis: how far apart two instants are drawn.

Short steps are drawn to scale, so that an arrow's slant shows its latency. A long wait would leave pages
empty: beyond a few latencies the axis is folded, each doubling of a gap adds the same little height, so that
0.5, 1, 2, 4 s can still be told apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import log2

from sipsim.pictures.ladder.model import Arrow, Row

USUAL_LATENCY = 0.005
HIGHEST = 6.0
"""No gap is drawn higher, in steps: a pause of days is as high as one of minutes."""
LONG = 0.3
"""Gaps below this many seconds are never marked as folded."""


def decimals(times: Iterable[float]) -> int:
    """How many digits behind the point tell these instants apart: three, else six, as far as a trace knows them."""
    known = set(times)
    return 3 if len({f"{time:.3f}" for time in known}) == len(known) else 6


class Axis:
    """Heights of gaps, in pixels: the trace's usual latency is drawn `step` pixels high."""

    def __init__(self, rows: Iterable[Row], step: float = 26.0) -> None:
        arrows = [row for row in rows if isinstance(row, Arrow)]
        flights = [a.arrived - a.sent for a in arrows if a.arrived is not None and a.arrived > a.sent]
        if not flights:  # a capture, which saw every packet once: its scale is that of quick answers
            flights = [b.sent - a.sent for a, b in pairwise(arrows) if 0.0 < b.sent - a.sent < LONG]
        self.latency = max(sorted(flights)[len(flights) // 2], 1e-6) if flights else USUAL_LATENCY
        self.step = step

    def height(self, gap: float) -> float:
        """How high `gap` seconds are drawn."""
        steps = gap / self.latency
        return self.step * (steps if steps <= 1.0 else min(1.0 + 0.3 * log2(steps), HIGHEST))

    def folded(self, gap: float) -> bool:
        """Whether `gap` is so much shorter on paper than in time that it has to be marked."""
        return gap >= max(10.0 * self.latency, LONG)
