"""What a phone tells of by itself: its user's presence, and its calls (RFC 3856, RFC 4235)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sipsim.elements.events.notifier import Package
from sipsim.message.dialog_info import DialogInfo, DialogState
from sipsim.message.event_body import Body
from sipsim.message.presence import present
from sipsim.protocol.event_packages import KINDS, as_body
from sipsim.protocol.partial_state import Told

_STATES = {"calling": "trying", "ringing": "early"}
MOST_ENDED = 100
"""Calls that are over and still told of to those who knew of them."""


def usual_packages(agent: Any) -> Iterator[Package]:
    """Presence, and dialogs."""
    yield package_of(agent, "presence", None)
    yield package_of(agent, "dialog", None)


def package_of(agent: Any, name: str, state: object) -> Package:
    """A package that tells this state; without one what the phone knows by itself, or nothing."""
    kind = KINDS[name].content_type.partition(";")[0] if name in KINDS else ""
    if state is None and name == "dialog":
        return Package(name, lambda resource, told: agent.events.lamps.told(told), content_type=kind)
    if state is None and name == "presence":
        state = present(str(agent.uri), contact=str(agent.contact_uri))
    body = None if state is None else as_body(state)
    return Package(name, lambda resource, told: body, content_type=kind)


class Lamps:
    """The calls of a phone as those see them who watch it: under way, and the last ones that are over."""

    def __init__(self, agent: Any) -> None:
        self._agent = agent
        self._count = 0
        self._now: dict[Any, DialogState] = {}
        self._over: deque[DialogState] = deque(maxlen=MOST_ENDED)

    def told(self, told: Told) -> Body:
        """What is new to a subscriber."""
        self._now |= {call: self._look(call) for call in self._agent.calls.values()}
        news = told.news([*self._now.values(), *self._over])
        return DialogInfo(str(self._agent.uri), news, told.version, told.whole).body

    def _look(self, call: Any) -> DialogState:
        before = self._now.get(call)
        self._count += before is None
        id = f"d{self._count}" if before is None else before.id
        dialog = call.dialog_now
        local, remote = ("", "") if dialog is None else (dialog.local_tag, dialog.remote_tag)
        direction = "initiator" if call.owns_call_id else "recipient"
        state = "confirmed" if call.is_settled("accepted") else _STATES.get(call.state, "confirmed")
        return DialogState(id, state, call.call_id, local, remote, direction, remote=call.peer)

    def ended(self, call: Any, end: Any) -> None:
        """A call is over, and somebody may have seen it."""
        last = self._now.pop(call, None)
        if last is not None:
            event, code = _end(call, end.by == self._agent.name, end.why)
            self._over.append(replace(last, state="terminated", event=event, code=code))


def _end(call: Any, ours: bool, why: str) -> tuple[str, str]:
    """How a call has ended, in the words of RFC 4235 §3.7.1, and with which status."""
    status = why.partition(" ")[0]
    if status.isdigit():
        return "rejected", status
    if call.replaced:
        return "replaced", ""
    if why.startswith(("BYE, 408", "BYE, 481")):  # what a request in the call was answered with
        return "error", ""
    return ("cancelled" if not why.startswith("BYE") else "local-bye" if ours else "remote-bye"), ""
