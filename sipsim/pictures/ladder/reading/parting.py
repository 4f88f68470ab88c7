"""A ladder of several calls in parts, one for each call, in the order in which the calls began."""

from __future__ import annotations

from bisect import bisect_right

from sipsim.pictures.ladder.model import Arrow, Bar, Model, Row

GROUPS = ("call",)
"""What may have a part of its own."""


def parts_of(model: Model, group: str | None) -> list[tuple[str, Model]]:
    """The parts of a model, each with its heading; none where it is of one call only, or not to be parted."""
    calls: dict[str, list[Row]] = {}
    begins: list[float] = []
    for arrow in model.arrows if group else ():
        if arrow.call not in calls:
            calls[arrow.call] = []
            begins.append(arrow.begin)
    if len(calls) < 2:
        return []
    parts = list(calls.values())
    for row in model.rows:
        own = calls.get(row.call) if isinstance(row, (Arrow, Bar)) else None
        # What belongs to no call stands with the call that began last before it.
        (parts[max(bisect_right(begins, row.begin) - 1, 0)] if own is None else own).append(row)
    return [
        (_heading(number, rows), Model(model.columns, rows, gaps=model.gaps)) for number, rows in enumerate(parts, 1)
    ]


def _heading(number: int, rows: list[Row]) -> str:
    first = next(row for row in rows if isinstance(row, Arrow))
    letter = f"{first.letter}: " if first.letter else f"{number}: "
    return f"{letter}{first.text} from {first.source} to {first.target}, Call-ID {first.call or 'unknown'}"
