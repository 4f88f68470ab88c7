"""The words of a message: the label along its arrow, the remark below its end, the rules that it breaks."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.pictures.display import Box, Shape, Text
from sipsim.pictures.ladder.model import Arrow
from sipsim.pictures.lettering import advance, fit, shorten, visible

SIZE, SMALL = 12.5, 10.5  # of a label's letters, and of a remark's


class Label:
    """The words of an arrow: number, name, tail (which copy it is) and badge, one behind the other."""

    def __init__(self, arrow: Arrow) -> None:
        self.arrow = arrow
        # A packet that the network duplicated has its name on the first arrow.
        self.name, self.badge = ("", "") if arrow.duplicate else (arrow.text, arrow.badge)
        self.tail = arrow.counted
        self.chip = arrow.mark
        self.chip_width = 7.5 + 6.2 * len(self.chip)
        self.tail_width = advance(self.tail, 11) + 6 if self.tail else 0.0

    @property
    def width(self) -> float:
        """How wide all of it is."""
        return self.chip_width + 5 + advance(self.name, SIZE) + self.tail_width + _badge_width(self.badge)

    def shown(self, width: float) -> str:
        """What of the name fits."""
        return fit(self.name, width - self.chip_width - 4 - self.tail_width - _badge_width(self.badged(width)), SIZE)

    def badged(self, width: float) -> str:
        """What of the badge fits beside the whole name: of codecs maybe not all, of a word all."""
        word = self.badge.partition(" ")[0]
        room = width - (self.width - _badge_width(self.badge)) - _badge_width(" ")
        return shorten(self.badge, max(int(room / 6.2) + 1, len(word) + 1)) if word != self.badge else word

    def shapes(self, width: float) -> Iterator[Shape]:
        """The label in at most `width`, centred at 0, above a line at 0."""
        chip, shown = self.chip_width, self.badged(width)
        badge, x, end = _badge_width(shown), -width / 2, width / 2
        yield Box(x, -15, chip, 13, f"chip-{self.arrow.style}", 6.5 if self.arrow.number else 0.0)
        yield Text(x + chip / 2, -5.1, self.chip, "number", "middle")
        yield Text(x + chip + 5, -4.5, self.shown(width), "label", "start", self.tail)
        if badge:
            yield Box(end - badge + 9, -15, badge - 9, 12.5, "badge", 3)
            yield Text(end - badge / 2 + 4.5, -5.7, shown, "badge-text", "middle")


def _badge_width(badge: str) -> float:
    return 17 + 6.2 * len(badge) if badge else 0.0


def remark_of(arrow: Arrow) -> str:
    """What became of a message that wasn't simply taken, "" for all others."""
    stopped = "still on its way" if arrow.lost is None else f"lost: {arrow.lost}"
    return stopped if arrow.arrived is None else arrow.remark


def in_two_lines(text: str, room: float) -> list[str]:
    """A remark in at most two lines of `room` pixels, broken at a blank."""
    text = visible(text)
    words = text.split(" ")
    if advance(text, SMALL) <= room or len(words) == 1:
        return [fit(text, room, SMALL)]
    fitting = (n for n in range(len(words) - 1, 1, -1) if advance(" ".join(words[:n]), SMALL) <= room)
    kept = next(fitting, 1)
    return [fit(" ".join(part), room, SMALL) for part in (words[:kept], words[kept:])]


def flag_width(flag: str) -> float:
    """How wide the box with a broken rule is, with the space to the next one."""
    return advance(flag, 10.0) + 12
