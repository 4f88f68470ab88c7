"""The text writer: a ladder in characters, a row a message.

A row starts with the time at which its message was sent. An arrow passes the lifelines in between visibly; a
retransmission is dashed; a lost message ends in a cross. Messages that cross on their way have two rows, one
where they leave and one where they arrive. Where words don't fit, the message's number gets a star and the
words stand below the ladder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from textwrap import wrap
from typing import cast

from sipsim.errors import UsageError
from sipsim.pictures.ladder.axis import Axis, decimals
from sipsim.pictures.ladder.drawing.placing import gaps_between
from sipsim.pictures.ladder.model import Arrow, Bar, Mark, Model, Section, more
from sipsim.pictures.ladder.writing.crossings import in_two_rows
from sipsim.pictures.ladder.writing.grid import ASCII, BOX, USUAL, Glyphs, Grid, Row
from sipsim.pictures.ladder.writing.strokes import Pen, variants
from sipsim.pictures.lettering import broken, cells, shorten

NARROWEST = 40
LANE = (14, 40)  # the least and the most that the lane of an API is wide
REPEAT = 45  # longer ladders name their columns at the foot again
LABELS = (10, 44)  # what a space between two lifelines wants beside its labels, and at most


def write(model: Model, title: str, foot: str, width: int = 100, ascii: bool = False) -> str:
    """The ladder, without a line break at its end; lines exceed `width` where it can't hold so many columns."""
    glyphs = ASCII if ascii else BOX
    if not isinstance(width, int):
        raise UsageError(f"width={width!r}: a whole number of characters")
    width = max(width, NARROWEST)
    above = [*_lines(glyphs.text(title), width), ""] if title else []
    below = ["", *_lines(glyphs.text(foot), width)]
    if not model.columns:
        return "\n".join([*above, "no messages", *below])
    body = [] if model.parts else _one(model, width, glyphs)
    for i, (heading, part) in enumerate(model.parts):
        body += [*[""][:i], *_lines(glyphs.text(heading), width), *_one(part, width, glyphs)]
    if model.omitted:
        words = _lines(glyphs.text(more(model.omitted, model.earlier)), width)
        body = [*words, "", *body] if model.earlier else [*body, "", *words]
    sections = [line for section in model.sections for line in ["", *_section(section, width, glyphs)]]
    return "\n".join([*above, *body, *sections, *below])


def _one(model: Model, width: int, glyphs: Glyphs) -> list[str]:
    """A ladder with its headers and remarks."""
    writer = _Writer(model, width, glyphs)
    rows = list(writer.rows())
    return [*writer.header(False), *rows, *(writer.header(True) if len(rows) > REPEAT else []), *writer.remarks(width)]


def _section(section: Section, width: int, glyphs: Glyphs) -> Iterator[str]:
    yield from _lines(glyphs.text(section.title), width, "  ")
    for line in section.lines:
        text = glyphs.text(line)
        pieces = broken(text, width - 4) if section.verbatim else _lines(text, width - 4, "  ")
        yield from (f"    {piece}".rstrip() for piece in pieces)


