"""Which transaction of which element a chart shows; where there is none, what there is."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from sipsim.errors import UsageError
from sipsim.trace.record import Record
from sipsim.trace.walks import Walk, Walks

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace


def record_at(trace: Trace, element: str, number: int) -> Record:
    """The record of a message at an element: that it was sent there, or that it arrived."""
    sent = _numbered(trace, number)
    if sent.element == element:
        return sent
    arrived = [r for r in trace.select("delivered", element) if r.cause == sent.id]
    if not arrived:
        raise UsageError(f"message={number}: neither left {element!r} nor arrived there")
    return arrived[0]


def _numbered(trace: Trace, number: object) -> Record:
    """The message with this number; UsageError where there is none."""
    if isinstance(number, bool) or not isinstance(number, int):
        raise UsageError(f"message={number!r}: a number on the ladder, from 1")
    return trace.message(number)


def instant(at: object) -> float:
    """An instant of a run, in seconds; UsageError for what is none."""
    if isinstance(at, bool) or not isinstance(at, (int, float)) or not 0 <= at < inf:
        raise UsageError(f"at={at!r}: seconds of the run, from 0")
    return float(at)


def chosen(
    trace: Trace, element: str, machine: str | None = None, transaction: str | None = None, message: int | None = None
) -> Walk:
    """The first walk of an element that fits; `message` is a number, and chooses the transaction of that message."""
    walks = Walks(trace)
    if not len(walks):
        raise UsageError('trace: has no records of states; a run keeps them with Lab(trace="all"), a capture has none')
    mine = [walk for walk in walks if walk.element == element]
    if not mine:
        there = ", ".join(dict.fromkeys(repr(walk.element) for walk in walks))
        raise UsageError(f"element={element!r}: has no transactions in this trace; {there} have")
    if message is not None:
        records = {r.record: r for r in walks.at(_numbered(trace, message).id)}
        keys = {(s.element, s.machine, s.transaction) for s in records.values()}
        mine = [walk for walk in mine if (walk.element, walk.machine, walk.transaction) in keys]
        if not mine:
            raise UsageError(f"message={message}: belongs to no transaction of {element!r}")
    fitting = [w for w in mine if machine in (None, w.machine) and transaction in (None, w.transaction)]
    if not fitting:
        there = "; ".join(f"{walk.machine} {walk.transaction}" for walk in mine[:20])
        raise UsageError(f"machine={machine!r}, transaction={transaction!r}: {element!r} has {there}")
    return fitting[0]
