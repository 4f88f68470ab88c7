"""Copies of a message that went out one after the other, folded into one arrow that says how many they are.

Only copies of the same fate are folded: those that were lost for the same reason, or those that arrived.
"""

from __future__ import annotations

from collections.abc import Iterable

from sipsim.pictures.ladder.model import Arrow, Row

REPEATS = ("each", "folded")
"""How repeated messages are drawn: an arrow for each, or one for all."""


def folded(rows: Iterable[Row]) -> list[Row]:
    """The rows without those arrows that an earlier one of the same message now stands for."""
    kept: list[Row] = []
    standing: dict[tuple[str, ...], Arrow] = {}
    for row in rows:
        if isinstance(row, Arrow) and not row.duplicate:
            key = (row.source, row.target, row.text, row.method, row.branch, row.call)
            first = standing.get(key)
            if row.copy > 1 and first is not None and _fate(first) == _fate(row):
                first.times += 1
                first.until = row.sent
                continue
            standing[key] = row
        kept.append(row)
    return kept


def _fate(arrow: Arrow) -> tuple[str | None, bool, str]:
    return arrow.lost, arrow.arrived is not None, arrow.remark
