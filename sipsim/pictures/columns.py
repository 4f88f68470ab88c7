"""Which columns a ladder has, and in what order.

The caller stands on the left. From there the columns follow in order of appearance, unless another order makes the arrows shorter:
elements that talk to each other should be neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sipsim.errors import UsageError
from sipsim.pictures.model import Arrow, Bar, Column, Row

MOVABLE = 12
"""With more columns than this, nobody looks for a better order."""


def columns_of(header: Mapping[str, Any], rows: Iterable[Row], chosen: list[str] | None = None) -> list[Column]:
    """The columns that these rows need, `chosen` ones first and in that order; every known element where there are no rows.

    UsageError: a chosen name that is neither an element of the trace nor seen in it.
    """
    elements = {str(e["name"]): e for e in header.get("elements", ())}
    links, names = _talk(rows)
    names += [row.column for row in rows if not isinstance(row, (Arrow, Bar)) and row.column in elements and row.column not in names]
    known = list(dict.fromkeys([*names, *elements]))
    for name in chosen or ():
        if name not in known:
            raise UsageError(f"columns={name!r}: no element of this trace; there are {', '.join(map(repr, known))}")
    order = list(dict.fromkeys([*chosen, *names])) if chosen else short_arrows(names or known, links)
    return [_column(name, elements.get(name, {})) for name in order]


def _column(name: str, element: Mapping[str, Any]) -> Column:
    return Column(name, str(element.get("kind") or ""), str(next(iter(element.get("addresses") or ()), "")))


def _talk(rows: Iterable[Row]) -> tuple[list[tuple[str, str]], list[str]]:
    """Who talks to whom (each pair once) and all who do, the first caller first."""
    links: dict[tuple[str, str], None] = {}
    callers: list[str] = []
    for row in rows:
        if isinstance(row, (Arrow, Bar)):
            links[row.source, row.target] = None
            if isinstance(row, Arrow) and row.text == "INVITE" and not callers:
                callers.append(row.source)
    names = list(dict.fromkeys([*callers, *(name for link in links for name in link)]))
    pairs = {(min(link), max(link)): None for link in links if link[0] != link[1]}
    return list(pairs), names


def short_arrows(names: list[str], links: list[tuple[str, str]]) -> list[str]:
    """`names` in an order with shorter links: one column moves at a time, as long as that helps; the first one stays."""
    if len(names) > MOVABLE:
        return names
    best, length = names, _length(names, links)
    while True:
        trials = [(_length(trial, links), trial) for trial in _moves(best)]
        shortest = min(trials, key=lambda t: t[0], default=(length, best))
        if shortest[0] >= length:
            return best
        length, best = shortest


def _moves(names: list[str]) -> Iterable[list[str]]:
    for i in range(1, len(names)):
        rest = names[:i] + names[i + 1 :]
        yield from (rest[:j] + [names[i]] + rest[j:] for j in range(1, len(names)) if j != i)


def _length(names: list[str], links: list[tuple[str, str]]) -> int:
    place = {name: i for i, name in enumerate(names)}
    return sum(abs(place[a] - place[b]) for a, b in links)
