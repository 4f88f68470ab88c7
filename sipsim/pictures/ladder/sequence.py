"""A ladder as a sequence of signals, notes and pauses, for formats that have no time axis.

Columns go by their index. A message stands where it was sent; when it arrived such formats can't show.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from sipsim.pictures.ladder.axis import Axis
from sipsim.pictures.ladder.model import Arrow, Model, Row, more


class Signal(NamedTuple):
    """A message: what it's called, and how its arrow looks."""

    source: int
    target: int
    text: str
    response: bool
    again: bool
    lost: bool


class Note(NamedTuple):
    """Words over some columns."""

    first: int
    last: int
    text: str


class Pause(NamedTuple):
    """A while in which nothing happens, in seconds."""

    seconds: float

    @property
    def text(self) -> str:
        """Its length: `2 s`."""
        return f"{self.seconds:.0f} s" if self.seconds >= 9.5 else f"{self.seconds:.2g} s"


Step: TypeAlias = Signal | Note | Pause


def sequence(model: Model) -> Iterator[Step]:
    """The steps of a ladder in the order in which they began; none without columns."""
    index = {column.name: i for i, column in enumerate(model.columns)}
    axis, last = Axis(model.rows), None
    for row in sorted(model.rows, key=lambda row: (row.begin, row.record)) if index else []:
        step = _step(row, index)
        if step is None:
            continue
        if last is not None and axis.folded(row.begin - last):
            yield Pause(row.begin - last)
        last = row.begin
        yield step
    if index and model.omitted:
        yield Note(0, len(index) - 1, more(model.omitted, model.earlier))


def _step(row: Row, index: dict[str, int]) -> Step | None:
    if isinstance(row, Arrow):
        if row.source not in index or row.target not in index:
            return None
        response = row.family[0].isdigit()
        return Signal(index[row.source], index[row.target], _words(row), response, row.again, row.lost is not None)
    names = (row.column,) if hasattr(row, "column") else (row.source, row.target)
    at = [index[name] for name in names if name in index] or [0, len(index) - 1]
    return Note(min(at), max(at), row.text)


def _words(arrow: Arrow) -> str:
    badge = f" ({arrow.badge})" if arrow.badge else ""
    copy = f" {arrow.counted}" if arrow.counted else ""
    return f"{arrow.number}{arrow.letter} {arrow.text}{badge}{copy}{f', {fate(arrow)}' if fate(arrow) else ''}"


def fate(arrow: Arrow) -> str:
    """What became of a message, "" where it arrived and was understood."""
    if arrow.lost is not None:
        return f"lost: {arrow.lost}"
    return "still on its way" if arrow.arrived is None else arrow.remark
