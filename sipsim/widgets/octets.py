"""A message as text that people can edit, and back: every octet survives the way there and back."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|[\\rnt])")
_NAMED = {"\\": b"\\", "r": b"\r", "n": b"\n", "t": b"\t"}


def written(data: bytes) -> str:
    """Octets as text: CRLF is a line's end, what can't be seen or is not UTF-8 is `\\xNN`, a backslash two of them."""
    lines = data.split(b"\r\n")
    return "\n".join("".join(map(_shown, line.decode("utf-8", "surrogateescape"))) for line in lines)


def octets(text: str) -> bytes:
    """The octets of a text as `written` makes it; a backslash before anything else stands for itself."""
    lines = text.replace("\r\n", "\n").split("\n")
    return b"\r\n".join(map(_line, lines))


def _shown(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    return "".join(f"\\x{octet:02x}" for octet in character.encode("utf-8", "surrogateescape"))


def _line(text: str) -> bytes:
    parts: list[bytes] = []
    at = 0
    for found in _ESCAPE.finditer(text):
        parts.append(text[at : found.start()].encode("utf-8", "surrogatepass"))
        what = found[1]
        parts.append(bytes.fromhex(what[1:]) if what[0] == "x" else _NAMED[what])
        at = found.end()
    return b"".join([*parts, text[at:].encode("utf-8", "surrogatepass")])
