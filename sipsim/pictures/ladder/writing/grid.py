"""The grid of a text ladder: where lifelines stand among the characters, and a row to write on.

The characters are those that nearly every terminal font draws one column wide (box drawing, arrow heads, the
multiplication sign), so that the grid holds in a terminal, a notebook and a mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import ceil
from typing import NamedTuple

from sipsim.pictures.lettering import cell, cells, shorten_middle, visible

LEAST = 8  # the least distance of two lifelines, whatever width was asked for
USUAL = 20  # the least one where there is room


PLAIN = str.maketrans({"·": "-", "…": "...", "×": "x", "–": "-", "→": "->", "§": "section "})
"""What stands in ASCII for characters of our own words."""


class Glyphs(NamedTuple):
    """The characters of a ladder."""

    life: str = "│"
    folded: str = ":"
    dash: str = "─"
    right: str = "►"
    left: str = "◄"
    tail_right: str = "├"
    tail_left: str = "┤"
    cross: str = "┼"
    media: str = "═"
    media_cross: str = "╪"
    lost: str = "×"
    up: str = "○"
    more: str = "…"
    note: str = "·"
    dot: str = "•"
    lane: str = "┊"
    corners: str = "┌┐└┘"
    joints: str = "┬┴"

    def text(self, text: str) -> str:
        """`text` as it may be shown: nothing unprintable, and only ASCII where the glyphs are."""
        text = visible(text)
        if self.life != "|" or text.isascii():
            return text
        return text.translate(PLAIN).encode("ascii", "backslashreplace").decode("ascii")


BOX = Glyphs()
ASCII = Glyphs("|", ":", "-", ">", "<", "|", "|", "+", "=", "#", "X", "o", "..", ".", "*", "'", "++++", "++")


class Row:
    """One line of the ladder, as cells; a wide character takes a cell and leaves the next one empty."""

    def __init__(self, width: int) -> None:
        self.cells = [" "] * width

    def put(self, x: int, text: str) -> None:
        """Write `text` from column x on; what would stand outside the row is dropped."""
        if text.isascii() and x >= 0 and x + len(text) <= len(self.cells):
            self.cells[x : x + len(text)] = text
            return
        for c in text:
            wide = cell(c)
            if not wide and 0 < x <= len(self.cells):
                self.cells[x - 1] += c
            elif x >= 0 and x + wide <= len(self.cells):
                self.cells[x : x + wide] = [c, ""][:wide]
            x += wide

    def set(self, x: int, glyph: str) -> None:
        """Write one character that takes one cell, inside the row."""
        self.cells[x] = glyph

    def fill(self, start: int, end: int, char: str) -> None:
        """Write one narrow character into the columns from `start` up to, not including, `end`."""
        start, end = max(start, 0), min(end, len(self.cells))
        self.cells[start:end] = char * max(end - start, 0)

    def __str__(self) -> str:
        return "".join(self.cells).rstrip()


class Grid:
    """Names and places of the columns: `xs` are the lifelines, `edge` is where the ladder ends.

    Left of it is a `margin` for times. `needs` say how much the labels in each space between two lifelines would like
    to have. Names stand in boxes where all of them fit unshortened, else they stand free and lose their middles.
    """

    def __init__(self, names: Sequence[str], needs: Sequence[int], margin: int, width: int, glyphs: Glyphs) -> None:
        names = [glyphs.text(name) for name in names]
        halves = [cells(name) / 2 + 2 for name in names]
        boxes = [int(a + b) + 2 for a, b in pairwise(halves)]
        room = width - margin - ceil(halves[0]) - ceil(halves[-1])
        self.boxed = sum(max(box, 13) for box in boxes) <= room or not boxes
        if not self.boxed:
            halves = [min(half - 1, 6) for half in halves]
            boxes = [LEAST] * len(needs)
            room = width - margin - ceil(halves[0]) - ceil(halves[-1])
        wanted = [max(need, box, USUAL) for need, box in zip(needs, boxes, strict=True)]
        self.xs = list(accumulate(level(wanted, boxes, room), initial=margin + ceil(halves[0])))
        self.edge = self.xs[-1] + ceil(halves[-1])
        self.names = (
            names
            if self.boxed
            else [shorten_middle(n, self._place(i) - 2, more=glyphs.more) for i, n in enumerate(names)]
        )

    def _place(self, i: int) -> int:
        """How wide the name of column i may be."""
        gaps = [b - a for a, b in pairwise(self.xs[max(i - 1, 0) : i + 2])]
        return min([*gaps, *([14] if i in (0, len(self.xs) - 1) else [])])


def level(wanted: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Share `room` among gaps: each gets what it wants up to a level for all, and never less than its least."""
    for cap in range(max(wanted, default=0), LEAST, -1):
        gaps = [max(low, min(want, cap)) for low, want in zip(least, wanted, strict=True)]
        if sum(gaps) <= room:
            return gaps
    return list(least)
