"""The registrations of somebody, as a document of the reg package (RFC 3680 §5)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

from sipsim.message.event_body import Body, attributes, children, escaped, overlaid, read_xml, text_of, version_of
from sipsim.message.presence import HEAD

_KEYS = ("id", "state", "event", "expires", "q", "callid", "cseq")


@dataclass(frozen=True)
class Contact:
    """One binding: "active" or "terminated", by which event, its URI, and the REGISTER that it comes from.

    Events are "registered", "created", "refreshed", "shortened", "expired", "deactivated", "probation",
    "unregistered" and "rejected". `expires` are the seconds left, as text like all the rest.
    """

    id: str
    state: str
    event: str
    uri: str
    expires: str = field(default="", compare=False)  # which passes by itself
    q: str = ""
    callid: str = ""
    cseq: str = ""


@dataclass(frozen=True)
class Registrations:
    """The bindings of the address of record `aor`; `state` is "init", "active" or "terminated".

    `version` counts the notifications of a subscription from 0; where the document is not the `whole` state it has only
    the contacts that changed.
    """

    aor: str
    state: str = "init"
    contacts: tuple[Contact, ...] = ()
    version: int = 0
    whole: bool = True
    content_type: ClassVar[str] = "application/reginfo+xml"

    @property
    def body(self) -> Body:
        """The document, the same octets for the same registrations."""
        how = "full" if self.whole else "partial"
        lines = [f'{HEAD}<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="{self.version}" state="{how}">']
        lines.append(f'  <registration aor="{escaped(self.aor)}" id="a1" state="{escaped(self.state)}">')
        for one in self.contacts:
            lines.append(f"    <contact{attributes([(key, getattr(one, key)) for key in _KEYS])}>")
            lines += [f"      <uri>{escaped(one.uri)}</uri>", "    </contact>"]
        return Body("\n".join([*lines, "  </registration>", "</reginfo>", ""]).encode(), self.content_type)

    def after(self, before: Registrations) -> Registrations:
        """The whole state, where this tells what is new in it (RFC 3680 §5.2)."""
        return replace(self, contacts=overlaid(before.contacts, self.contacts), whole=True)

    @classmethod
    def read(cls, data: bytes) -> Registrations:
        """The registrations that a document tells of; SipParseError where it is none."""
        root = read_xml(data, "reginfo")
        version, whole = version_of(root.get("version")), root.get("state") != "partial"
        for one in children(root, "registration"):
            found = [
                Contact(uri=text_of(each, "uri"), **{key: each.get(key, "") for key in _KEYS})
                for each in children(one, "contact")
            ]
            return cls(one.get("aor", ""), one.get("state", ""), tuple(found), version, whole)
        return cls("", "init", (), version, whole)
