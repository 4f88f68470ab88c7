"""What is no message: faults on a lifeline, notes across the ladder, media between two columns."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.pictures.display import Box, Group, Line, Point, Shape, Text
from sipsim.pictures.ladder.drawing import lanes
from sipsim.pictures.ladder.drawing.placing import Place
from sipsim.pictures.ladder.drawing.sheet import Sheet, Spot
from sipsim.pictures.ladder.model import Bar, Mark
from sipsim.pictures.lettering import advance, fit, visible

SIZE = 13.0  # of letters, a little more than they are drawn with: some are bold
SMALL = 10.4  # of those of marks of the inner life
ROUND = 8.0  # radius of the sign of a fault


def take_words(sheet: Sheet, mark: Mark, place: Place) -> Spot | None:
    """Keep other rows' words off this mark's; where its plate stands, if it has one."""
    if mark.inner:
        return None  # its words go where other words leave room
    if mark.kind == "api" and mark.column in sheet.lanes:
        lanes.take_words(sheet, mark, place)
    elif _is_local(sheet, mark):
        text, x, anchor = _beside(sheet, mark)
        half = advance(text, SIZE) / 2
        sheet.take(Spot(x + (-half if anchor == "end" else half), place.top, half + 4, 9))
    else:
        return sheet.free(_plates(sheet, mark, place.top))
    return None


def mark(sheet: Sheet, mark: Mark, place: Place, plate: Spot | None) -> Group:
    """A fault at its element's lifeline; a note, or what concerns everybody, across the whole ladder."""
    if mark.kind == "api" and mark.column in sheet.lanes:
        return lanes.call(sheet, mark, place.top)
    shapes = _across(sheet, mark, plate) if plate else _at_lifeline(sheet, mark, place.top)
    return Group(tuple(shapes), f"r{mark.record}", visible(mark.label))


def _is_local(sheet: Sheet, mark: Mark) -> bool:
    return mark.kind != "note" and mark.column in sheet.x


def _at_lifeline(sheet: Sheet, mark: Mark, y: float) -> Iterator[Shape]:
    x = sheet.x[mark.column]
    text, at, anchor = _beside(sheet, mark)
    sheet.cut(mark.text, text, f"{mark.time:.3f}")
    yield Box(x - ROUND, y - ROUND, 2 * ROUND, 2 * ROUND, "restart" if mark.mends else "fault", ROUND)
    yield Line(_tick(x, y) if mark.mends else crossed(x, y, 3.2), "restart" if mark.mends else "cross")
    yield Text(at, y + 4, text, "restart-text" if mark.mends else "fault-text", anchor)


def _beside(sheet: Sheet, mark: Mark) -> tuple[str, float, str]:
    """The words beside the sign: text, x, anchor. They stand on its right, for the last column on its left."""
    i, x = sheet.index[mark.column], sheet.x[mark.column]
    left = 0 < i == len(sheet.xs) - 1
    room = x - sheet.xs[i - 1] if left else (sheet.xs[i + 1] if len(sheet.xs) > 1 else sheet.width) - x
    return fit(mark.text, room - 34, SIZE), x + (-15 if left else 15), "end" if left else "start"


def inner(sheet: Sheet, mark: Mark, place: Place) -> Group:
    """A small sign on the lifeline, and small words on that side of it where they cover least."""
    x, y = sheet.x[mark.column], place.top
    spots: dict[Spot, tuple[str, str]] = {}
    for anchor, room, gap in _sides(sheet, mark):
        text = fit(mark.text, room, SMALL)
        half = advance(text, SMALL) / 2
        spots[Spot(x + (gap + half if anchor == "start" else -gap - half), y, half, 5.5)] = text, anchor
    spot = sheet.free(spots)
    text, anchor = spots[spot]
    sheet.cut(mark.text, text, f"{mark.time:.3f} {mark.column}:")
    edge = spot.x + (-spot.half_width if anchor == "start" else spot.half_width)
    shapes = [Box(x - 3.5, y - 3.5, 7, 7, f"timer-{mark.what}", 3.5)] if mark.kind == "timer" else []
    return Group((*shapes, Text(edge, y + 3.4, text, "inner-text", anchor)), f"r{mark.record}", visible(mark.label))


