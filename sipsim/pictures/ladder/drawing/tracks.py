"""Bars along the lifelines: how long a transaction or a dialog lives, and in which states.

Transactions stand on the right of a lifeline, dialogs on its left; those that live at the same time, side by side. A
stretch is filled while there is something to wait for (a transaction that is calling or proceeding, a dialog that is
confirmed), and hollow before or after that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sipsim.pictures.display import Box, Group, Shape
from sipsim.pictures.ladder.drawing.placing import Placement
from sipsim.pictures.ladder.model import Mark
from sipsim.pictures.lettering import visible

WIDTH, STEP = 4.0, 6.0  # of a bar, and from one to the next one beside it
OVER = "terminated"
FILLED = frozenset(("calling", "trying", "proceeding", "confirmed dialog"))


@dataclass(slots=True)
class Track:
    """One bar: the marks that made it with their heights, where it ends, and which place beside the lifeline it has."""

    marks: list[tuple[Mark, float]] = field(default_factory=list)
    end: float = 0.0
    slot: int = 0

    @property
    def kind(self) -> str:
        """Of a transaction or of a dialog."""
        return self.marks[0][0].kind

    def drawn(self, x: float) -> Group:
        """The bar beside a lifeline at `x`."""
        side = 1.0 if self.kind == "transaction" else -1.0
        left = x + side * (3.0 + STEP * self.slot) - (WIDTH if side < 0 else 0.0)
        marks = [*self.marks, (None, self.end)]
        shapes: list[Shape] = []
        for (mark, top), (_, bottom) in zip(self.marks, marks[1:], strict=True):
            if mark.what != OVER and bottom > top:
                state = f"{mark.what} dialog" if self.kind == "dialog" else mark.what
                style = f"{self.kind}{'' if state in FILLED else '-hollow'}"
                shapes.append(Box(left, top, WIDTH, bottom - top, style, 1.0))
        first = self.marks[0][0]
        states = ", ".join(f"{mark.text} at {mark.time:.3f} s" for mark, _ in self.marks)
        return Group(tuple(shapes), f"t{first.record}-{first.track}", visible(f"{first.column}: {states}"))


class Tracks:
    """All bars of a ladder, by column; `inset` says how far they reach to the right of a column's lifeline."""

    def __init__(self, rows: list[tuple[int, Mark]], placement: Placement) -> None:
        found: dict[tuple[str, str], Track] = {}
        for row, mark in rows:
            track = found.setdefault((mark.column, mark.track), Track(end=placement.bottom))
            track.marks.append((mark, placement.places[row].top))
            if mark.what == OVER:
                track.end = placement.places[row].top
        self.columns: dict[str, list[Track]] = {}
        for (column, _), track in found.items():
            self.columns.setdefault(column, []).append(track)
        self._share()

    def _share(self) -> None:
        """Give each bar the first place that is free while it lasts."""
        for tracks in self.columns.values():
            busy: dict[tuple[str, int], float] = {}
            for track in sorted(tracks, key=lambda track: track.marks[0][1]):
                begin = track.marks[0][1]
                while busy.get((track.kind, track.slot), -1.0) > begin and track.slot < 8:
                    track.slot += 1
                busy[track.kind, track.slot] = track.end

    def inset(self, column: str) -> float:
        """How far the bars of a column reach to the right."""
        slots = [track.slot for track in self.columns.get(column, ()) if track.kind == "transaction"]
        return 3.0 + STEP * (max(slots) + 1) if slots else 0.0

    def drawn(self, xs: dict[str, float]) -> Iterator[Group]:
        """Every bar as a group."""
        for column, tracks in self.columns.items():
            yield from (track.drawn(xs[column]) for track in tracks)
