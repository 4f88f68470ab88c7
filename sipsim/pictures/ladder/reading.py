"""Reading a trace into a ladder's model: one pass over the records, each kind with a method of its own.

Kinds that a ladder does not show (timers, states, bindings ...) pass by. A record that says something about a
message finds its arrow through its cause, be that the message's `sent` record or the `delivered` one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from sipsim.errors import SipParseError
from sipsim.message.message import Message, Response
from sipsim.pictures.ladder.columns import columns_of
from sipsim.pictures.ladder.media import MediaBars
from sipsim.pictures.ladder.model import Arrow, Mark, Model, Row
from sipsim.trace.record import Record
from sipsim.trace.sentences import label

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace


def read(trace: Trace, *, call: str | None = None, columns: Sequence[str] = (), max_rows: int | None = None) -> Model:
    """The model of a trace's ladder, with at most `max_rows` rows; of one Call-ID where `call` is given."""
    reader = _Reader(trace, call, max_rows)
    for record in trace:
        reader.take(record)
    reader.media.name_targets()
    return Model(columns_of(trace.header, reader.rows, columns), reader.rows, reader.omitted)


class _Reader:
    def __init__(self, trace: Trace, call: str | None, max_rows: int | None) -> None:
        self.call = call
        self.max_rows = max_rows
        self.rows: list[Row] = []
        self.omitted = 0
        self.media = MediaBars(trace.header, self.rows)
        self.arrows: dict[int, Arrow] = {}  # by the id of the `sent` and of the `delivered` record
        self.numbered = 0
        self.kinds = {
            "sent": self.sent, "delivered": self.delivered, "lost": self.lost, "unparsable": self.unparsable,
            "ignored": self.ignored, "media": self.medium, "fault": self.mark, "error": self.mark, "note": self.mark,
        }  # fmt: skip

    @property
    def full(self) -> bool:
        return self.max_rows is not None and len(self.rows) >= self.max_rows

    def take(self, record: Record) -> None:
        method = self.kinds.get(record.kind)
        if method is not None:
            method(record)

    def sent(self, record: Record) -> None:
        self.numbered += 1
        arrow = None if self.full and self.call is None else self.arrow(record)
        if arrow is not None and self.call not in (None, arrow.call):
            return
        if arrow is None or self.full:
            self.omitted += 1
            return
        self.arrows[record.id] = arrow
        self.rows.append(arrow)

    def arrow(self, record: Record) -> Arrow:
        data = record.data
        arrow = Arrow(
            self.numbered, label(record.raw), record.element, record.peer, record.time, record.id,
            copy=data.get("copy", 1), transport=data.get("transport", ""),
        )  # fmt: skip
        message = record.message
        if message is None:
            arrow.family = "unparsable"
        else:
            describe(arrow, message)
        return arrow

    def delivered(self, record: Record) -> None:
        arrow = self.arrows.get(record.cause or 0)
        if arrow is None:
            return
        if arrow.arrived is not None:  # the network made a second packet of it
            arrow = self.twin(arrow)
        arrow.arrived = arrow.ended = record.time
        arrow.arrival = record.id
        arrow.target = record.element or arrow.target
        self.arrows[record.id] = arrow

    def twin(self, arrow: Arrow) -> Arrow:
        twin = replace(arrow, duplicate=True, remark="")
        self.rows.append(twin)
        return twin

    def lost(self, record: Record) -> None:
        arrow = self.arrows.get(record.cause or 0)
        if arrow is not None and arrow.arrived is None:
            arrow.lost = str(record.data.get("why", "")) or "no reason given"
            arrow.ended = record.time
            arrow.arrival = record.id

    def unparsable(self, record: Record) -> None:
        arrow = self.arrows.get(record.cause or 0)
        if arrow is not None:
            arrow.family = "unparsable"
            arrow.remark = f"unparsable: {record.data.get('reason', '')}"

    def ignored(self, record: Record) -> None:
        arrow = self.arrows.get(record.cause or 0)
        if arrow is not None and not arrow.remark and arrow.lost is None:
            arrow.remark = f"ignored: {record.data.get('why', '')}"

    def medium(self, record: Record) -> None:
        data = record.data
        if self.call in (None, data.get("call")):
            self.media.take(record, data, room=not self.full)

    def mark(self, record: Record) -> None:
        if self.full:
            return
        data = record.data
        text = str(data.get("text") or data.get("error") or data.get("what") or record.kind)
        where = record.element or str(data.get("who", ""))
        self.rows.append(Mark(record.kind, text, record.time, where, str(data.get("what", "")), record.id))


def describe(arrow: Arrow, message: Message) -> None:
    """Fill in what the message itself says; a header field that can't be read is left out, the arrow stays."""
    arrow.call = message.header("Call-ID") or ""
    if isinstance(message, Response):
        arrow.family = f"{message.status // 100}xx"
    with suppress(SipParseError):
        arrow.method = message.cseq.method[:30]
    if message.body:
        arrow.badge = body_badge(message)


def body_badge(message: Message) -> str:
    """What kind of body a message has, in a word: `SDP`, `PIDF`, `MIXED`; `body` where it does not say."""
    try:
        kind = message.content_type
    except SipParseError:
        kind = None
    return kind.subtype.split("+")[0].upper()[:8] if kind else "body"
