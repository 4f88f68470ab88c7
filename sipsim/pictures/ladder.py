"""The ladder diagram of a trace: who sent what to whom, when, and what became of it.

    print(trace.ladder())                        # text
    trace.ladder().save("call.svg")
    trace.ladder()                               # in a notebook: the SVG

A `Ladder` is a snapshot: what the trace records later isn't in it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sipsim.errors import UsageError
from sipsim.pictures import svg, text
from sipsim.pictures.layout import lay_out
from sipsim.pictures.lettering import visible
from sipsim.pictures.model import Arrow, Column, Row
from sipsim.pictures.reading import read

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace


class Ladder:
    """A ladder diagram; `str()` is its text, a notebook shows its SVG.

        `title` stands above it (else the scenario's name), `columns` are names of elements from left to right (else an order with short
    arrows), `call` is a Call-ID when only that call's messages are wanted, and `max_rows` says how many messages, notes and media bars
    are drawn at most (None: all). What's left out is counted in the picture.

        UsageError: a column that's no element, a `max_rows` below 1.
    """

    def __init__(
        self, trace: Trace, title: str | None = None, *, columns: Iterable[str] | None = None, call: str | None = None,
        max_rows: int | None = 500,
    ) -> None:  # fmt: skip
        if max_rows is not None and max_rows < 1:
            raise UsageError(f"max_rows={max_rows!r}: at least 1, or None for all")
        self.model = read(
            trace, call=call, columns=None if columns is None else list(columns), max_rows=max_rows
        )
        self.title = str(trace.header.get("scenario") or "") if title is None else title
        self.foot = _foot(trace, self.model.arrows)

    @property
    def columns(self) -> list[Column]:
        """The elements, from left to right."""
        return self.model.columns

    @property
    def rows(self) -> list[Row]:
        """Arrows, media bars and marks, in the order in which they began."""
        return self.model.rows

    @property
    def arrows(self) -> list[Arrow]:
        """The messages, in the order in which they were sent."""
        return self.model.arrows

    def to_text(self, width: int = 100, ascii: bool = False) -> str:
        """The ladder in characters, no line longer than `width`; with `ascii`, no other characters than
        ASCII.

                UsageError: a width in which this many columns can't be told apart.
        """
        return text.write(self.model, visible(self.title), self.foot, width, ascii)

    def to_svg(self, theme: str = "auto") -> str:
        """The ladder as an SVG document; `theme` is "auto" (light or dark as the reader likes it), "light" or
        "dark".
        """
        return svg.write(lay_out(self.model, visible(self.title), self.foot), theme)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the ladder to a file, whole or not at all: .svg or .txt, by the suffix of `path`.

        UsageError: another suffix.
        """
        target = Path(path)
        writer = _WRITERS.get(target.suffix.lower())
        if writer is None:
            raise UsageError(f"path={str(path)!r}: a ladder is saved as {' or '.join(_WRITERS)}")
        part = target.with_name(f".{target.name}.part")
        part.write_bytes(writer(self).encode("utf-8"))
        os.replace(part, target)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"<Ladder: {len(self.arrows)} messages between {len(self.columns)} elements>"

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """What a notebook shows: the SVG, and the text where SVG isn't shown (an untrusted notebook, a
        terminal).
        """
        wanted = {"image/svg+xml": self.to_svg, "text/plain": self.to_text}
        kept = [kind for kind in wanted if (not include or kind in include) and kind not in (exclude or ())]
        return {kind: wanted[kind]() for kind in kept}, {}


_WRITERS: dict[str, Callable[[Ladder], str]] = {
    ".svg": Ladder.to_svg,
    ".txt": lambda ladder: ladder.to_text() + "\n",
}


def _foot(trace: Trace, arrows: list[Arrow]) -> str:
    """Seed, version, and the run in numbers."""
    header = trace.header
    seed = [] if header.get("seed") is None else [f"seed {header['seed']}"]
    version = [f"sipsim {header['sipsim']}"] if header.get("sipsim") else ["sipsim"]
    lost = sum(arrow.lost is not None for arrow in arrows)
    again = sum(arrow.copy > 1 for arrow in arrows)
    counts = (
        [_count(len(arrows), "message")]
        + ([f"{lost} lost"] if lost else [])
        + ([_count(again, "retransmission")] if again else [])
    )
    return visible(" · ".join([*seed, *version, *counts]))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
