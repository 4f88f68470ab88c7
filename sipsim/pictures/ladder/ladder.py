"""The ladder diagram of a trace: who sent what to whom, when, and what became of it.

    print(trace.ladder())                        # text
    trace.ladder().save("call.svg")
    trace.ladder()                               # in a notebook: the SVG

A `Ladder` is a snapshot: what the trace records later isn't in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sipsim.errors import UsageError
from sipsim.pictures.ladder import text
from sipsim.pictures.ladder.layout import lay_out
from sipsim.pictures.ladder.model import Arrow, Column, Model, Row
from sipsim.pictures.ladder.reading import read
from sipsim.pictures.lettering import visible
from sipsim.pictures.writers import svg
from sipsim.trace.saving import write

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace


class Ladder:
    """A ladder diagram; `str()` is its text, a notebook shows its SVG.

    `title` stands above it (else the name and title of the scenario). `columns` are names of elements that come first,
    from left to right; the others follow the way of the messages. With `call`, a Call-ID, only that call is shown. At
    most `max_rows` messages, notes and media bars are drawn (None: all); how many messages are not is said at the end.

    UsageError: a column that is no element, a `max_rows` below 1.
    """

    def __init__(
        self,
        trace: Trace,
        title: str | None = None,
        *,
        columns: Iterable[str] | None = None,
        call: str | None = None,
        max_rows: int | None = 500,
    ) -> None:
        if max_rows is not None and max_rows < 1:
            raise UsageError(f"max_rows={max_rows!r}: at least 1, or None for all")
        self.model = read(trace, call=call, columns=list(columns or ()), max_rows=max_rows)
        self.title = _title(trace.header) if title is None else title
        self.foot = _foot(trace.header, self.model)

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
        """The ladder in characters; with `ascii`, in no other characters than ASCII.

        No line is longer than `width` (at least 40), unless there are too many columns for it.
        """
        return text.write(self.model, self.title, self.foot, width, ascii)

    def to_svg(self, theme: str = "auto") -> str:
        """The ladder as an SVG document.

        `theme` is "auto" (light or dark, as the reader has it), "light" (for documents) or "dark". UsageError: another.
        """
        return svg.write(lay_out(self.model, visible(self.title), self.foot), theme)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the ladder to a file, whole or not at all: .svg or .txt, by the suffix of `path`.

        UsageError: another suffix, or a path that can't be written.
        """
        writer = _WRITERS.get(Path(path).suffix.lower())
        if writer is None:
            raise UsageError(f"path={str(path)!r}: a ladder is saved as {', '.join(_WRITERS)}, by the suffix")
        write(path, writer(self).encode("utf-8"))

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"<ladder: {len(self.arrows)} messages between {len(self.columns)} elements>"

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """What a notebook shows: the SVG; the text where that isn't trusted."""
        forms: dict[str, Callable[[], str]] = {"image/svg+xml": self.to_svg, "text/plain": self.to_text}
        wanted = [kind for kind in forms if (not include or kind in include) and kind not in (exclude or ())]
        return {kind: forms[kind]() for kind in wanted}, {}


_WRITERS: dict[str, Callable[[Ladder], str]] = {
    ".svg": lambda ladder: ladder.to_svg(),
    ".txt": lambda ladder: ladder.to_text() + "\n",
}


def _title(header: dict[str, Any]) -> str:
    """The scenario's name and title, as far as they are known."""
    return ": ".join(str(header[key]) for key in ("scenario", "title") if header.get(key))


def _foot(header: dict[str, Any], model: Model) -> str:
    """Seed, parameters, version, and the ladder in numbers."""
    arrows = [arrow for arrow in model.arrows if not arrow.duplicate]
    lost = sum(arrow.lost is not None for arrow in arrows)
    again = sum(arrow.copy > 1 for arrow in arrows)
    parts = [
        *([] if header.get("seed") is None else [f"seed {header['seed']}"]),
        *(f"{name} {value}" for name, value in (header.get("parameters") or {}).items()),
        f"sipsim {header.get('sipsim', '')}".rstrip(),
        f"{len(arrows)} of {_count(len(arrows) + model.omitted)}" if model.omitted else _count(len(arrows)),
        *([f"{lost} lost"] if lost else []),
        *([f"{again} sent again"] if again else []),
        *(f"{number} skipped: {why}" for why, number in (header.get("skipped") or {}).items()),
    ]
    return visible(" · ".join(parts))


def _count(number: int) -> str:
    return f"{number} message" if number == 1 else f"{number} messages"
