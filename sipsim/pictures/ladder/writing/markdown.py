"""The ladder as Markdown: a heading, a table of messages with their numbers, and the text ladder as it stands.

It is for pages that show no picture, and for people who read with their ears or search.
"""

from __future__ import annotations

import re
from itertools import pairwise

from sipsim.pictures.ladder.axis import decimals
from sipsim.pictures.ladder.model import Arrow, Model
from sipsim.pictures.ladder.writing.quoting import quoted
from sipsim.pictures.ladder.writing.sequence import fate

HEAD = ("No.", "Time (s)", "From", "To", "Message", "Remark")


def write(model: Model, title: str, text: str) -> str:
    """The page; `text` is the text ladder."""
    digits = decimals(arrow.sent for arrow in model.arrows)
    rows = [_cells(arrow, digits) for arrow in model.arrows]
    table = [HEAD, ("--:", "--:", ":--", ":--", ":--", ":--"), *rows] if rows else []
    if model.gaps and rows:
        times = [arrow.sent for arrow in model.arrows]
        gaps = ["Gap (s)", "--:", "", *(f"+{b - a:.{digits}f}" for a, b in pairwise(times))]
        table = [(*row[:2], gap, *row[2:]) for row, gap in zip(table, gaps, strict=True)]
    lines = [f"# {_text(title or 'Ladder diagram')}", "", *(f"| {' | '.join(row)} |" for row in table)]
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return "\n".join([*lines, *([""] if rows else []), f"{fence}text", text, fence, ""])


def _cells(arrow: Arrow, digits: int) -> tuple[str, ...]:
    badge = f" ({arrow.badge})" if arrow.badge else ""
    remark = ", ".join(filter(None, [arrow.counted, fate(arrow)]))
    words = (arrow.source, arrow.target, arrow.text + badge, remark)
    return (f"{arrow.number}{arrow.letter}", f"{arrow.sent:.{digits}f}", *map(_text, words))


def _text(text: str) -> str:
    """A text that means nothing in Markdown, in HTML, or to sites that look for links and names in it."""
    words = quoted(text, _entity)
    return re.sub(r"\bwww\.", lambda found: found[0][:-1] + _entity("."), words, flags=re.IGNORECASE)


def _entity(c: str) -> str:
    return f"&#{ord(c)};"
