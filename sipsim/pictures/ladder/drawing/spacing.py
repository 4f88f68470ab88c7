"""How far apart the columns of a drawn ladder stand, and how wide their headers are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, pairwise

from sipsim.pictures.display import Box, Shape, Text
from sipsim.pictures.ladder.axis import decimals
from sipsim.pictures.ladder.drawing.labels import SMALL, Label, remark_of
from sipsim.pictures.ladder.drawing.placing import gaps_between
from sipsim.pictures.ladder.model import Arrow, Bar, Column, Mark, Model
from sipsim.pictures.lettering import advance, fit_middle, visible

TIMES = 72.0  # where the column of times ends, at least
LEAST, MOST = 180.0, 260.0  # distance of two lifelines
CLOSE, USUAL = 128.0, 1260.0  # the least of many lifelines, and what they may take together until then
WIDEST = 340.0  # of words outside of the first and the last one
NARROWEST = 76.0  # width of a header
HEADER = 40.0  # height of a header
PLATE = 44.0  # what the words of a media bar need beside themselves
NAME, ADDRESS = 15.2, 10.4  # sizes of letters: a little more than they are drawn with, names being bold


class Spacing:
    """`xs`: where the lifelines stand; `lanes`: where the API lanes of columns; `edge`: where the last column ends."""

    def __init__(self, model: Model) -> None:
        self.columns = model.columns
        least = min(max(CLOSE, USUAL / max(len(self.columns), 1)), LEAST)
        self.boxes = [_box(column, min(least + 64, MOST - 16)) for column in model.columns] or [NARROWEST]
        halves = [width / 2 for width in self.boxes]
        self.before, self.beyond = halves[0], halves[-1]  # room on the left of the first lifeline, right of the last
        self.gaps = [max(least, a + b + 16) for a, b in pairwise(halves)]
        self.index = {column.name: i for i, column in enumerate(model.columns)}
        self.under_way: dict[tuple[int, int], Arrow] = {}  # the last message from a column to another one
        for row in model.rows:
            if isinstance(row, Arrow):
                self._message(row)
            elif isinstance(row, Bar):
                self._media(row)
            elif row.inner:
                self._outside(self.index[row.column], min(advance(visible(row.text), SMALL) + 40, WIDEST))
            elif row.kind in ("fault", "error") and row.column in self.index and self.gaps:
                space = min(self.index[row.column], len(self.gaps) - 1)
                self.gaps[space] = max(self.gaps[space], min(advance(visible(row.text), NAME) + 30, WIDEST))
        apart = {column: min(width, WIDEST) for column, width in _lanes(model).items() if column in self.index}
        for column, width in apart.items():
            self._lane(self.index[column], width)
        latest = max((row.end[0] if row.end else row.begin for row in model.rows), default=0.0)
        self.decimals = decimals(row.begin for row in model.rows)  # of these times
        widest = f"{latest:.{self.decimals}f}"
        self.told_gaps = model.gaps
        self.times = max(
            TIMES, advance(widest * (1 + model.gaps), 10.5) + 30 + 14 * model.gaps
        )  # where their column ends
        self.xs = list(accumulate(self.gaps, initial=self.times + 14 + self.before))
        self.edge = self.xs[-1] + self.beyond
        self.lanes = {
            column: self.xs[i] + (width if self._rightmost(i) else -width)
            for column, width in apart.items()
            for i in [self.index[column]]
        }

    def _message(self, arrow: Arrow) -> None:
        """Room for the words of a message between neighbours, and more where it meets one coming the other way."""
        source, target = self.index[arrow.source], self.index[arrow.target]
        spaces = gaps_between(source, target, len(self.columns))
        if len(spaces) == 1 and self.gaps:
            wanted = Label(arrow).width + (48 if arrow.arrived is not None else 80)
            wanted = min(max(wanted, advance(remark_of(arrow), SMALL) + 14), WIDEST if " " in arrow.badge else MOST)
            met = self.under_way.get((target, source))
            if met is not None and met.arrived is not None and met.arrived > arrow.sent:
                wanted = min(wanted * 1.6, WIDEST)
            self.under_way[source, target] = arrow
            self.gaps[spaces[0]] = max(self.gaps[spaces[0]], wanted)

    def _media(self, bar: Bar) -> None:
        """Room for what a bar between neighbours says: losses stand at the end of it."""
        at = sorted(self.index[name] for name in (bar.source, bar.target) if name in self.index)
        if len(at) == 2 and at[1] - at[0] == 1:
            wanted = min(advance(f"⇄ {bar.text}", 13.0) + PLATE, WIDEST)
            self.gaps[at[0]] = max(self.gaps[at[0]], wanted)

    def _outside(self, column: int, wanted: float) -> None:
        """Room beside a lifeline: outside of the first and of the last one, else on both sides."""
        if self._rightmost(column) or not self.gaps:
            self.beyond = max(self.beyond, wanted)
        elif column == 0:
            self.before = max(self.before, wanted)
        else:
            for gap in (column - 1, column):  # words of messages stand there too
                self.gaps[gap] = max(self.gaps[gap], min(wanted + 80, WIDEST))

    def _lane(self, column: int, width: float) -> None:
        """The same for the lane of an API, which stands on the left of columns in between."""
        if self._rightmost(column):
            self.beyond = max(self.beyond, width + 20)
        elif column == 0:
            self.before = max(self.before, width + 20)
        else:
            self.gaps[column - 1] += width

    def _rightmost(self, column: int) -> bool:
        return 0 < column == len(self.columns) - 1

    def headers(self, y: float) -> Iterator[Shape]:
        """The names of the elements, with their addresses, in boxes from y on."""
        for (_, name, _, address), x, width in zip(self.names(), self.xs, self.boxes, strict=False):
            yield Box(x - width / 2, y, width, HEADER, "header", 7)
            yield Text(x, y + (17.5 if address else 24.5), name, "name", "middle")
            if address:
                yield Text(x, y + 31.5, address, "address", "middle")

    def names(self) -> Iterator[tuple[str, str, str, str]]:
        """Of each column its name, what is shown of it, its address where that is another, what is shown of that."""
        for column, width in zip(self.columns, self.boxes, strict=False):
            address = column.address if column.address != column.name else ""
            shown = fit_middle(column.name, width - 16, NAME), fit_middle(address, width - 8, ADDRESS)
            yield visible(column.name), shown[0], visible(address), shown[1]


def _box(column: Column, most: float) -> float:
    wanted = max(advance(visible(column.name), NAME), advance(visible(column.address), ADDRESS)) + 24
    return min(max(wanted, NARROWEST), most)


def _lanes(model: Model) -> dict[str, float]:
    """The columns with API calls, and how wide their lanes have to be."""
    found: dict[str, float] = {}
    for row in model.rows:
        if isinstance(row, Mark) and row.kind == "api":
            found[row.column] = max(found.get(row.column, 90.0), advance(visible(row.text), 10.8) + 28)
    return found
