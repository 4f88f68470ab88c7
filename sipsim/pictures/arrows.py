"""Messages as shapes: the slanted line with its head, the number, the name and the body's badge along it, and what became of it.

A request has a filled head, a response an open one; a retransmission is dashed and counted; a lost message ends in a cross.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import atan2, cos, degrees, hypot, sin

from sipsim.pictures import display
from sipsim.pictures.display import Box, Group, Line, Shape, Text
from sipsim.pictures.lettering import advance, shorten, visible
from sipsim.pictures.model import Arrow
from sipsim.pictures.placing import Place
from sipsim.pictures.sheet import Sheet

SIZE = 12.5  # of a label's letters
LOOP = 46.0  # how far a message to oneself swings out
REACH = 0.66  # how far a lost message gets


def tail_of(arrow: Arrow) -> str:
    """What is said behind the message's name: which copy it is."""
    return f"copy {arrow.copy}" if arrow.copy > 1 else "duplicate" if arrow.duplicate else ""


def label_width(arrow: Arrow) -> float:
    """How wide number, name, tail and badge are, one behind the other."""
    tail = tail_of(arrow)
    return _chip(arrow) + 5 + advance(arrow.text, SIZE) + (advance(tail, SIZE - 1.5) + 5 if tail else 0) + _badge(arrow)


def _chip(arrow: Arrow) -> float:
    return 7.5 + 6.2 * len(str(arrow.number))


def _badge(arrow: Arrow) -> float:
    return 16 + 6.2 * len(arrow.badge) if arrow.badge else 0.0


def draw(sheet: Sheet, arrow: Arrow, place: Place) -> Group:
    """One message as a group of shapes."""
    copy = f"-d{arrow.arrival}" if arrow.duplicate else ""
    shape = _loop if arrow.source == arrow.target else _flight
    return Group(tuple(shape(sheet, arrow, place)), f"m{arrow.number}{copy}", visible(arrow.label))


def _flight(sheet: Sheet, arrow: Arrow, place: Place) -> Iterator[Shape]:
    x1, x2, y1, y2 = sheet.x[arrow.source], sheet.x[arrow.target], place.top, place.end
    whole = arrow.arrived is not None
    if not whole:
        x2 = x1 + (_first_stop(sheet, arrow) - x1) * REACH
    head = "none" if not whole else "filled" if arrow.family == "request" else "open"
    yield Line((((x1, y1), (x2, y2)),), "hit")
    yield display.Arrow(x1, y1, x2, y2, arrow.family, head, arrow.copy > 1 or arrow.duplicate)
    if arrow.lost is not None:
        yield from _cross(x2, y2)
        yield _why(sheet, arrow, "lost: " + arrow.lost, x2, y2)
    elif not whole:
        yield _why(sheet, arrow, "still on its way", x2, y2)
    elif arrow.remark:
        yield _why(sheet, arrow, arrow.remark, x2 + (x1 - x2) * 0.3, y2 + (y1 - y2) * 0.3)
    yield _label(sheet, arrow, x1, y1, x2, y2)


def _first_stop(sheet: Sheet, arrow: Arrow) -> float:
    """The lifeline next to the sender's: a message that never arrives isn't drawn across others."""
    source, target = sheet.index[arrow.source], sheet.index[arrow.target]
    return sheet.xs[source + (1 if target > source else -1)]


def _cross(x: float, y: float) -> Iterator[Shape]:
    yield Line((((x - 5, y - 5), (x + 5, y + 5)), ((x - 5, y + 5), (x + 5, y - 5))), "cross")


def _why(sheet: Sheet, arrow: Arrow, why: str, x: float, y: float) -> Text:
    """A remark below an arrow, within the space between two lifelines."""
    left, right = sorted((sheet.x[arrow.source], _first_stop(sheet, arrow)))
    if not left < x < right:
        left, right = x - 75, x + 75
    text = shorten(visible(why), right - left - 12, lambda t: advance(t, 10.5))
    half = advance(text, 10.5) / 2
    return Text(min(max(x, left + half + 6), right - half - 6), y + 16, text, "why", "middle")


def _label(sheet: Sheet, arrow: Arrow, x1: float, y1: float, x2: float, y2: float) -> Group:
    """Number, name and badge, parallel to the line and above it."""
    if x1 > x2:
        x1, y1, x2, y2 = x2, y2, x1, y1
    angle = atan2(y2 - y1, x2 - x1)
    width = label_width(arrow)
    room = min(hypot(x2 - x1, y2 - y1), 240.0) - 30
    stops = sorted({x1, x2, *(x for x in sheet.xs if x1 < x < x2)})
    if arrow.arrived is None:
        room += 40
    centres = [(x, y1 + (y2 - y1) * (x - x1) / (x2 - x1)) for x in _along(stops, width)]
    x, y = sheet.free(centres, min(width, room), 17.0)
    return Group(tuple(_lettering(arrow, min(width, room))), "", "", x + 2 * sin(angle), y - 2 * cos(angle), degrees(angle))


def _along(stops: list[float], width: float) -> Iterator[float]:
    """Places for a label's centre: the middles of the spaces it crosses, the middle ones first, then a little aside."""
    middle = (stops[0] + stops[-1]) / 2
    spaces = sorted(zip(stops, stops[1:], strict=False), key=lambda s: (abs((s[0] + s[1]) / 2 - middle), s))
    for share in (0.5, 0.38, 0.62, 0.3, 0.7):
        for left, right in spaces:
            yield left + (right - left) * share


def _lettering(arrow: Arrow, width: float) -> Iterator[Shape]:
    chip, tail = _chip(arrow), tail_of(arrow)
    badge = _badge(arrow)
    room = width - chip - 5 - badge - (advance(tail, SIZE - 1.5) + 5 if tail else 0)
    text = shorten(visible(arrow.text), room + 1, lambda t: advance(t, SIZE))
    x = -width / 2
    yield Box(x, -15, chip, 13, f"chip-{arrow.family}", 6.5)
    yield Text(x + chip / 2, -5.2, str(arrow.number), "number", "middle")
    yield Text(x + chip + 5, -4.5, text, "label", "start", tail)
    if badge:
        yield Box(width / 2 - badge + 8, -15, badge - 8, 12.5, "badge", 3)
        yield Text(width / 2 - badge / 2 + 4, -5.8, arrow.badge, "badge-text", "middle")


def _loop(sheet: Sheet, arrow: Arrow, place: Place) -> Iterator[Shape]:
    """A message to oneself: out and back on the right, or on the left of the last column."""
    x, y1, y2 = sheet.x[arrow.source], place.top, max(place.end, place.top + 12)
    out = x + (LOOP if sheet.index[arrow.source] < len(sheet.xs) - 1 or len(sheet.xs) == 1 else -LOOP)
    dashed = arrow.copy > 1 or arrow.duplicate
    yield display.Arrow(x, y1, out, y1, arrow.family, "none", dashed)
    yield display.Arrow(out, y1, out, y2, arrow.family, "none", dashed)
    yield display.Arrow(out, y2, x, y2, arrow.family, "none" if arrow.lost is not None else "filled", dashed)
    if arrow.lost is not None:
        yield from _cross((x + out) / 2, y2)
    width = label_width(arrow)
    yield Group(tuple(_lettering(arrow, width)), "", "", (x + out) / 2 + width / 4 * (1 if out > x else -1), y1)
