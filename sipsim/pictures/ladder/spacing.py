"""How far apart the columns of a drawn ladder stand, and how wide their headers are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, pairwise

from sipsim.pictures.display import Box, Shape, Text
from sipsim.pictures.ladder.arrows import SMALL, Label, remark_of
from sipsim.pictures.ladder.model import Column, Model
from sipsim.pictures.ladder.placing import gaps_between
from sipsim.pictures.lettering import advance, fit_middle, visible

TIMES = 72.0  # where the column of times ends
LEAST, MOST = 180.0, 260.0  # distance of two lifelines
NARROWEST = 76.0  # width of a header
HEADER = 40.0  # height of a header
NAME, ADDRESS = 13.8, 10.4  # sizes of letters: a little more than they are drawn with, names being bold


class Spacing:
    """`xs`: where the lifelines stand; `boxes`: how wide their headers are; `edge`: where the last one ends."""

    def __init__(self, model: Model) -> None:
        self.columns = model.columns
        self.boxes = [_box(column) for column in model.columns] or [NARROWEST]
        gaps = [max(LEAST, (a + b) / 2 + 16) for a, b in pairwise(self.boxes)]
        index = {column.name: i for i, column in enumerate(model.columns)}
        for arrow in model.arrows if gaps else ():
            spaces = gaps_between(index[arrow.source], index[arrow.target], len(index))
            if len(spaces) == 1:
                wanted = Label(arrow).width + (48 if arrow.arrived is not None else 80)
                gaps[spaces[0]] = max(gaps[spaces[0]], min(max(wanted, advance(remark_of(arrow), SMALL) + 14), MOST))
        self.xs = list(accumulate(gaps, initial=TIMES + 14 + self.boxes[0] / 2))
        self.edge = self.xs[-1] + self.boxes[-1] / 2

    def headers(self, y: float) -> Iterator[Shape]:
        """The names of the elements, with their addresses, in boxes from y on."""
        for column, x, width in zip(self.columns, self.xs, self.boxes, strict=False):
            address = column.address if column.address != column.name else ""
            yield Box(x - width / 2, y, width, HEADER, "header", 7)
            name = fit_middle(column.name, width - 16, NAME)
            yield Text(x, y + (17.5 if address else 24.5), name, "name", "middle")
            if address:
                yield Text(x, y + 31.5, fit_middle(address, width - 8, ADDRESS), "address", "middle")


def _box(column: Column) -> float:
    wanted = max(advance(visible(column.name), NAME), advance(visible(column.address), ADDRESS)) + 24
    return min(max(wanted, NARROWEST), MOST - 16)
