"""I4: every call ends, and what its two ends say about it goes together."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from campaign.reading import message_of
from campaign.stage import Stage

from sipsim.elements.calls.call import Call
from sipsim.message.message import Response

FITTING = {
    "completed": {"completed", "no ACK", "crashed"},
    "crashed": {"completed", "no ACK", "crashed", "cancelled", "rejected", "timed out"},
    "timed out": {"completed", "no ACK", "crashed", "cancelled", "rejected", "timed out"},
    "cancelled": {"completed", "no ACK", "crashed", "cancelled", "rejected"},
    "damaged": {"completed", "no ACK", "crashed", "cancelled", "rejected"},
    "rejected": {"no ACK", "crashed", "cancelled", "rejected"},
}
"""By the caller's verdict, what a called phone may say. A `completed` there is a 2xx that came too late for the caller,
who acknowledged and ended it; after a refusal, which ends the search, there is none."""


def definite_end(stage: Stage) -> Iterator[str]:
    """No call is left open, at either end."""
    for call in [*stage.placed, *stage.taken]:
        if call.state != "ended" or not call.ended.triggered:
            yield f"{call!r} has no end"
        elif not (call.answered.triggered and call.ringing.triggered):
            yield f"{call!r} has ended, and whoever waits for an answer still waits"


def bye_ends_it(stage: Stage) -> Iterator[str]:
    """Whoever answers a BYE with 2xx, or is answered so, has ended the call at that instant, and by itself."""
    byes: dict[tuple[str | None, ...], float] = {}
    unmatched = {record.cause for record in stage.lab.trace.select("ignored")}  # altered on the way, or too late
    settled: set[tuple[str, str | None]] = set()  # by whom and branch: what comes after a final response is no matter
    for record in stage.lab.trace:
        if record.kind not in ("sent", "delivered") or not record.raw.startswith(b"SIP/2.0 "):
            continue
        message = message_of(record) if record.id not in unmatched else None
        if not isinstance(message, Response) or message.cseq.method != "BYE" or message.status < 200:
            continue
        if record.kind == "delivered" and (record.element, message.branch) in settled:
            continue
        settled.add((record.element, message.branch))
        tags = (message.to_tag, message.from_tag)[:: 1 if record.kind == "sent" else -1]
        if message.status < 300:
            byes.setdefault((record.element, message.call_id, *tags), record.time)
    for call in [*stage.placed, *stage.taken]:
        tags = (call.dialog.local_tag, call.dialog.remote_tag) if call.dialog is not None else ()
        answered = byes.get((call.agent.name, call.call_id, *tags), inf)
        if answered < stage.over.get(call, inf):
            yield f"{call!r} goes on after its BYE was answered at {answered:g} s, until {stage.over.get(call)} s"


def verdicts_fit(stage: Stage) -> Iterator[str]:
    """What the called phones say fits what the caller says."""
    placed = {call.call_id: call for call in stage.placed}
    for called in stage.taken:
        caller = placed.get(called.call_id)
        if caller is None or "ended" not in (caller.state, called.state):
            continue
        mine, other = verdict(caller), verdict(called)
        same = mine == "completed" and caller.dialog is not None and caller.dialog.remote_tag == called.tag
        wrong = other not in FITTING["completed"] if same else mine != "completed" and other not in FITTING[mine]
        if wrong:
            yield f"{caller!r} was {mine} ({caller.ended.value}), {called!r} was {other} ({called.ended.value})"


def verdict(call: Call) -> str:
    """How a call ended, in a word."""
    if not call.ended.triggered:
        return "left open"
    why, answer = str(call.ended.value.why), call.answered
    if "can't be read" in why:
        return "damaged"
    if "crashed" in why:
        return "crashed"
    if not answer.triggered:
        return "left open"
    if not answer.ok and "no ACK" in str(answer.value):
        return "no ACK"
    if answer.ok or why.startswith("BYE"):
        return "completed"
    if why in ("CANCEL", "early BYE"):
        return "cancelled"
    return "timed out" if "timeout" in why or why.startswith("408") else "rejected"