def _lines(text: str, width: int, indent: str = "") -> list[str]:
    """`text` in lines of at most `width` columns."""
    wide = cells(text) > len(text)
    return wrap(text, width // 2 if wide else width, subsequent_indent=indent)


def _together(one: object, other: object) -> bool:
    """Whether two marks tell of one instant inside one element."""
    if not (isinstance(one, Mark) and isinstance(other, Mark) and one.inner and other.inner):
        return False
    return (one.time, one.column) == (other.time, other.column)


class _Writer:
    def __init__(self, model: Model, width: int, glyphs: Glyphs) -> None:
        self.model = model
        self.glyphs = glyphs
        self.axis = Axis(model.rows)
        self.index = {column.name: i for i, column in enumerate(model.columns)}
        self.split = in_two_rows(model.arrows, self.axis)
        self.at = sorted(self.moments())
        self.decimals = decimals(time for time, *_ in self.at)
        self.digits = max([6, *(len(self.time(moment[0])) for moment in (*self.at[:1], *self.at[-1:]))]) + 1
        self.above: float | None = None  # the time of the row above
        self.stamp = self.digits * (1 + model.gaps) + model.gaps  # how wide the times are
        self.lanes = self.widths_of_lanes(width)
        left, right = self.lanes.get(0, 0), self.lanes.get(len(self.index) - 1, 0) if len(self.index) > 1 else 0
        names = [column.name for column in model.columns]
        self.grid = Grid(names, self.needs(), self.stamp + 2 + left, width - right, glyphs)
        self.width = max(width, self.grid.edge + right)
        self.down = [False] * len(model.columns)
        self.starred: list[str] = []
        self.blanks: dict[tuple[str, tuple[bool, ...]], list[str]] = {}  # rows with nothing but lifelines

    def needs(self) -> list[int]:
        """How wide each space between two lifelines would like to be, for labels that can stand nowhere else."""
        found = [0] * (len(self.index) - 1)
        for i, lane in self.lanes.items():
            if 0 < i < len(found):
                found[i - 1] = lane + USUAL
        for row in self.model.rows:
            if isinstance(row, Mark) or not found:
                continue
            spaces = gaps_between(self.index[row.source], self.index[row.target], len(self.index))
            if len(spaces) == 1:
                label = row.text if isinstance(row, Bar) else variants(row, self.glyphs)[0]
                why = cells(self.glyphs.text(row.lost or "")) if isinstance(row, Arrow) else 0
                found[spaces[0]] = max(found[spaces[0]], min(cells(label) + why + LABELS[0], LABELS[1]))
        return found

    def widths_of_lanes(self, width: int) -> dict[int, int]:
        """By column: how wide the lane is where its API is called."""
        found: dict[int, int] = {}
        for row in self.model.rows:
            if isinstance(row, Mark) and row.kind == "api" and row.column in self.index:
                wanted = cells(self.glyphs.text(row.text)) + 6
                found[self.index[row.column]] = max(found.get(self.index[row.column], LANE[0]), wanted)
        most = (width - USUAL * len(self.index)) // max(len(found), 1)  # messages come first
        return {i: min(wanted, max(most, LANE[0]), LANE[1]) for i, wanted in found.items()}

    def lane(self, i: int) -> int:
        """Where the lane of a column's API stands: on its left, of the last column on its right."""
        xs, width = self.grid.xs, self.lanes[i]
        return xs[i] + width if 0 < i == len(xs) - 1 else max(xs[i] - width, xs[i - 1] + 2 if i else 0)

    def header(self, upside_down: bool) -> list[str]:
        """The names of the columns, in boxes where they fit."""
        grid, g = self.grid, self.glyphs
        rows = [Row(self.width) for _ in range(3)]
        rows[1].put(0, "time".rjust(self.digits))
        for i in self.lanes:
            rows[1].put(self.lane(i) - 1, "API")
        top, bottom = rows[0], rows[2]
        for name, x in zip(grid.names, grid.xs, strict=True):
            inner = cells(name) + 2
            left = x - inner // 2 - 1
            rows[1].put(left + 2, name)
            if not grid.boxed:
                bottom.put(x, g.life)
                continue
            top.put(left, g.corners[0] + g.dash * inner + g.corners[1])
            rows[1].put(left, g.life)
            rows[1].put(left + inner + 1, g.life)
            bottom.put(left, g.corners[2] + g.dash * inner + g.corners[3])
            (top if upside_down else bottom).put(x, g.joints[upside_down])
        return [str(row) for row in rows if grid.boxed or row is rows[1]]

    def rows(self) -> Iterator[str]:
        """The ladder between its headers, a line each."""
        last = None
        moments = self.at
        for at, (time, _, i, arrives) in enumerate(moments):
            if last is not None and self.axis.folded(time - last):
                yield str(self.blank(self.glyphs.more.rjust(self.digits), self.glyphs.folded))
            last = time
            row = self.model.rows[i]
            before = self.model.rows[moments[at - 1][2]] if at else None
            if isinstance(row, Mark) and row.inner:
                if not _together(before, row):
                    yield from map(str, self.inner(row, moments[at + 1 :]))
            elif isinstance(row, Arrow):
                yield from map(str, self.arrival(row) if arrives else self.message(row))
            else:
                yield from map(str, self.media(row) if isinstance(row, Bar) else self.mark(row))

    def time(self, time: float) -> str:
        """An instant as it stands beside a row."""
        return f"{time:.{self.decimals}f}"

    def times(self, time: float) -> str:
        """The same with what goes beside it: how long ago the row above was."""
        told, above = self.time(time), self.above
        self.above = time
        gap = "" if above is None else f"+{time - above:.{self.decimals}f}"
        return f"{told:>{self.digits}} {gap:>{self.digits}}" if self.model.gaps else told.rjust(self.digits)

    def moments(self) -> Iterator[tuple[float, int, int, bool]]:
        """When each row begins, and when a message arrives that has a row for that: time, record, row, arrives."""
        for i, row in enumerate(self.model.rows):
            again = isinstance(row, Arrow) and row.duplicate
            if not again:
                yield row.begin, row.record, i, False
            if row.end is not None and (again or row.end[1] in self.split):
                yield *row.end, i, True

    def blank(self, time: str, life: str) -> Row:
        row = Row(0)
        cells = self.blanks.get(kind := (life, tuple(self.down)))
        if cells is None:
            cells = self.blanks[kind] = [" "] * self.width
            for i in self.lanes:
                cells[self.lane(i)] = self.glyphs.lane
            for x, down in zip(self.grid.xs, self.down, strict=True):
                cells[x] = " " if down else life
        row.cells = cells.copy()
        row.put(0, time)
        return row

    def pen(self, time: float, dashed: bool = False) -> Pen:
        return Pen(self.blank(self.times(time), self.glyphs.life), self.grid.xs, self.glyphs, dashed)

    def message(self, arrow: Arrow) -> Iterator[Row]:
        """A message where it leaves; with its arrival, unless that has a row of its own."""
        a, b = self.index[arrow.source], self.index[arrow.target]
        pen = self.pen(arrow.sent, arrow.copy > 1)
        remark = arrow.remark or self.codecs(arrow, a, b)
        if a == b:
            return self.loop(pen, arrow, a)
        if arrow.lost is not None:
            self.stops(pen, arrow, a, b, self.glyphs.lost, self.glyphs.text(arrow.lost), "lost: ")
        elif arrow.arrived is None:
            self.stops(pen, arrow, a, b, self.glyphs.more, "", "still on its way when the trace ended")
        elif arrow.arrival in self.split:
            pen.start(a, b, variants(arrow, self.glyphs, self.star(arrow, self.codecs(arrow, a, b))), self.glyphs.more)
        else:
            pen.whole(a, b, variants(arrow, self.glyphs, self.star(arrow, remark)))
        return iter((pen.row,))

    def arrival(self, arrow: Arrow) -> Iterator[Row]:
        """A message where it arrives, when it left in an earlier row."""
        pen = self.pen(arrow.arrived or 0.0, arrow.copy > 1)
        a, b = self.index[arrow.source], self.index[arrow.target]
        labels = variants(arrow, self.glyphs, self.star(arrow, arrow.remark), arrives=True)
        if a == b:
            return self.loop(pen, arrow, a)
        pen.finish(a, b, labels)
        return iter((pen.row,))

    def codecs(self, arrow: Arrow, a: int, b: int) -> str:
        """The codecs of a message between these columns, where no space has room for them."""
        low, high = sorted((a, b))
        room = max((y - x for x, y in pairwise(self.grid.xs[low : high + 1])), default=self.width) - 5
        return arrow.badge if " " in arrow.badge and cells(variants(arrow, self.glyphs)[0]) > room else ""

    def stops(self, pen: Pen, arrow: Arrow, a: int, b: int, end: str, why: str, remark: str) -> None:
        """A message that never arrives: why stands behind its end where there is room, else below the ladder."""
        plain = variants(arrow, self.glyphs)
        if not why or not pen.start(a, b, plain[:1], end, why):
            pen.start(a, b, variants(arrow, self.glyphs, self.star(arrow, remark + why)), end)

    def loop(self, pen: Pen, arrow: Arrow, a: int) -> Iterator[Row]:
        """A message to oneself: out, and back in the next row."""
        back = self.pen(arrow.ended or arrow.sent, arrow.copy > 1)
        remark = arrow.remark if arrow.lost is None else f"lost: {arrow.lost}"
        pen.loop(back, a, variants(arrow, self.glyphs, self.star(arrow, remark)), arrow.lost is not None)
        return iter((pen.row, back.row))

    def star(self, arrow: Arrow, remark: str) -> str:
        """Put a remark below the ladder; returns the mark that the message's number gets."""
        if remark:
            self.starred.append(
                f"{arrow.number or arrow.mark:>4}* {arrow.text} from {arrow.source} to {arrow.target} {remark}"
            )
        return "*" if remark else ""

    def media(self, bar: Bar) -> Iterator[Row]:
        pen = self.pen(bar.start)
        if bar.source == bar.target:
            return iter(())
        pen.both_ways(self.index[bar.source], self.index[bar.target], list(map(self.glyphs.text, bar.texts)))
        return iter((pen.row,))

    def mark(self, mark: Mark) -> Iterator[Row]:
        """A fault at its element's lifeline, anything else across the ladder."""
        i = self.index.get(mark.column)
        text = self.glyphs.text(mark.text)
        if i is None or mark.kind == "note":
            return self.across(mark, text)
        if mark.kind == "api":
            return iter((self.call(mark, i, text),))
        up = mark.what in ("restart", "heal")
        row = self.pen(mark.time).row
        end = self.grid.xs[i + 1] if i + 1 < len(self.grid.xs) else self.width
        shown = shorten(text, end - self.grid.xs[i] - 3, more=self.glyphs.more)
        row.put(self.grid.xs[i], f"{self.glyphs.up if up else self.glyphs.lost} {shown}")
        if shown != text:
            self.starred.append(f"{mark.time:.3f} {mark.text}")
        if mark.what in ("crash", "restart"):
            self.down[i] = mark.what == "crash"
        return iter((row,))

    def call(self, mark: Mark, i: int, text: str) -> Row:
        """A call of an API, from the lane to the lifeline, or a callback the other way."""
        pen = self.pen(mark.time)
        x, lane = self.grid.xs[i], self.lane(i)
        shown = shorten(text, abs(x - lane) - 5, more=self.glyphs.more)
        if shown != text:
            self.starred.append(f"{mark.time:.3f} {mark.column}: {mark.text}")
        start, end = (x, lane) if mark.what == "callback" else (lane, x)
        step = 1 if end > start else -1
        pen.dashes(min(x, lane) + 1, max(x, lane))
        pen.row.put(end - step, self.glyphs.right if step > 0 else self.glyphs.left)
        left = min(x, lane) + 1 + (step < 0)
        pen.row.put(left + (abs(x - lane) - 4 - cells(shown)) // 2, f" {shown} ")
        return pen.row

    def inner(self, mark: Mark, later: Sequence[tuple[float, int, int, bool]]) -> Iterator[Row]:
        """What went on inside an element at an instant, in as few rows as it fits into."""
        marks = [mark]
        for _, _, i, _ in later:
            if not _together(mark, other := self.model.rows[i]):
                break
            marks.append(cast(Mark, other))
        x = self.grid.xs[self.index[mark.column]]
        words = self.glyphs.text("; ".join(mark.text for mark in marks))
        room = self.width - x - 2
        before = room < NARROWEST // 2 < x - self.stamp  # where the last lifeline is at the edge
        for i, line in enumerate(_lines(words, NARROWEST if before else max(room, NARROWEST // 2))):
            row = self.blank("" if i else self.times(mark.time), self.glyphs.life)
            row.put(x - cells(line) - 2 if before else x + 1, f" {line} ")
            row.put(x, self.glyphs.life if i else self.glyphs.dot)
            yield row

    def across(self, mark: Mark, text: str) -> Iterator[Row]:
        """Words across all lifelines."""
        if mark.kind != "note":
            text = f"{self.glyphs.up if mark.what == 'heal' else self.glyphs.lost} {text}"
        left, right = self.grid.xs[0], self.grid.xs[-1]
        for i, line in enumerate(_lines(text, max(right - left - 3, 30))):
            row = Row(self.width)
            row.put(0, "" if i else self.times(mark.time))
            row.put(left, self.glyphs.note * (right - left + 1))
            row.put(max((left + right - cells(line)) // 2 - 1, self.stamp + 1), f" {line} ")
            yield row

    def remarks(self, width: int) -> list[str]:
        """What stands below the ladder: the words that did not fit."""
        lines = [line for text in self.starred for line in _lines(self.glyphs.text(text), width, " " * 6)]
        return ["", *lines] if lines else []
