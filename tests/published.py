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
FLOWS: dict[str, dict[str, Any]] = {flow["name"]: flow for flow in json.loads(FILE.read_text())["flows"]}


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
