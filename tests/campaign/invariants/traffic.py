"""I7: no storm. A request is repeated as often as the timers allow, and loops end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from campaign.reading import message_of
from campaign.stage import Stage

from sipsim.message.message import Request

COPIES = 11
"""Of one request on one hop: those of Timer E; an INVITE has 7. An ACK answers as many copies as come."""
MOST = 10_000
NEAR = 0.01
"""Seconds of delay with which an answer over every hop is there before T1."""
PER_HOP = 13
"""Messages of a call on each of its hops, where nothing goes wrong."""


def no_storm(stage: Stage) -> Iterator[str]:
    """Eleven copies of a request at the most, and thousands of messages are a loop that does not end.

    A proxy without memory repeats what others repeat: it sends no more than it has got.
    """
    passing = {stage.registrars[domain].name for domain in stage.plan.stateless}
    sent = Counter[tuple[str, object, bytes]]()
    for record in stage.lab.trace.select("sent"):
        raw = record.raw
        if not raw.startswith((b"SIP/2.0 ", b"ACK ")) and record.element not in passing:
            sent[record.element, record.route[1], raw] += 1
    for (element, _, raw), copies in sent.items():
        if copies > COPIES:
            yield f"{element} sends {raw[:40]!r} {copies} times"
    if (messages := len(stage.lab.trace.columns.sent)) > MOST:
        yield f"{messages} messages for {len(stage.plan.steps)} things that users did"


def nothing_made_up(stage: Stage) -> Iterator[str]:
    """A proxy without memory sends a message for each that it gets, at the most."""
    passing = [stage.registrars[domain].name for domain in stage.plan.stateless]
    balance: Counter[str] = Counter()
    for record in stage.lab.trace if passing else ():
        if record.element in passing and record.kind in ("sent", "delivered"):
            balance[record.element] += 1 if record.kind == "delivered" else -1
            if balance[record.element] < 0:
                yield f"{record.element} sends {record} by itself"


def few_messages(stage: Stage) -> Iterator[str]:
    """Where nothing is lost, doubled or broken a call needs a few messages on each hop that an INVITE of it takes."""
    plan = stage.plan
    if set(plan.link) - {"delay"} or plan.faults or plan.queues or plan.link["delay"] > NEAR:
        return
    messages: Counter[str] = Counter()
    hops: dict[str, set[str]] = {}
    for record in stage.lab.trace.select("sent"):
        message = message_of(record)
        if message is not None:
            messages[message.call_id] += 1
            if isinstance(message, Request) and message.method == "INVITE":
                hops.setdefault(message.call_id, set()).add(message.branch or "")
    for call_id, branches in hops.items():
        if messages[call_id] >= PER_HOP * len(branches):
            yield f"{messages[call_id]} messages of the call {call_id} on {len(branches)} hops"
