"""What to say about a message: its lines, what each is for, what became of it since the hop before, and in which state.

All of it is said compactly, in numbers of lines and of records, so that a run of thousands of messages can be sent to
a browser at once and be read there without asking again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from sipsim.errors import SipParseError
from sipsim.message.message import Message
from sipsim.message.names import fold_octets
from sipsim.pictures.lettering import shorten, visible
from sipsim.trace.record import Record
from sipsim.trace.sentences import sentence
from sipsim.trace.walks import Standing, Walks

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace

NEAR = 40
"""How many causes back the hop before is looked for."""

BRIEF = 240
"""How many characters of a name, a reason or a sentence are shown."""


def brief(text: str) -> str:
    """`text` made visible, and no longer than anybody reads in one piece; messages themselves are never cut."""
    return shorten(visible(text[: 2 * BRIEF]), BRIEF)


def lines_of(raw: bytes) -> list[str]:
    r"""The octets as lines of text; what can't be shown stands as its code point, an octet that is no UTF-8 as \xff.

    A line ends with CRLF or with LF; the last one is "" where the message ends with a line's end.
    """
    text = raw.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    return [visible(line).replace("\\x09", "\t") for line in text.split("\n")]


def fields_of(raw: bytes) -> list[tuple[str, int]]:
    """The header fields in order: folded name ("" for what is no field) and how many lines each takes."""
    head = raw.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    fields: list[tuple[str, int]] = []
    for line in head.split(b"\n")[1:]:
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] = fields[-1][0], fields[-1][1] + 1
        else:
            name, colon, _ = line.partition(b":")
            fields.append(((fold_octets(name) or "") if colon else "", 1))
    return fields


def steps_between(before: list[str], after: list[str]) -> list[list[int]]:
    """How lines became others: [removed from, to, added from, to] for each change."""
    if before == after:
        return []
    found = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return [[a, b, c, d] for tag, a, b, c, d in found if tag != "equal"]


class Explainer:
    """Explains messages of one trace, in the order of sending; `sentences` are the records it speaks of."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.walks = Walks(trace)
        self.identities: dict[int, tuple[object, ...]] = {}
        self.firsts: dict[tuple[str, str, bytes], Record] = {}
        self.sentences: dict[int, tuple[str, int, int]] = {}  # id: in words, the cause's id, number of a message
        self.fresh: dict[int, tuple[str, int, int]] = {}

    def catch_up(self) -> set[int]:
        """Take in what the trace has recorded since; the ids of messages whose machines stand elsewhere now."""
        self.walks.catch_up()
        records = (self.trace[id] for id in self.walks.touched)
        return {record.id if record.kind == "sent" else record.cause or 0 for record in records}

    def spoken(self) -> dict[int, tuple[str, int, int]]:
        """The sentences since this was asked last."""
        fresh, self.fresh = self.fresh, {}
        return fresh

    def message(self, record: Record) -> dict[str, Any]:
        """One `sent` record as JSON values, to be read beside `sentences`."""
        raw = record.raw
        self._tell(record)
        said: dict[str, Any] = {"lines": lines_of(raw), "fields": fields_of(raw), "record": record.id}
        before = self._before(record)
        if before is not None:
            said["before"] = before.number
            said["changes"] = steps_between(lines_of(before.raw), said["lines"])
        states = [self._state(standing) for standing in self.walks.at(record.id)]
        return {**said, "states": states} if states else said

    def _tell(self, record: Record) -> None:
        """Keep the sentences of a record and of all its causes."""
        at: Record | None = record
        while at is not None and at.id not in self.sentences:
            number = (at.number or 0) if at.kind == "sent" else 0
            self.sentences[at.id] = self.fresh[at.id] = sentence(at), at.cause or 0, number
            at = self.trace[at.cause] if at.cause else None

    def _before(self, record: Record) -> Record | None:
        """The same message at the hop before: what arrived here and was sent on, or what was sent before as a copy."""
        raw = record.raw
        first = self.firsts.setdefault((record.element, record.peer, raw), record)
        if first.id < record.id:
            return first
        identity = self._identity(record)
        for earlier in _senders(self.trace, record) if identity else ():
            if earlier.peer == record.element and self._identity(earlier) == identity:
                return earlier
        return None

    def _identity(self, record: Record) -> tuple[object, ...]:
        """What a message has in common with itself at the next hop: its call, its CSeq, its status; () for no SIP."""
        known = self.identities.get(record.id)
        if known is None:
            known = self.identities[record.id] = _identity_of(record.message)
        return known

    def _state(self, standing: Standing) -> list[Any]:
        words = standing.element, standing.machine, standing.transaction, standing.state
        return [*map(brief, words), [*map(brief, standing.row or ())]]


def _senders(trace: Trace, record: Record) -> Iterator[Record]:
    """The `sent` records among the nearest causes, the latest first."""
    at = record
    for _ in range(NEAR):
        if not at.cause or not 0 < at.cause < at.id:
            return
        at = trace[at.cause]
        if at.kind == "sent":
            yield at


def _identity_of(message: Message | None) -> tuple[object, ...]:
    if message is None:
        return ()
    with suppress(SipParseError):
        return message.header("Call-ID"), message.cseq, getattr(message, "status", None)
    return ()
