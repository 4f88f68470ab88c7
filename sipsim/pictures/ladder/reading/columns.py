"""Which columns a ladder has, and in what order.

The caller stands on the left. From there the columns follow the way of the messages: beside an element stands
the one that it first talked to, with all that this one talked to, then its next one. Who also talk directly
later on need not be neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sipsim.errors import UsageError
from sipsim.pictures.ladder.model import Arrow, Bar, Column, Row


def columns_of(
    elements: Mapping[str, Mapping[str, Any]], rows: Iterable[Row], chosen: Sequence[str] = (), others: bool = True,
    cut: bool = False,
) -> list[Column]:  # fmt: skip
    """The columns that these rows need, `chosen` ones first and in that order; without rows, all elements.

    Where `others` are not wanted, there are the chosen ones only. Where rows before the first one are `cut` away, the
    first caller is a user agent, since a proxy only seems to be one. UsageError: a chosen name that is neither an
    element nor seen in the trace.
    """
    agents = {name for name, element in elements.items() if element.get("kind") == "user agent"} if cut else None
    talk = Talk(elements)
    talk.take(rows, agents)
    return talk.columns(chosen, others)


class Talk:
    """Who talks to whom (each pair once, in order of appearance), and what else has a column of its own."""

    def __init__(self, elements: Mapping[str, Mapping[str, Any]]) -> None:
        self.elements = elements
        self.links: dict[tuple[str, str], None] = {}
        self.callers: list[str] = []  # the first one
        self.marked: dict[str, None] = {}

    def take(self, rows: Iterable[Row], callers_among: set[str] | None = None) -> bool:
        """Some more rows; whether the columns may be others now."""
        before = len(self.links), len(self.callers), len(self.marked)
        for row in rows:
            if isinstance(row, (Arrow, Bar)):
                self.links[row.source, row.target] = None
                calls = not self.callers and isinstance(row, Arrow) and row.text.startswith(("INVITE", "IAM "))
                if calls and (not callers_among or row.source in callers_among):
                    self.callers.append(row.source)
            elif row.column in self.elements:
                self.marked[row.column] = None
        return before != (len(self.links), len(self.callers), len(self.marked))

    def columns(self, chosen: Sequence[str] = (), others: bool = True) -> list[Column]:
        """The columns; see `columns_of`."""
        elements, links = self.elements, list(self.links)
        names = list(dict.fromkeys([*self.callers, *(name for link in links for name in link), *self.marked]))
        known = list(dict.fromkeys([*names, *elements]))
        for name in chosen:
            if name not in known:
                raise UsageError(f"columns={name!r}: no element of this trace; there are {', '.join(map(repr, known))}")
        if chosen:
            order = list(dict.fromkeys([*chosen, *(names if others else [])]))
        else:
            order = along_the_way(names or known, links)
        return [_column(name, elements.get(name, {})) for name in order]


def _column(name: str, element: Mapping[str, Any]) -> Column:
    return Column(name, str(element.get("kind") or ""), str(next(iter(element.get("addresses") or ()), "")))


def along_the_way(names: Sequence[str], links: Iterable[tuple[str, str]]) -> list[str]:
    """`names` in the order in which a walk along the links meets them.

    Links count in their order; one between two that are joined already adds nothing.
    """
    island = {name: name for name in names}
    neighbours: dict[str, list[str]] = {name: [] for name in names}
    for a, b in links:
        if island[a] != island[b]:
            neighbours[a].append(b)
            neighbours[b].append(a)
            gone = island[b]
            island.update((name, island[a]) for name in names if island[name] == gone)
    order: dict[str, None] = {}
    waiting = list(reversed(names))
    while waiting:
        name = waiting.pop()
        if name not in order:
            order[name] = None
            waiting += reversed(neighbours[name])
    return list(order)
