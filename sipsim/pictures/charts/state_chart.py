"""The state chart of a machine, drawn from the very table that runs, with the way that a transaction took through it.

trace.state_chart("alice")                        # the first transaction of alice
trace.state_chart("alice", message=7)             # where alice stands after message 7
sipsim.StateChart(machine)                        # a table by itself
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sipsim.errors import UsageError
from sipsim.pictures.charts.choosing import chosen, instant, record_at
from sipsim.pictures.charts.states import Visits, lay_out, names
from sipsim.pictures.display import Picture
from sipsim.pictures.drawing import Drawing
from sipsim.pictures.lettering import visible
from sipsim.protocol.machine import Machine, Pair, aligned
from sipsim.trace.record import Record
from sipsim.trace.walks import TABLES, Standing, Walk, Walks

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace


class StateChart(Drawing):
    """A machine as a picture: its states with the timers alive in them, and its rows with input, actions and section.

    With `walk` (see `Walks`), the rows that it visited are bold with their number, the others pale, and the state
    where it stands is filled; with `at`, a time in seconds or a record of the trace, as it stood then. `title` is
    made of the walk where none is given. UsageError: a walk through another machine than `machine`.
    """

    noun = "state chart"

    def __init__(
        self, machine: Machine, walk: Walk | None = None, *, at: float | Record | None = None, title: str | None = None
    ) -> None:
        self.machine = machine
        self.walk = walk
        self.at = at.time if isinstance(at, Record) else None if at is None else instant(at)
        self.visits = Visits() if walk is None else self._visits(walk, at)
        self.title = (f"{walk.element}: {machine.name}" if walk else machine.name) if title is None else title

    def _visits(self, walk: Walk, at: float | Record | None) -> Visits:
        """What the walk saw until then; of a record, until what that record set off."""
        if isinstance(at, Record):
            steps = [step for step in walk.steps if step.record <= at.id or step.cause == at.id]
        else:
            steps = walk.steps if at is None else walk.until(at)
        if unknown := {s for step in steps for s in (step.before, step.after)}.difference(self.machine.states):
            there = ", ".join(self.machine.states)
            raise UsageError(f"machine={self.machine.name!r}: has no state {min(unknown)!r}; its states are {there}")
        if at is not None and self.at is not None and self.at < walk.began:
            return Visits()
        visited = [self.machine.initial if walk.initial not in self.machine.timers else walk.initial]
        visited += [state for step in steps for state in (step.before, step.after)]
        rows = Counter((step.before, step.input) for step in steps if (step.before, step.input) in self.machine.rows)
        last = (steps[-1].before, steps[-1].input) if steps else None
        return Visits(dict(rows), frozenset(visited), visited[-1], last)

    @property
    def state(self) -> str:
        """The state where the walk stands, "" where there is none."""
        return self.visits.here

    @property
    def visited(self) -> dict[Pair, int]:
        """How often each row (state, input) was visited."""
        return self.visits.rows

    def picture(self) -> Picture:
        """The chart as a display list, which any writer can draw."""
        return lay_out(self.machine, self.visits, visible(self.title), self._foot(), self._told())

    def to_text(self) -> str:
        """The table, a row a line; `>` marks the state where the walk stands, numbers the rows that it visited."""
        head, start, *rows = [list(map(visible, line)) for line in self.machine.cells()]
        lines = [head, start, *rows]
        if self.visits.any:
            pairs = [pair for state in self.machine.states for pair in self.machine.rows if pair[0] == state]
            marks = [f"{'>' if pair[0] == self.state else '':1}{self._count(pair):>6}" for pair in pairs]
            lines = [[mark, *line] for mark, line in zip(["visited", "", *marks], lines, strict=True)]
        return "\n".join([visible(self.title) or visible(self.machine.name), *aligned(lines), self._foot()])

    def to_mermaid(self) -> str:
        """The chart as a Mermaid state diagram."""
        return self.machine.mermaid(self.state or None, self.visits.states)

    def __repr__(self) -> str:
        return f"<state chart of {self.walk.name if self.walk else self.machine.name}>"

    def _count(self, pair: Pair) -> str:
        return f"×{self.visits.rows[pair]}" if pair in self.visits.rows else ""

    def _foot(self) -> str:
        parts = [self.walk.transaction if self.walk else "", self.walk.method if self.walk else ""]
        if self.walk and self.state:
            parts.append(f"{self.state} at {self.at:.3f} s" if self.at is not None else f"{self.state} at the end")
        if self.walk:
            parts.append(f"{len(self.visits.rows)} of {len(self.machine.rows)} rows visited")
        return visible(" · ".join(part for part in (*parts, self.machine.rfc) if part))

    def _told(self) -> str:
        """The chart in words."""
        states = "; ".join(f"state {state}" for state in self.machine.states)
        return visible(f"{self.machine.name}: {states}; {self._foot()}")


def chart_of(
    trace: Trace, element: str, *, machine: str | Machine | None = None, transaction: str | None = None,
    message: int | None = None, at: float | Record | None = None,
) -> StateChart:  # fmt: skip
    """The chart of an element's first transaction (or dialog), or of the one that is meant; see `Trace.state_chart`."""
    if message is not None:
        at = at or record_at(trace, element, message)
    table = machine if isinstance(machine, Machine) else None
    name = machine.name if isinstance(machine, Machine) else machine
    walk = chosen(trace, element, name, transaction, message)
    found = table or TABLES.get(walk.machine)
    if found is None:
        raise UsageError(f"machine={walk.machine!r}: has no table of ours; give machine=, a sipsim Machine")
    return StateChart(found, walk, at=at)


def standing(trace: Trace, record: int, walks: Walks | None = None) -> list[dict[str, object]]:
    """Where the machines stand that a record is about, as JSON has it; of a message the sender's first.

    Each dict has element, machine, transaction, state, row ([state, input] or None), and `state_id` and `row_id`: the
    end of the ids of the groups in the machine's SVG. Give `walks` (`Walks(trace)`) where many records are asked for.
    """
    return [_as_json(stand) for stand in (Walks(trace) if walks is None else walks).at(record)]


def _as_json(stand: Standing) -> dict[str, object]:
    table = TABLES.get(stand.machine)
    ids = names(table) if table is not None else {}
    row_id = "" if stand.row is None else ids.get(stand.row, "")
    row = None if stand.row is None else list(stand.row)
    return {**stand._asdict(), "row": row, "state_id": ids.get(stand.state, ""), "row_id": row_id}
