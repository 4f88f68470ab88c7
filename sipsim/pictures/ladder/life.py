"""The inner life of elements as marks on their lifelines: transactions, dialogs, timers, and reasons of decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sipsim.pictures.ladder.model import Column, Row
from sipsim.pictures.ladder.naming import Naming

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace

MARKS = ("transactions", "dialogs", "timers", "reasons")
"""What may be marked."""


def marks_of(
    trace: Trace, naming: Naming, rows: list[Row], columns: Sequence[Column], wanted: frozenset[str]
) -> list[Row]:
    """The rows, with these marks among them in the order of time."""
    return rows
