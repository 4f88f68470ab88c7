"""What has a body: a message, or one part of a multipart body (RFC 3261 §7.4, RFC 2046 §5.1).

Bodies are octets, and those of parts are slices of the body around them: nothing is decoded, nothing is lost. Parts are
read at first look, one level at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Self

from sipsim.errors import SipParseError, UsageError
from sipsim.message.attributes import Lazy, Maybe, One, Words
from sipsim.message.fields import MediaType
from sipsim.message.grammar import decode, refuse
from sipsim.message.headers import Headers, name_lines, refuse_bare_ends
from sipsim.message.lines import content_length_of, media_type_of
from sipsim.message.rare_fields import Parameterised, mime_version

DEEPEST, MOST_PARTS = 4, 32
"""How deep multiparts may stand in one another, and how many parts one may have; robustness limits of ours."""

_BOUNDARY = re.compile(r"[A-Za-z0-9'()+_,\-./:=? ]{0,69}[A-Za-z0-9'()+_,\-./:=?]", re.ASCII)


class Entity(Headers):
    """Header fields and a body, with the attributes that say what the body is.

    An attribute is None, or an empty tuple, where the header field is missing, and raises SipParseError where its
    value breaks the grammar.
    """

    __slots__ = ("__dict__", "_rest", "data")

    data: bytes | None
    """The octets, where they are known: `message.data or bytes(message)` is them in any case, and fast."""
    _rest: bytes
    depth: int = 0
    """How many multiparts this stands in: 0 for a message."""

    content_type = Maybe("content-type", media_type_of)
    """What the body is (RFC 3261 §20.15)."""
    content_length = Maybe("content-length", content_length_of)
    """Octets of the body (RFC 3261 §20.14)."""
    content_disposition = One("content-disposition", Parameterised.parse)
    """What the body is for: session, render, icon ... (RFC 3261 §20.11)."""
    content_encoding = Words("content-encoding")
    """How the body was coded, in the order in which that was done (RFC 3261 §20.12)."""
    content_language = Words("content-language")
    """The languages of the body (RFC 3261 §20.13)."""
    mime_version = One("mime-version", mime_version)
    """The version of MIME (RFC 3261 §20.24)."""

    def __str__(self) -> str:
        """Text for reading, with plain line ends; what a terminal would obey or hide is escaped."""
        text = bytes(self).decode("utf-8", "backslashreplace").replace("\r\n", "\n")
        return "".join([c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in text])

    def __bytes__(self) -> bytes:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return bytes(self) == bytes(other) if isinstance(other, Entity) else NotImplemented

    def __hash__(self) -> int:
        return hash(bytes(self))

    @Lazy
    def body(self) -> bytes:
        """The octets behind the empty line."""
        return self._rest

    @Lazy
    def parts(self) -> tuple[Part, ...]:
        """The parts of a multipart body, () for any other.

        SipParseError where its boundary is missing or does not end it, for a part without a readable head, and (513)
        for more than MOST_PARTS parts or deeper ones than DEEPEST.
        """
        kind = self.content_type
        if kind is None or kind.type != "multipart":
            return ()
        if self.depth == DEEPEST:
            raise SipParseError(f"multipart in multipart, {DEEPEST} deep are allowed", 513)
        pieces = _split(self.body, kind.param("boundary") or "")
        return tuple([_part(piece, self.depth + 1, at) for at, piece in enumerate(pieces, 1)])

    def find(self, media_type: str) -> Entity | None:
        """The first entity with a body of this type, as "application/sdp": this one, a part, a part of a part.

        None where there is none; SipParseError as for `content_type` and `parts`.
        """
        kind = self.content_type
        if kind is not None and f"{kind.type}/{kind.subtype}" == media_type.lower():
            return self
        for part in self.parts:
            found = part.find(media_type)
            if found is not None:
                return found
        return None


class Part(Entity):
    """One part of a multipart body: its header fields, of which it needs none, and its body."""

    __slots__ = ()

    def __init__(self, lines: list[bytes], names: list[str], body: bytes, data: bytes | None = None) -> None:
        self.lines = lines
        self.names = names
        self._rest = body
        self.data = data

    @classmethod
    def of(cls, body: bytes, content_type: object, headers: Iterable[tuple[str, object]] = ()) -> Part:
        """A part from scratch; `headers` are (name, value). UsageError for a value with CR, LF or NUL."""
        part = cls([b""], [""], body).with_header("Content-Type", content_type)
        for name, value in headers:
            part = part.with_header(name, value)
        return part

    def __bytes__(self) -> bytes:
        if self.data is None:
            self.data = b"\r\n".join([*self.lines[1:], b"", self._rest])
        return self.data

    def __repr__(self) -> str:
        return f"<part {self.header('Content-Type') or 'text/plain'!a}, {len(self._rest)} octets>"

    def _copy(self, lines: list[bytes], names: list[str]) -> Self:
        part = type(self)(lines, names, self._rest)
        part.depth = self.depth
        return part


def multipart(parts: Sequence[Part], boundary: str, subtype: str = "mixed") -> tuple[bytes, MediaType]:
    """A body of these parts, and its type: `message.with_body(*multipart(parts, "next"))`.

    UsageError for no part or more than MOST_PARTS, for a boundary that is none (RFC 2046 §5.1.1: up to 70 letters,
    digits and signs), and for one that stands in a part.
    """
    if not 1 <= len(parts) <= MOST_PARTS:
        raise UsageError(f"parts: {len(parts)} of them, 1 to {MOST_PARTS} are allowed")
    if _BOUNDARY.fullmatch(boundary) is None:
        raise UsageError(f"boundary {boundary!r}: 1 to 70 letters, digits and '()+_,-./:=? are allowed")
    line = b"--" + boundary.encode()
    pieces = [bytes(part) for part in parts]
    if any(line in piece for piece in pieces):
        raise UsageError(f"boundary {boundary!r} stands in one of the parts: choose another")
    body = b"".join([line + b"\r\n" + piece + b"\r\n" for piece in pieces]) + line + b"--\r\n"
    return body, MediaType("multipart", subtype, (("boundary", f'"{boundary}"'),))


def _split(body: bytes, boundary: str) -> list[bytes]:
    """The octets of each part, without what stands before the first and behind the last."""
    if _BOUNDARY.fullmatch(boundary) is None:
        raise refuse("multipart without boundary", boundary)
    line = re.compile(rb"(?:\A|\r\n)--" + re.escape(boundary.encode()) + rb"(--)?[ \t]*(?=\r\n|\Z)")
    pieces: list[bytes] = []
    start = None
    for found in line.finditer(body):
        if start is not None:
            pieces.append(body[start : found.start()])
        if found[1] and pieces:
            return pieces
        if len(pieces) == MOST_PARTS:
            raise SipParseError(f"multipart of more than {MOST_PARTS} parts", 513)
        start = found.end() + 2
    raise refuse("multipart that its boundary does not end", decode(body[-60:]))


def _part(data: bytes, depth: int, at: int) -> Part:
    """The part that octets are; they keep their line ends, and a body of any octets."""
    head, _, body = (b"", b"", data[2:]) if data[:2] == b"\r\n" else data.partition(b"\r\n\r\n")
    try:
        lines = [b"", *head.split(b"\r\n")] if head else [b""]
        refuse_bare_ends(lines)
        lines, names = name_lines(lines)
        if lines[0]:
            raise refuse("no header field name and colon", decode(lines[0]))
    except SipParseError as error:
        raise SipParseError(f"part {at}: {error.reason}", 400, error.line, error.column, error.excerpt) from None
    part = Part(lines, names, body, data)
    part.depth = depth
    return part
