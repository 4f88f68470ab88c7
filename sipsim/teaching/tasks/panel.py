"""Lesson 10: what one phone said is not what the other one heard."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.teaching.evidence import call_id, records
from sipsim.teaching.verdict import Step
from sipsim.trace.record import Record
from sipsim.trace.trace import Trace


def panel(trace: Trace) -> Iterator[Step]:
    """An INVITE that was stopped and given a Subject on its way, and a call that stands all the same."""
    stopped = [record for record in trace.select("intercept") if record.data.get("what") == "stopped"]
    yield Step(
        "a message is stopped on its way", bool(stopped),
        'the tab Intercept does that, or `lab.network.intercept("INVITE")`',
    )  # fmt: skip
    read = [record for record in records(trace, "delivered", "INVITE") if subject(record)]
    yield Step(
        "a phone reads a Subject in an INVITE", any(record.element == "bob" for record in read),
        "a header field is a line of its own, `Subject: lunch`, anywhere above the empty line",
    )  # fmt: skip
    changed = [record for record in read if record.sent is not None and not subject(record.sent)]
    yield Step(
        "nobody wrote it", bool(changed),
        "Alice's phone must not have sent it: change the message while it is stopped, then let it go",
    )  # fmt: skip
    calls = [call_id(record) for record in changed]
    answered = [record for record in records(trace, "delivered", "200 INVITE", "alice") if call_id(record) in calls]
    yield Step(
        "the call is answered all the same", bool(answered), "what you let go must still be a message that Bob can read"
    )  # fmt: skip


def subject(record: Record) -> str | None:
    """What the message of a record says that it is about."""
    message = record.message
    return None if message is None else message.header("Subject")
