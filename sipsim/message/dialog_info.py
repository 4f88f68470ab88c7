"""The dialogs that somebody takes part in, as a document of the dialog package (RFC 4235 §4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sipsim.errors import SipParseError
from sipsim.message.event_body import Body, children, escaped, read_xml, text_of
from sipsim.message.presence import HEAD

STATES = ("trying", "proceeding", "early", "confirmed", "terminated")
_KEYS = (("call_id", "call-id"), ("local_tag", "local-tag"), ("remote_tag", "remote-tag"), ("direction", "direction"))


@dataclass(frozen=True)
class DialogState:
    """One dialog: its state, and what identifies it. `direction` is "initiator" or "recipient"."""

    id: str
    state: str
    call_id: str = ""
    local_tag: str = ""
    remote_tag: str = ""
    direction: str = ""


@dataclass(frozen=True)
class DialogInfo:
    """The dialogs of `entity`; `version` counts the notifications of a subscription from 0."""

    entity: str
    dialogs: tuple[DialogState, ...] = ()
    version: int = 0
    state: str = "full"
    content_type: ClassVar[str] = "application/dialog-info+xml"

    @property
    def body(self) -> Body:
        """The document, the same octets for the same dialogs."""
        lines = [
            f'{HEAD}<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="{self.version}" '
            f'state="{escaped(self.state)}" entity="{escaped(self.entity)}">'
        ]
        for one in self.dialogs:
            named = [(name, getattr(one, key)) for key, name in _KEYS]
            keys = "".join([f' {name}="{escaped(value)}"' for name, value in named if value])
            lines += [f'  <dialog id="{escaped(one.id)}"{keys}>', f"    <state>{escaped(one.state)}</state>"]
            lines.append("  </dialog>")
        return Body("\n".join([*lines, "</dialog-info>", ""]).encode(), self.content_type)

    @classmethod
    def read(cls, data: bytes) -> DialogInfo:
        """The dialogs that a document tells of; SipParseError where it is none."""
        root = read_xml(data, "dialog-info")
        found = []
        for one in children(root, "dialog"):
            state = text_of(one, "state")
            if state not in STATES:
                raise SipParseError(f"a dialog's state {state[:20]!r}", 400)
            found.append(DialogState(one.get("id", ""), state, *[one.get(name, "") for _, name in _KEYS]))
        return cls(root.get("entity", ""), tuple(found), version_of(root.get("version")), root.get("state", "full"))


def version_of(text: str | None) -> int:
    """The version that a document says; SipParseError for none."""
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 11):
        raise SipParseError("a document without a version", 400)
    return int(text)
