"""A table as a display list: a head, rows of cells in columns as wide as they need, and a line of words below."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

from sipsim.pictures.display import Box, Group, Line, Picture, Shape, Text
from sipsim.pictures.lettering import advance, fit, fit_middle, visible

MARGIN, PAD, ROW = 24.0, 12.0, 26.0
WIDEST = 320.0  # of a cell whose text others chose
SIZE = 12.5
BOLD = 1.12  # how much wider the head's letters are


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], foot: str, empty: str) -> Picture:
    """The picture of a table; `empty` stands in it where there are no rows. Texts may be anybody's."""
    columns = list(zip(head, *rows, strict=True))
    widths = [
        2 * PAD + max(_wide(title, SIZE * BOLD), *(_wide(c, SIZE) for c in cells), 0.0) for title, *cells in columns
    ]
    width = max(fsum(widths), advance(empty, SIZE) + 2 * PAD, advance(foot, 11), min(advance(title, 17), 2 * WIDEST))
    top = 58.0
    height = top + ROW * (1 + max(len(rows), 1)) + 46.0
    shapes: list[Shape] = [Box(0, 0, width + 2 * MARGIN, height, "paper")]
    shapes.append(Text(MARGIN, 34.0, fit(title, width, 17), "title"))
    shapes.append(Box(MARGIN, top, width, ROW, "header", 4.0))
    shapes += _cells(head, widths, top, "name")
    for i, row in enumerate(rows, start=1):
        shapes.append(Group(tuple(_cells(row, widths, top + i * ROW, "table-cell")), f"row-{i}", ", ".join(row)))
        shapes.append(Line((((MARGIN, top + (i + 1) * ROW), (MARGIN + width, top + (i + 1) * ROW)),), "tick"))
    if not rows:
        shapes.append(Text(MARGIN + PAD, top + ROW + 17.5, empty, "table-cell"))
    shapes.append(Text(MARGIN, height - 16.0, fit(foot, width, 11), "foot"))
    told = "; ".join([*(", ".join(row) for row in rows), foot]) if rows else f"{empty}; {foot}"
    return Picture(width + 2 * MARGIN, height, title, visible(told), tuple(shapes))


def _cells(row: Sequence[str], widths: Sequence[float], y: float, style: str) -> list[Shape]:
    shapes: list[Shape] = []
    x = MARGIN
    for cell, width in zip(row, widths, strict=True):
        shapes.append(Text(x + PAD, y + 17.5, fit_middle(cell, WIDEST, SIZE), style))
        x += width
    return shapes


def _wide(cell: str, size: float) -> float:
    return advance(fit_middle(cell, WIDEST, SIZE), size)
