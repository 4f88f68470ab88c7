"""Messages as shapes: the slanted line with its head, the words along it, and what became of the message.

A request has a filled head, a response an open one; a retransmission is dashed and counted; a lost message ends in a
cross.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import atan, atan2, cos, degrees, fsum, hypot, sin, tan

from sipsim.pictures import display
from sipsim.pictures.display import Box, Group, Line, Shape, Text
from sipsim.pictures.ladder.drawing.labels import SMALL, Label, flag_width, in_two_lines, remark_of
from sipsim.pictures.ladder.drawing.marks import crossed
from sipsim.pictures.ladder.drawing.placing import Place
from sipsim.pictures.ladder.drawing.sheet import Sheet, Spot
from sipsim.pictures.ladder.model import Arrow
from sipsim.pictures.lettering import advance, visible

LOOP = 46.0  # how far a message to its own sender swings out
REACH = 0.8  # how far towards the next lifeline a message gets that never arrives
BELOW = 18.0  # how much lower a label stands that is below its line
PLACES = (
    (0.0, 0.53), (0.0, 0.42), (0.0, 0.62), (BELOW, 0.53), (BELOW, 0.64), (0.0, 0.33), (0.0, 0.7), (BELOW, 0.36),
    (0.0, 0.77), (0.0, 0.26),
)  # fmt: skip
"""Where a label may stand: how much below its usual place, and how far along a space, from the tail on."""


class Flight:
    """Where an arrow runs: from the sender's lifeline to the receiver's, or as far as it got."""

    def __init__(self, sheet: Sheet, row: int, arrow: Arrow, place: Place) -> None:
        source, target = sheet.index[arrow.source], sheet.index[arrow.target]
        step = 1 if target > source else -1
        stops = [sheet.xs[i] for i in range(source, target + step, step)]
        self.row, self.arrow = row, arrow
        self.last = (stops[0], stops[1]) if arrow.arrived is None else (stops[-2], stops[-1])  # where remarks stand
        if arrow.arrived is None:
            stops = [stops[0], stops[0] + (stops[1] - stops[0]) * REACH]
        self.x1, self.y1, self.x2, self.y2 = stops[0], place.top, stops[-1], place.end
        self.spaces = sorted(pairwise(stops), key=lambda space: min(space) != sheet.xs[place.space])
        self.angle = atan2((self.y2 - self.y1) * step, abs(self.x2 - self.x1))

    def at(self, x: float) -> float:
        """The line's height at x."""
        return self.y1 + (self.y2 - self.y1) * (x - self.x1) / (self.x2 - self.x1)

    def spots(self, width: float) -> Iterator[Spot]:
        """Where a label of this width may stand: in the space that is kept for it, then elsewhere."""
        lean, rise = cos(self.angle), sin(self.angle)
        half, slope = width / 2 * lean + 4, rise / lean
        below = self.arrow.arrived is not None and not (self.arrow.remark or self.arrow.flags)
        for drop, share in PLACES if below else [place for place in PLACES if not place[0]]:
            for start, end in self.spaces:
                inset = min(half + 4, abs(end - start) / 2)
                x = min(max(start + (end - start) * share, min(start, end) + inset), max(start, end) - inset)
                yield Spot(x - (drop - 9) * rise, self.at(x) + (drop - 9) * lean, half, 7 / lean, self.row, slope)

    def line(self) -> Spot:
        """The line itself, as something that words should not cover."""
        slope = (self.y2 - self.y1) / (self.x2 - self.x1)
        return Spot((self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2, abs(self.x2 - self.x1) / 2, 1.5, self.row, slope)


def take_line(sheet: Sheet, row: int, arrow: Arrow, place: Place) -> None:
    """Keep other messages' words off this one's line, and off what stands below its end."""
    if arrow.source != arrow.target:
        flight = Flight(sheet, row, arrow, place)
        sheet.take(flight.line())
        for spot, _ in _remark_lines(flight):
            sheet.take(spot)


def draw(sheet: Sheet, row: int, arrow: Arrow, place: Place) -> Group:
    """One message as a group of shapes; `row` is its place among the rows."""
    copy = f"-d{arrow.arrival}" if arrow.duplicate else ""
    loops = arrow.source == arrow.target
    shapes = _loop(sheet, arrow, place) if loops else _flight(sheet, Flight(sheet, row, arrow, place))
    name = f"m{arrow.number}{copy}" if arrow.number else f"r{arrow.record}"
    return Group(tuple(shapes), name, visible(arrow.label))


def _head(arrow: Arrow) -> str:
    return "none" if arrow.arrived is None else "filled" if arrow.family == "request" else "open"


def _flight(sheet: Sheet, flight: Flight) -> Iterator[Shape]:
    arrow, x1, y1, x2, y2 = flight.arrow, flight.x1, flight.y1, flight.x2, flight.y2
    yield Line((((x1, y1), (x2, y2)),), "hit")
    yield display.Arrow(x1, y1, x2, y2, arrow.style, _head(arrow), arrow.again)
    if arrow.lost is not None:
        yield Line(crossed(x2, y2, 5), "cross")
    yield from _remark(sheet, flight)
    label = Label(arrow)
    width = min(label.width, hypot(x2 - x1, y2 - y1) - (8 if arrow.arrived is None else 26))
    sheet.cut(label.name, label.shown(width), f"{arrow.number}")
    sheet.cut(label.badge, label.badged(width), f"{arrow.number}")
    spot = sheet.free(flight.spots(width))
    lean, rise = cos(flight.angle), sin(flight.angle)
    yield Group(tuple(label.shapes(width)), "", "", spot.x - 7 * rise, spot.y + 7 * lean, degrees(flight.angle))


def _remark(sheet: Sheet, flight: Flight) -> Iterator[Shape]:
    """The remark in one line or two below the arrow, by its end; below it the broken rules."""
    arrow = flight.arrow
    lines = list(_remark_lines(flight))
    for spot, line in lines:
        words = Text(0, 3.5, line, "why", "middle")
        yield Group((words,), "", "", spot.x, spot.y, degrees(atan(spot.slope)))
    sheet.cut(remark_of(arrow), " ".join(line for _, line in lines), f"{arrow.mark} {arrow.text}:")
    if arrow.flags:
        yield from _flags(sheet, flight, flight.y2 + 14 * len(lines) + 5)


def _remark_lines(flight: Flight) -> Iterator[tuple[Spot, str]]:
    """The lines of a remark and where they stand: along the arrow that arrives, level below the cross of a lost one."""
    if not (remark := remark_of(flight.arrow)):
        return
    left, right = sorted(flight.last)
    lines = in_two_lines(remark, right - left - 10)
    half = max(advance(line, SMALL) / 2 for line in lines)
    x = min(max(flight.x2, left + half + 5), right - half - 5)
    angle = 0.0 if flight.arrow.arrived is None else flight.angle
    lean, rise, slope = cos(angle), sin(angle), tan(angle)
    for drop, line in zip((11, 25), lines, strict=False):
        y = flight.y2 + (x - flight.x2) * slope + drop * lean
        yield Spot(x - drop * rise, y, advance(line, SMALL) / 2 * lean, 6 / lean, flight.row, slope), line


def _flags(sheet: Sheet, flight: Flight, y: float) -> Iterator[Shape]:
    """The rules that a message breaks, in boxes one beside the other; the last one says how many have no room."""
    left, right = sorted(flight.last)
    flags = list(flight.arrow.flags)
    while len(flags) > 1 and fsum(map(flag_width, flags)) > right - left - 12:
        flags = [*flags[:-2], f"+{len(flight.arrow.flags) - len(flags) + 2}"]
    whole = fsum(map(flag_width, flags))
    x = flight.x2 + 8 if flight.x2 == left else flight.x2 - 8 - whole
    sheet.take(Spot(x + whole / 2, y + 7, whole / 2, 7, flight.row))
    for flag in flags:
        yield Box(x, y, flag_width(flag) - 4, 13, "flag", 3)
        yield Text(x + flag_width(flag) / 2 - 2, y + 9.6, flag, "flag-text", "middle")
        x += flag_width(flag)


def _loop(sheet: Sheet, arrow: Arrow, place: Place) -> Iterator[Shape]:
    """A message to its own sender: out and back on the right, or on the left of the last column."""
    x, y1, y2 = sheet.x[arrow.source], place.top, max(place.end, place.top + 12)
    side = 1 if sheet.index[arrow.source] < len(sheet.xs) - 1 or len(sheet.xs) == 1 else -1
    out = x + LOOP * side
    yield Line((((x, y1), (out, y1), (out, y2), (x, y2)),), "hit")
    yield display.Arrow(x, y1, out, y1, arrow.style, "none", arrow.again)
    yield display.Arrow(out, y1, out, y2, arrow.style, "none", arrow.again)
    yield display.Arrow(out, y2, x, y2, arrow.style, _head(arrow), arrow.again)
    if arrow.lost is not None:
        yield Line(crossed((x + out) / 2, y2, 5), "cross")
    label = Label(arrow)
    width = min(label.width, 150.0)
    yield Group(tuple(label.shapes(width)), "", "", x + (width / 2 + 5) * side, y1)
