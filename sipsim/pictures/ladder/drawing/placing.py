"""Where on the time axis each row of a ladder stands.

Instants follow the axis, and what happens at the same instant stands at the same height. Where words would
then cover each other, the later instant moves down: an order is never turned round, a height never means two
times.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from sipsim.pictures.ladder.axis import Axis
from sipsim.pictures.ladder.model import Arrow, Bar, Mark, Model

ROW = 30.0  # from one arrow's tail to the next one's, in the same space between two lifelines
SLANT = 14.0  # the least fall of an arrow that took any time at all
FAN = 46.0  # the same where a second arrow leaves from the same point
CLEAR = 22.0  # from a line that has its words elsewhere to the next arrow with words here
NEAR = 15.0  # from an arrow's head to a mark on the same lifeline
INNER = 13.0  # from anything on a lifeline to a mark of its inner life
BESIDE = 8.0  # from there to a message that leaves below its words
API = 24.0  # the same to a call of its API, whose words stand above it
PAIR = 22.0  # between the heads of two arrows from one lifeline to the same other, whose words stand in one space
HEADS = 12.0  # between two heads that reach a lifeline from the same side
MEDIA = 44.0  # the least height of a media bar
REMARK = 14.0  # a line of a remark below an arrow
PLATE = 8.0  # what the plate of a note covers of the lifelines below its middle
FLAG = 8.0  # what broken rules take beyond that
ONE_LINE = 26  # letters of a remark that always fit into one line
FLIGHT = 18.0  # the fall of an arrow that never arrives


@dataclass(slots=True)
class Place:
    """The heights at which a row begins and ends, and the space between lifelines kept for its words."""

    top: float = 0.0
    end: float = 0.0
    space: int = 0


@dataclass(slots=True)
class Placement:
    """The heights of all rows, the times to write beside the axis, and the stretches where it's folded."""

    places: list[Place]
    ticks: list[tuple[float, float]] = field(default_factory=list)  # time, height
    folds: list[tuple[float, float, float]] = field(default_factory=list)  # from, to, seconds
    bottom: float = 0.0
    top: float = 0.0


class _Moment(NamedTuple):
    """One end of a row; ordered by time, then by the record that tells of it."""

    time: float
    record: int
    row: int
    end: bool


def place(model: Model, axis: Axis, top: float) -> Placement:
    """Heights for all rows of `model`, the first one at `top`."""
    return _Placer(model, axis, top).result()


def gaps_between(a: int, b: int, columns: int) -> range:
    """The spaces between lifelines that an arrow crosses; one to its own sender takes that on the right, if any."""
    if a != b:
        return range(min(a, b), max(a, b))
    own = max(min(a, columns - 2), 0)
    return range(own, own + 1)


