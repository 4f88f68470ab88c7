"""The tab "Ladder": the ladder as it grows, its last rows when there are many."""

from __future__ import annotations

from sipsim.lab.lab import Lab
from sipsim.widgets.parts import box, html, put

MOST_ROWS = 150
"""Rows that are drawn at most; the trace keeps all."""


class Drawing:
    """Draws again when there is more to see; the ladder's writer escapes what came off the wire."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._drawn = -1
        self.picture = html("", "drawing")
        self.widget = box((self.picture,), "ladder")

    def show(self) -> None:
        """Draw, unless nothing happened since."""
        trace = self._lab.trace
        if len(trace) == self._drawn:
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
