"""Which messages must not be drawn as one row of text.

A row says that a message was sent; a reader takes it that it also arrived before the next row. That's wrong
for a message that is overtaken by a later one, that crosses one coming the other way, or that takes so long
that time is folded meanwhile. These get two rows, one where they leave and one where they arrive.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sipsim.pictures.ladder.axis import Axis
from sipsim.pictures.ladder.model import Arrow

LOOK_AHEAD = 50  # messages of one call between the same two elements that may be under way at once


def in_two_rows(arrows: Iterable[Arrow], axis: Axis) -> set[int]:
    """The ids of the arrival records of these arrows.

    Only messages of one call between the same two elements are compared.
    """
    split: set[int] = set()
    flights: defaultdict[tuple[str, str, str], list[Arrow]] = defaultdict(list)
    for arrow in arrows:
        if arrow.arrived is None or arrow.duplicate:
            continue
        if axis.folded(arrow.arrived - arrow.sent):
            split.add(arrow.arrival)
        ends = sorted((arrow.source, arrow.target))
        flights[arrow.call, ends[0], ends[1]].append(arrow)
    for same in flights.values():
        for i, arrow in enumerate(same):
            split.update(_disturbed(arrow, same[i + 1 : i + 1 + LOOK_AHEAD]))
    return split


def _disturbed(first: Arrow, later: Sequence[Arrow]) -> set[int]:
    """Of a message and those sent after it: which of them cross or are overtaken while it is on its way."""
    found: set[int] = set()
    for other in later:
        if (other.sent, other.record) > _arrival(first):
            break
        overtakes = _arrival(other) < _arrival(first)
        if overtakes or other.source != first.source:
            found.add(first.arrival)
        if not overtakes and other.source != first.source:
            found.add(other.arrival)
    return found


def _arrival(arrow: Arrow) -> tuple[float, int]:
    return arrow.arrived or 0.0, arrow.arrival
