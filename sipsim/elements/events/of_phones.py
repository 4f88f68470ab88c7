"""What a phone tells of by itself: its user's presence, and its calls (RFC 3856, RFC 4235)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sipsim.elements.events.notifier import Package
from sipsim.message.dialog_info import DialogInfo, DialogState
from sipsim.message.event_body import Body
from sipsim.message.presence import present
from sipsim.protocol.event_packages import KINDS, as_body

_STATES = {"calling": "trying", "ringing": "early", "answered": "confirmed"}


def usual_packages(agent: Any) -> Iterator[Package]:
    """Presence, and dialogs."""
    yield package_of(agent, "presence", None)
    yield package_of(agent, "dialog", None)


def package_of(agent: Any, name: str, state: object) -> Package:
    """A package that tells this state; without one what the phone knows by itself, or nothing."""
    kind = KINDS[name].content_type.partition(";")[0] if name in KINDS else ""
    if state is not None:
        body = as_body(state)
        return Package(name, lambda resource, version: body, content_type=kind)
    if name == "dialog":
        return Package(name, lambda resource, version: dialogs_of(agent, version), content_type=kind)
    if name == "presence":
        here = present(str(agent.uri), contact=str(agent.contact_uri)).body
        return Package(name, lambda resource, version: here, content_type=kind)
    return Package(name, lambda resource, version: None, content_type=kind)


def dialogs_of(agent: Any, version: int) -> Body:
    """The calls of a phone, as they are now."""
    found = []
    for number, call in enumerate(agent.calls.values(), 1):
        dialog, ours = call.dialog_now, call.owns_call_id
        local, remote = ("", "") if dialog is None else (dialog.local_tag, dialog.remote_tag)
        direction = "initiator" if ours else "recipient"
        state = _STATES.get(call.state, "terminated")
        found.append(DialogState(f"d{number}", state, call.call_id, local, remote, direction))
    return DialogInfo(str(agent.uri), tuple(found), version).body
