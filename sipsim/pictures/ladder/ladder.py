"""The ladder diagram of a trace: who sent what to whom, when, and what became of it.

    print(trace.ladder())                        # text
    trace.ladder().save("call.svg")
    trace.ladder()                               # in a notebook: the SVG

A `Ladder` is a snapshot: what the trace records later isn't in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from sipsim.errors import UsageError
from sipsim.pictures.charts.numbers import foot, tally
from sipsim.pictures.display import Picture
from sipsim.pictures.drawing import Drawing
from sipsim.pictures.formats import Format
from sipsim.pictures.ladder.drawing.layout import lay_out
from sipsim.pictures.ladder.model import Arrow, Column, Row
from sipsim.pictures.ladder.reading.choosing import Call, Filter
from sipsim.pictures.ladder.reading.making import Wishes, model_of
from sipsim.pictures.ladder.writing import markdown, text
from sipsim.pictures.ladder.writing import mermaid as mermaid_source
from sipsim.pictures.ladder.writing import plantuml as plantuml_source
from sipsim.pictures.ladder.writing.source import Source
from sipsim.pictures.lettering import visible

if TYPE_CHECKING:
    from sipsim.trace.checker.rule import Finding
    from sipsim.trace.trace import Trace
    from sipsim.widgets.player import Player


class Ladder(Drawing):
    """A ladder diagram; `str()` is its text, a notebook shows its SVG.

    title: stands above it (else the name and title of the scenario).
    columns: names of elements that come first, from left to right; the others follow the way of the messages, or are
        left out with what they say and hear where `others` is False.
    names: other names for columns, by the name of an element, a host or an address: `{"10.0.0.1": "alice",
        "10.0.0.2:5060": "proxy"}`.
    call: only this call, or these: numbers from 1 in order of appearance, or Call-IDs.
    filter: only these messages: "INVITE" (requests), "200 INVITE" or "4xx" (responses), "* INVITE" (both), "alice",
        "alice -> proxy", "alice <-> proxy", a function of an arrow, or a list of such.
    group: "call" draws each call by itself, one below the other.
    color: what colours tell apart: "kind", "call" or "transaction"; the latter two with letters and a legend.
    repeats: "each" draws every copy of a message, "folded" one arrow for copies of the same fate, with their number.
    marks: what of the elements' inner life to show: "transactions", "dialogs", "timers", "reasons", or a list of such.
    details: what more to say, one or several: "gaps" (beside each time how long ago the one above was), "codecs"
        (beside SDP), "calls" (state and setup time of each, below), "counts" (messages by method and status, below).
    findings: True marks what the rule checker finds (or pass findings of `trace.check`).
    appendix: "headers" or "messages" adds them below, numbered as the arrows.
    max_rows: at most so many messages, notes and media bars are drawn (None: all), the first ones or, with
        `keep="last"`, the last; how many messages are not is said at the end.

    UsageError: a value that is none of these; a column, name or call that the trace does not have.
    """

    noun = "ladder"
    formats: ClassVar[dict[str, Format]] = {
        **Drawing.formats, ".txt": Format("to_text", ("width", "ascii")),
        ".md": Format("to_markdown", ("width", "ascii")), ".mmd": Format("mermaid"), ".puml": Format("plantuml"),
        ".html": Format("to_html"),
    }  # fmt: skip

    def __init__(
        self, trace: Trace, title: str | None = None, *, columns: Iterable[str] | None = None, others: bool = True,
        names: Mapping[str, str] | None = None, call: Call | Iterable[Call] | None = None,
        filter: Filter | None = None, group: str | None = None, color: str = "kind", repeats: str = "each",
        marks: str | Iterable[str] = (), details: str | Iterable[str] = (),
        findings: bool | Iterable[Finding] = False, appendix: str | None = None, max_rows: int | None = 500,
        keep: str = "first",
    ) -> None:  # fmt: skip
        wishes = Wishes(
            columns, others, names, call, filter, group, color, repeats, marks, details, findings, appendix,
            max_rows, keep,
        )  # fmt: skip
        self.trace = trace
        self.wishes = wishes
        self.model = model_of(trace, wishes)
        self.title = _title(trace.header) if title is None else str(title)
        self.foot = foot(trace.header, tally(self.arrows), self.model.omitted, wishes)

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

    def to_html(self) -> str:
        """The ladder as an HTML document of one file: it plays, steps, and opens each message, without any network.

        It has all messages; at most `max_rows` rows, and 400, are drawn at once, the others on further pages.
        """
        from sipsim.pictures.player.book import Book
        from sipsim.pictures.player.page import page

        return page(Book(self).content, self.to_svg())

    def widget(self, follow: bool = True) -> Player:
        """The ladder as a widget for a notebook: it plays, steps and opens each message; see `Player`.

        It shows what the trace records from now on too, unless `follow` is False. UsageError where the packages for
        notebooks are missing.
        """
        try:
            from sipsim.widgets.player import player
        except ModuleNotFoundError as error:
            need = "pip install 'sipsim[jupyter]'"
            raise UsageError(f"widget(): {error.name} is not installed; {need}, or save an .html file") from None
        return player(self, follow)

    def picture(self) -> Picture:
        """The ladder as a display list, which any writer can draw."""
        return lay_out(self.model, visible(self.title), self.foot)

    def __repr__(self) -> str:
        return f"<ladder: {len(self.arrows)} messages between {len(self.columns)} elements>"


def _title(header: dict[str, Any]) -> str:
    """The scenario's name and title, as far as they are known."""
    return ": ".join(str(header[key]) for key in ("scenario", "title") if header.get(key))
