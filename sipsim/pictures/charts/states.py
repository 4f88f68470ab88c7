"""How a state chart is drawn: boxes with what happens inside a state, lines from state to state, dots at both ends.

As in UML, an input that leads back to its state stands inside the state's box. Every state and every row of the table
is a group with a name of its own: `state-calling`, `row-calling-timer-A`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sipsim.pictures.charts.layers import Edge, Node, place
from sipsim.pictures.display import Arrow, Box, Group, Line, Picture, Point, Shape, Text
from sipsim.pictures.lettering import advance, fit
from sipsim.protocol.machine import Machine, Pair, Row

MARGIN = 24.0
WIDEST = 340.0  # of a name or a label that others chose
LINE = 16.0
BETWEEN = 5.0  # rows of the same line
NAME, LABEL, SMALL = 13.0, 11.5, 10.0
BOLD = 1.1  # how much wider bold letters are


@dataclass
class Visits:
    """What a walk saw of a machine: how often each row, which states, and the state where it stands ("": none)."""

    rows: dict[Pair, int] = field(default_factory=dict)
    states: frozenset[str] = frozenset()
    here: str = ""
    last: Pair | None = None  # the row that led there

    @property
    def any(self) -> bool:
        """Whether there was a walk at all."""
        return bool(self.states)


def names(machine: Machine) -> dict[str | Pair, str]:
    """The name of the group of each state and each row (state, input) in the picture of a machine."""
    taken: dict[str | Pair, str] = {}
    for state in machine.states:
        taken[state] = _free(f"state-{_slug(state)}", taken)
    for pair in machine.rows:
        taken[pair] = _free(f"row-{_slug(pair[0])}-{_slug(pair[1])}", taken)
    return taken


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-") or "x"


def _free(name: str, taken: dict[str | Pair, str]) -> str:
    count, used = 1, set(taken.values())
    while (found := name if count == 1 else f"{name}-{count}") in used:
        count += 1
    return found


def label(input: str, actions: tuple[str, ...]) -> str:
    """A transition in UML's way: `timer A / resend`."""
    return " / ".join(part for part in (input, ", ".join(actions)) if part)


def lay_out(machine: Machine, visits: Visits, title: str, foot: str, told: str) -> Picture:
    """The picture of a machine with its visits, a title above and a line of text below."""
    return _Sheet(machine, visits).picture(title, foot, told)


