"""The dialogs that somebody takes part in, as a document of the dialog package (RFC 4235 §4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from sipsim.errors import SipParseError
from sipsim.message.event_body import Body, attributes, children, escaped, overlaid, read_xml, text_of, version_of
from sipsim.message.presence import HEAD

STATES = ("trying", "proceeding", "early", "confirmed", "terminated")
_KEYS = (
    ("id", "id"), ("call_id", "call-id"), ("local_tag", "local-tag"), ("remote_tag", "remote-tag"),
    ("direction", "direction"),
)  # fmt: skip


@dataclass(frozen=True)
class DialogState:
    """One dialog: its state, and what identifies it. `direction` is "initiator" or "recipient".

    One that is terminated says by which `event`: "cancelled", "rejected", "replaced", "local-bye", "remote-bye",
    "error" or "timeout", and by which status `code`. `remote` is the peer's URI.
    """

    id: str
    state: str
    call_id: str = ""
    local_tag: str = ""
    remote_tag: str = ""
    direction: str = ""
    event: str = ""
    code: str = ""
    remote: str = ""


@dataclass(frozen=True)
class DialogInfo:
    """The dialogs of `entity`; `version` counts the notifications of a subscription from 0.

    Where the document is not the `whole` state it has only the dialogs that changed.
    """

    entity: str
    dialogs: tuple[DialogState, ...] = ()
    version: int = 0
    whole: bool = True
    content_type: ClassVar[str] = "application/dialog-info+xml"

    @property
    def body(self) -> Body:
        """The document, the same octets for the same dialogs."""
        lines = [
            f'{HEAD}<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="{self.version}" '
            f'state="{"full" if self.whole else "partial"}" entity="{escaped(self.entity)}">'
        ]
        for one in self.dialogs:
            how = attributes([("event", one.event), ("code", one.code)])
            lines.append(f"  <dialog{attributes([(name, getattr(one, key)) for key, name in _KEYS])}>")
            lines.append(f"    <state{how}>{escaped(one.state)}</state>")
            remote = f"    <remote><identity>{escaped(one.remote)}</identity></remote>"
            lines += [remote] * bool(one.remote) + ["  </dialog>"]
        return Body("\n".join([*lines, "</dialog-info>", ""]).encode(), self.content_type)

    def after(self, before: DialogInfo) -> DialogInfo:
        """The whole state, where this tells what is new in it (RFC 4235 §4.3)."""
        return replace(self, dialogs=overlaid(before.dialogs, self.dialogs), whole=True)

    @classmethod
    def read(cls, data: bytes) -> DialogInfo:
        """The dialogs that a document tells of; SipParseError where it is none."""
        root = read_xml(data, "dialog-info")
        found = []
        for one in children(root, "dialog"):
            state = text_of(one, "state")
            if state not in STATES:
                raise SipParseError(f"a dialog's state {state[:20]!r}", 400)
            how = {key: one_of.get(key, "") for one_of in children(one, "state") for key in ("event", "code")}
            remote = next((text_of(peer, "identity") for peer in children(one, "remote")), "")
            keys = {key: one.get(name, "") for key, name in _KEYS}
            found.append(DialogState(state=state, remote=remote, **keys, **how))
        whole = root.get("state") != "partial"
        return cls(root.get("entity", ""), tuple(found), version_of(root.get("version")), whole)
