"""The tab "States": each element's transactions, dialogs and calls as they are now."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.elements.element import Element
from sipsim.lab.lab import Lab
from sipsim.widgets.parts import box, escape, html, put

MOST_ROWS = 100


class States:
    """A table with a row for all that has a state."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.table = html("", "states.table")
        self.widget = box((self.table,), "states")
        self.widget.add_class("sipsim-page")

    def show(self) -> None:
        """Read the states again."""
        rows = [row for element in self._lab.elements.values() for row in rows_of(element)]
        more = f"<p>and {len(rows) - MOST_ROWS} more</p>" if len(rows) > MOST_ROWS else ""
        cells = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[:MOST_ROWS]
        )
        head = "".join(f"<th scope='col'>{name}</th>" for name in ("element", "what", "about", "state"))
        empty = "<p>no transaction is under way, no call stands</p>"
        put(self.table, "value", f"<table><tr>{head}</tr>{cells}</table>{more}" if rows else empty)


def rows_of(element: Element) -> Iterator[tuple[str, str, str, str]]:
    """Element, kind of thing, what it is about, state."""
    for exchange in [*element.clients.values(), *element.servers.values()]:
        transaction = exchange.transaction
        yield element.name, transaction.machine.name, transaction.request.method, exchange.state
    for call in getattr(element, "calls", {}).values():
        yield element.name, "call", call.peer, call.state
    for key in getattr(element, "dialogs", {}):
        yield element.name, "dialog", " ".join(key), "known"
