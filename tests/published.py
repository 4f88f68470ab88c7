"""The published flows, as `tests/data/flows.json` has them, and which message of a run is which of theirs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from sipsim.message.message import Message
from sipsim.trace.comparison import Step, steps_of, steps_of_flow
from sipsim.trace.trace import Trace

FILE = Path(__file__).resolve().parent / "data" / "flows.json"


def written_out(flow: dict[str, Any]) -> dict[str, Any]:
    """A flow with each of its transactions, "NOTIFY/200" or "INVITE/200/ACK" in one arrow, as messages."""
    if all(one["kind"] != "transaction" for one in flow["messages"]):
        return flow
    messages: list[dict[str, Any]] = []
    for one in flow["messages"]:
        if one["kind"] != "transaction":  # a response is for the request above it
            messages.append(one if one["kind"] != "response" else {"cseq_method": messages[-1]["method"], **one})
            continue
        there, back = (one["from"], one["to"]), (one["to"], one["from"])
        method, status, *ack = one["name"].split("/")
        kinds = [("request", there, "method", method), ("response", back, "status", f"{status[0]}xx")]
        kinds += [("request", there, "method", which) for which in ack]
        for number, (kind, (sender, receiver), field, what) in enumerate(kinds, 1):
            step = {"n": f"{one['n']}.{number}", "from": sender, "to": receiver, "kind": kind, field: what}
            messages.append({**step, "cseq_method": method})
    return {**flow, "messages": messages}


FLOWS: dict[str, dict[str, Any]] = {flow["name"]: written_out(flow) for flow in json.loads(FILE.read_text())["flows"]}

WITHOUT_100 = {"rfc4028-13", "rfc5359-2.1", "rfc5359-2.2", "rfc6228-9.1", "rfc6228-9.2", "rfc6228-9.3"}
"""Figures that leave out the 100s of proxies, which RFC 3261 §16.2 asks for."""

UNDRAWN = {"rfc3680-6": ("200 for MESSAGE",), "rfc6228-9.2": ("CANCEL", "200 for CANCEL", "487 for INVITE", "ACK")}
"""What a figure leaves out, and a complete run has."""


def differences(name: str, found: Any) -> list[str]:
    """How a run differs from the figure, the 100s left out that some figures leave out."""
    left_out = [f"nothing expected, {what}" for what in UNDRAWN.get(name, ())]
    texts = [text for text in map(str, found) if not any(what in text for what in left_out)]
    return [text for text in texts if name not in WITHOUT_100 or "nothing expected, 100 for" not in text]


def pairs(flow: dict[str, Any], trace: Trace) -> list[tuple[dict[str, Any], Message]]:
    """Each published message with the one that a run has for it; for runs that have the messages of the flow."""
    messages = {f"F{message['n']}": message for message in flow["messages"] if "n" in message}
    published, came = steps_of_flow(flow), steps_of(trace)
    if not any(step.of for step in published):  # these leave it to the reader what a response is for
        came = [step._replace(of="") for step in came]
    theirs = {key: messages[step.name] for key, step in keyed(published).items()}
    ours: dict[object, Any] = {
        key: trace.message(int(step.name.split()[1])).message for key, step in keyed(came).items()
    }
    return [(theirs[key], ours[key]) for key in theirs if key in ours]


def keyed(steps: list[Step]) -> dict[object, Step]:
    """Steps by link, what they are, and how many of the kind were before them on the link."""
    seen: Counter[object] = Counter()
    found: dict[object, Step] = {}
    for step in steps:
        kind = (step.sender, step.receiver, step.what, step.of)
        seen[kind] += 1
        found[(*kind, seen[kind])] = step
    return found
