"""Strokes of a text ladder: one arrow on one row of characters, with its label."""

from __future__ import annotations

from collections.abc import Sequence

from sipsim.pictures.ladder.model import Arrow
from sipsim.pictures.ladder.writing.grid import Glyphs, Row
from sipsim.pictures.lettering import cells, shorten


def variants(arrow: Arrow, glyphs: Glyphs, star: str = "", arrives: bool = False) -> list[str]:
    """The label of a message, from its full form to the shortest: `4 200 OK (SDP) copy 2`, ... `4 200 #2`."""
    text = glyphs.text(arrow.text)
    badge = f" ({glyphs.text(arrow.badge)})" if arrow.badge and not arrives else ""
    number = f"{arrow.mark}{star}"
    if arrow.duplicate:
        return [" ".join(filter(None, words)) for words in ((number, text, arrow.counted), (number, arrow.counted))]
    copy = f" {glyphs.text(arrow.counted)}" if arrow.counted else ""
    short = copy.replace(" copy ", " #")
    code = text.partition(" ")[0] if arrow.family[:1].isdigit() else text
    code = code if arrow.number else " ".join(word for word in text.split(" ")[:2] if word.isupper() or word.isdigit())
    flags = f" [{', '.join(arrow.flags)}]" if arrow.flags and not arrives else ""
    number += "!" if arrow.flags else ""
    if not copy and not flags:  # as nearly all messages are
        less = f" {badge.split()[0].rstrip(')')})" if badge else ""  # without codecs
        return [f"{number} {form}" for form in dict.fromkeys((f"{text}{badge}", f"{text}{less}", text, code))]
    forms = [
        f"{text}{badge}{copy}{flags}", f"{text}{badge}{copy}", f"{text}{copy}", f"{text}{short}", f"{code}{copy}",
        f"{code}{short}",
    ]  # fmt: skip
    return [f"{number} {form}" for form in dict.fromkeys(forms)]


class Pen:
    """Draws on a row; columns go by their index. A `dashed` pen is for what was sent before."""

    def __init__(self, row: Row, xs: Sequence[int], glyphs: Glyphs, dashed: bool = False) -> None:
        self.row = row
        self.xs = xs
        self.glyphs = glyphs
        self.dashed = dashed

    def whole(self, a: int, b: int, labels: Sequence[str]) -> None:
        """An arrow from lifeline a to lifeline b."""
        low, high = min(a, b), max(a, b)
        self.dashes(self.xs[low] + 1, self.xs[high])
        for x in self.xs[low + 1 : high]:
            self.row.set(x, self.glyphs.cross)
        self.tail(a, b)
        self.head(a, b)
        self.letter(low, high, labels)

    def both_ways(self, a: int, b: int, labels: Sequence[str]) -> None:
        """Media between two lifelines."""
        low, high = min(a, b), max(a, b)
        self.row.fill(self.xs[low] + 1, self.xs[high], self.glyphs.media)
        for x in self.xs[low + 1 : high]:
            self.row.set(x, self.glyphs.media_cross)
        self.head(low, high)
        self.head(high, low)
        self.letter(low, high, labels)

    def start(self, a: int, b: int, labels: Sequence[str], end: str, after: str = "") -> bool:
        """An arrow from a towards b that stops at `end`, with words `after` that.

        False, and nothing drawn, where these words don't fit.
        """
        step = 1 if b > a else -1
        room = abs(self.xs[a + step] - self.xs[a]) - 1 - len(end)
        label = self.fitting(labels, room - 2)
        dashes = min(room - cells(label), 4)
        if after and (label.strip() != labels[0] or cells(label) + dashes + 2 + cells(after) > room):
            return False
        self.tail(a, b)
        self.pieces(self.xs[a], step, dashes // 2, label, dashes - dashes // 2, end, " " if after else "", after)
        return True

    def finish(self, a: int, b: int, labels: Sequence[str]) -> None:
        """The last part of an arrow from a to b."""
        step = 1 if b > a else -1
        room = abs(self.xs[b - step] - self.xs[b]) - 2 - len(self.glyphs.more)
        label = self.fitting(labels, room - 2)
        dashes = min(room - cells(label), 4)
        head = self.glyphs.right if step > 0 else self.glyphs.left
        self.pieces(self.xs[b], -step, head, dashes // 2, label, dashes - dashes // 2, self.glyphs.more)

    def loop(self, back: Pen, a: int, labels: Sequence[str], lost: bool) -> None:
        """An arrow from a lifeline to itself, on this row and the next one; the last lifeline's goes left."""
        right = a + 1 < len(self.xs) or a == 0
        step, corners = (1, self.glyphs.corners[1::2]) if right else (-1, self.glyphs.corners[::2])
        room = (abs(self.xs[a + step] - self.xs[a]) if len(self.xs) > 1 else len(self.row.cells) - self.xs[a]) - 3
        label = self.fitting(labels, room - 2)
        dashes = min(room - cells(label), 4)
        head = self.glyphs.lost if lost else self.glyphs.left if right else self.glyphs.right
        self.tail(a, a + step)
        self.pieces(self.xs[a], step, dashes // 2, label, dashes - dashes // 2, corners[0])
        back.pieces(self.xs[a], step, head, cells(label) + dashes - 1, corners[1])

    def pieces(self, x: int, step: int, *pieces: str | int) -> None:
        """Texts and runs of dashes, one after the other, from beside column x on to the right or to the left."""
        x += step > 0
        for piece in pieces:
            width = piece if isinstance(piece, int) else cells(piece)
            x -= 0 if step > 0 else width
            if isinstance(piece, int):
                self.dashes(x, x + width)
            else:
                self.row.put(x, piece)
            x += width if step > 0 else 0

    def dashes(self, start: int, end: int) -> None:
        """A line from column `start` up to, not including, `end`."""
        self.row.fill(start, end, self.glyphs.dash)
        for x in range(start + (start + 1) % 2, end, 2) if self.dashed else ():
            self.row.put(x, " ")

    def tail(self, a: int, b: int) -> None:
        """Where an arrow leaves lifeline a towards b."""
        self.row.set(self.xs[a], self.glyphs.tail_right if b > a else self.glyphs.tail_left)

    def head(self, a: int, b: int) -> None:
        """Where an arrow from a reaches lifeline b."""
        self.row.set(self.xs[b] - 1 if b > a else self.xs[b] + 1, self.glyphs.right if b > a else self.glyphs.left)

    def letter(self, low: int, high: int, labels: Sequence[str]) -> None:
        """Write the longest label that any space takes, into the one of such spaces nearest to the middle."""
        middle = (self.xs[low] + self.xs[high]) / 2
        spaces = [(self.xs[i] + 2, self.xs[i + 1] - 1) for i in range(low, high)]
        spaces.sort(key=lambda space: (abs((space[0] + space[1]) / 2 - middle), space))
        widest = max(end - start for start, end in spaces)
        label = self.fitting(labels, widest)
        start, end = next(space for space in spaces if space[1] - space[0] >= cells(label))
        self.row.put(start + (end - start - cells(label) + 1) // 2, label)

    def fitting(self, labels: Sequence[str], room: int) -> str:
        """The longest of these labels that has room, with blanks around it; else the last one cut, its number kept."""
        for label in labels:
            if cells(label) + 2 <= room:
                return f" {label} "
        number = labels[-1].partition(" ")[0]
        return (
            shorten(labels[-1], room, more=self.glyphs.more)
            if room > len(number) + 3
            else shorten(number, max(room, 1), more="")
        )
