"""Lesson 14: a transfer to somebody who was asked before."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.teaching.evidence import call_id, records
from sipsim.teaching.verdict import Step
from sipsim.trace.record import Record
from sipsim.trace.trace import Trace


def transfer(trace: Trace) -> Iterator[Step]:
    """Bob talks to Carol, his REFER names that call, and Alice's INVITE takes his place in it."""
    invited = records(trace, "delivered", "INVITE", "carol")
    asked = [record for record in invited if record.peer == "bob"]
    yield Step(
        "Bob calls Carol, and she answers him",
        any(call_id(record) in map(call_id, asked) for record in records(trace, "delivered", "200 INVITE", "bob")),
        "Carol hears nothing of Bob before Alice's phone calls her: with whom has he to talk first?",
    )  # fmt: skip
    refers = [
        record for record in records(trace, "delivered", "REFER", "alice") if "Replaces=" in field(record, "Refer-To")
    ]
    yield Step(
        "his REFER names that call", bool(refers),
        "no REFER has Replaces in its Refer-To: is there something other than `transfer` that takes a call?",
    )  # fmt: skip
    calls = [call_id(one) for one in asked]
    taken = [one for one in invited if one.peer == "alice" and field(one, "Replaces").partition(";")[0] in calls]
    yield Step(
        "Alice's phone takes his place in it", bool(calls and taken),
        "no INVITE of hers replaces the call of Bob and Carol: is it still there when she calls?",
    )  # fmt: skip
    left = {record.element for record in records(trace, "delivered", "BYE") if record.peer in ("bob", "carol")}
    answered = [call_id(record) for record in records(trace, "delivered", "200 INVITE", "alice")]
    yield Step(
        "she talks with Carol, and Bob is out of both calls",
        any(call_id(one) in answered for one in taken) and left == {"alice", "bob"},
        "somebody is still in a call with Bob: let the run go on for a while",
    )  # fmt: skip


def field(record: Record, name: str) -> str:
    """A header field of the message of a record, "" where it isn't there."""
    message = record.message
    return "" if message is None else message.header(name) or ""
