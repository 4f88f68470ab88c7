"""The layout of a ladder: its model becomes a display list, back to front.

Columns and heights come first; then lifelines, media behind everything, arrows with their labels, faults and notes.
"""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.pictures.display import Box, Line, Picture, Point, Shape, Text
from sipsim.pictures.ladder import arrows, marks
from sipsim.pictures.ladder.axis import Axis
from sipsim.pictures.ladder.model import Arrow, Bar, Mark, Model, more
from sipsim.pictures.ladder.placing import Placement, place
from sipsim.pictures.ladder.sheet import Sheet
from sipsim.pictures.ladder.spacing import HEADER, TIMES, Spacing
from sipsim.pictures.lettering import advance, fit

MARGIN = 24.0
NARROWEST = 320.0
REPEAT = 900.0  # taller ladders name their columns at the foot again


def lay_out(model: Model, title: str, foot: str) -> Picture:
    """The picture of a ladder with a title above it ("" for none) and a line of text below it."""
    spacing = Spacing(model)
    top = (58.0 if title else MARGIN) + HEADER
    placement = place(model, Axis(model.rows), top + 34.0)
    width = max(spacing.edge + MARGIN, MARGIN * 2 + advance(foot, 11), NARROWEST)
    sheet = Sheet(model, spacing.xs, placement, width)
    shapes: list[Shape] = [Text(MARGIN, 34.0, fit(title, width - 2 * MARGIN, 17), "title")] if title else []
    shapes += [*_times(placement), *_lifelines(sheet, top), *_rows(sheet), *spacing.headers(top - HEADER)]
    bottom = placement.bottom
    if bottom > REPEAT:
        shapes += spacing.headers(bottom)
        bottom += HEADER
    if model.omitted:
        bottom += 30.0
        shapes.append(Text(MARGIN, bottom, fit(more(model.omitted), width - 2 * MARGIN, 12), "note-text"))
    shapes.append(Text(MARGIN, bottom + 30.0, foot, "foot"))
    height = bottom + 46.0
    paper = Box(0, 0, width, height, "paper")
    return Picture(width, height, title or _names(model), _told(model, foot), (paper, *shapes))


def _times(placement: Placement) -> Iterator[Shape]:
    for time, y in placement.ticks:
        yield Text(TIMES - 10, y + 3.7, f"{time:.3f}", "time", "end")
    for start, end, gap in placement.folds:
        if end - start > 50:
            length = f"⋮ {gap:.0f} s" if gap >= 9.5 else f"⋮ {gap:.2g} s"
            yield Text(TIMES - 10, (start + end) / 2 + 3.7, length, "gap", "end")


def _lifelines(sheet: Sheet, top: float) -> Iterator[Shape]:
    """Whole where time runs to scale and the element is up, dotted where time is folded, missing while it's down."""
    whole: list[tuple[Point, ...]] = []
    dotted: list[tuple[Point, ...]] = []
    for i in range(len(sheet.model.columns)):
        x, y = sheet.xs[i], top
        for start, end, down in sorted(_breaks(sheet, i)):
            whole.append(((x, y), (x, start)))
            if not down:
                dotted.append(((x, start), (x, end)))
            y = end
        if y < sheet.placement.bottom:
            whole.append(((x, y), (x, sheet.placement.bottom)))
    yield Line(tuple(whole), "life")
    yield Line(tuple(dotted), "folded")


def _breaks(sheet: Sheet, column: int) -> Iterator[tuple[float, float, bool]]:
    """Where a lifeline isn't whole: from, to, and whether that is because the element is down."""
    down = sheet.downtimes(column)
    for start, end, _ in sheet.placement.folds:
        if end - start > 30 and not any(a < end and start < b for a, b in down):
            yield start + 8, end - 8, False
    yield from ((start, end, True) for start, end in down)


def _rows(sheet: Sheet) -> Iterator[Shape]:
    """Media bands, then messages and marks, then plates; all lines are known before words are put."""
    rows = list(zip(sheet.model.rows, sheet.placement.places, strict=True))
    for i, (row, at) in enumerate(rows):
        if isinstance(row, Bar):
            yield marks.band(sheet, row, at)
        elif isinstance(row, Mark):
            marks.take_words(sheet, row, at)
        else:
            arrows.take_line(sheet, i, row, at)
    for i, (row, at) in enumerate(rows):
        if isinstance(row, Mark):
            yield marks.mark(sheet, row, at)
        elif isinstance(row, Arrow):
            yield arrows.draw(sheet, i, row, at)
    for row, at in rows:
        if isinstance(row, Bar):
            yield marks.plate(sheet, row, at)


def _names(model: Model) -> str:
    return "Ladder diagram" + (f" of {', '.join(c.name for c in model.columns)}" if model.columns else "")


def _told(model: Model, foot: str) -> str:
    """The whole ladder in words."""
    omitted = [more(model.omitted)] if model.omitted else []
    return "; ".join([*(row.label for row in model.rows), *omitted, foot])
