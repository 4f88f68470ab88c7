"""The tab "Ladder": the ladder that plays, fed with what the trace grows by; a picture where there is no anywidget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sipsim.errors import UsageError
from sipsim.lab.lab import Lab
from sipsim.widgets.parts import box, html, put

if TYPE_CHECKING:
    from sipsim.widgets.player import Player

MOST_ROWS = 150
"""Rows of the picture at most; the trace keeps all."""


class Drawing:
    """`player` is the ladder; where there can be none, `picture` is drawn again when there is more to see."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._drawn = -1
        self.player = self._made()
        self.picture: Any = None if self.player is not None else html("", "drawing")
        self.widget = box((self.player or self.picture,), "ladder")
        self.widget.add_class("sipsim-drawn" if self.player is None else "sipsim-played")

    def _made(self) -> Player | None:
        try:
            return self._lab.trace.ladder(title="").widget() if self._lab.trace.messages else None
        except UsageError:
            return None

    def show(self) -> None:
        """Draw, where no player does so by itself."""
        trace = self._lab.trace
        if self.player is not None or len(trace) == self._drawn:
            return
        self._drawn = len(trace)
        if not trace.messages:
            put(self.picture, "value", f"<p>a trace of level {trace.level!r} has no ladder</p>")
            return
        ladder = trace.ladder(title="", max_rows=None)
        earlier = len(ladder.rows) - MOST_ROWS
        if earlier > 0:
            ladder.rows[:] = ladder.rows[earlier:]
        said = f"<p>the last {MOST_ROWS} rows; {earlier} earlier ones are in lab.trace.ladder(max_rows=None)</p>"
        put(self.picture, "value", (said if earlier > 0 else "") + ladder.to_svg())
