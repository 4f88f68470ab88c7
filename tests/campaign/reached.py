"""Which recovery paths a run has reached. A campaign that never gets there has proved nothing about them."""

from __future__ import annotations

from collections import Counter, defaultdict

from campaign.invariants.endings import verdict
from campaign.reading import message_of
from campaign.stage import Stage

from sipsim.message.message import Request

TIMERS = tuple("ABCDEFGHIJKLM")
STATUSES = (302, 401, 404, 407, 408, 480, 481, 482, 486, 487, 488, 500, 503, 600, 603)
FAULTS = ("crash", "restart", "partition", "heal", "lost", "duplicated", "unparsable", "dropped")
MEANS = ("connection open", "turned away", "passed on without state", "credentials refused")
RACES = ("BYE for want of an ACK", "2xx after CANCEL", "second 2xx of a fork", "CANCEL", "second server tried")

WANTED = (
    *[f"timer {name}" for name in TIMERS],
    *[f"status {status}" for status in STATUSES],
    *FAULTS,
    *MEANS,
    *RACES[:4],
)
"""What a long campaign has to reach."""


def reached(stage: Stage) -> Counter[str]:
    """How often each path was taken in this run."""
    found: Counter[str] = Counter()
    for record in stage.lab.trace:
        kind = record.kind
        if kind == "timer" and record.data["event"] == "fired":
            found[f"timer {record.data['name']}"] += 1
        elif kind == "fault":
            found[str(record.data["what"])] += 1
        elif kind in ("lost", "duplicated", "unparsable", "ignored"):
            found[kind] += 1
        elif kind == "connection":
            found[f"connection {record.data['what']}"] += 1
        elif kind == "refused":
            found["turned away"] += record.data["why"] == "there is too much to do"
        elif kind == "retry" and "credentials were refused" in record.data["text"]:
            found["credentials refused"] += 1
        elif kind == "sent" and stage.lab.elements[record.element].kind == "stateless proxy":
            found["passed on without state"] += 1
        if kind == "lost":
            found["dropped"] += "dropped by the script" in str(record.data.get("why", ""))
    found.update(_statuses(stage))
    found["BYE for want of an ACK"] += sum(call.ended.triggered and verdict(call) == "no ACK" for call in stage.taken)
    found.update(_races(stage))
    return found


def _statuses(stage: Stage) -> Counter[str]:
    found: Counter[str] = Counter()
    for record in stage.lab.trace.select("sent"):
        message = message_of(record)
        if message is not None:
            found[message.method if isinstance(message, Request) else f"status {message.status}"] += 1
    return found


def _races(stage: Stage) -> Counter[str]:
    """What callers met: an answer that crossed their CANCEL, and answers of more than one phone."""
    found: Counter[str] = Counter()
    placed = {call.call_id: call.agent.name for call in stage.placed}
    tags: dict[str, set[str]] = defaultdict(set)
    cancelled: set[str] = set()
    for record in stage.lab.trace:
        message = message_of(record) if record.kind in ("sent", "delivered") else None
        if message is None or placed.get(message.call_id) != record.element:
            continue
        if isinstance(message, Request):
            if record.kind == "sent" and message.method == "CANCEL":
                cancelled.add(message.call_id)
        elif record.kind == "delivered" and message.status // 100 == 2 and message.cseq.method == "INVITE":
            found["2xx after CANCEL"] += message.call_id in cancelled
            tags[message.call_id].add(message.to_tag or "")
            found["second 2xx of a fork"] += len(tags[message.call_id]) == 2
    return found
