"""I1: no packet vanishes. What was sent, and doubled on the way, was delivered or lost, and nothing is under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from campaign.stage import Stage


def as_it_was_sent(stage: Stage) -> Iterator[str]:
    """Octets arrive as they left, unless the links of this run are of those that alter them, and not healed yet."""
    if "corrupt" in stage.plan.link:
        return
    trace = stage.lab.trace
    for record in trace.select("delivered"):
        if record.raw != trace[record.cause or 0].raw:
            yield f"{record} has other octets than were sent"


def conservation(stage: Stage) -> Iterator[str]:
    """Packet by packet, which holds for each link then; nothing may be held back either."""
    trace = stage.lab.trace
    balance: Counter[int] = Counter()
    for record in trace:
        if record.kind in ("sent", "duplicated"):
            balance[record.id if record.kind == "sent" else record.cause or 0] += 1
        elif record.kind in ("delivered", "lost"):
            balance[record.cause or 0] -= 1
    for id, left in balance.items():
        if left:
            yield f"{trace[id]}: {left:+d} of its packets are unaccounted for"
