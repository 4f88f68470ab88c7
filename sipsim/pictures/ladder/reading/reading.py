"""Reading a trace into the rows of a ladder: one pass over the records, each kind with a method of its own.

Kinds that a ladder does not show pass by. A record that says something about a message finds its arrow through its
cause, be that the message's `sent` record or the `delivered` one.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from sipsim.errors import SipParseError
from sipsim.message.message import Message, Response, parse
from sipsim.pictures.ladder.model import Arrow, Bar, Mark, Row
from sipsim.pictures.ladder.reading.choosing import Choice
from sipsim.pictures.ladder.reading.media import MediaBars
from sipsim.pictures.ladder.reading.naming import Naming
from sipsim.trace.record import Record
from sipsim.trace.sentences import called, label

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace


class Reader:
    """Reads a trace: `rows` are what is to be drawn, and `omitted` so many messages are not.

    At most `most` rows are kept, the last ones of the trace where `last`.
    """

    def __init__(self, trace: Trace, choice: Choice, naming: Naming, most: int | None, last: bool) -> None:
        self.columns = trace.columns
        self.seen = 0  # so many records
        self.choice = choice
        self.naming = naming
        self.most = None if last else most
        self.rows: list[Row] = []
        self.omitted = 0
        self.skipping = len(trace.columns.sent) - most if last and most is not None and choice.everything else 0
        self.media = MediaBars(naming, self.rows)
        self.arrows: dict[int, Arrow] = {}  # by the id of the `sent` and of the `delivered` record
        self.seized: dict[str, Arrow] = {}  # IAMs, by circuit
        self.numbered = 0
        self.kinds = {
            "sent": self.sent, "delivered": self.delivered, "lost": self.lost, "unparsable": self.unparsable,
            "ignored": self.ignored, "media": self.medium, "fault": self.mark, "error": self.mark, "note": self.mark,
            "api": self.api, "isup": self.isup,
        }  # fmt: skip
        self.catch_up()
        if choice.among:
            self.rows = [row for row in self.rows if not isinstance(row, Bar) or choice.between(row.source, row.target)]
        if last and most is not None:
            self.keep_last(most)

    def catch_up(self) -> None:
        """Read what the trace has recorded since."""
        methods = [self.kinds.get(name) for name in self.columns.kind_names]
        for id, kind in enumerate(self.columns.kinds[self.seen :], self.seen + 1):  # most pass by
            if (method := methods[kind]) is not None:
                method(Record(self.columns, id))
        self.seen = len(self.columns.kinds)
        self.media.name_targets(self.choice.seen)

    @property
    def full(self) -> bool:
        return self.most is not None and len(self.rows) >= self.most

    def sent(self, record: Record) -> None:
        self.numbered += 1
        if self.numbered <= self.skipping or (self.full and self.choice.everything):
            self.omitted += 1
            return
        arrow = self.arrow(record)
        if not self.choice.wants(arrow):
            return
        if self.full:
            self.omitted += 1
            return
        self.arrows[record.id] = arrow
        self.rows.append(arrow)

    def arrow(self, record: Record) -> Arrow:
        source, target = self.naming.ends(record)
        transport, copy = record.sending
        raw = record.raw
        arrow = Arrow(self.numbered, label(raw), source, target, record.time, record.id, copy=copy, transport=transport)
        try:
            describe(arrow, parse(raw))
        except SipParseError:
            arrow.family = "unparsable"
        return arrow

    def isup(self, record: Record) -> None:
        """A message of the telephone network: drawn among the others, and not counted with them."""
        data, delay = record.data, record.data.get("delay")
        text, peer, call = (str(data.get(name, "")) for name in ("text", "peer", "call"))
        source, target = self.naming.of(record.element), self.naming.of(peer)
        arrow = Arrow(None, text, source, target, record.time, record.id, "isup", call=call, arrival=record.id)
        if data.get("name") == "IAM":  # from the exchange it is older than the Call-ID of what comes of it
            self.seized[str(data.get("circuit"))] = arrow
        elif call:
            self.seized.get(str(data.get("circuit")), arrow).call = call
        said = data.get("parameters")
        arrow.badge = str(said.get("bearer", "")).rpartition(" ")[2] if isinstance(said, dict) else ""
        arrow.arrived = arrow.ended = record.time + (delay if isinstance(delay, float) and delay > 0 else 0.0)
        if not self.full and self.choice.wants(arrow):
            self.arrows[record.id] = arrow
            self.rows.append(arrow)

    def delivered(self, record: Record) -> None:
        arrow = self.arrows.get(record.cause or 0)
        if arrow is None:
            return
        if arrow.arrived is not None:  # the network made a second packet of it
            arrow = self.twin(arrow, self.naming.receiver(record))
        arrow.arrived = arrow.ended = record.time
        arrow.arrival = record.id
        arrow.target = self.naming.receiver(record) or arrow.target
        self.arrows[record.id] = arrow

    def twin(self, arrow: Arrow, target: str) -> Arrow:
        twin = replace(arrow, duplicate=True, multicast=target not in ("", arrow.target), remark="")
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
        if self.choice.of_call(str(data.get("call", ""))):
            self.media.take(record, data, room=not self.full)

    def mark(self, record: Record) -> None:
        data = record.data
        text = str(data.get("text") or data.get("error") or data.get("what") or record.kind)
        self.put(Mark(record.kind, text, record.time, self.where(record), str(data.get("what", "")), record.id))

    def api(self, record: Record) -> None:
        data = record.data
        if "call" not in data or self.choice.of_call(str(data["call"])):
            way = "callback" if data.get("direction") == "callback" else "call"
            self.put(Mark("api", called(data), record.time, self.where(record), way, record.id))

    def where(self, record: Record) -> str:
        return self.naming.of(record.element or str(record.data.get("who", "")))

    def put(self, mark: Mark) -> None:
        if not self.full and (mark.column not in self.naming.elements or self.choice.between(mark.column)):
            self.rows.append(mark)

    def keep_last(self, most: int) -> None:
        """Leave out all but the last rows; of what was before them, media that flow and crashes that last stay."""
        old, kept = self.rows[:-most], self.rows[-most:]
        self.omitted += sum(isinstance(row, Arrow) for row in old)
        begin = min((row.begin for row in kept), default=0.0)
        flowing = [row for row in old if isinstance(row, Bar) and (row.stop is None or row.stop >= begin)]
        down = {row.column: row for row in self.rows if isinstance(row, Mark) and row.what in ("crash", "restart")}
        crashed = [row for row in old if isinstance(row, Mark) and row.what == "crash" and down[row.column] is row]
        self.rows = [*flowing, *crashed, *kept]


def describe(arrow: Arrow, message: Message) -> None:
    """Fill in what the message itself says; a header field that can't be read is left out, the arrow stays."""
    arrow.call = message.header("Call-ID") or ""
    if isinstance(message, Response):
        arrow.family = f"{message.status // 100}xx"
    with suppress(SipParseError):
        arrow.branch = message.branch or ""
    with suppress(SipParseError):
        arrow.method = message.cseq.method[:30]
    if message.body:
        arrow.badge = body_badge(message)


_BADGES = {"simple-message-summary": "MWI", "dialog-info": "DIALOG", "dtmf-relay": "DTMF"}
"""Subtypes that would be cut off within a word; messages that wait are known as MWI (RFC 3842)."""


def body_badge(message: Message) -> str:
    """What kind of body a message has, in a word: `SDP`, `PIDF`, `MWI`, `MIXED`; `body` where it does not say."""
    try:
        kind = message.content_type
    except SipParseError:
        kind = None
    name = kind.subtype.lower().split("+")[0] if kind else ""
    return _BADGES.get(name) or name.upper()[:8] or "body"
