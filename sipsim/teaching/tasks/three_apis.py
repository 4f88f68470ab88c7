"""Lesson 15: a program for Symbian that answers the BYE which its stack hands to it."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.teaching.evidence import records
from sipsim.teaching.verdict import Step
from sipsim.trace.trace import Trace


def three_apis(trace: Trace) -> Iterator[Step]:
    """Bob hangs up, and the program says 200 by its own call of the API, at once."""
    calls = [record.data.get("name") for record in trace.select("api", "alice")]
    confirmed = records(trace, "delivered", "ACK", "bob")
    yield Step(
        "Alice's program calls Bob, and acknowledges his 200", "SendAckL" in calls and bool(confirmed),
        "no ACK comes to Bob: keep what the program does when a response comes in",
    )  # fmt: skip
    yield Step(
        "Bob hangs up, and the program is told", "IncomingRequest" in calls and sent_by_bob(trace) > 0,
        "there is no BYE of Bob's in this trace. `lab.elements[\"bob\"].hang_up()` sends it",
    )  # fmt: skip
    yield Step(
        "the program responds", "SendResponseL" in calls,
        "the callback does nothing yet. What arrives first in it is a server transaction, and it can `SendResponseL`",
    )  # fmt: skip
    yield Step(
        "with 200, so that Bob's BYE is sent once", bool(records(trace, "delivered", "200 BYE", "bob"))
        and sent_by_bob(trace) == 1,
        "Bob waits for a 200, and for nothing else, and he repeats his BYE until a final response comes",
    )  # fmt: skip


def sent_by_bob(trace: Trace) -> int:
    """How often he sends his BYE."""
    return len(records(trace, "sent", "BYE", "bob"))
