"""The line at the foot of a ladder: what was run, what is left out on purpose, and how many messages are drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sipsim.pictures.ladder.model import Arrow
from sipsim.pictures.ladder.reading.making import Wishes
from sipsim.pictures.lettering import visible


def tally(arrows: Iterable[Arrow]) -> tuple[int, int, int]:
    """How many messages these are, and how many of them were lost or sent again."""
    sent = [arrow for arrow in arrows if not arrow.duplicate]
    lost = sum(arrow.times for arrow in sent if arrow.lost is not None)
    return sum(arrow.times for arrow in sent), lost, sum(arrow.times - (arrow.copy == 1) for arrow in sent)


def foot(header: dict[str, Any], counts: tuple[int, int, int], omitted: int, wishes: Wishes) -> str:
    """Seed, parameters, version, and the ladder in numbers, as `tally` counts them."""
    shown, lost, again = counts
    parts = [
        *([] if header.get("seed") is None else [f"seed {header['seed']}"]),
        *(f"{name} {value}" for name, value in (header.get("parameters") or {}).items()),
        *([f"0 s is {header['began']}"] if header.get("began") else []),
        f"sipsim {header.get('sipsim', '')}".rstrip(),
        *wishes.told(),
        f"{shown} of {_count(shown + omitted)}" if omitted else _count(shown),
        *([f"{lost} lost"] if lost else []),
        *([f"{again} sent again"] if again else []),
        *(f"{number} skipped: {why}" for why, number in (header.get("skipped") or {}).items()),
    ]
    return visible(" · ".join(parts))


def _count(number: int) -> str:
    return f"{number} message" if number == 1 else f"{number} messages"