class _Sheet:
    def __init__(self, machine: Machine, visits: Visits) -> None:
        self.machine = machine
        self.visits = visits
        self.names = names(machine)
        rows = [(pair, Row(*row)) for pair, row in machine.rows.items()]
        self.inner = {s: [(p, r) for p, r in rows if p[0] == s == r.next] for s in machine.states}
        self.ways: dict[Pair, list[tuple[Pair, Row]]] = {}  # by the two states
        for state in machine.states:
            for pair, row in rows:
                if pair[0] == state != row.next:
                    self.ways.setdefault((state, row.next), []).append((pair, row))

    def picture(self, title: str, foot: str, told: str) -> Picture:
        start = Node(14.0, 14.0, 7.0)
        end = Node(18.0, 18.0, 9.0)
        boxes = {state: self.node(state) for state in self.machine.states}
        finals = [state for state in boxes if not any(pair[0] == state for pair in self.machine.rows)]
        first = Edge(start, boxes[self.machine.initial], self.room([", ".join(self.machine.entry)]))
        edges = {way: Edge(boxes[way[0]], boxes[way[1]], self.words(way)) for way in self.ways}
        lasts = [Edge(boxes[state], end, Node(2.0, 2.0, 1.0)) for state in finals]
        nodes = [start, *boxes.values(), *([end] if finals else [])]
        top = 58.0 if title else MARGIN
        right, bottom = place(nodes, [first, *edges.values(), *lasts], MARGIN, top)
        width = max(right + MARGIN, MARGIN * 2 + advance(foot, 11), MARGIN * 2 + min(advance(title, 16), WIDEST * 2))
        height = bottom + 50.0
        shapes: list[Shape] = [Box(0, 0, width, height, "paper")]
        if title:
            shapes.append(Text(MARGIN, 34.0, fit(title, width - 2 * MARGIN, 17), "title"))
        shapes += [self.way(way, edge) for way, edge in edges.items()]
        shapes.append(Group((*self.line(first, self.visits.any), *self.entry(first)), "start", "start"))
        shapes += [shape for edge, s in zip(lasts, finals, strict=True) for shape in self.line(edge, self.seen(s))]
        shapes.append(Box(start.x, start.y, 14.0, 14.0, "state-dot", 7.0))
        if finals:
            shapes.append(Box(end.x, end.y, 18.0, 18.0, "state-ring", 9.0))
            shapes.append(Box(end.x + 4.5, end.y + 4.5, 9.0, 9.0, "state-dot", 4.5))
        shapes += [self.state(state, boxes[state]) for state in boxes]
        shapes.append(Text(MARGIN, height - 16.0, fit(foot, width - 2 * MARGIN, 11), "foot"))
        return Picture(width, height, title or self.machine.name, told, tuple(shapes))

    # ---- states

    def node(self, state: str) -> Node:
        """The size of a state's box."""
        texts = [self.inside(pair, row) for pair, row in self.inner[state]]
        wide = [advance(text, LABEL) * BOLD + 16.0 + advance(tail, SMALL) for text, tail in texts]
        head = advance(fit(state, WIDEST, NAME), NAME) + 20.0 + advance(self.timers(state), SMALL)
        width = max(96.0, head, *wide, 0.0) + 24.0
        return Node(width, 34.0 + (len(texts) * LINE + 8.0 if texts else 0.0), width / 2)

    def timers(self, state: str) -> str:
        """The timers that are alive in a state, in words."""
        alive = self.machine.timers[state]
        return f"timer{'s' if len(alive) > 1 else ''} {' '.join(alive)}" if alive else ""

    def state(self, state: str, box: Node) -> Group:
        """A state with its timers and what happens inside it."""
        here = state == self.visits.here
        style = "state-here" if here else "state" if self.seen(state) else "state-pale"
        shapes: list[Shape] = [Box(box.x, box.y, box.width, box.height, style, 8.0)]
        ink = "name" if self.seen(state) else "state-name-pale"
        shapes.append(Text(box.x + 12.0, box.y + 22.0, fit(state, WIDEST, NAME), ink))
        if timers := self.timers(state):
            shapes.append(Text(box.x + box.width - 12.0, box.y + 21.5, timers, "address", "end"))
        if self.inner[state]:
            shapes.append(Line((((box.x, box.y + 32.0), (box.x + box.width, box.y + 32.0)),), style))
        for i, (pair, row) in enumerate(self.inner[state]):
            text, tail = self.inside(pair, row)
            y = box.y + 48.0 + i * LINE
            section = Text(box.x + box.width - 12.0, y, tail, "address", "end")
            shapes.append(self.row(pair, Text(box.x + 12.0, y, text, self.ink(pair)), section))
        timers = f", {timers} alive" if timers else ""
        return Group(tuple(shapes), self.names[state], f"state {state}{timers}{', where it stands' if here else ''}")

    def inside(self, pair: Pair, row: Row) -> tuple[str, str]:
        """What stands in a box for a row that leads back to its state."""
        text = f"{label(pair[1], row.actions)}{self.times(pair)}"
        return fit(text, WIDEST, LABEL), fit(_section(row.rfc), WIDEST / 2, SMALL)

    def row(self, pair: Pair, *texts: Text) -> Group:
        return Group(texts, self.names[pair], self.machine.explain(*pair) + self.times(pair))

    # ---- transitions

    def words(self, way: Pair) -> Node:
        """The room for the words of all rows that lead from one state to another."""
        rows = self.ways[way]
        room = self.room([text for pair, row in rows for text in self.said(pair, row)])
        return Node(room.width, room.height + (len(rows) - 1) * BETWEEN, room.anchor)

    def room(self, texts: list[str]) -> Node:
        texts = [text for text in texts if text]
        width = max((advance(text, LABEL) for text in texts), default=0.0)
        return Node(width + 14.0, len(texts) * 14.0 + 4.0, 3.0)

    def said(self, pair: Pair, row: Row) -> tuple[str, str]:
        """A row's two lines: input and actions, and the section."""
        text = f"{label(pair[1], row.actions)}{self.times(pair)}"
        return fit(text, WIDEST, LABEL), fit(_section(row.rfc), WIDEST, SMALL)

    def way(self, way: Pair, edge: Edge) -> Group:
        """The line from one state to another, with a group for each of its rows."""
        x, y = edge.words.at + 8.0, edge.words.y + 12.0
        shapes: list[Shape] = list(self.line(edge, any(pair in self.visits.rows for pair, _ in self.ways[way])))
        for pair, row in self.ways[way]:
            texts = []
            for text, style in zip(self.said(pair, row), (self.ink(pair), "address"), strict=True):
                if text:
                    texts.append(Text(x, y, text, style))
                    y += 14.0
            y += BETWEEN
            shapes.append(self.row(pair, *texts))
        return Group(tuple(shapes), f"way-{self.names[way[0]][6:]}--{self.names[way[1]][6:]}")

    def line(self, edge: Edge, seen: bool) -> Iterator[Shape]:
        style = "way-seen" if seen and self.visits.any else "way-pale" if self.visits.any else "way"
        *before, last, end = _straight(edge.points)
        if before:
            yield Line(((*before, last),), style)
        yield Arrow(*last, *end, style)

    def entry(self, first: Edge) -> Iterator[Shape]:
        if self.machine.entry:
            yield Text(first.words.at + 8.0, first.words.y + 12.0, f"/ {', '.join(self.machine.entry)}", "state-row")

    # ---- visits

    def seen(self, state: str) -> bool:
        return not self.visits.any or state in self.visits.states

    def ink(self, pair: Pair) -> str:
        if not self.visits.any:
            return "state-row"
        return "state-row-seen" if pair in self.visits.rows else "state-row-pale"

    def times(self, pair: Pair) -> str:
        count = self.visits.rows.get(pair, 0)
        return f"  ×{count}" if count else ""


def _section(rfc: str) -> str:
    return rfc.removeprefix("RFC 3261 ")


def _straight(points: list[Point]) -> list[Point]:
    """The points without those that stand on top of their neighbour."""
    kept = points[:1]
    for point in points[1:]:
        if abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) > 0.05:
            kept.append(point)
    return kept if len(kept) > 1 else [points[0], points[-1]]
