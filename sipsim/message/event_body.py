"""A body that tells of an event: octets and their type, and a reader that hostile ones can't harm (RFC 6665 §4.2.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sipsim.errors import SipParseError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LARGEST, MOST_ELEMENTS, DEEPEST = 65536, 2000, 16
"""Octets, elements and levels of a document; robustness limits of ours."""


T = TypeVar("T", bound=Any)


class Body(NamedTuple):
    """Octets and their type."""

    octets: bytes
    content_type: str


def read_xml(data: bytes, root: str) -> Element:
    """The root element of a document, which has this name; SipParseError for any other, and for one that may harm.

    No document type is taken, so that there are no entities, and nothing that is too large or too deep.
    """
    from xml.etree.ElementTree import ParseError, XMLPullParser

    if len(data) > LARGEST:
        raise SipParseError(f"a document of {len(data)} octets, {LARGEST} are taken", 513)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise SipParseError("a document that is no UTF-8", 400) from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise SipParseError("a document with a document type", 400)
    if text.count("<") > 3 * MOST_ELEMENTS:
        raise SipParseError(f"a document of more than {MOST_ELEMENTS} elements", 513)
    parser: Any = XMLPullParser(("start", "end"))
    depth, first = 0, None
    try:
        for at in range(0, len(text), 512):
            parser.feed(text[at : at + 512])
            for event, element in parser.read_events():
                first = element if first is None else first
                depth += 1 if event == "start" else -1
                if depth > DEEPEST:
                    raise SipParseError(f"a document of more than {DEEPEST} levels", 400)
        parser.close()
    except (ParseError, ValueError) as error:
        raise SipParseError(f"no XML: {error}", 400) from None
    if first is None or local(first) != root:
        raise SipParseError(f"no document {root}", 400)
    found: Element = first
    return found


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element, name: str) -> Iterator[Element]:
    """The children of this name, in whatever namespace."""
    return (child for child in element if local(child) == name)


def text_of(element: Element, name: str, otherwise: str = "") -> str:
    """The text of the first child of this name."""
    found = next(children(element, name), None)
    return otherwise if found is None else (found.text or "").strip()


def escaped(text: str) -> str:
    """Text as it may stand in a document, in quotation marks too; what no document can have becomes a question mark."""
    for plain, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(plain, written)
    return "".join([c if c.isprintable() or c in "\n\t" else "?" for c in text])


def attributes(named: Iterable[tuple[str, str]]) -> str:
    """Attributes as they stand in a start tag, those without a value left out."""
    return "".join([f' {name}="{escaped(value)}"' for name, value in named if value])


def version_of(text: str | None) -> int:
    """The version that a document says; SipParseError for none."""
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 11):
        raise SipParseError("a document without a version", 400)
    return int(text)


def overlaid(before: Iterable[T], news: Iterable[T]) -> tuple[T, ...]:
    """A state with its news: the elements that were there and live, and those that are new, changed or terminated."""
    living = {one.id: one for one in before if one.state != "terminated"}
    return tuple((living | {one.id: one for one in news}).values())
