"""Messages as shapes: the slanted line with its head, the number, the name and the body's badge along it, and
what became of it.

A request has a filled head, a response an open one; a retransmission is dashed and counted; a lost message
ends in a cross.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import atan2, cos, degrees, hypot, sin

from sipsim.pictures import display
from sipsim.pictures.display import Box, Group, Line, Shape, Text
from sipsim.pictures.lettering import advance, shorten, visible
from sipsim.pictures.model import Arrow
from sipsim.pictures.placing import Place
from sipsim.pictures.sheet import Sheet, Spot

SIZE = 12.5  # of a label's letters
SMALL = 10.5  # of a remark's
LOOP = 46.0  # how far a message to oneself swings out
REACH = 0.8  # how far towards the next lifeline a message gets that never arrives
BELOW = 18.0  # how much lower a label stands that is below its line
PLACES = (
    (0.0, 0.53),
    (0.0, 0.42),
    (0.0, 0.62),
    (BELOW, 0.53),
    (BELOW, 0.64),
    (0.0, 0.33),
    (0.0, 0.7),
    (BELOW, 0.36),
)
"""Where a label may stand: how much below its usual place, and how far along a space between lifelines, from
the tail on.
"""


def label_width(arrow: Arrow) -> float:
    """How wide number, name, tail and badge are, one behind the other."""
    return _chip(arrow) + 5 + advance(name_of(arrow), SIZE) + _tail(arrow) + _badge(arrow)


def name_of(arrow: Arrow) -> str:
    """The message's name; a packet that the network duplicated has its name on the first arrow."""
    return "" if arrow.duplicate else arrow.text


def tail_of(arrow: Arrow) -> str:
    """What is said behind the message's name: which copy it is."""
    return f"copy {arrow.copy}" if arrow.copy > 1 else "again" if arrow.duplicate else ""


def _chip(arrow: Arrow) -> float:
    return 7.5 + 6.2 * len(str(arrow.number))


def _tail(arrow: Arrow) -> float:
    return advance(tail_of(arrow), 11) + 6 if tail_of(arrow) else 0.0


def _badge(arrow: Arrow) -> float:
    return 17 + 6.2 * len(arrow.badge) if arrow.badge and not arrow.duplicate else 0.0


class Flight:
    """Where an arrow runs: from the sender's lifeline to the receiver's, or as far as it got."""

    def __init__(self, sheet: Sheet, row: int, arrow: Arrow, place: Place) -> None:
        self.row = row
        self.x1, self.y1, self.y2 = sheet.x[arrow.source], place.top, place.end
        source, target = sheet.index[arrow.source], sheet.index[arrow.target]
        self.next = sheet.xs[source + (target > source) - (target < source)]
        self.x2 = (
            sheet.x[arrow.target] if arrow.arrived is not None else self.x1 + (self.next - self.x1) * REACH
        )
        step = 1 if target > source else -1
        stops = sheet.xs[source : target + 1] if step > 0 else sheet.xs[target : source + 1][::-1]
        if arrow.arrived is None:
            stops = [self.x1, self.x2]
        self.stopped = arrow.arrived is None
        self.remarked = self.stopped or bool(arrow.remark)
        self.last = stops[-2], stops[-1]
        self.spaces = list(zip(stops, stops[1:], strict=False))
        self.spaces.sort(key=lambda space: min(space) != sheet.xs[place.space])
        self.angle = atan2((self.y2 - self.y1) * step, abs(self.x2 - self.x1))

    def at(self, x: float) -> float:
        """The line's height at x."""
        return self.y1 + (self.y2 - self.y1) * (x - self.x1) / (self.x2 - self.x1)

    def spots(self, width: float) -> Iterator[Spot]:
        """Where a label of this width may stand: in the space that is kept for it, then elsewhere."""
        lean, rise = cos(self.angle), sin(self.angle)
        half = width / 2 * lean + 4, width / 2 * abs(rise) * 0.8 + 7
        for drop, share in PLACES:
            if drop and self.remarked:
                continue
            for start, end in self.spaces:
                x = start + (end - start) * share
                yield Spot(x - (drop - 9) * rise, self.at(x) + (drop - 9) * lean, *half, self.row)


def take_line(sheet: Sheet, row: int, arrow: Arrow, place: Place) -> None:
    """Keep other messages' words off this one's line, at least where they would cover it most."""
    if arrow.source != arrow.target:
        for start, end in (flight := Flight(sheet, row, arrow, place)).spaces:
            for share in (0.13, 0.38, 0.62, 0.87):
                x = start + (end - start) * share
                sheet.take(Spot(x, flight.at(x), 9, 1, row))


