"""The sheet that a ladder is drawn on: what shapes of different rows have to know of one another.

It knows where lifelines stand and when an element is down, and keeps the places of words and lines, so that
words are put where they cover none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from math import fsum
from typing import TYPE_CHECKING, NamedTuple

from sipsim.pictures.ladder.drawing.placing import Placement
from sipsim.pictures.ladder.drawing.tracks import Tracks
from sipsim.pictures.ladder.model import Mark, Model
from sipsim.pictures.lettering import visible

if TYPE_CHECKING:
    from sipsim.pictures.ladder.drawing.spacing import Spacing

STRIP = 48.0  # only what lies in the same or the next strip of this height is looked at


class Spot(NamedTuple):
    """What words or a line cover: centre, half the size, its row (-1: none), and the fall from left to right."""

    x: float
    y: float
    half_width: float
    half_height: float
    row: int = -1
    slope: float = 0.0

    def covers(self, other: Spot) -> float:
        """Over how many pixels, from left to right, the two overlap; nothing covers what belongs to its own row."""
        left = max(self.x - self.half_width, other.x - other.half_width)
        right = min(self.x + self.half_width, other.x + other.half_width)
        if left >= right or self.row == other.row >= 0:
            return 0.0
        reach = self.half_height + other.half_height
        fall = self.slope - other.slope
        apart = self.y - other.y - self.slope * self.x + other.slope * other.x  # so far at x = 0, and `fall` a pixel
        if abs(fall) > 1e-6:
            ends = (-reach - apart) / fall, (reach - apart) / fall
            return max(0.0, min(right, max(ends)) - max(left, min(ends)))
        return right - left if abs(apart) < reach else 0.0


class Sheet:
    """One drawing in progress."""

    def __init__(self, model: Model, spacing: Spacing, placement: Placement, width: float) -> None:
        self.model = model
        self.xs = xs = spacing.xs
        self.times = spacing.times
        self.lanes = spacing.lanes  # by column: where the lane of its API calls ends
        self.placement = placement
        self.width = width
        self.x = {column.name: x for column, x in zip(model.columns, xs, strict=False)}
        self.index = {column.name: i for i, column in enumerate(model.columns)}
        self.clipped: list[str] = []  # texts that are shown only in part
        self._taken: defaultdict[int, list[Spot]] = defaultdict(list)
        self._down = self._downtimes()
        self.tracks = Tracks(
            [(i, row) for i, row in enumerate(model.rows) if isinstance(row, Mark) and row.track], placement
        )

    def downtimes(self, column: int) -> list[tuple[float, float]]:
        """The stretches in which an element is crashed, as heights."""
        return self._down.get(column, [])

    def _downtimes(self) -> dict[int, list[tuple[float, float]]]:
        found: dict[int, list[tuple[float, float]]] = {}
        for row, place in zip(self.model.rows, self.placement.places, strict=True):
            if not isinstance(row, Mark) or row.column not in self.index or row.what not in ("crash", "restart"):
                continue
            stretches = found.setdefault(self.index[row.column], [])
            if row.what == "crash":
                stretches.append((place.top, self.placement.bottom))
            elif stretches:
                stretches[-1] = (stretches[-1][0], place.top)
        return found

    def cut(self, text: str, shown: str, about: str) -> str:
        """Take note of a text, and what it's about, when not all of it is shown; returns what is shown."""
        if "…" in shown and shown != visible(text):
            self.clipped.append(f"{about} {text}")
        return shown

    def take(self, spot: Spot) -> None:
        """From now on words go elsewhere."""
        for strip in _strips(spot):
            self._taken[strip].append(spot)

    def free(self, candidates: Iterable[Spot]) -> Spot:
        """The first of these spots that covers nothing of other rows, else one that covers least; it's taken now."""
        tried = []
        for spot in candidates:
            covered = round(fsum(other.half_height * spot.covers(other) for other in self._near(spot)), 1)
            tried.append((covered, spot))
            if not covered:
                break
        _, best = min(tried, key=lambda trial: trial[0])
        self.take(best)
        return best

    def _near(self, spot: Spot) -> Iterable[Spot]:
        strips = _strips(spot)
        if len(strips) == 1:
            return self._taken.get(strips[0], ())
        return dict.fromkeys(other for strip in strips for other in self._taken.get(strip, ()))


def _strips(spot: Spot) -> range:
    reach = spot.half_height + abs(spot.slope) * spot.half_width
    return range(int((spot.y - reach) // STRIP), int((spot.y + reach) // STRIP) + 1)
