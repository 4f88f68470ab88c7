"""The layout of a ladder: its model becomes a display list, back to front.

Columns and heights come first; then lifelines, media behind everything, arrows with their labels, faults and
notes on top.
"""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.pictures import arrows, marks
from sipsim.pictures.axis import Axis
from sipsim.pictures.display import Box, Group, Line, Picture, Point, Shape, Text
from sipsim.pictures.lettering import advance, shorten, shorten_middle, visible
from sipsim.pictures.model import Arrow, Bar, Column, Mark, Model, more
from sipsim.pictures.placing import Placement, gaps_between, place
from sipsim.pictures.sheet import Sheet

TIMES = 72.0  # where the column of times ends
MARGIN = 24.0
GAP = (180.0, 260.0)  # the least and the greatest distance of two lifelines
HEADER = 40.0
REPEAT = 900.0  # taller ladders name their columns at the foot again


def lay_out(model: Model, title: str, foot: str) -> Picture:
    """The picture of a ladder with a title above it ("" for none) and a line of text below it."""
    top = (58.0 if title else MARGIN) + HEADER
    xs, boxes = _across(model)
    placement = place(model, Axis(model.rows), top + 34.0)
    width = max(xs[-1] + boxes[-1] / 2 + MARGIN, MARGIN * 2 + advance(foot, 11), 320.0)
    sheet = Sheet(model, xs, placement, width)
    repeat = placement.bottom > REPEAT
    bottom = placement.bottom + (HEADER if repeat else 0.0)
    shapes = [Box(0, 0, width, 0, "paper")]
    shapes += (
        [Text(MARGIN, 34.0, shorten(title, width - 2 * MARGIN, lambda t: advance(t, 17)), "title")]
        if title
        else []
    )
    shapes += _times(placement)
    shapes += _lifelines(sheet, top)
    shapes += _rows(sheet)
    shapes += _headers(model.columns, xs, boxes, top - HEADER)
    shapes += _headers(model.columns, xs, boxes, placement.bottom) if repeat else []
    if model.omitted:
        bottom += 30.0
        shapes.append(Text(xs[0], bottom, more(model.omitted), "note-text"))
    shapes.append(Text(MARGIN, bottom + 30.0, foot, "foot"))
    height = bottom + 46.0
    shapes[0] = Box(0, 0, width, height, "paper")
    return Picture(width, height, title or _told_columns(model), _description(model, foot), tuple(shapes))


def _across(model: Model) -> tuple[list[float], list[float]]:
    """Where the lifelines stand, and how wide their headers are."""
    names = [visible(column.name) for column in model.columns]
    boxes = [
        min(max(advance(n, 14), advance(c.address, 10.5)) + 24, GAP[1] - 16)
        for n, c in zip(names, model.columns, strict=True)
    ]
    boxes = [max(box, 76.0) for box in boxes] or [76.0]
    gaps = [max(GAP[0], (a + b) / 2 + 16) for a, b in zip(boxes, boxes[1:], strict=False)]
    index = {column.name: i for i, column in enumerate(model.columns)}
    for arrow in model.arrows:
        spaces = gaps_between(index[arrow.source], index[arrow.target], len(index))
        for space in spaces if len(spaces) == 1 and gaps else ():
            slack = 48 if arrow.arrived is not None else 80
            gaps[space] = max(gaps[space], min(arrows.label_width(arrow) + slack, GAP[1]))
    xs = [TIMES + 14 + boxes[0] / 2]
    for gap in gaps:
        xs.append(xs[-1] + gap)
    return xs, boxes


def _headers(columns: list[Column], xs: list[float], boxes: list[float], y: float) -> Iterator[Shape]:
    for column, x, wide in zip(columns, xs, boxes, strict=False):
        name = shorten_middle(visible(column.name), wide - 16, lambda text: advance(text, 14))
        address = column.address if column.address != column.name else ""
        yield Box(x - wide / 2, y, wide, HEADER, "header", 7)
        yield Text(x, y + (17.5 if address else 24.5), name, "name", "middle")
        if address:
            yield Text(
                x,
                y + 31.5,
                shorten_middle(visible(address), wide - 8, lambda text: advance(text, 10)),
                "address",
                "middle",
            )


def _times(placement: Placement) -> Iterator[Shape]:
    for time, y in placement.ticks:
        yield Text(TIMES - 10, y + 3.7, f"{time:.3f}", "time", "end")
    for start, end, gap in placement.folds:
        if end - start > 50:
            yield Text(
                TIMES - 10,
                (start + end) / 2 + 3.7,
                f"⋮ {gap:.0f} s" if gap >= 9.5 else f"⋮ {gap:.2g} s",
                "gap",
                "end",
            )


def _lifelines(sheet: Sheet, top: float) -> Iterator[Shape]:
    """Whole where time runs to scale and the element is up, dotted where the axis is folded, missing while
    it's down.
    """
    whole: list[tuple[Point, ...]] = []
    dotted: list[tuple[Point, ...]] = []
    for i, x in enumerate(sheet.xs[: len(sheet.model.columns)]):
        y = top
        down = sheet.downtimes(i)
        cuts = [
            (a + 8, b - 8, dotted)
            for a, b, _ in sheet.placement.folds
            if b - a > 30 and not any(s < b and a < e for s, e in down)
        ]
        cuts += [(a, b, []) for a, b in down]
        for start, end, strokes in sorted(cuts, key=lambda cut: cut[:2]):
            whole.append(((x, y), (x, start)))
            strokes.append(((x, start), (x, end)))
            y = end
        if y < sheet.placement.bottom:
            whole.append(((x, y), (x, sheet.placement.bottom)))
    yield Line(tuple(whole), "life")
    if dotted:
        yield Line(tuple(dotted), "folded")


def _rows(sheet: Sheet) -> Iterator[Shape]:
    """Media bands, then messages and marks, then what stands on the bands; all lines are known before the
    first words are put.
    """
    rows = list(enumerate(zip(sheet.model.rows, sheet.placement.places, strict=True)))
    for i, (row, place) in rows:
        if isinstance(row, Bar):
            yield marks.band(sheet, row, place)
        elif isinstance(row, Mark):
            marks.take_words(sheet, row, place)
        else:
            arrows.take_line(sheet, i, row, place)
    for i, (row, place) in rows:
        if isinstance(row, Mark):
            yield marks.mark(sheet, row, place)
        elif isinstance(row, Arrow):
            yield arrows.draw(sheet, i, row, place)
    for _, (row, place) in rows:
        if isinstance(row, Bar):
            yield marks.plate(sheet, row, place)


def _told_columns(model: Model) -> str:
    return "Ladder diagram" + (f" of {', '.join(c.name for c in model.columns)}" if model.columns else "")


def _description(model: Model, foot: str) -> str:
    return "; ".join(
        [*(row.label for row in model.rows), *([more(model.omitted)] if model.omitted else []), foot]
    )
