"""From a trace and what somebody wishes to see of it to the model of a ladder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sipsim.errors import UsageError
from sipsim.pictures.charts.numbers import DETAILS, calls_told, messages_told, name_codecs
from sipsim.pictures.ladder.model import Model
from sipsim.pictures.ladder.reading.appendix import APPENDICES, appendix, flag
from sipsim.pictures.ladder.reading.choosing import Call, Choice, Filter
from sipsim.pictures.ladder.reading.colours import COLOURS, tell_apart
from sipsim.pictures.ladder.reading.columns import columns_of
from sipsim.pictures.ladder.reading.folding import REPEATS, folded
from sipsim.pictures.ladder.reading.life import MARKS, marks_of
from sipsim.pictures.ladder.reading.naming import Naming
from sipsim.pictures.ladder.reading.parting import GROUPS, parts_of
from sipsim.pictures.ladder.reading.reading import Reader

if TYPE_CHECKING:
    from sipsim.trace.checker.rule import Finding
    from sipsim.trace.trace import Trace

KEPT = ("first", "last")
"""Which rows are drawn where there are too many."""


@dataclass
class Wishes:
    """What a ladder is to show, checked; the words are those of `Ladder`."""

    columns: Iterable[str] | None = None
    others: bool = True
    names: Mapping[str, str] | None = None
    call: Call | Iterable[Call] | None = None
    filter: Filter | None = None
    group: str | None = None
    color: str = "kind"
    repeats: str = "each"
    marks: str | Iterable[str] = ()
    details: str | Iterable[str] = ()
    findings: bool | Iterable[Finding] = False
    appendix: str | None = None
    max_rows: int | None = 500
    keep: str = "first"
    chosen: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.chosen = [self.columns] if isinstance(self.columns, str) else list(self.columns or ())
        self.marks = _several("marks", self.marks, MARKS)
        self.details = _several("details", self.details, DETAILS)
        _one_of("group", self.group, (None, *GROUPS))
        _one_of("color", self.color, COLOURS)
        _one_of("repeats", self.repeats, REPEATS)
        _one_of("appendix", self.appendix, (None, *APPENDICES))
        _one_of("keep", self.keep, KEPT)
        _one_of("others", self.others, (True, False))
        if self.max_rows is not None and not (isinstance(self.max_rows, int) and self.max_rows >= 1):
            raise UsageError(f"max_rows={self.max_rows!r}: at least 1, or None for all")
        if not self.others and not self.chosen:
            raise UsageError("others=False: there are no columns= that would be left")

    def told(self) -> Iterator[str]:
        """What the foot of the ladder says of what is left out on purpose."""
        for name, value in (("call", self.call), ("filter", self.filter)):
            several = isinstance(value, Iterable) and not isinstance(value, str)
            words = ", ".join(_word(one) for one in value) if several else _word(value)  # type: ignore[union-attr]
            if value is not None:
                yield f"{name} {words}"
        if not self.others:
            yield f"only {', '.join(self.chosen)}"


def model_of(trace: Trace, wishes: Wishes) -> Model:
    """The model of a ladder; `UsageError` where the trace has not what is wished for."""
    naming = Naming(trace, wishes.names)
    choice = Choice(wishes.call, wishes.filter, () if wishes.others else wishes.chosen)
    reader = Reader(trace, choice, naming, wishes.max_rows, wishes.keep == "last")
    choice.check(naming.elements)
    rows = folded(reader.rows) if wishes.repeats == "folded" else reader.rows
    columns = columns_of(
        naming.elements, rows, wishes.chosen, wishes.others, cut=wishes.keep == "last" and reader.omitted > 0
    )
    if "codecs" in wishes.details:
        name_codecs(trace, rows)
    sections = tell_apart(rows, wishes.color)
    sections += calls_told(trace, rows) if "calls" in wishes.details else []
    sections += messages_told(rows) if "counts" in wishes.details else []
    if wishes.findings is not False:
        sections += flag(rows, trace.check() if wishes.findings is True else wishes.findings, naming)
    if wishes.appendix is not None:
        sections += appendix(trace, rows, wishes.appendix)
    partial = not choice.everything or reader.omitted > 0
    rows = marks_of(trace, naming, rows, columns, frozenset(wishes.marks), partial)
    model = Model(columns, rows, reader.omitted, sections=sections, earlier=wishes.keep == "last")
    model.gaps = "gaps" in wishes.details
    model.parts = parts_of(model, wishes.group)
    return model


def _one_of(name: str, value: object, allowed: Iterable[object]) -> None:
    """`UsageError` for a value that is none of those that are allowed."""
    if value not in (known := list(allowed)):
        raise UsageError(f"{name}={value!r}: what works is {', '.join(map(repr, known))}")


def _several(name: str, given: str | Iterable[str], known: Iterable[str]) -> list[str]:
    """One or several of the words that are allowed, as a list."""
    words = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    for word in words:
        _one_of(name, word, known)
    return words


def _word(value: object) -> str:
    return "by a function" if callable(value) else str(value)
