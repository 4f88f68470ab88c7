"""Why something happened: the chain of records from an effect back to the click or line at its root."""

from __future__ import annotations

from sipsim.trace.columns import Columns
from sipsim.trace.record import Record
from sipsim.trace.sentences import sentence


class Causes(list[Record]):
    """Records from an effect back to its root cause, each caused by the next one; `str()` tells the story."""

    def __str__(self) -> str:
        """One sentence a line; that a message arrived and that it was sent are two of them."""
        return ",\nbecause ".join(sentence(record) for record in self) + "." if self else "nothing"

    __repr__ = __str__

    @property
    def messages(self) -> list[int]:
        """The numbers of the messages in the chain, the latest first."""
        return [number for record in self if record.kind == "sent" and (number := record.number) is not None]


def chain(columns: Columns, id: int) -> Causes:
    """The causes of record `id`, itself first; a cause is always earlier, so there is an end."""
    found = Causes([Record(columns, id)])
    while 0 < (cause := columns.causes[id - 1]) < id:
        id = cause
        found.append(Record(columns, id))
    return found
