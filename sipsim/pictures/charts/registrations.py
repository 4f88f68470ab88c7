"""The registration timeline: for each binding what was granted, when it was refreshed, and whether it lapsed."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from sipsim.errors import UsageError
from sipsim.pictures.charts.axes import PLAIN, TITLE, axes_for, shown, tone, trace_of
from sipsim.pictures.charts.bindings import Life, known

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sipsim.trace.trace import Trace

ENDS = {"lapsed": ("x", "vermillion"), "removed": ("|", "deep-grey"), "forgotten": ("X", "purple")}
"""How a binding ended: mark and tone."""


def draw_registrations(trace: Trace, aor: str | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw the bindings of a trace over time, or those of the user `aor` only; returns the axes.

    A bar is the time for which a binding stood, with a tick for each REGISTER that was accepted; what the last one
    granted beyond the end of the run is pale, and so is the part of each grant that a refresh overtook, below the bar.
    A cross marks a binding that lapsed because nobody refreshed it, a stroke one that was removed, a filled cross one
    that its registrar forgot in a crash. Seconds on the x axis.

    UsageError: a trace without bindings, or a user without any.
    """
    trace = trace_of(trace)
    found = known(trace, aor)
    if not found:
        raise UsageError('trace: has no bindings; a run with a registrar keeps them with Lab(trace="all")')
    rows = list(dict.fromkeys((life.aor, life.contact) for life in found))
    ax = axes_for(ax, 8.0, 1.3 + 0.6 * len(rows))
    last = trace[len(trace)].time
    right = max([last, *(life.until for life in found if life.until < inf)])
    right = (right or 1.0) * 1.13
    for life in found:
        _draw(ax, life, rows.index((life.aor, life.contact)), last, right)
    labels = [shown(contact) if aor else f"{shown(user)}\n{shown(contact)}" for user, contact in rows]
    ax.set_yticks(range(len(rows)), labels, **PLAIN)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlim(0.0, right)
    ax.set_xlabel("time (s)")
    ax.axvline(last, color=tone("rule"), linestyle=":", linewidth=1.2)
    ax.set_title(shown(f"Bindings of {aor}", TITLE) if aor else "Bindings", loc="left", **PLAIN)
    return ax


def _draw(ax: Axes, life: Life, row: int, last: float, right: float) -> None:
    stood = min(life.until, right)
    known_until = min(stood, max(last, life.begin))
    ax.broken_barh([(life.begin, known_until - life.begin)], (row - 0.2, 0.4), facecolor=tone("blue"))
    if stood > known_until:
        ax.broken_barh(
            [(known_until, stood - known_until)], (row - 0.2, 0.4), facecolor=tone("sky"), alpha=0.35, hatch="//",
            edgecolor=tone("blue"), linewidth=0.0,
        )  # fmt: skip
    for grant, after in zip(life.grants, [*life.grants[1:], None], strict=True):
        ax.plot([grant.time, grant.time], [row - 0.32, row + 0.2], color=tone("deep-blue"), linewidth=2.0)
        end = min(grant.until, right)
        if after is not None and end > after.time:
            ax.plot([grant.time, end], [row + 0.3, row + 0.3], color=tone("sky"), linewidth=2.0, alpha=0.7)
        length = "no end" if grant.until == inf else f"{grant.until - grant.time:g} s"
        words = f"{grant.action} {length}" if len(life.grants) == 1 else length
        ax.annotate(words, (grant.time, row - 0.32), (2, 1), textcoords="offset points", fontsize="x-small")
    if life.end or life.until <= last:
        mark, colour = ENDS[life.end or "lapsed"]
        ax.plot([life.until], [row], mark, color=tone(colour), markersize=11, markeredgewidth=2.5, clip_on=False)
        ax.annotate(
            life.end or "lapsed", (life.until, row), (9, 0), textcoords="offset points", va="center", fontsize="small"
        )
