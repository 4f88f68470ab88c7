"""What stands below a drawn ladder: words that had no room in it, legends, findings, whole messages, and the foot."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.pictures.display import Group, Shape, Text
from sipsim.pictures.ladder.model import Section
from sipsim.pictures.lettering import FIXED, broken, visible, wrapped

LINE = 15.0  # from one line to the next
HEADING, WORDS, OCTETS = 14.0, 12.0, 11.0  # sizes of letters, a little more than they are drawn with


class Below:
    """Lines from a height `y` on, between two margins; `y` is where the last one stands."""

    def __init__(self, left: float, right: float, y: float) -> None:
        self.left, self.room, self.y = left, right - left, y

    def words(self, text: str, style: str, size: float, indent: float = 0.0) -> Iterator[Shape]:
        """A text in as many lines as it needs, those after the first one indented."""
        first, *more = wrapped(text, self.room - indent, size) or [""]
        yield self._line(0.0, first, style)
        yield from (self._line(indent, line, style) for line in more)

    def section(self, section: Section) -> Group:
        """A heading and its lines."""
        self.y += 12.0
        shapes = [*self.words(section.title, "heading", HEADING, 16.0)]
        for line in section.lines:
            if section.verbatim:
                letters = max(int((self.room - 16.0) / (FIXED * OCTETS)), 20)
                shapes += [self._line(16.0, piece, "octets") for piece in broken(visible(line), letters)]
            else:
                shapes += self.words(line, "note-text", WORDS, 16.0)
        return Group(tuple(shapes), section.name)

    def _line(self, indent: float, text: str, style: str) -> Text:
        self.y += LINE
        return Text(self.left + indent, self.y, text, style)
