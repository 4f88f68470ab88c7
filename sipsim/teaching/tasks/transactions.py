"""Lesson 4: a request that is repeated, and an answer out of the server's memory."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.teaching.evidence import records
from sipsim.teaching.verdict import Step
from sipsim.trace.trace import Trace


def transactions(trace: Trace) -> Iterator[Step]:
    """One copy of the request is lost, one of the answer, and no more."""
    asked = records(trace, "sent", "OPTIONS", "alice")
    heard = records(trace, "delivered", "OPTIONS", "bob")
    answers = [record.raw for record in records(trace, "sent", "200 OPTIONS", "bob")]
    yield Step(
        "Alice's phone sends its OPTIONS three times", len(asked) == 3,
        f"it sends it {len(asked)} times. Each copy that is lost, and each answer that is lost, costs it another one",
    )  # fmt: skip
    yield Step(
        "Bob's phone gets it twice", len(heard) == 2,
        f"it gets it {len(heard)} times. How many of the copies may be lost, then?",
    )  # fmt: skip
    yield Step(
        "it answers twice, with the same octets", len(answers) == 2 and answers[0] == answers[1],
        f"it answers {len(answers)} times. What makes a server send its answer again?",
    )  # fmt: skip
    yield Step(
        "Alice has her answer", len(records(trace, "delivered", "200 OPTIONS", "alice")) == 1,
        'it has to reach her once. `drop("200 OPTIONS")` loses the next one only',
    )  # fmt: skip
