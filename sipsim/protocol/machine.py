"""A state machine is a table: what to do for each input in each state, and which timers are alive in each.

The table is all there is: the runner in `transactions` executes it, the pictures here are drawn from it, and
a pair that it does not have is ignored and recorded as such. Timers belong to states, not to rows. Entering a
state starts the timers that it lists, leaving it stops those that the next state does not list, and a timer
that both list runs on. A timer that fires is started again when the state that follows lists it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from sys import intern
from typing import NamedTuple

from sipsim.errors import UsageError
from sipsim.protocol.timing import RETRANSMITTING

Pair = tuple[str, str]
"""A state and an input."""

WORDS = {
    "send": "send it", "resend": "send the last message again", "pass": "pass it to the transaction user",
    "ack": "acknowledge it", "report timeout": "tell the transaction user of the timeout",
    "report transport error": "tell the transaction user of the transport error",
}  # fmt: skip
"""The actions of a transaction, in words."""


class Row(NamedTuple):
    """What an input leads to: the next state, the actions in order, and where the RFC says so."""

    next: str
    actions: tuple[str, ...]
    rfc: str = ""


class Step(NamedTuple):
    """A row made ready to run.

    `closing` are effects as they stand: ("stop", timer) for each timer that ends with the state, ("end",) if
    the next state is final. `starts` are the timers to start, `again` is the one to start again ("": none).
    """

    next: str
    actions: tuple[str, ...]
    closing: tuple[tuple[str, ...], ...]
    starts: tuple[str, ...]
    again: str


Steps = dict[str, dict[str, Step]]


@dataclass(frozen=True, eq=False, repr=False)
class Machine:
    """A table of states, timers and rows, which checks itself when it is made.

    `timers` names every state, in the order in which to draw them, with the letters of the timers alive in
    it; `rows` maps (state, input) to (next state, actions) or to (next state, actions, RFC section), where
    the section is `rfc` when left out; `entry` are the actions on entering the initial state. A state that no
    row leaves is final. An inconsistent table raises `UsageError` with all that is wrong. Tables are not to
    be changed: `with_row` and `dataclasses.replace` make new machines.
    """

    name: str
    rfc: str
    initial: str
    timers: Mapping[str, str]
    rows: Mapping[Pair, tuple[str, tuple[str, ...]] | tuple[str, tuple[str, ...], str]]
    entry: tuple[str, ...] = ()
    inputs: frozenset[str] = field(init=False)
    steps: tuple[Steps, Steps] = field(init=False)
    """The rows ready to run by state and input: first for unreliable, then for reliable transports."""

    def __post_init__(self) -> None:
        rows = {pair: Row(*row) for pair, row in self.rows.items()}
        rows = {pair: row if row.rfc else row._replace(rfc=self.rfc) for pair, row in rows.items()}
        object.__setattr__(self, "initial", intern(self.initial))
        object.__setattr__(self, "timers", dict(self.timers))
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "inputs", frozenset(input for _, input in rows))
        if problems := "; ".join(self._problems()):
            raise UsageError(f"machine {self.name!r}: {problems}")
        object.__setattr__(self, "steps", (self._steps(without=""), self._steps(without=RETRANSMITTING)))

    def __repr__(self) -> str:
        return f"<Machine {self.name}: {len(self.states)} states, {len(self.rows)} rows>"

    @property
    def states(self) -> tuple[str, ...]:
        """The names of all states, in the order in which they are drawn."""
        return tuple(self.timers)

    def row(self, state: str, input: str) -> Row | None:
        """The row for an input in a state, None where it is ignored; `UsageError` for an unknown state."""
        self._known(state)
        row = self.rows.get((state, input))
        return None if row is None else Row(*row)

    def with_row(self, state: str, input: str, next: str, actions: tuple[str, ...]) -> Machine:
        """A machine like this one but for one row, new or replaced: to try out what a mistake would do."""
        return replace(self, rows={**self.rows, (state, input): Row(next, actions, "our own row")})

    def explain(self, state: str, input: str) -> str:
        """What an input does in a state, in a sentence with the RFC section."""
        row = self.row(state, input)
        if row is None:
            return f"{self.name}, {state}: {input} is ignored (no row in {self.rfc})"
        ended = [t for t in self.timers[state] if t not in self.timers[row.next] and input != f"timer {t}"]
        words = [WORDS.get(action, action) for action in row.actions] or ["do nothing"]
        words += [f"stop timer {t}" for t in ended]
        words += [f"start timer {t}" for t in self._begun(state, input, row.next)]
        words += [f"stay {state}" if row.next == state else f"become {row.next}"]
        return f"{self.name}, {state}: on {input} {', '.join(words[:-1])} and {words[-1]} ({row.rfc})"

    def text(self) -> str:
        """The whole table as text, a row a line; states, timers and inputs as everywhere else."""
        return "".join(f"{line}\n" for line in [self.name, *aligned(self.cells())])

    def cells(self) -> list[list[str]]:
        """What `text` writes, cell by cell: the head, how it starts, and the rows in the order of their states."""
        lines = [["state", "timers", "input", "actions", "next", "where"]]
        lines.append(["-", "", "start", ", ".join(self.entry) or "-", self.initial, self.rfc])
        for state, input, row in self._drawn():
            timers = " ".join(self.timers[state])
            lines.append([state, timers, input, ", ".join(row.actions) or "-", row.next, row.rfc])
        return lines

    def mermaid(self, at: str | None = None, visited: Iterable[str] = ()) -> str:
        """The machine as a Mermaid state diagram, an edge for each row.

        The state `at` is lit. When `visited` names states, the others are drawn pale. Unknown names raise
        `UsageError`.
        """
        lines = ["stateDiagram-v2"]
        lines += [f'state "{state}" as {_id(state)}' for state in self.states if " " in state]
        lines += [_edge("[*]", self.initial, "", self.entry)]
        lines += [_edge(state, row.next, input, row.actions) for state, input, row in self._drawn()]
        lines += [f"{_id(state)} --> [*]" for state in self._finals]
        timed = [(_id(state), ", ".join(names)) for state, names in self.timers.items() if names]
        lines += [f"note right of {state} : timer {names}" for state, names in timed]
        return "\n    ".join([*lines, *self._styles(at, set(visited))]) + "\n"

    def _styles(self, at: str | None, visited: set[str]) -> Iterator[str]:
        for state in sorted(visited | ({at} if at else set())):
            self._known(state)
        if at:
            yield "classDef here fill:#ffe066,stroke:#5c3d00,stroke-width:3px,color:#000"
            yield f"class {_id(at)} here"
        pale = [_id(state) for state in self.states if visited and state != at and state not in visited]
        if pale:
            yield "classDef pale fill:#f4f4f4,stroke:#999,stroke-dasharray:4,color:#777"
            yield f"class {','.join(pale)} pale"

    def _drawn(self) -> Iterator[tuple[str, str, Row]]:
        """The rows in the order of their states."""
        for state in self.states:
            for (origin, input), row in self.rows.items():
                if origin == state:
                    yield state, input, Row(*row)

    def _known(self, state: str) -> None:
        if state not in self.timers:
            raise UsageError(f"state {state!r}: {self.name} has {', '.join(self.states)}")

    @property
    def _finals(self) -> list[str]:
        left = {state for state, _ in self.rows}
        return [state for state in self.states if state not in left]

    def _begun(self, state: str, input: str, next: str) -> str:
        """The timers that a row starts: new ones of the next state, and the fired one if that lists it."""
        return "".join(t for t in self.timers[next] if t not in self.timers[state] or input == f"timer {t}")

    def _steps(self, without: str) -> Steps:
        """All rows ready to run, where the timers in `without` are not used."""
        steps: Steps = {state: {} for state in self.states}
        for state, input, row in self._drawn():
            steps[state][input] = self._step(state, input, row, without)
        return steps

    def _step(self, state: str, input: str, row: Row, without: str) -> Step:
        fired = input.removeprefix("timer ")
        alive = self.timers[row.next]
        stops = (t for t in self.timers[state] if t not in alive and t != fired and t not in without)
        closing = [("stop", t) for t in stops] + [("end",)] * (row.next in self._finals)
        begun = [t for t in self._begun(state, input, row.next) if t not in without]
        again = fired if fired in begun else ""
        starts = tuple(t for t in begun if t != again)
        return Step(intern(row.next), row.actions, tuple(closing), starts, again)

    def _problems(self) -> Iterator[str]:
        """What is wrong with the table, in words; where names are wrong, nothing else is worth looking at."""
        named = {self.initial, *(state for state, _ in self.rows), *(row[0] for row in self.rows.values())}
        if unknown := sorted(named.difference(self.timers)):
            yield f"unknown states {', '.join(unknown)} (timers= names {', '.join(self.states)})"
            return
        for state, names in self.timers.items():
            for t in names:
                if (state, f"timer {t}") not in self.rows:
                    yield f"{state} has no row for timer {t}"
        for state, input in self.rows:
            if input.startswith("timer ") and input.removeprefix("timer ") not in self.timers[state]:
                yield f"{input} is not alive in {state}"
        forward = [(state, row[0]) for (state, _), row in self.rows.items()]
        reached = _reachable([self.initial], forward)
        ending = _reachable(self._finals, [(after, before) for before, after in forward])
        yield from (f"{state} can't be reached" for state in self.states if state not in reached)
        yield from (f"{state} leads to no end" for state in self.states if state not in ending)


def aligned(lines: list[list[str]]) -> list[str]:
    """A table as text, its columns aligned; the first line is its head, and gets a rule below."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ruled = [lines[0], ["-" * width for width in widths], *lines[1:]]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in ruled]


def _reachable(start: Iterable[str], edges: list[Pair]) -> set[str]:
    reached = set(start)
    while more := {after for before, after in edges if before in reached} - reached:
        reached |= more
    return reached


def _id(state: str) -> str:
    """A state's name as Mermaid can have it."""
    return state.replace(" ", "_")


def _edge(before: str, after: str, input: str, actions: tuple[str, ...]) -> str:
    label = " / ".join(part for part in (input, ", ".join(actions)) if part)
    return f"{_id(before)} --> {_id(after)}" + (f" : {label}" if label else "")
