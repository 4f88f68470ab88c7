"""The registrations of somebody, as a document of the reg package (RFC 3680 §5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sipsim.message.dialog_info import version_of
from sipsim.message.event_body import Body, children, escaped, read_xml, text_of
from sipsim.message.presence import HEAD


@dataclass(frozen=True)
class Contact:
    """One binding: "active" or "terminated", by which event ("registered", "refreshed", "expired" ...), its URI."""

    id: str
    state: str
    event: str
    uri: str


@dataclass(frozen=True)
class Registrations:
    """The bindings of the address of record `aor`; `state` is "init", "active" or "terminated"."""

    aor: str
    state: str = "init"
    contacts: tuple[Contact, ...] = ()
    version: int = 0
    content_type: ClassVar[str] = "application/reginfo+xml"

    @property
    def body(self) -> Body:
        """The document, the same octets for the same registrations."""
        lines = [f'{HEAD}<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="{self.version}" state="full">']
        lines.append(f'  <registration aor="{escaped(self.aor)}" id="a1" state="{escaped(self.state)}">')
        for one in self.contacts:
            lines.append(
                f'    <contact id="{escaped(one.id)}" state="{escaped(one.state)}" event="{escaped(one.event)}">'
            )
            lines += [f"      <uri>{escaped(one.uri)}</uri>", "    </contact>"]
        return Body("\n".join([*lines, "  </registration>", "</reginfo>", ""]).encode(), self.content_type)

    @classmethod
    def read(cls, data: bytes) -> Registrations:
        """The registrations that a document tells of; SipParseError where it is none."""
        root = read_xml(data, "reginfo")
        version = version_of(root.get("version"))
        for one in children(root, "registration"):
            found = [
                Contact(each.get("id", ""), each.get("state", ""), each.get("event", ""), text_of(each, "uri"))
                for each in children(one, "contact")
            ]
            return cls(one.get("aor", ""), one.get("state", ""), tuple(found), version)
        return cls("", "init", (), version)
