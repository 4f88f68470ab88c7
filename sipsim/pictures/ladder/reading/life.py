"""The inner life of elements as marks on their lifelines: transactions, dialogs, timers, and reasons of decisions.

Marks of one transaction or dialog have a `track` in common: a bar along the lifeline, from its first mark on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sipsim.pictures.ladder.model import Arrow, Column, Mark, Row
from sipsim.pictures.ladder.reading.naming import Naming
from sipsim.trace.record import Record
from sipsim.trace.walks import Walk, Walks

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace

MARKS = ("transactions", "dialogs", "timers", "reasons")
"""What may be marked."""

REASONS = ("gate", "refused", "retry", "registration", "subscription")
"""Kinds of records that say why an element did what it did."""


def marks_of(
    trace: Trace, naming: Naming, rows: list[Row], columns: Iterable[Column], wanted: frozenset[str], partial: bool
) -> list[Row]:
    """The rows with the marks that are wanted among them, in the order of time.

    Where the rows are only `partial`, marks of what is not among them are left out.
    """
    if not wanted:
        return rows
    drawer = _Marks(naming, rows, {column.name for column in columns}, partial)
    found: list[Row] = []
    if wanted & {"transactions", "dialogs", "timers"}:
        found += drawer.walks(Walks(trace), wanted)
    if wanted & {"timers", "reasons"}:
        found += drawer.records(trace, wanted)
    return sorted([*rows, *found], key=lambda row: (row.begin, row.record))


class _Marks:
    def __init__(self, naming: Naming, rows: list[Row], columns: set[str], partial: bool) -> None:
        self.naming = naming
        self.columns = columns
        arrows = [row for row in rows if isinstance(row, Arrow)]
        self.shown = {id for arrow in arrows for id in (arrow.record, arrow.arrival)} if partial else None
        self.calls = {arrow.call for arrow in arrows}
        self.of_others: set[str] = set()  # transactions without a message among the rows
        self.timers: dict[tuple[float, str, str], Mark] = {}

    def walks(self, walks: Walks, wanted: frozenset[str]) -> Iterator[Mark]:
        for i, walk in enumerate(walks):
            dialog = walk.machine == "dialog"
            if self.shown is not None and not self._concerns(walk, dialog):
                self.of_others.add(walk.transaction)
            elif ("dialogs" if dialog else "transactions") in wanted and self._column(walk.element):
                yield from _track(walk, self._column(walk.element), f"{i}")

    def _concerns(self, walk: Walk, dialog: bool) -> bool:
        if dialog:
            return walk.transaction.partition(" ")[0] in self.calls
        return self.shown is None or not self.shown.isdisjoint(walk.messages)

    def records(self, trace: Trace, wanted: frozenset[str]) -> Iterator[Mark]:
        for record in trace:
            if record.kind == "timer" and "timers" in wanted:
                yield from self._timer(record)
            elif record.kind in REASONS and "reasons" in wanted and self._told(record):
                data = record.data
                text = data.get("text") or f"{data.get('status', '')}: {data.get('why', '')}"
                yield Mark("reason", str(text), record.time, self._column(record.element), record.kind, record.id)

    def _told(self, record: Record) -> bool:
        return bool(self._column(record.element)) and (self.shown is None or record.cause in self.shown)

    def _timer(self, record: Record) -> Iterator[Mark]:
        """A mark for the first of an element's timers at an instant; the others of its transaction add their words."""
        data, column = record.data, self._column(record.element)
        event, name, which = (str(data.get(key, "")) for key in ("event", "name", "transaction"))
        if not column or (which in self.of_others if which else not self._told(record)):
            return
        length = f" {data['delay']:g} s" if event == "set" and isinstance(data.get("delay"), float) else ""
        key = (record.time, column, which)
        mark = self.timers.get(key)
        if mark is None:
            mark = self.timers[key] = Mark(
                "timer", f"Timer {name}{length} {event}", record.time, column, event, record.id
            )
            yield mark
        elif mark.text.endswith(f" {event}"):
            mark.text = f"{mark.text.removesuffix(f' {event}')}, {name}{length} {event}"
        else:
            mark.text += f"; {name}{length} {event}"
            mark.what = "fired" if "fired" in (mark.what, event) else event

    def _column(self, element: str) -> str:
        name = self.naming.of(element)
        return name if name in self.columns else ""


def _track(walk: Walk, column: str, track: str) -> Iterator[Mark]:
    """The states of a transaction or a dialog, each where it was entered."""
    dialog = walk.machine == "dialog"
    kind, name = ("dialog", "dialog") if dialog else ("transaction", _name(walk))
    if not dialog:
        yield Mark(kind, f"{name} {walk.initial}", walk.began, column, walk.initial, walk.record, track)
    for step in walk.steps:
        if step.before != step.after:
            state = "ended" if dialog and step.after == "terminated" else step.after
            yield Mark(kind, f"{name} {state}", step.time, column, step.after, step.record, track)


def _name(walk: Walk) -> str:
    """`INVITE client`, `BYE server`."""
    kind, _, side = walk.machine.rpartition(" ")
    return f"{walk.method or kind} {side}"
