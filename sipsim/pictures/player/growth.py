"""The pages of a ladder whose trace goes on: only the records since are read, and only pages are named that changed.

Where a wish needs to see all rows at once (colours, marks, findings, folded copies, numbers below), and where an
element has come up meanwhile, all is read anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sipsim.pictures.charts.numbers import foot, name_codecs, tally
from sipsim.pictures.ladder.model import Arrow, Bar, Column, Model, Row
from sipsim.pictures.ladder.reading.choosing import Choice
from sipsim.pictures.ladder.reading.columns import Talk
from sipsim.pictures.ladder.reading.making import model_of
from sipsim.pictures.ladder.reading.naming import Naming
from sipsim.pictures.ladder.reading.parting import parts_of
from sipsim.pictures.ladder.reading.reading import Reader
from sipsim.pictures.player.pages import split

if TYPE_CHECKING:
    from sipsim.pictures.ladder.ladder import Ladder


@dataclass
class Grown:
    """What is new: the models of pages that changed, of so many, and messages to be told (anew) with their pages.

    `whole` says that it is all there is, rather than what is new.
    """

    whole: bool
    count: int
    foot: str
    pages: dict[int, Model] = field(default_factory=dict)
    messages: list[tuple[Arrow, int]] = field(default_factory=list)


class Growth:
    """Reads a ladder's trace on and on; pages have at most `most` rows."""

    def __init__(self, ladder: Ladder, most: int) -> None:
        self.trace = ladder.trace
        self.most = most
        self.wishes = replace(ladder.wishes, columns=ladder.wishes.chosen, max_rows=None)
        self._reader: Reader | None = None
        self._known: list[Any] = []  # of the elements

    def catch_up(self, touched: Iterable[int]) -> Grown:
        """What the trace has brought since; `touched` are ids of `sent` records of which else there is more to say."""
        if not self._plain():
            return self._anew()
        grown = self._on(touched) if self._reader is not None and self._known == self._elements() else None
        return grown or self._start()

    def _plain(self) -> bool:
        """Whether rows only come and change, each by itself."""
        w = self.wishes
        usual = (w.color, w.repeats, w.findings, w.appendix, w.others) == ("kind", "each", False, None, True)
        return usual and not w.marks and not {"calls", "counts"}.intersection(w.details)

    def _elements(self) -> list[Any]:
        return [
            (e.get("name"), e.get("kind"), tuple(e.get("addresses") or ()))
            for e in self.trace.header.get("elements", ())
        ]

    def _anew(self) -> Grown:
        model = model_of(self.trace, self.wishes)
        words = foot(self.trace.header, tally(model.arrows), 0, self.wishes)
        pages = split(model, self.wishes.group, self.most)
        told = [(arrow, i) for i, page in enumerate(pages) for arrow in page.arrows if not arrow.duplicate]
        return Grown(True, len(pages), words, dict(enumerate(pages)), told)

    # ---- reading on

    def _start(self) -> Grown:
        """Begin at the first record."""
        self._known = self._elements()
        naming = Naming(self.trace, self.wishes.names)
        self._choice = Choice(self.wishes.call, self.wishes.filter)
        self._talk = Talk(naming.elements)
        self._places: dict[tuple[int, int], int] = {}
        self._tallies: list[tuple[int, int, int]] = []
        self._columns: list[Column] = []
        self._read = 0
        self._reader = Reader(self.trace, self._choice, naming, None, False)
        self._choice.check(naming.elements)
        return self._grown(self._take(), set(), whole=True)

    def _on(self, touched: Iterable[int]) -> Grown | None:
        """Go on from there; None where a row has moved to other columns."""
        reader = self._reader
        assert reader is not None
        since, flowing = reader.seen, [(bar, replace(bar)) for bar, _ in reader.media.unsure]
        reader.catch_up()
        causes = (self.trace[id].cause or 0 for id in range(since + 1, reader.seen + 1))
        met: list[Arrow | Bar] = [reader.arrows[id] for id in (*causes, *touched) if id in reader.arrows]
        met += [bar for bar, before in flowing if bar != before]
        old = [row for row in met if _key(row) in self._places]
        if any((row.source, row.target) not in self._talk.links for row in old):
            return None
        return self._grown(self._take(), {self._places[_key(row)] for row in old}, whole=False)

    def _take(self) -> bool:
        """Take the rows that are new; whether the columns are others now."""
        assert self._reader is not None
        rows = self._reader.rows
        fresh = rows[self._read :]
        if "codecs" in self.wishes.details:
            name_codecs(self.trace, fresh)
        self._places.update({_key(row): i for i, row in enumerate(fresh, self._read)})
        self._fresh, self._read = range(self._read, len(rows)), len(rows)
        if not self._talk.take(fresh) and self._columns:
            return False
        before, self._columns = self._columns, self._talk.columns(self.wishes.chosen)
        return before != self._columns

    def _grown(self, wider: bool, changed: set[int], whole: bool) -> Grown:
        """The pages that these rows and the new ones stand on; all of them where the columns are others."""
        assert self._reader is not None
        rows, most = self._reader.rows, self.most
        count = max(-(-len(rows) // most), 1)
        at = sorted(changed | set(self._fresh))
        pages = range(count) if whole or wider else sorted({i // most for i in at})
        sip = [(row, i // most) for i in at if isinstance(row := rows[i], Arrow) and row.number]
        told = [(row, page) for row, page in sip if not row.duplicate]
        self._tallies += [(0, 0, 0)] * (count - len(self._tallies))
        for i in pages:
            self._tallies[i] = tally(Model(rows=rows[i * most : (i + 1) * most]).arrows)
        sums = [sum(counts) for counts in zip(*self._tallies, strict=True)]
        words = foot(self.trace.header, (sums[0], sums[1], sums[2]), 0, self.wishes)
        return Grown(whole, count, words, {i: self.page(i) for i in pages}, told)

    def page(self, number: int) -> Model:
        """A page as it is now; of those only that are read on."""
        assert self._reader is not None
        rows = self._reader.rows[number * self.most : (number + 1) * self.most]
        page = Model(self._columns, rows, gaps="gaps" in self.wishes.details)
        page.parts = parts_of(page, self.wishes.group)
        return page


def _key(row: Row) -> tuple[int, int]:
    """What tells a row from all others: its record and, of a packet that the network made, that of its arrival."""
    return row.record, row.arrival if isinstance(row, Arrow) and row.duplicate else 0