class _Placer:
    def __init__(self, model: Model, axis: Axis, top: float) -> None:
        self.rows = model.rows
        self.axis = axis
        self.top = top
        self.index = {column.name: i for i, column in enumerate(model.columns)}
        self.lanes: defaultdict[int, float] = defaultdict(float)  # by space: where the next arrow's tail may be
        self.lives: defaultdict[int, float] = defaultdict(float)  # by column: its last moment
        self.said: defaultdict[int, float] = defaultdict(float)  # the same: where words of marks end
        self.heads: defaultdict[tuple[int, bool], float] = defaultdict(float)
        self.pairs: defaultdict[tuple[int, int], float] = defaultdict(float)
        self.placement = Placement([Place() for _ in self.rows], top=top)
        self.busy = Counter(name for row in self.rows if isinstance(row, Arrow) for name in (row.source, row.target))

    def result(self) -> Placement:
        placement, height, last = self.placement, self.top, None
        for time, group in groupby(sorted(self.moments()), key=lambda moment: moment.time):
            moments = self.settled(group)
            start = height if last is None else height + self.axis.height(time - last)
            start = max(start, *(self.floor(moment) for moment in moments), 0.0)
            if last is not None and self.axis.folded(time - last):
                placement.folds.append((height, start, time - last))
            for moment in moments:
                height = max(height, start, self.put(moment, max(start, self.floor(moment))))
            self.tick(time, start, moments)
            last = time
        self.finish(height)
        return placement

    def settled(self, group: Iterable[_Moment]) -> list[_Moment]:
        """The moments of one instant: marks inside an element before what it sends then, so no line crosses words."""
        moments: list[_Moment] = []
        for moment in group:
            row, at = self.rows[moment.row], len(moments)
            while isinstance(row, Mark) and row.inner and at and self.leaves(moments[at - 1], row.column):
                at -= 1
            moments.insert(at, moment)
        return moments

    def leaves(self, moment: _Moment, column: str) -> bool:
        """Whether this is no more than a message that leaves a column, or that has to do with others only."""
        row = self.rows[moment.row]
        return isinstance(row, Arrow) and not (moment.end and row.target == column)

    def moments(self) -> Iterator[_Moment]:
        for i, row in enumerate(self.rows):
            yield _Moment(row.begin, row.record, i, False)
            if row.end is not None:
                yield _Moment(*row.end, i, True)

    def floor(self, moment: _Moment) -> float:
        """The least height at which this moment can stand, after all that stands already."""
        row, top = self.rows[moment.row], self.placement.places[moment.row].top
        if isinstance(row, Mark):
            return self.mark_floor(row)
        source, target = self.index[row.source], self.index[row.target]
        if isinstance(row, Bar):
            return top + MEDIA if moment.end else max(self.lives[source], self.lives[target])
        if not moment.end:
            room = self.said[source] + (BESIDE if row.arrived is None else 0.0)  # its words begin where it leaves
            floor = max(self.lives[source], room)
            return floor if row.duplicate else max(floor, self.lanes[self.space(row)])
        fall = top + (SLANT if row.lost is not None or moment.time > row.sent else 0.0)
        if row.lost is not None:
            return fall
        return max(fall, self.lives[target], self.heads[target, source < target], self.pairs[source, target])

    def mark_floor(self, mark: Mark) -> float:
        if mark.inner:
            return self.lives[self.index[mark.column]] + INNER
        if mark.kind == "api" and mark.column in self.index:
            return self.lives[self.index[mark.column]] + API
        lane = max(self.lanes[space] for space in self.spaces(mark))
        if mark.kind == "note" or mark.column not in self.index:  # it lies across all lifelines
            return max(lane, max(self.lives.values(), default=-NEAR) + NEAR)
        return max(lane, self.lives[self.index[mark.column]] + NEAR)

    def space(self, arrow: Arrow) -> int:
        """The space for an arrow's words: the first to be free, then that at the end with fewer messages."""
        source, target = self.index[arrow.source], self.index[arrow.target]
        if arrow.arrived is None and source != target:
            return source if target > source else source - 1
        quiet, hub = (source, target) if self.busy[arrow.source] < self.busy[arrow.target] else (target, source)
        spaces = gaps_between(source, target, len(self.index))
        return min(spaces if quiet < hub else reversed(spaces), key=self.lanes.__getitem__)

    def spaces(self, mark: Mark) -> range:
        """The spaces between lifelines that a mark fills."""
        columns = len(self.index)
        if mark.kind == "note" or mark.column not in self.index:
            return range(max(columns - 1, 1))
        return gaps_between(self.index[mark.column], self.index[mark.column], columns)

    def put(self, moment: _Moment, height: float) -> float:
        """Stand a moment at a height, and make room below it."""
        row, place = self.rows[moment.row], self.placement.places[moment.row]
        if moment.end:
            place.end = height
        else:
            place.top, place.end = height, height + FLIGHT
        if isinstance(row, Mark) and row.beside and row.column in self.index:
            self.lives[self.index[row.column]] = height
            self.said[self.index[row.column]] = height + BESIDE if row.inner else 0.0
        elif isinstance(row, Mark):
            for space in self.spaces(row):
                self.lanes[space] = height + ROW
                self.lives[space] = self.lives[space + 1] = height + (PLATE if row.kind == "note" else 0.0)
        elif isinstance(row, Arrow) and moment.end:
            self.put_head(row, place)
        elif isinstance(row, Arrow):
            self.put_tail(row, place)
        return height

    def put_tail(self, arrow: Arrow, place: Place) -> None:
        self.lives[self.index[arrow.source]] = place.top
        place.space = self.space(arrow)
        for space in gaps_between(self.index[arrow.source], self.index[arrow.target], len(self.index)):
            if arrow.duplicate or (space != place.space and self.lanes[space] == place.top + ROW):
                self.lanes[space] = place.top + FAN
            self.lanes[space] = max(self.lanes[space], place.top + (ROW if space == place.space else CLEAR))

        if arrow.end is None:
            self.lanes[place.space] = max(self.lanes[place.space], place.end + REMARK * _lines(arrow) + CLEAR)

    def put_head(self, arrow: Arrow, place: Place) -> None:
        source, target = self.index[arrow.source], self.index[arrow.target]
        if arrow.lost is None:
            self.lives[target] = place.end
            self.heads[target, source < target] = place.end + HEADS + REMARK * _lines(arrow)
            self.pairs[source, target] = place.end + (HEADS if arrow.duplicate else PAIR)
        if lines := _lines(arrow):
            spaces = gaps_between(source, target, len(self.index))
            space = spaces[0] if (source < target) == (arrow.lost is not None) else spaces[-1]
            self.lanes[space] = max(
                self.lanes[space], place.end + REMARK * lines + NEAR + (FLAG if arrow.flags else 0.0)
            )

    def tick(self, time: float, height: float, moments: list[_Moment]) -> None:
        ticks = self.placement.ticks
        if any(not moment.end for moment in moments) and (not ticks or height - ticks[-1][1] >= 12.0):
            ticks.append((time, height))

    def finish(self, height: float) -> None:
        placement = self.placement
        ends = (
            place.end + (REMARK * _lines(row) if isinstance(row, Arrow) else 0.0)
            for place, row in zip(placement.places, self.rows, strict=True)
            if not isinstance(row, Mark)
        )
        placement.bottom = max(height, *ends, self.top) + 22.0 if self.rows else self.top
        for row, place in zip(self.rows, placement.places, strict=True):
            if isinstance(row, Bar) and row.stop is None:
                place.end = placement.bottom - 6.0


def _lines(arrow: Arrow) -> int:
    """How many lines of remarks and broken rules stand below an arrow."""
    flags = 1 if arrow.flags else 0
    if arrow.arrived is None:
        return flags + (1 if arrow.lost is None or len(arrow.lost) < ONE_LINE - 6 else 2)
    return flags + (0 if not arrow.remark else 1 if len(arrow.remark) < ONE_LINE else 2)
