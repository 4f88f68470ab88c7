"""I7: no storm. A request is repeated as often as the timers allow, and loops end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from campaign.stage import Stage

COPIES = 11
"""Of one request on one hop: those of Timer E; an INVITE has 7. An ACK answers as many copies as come."""
MOST = 10_000


def no_storm(stage: Stage) -> Iterator[str]:
    """Eleven copies of a request at the most, and thousands of messages are a loop that does not end."""
    sent = Counter[tuple[str, object, bytes]]()
    for record in stage.lab.trace.select("sent"):
        raw = record.raw
        if not raw.startswith((b"SIP/2.0 ", b"ACK ")):
            sent[record.element, record.route[1], raw] += 1
    for (element, _, raw), copies in sent.items():
        if copies > COPIES:
            yield f"{element} sends {raw[:40]!r} {copies} times"
    if (messages := len(stage.lab.trace.columns.sent)) > MOST:
        yield f"{messages} messages for {len(stage.plan.steps)} things that users did"
