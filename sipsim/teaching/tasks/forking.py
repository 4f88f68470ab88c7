"""Lesson 7: a search that finds Bob where it looks last."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.teaching.evidence import records
from sipsim.teaching.verdict import Step
from sipsim.trace.trace import Trace


def forking(trace: Trace) -> Iterator[Step]:
    """The desk is busy, one phone rings in vain, the third one answers: one after another."""
    asked = {record.peer: record.time for record in records(trace, "sent", "INVITE", "proxy")}
    answered = [record.element for record in records(trace, "sent", "200 INVITE") if record.element in asked]
    yield Step(
        "three phones are asked", len(asked) == 3,
        f"the proxy sends an INVITE to {', '.join(asked) or 'nobody'}. Bob has three phones",
    )  # fmt: skip
    yield Step(
        "one after another", len(asked) == 3 and len(set(asked.values())) == 3,
        "some of them ring at the same time. `forking=` says how the proxy searches",
    )  # fmt: skip
    yield Step(
        "the desk is the first, and busy", next(iter(asked), "") == "desk" and busy(trace, "desk"),
        "a phone that is busy refuses with 486: `rejects(486)`",
    )  # fmt: skip
    yield Step(
        "the last one answers", bool(answered) and answered[0] == list(asked)[-1],
        "nobody picks up there. Which phone does the proxy ask last, and does it ring long enough?",
    )  # fmt: skip


def busy(trace: Trace, name: str) -> bool:
    return bool(records(trace, "sent", "486 INVITE", name))
