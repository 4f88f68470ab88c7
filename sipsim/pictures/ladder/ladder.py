"""The ladder diagram of a trace: who sent what to whom, when, and what became of it.

    print(trace.ladder())                        # text
    trace.ladder().save("call.svg")
    trace.ladder()                               # in a notebook: the SVG

A `Ladder` is a snapshot: what the trace records later isn't in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from sipsim.errors import UsageError
from sipsim.pictures.display import Picture
from sipsim.pictures.drawing import Drawing
from sipsim.pictures.formats import Format
from sipsim.pictures.ladder import markdown, text
from sipsim.pictures.ladder import mermaid as mermaid_source
from sipsim.pictures.ladder import plantuml as plantuml_source
from sipsim.pictures.ladder.layout import lay_out
from sipsim.pictures.ladder.model import Arrow, Column, Model, Row
from sipsim.pictures.ladder.reading import read
from sipsim.pictures.ladder.source import Source
from sipsim.pictures.lettering import visible

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace


class Ladder(Drawing):
    """A ladder diagram; `str()` is its text, a notebook shows its SVG.

    `title` stands above it (else the name and title of the scenario). `columns` are names of elements that come first,
    from left to right; the others follow the way of the messages. With `call`, a Call-ID, only that call is shown. At
    most `max_rows` messages, notes and media bars are drawn (None: all); how many messages are not is said at the end.

    UsageError: a column that is no element, a `max_rows` below 1.
    """

    noun = "ladder"
    formats: ClassVar[dict[str, Format]] = {
        **Drawing.formats,
        ".txt": Format("to_text", ("width", "ascii")),
        ".md": Format("to_markdown", ("width", "ascii")),
        ".mmd": Format("mermaid"),
        ".puml": Format("plantuml"),
    }

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

    def to_markdown(self, width: int = 100, ascii: bool = False) -> str:
        """The ladder as Markdown: a heading, a table of the messages, and the text ladder of that `width`."""
        return markdown.write(self.model, self.title, self.to_text(width, ascii))

    def mermaid(self) -> Source:
        """Source of a Mermaid sequence diagram, without times or slants: a `str` that JupyterLab shows as a picture."""
        return Source(mermaid_source.write(self.model, self.title, self.foot), "text/vnd.mermaid")

    def plantuml(self) -> Source:
        """Source of a PlantUML sequence diagram, without times or slants: a `str`."""
        return Source(plantuml_source.write(self.model, self.title, self.foot))

    def picture(self) -> Picture:
        """The ladder as a display list, which any writer can draw."""
        return lay_out(self.model, visible(self.title), self.foot)

    def __repr__(self) -> str:
        return f"<ladder: {len(self.arrows)} messages between {len(self.columns)} elements>"


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
