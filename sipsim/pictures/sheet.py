"""The sheet that a ladder is drawn on: what shapes of different rows have to know of one another.

It knows where lifelines stand and when an element is down, and keeps the places of words, so that none covers another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from sipsim.pictures.model import Mark, Model
from sipsim.pictures.placing import Placement

REMEMBERED = 48  # so many labels are looked at for overlaps; older ones are far above


class Sheet:
    """One drawing in progress."""

    def __init__(self, model: Model, xs: list[float], placement: Placement, width: float) -> None:
        self.model = model
        self.xs = xs
        self.placement = placement
        self.width = width
        self.x = {column.name: x for column, x in zip(model.columns, xs, strict=False)}
        self.index = {column.name: i for i, column in enumerate(model.columns)}
        self._taken: deque[tuple[float, float, float, float]] = deque(maxlen=REMEMBERED)
        self._down = self._downtimes()

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

    def free(self, candidates: Iterable[tuple[float, float]], width: float, height: float) -> tuple[float, float]:
        """The first of these centres where a box of this size covers no earlier one (else the first of all); it's taken from now on."""
        tried = list(candidates)
        x, y = next((c for c in tried if not self._covers(*c, width / 2, height / 2)), tried[0])
        self._taken.append((x, y, width / 2, height / 2))
        return x, y

    def _covers(self, x: float, y: float, half_width: float, half_height: float) -> bool:
        return any(abs(x - a) < half_width + w and abs(y - b) < half_height + h for a, b, w, h in self._taken)
