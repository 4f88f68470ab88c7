"""The lane beside an element's lifeline where an application calls its API, and is called back.

It stands on the outer side: left of the first column and of those in between, right of the last one.
"""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.pictures.display import Arrow, Box, Group, Line, Shape, Text
from sipsim.pictures.ladder.drawing.placing import Place
from sipsim.pictures.ladder.drawing.sheet import Sheet, Spot
from sipsim.pictures.ladder.model import Mark
from sipsim.pictures.lettering import fit, visible

SIZE = 10.8  # of letters, a little more than they are drawn with


def lines(sheet: Sheet) -> Iterator[Shape]:
    """The lanes themselves, from above the first message to below the last."""
    if not sheet.lanes:
        return
    top, bottom = sheet.placement.top - 22.0, sheet.placement.bottom
    yield Line(tuple(((x, top), (x, bottom)) for x in sheet.lanes.values()), "lane")
    for x in sheet.lanes.values():
        yield Box(x - 15, top - 8, 30, 14, "badge", 3)
        yield Text(x, top + 2.2, "API", "badge-text", "middle")


def take_words(sheet: Sheet, mark: Mark, place: Place) -> None:
    """Keep other words off those of a call."""
    x, lane = sheet.x[mark.column], sheet.lanes[mark.column]
    sheet.take(Spot((x + lane) / 2, place.top - 4, abs(x - lane) / 2, 8))


def call(sheet: Sheet, mark: Mark, y: float) -> Group:
    """A call as an arrow from the lane to the lifeline; a callback goes the other way and is open, as responses are."""
    x, lane = sheet.x[mark.column], sheet.lanes[mark.column]
    text = sheet.cut(mark.text, fit(mark.text, abs(x - lane) - 12, SIZE), f"{mark.time:.3f} {mark.column}:")
    back = mark.what == "callback"
    start, end = (x, lane) if back else (lane, x)
    words = Text((x + lane) / 2, y - 5, text, "api-text", "middle")
    arrow = Arrow(start, y, end, y, "api", "open" if back else "filled")
    return Group((arrow, words), f"r{mark.record}", visible(mark.label))
