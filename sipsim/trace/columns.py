"""Where a trace keeps its records: columns of numbers, and one list for what is no number.

A run of a hundred thousand calls writes millions of records, so a record is no object: it is one entry in
each of six columns, and text that comes again and again (names, addresses, rows of state tables) stands once
in a table and is kept as its number. What is retained for a message is little more than its octets.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Hashable
from typing import Any

from sipsim.errors import UsageError

KINDS = (
    "sent", "delivered", "lost", "duplicated", "unparsable", "ignored", "timer", "state",
    "story", "script", "click", "error", "fault", "note", "media", "binding", "dns", "api",
)  # fmt: skip
SENT, DELIVERED, LOST, DUPLICATED, UNPARSABLE, IGNORED, TIMER, STATE = range(8)


class Columns:
    """The storage of one trace; row `id` of record n is n - 1 in every column."""

    def __init__(self) -> None:
        self.kinds = array("B")
        self.elements = array("I")  # number of the element's name in `table`
        self.causes = array("I")  # id of the causing record, 0: none
        self.subjects = array("I")  # number in `table` of what the record is about
        self.details: list[Any] = []  # octets of a message, name of a transaction, or further values
        self.now = math.nan
        self.instants = array("d")  # many records share an instant, so only its first one counts:
        self.since = array("I")  # ids of the records from which on each instant holds
        self.sent = array("I")  # ids of the `sent` records: message n is sent[n - 1]
        self.kind_names = list(KINDS)
        self.table: list[Any] = [""]
        self.index: dict[Hashable, int] = {"": 0}
        self.texts: dict[str, str] = {}

    def append(self, time: float, kind: int, element: str, cause: int, subject: int, detail: object) -> int:
        """Keep one record and return its id."""
        number = self.index.get(element)
        self.elements.append(self.intern(element) if number is None else number)
        self.kinds.append(kind)
        self.causes.append(cause)
        self.subjects.append(subject)
        self.details.append(detail)
        id = len(self.details)
        if time != self.now:
            self.now = time
            self.instants.append(time)
            self.since.append(id)
        return id

    def time(self, id: int) -> float:
        """When record `id` was made, in seconds."""
        return self.instants[bisect_right(self.since, id) - 1]

    def intern(self, value: Hashable) -> int:
        """The number of a value that is kept once."""
        number = self.index.get(value)
        if number is None:
            number = self.index[value] = len(self.table)
            self.table.append(value)
        return number

    def shared(self, text: str) -> str:
        """The same text; of equal ones that come again soon, one and the same object."""
        if len(self.texts) >= 4096:
            self.texts.clear()
        return self.texts.setdefault(text, text)

    def kind(self, name: str) -> int:
        """The number of a kind; a name that is new becomes a kind (at most 256 of them)."""
        if name not in self.kind_names:
            if len(self.kind_names) == 256:
                raise UsageError(f"kind={name!r}: a trace holds at most 256 kinds of records")
            self.kind_names.append(name)
        return self.kind_names.index(name)
