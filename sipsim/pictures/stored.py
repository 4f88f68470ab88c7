"""A picture that was stored: is it still the one that would be drawn today, and if not, how does it differ?

Texts are compared by their lines. An SVG tells itself in words, and so does a PNG, for people who can't see them; what
has changed in these words is what has changed in the run. Line ends may have been converted on the way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import unified_diff
from html import unescape
from os import PathLike
from pathlib import Path
from typing import Any

from sipsim.errors import UsageError
from sipsim.pictures.drawing import Drawing
from sipsim.pictures.lettering import visible
from sipsim.trace.saving import reason

MOST_LINES, MOST_CHARACTERS = 40, 160


def difference(drawing: Drawing, path: str | PathLike[str], **options: Any) -> list[str]:
    """How the picture in a file differs from `drawing`, in lines; none where it is the same.

    UsageError: a suffix or an option that there isn't; a file that can't be read.
    """
    now = drawing.rendered(path, **options)
    try:
        stored = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise UsageError(f"path={str(path)!r}: can't be read: {reason(error)}") from None
    suffix = Path(path).suffix.lower()
    if stored == now or (suffix not in (".png", ".pdf") and stored.replace(b"\r\n", b"\n") == now):
        return []
    before, after = told(stored, suffix), told(now, suffix)
    if before == after:
        return ["the same words in a picture that is drawn otherwise: by another version, or with other options"]
    lines = [visible(line)[:MOST_CHARACTERS] for line in unified_diff(before, after, "stored", "now", n=1, lineterm="")]
    more = [f"… {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else []
    return [*lines[:MOST_LINES], *more]


def told(data: bytes, suffix: str) -> list[str]:
    """What a picture says, in lines; nothing where it doesn't say it in words."""
    if suffix == ".png":
        return "; ".join(_comments(data)).split("; ")
    text = data.decode("utf-8", "replace")
    if suffix in (".svg", ".html"):
        return unescape("; ".join(re.findall(r"<(?:title|desc) id=[^>]*>([^<]*)<", text))).split("; ")
    return [] if suffix == ".pdf" else text.splitlines()


def _comments(data: bytes) -> Iterator[str]:
    """The texts in a PNG that aren't compressed."""
    at = 8
    while at + 8 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind in (b"tEXt", b"iTXt"):
            text = data[at + 8 : at + 8 + length].rpartition(b"\0")[2]
            yield text.decode("utf-8" if kind == b"iTXt" else "latin-1", "replace")
        at += length + 12