def _sides(sheet: Sheet, mark: Mark) -> list[tuple[str, float, float]]:
    """On which sides of a lifeline words may stand: anchor, room, distance; of the outer lifelines only outside."""
    i, last = sheet.index[mark.column], len(sheet.xs) - 1
    x, inset = sheet.xs[i], sheet.tracks.inset(mark.column)
    right = ("start", (sheet.width if i == last else sheet.xs[i + 1]) - x - inset - 22, inset + 8)
    left = ("end", x - (sheet.xs[i - 1] if i else sheet.times) - 34, 14.0)
    return [left] if i == 0 < last else [right] if i == last else [right, left]


def crossed(x: float, y: float, reach: float) -> tuple[tuple[Point, ...], ...]:
    """The strokes of a cross."""
    a, b, c, d = x - reach, x + reach, y - reach, y + reach
    return ((a, c), (b, d)), ((a, d), (b, c))


def _tick(x: float, y: float) -> tuple[tuple[Point, ...], ...]:
    return (((x - 3.6, y + 0.2), (x - 0.8, y + 3), (x + 4, y - 2.8)),)


def _across(sheet: Sheet, mark: Mark, plate: Spot) -> Iterator[Shape]:
    style = "note" if mark.kind in ("note", "api") else "fault"
    text, (x, y, half, *_) = fit(mark.text, sheet.width - 64, SIZE), plate
    sheet.cut(mark.text, text, f"{mark.time:.3f}")
    yield Line((((sheet.xs[0] - 24, y), (sheet.xs[-1] + 24, y)),), f"{style}-line")
    yield Box(x - half, y - 10.5, 2 * half, 21, style, 4)
    yield Text(x, y + 4, text, f"{style}-text", "middle")


def _plates(sheet: Sheet, mark: Mark, y: float) -> Iterator[Spot]:
    """Where the plate of a text across the ladder may stand: in the middle, or ever further from it."""
    half = advance(fit(mark.text, sheet.width - 64, SIZE), SIZE) / 2 + 10
    wanted = sheet.x.get(mark.column, (sheet.xs[0] + sheet.xs[-1]) / 2)
    least, most = 12 + half, max(sheet.width - 12 - half, 12 + half)
    for step in range(0, max(int(sheet.width), 1), 24):
        for x in (wanted + step, wanted - step)[: step + 1]:
            yield Spot(max(min(x, most), least), y, half, 11)


def band(sheet: Sheet, bar: Bar, place: Place) -> Group:
    """The time in which media flow, as a band behind everything."""
    left, right = sorted((sheet.x[bar.source], sheet.x[bar.target]))
    edges = tuple(((x, place.top), (x, place.end)) for x in (left, right))
    area = Box(left, place.top, right - left, place.end - place.top, "media")
    return Group((area, Line(edges, "media-edge")), f"r{bar.record}", visible(bar.label))


def plate(sheet: Sheet, bar: Bar, place: Place) -> Group:
    """What flows and for how long, on a plate where the band is free."""
    left, right = sorted((sheet.x[bar.source], sheet.x[bar.target]))
    text = fit(f"⇄ {bar.text}", max(right - left - 40, 90), SIZE)
    half = advance(text, SIZE) / 2 + 10
    inset = min(half + 8, (right - left) / 2)
    xs = [min(max(left + (right - left) * share, left + inset), right - inset) for share in (0.5, 0.3, 0.7)]
    beside = [x for x in (right + half + 6, left - half - 6) if sheet.times + half < x < sheet.width - half]
    spots = (Spot(x, y, half, 11) for some in (xs, beside) for y in _from_the_middle(place) for x in some)
    x, y, *_ = sheet.free(spots)
    return Group((Box(x - half, y - 11, 2 * half, 22, "media-box", 11), Text(x, y + 4, text, "media-text", "middle")))


def _from_the_middle(place: Place) -> Iterator[float]:
    """Heights within a place, the middle first, then ever further from it."""
    middle = (place.top + place.end) / 2
    yield middle
    for step in range(1, min(int((place.end - place.top) / 16), 40)):
        yield middle + 8.0 * step
        yield middle - 8.0 * step
