"""A ladder in pages: what is drawn at once, in pieces that a browser can show, veil and replace.

Python draws, once; a browser never lays out. It is given the pieces of each page and the heights at which things
happen, and moves a line down the page. A page of a run that goes on is drawn again, and only pieces that changed are
sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sipsim.pictures.display import Box, Group, Line, Picture, Point, Text
from sipsim.pictures.ladder.drawing.layout import lay_out
from sipsim.pictures.ladder.model import Arrow, Model
from sipsim.pictures.ladder.reading.parting import parts_of
from sipsim.pictures.writers import svg

PREFIX = "sp-"
"""What the names of styles begin with."""

HEAD = ("header", "name", "address")
"""Styles of what stands at the head of a column."""


def split(model: Model, group: str | None, most: int) -> list[Model]:
    """A ladder's model as pages of at most `most` rows, at least one; legends and the like stand on the last."""
    if len(model.rows) <= most:
        return [model]
    pages = [Model(model.columns, model.rows[i : i + most], gaps=model.gaps) for i in range(0, len(model.rows), most)]
    pages[-1].sections = model.sections
    for page in pages:
        page.parts = parts_of(page, group)
    return pages


def draw(model: Model, foot: str) -> dict[str, Any]:
    """One page as JSON values, without the title, which its reader shows above all pages.

    `order` are the keys of its pieces from back to front, `parts` their markup; `heads` are the keys of the columns'
    heads and `head` is the height where these end, as they stay in sight; `messages` maps the key of a message to
    number, ends and heights, x1, y1, x2, y2; `track` are heights of instants, [seconds, pixels], from the top on.
    """
    picture = lay_out(model, "", foot)
    pieces = svg.pieces(picture, PREFIX)
    lines = dict(_lines(picture))
    heads, head = _heads(picture, [key for key, _ in pieces])
    arrows = {key: arrow for arrow in model.arrows if (key := key_of(arrow)) in lines}
    return {
        "width": round(picture.width, 1),
        "height": round(picture.height, 1),
        "order": [key for key, _ in pieces],
        "parts": dict(pieces),
        "heads": heads,
        "head": head,
        "messages": {key: [arrow.number, *lines[key]] for key, arrow in arrows.items()},
        "track": _track((arrow, lines[key]) for key, arrow in arrows.items()),
    }


def key_of(arrow: Arrow) -> str:
    """The name of a message's group in a drawing."""
    return f"m{arrow.number}" + (f"-d{arrow.arrival}" if arrow.duplicate else "")


def changed(page: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """A page with only those of its pieces that an earlier drawing of it did not have, or had otherwise."""
    known = before["parts"]
    return {**page, "parts": {key: made for key, made in page["parts"].items() if known.get(key) != made}}


def _heads(picture: Picture, keys: list[str]) -> tuple[list[str], float]:
    """The pieces that name the columns above the first row, and where they end; a long ladder has them below too."""
    boxes = [shape for shape in picture.shapes if isinstance(shape, Box) and shape.style == "header"]
    bottom = boxes[0].y + boxes[0].height if boxes else 0.0
    named = [isinstance(shape, (Box, Text)) and shape.style in HEAD and shape.y < bottom for shape in picture.shapes]
    return [key for key, is_head in zip(keys, named, strict=True) if is_head], round(bottom + 1.0, 1)  # with its edge


def _lines(picture: Picture) -> Iterator[tuple[str, list[float]]]:
    """Where each named group's line begins and ends, by the group's name: the stroke that the mouse can hit."""
    for shape in picture.shapes:
        if isinstance(shape, Group) and shape.name and (ends := _ends(shape)):
            yield shape.name, [round(at, 1) for point in ends for at in point]


def _ends(group: Group) -> tuple[Point, Point] | None:
    hits = (item for item in group.items if isinstance(item, Line) and item.style == "hit")
    stroke = next((line.strokes[0] for line in hits), None)
    return None if stroke is None else (stroke[0], stroke[-1])


def _track(arrows: Iterable[tuple[Arrow, list[float]]]) -> list[list[float]]:
    """Instants with their heights, from top to bottom."""
    points = []
    for arrow, (_, y1, _, y2) in arrows:
        points.append((y1, arrow.sent))
        if arrow.ended is not None:
            points.append((y2, arrow.ended))
    track: list[list[float]] = []
    for y, time in sorted(points):
        if not track or y > track[-1][1]:
            track.append([time, y])
    return track
