"""Lettering: what of a text may be shown, how wide it is, and how it's made to fit.

Names, reason phrases and bodies come off the wire. Everything that a picture shows of them goes through
`visible`, so that no control character, bidirectional override or stray octet reaches a terminal or a
document.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from math import fsum
from unicodedata import category, east_asian_width

FIXED = 0.62
"""How wide a letter of a face of fixed width is, as a share of its size."""

LONGEST = 2000  # letters that are looked at for one line

_NARROW = frozenset("ijlIft.,:;'|!()[]/\\ -")
_BROAD = frozenset("mwMW@%")


def visible(text: str) -> str:
    r"""`text` with everything unprintable as its code point: NUL as \x00, a bidirectional override as \u202e."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _code_point(ord(c)) for c in text)


def _code_point(point: int) -> str:
    if 0xDC80 <= point <= 0xDCFF:  # an octet that is no UTF-8, as `surrogateescape` keeps it
        return f"\\x{point - 0xDC00:02x}"
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def cells(text: str) -> int:
    """How many columns of a terminal `text` takes: wide East Asian characters two, combining ones none."""
    return len(text) if text.isascii() else sum(map(cell, text))


@lru_cache(4096)
def cell(c: str) -> int:
    """How many columns of a terminal one character takes: 0, 1 or 2."""
    if c.isascii():
        return 1
    return 0 if category(c) in ("Mn", "Me") else 2 if east_asian_width(c) in "WF" else 1


def advance(text: str, size: float = 12.0) -> float:
    """About how wide `text` is in a sans-serif face of `size` pixels.

    No font is asked, so that a picture is the same on every machine; the estimate is rather too wide than too narrow.
    """
    return fsum(map(_EM.__getitem__, text)) * size


class _Ems(dict[str, float]):
    """How wide characters are, as shares of their size; those beyond ASCII are worked out each time."""

    def __missing__(self, c: str) -> float:
        return 0.31 if c in _NARROW else 0.88 if c in _BROAD else 0.68 if c.isupper() else 0.56 * cell(c)


_EM = _Ems((c, _Ems()[c]) for c in map(chr, range(32, 127)))


def shorten(text: str, room: int, more: str = "…") -> str:
    """The start of `text`, ending in `more` where it doesn't fit into `room` columns; "" where nothing does."""
    return _cut(text, room, cells, more, 0)


def shorten_middle(text: str, room: int, more: str = "…") -> str:
    """`text` without its middle where it's too long: names such as `softphone-1` differ at their ends."""
    return _cut(text, room, cells, more, 1)


def fit(text: str, room: float, size: float) -> str:
    """`text` made visible and shortened to `room` pixels in a face of `size` pixels."""
    return _cut(visible(text), room, lambda tried: advance(tried, size), "…", 0)


def fit_middle(text: str, room: float, size: float) -> str:
    """The same, but the middle goes."""
    return _cut(visible(text), room, lambda tried: advance(tried, size), "…", 1)


def wrapped(text: str, room: float, size: float) -> list[str]:
    """`text` made visible, in lines of at most `room` pixels in a face of `size` pixels; too long words are broken."""
    return _wrapped(visible(text), room, lambda tried: advance(tried, size))


def broken(text: str, room: int) -> list[str]:
    """`text` in pieces of at most `room` columns of a terminal, with every blank kept; at least one piece."""
    if text.isascii():
        return [text[i : i + room] for i in range(0, len(text), room)] or [""]
    pieces, width = [""], 0
    for c in text:
        wide = cell(c)
        if width + wide > room:
            pieces.append("")
            width = 0
        pieces[-1] += c
        width += wide
    return pieces


def _wrapped(text: str, room: float, measure: Callable[[str], float]) -> list[str]:
    lines: list[str] = []
    for word in text.split(" "):
        if lines and measure(f"{lines[-1]} {word}") <= room:
            lines[-1] += f" {word}"
            continue
        while len(word) > LONGEST or (len(word) > 1 and measure(word) > room):
            most = range(min(len(word), LONGEST))
            kept = max(bisect_right(most, room, key=lambda count: measure(word[:count])) - 1, 1)
            lines.append(word[:kept])
            word = word[kept:]
        lines.append(word)
    return lines


def _cut(text: str, room: float, measure: Callable[[str], float], more: str, tail: int) -> str:
    if measure(text) <= room:
        return text

    def with_kept(count: int) -> str:
        end = count * 2 // 5 * tail
        return text[: count - end] + more + text[len(text) - end :]

    fitting = bisect_right(range(len(text)), room, key=lambda count: measure(with_kept(count)))
    return with_kept(fitting - 1) if fitting else ""
