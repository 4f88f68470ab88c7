"""Presence: whether somebody can be reached, and how, as a PIDF document (RFC 3863, RFC 3856 §6.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from sipsim.errors import SipParseError, UsageError
from sipsim.message.event_body import Body, children, escaped, read_xml, text_of

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True)
class Tuple:
    """One way to reach somebody: `basic` is "open" or "closed", `contact` a URI, `priority` from 0 to 1 as text."""

    id: str
    basic: str = "open"
    contact: str = ""
    priority: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.basic not in ("open", "closed"):
            raise UsageError(f"basic: {self.basic!r} will not do; allowed are 'open', 'closed'")


@dataclass(frozen=True)
class Presence:
    """The presence of `entity`, a URI: the ways to reach them, and notes."""

    entity: str
    tuples: tuple[Tuple, ...] = ()
    notes: tuple[str, ...] = field(default=())
    content_type: ClassVar[str] = "application/pidf+xml"

    @property
    def open(self) -> bool:
        """Whether there is any way to reach them."""
        return any(one.basic == "open" for one in self.tuples)

    @property
    def body(self) -> Body:
        """The document, the same octets for the same presence."""
        lines = [f'{HEAD}<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{escaped(self.entity)}">']
        for one in self.tuples:
            lines.append(f'  <tuple id="{escaped(one.id)}">')
            lines.append(f"    <status><basic>{one.basic}</basic></status>")
            priority = f' priority="{escaped(one.priority)}"' if one.priority else ""
            lines += [f"    <contact{priority}>{escaped(one.contact)}</contact>"] * bool(one.contact)
            lines += [f"    <note>{escaped(one.note)}</note>"] * bool(one.note)
            lines.append("  </tuple>")
        lines += [f"  <note>{escaped(note)}</note>" for note in self.notes]
        return Body("\n".join([*lines, "</presence>", ""]).encode(), self.content_type)

    @classmethod
    def read(cls, data: bytes) -> Presence:
        """The presence that a document tells; SipParseError where it tells none."""
        root = read_xml(data, "presence")
        found = []
        for one in children(root, "tuple"):
            status, contact = next(children(one, "status"), None), next(children(one, "contact"), None)
            basic = "closed" if status is None else text_of(status, "basic", "closed")
            if basic not in ("open", "closed"):
                raise SipParseError(f"a basic status {basic[:20]!r}", 400)
            priority = "" if contact is None else contact.get("priority", "")
            found.append(Tuple(one.get("id", ""), basic, text_of(one, "contact"), priority, text_of(one, "note")))
        notes = tuple((note.text or "").strip() for note in children(root, "note"))
        return cls(root.get("entity", ""), tuple(found), notes)


def composed(entity: str, documents: Mapping[int, Presence]) -> Presence:
    """What several devices say of one user, by their numbers, as one presence: all their tuples and all their notes.

    Each tuple has an id of its own (RFC 3863 §4.1.2), which it keeps when other devices go.
    """
    found: dict[str, Tuple] = {}
    notes: dict[str, None] = {}
    for number in sorted(documents):
        document = documents[number]
        notes |= dict.fromkeys(document.notes)
        for one in document.tuples:
            id = one.id if number == 1 else f"{one.id}-{number}"
            while id in found:
                id += f"-{len(found)}"
            found[id] = replace(one, id=id)
    return Presence(entity, tuple(found.values()), tuple(notes))


def present(entity: str, basic: str = "open", note: str = "", contact: str = "") -> Presence:
    """The presence of somebody who has one phone."""
    return Presence(entity, (Tuple("phone", basic, contact, "", note),))
