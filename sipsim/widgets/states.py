"""The tab "States": each transaction and dialog of the run with the chart of its table, and the way that it took."""

from __future__ import annotations

from typing import Any

from sipsim.lab.lab import Lab
from sipsim.pictures.charts.state_chart import StateChart
from sipsim.trace.sentences import printable
from sipsim.trace.walks import TABLES, Walk, Walks
from sipsim.widgets.parts import box, choice, escape, html, offer, put

OFFERED = 100
"""The last so many can be chosen; `lab.trace.state_chart(...)` has them all."""
EVERYBODY = ("every element", "")


class States:
    """A choice of an element, of what it has under way or is through with, and the chart of that."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._read = 0
        self._all: Walks | None = None
        self._walks: dict[tuple[str, str, str], Walk] = {}
        self._drawn: tuple[object, ...] = ()
        self.element = choice([EVERYBODY], "states.element", "whose states")
        self.which = choice([("nothing yet", None)], "states.which", "which transaction or dialog")
        self.chart = html("", "states.chart")
        for made in (self.element, self.which):
            made.observe(lambda _: self._draw(), "value")
        self.widget = box((box((self.element, self.which), "row"), self.chart), "states")
        self.widget.add_class("sipsim-page")

    def show(self) -> None:
        """Read what is new, and draw what is chosen."""
        trace = self._lab.trace
        if not trace.everything:
            put(self.chart, "value", f"<p>a trace of level {escape(repr(trace.level))} keeps no states</p>")
        elif len(trace) != self._read:
            self._read = len(trace)
            if self._all is None:
                self._all = Walks(trace)
            self._all.catch_up()
            self._walks = {(walk.element, walk.machine, walk.transaction): walk for walk in self._all}
            offer(self.element, [EVERYBODY, *((name, name) for name in self._lab.elements)])
            self._draw()

    def _draw(self) -> None:
        whose = self.element.value
        walks = {key: walk for key, walk in self._walks.items() if whose in ("", walk.element)}
        offered = [(told(walk), key) for key, walk in list(walks.items())[-OFFERED:]]
        newest_first: list[tuple[str, Any]] = offered[::-1] or [("nothing yet", None)]
        offer(self.which, newest_first)
        walk = self._walks.get(self.which.value)
        table = TABLES.get(walk.machine) if walk is not None else None
        now = (self.which.value, len(walk.steps) if walk is not None else 0)
        if walk is not None and table is not None and now != self._drawn:
            self._drawn = now
            chart = StateChart(table, walk)
            drawn = (f'<div class="sipsim-on-{theme}">{chart.to_svg(theme)}</div>' for theme in ("light", "dark"))
            put(self.chart, "value", "".join(drawn))


def told(walk: Walk) -> str:
    """A walk in one line: whose, what, and where it stands."""
    of = f" of {walk.method}" if walk.method else ""
    return printable(f"{walk.element}: {walk.machine}{of}, {walk.state} ({walk.began:.3f} s, {walk.transaction[-24:]})")
