"""Telling calls, or transactions, apart: each has a colour and, as colours are few, a letter.

What the letters mean stands below the ladder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sipsim.pictures.display import HUES
from sipsim.pictures.ladder.model import Arrow, Row, Section, letters

TONES = tuple(HUES)
COLOURS = ("kind", "call", "transaction")
"""What colours may tell apart: requests and kinds of responses, calls, or transactions."""


def tell_apart(rows: Iterable[Row], by: str) -> list[Section]:
    """Give each arrow the letter and the tone of its call or transaction; what the letters mean, as a section."""
    if by not in _KEYS:
        return []
    members: dict[str, list[Arrow]] = {}
    for arrow in (row for row in rows if isinstance(row, Arrow) and row.number):
        members.setdefault(_KEYS[by](arrow), []).append(arrow)
    for number, arrows in enumerate(members.values()):
        for arrow in arrows:
            arrow.letter, arrow.tone = letters(number + 1), TONES[number % len(TONES)]
    lines = [_line(by, arrows) for arrows in members.values()]
    return [Section("legend", f"{by.capitalize()}s", lines)] if lines else []


def _line(by: str, arrows: list[Arrow]) -> str:
    first = arrows[0]
    which = f", Call-ID {first.call}" if by == "call" and first.call else ""
    numbers = [arrow.number for arrow in arrows if arrow.number and not arrow.duplicate]
    count = f"{len(numbers)} message{'s' if len(numbers) > 1 else ''}"
    told = f"{count} from {numbers[0]} on" if by == "call" else f"message{'s'[: len(numbers) > 1]} {_listed(numbers)}"
    return f"{first.letter}: {first.text} from {first.source} to {first.target}, {told}{which}"


def _listed(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:8]))
    return shown if len(numbers) <= 8 else f"{shown} and {len(numbers) - 8} more"


def _transaction(arrow: Arrow) -> str:
    method = "INVITE" if arrow.method == "ACK" else arrow.method
    return f"{method} {arrow.branch or arrow.call}"


_KEYS: dict[str, Callable[[Arrow], str]] = {"call": lambda arrow: arrow.call, "transaction": _transaction}
