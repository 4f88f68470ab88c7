"""The layout of a ladder: its model becomes a display list, back to front.

Columns and heights come first; then lifelines, media behind everything, arrows with their labels, faults and notes.
"""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.pictures.display import Box, Line, Picture, Point, Shape, Text
from sipsim.pictures.ladder.axis import Axis
from sipsim.pictures.ladder.drawing import arrows, lanes, marks
from sipsim.pictures.ladder.drawing.below import HEADING, WORDS, Below
from sipsim.pictures.ladder.drawing.labels import remark_of
from sipsim.pictures.ladder.drawing.placing import Placement, place
from sipsim.pictures.ladder.drawing.sheet import Sheet
from sipsim.pictures.ladder.drawing.spacing import HEADER, Spacing
from sipsim.pictures.ladder.model import Arrow, Bar, Mark, Model, Section, more
from sipsim.pictures.lettering import advance, fit

MARGIN = 24.0
NARROWEST = 320.0
USUAL = 640.0  # a longer foot takes several lines, a longer title is cut
REPEAT = 900.0  # taller ladders name their columns at the foot again


def lay_out(model: Model, title: str, foot: str) -> Picture:
    """The picture of a ladder with a title above it ("" for none) and a line of text below it."""
    spacing = Spacing(model)
    words = max(advance(foot, 11), advance(title, 17))
    wanted = USUAL if model.sections else min(MARGIN * 2 + words, USUAL)
    width = max(spacing.edge + MARGIN, wanted, NARROWEST)
    shapes: list[Shape] = [Text(MARGIN, 34.0, fit(title, width - 2 * MARGIN, 17), "title")] if title else []
    bottom = 58.0 if title else MARGIN
    axis = Axis(model.rows)
    shown = [pair for name in spacing.names() for pair in (name[:2], name[2:])]
    clipped = [f"{part} is {whole}" for whole, part in shown if part != whole]
    if not model.columns:
        shapes.append(Text(MARGIN, bottom + HEADER / 2, "no messages", "note-text"))
    if model.omitted and model.earlier:
        shapes.append(Text(MARGIN, bottom, fit(more(model.omitted, True), width - 2 * MARGIN, WORDS), "note-text"))
        bottom += 14.0
    for heading, part in model.parts or [("", model)]:
        if heading:
            below = Below(MARGIN, width - MARGIN, bottom)
            shapes += below.words(heading, "heading", HEADING, 16.0)
            bottom = below.y + 14.0
        drawn, bottom, cut = _ladder(part, axis, spacing, bottom, width)
        clipped += cut
        bottom += 24.0 if heading else 0.0
        shapes += drawn
    below = Below(MARGIN, width - MARGIN, bottom + 15.0)
    shapes += _below(below, model, clipped, foot)
    height = below.y + 16.0
    paper = Box(0, 0, width, height, "paper")
    return Picture(width, height, title or _names(model), _told(model, foot), (paper, *shapes))


def _ladder(
    model: Model, axis: Axis, spacing: Spacing, top: float, width: float
) -> tuple[list[Shape], float, list[str]]:
    """One ladder with its headers from `top` on, where it ends, and the texts that it shows only in part."""
    placement = place(model, axis, top + HEADER + 34.0)
    sheet = Sheet(model, spacing, placement, width)
    shapes = [*_times(placement, spacing), *_lifelines(sheet, top + HEADER), *_rows(sheet), *spacing.headers(top)]
    if placement.bottom - top <= REPEAT - 58.0:
        return shapes, placement.bottom, sheet.clipped
    return [*shapes, *spacing.headers(placement.bottom)], placement.bottom + HEADER, sheet.clipped


def _below(below: Below, model: Model, clipped: list[str], foot: str) -> Iterator[Shape]:
    yield from map(below.section, [Section("clipped", "In full", clipped)] if clipped else [])
    below.y += 15.0 if clipped else 0.0
    if model.omitted and not model.earlier:
        yield from below.words(more(model.omitted), "note-text", WORDS)
        below.y += 15.0
    yield from map(below.section, model.sections)
    below.y += 15.0 if model.sections else 0.0
    yield from below.words(foot, "foot", 11)


def _times(placement: Placement, spacing: Spacing) -> Iterator[Shape]:
    x = spacing.times
    last = None
    for time, y in placement.ticks:
        yield Text(x - 10, y + 3.7, shown := f"{time:.{spacing.decimals}f}", "time", "end")
        if spacing.told_gaps and last is not None:
            yield Text(x - 18 - advance(shown, 10.5), y + 3.7, f"+{time - last:.{spacing.decimals}f}", "gap", "end")
        last = time
    for start, end, gap in placement.folds:
        if end - start > 50:
            length = f"⋮ {gap:.0f} s" if gap >= 9.5 else f"⋮ {gap:.2g} s"
            yield Text(x - 10, (start + end) / 2 + 3.7, length, "gap", "end")


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
        elif isinstance(row, Arrow):
            arrows.take_line(sheet, i, row, at)
    plates = {i: marks.take_words(sheet, row, at) for i, (row, at) in enumerate(rows) if isinstance(row, Mark)}
    yield from lanes.lines(sheet)
    yield from sheet.tracks.drawn(sheet.x)
    inner = [marks.inner(sheet, row, at) for row, at in rows if isinstance(row, Mark) and row.inner]
    remarked = []
    for i, (row, at) in enumerate(rows):
        if isinstance(row, Mark) and not row.inner:
            yield marks.mark(sheet, row, at, plates[i])
        elif isinstance(row, Arrow):
            drawn = arrows.draw(sheet, i, row, at)
            if remark_of(row):  # stands where later messages may still be under way: their lines end at its letters
                remarked.append(drawn)
            else:
                yield drawn
    yield from remarked
    yield from inner
    for row, at in rows:
        if isinstance(row, Bar):
            yield marks.plate(sheet, row, at)


def _names(model: Model) -> str:
    return "Ladder diagram" + (f" of {', '.join(c.name for c in model.columns)}" if model.columns else "")


def _told(model: Model, foot: str) -> str:
    """The whole ladder in words."""
    omitted = [more(model.omitted, model.earlier)] if model.omitted else []
    return "; ".join([*(row.label for row in model.rows), *omitted, foot])