def draw(sheet: Sheet, row: int, arrow: Arrow, place: Place) -> Group:
    """One message as a group of shapes; `row` is its place among the rows."""
    copy = f"-d{arrow.arrival}" if arrow.duplicate else ""
    shapes = (
        _loop(sheet, arrow, place)
        if arrow.source == arrow.target
        else _flight(sheet, arrow, Flight(sheet, row, arrow, place))
    )
    return Group(tuple(shapes), f"m{arrow.number}{copy}", visible(arrow.label))


def _flight(sheet: Sheet, arrow: Arrow, flight: Flight) -> Iterator[Shape]:
    x1, y1, x2, y2 = flight.x1, flight.y1, flight.x2, flight.y2
    head = "none" if arrow.arrived is None else "filled" if arrow.family == "request" else "open"
    yield Line((((x1, y1), (x2, y2)),), "hit")
    yield display.Arrow(x1, y1, x2, y2, arrow.family, head, arrow.copy > 1 or arrow.duplicate)
    if arrow.lost is not None:
        yield from _cross(x2, y2)
        yield from _why(flight, "lost: " + arrow.lost, x2, y2)
    elif arrow.arrived is None:
        yield from _why(flight, "still on its way", x2, y2)
    elif arrow.remark:
        yield from _why(flight, arrow.remark, x2, y2)
    width = min(label_width(arrow), hypot(x2 - x1, y2 - y1) - (26 if arrow.arrived is not None else 8))
    spot = sheet.free(flight.spots(width))
    lean, rise = cos(flight.angle), sin(flight.angle)
    yield Group(
        tuple(_lettering(arrow, width)), "", "", spot.x - 7 * rise, spot.y + 7 * lean, degrees(flight.angle)
    )


def _cross(x: float, y: float) -> Iterator[Shape]:
    yield Line((((x - 5, y - 5), (x + 5, y + 5)), ((x - 5, y + 5), (x + 5, y - 5))), "cross")


def _why(flight: Flight, why: str, x: float, y: float) -> Iterator[Text]:
    """A remark of one line or two below an arrow, within the space between two lifelines."""
    ends = (flight.x1, flight.next) if flight.stopped else flight.last
    left, right = min(ends), max(ends)
    lines = remark_lines(why, right - left - 10)
    half = max(advance(line, SMALL) for line in lines) / 2
    x = min(max(x, left + half + 5), right - half - 5)
    for i, line in enumerate(lines, 1):
        yield Text(x, y + 1 + 14 * i, line, "why", "middle")


def remark_lines(why: str, room: float) -> list[str]:
    """A remark in at most two lines."""
    text = visible(why)
    if advance(text, SMALL) <= room:
        return [text]
    words = text.split(" ")
    kept = next((n for n in range(len(words) - 1, 0, -1) if advance(" ".join(words[:n]), SMALL) <= room), 0)
    lines = [" ".join(words[:kept]), " ".join(words[kept:])] if kept else [text]
    return [shorten(line, room, lambda t: advance(t, SMALL)) for line in lines]


def _lettering(arrow: Arrow, width: float) -> Iterator[Shape]:
    """Number, name and badge in a row, centred at 0 with the line at 0."""
    chip, badge = _chip(arrow), _badge(arrow)
    text = shorten(
        visible(name_of(arrow)), width - chip - 4 - badge - _tail(arrow), lambda t: advance(t, SIZE)
    )
    x = -width / 2
    yield Box(x, -15, chip, 13, f"chip-{arrow.family}", 6.5)
    yield Text(x + chip / 2, -5.1, str(arrow.number), "number", "middle")
    yield Text(x + chip + 5, -4.5, text, "label", "start", tail_of(arrow))
    if badge:
        yield Box(width / 2 - badge + 9, -15, badge - 9, 12.5, "badge", 3)
        yield Text(width / 2 - badge / 2 + 4.5, -5.7, arrow.badge, "badge-text", "middle")


def _loop(sheet: Sheet, arrow: Arrow, place: Place) -> Iterator[Shape]:
    """A message to oneself: out and back on the right, or on the left of the last column."""
    x, y1, y2 = sheet.x[arrow.source], place.top, max(place.end, place.top + 12)
    out = x + (LOOP if sheet.index[arrow.source] < len(sheet.xs) - 1 or len(sheet.xs) == 1 else -LOOP)
    dashed = arrow.copy > 1 or arrow.duplicate
    yield Line((((x, y1), (out, y1), (out, y2), (x, y2)),), "hit")
    yield display.Arrow(x, y1, out, y1, arrow.family, "none", dashed)
    yield display.Arrow(out, y1, out, y2, arrow.family, "none", dashed)
    head = "none" if arrow.lost is not None else "filled" if arrow.family == "request" else "open"
    yield display.Arrow(out, y2, x, y2, arrow.family, head, dashed)
    if arrow.lost is not None:
        yield from _cross((x + out) / 2, y2)
    width = min(label_width(arrow), 150.0)
    yield Group(tuple(_lettering(arrow, width)), "", "", x + (width / 2 + 5) * (1 if out > x else -1), y1)
