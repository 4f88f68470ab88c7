"""The timer chart of a transaction: what it sent and received at which instant, and its timers as bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sipsim.errors import UsageError
from sipsim.pictures.charts.axes import PLAIN, TITLE, axes_for, shown, tone, trace_of
from sipsim.pictures.charts.choosing import chosen
from sipsim.trace.sentences import label
from sipsim.trace.walks import Walk

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sipsim.trace.trace import Trace

STATES = ("sky", "orange", "green", "purple", "blue", "grey")
"""The tones of a machine's states, in their order."""


@dataclass
class Span:
    """One timer from when it was set until it fired or was stopped (`how`; "" while it runs)."""

    name: str
    start: float
    delay: float
    end: float = 0.0
    how: str = ""


def timer_spans(trace: Trace, walk: Walk, last: float) -> list[Span]:
    """The timers of a walk, in the order in which they were set; those that still run end at `last`."""
    spans: list[Span] = []
    running: dict[str, Span] = {}
    for id in walk.timers:
        record = trace[id]
        data = record.data
        name, event = str(data.get("name", "")), str(data.get("event", ""))
        if event == "set":
            delay = data.get("delay")
            running[name] = Span(name, record.time, float(delay) if isinstance(delay, (int, float)) else 0.0, last)
            spans.append(running[name])
        elif name in running:
            span = running.pop(name)
            span.end, span.how = record.time, event
    return spans


def draw_timers(
    trace: Trace, element: str, *, machine: str | None = None, transaction: str | None = None,
    message: int | None = None, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Draw the timers of an element's transaction over time; returns the axes.

    The transaction is chosen as in `Trace.state_chart`. From top to bottom: its states, each message that it sent or
    received at its instant, and one row for each timer: a bar from where it was set, a dot at its end where it fired,
    a stroke where it was stopped, and an open end where it ran on when the trace ended. Seconds of the run on the x
    axis. UsageError: as `Trace.state_chart` has it.
    """
    trace = trace_of(trace)
    walk = chosen(trace, element, machine, transaction, message)
    if walk.machine == "dialog":
        raise UsageError(f"machine={walk.machine!r}: a dialog has no timers of its own; its transactions have")
    ends = [*(trace[id].time for id in (*walk.messages, *walk.timers)), *(step.time for step in walk.steps)]
    last = max(ends, default=walk.began)
    ended = bool(walk.steps) and walk.steps[-1].after == "terminated"
    right = last if ended else max(last + (last - walk.began) * 0.15, walk.began + 0.5)
    spans = timer_spans(trace, walk, right)
    names = list(dict.fromkeys(span.name for span in spans))
    ax = axes_for(ax, 8.0, 2.6 + 0.42 * len(names))
    _states(ax, walk, right)
    _messages(ax, trace, walk, right - walk.began)
    for span in spans:
        _bar(ax, span, names.index(span.name) + 3, right, right - walk.began)
    labels = ["state", "sent", "received", *(f"timer {shown(name)}" for name in names)]
    ax.set_yticks(range(len(labels)), labels, **PLAIN)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    margin = (right - walk.began) * 0.05 or 0.01
    ax.set_xlim(walk.began - margin, right + margin)
    ax.set_xlabel("time (s)")
    ax.set_title(shown(f"{walk.element}: {walk.machine}, {walk.method} {walk.transaction}", TITLE), loc="left", **PLAIN)
    return ax


def _states(ax: Axes, walk: Walk, right: float) -> None:
    """A band of the states, each from when it was entered."""
    entered = [(walk.began, walk.initial)]
    entered += [(step.time, step.after) for step in walk.steps if step.after != step.before]
    order = list(dict.fromkeys(state for _, state in entered))
    for (start, state), end in zip(entered, [*(time for time, _ in entered[1:]), right], strict=True):
        colour = tone(STATES[order.index(state) % len(STATES)])
        ax.broken_barh([(start, end - start)], (-0.35, 0.7), facecolor=colour, alpha=0.35)
        if end - start > (right - walk.began) * 0.011 * len(state):
            ax.text((start + end) / 2, 0.0, shown(state), ha="center", va="center", fontsize="small", **PLAIN)


def _messages(ax: Axes, trace: Trace, walk: Walk, width: float) -> None:
    """Each message at its instant, copies hollow; words where there is room for them, above or below the mark."""
    written: dict[tuple[int, int], float] = {}  # the last words of each lane, above and below
    for id in walk.messages:
        record = trace[id]
        sent, time = record.kind == "sent", record.time
        lane, mark, colour = (1, "^", "blue") if sent else (2, "v", "green")
        copy = int(record.data.get("copy", 1)) if sent else 1
        fill = "none" if copy > 1 else "full"
        ax.plot([time], [lane], mark, markersize=8, color=tone(colour), fillstyle=fill)
        text = label(record.raw).split(" ")[0] + (f" ×{copy}" if copy > 1 else "")
        for shift in (8, -15):
            if time - written.get((lane, shift), -width) > width * 0.011 * (len(text) + 1):
                written[lane, shift] = time
                _write(ax, shown(text), (time, lane), (0, shift), ha="center")
                break


def _write(ax: Axes, text: str, at: tuple[float, float], shift: tuple[float, float], **how: Any) -> None:
    ax.annotate(text, at, shift, textcoords="offset points", fontsize="x-small", annotation_clip=False, **PLAIN, **how)


def _bar(ax: Axes, span: Span, row: int, end: float, width: float) -> None:
    length = span.end - span.start
    colour = tone("orange" if span.how else "sky")
    ax.broken_barh([(span.start, length)], (row - 0.16, 0.32), facecolor=colour)
    mark = {"fired": "o", "stopped": "|"}.get(span.how, ">")
    ax.plot([span.end], [row], mark, color=tone("vermillion"), markersize=7 if mark == "o" else 9, markeredgewidth=2.2)
    if length > width * 0.05:
        middle = span.start + length / 2
        ax.text(middle, row, f"{span.delay:g} s", ha="center", va="center", fontsize="x-small", color=tone("ink"))
    elif span.how == "stopped":
        side, shift = ("right", (-8, 11)) if span.end > end - width * 0.15 else ("left", (6, 0))
        _write(ax, f"{span.delay:g} s, stopped", (span.end, row), shift, ha=side, va="center")
