"""Lesson 1: whoever answers repeats the answer until the ACK comes."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.teaching.evidence import records
from sipsim.teaching.verdict import Step
from sipsim.trace.trace import Trace


def first_call(trace: Trace) -> Iterator[Step]:
    """Bob has to send his 200 four times although none of them gets lost."""
    answers = len(records(trace, "sent", "200 INVITE", "bob"))
    yield Step(
        "Bob answers a call", answers > 0,
        "no 200 leaves Bob's phone in this trace: did he register, and did Alice call him?",
    )  # fmt: skip
    yield Step(
        "no 200 gets lost", answers > 0 and not records(trace, "lost", "200 INVITE"),
        "a 200 is lost on its way. What does Bob wait for after he has sent it, and who sends that?",
    )  # fmt: skip
    yield Step(
        "Bob sends his 200 four times", answers == 4,
        f"he sends it {answers} time{'s' * (answers != 1)}. How many confirmations must he miss to send it four times? "
        "`drop` takes `times=`",
    )  # fmt: skip
    yield Step(
        "in the end the call stands", bool(records(trace, "delivered", "ACK", "bob")),
        "no ACK ever reaches Bob. Lose fewer of them",
    )  # fmt: skip
