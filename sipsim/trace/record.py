"""One record of a trace, as a view that is made when somebody looks.

A record says when, what kind, at which element, and which earlier record caused it; everything else it has to
say stands in `data` under the same names as in a saved trace.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from typing import Any

from sipsim.errors import SipParseError, UsageError
from sipsim.message.message import Message, parse
from sipsim.trace.columns import DELIVERED, IGNORED, LOST, SENT, STATE, TIMER, UNPARSABLE, Columns
from sipsim.trace.sentences import sentence
from sipsim.trace.values import address_text, octets, plain

_LATER = range(DELIVERED, UNPARSABLE + 1)  # kinds that say what became of a packet
_NAMES = {
    IGNORED: ("why", "rfc"),
    TIMER: ("event", "name", "delay", "machine"),
    STATE: ("machine", "before", "input", "after", "rfc"),
}


class Record:
    """One record: `id` (from 1), `time` (seconds), `kind`, `element`, `cause` (another's id) and `data`."""

    __slots__ = ("_columns", "_row", "id")

    def __init__(self, columns: Columns, id: int) -> None:
        self._columns = columns
        self._row = id - 1
        self.id = id

    @property
    def time(self) -> float:
        """When it happened: seconds since the start of the run, in whole microseconds."""
        return round(self._columns.time(self.id), 6)

    @property
    def kind(self) -> str:
        """What happened: `sent`, `delivered`, `lost`, `timer`, `state`, `note` and so on."""
        return self._columns.kind_names[self._columns.kinds[self._row]]

    @property
    def element(self) -> str:
        """The name of the element where it happened, "" where that was at no element."""
        name: str = self._columns.table[self._columns.elements[self._row]]
        return name

    @property
    def cause(self) -> int | None:
        """The id of the record that caused this one; None for a click, a script's line, a foreign message."""
        return self._columns.causes[self._row] or None

    @property
    def sent(self) -> Record | None:
        """The `sent` record of the message that this one is about (may be itself), or None."""
        about: Record | None = self
        while about is not None and about._columns.kinds[about._row] != SENT:
            about = about._about
        return about

    @property
    def number(self) -> int | None:
        """The number on the message's arrow, from 1 in order of sending; None where there is no message."""
        sent = self.sent
        return None if sent is None else bisect_left(self._columns.sent, sent.id) + 1

    @property
    def raw(self) -> bytes:
        """The octets of the message that this record is about, b"" where it is about none."""
        about: Record | None = self
        while about is not None and not isinstance(about._detail, bytes):
            about = about._about
        return b"" if about is None else bytes(about._detail)

    @property
    def route(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """Source and destination of the message, each (host, port); a `UsageError` where there is none."""
        source, destination, *_ = self._sending
        return source, destination

    @property
    def sending(self) -> tuple[str, int]:
        """How the message went out: its transport, and the how many-eth time; a `UsageError` as of `route`."""
        _, _, transport, copy, _ = self._sending
        return transport, copy

    @property
    def message(self) -> Message | None:
        """The parsed message that this record is about; None where there is none or its octets are no SIP."""
        try:
            return parse(raw) if (raw := self.raw) else None
        except SipParseError:
            return None

    @property
    def peer(self) -> str:
        """The other end: of `sent` and `lost` the receiver, of `delivered` the sender; else ""."""
        detail = self._detail
        if isinstance(detail, dict) and "peer" in detail:
            return str(detail["peer"])
        sent = self.sent
        if sent is None:
            return ""
        receiver = self._columns.kinds[self._row] in (SENT, LOST)
        return str(sent._subject[4]) if receiver else sent.element

    @property
    def data(self) -> dict[str, Any]:
        """What else the record says, under the names of a saved trace; a fresh dict, values as in JSON."""
        detail, kind = self._detail, self._columns.kinds[self._row]
        if isinstance(detail, dict):
            return {"peer": self.peer, **detail} if kind == UNPARSABLE else dict(detail)
        if kind == SENT:
            return self._sent_data()
        if kind in _LATER:
            why = {"why": self._subject} if kind == LOST else {}
            return {"peer": self.peer, **why, **({} if detail is None else octets(detail))}
        return self._named_data() if kind in _NAMES else dict(zip(self._subject, json.loads(detail), strict=True))

    def as_dict(self) -> dict[str, Any]:
        """The whole record as one flat dict, as a line of a saved trace has it."""
        return {name: getattr(self, name) for name in ("id", "time", "kind", "element", "cause")} | self.data

    @property
    def _about(self) -> Record | None:
        """The record of the packet that this one goes on about: an earlier one, its cause."""
        cause = self._columns.causes[self._row]
        return Record(self._columns, cause) if cause and self._columns.kinds[self._row] in _LATER else None

    @property
    def _sending(self) -> Any:
        """Source, destination, transport, which copy and receiver of the message that this record is about."""
        if (sent := self.sent) is None:
            raise UsageError(f"record {self.id} is about no message, it is of kind {self.kind!r}")
        return sent._subject

    @property
    def _detail(self) -> Any:
        return self._columns.details[self._row]

    @property
    def _subject(self) -> Any:
        return self._columns.table[self._columns.subjects[self._row]]

    def _sent_data(self) -> dict[str, Any]:
        source, destination, transport, copy, peer = self._subject
        data = {"peer": peer, "number": self.number}
        data |= {"src": address_text(source), "dst": address_text(destination), "transport": transport}
        return data | ({"copy": copy} if copy > 1 else {}) | octets(self.raw)

    def _named_data(self) -> dict[str, Any]:
        names = _NAMES[self._columns.kinds[self._row]]
        data = {name: plain(value, digits=6) for name, value in zip(names, self._subject, strict=True)}
        return {**data, "transaction": self._detail} if self._detail else data

    def __eq__(self, other: object) -> bool:
        return self.as_dict() == other.as_dict() if isinstance(other, Record) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.id, self.kind))

    def __str__(self) -> str:
        return sentence(self)

    def __repr__(self) -> str:
        return f"<record {self.id}: {self}>"
