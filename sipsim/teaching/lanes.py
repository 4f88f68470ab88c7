"""The same call through several APIs: what each application calls and is told, beside the messages that are the same.

Lanes({"Android": one, "pjsua": other}, "alice")    # in a notebook: a table; a row for each message at alice's phone
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from typing import NamedTuple

from sipsim.errors import UsageError
from sipsim.message.message import Request, Response
from sipsim.pictures.lettering import visible
from sipsim.trace.record import Record
from sipsim.trace.trace import Trace

GAP = "  "
"""What stands between two columns in text."""
LONGEST = 36
"""Characters of a call or callback that a cell shows."""


STYLE = (  # notebooks would have it right-aligned, as a table of numbers
    "<style>table.sipsim-lanes th, table.sipsim-lanes td "
    "{text-align: left !important; vertical-align: top; white-space: nowrap; font-size: 85%}</style>"
)


class Row(NamedTuple):
    """A message at the phone, "" before the first, and for each API what came after it and before the next one."""

    message: str
    cells: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Lanes:
    """The API lanes of several traces side by side, over the messages that `element` sends and gets in all of them.

    UsageError where the messages are not the same: then there is nothing to put side by side.
    """

    traces: Mapping[str, Trace]
    element: str

    def __post_init__(self) -> None:
        if not (isinstance(self.traces, Mapping) and self.traces):
            raise UsageError(f"traces={self.traces!r}: there must be one at least, by the name of its API")
        for name, trace in self.traces.items():
            if not isinstance(trace, Trace):
                raise UsageError(f"traces: {name} is {trace!r}, which is no trace")
            there = [str(element["name"]) for element in trace.header.get("elements", ())]
            if self.element not in there:
                raise UsageError(f"element={self.element!r}: is not in {name}; there are {', '.join(there)}")
        (first, wanted), *others = self.messages.items()
        for name, came in others:
            for at, (one, other) in enumerate(zip_longest(wanted, came, fillvalue="none"), 1):
                if one != other:
                    raise UsageError(f"traces: message {at} at {self.element} is {one} in {first}, {other} in {name}")

    @property
    def messages(self) -> dict[str, list[str]]:
        """The messages at the element, in their order, for each API."""
        return {name: [row[0] for row in self._rows(trace)[1:]] for name, trace in self.traces.items()}

    @property
    def rows(self) -> list[Row]:
        """A row for each message, and one before them."""
        lanes = [self._rows(trace) for trace in self.traces.values()]
        return [Row(parts[0][0], tuple(tuple(part[1]) for part in parts)) for parts in zip(*lanes, strict=True)]

    @property
    def _heads(self) -> list[str]:
        return [visible(head) for head in (f"at {self.element}", *self.traces)]

    def _rows(self, trace: Trace) -> list[tuple[str, list[str]]]:
        rows: list[tuple[str, list[str]]] = [("", [])]
        for record in trace.select(None, self.element):
            if record.kind == "api":
                rows[-1][1].append(act(record))
            elif record.kind in ("sent", "delivered"):
                rows.append((message(record), []))
        return rows

    def __str__(self) -> str:
        heads = self._heads
        lines = [line for row in self.rows for line in spread(row)]
        widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
        rule = ["─" * width for width in widths]
        return "\n".join(GAP.join(map(str.ljust, line, widths)).rstrip() for line in (heads, rule, *lines))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        heads = "".join(f"<th>{escape(name)}</th>" for name in self._heads)
        body = "".join(
            f"<tr><th>{escape(row.message)}</th>"
            + "".join(f"<td>{'<br>'.join(map(escape, cell))}</td>" for cell in row.cells)
            + "</tr>"
            for row in self.rows
        )
        return f"{STYLE}<table class='sipsim-lanes'><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def act(record: Record) -> str:
    """What an application called, or was told."""
    data = record.data
    text = str(data.get("text") or f"{data.get('name')}({', '.join(map(str, data.get('arguments', ())))})")
    text = visible(text)
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return f"→ {text}" if data.get("direction") == "call" else f"← {text}"


def message(record: Record) -> str:
    """A message in a few words, with an arrow that says which way it went."""
    found = record.message
    if isinstance(found, Response):
        what = visible(f"{found.status} {found.reason}")
    else:
        what = visible(found.method) if isinstance(found, Request) else "no message"
    return f"{what} ►" if record.kind == "sent" else f"◄ {what}"


def spread(row: Row) -> list[list[str]]:
    """A row as lines of text: its cells may have several lines."""
    height = max(1, *(len(cell) for cell in row.cells))
    columns = [[row.message, *[""] * (height - 1)], *([*cell, *[""] * (height - len(cell))] for cell in row.cells)]
    return [list(line) for line in zip(*columns, strict=True)]
