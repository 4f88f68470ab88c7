"""What is no message: faults on a lifeline, notes across the ladder, media between two columns."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.pictures.display import Box, Group, Line, Shape, Text
from sipsim.pictures.lettering import advance, shorten, visible
from sipsim.pictures.model import Bar, Mark
from sipsim.pictures.placing import Place
from sipsim.pictures.sheet import Sheet, Spot


def take_words(sheet: Sheet, row: Mark, place: Place) -> None:
    """Keep other rows' words off this mark's."""
    if row.kind != "note" and row.column in sheet.x:
        width = advance(row.text, 12.5) + 24
        x = sheet.x[row.column] + (width / 2 if sheet.index[row.column] < len(sheet.xs) - 1 else -width / 2)
        sheet.take(Spot(x, place.top, width / 2, 9))
    else:
        sheet.take(Spot(_middle(sheet, row, _half(row.text)), place.top, _half(row.text), 11))


def mark(sheet: Sheet, row: Mark, place: Place) -> Group:
    """A fault at its element's lifeline; a note, or what concerns everybody, across the whole ladder."""
    shape = _at_lifeline if row.kind != "note" and row.column in sheet.index else _across
    return Group(tuple(shape(sheet, row, place.top)), f"r{row.record}", visible(row.label))


def _at_lifeline(sheet: Sheet, row: Mark, y: float) -> Iterator[Shape]:
    i = sheet.index[row.column]
    x = sheet.xs[i]
    last = i == len(sheet.xs) - 1 and i > 0
    up = row.what in ("restart", "heal")
    yield Box(x - 8, y - 8, 16, 16, "restart" if up else "fault", 8)
    yield Line(_tick(x, y) if up else _crossed(x, y), "restart" if up else "cross")
    room = (
        sheet.xs[i] - sheet.xs[i - 1] if last else sheet.xs[i + 1] - x if len(sheet.xs) > 1 else 200.0
    ) - 34
    text = shorten(visible(row.text), room, lambda t: advance(t, 12))
    yield Text(
        x - 15 if last else x + 15,
        y + 4,
        text,
        "restart-text" if up else "fault-text",
        "end" if last else "start",
    )


def _crossed(x: float, y: float) -> tuple[tuple[tuple[float, float], ...], ...]:
    return (((x - 3.2, y - 3.2), (x + 3.2, y + 3.2)), ((x - 3.2, y + 3.2), (x + 3.2, y - 3.2)))


def _tick(x: float, y: float) -> tuple[tuple[tuple[float, float], ...], ...]:
    return (((x - 3.6, y + 0.2), (x - 0.8, y + 3), (x + 4, y - 2.8)),)


def _across(sheet: Sheet, row: Mark, y: float) -> Iterator[Shape]:
    bad = row.kind != "note"
    left, right = sheet.xs[0] - 24, sheet.xs[-1] + 24
    text = shorten(visible(row.text), max(right - left - 40, 120), lambda t: advance(t, 13))
    half = _half(text)
    middle = _middle(sheet, row, half)
    yield Line((((left, y), (right, y)),), "fault-line" if bad else "note-line")
    yield Box(middle - half, y - 10.5, 2 * half, 21, "fault" if bad else "note", 4)
    yield Text(middle, y + 4, text, "fault-text" if bad else "note-text", "middle")


def _half(text: str) -> float:
    """Half the width of a plate with this text."""
    return advance(text, 13) / 2 + 10


def _middle(sheet: Sheet, row: Mark, half: float) -> float:
    """Where a plate has its centre: at its element's lifeline or amid all, within the sheet."""
    wanted = sheet.x.get(row.column, (sheet.xs[0] + sheet.xs[-1]) / 2)
    return min(max(wanted, 12 + half), max(sheet.width - 12 - half, 12 + half))


def band(sheet: Sheet, bar: Bar, place: Place) -> Group:
    """The time in which media flow, as a band behind everything."""
    left, right = sorted((sheet.x[bar.source], sheet.x[bar.target]))
    height = place.end - place.top
    edges = tuple(((x, place.top), (x, place.end)) for x in (left, right))
    shapes = (Box(left, place.top, right - left, height, "media"), Line(edges, "media-edge"))
    return Group(shapes, f"r{bar.record}", visible(bar.label))


def plate(sheet: Sheet, bar: Bar, place: Place) -> Group:
    """What flows and for how long, on a plate where the band is free."""
    left, right = sorted((sheet.x[bar.source], sheet.x[bar.target]))
    text = shorten(visible(f"⇄ {bar.text}"), max(right - left - 40, 90), lambda t: advance(t, 12.5))
    width = advance(text, 12.5) + 24
    middle = (place.top + place.end) / 2
    steps = [0.0] + [
        sign * step * 8.0 for step in range(1, int((place.end - place.top) / 16)) for sign in (1, -1)
    ][:60]
    x, y, *_ = sheet.free(Spot((left + right) / 2, middle + step, width / 2, 11) for step in steps)
    shapes = (
        Box(x - width / 2, y - 11, width, 22, "media-box", 11),
        Text(x, y + 4, text, "media-text", "middle"),
    )
    return Group(shapes)
