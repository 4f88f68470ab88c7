"""Lesson 13: being told of each change, and ending that oneself."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.teaching.evidence import records
from sipsim.teaching.verdict import Step
from sipsim.trace.trace import Trace


def events_and_messages(trace: Trace) -> Iterator[Step]:
    """NOTIFYs of both changes reach Alice, the last one ends the subscription, and she has asked twice in all."""
    told = [record.message for record in records(trace, "delivered", "NOTIFY", "alice") if record.message]
    away = [at for at, notify in enumerate(told) if b">closed<" in notify.body]
    back = [at for at, notify in enumerate(told) if b">open<" in notify.body and away and at > away[0]]
    yield Step(
        "Alice's phone is told that Bob is away", bool(away),
        "no NOTIFY says `closed`: at second 10 there is no subscription any more. For how long was it asked for?",
    )  # fmt: skip
    yield Step(
        "and that he is back", bool(back),
        "the subscription is over before he comes back",
    )  # fmt: skip
    last = (told[-1].header("Subscription-State") or "") if told else ""
    yield Step(
        "she ends it herself", len(told) > len(back) > 0 and last.startswith("terminated"),
        "the last NOTIFY does not say `terminated`. A subscription can `unsubscribe()`",
    )  # fmt: skip
    asked = len(records(trace, "sent", "SUBSCRIBE", "alice"))
    yield Step(
        "two SUBSCRIBEs were enough", bool(back) and asked == 2,
        f"her phone sends {asked}: one is for asking, and one for ending it",
    )  # fmt: skip
