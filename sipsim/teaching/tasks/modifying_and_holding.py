"""Lesson 12: a session timer that tells of a wire that was cut."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.teaching.evidence import records
from sipsim.teaching.verdict import Step
from sipsim.trace.record import Record
from sipsim.trace.trace import Trace

LATEST = 120.0
"""The second before which Bob's phone has to know."""


def modifying_and_holding(trace: Trace) -> Iterator[Step]:
    """The INVITE agrees on a session's length, a refresh arrives, and when no more comes Bob's phone says BYE."""
    invites = [record.message for record in records(trace, "sent", "INVITE", "alice") if record.message]
    answered = bool(records(trace, "delivered", "ACK", "bob"))
    yield Step(
        "the call stands, and its INVITE asks for a length of the session",
        answered and any("session-expires" in invite.names for invite in invites),
        "the INVITE has no Session-Expires: an option of Alice's phone, in seconds",
    )  # fmt: skip
    refreshed = [record for record in trace.select("delivered", "bob") if is_refresh(record)]
    yield Step(
        "one refresh reaches Bob's phone", bool(refreshed),
        "none does. It comes half-way through the session: is that before the wire is cut?",
    )  # fmt: skip
    ended = [record.time for record in records(trace, "sent", "BYE", "bob")]
    yield Step(
        "Bob's phone ends the call before second 120", bool(ended) and ended[0] < LATEST,
        "it gives up a little before the session's time is over, counted from the last refresh. Shorter?",
    )  # fmt: skip


def is_refresh(record: Record) -> bool:
    """Whether it is an UPDATE, or an INVITE in the dialog."""
    message = record.message
    return message is not None and record.raw.startswith((b"UPDATE", b"INVITE")) and bool(message.to_tag)
