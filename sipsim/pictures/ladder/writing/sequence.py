"""A ladder as a sequence of signals, notes and pauses, for formats that have no time axis.

Columns go by their index. A message stands where it was sent; when it arrived such formats can't show.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from sipsim.pictures.ladder.axis import Axis, decimals
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
    """The steps of a ladder in the order in which they began, one part after the other; none without columns."""
    index = {column.name: i for i, column in enumerate(model.columns)}
    last = len(index) - 1
    if not index:
        return
    omitted = [Note(0, last, more(model.omitted, model.earlier))] if model.omitted else []
    if model.earlier:
        yield from omitted
    for heading, part in model.parts or [("", model)]:
        if heading:
            yield Note(0, last, heading)
        yield from _steps(part, index)
    if not model.earlier:
        yield from omitted
    for section in model.sections:
        yield from (Note(0, last, f"{section.title}: {line}") for line in section.lines if not section.verbatim)


def _steps(part: Model, index: dict[str, int]) -> Iterator[Step]:
    axis, last = Axis(part.rows), None
    digits = decimals(row.begin for row in part.rows)
    for row in sorted(part.rows, key=lambda row: (row.begin, row.record)):
        step = _step(row, index)
        if step is None:
            continue
        if last is not None and axis.folded(row.begin - last):
            yield Pause(row.begin - last)
        if part.gaps and last is not None and isinstance(step, Signal):
            step = step._replace(text=f"{step.text} +{row.begin - last:.{digits}f} s")
        last = row.begin
        yield step


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
    counted = f" {arrow.counted}" if arrow.counted else ""
    return f"{arrow.mark} {arrow.text}{badge}{counted}{f', {fate(arrow)}' if fate(arrow) else ''}"


def fate(arrow: Arrow) -> str:
    """What became of a message and which rules it breaks, "" where it arrived, was understood and breaks none."""
    if arrow.lost is not None:
        end = f"lost: {arrow.lost}"
    else:
        end = "still on its way" if arrow.arrived is None else arrow.remark
    return ", ".join([*([end] if end else []), *(f"breaks {flag}" for flag in arrow.flags)])
