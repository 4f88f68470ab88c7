"""The location table: where each user could be reached at an instant, by the bindings that the trace knows.

trace.locations()                    # at the end of the run
trace.locations(at=12.0).records     # a list of dicts, as pandas.DataFrame takes it
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

from sipsim.pictures.charts.bindings import Grant, Life, known
from sipsim.pictures.charts.choosing import instant
from sipsim.pictures.charts.table import table
from sipsim.pictures.display import Picture
from sipsim.pictures.drawing import Drawing
from sipsim.pictures.lettering import visible
from sipsim.pictures.writers.svg import escape
from sipsim.protocol.machine import aligned

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace

HEAD = ("user", "contact", "seconds left", "registered", "refreshed", "registrar")


class LocationTable(Drawing):
    """The bindings that stand at an instant `at` (s), of one user or of all; the end of the trace where none is given.

    A binding that was placed without a REGISTER shows from the first look-up that found it. UsageError: a user of whom
    the trace knows no binding, a time that is none.
    """

    noun = "location table"

    def __init__(self, trace: Trace, at: float | None = None, *, aor: str | None = None) -> None:
        self.at = instant(at) if at is not None else trace[len(trace)].time if len(trace) else 0.0
        self.aor = aor
        standing = [(life, life.granted(self.at)) for life in known(trace, aor)]
        self._standing = [(life, grant) for life, grant in standing if grant is not None]

    @property
    def records(self) -> list[dict[str, Any]]:
        """The bindings as dicts: aor, contact, expires_at and left (s, None: no end), since, refreshed, registrar."""
        return [self._record(life, grant) for life, grant in self._standing]

    def _record(self, life: Life, grant: Grant) -> dict[str, Any]:
        end = None if grant.until == inf else round(grant.until, 6)
        return {
            "aor": life.aor, "contact": life.contact, "expires_at": end,
            "left": None if end is None else round(end - self.at, 6), "since": life.begin,
            "refreshed": grant.time if grant.action == "refresh" else None, "registrar": life.element,
        }  # fmt: skip

    def picture(self) -> Picture:
        """The table as a display list, which any writer can draw."""
        return table(self._title, HEAD, self._rows(), self._foot(), "nobody can be reached")

    def to_text(self) -> str:
        """The table in characters."""
        rows = [[visible(cell) for cell in row] for row in self._rows()]
        return "\n".join([self._title, *(aligned([list(HEAD), *rows]) if rows else ["nobody can be reached"])])

    def to_html(self) -> str:
        """The table as HTML, every text in it escaped."""
        rows = [(HEAD, "th"), *((row, "td") for row in self._rows())]
        cells = [[f"<{tag}>{escape(cell)}</{tag}>" for cell in row] for row, tag in rows]
        body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in cells)
        return f"<table>\n<caption>{escape(self._title)}</caption>\n{body}\n</table>"

    def __len__(self) -> int:
        return len(self._standing)

    def __repr__(self) -> str:
        return f"<location table at {self.at:g} s: {len(self)} bindings>"

    @property
    def _title(self) -> str:
        return visible(f"Bindings{f' of {self.aor}' if self.aor else ''} at {self.at:.3f} s")

    def _foot(self) -> str:
        return f"{len(self)} binding{'' if len(self) == 1 else 's'}"

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (r["aor"], r["contact"], "no end" if r["left"] is None else f"{r['left']:.0f}", f"{r['since']:.3f} s",
             "-" if r["refreshed"] is None else f"{r['refreshed']:.3f} s", r["registrar"])
            for r in self.records
        ]  # fmt: skip
