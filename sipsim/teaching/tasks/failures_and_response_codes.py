"""Lesson 9: a call that is refused, waits for its time, and is answered."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.errors import SipParseError
from sipsim.message.message import Response
from sipsim.teaching.evidence import call_id, records
from sipsim.teaching.verdict import Step
from sipsim.trace.record import Record
from sipsim.trace.trace import Trace


def failures_and_response_codes(trace: Trace) -> Iterator[Step]:
    """Bob is busy and says for how long; Alice's phone waits, calls again by itself, and is answered."""
    refusals = records(trace, "delivered", "486 INVITE", "alice")
    wait = next(filter(None, map(time_to_come_back, refusals)), 0)
    first = refusals[0] if refusals else None
    again = [] if first is None else later_tries(trace, first)
    yield Step("Bob is busy: 486", bool(refusals), "nobody was refused with 486. `bob.rejects(486)` does that")
    yield Step(
        "his phone says when he'll be free", wait > 0,
        "the 486 has no Retry-After. What else does `bob.rejects` take? See `help(sipsim.UserAgent.rejects)`",
    )  # fmt: skip
    yield Step(
        "Alice's phone calls again by itself", bool(again),
        "after the 486 it leaves it at that: for a busy line it has to be told with which codes to wait",
    )  # fmt: skip
    yield Step(
        "not before that time", first is not None and bool(again) and again[0].time >= first.time + wait,
        "it calls again too soon: the first new INVITE comes before the time that Retry-After names",
    )  # fmt: skip
    yield Step(
        "the call is answered", bool(records(trace, "delivered", "200 INVITE", "alice")),
        "no 200 reaches Alice. Is Bob's other call over when she tries again?",
    )  # fmt: skip


def time_to_come_back(record: Record) -> int:
    """The seconds of a response's Retry-After, 0 without one."""
    try:
        return (record.message.retry_after or 0) if isinstance(record.message, Response) else 0
    except SipParseError:
        return 0


def later_tries(trace: Trace, refusal: Record) -> list[Record]:
    """The new INVITEs of the refused call, sent after the refusal."""
    sent = records(trace, "sent", "INVITE", "alice")
    return [record for record in sent if record.id > refusal.id and call_id(record) == call_id(refusal)]
