"""Which way each transaction and dialog of a trace took through its table: the rows that it visited, in order.

A `state` record says where a machine goes on to. A transaction's rows that lead back to where they began change no
state and have no record; they're found again in what else the trace knows: timers that fired, messages that came and
went. So its second 180 and its seventh copy count as the visits that they are. Of a subscription each row is a record.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sipsim.errors import SipParseError
from sipsim.message.message import Request, Response
from sipsim.protocol.dialog import DIALOG
from sipsim.protocol.machine import Machine, Pair, Row
from sipsim.protocol.subscription import NOTIFIER, SUBSCRIBER
from sipsim.protocol.transactions import client_machine, received_input, sent_input, server_machine
from sipsim.trace.record import Record

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace

_SERVERS = server_machine("INVITE"), server_machine("BYE")
_CLIENTS = client_machine("INVITE"), client_machine("BYE")
TABLES = {machine.name: machine for machine in (*_CLIENTS, *_SERVERS, DIALOG, SUBSCRIBER, NOTIFIER)}
"""The machines whose states a trace records, by name."""

Key = tuple[str, str, str]
"""Element, machine, transaction: what tells one walk from another."""


class Step(NamedTuple):
    """One row visited: the record that tells of it, the time, the state before, the input, the state after."""

    record: int
    time: float
    before: str
    input: str
    after: str
    rfc: str = ""
    cause: int | None = None


class Standing(NamedTuple):
    """Where a machine stands after a record: its state, and the row that led there (None: none yet)."""

    element: str
    machine: str
    transaction: str
    state: str
    row: Pair | None
    record: int


@dataclass(eq=False)
class Walk:
    """The way of one machine: `transaction` is its branch, or a dialog's name; `steps` are the rows that it visited.

    `messages` are the ids of the `sent` and `delivered` records of its messages, `timers` those of its timers.
    """

    element: str
    machine: str
    transaction: str
    record: int
    began: float
    initial: str
    method: str = ""
    steps: list[Step] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    timers: list[int] = field(default_factory=list)
    certain: bool = False  # a record of a state or a timer names it

    @property
    def state(self) -> str:
        """Where it stands at the end of the trace."""
        return self.steps[-1].after if self.steps else self.initial

    def until(self, at: float) -> list[Step]:
        """The steps of its first `at` seconds of the run."""
        return [step for step in self.steps if step.time <= at]

    @property
    def name(self) -> str:
        """Which one it is, in words: `Alice's INVITE client z9hG4bK-Alice-1`."""
        return f"{self.element}'s {self.machine} {self.transaction}"

    def __repr__(self) -> str:
        return f"<walk of {self.name}: {len(self.steps)} steps, {self.state}>"


class Walks(Sequence[Walk]):
    """All walks of a trace, in the order in which they began; `at(record)` says where a record's machines stand."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._reader = _Reader()
        self._seen = 0
        self.catch_up()

    def catch_up(self) -> None:
        """Take in what the trace has recorded since."""
        self._reader.touched.clear()
        for number in range(self._seen + 1, len(self._trace) + 1):
            self._reader.take(self._trace[number])
        self._seen = len(self._trace)
        self._walks: list[Walk] | None = None

    @property
    def touched(self) -> list[int]:
        """The records of which `at` may say something else since the last time."""
        return self._reader.touched

    def _all(self) -> list[Walk]:
        if self._walks is None:
            self._walks = [walk for walk in self._reader.walks.values() if self._keeps(walk)]
        return self._walks

    def __len__(self) -> int:
        return len(self._all())

    def __getitem__(self, index: int) -> Walk:  # type: ignore[override]
        return self._all()[index]

    def __repr__(self) -> str:
        return f"<{len(self)} walks>"

    def at(self, record: int) -> list[Standing]:
        """Where the machines stand that a record is about; of a message first the sender's, then the receivers'."""
        records = [record, *self._reader.arrivals.get(record, ())]
        return [standing for found in records if (standing := self._stands(found)) is not None]

    def _stands(self, record: int) -> Standing | None:
        walk, state, row = self._reader.standing.get(record, (None, "", None))
        if walk is None or not self._keeps(walk):
            return None
        return Standing(walk.element, walk.machine, walk.transaction, state, row, record)

    def _keeps(self, walk: Walk) -> bool:
        """Whether a record names it; or it is a server transaction that none names yet, of an element with others."""
        server = TABLES.get(walk.machine) in _SERVERS
        return walk.certain or (server and walk.element in self._reader.keeping)


class _Reader:
    """One pass over the records."""

    def __init__(self) -> None:
        self.walks: dict[Key, Walk] = {}
        self.standing: dict[int, tuple[Walk, str, Pair | None]] = {}
        self.touched: list[int] = []  # records whose machines stand elsewhere now
        self.keeping: set[str] = set()  # elements whose transactions are in the trace
        self.arrivals: dict[int, list[int]] = {}  # of a `sent` record: its `delivered` ones
        self.told: dict[Key, Step] = {}  # a state record's sending, whose `sent` record is still to come
        self.kinds = {
            "state": self.state, "timer": self.timer, "sent": self.sent, "delivered": self.delivered,
        }  # fmt: skip

    def take(self, record: Record) -> None:
        method = self.kinds.get(record.kind)
        if method is not None:
            with suppress(SipParseError):  # what can't be read belongs to no transaction
                method(record)

    def walk(self, key: Key, record: Record, initial: str) -> Walk:
        walk = self.walks.get(key)
        if walk is None:
            walk = self.walks[key] = Walk(*key, record.id, record.time, initial)
        return walk

    def assure(self, walk: Walk) -> None:
        """A record names this walk; what was said of it and of others of its element before may be otherwise now."""
        if walk.certain:
            return
        walk.certain = True
        walks = [walk]
        if walk.element not in self.keeping:
            self.keeping.add(walk.element)
            walks = [other for other in self.walks.values() if other.element == walk.element]
        for other in walks:
            self.touched += other.messages

    def stands(self, record: int, walk: Walk, step: Step | None = None) -> None:
        self.touched.append(record)
        self.standing[record] = (walk, walk.state, None if step is None else (step.before, step.input))

    def state(self, record: Record) -> None:
        data = record.data
        name, before, input, after, rfc = (str(data.get(k, "")) for k in ("machine", "before", "input", "after", "rfc"))
        key = (record.element, name, str(data.get("transaction", "")))
        table = TABLES.get(name)
        walk = self.walk(key, record, table.initial if table is not None else before or after)
        self.assure(walk)
        step = Step(record.id, record.time, before, input, after, rfc, record.cause)
        walk.steps.append(step)
        if input.startswith("send "):
            self.told[key] = step
        self.stands(record.id, walk, step)
        if record.cause in self.standing and self.standing[record.cause][0] is walk:
            self.stands(record.cause, walk, step)

    def timer(self, record: Record) -> None:
        data = record.data
        table = TABLES.get(str(data.get("machine", "")))
        if table is None or not data.get("transaction"):
            return
        walk = self.walk((record.element, table.name, str(data["transaction"])), record, table.initial)
        self.assure(walk)
        walk.timers.append(record.id)
        if data.get("event") == "fired":
            self.stays(record, walk, table, f"timer {data.get('name')}")

    def stays(self, record: Record, walk: Walk, table: Machine, input: str) -> None:
        """Take note of an input; a visit of a row that changes no state is a step."""
        row = table.rows.get((walk.state, input))
        if row is None or row[0] != walk.state:
            self.stands(record.id, walk)
            return
        step = Step(record.id, record.time, walk.state, input, row[0], Row(*row).rfc, record.cause)
        walk.steps.append(step)
        self.stands(record.id, walk, step)

    def sent(self, record: Record) -> None:
        message = record.message
        if isinstance(message, Request):
            self.asked(record, message)
        elif isinstance(message, Response):
            self.answered(record, message)

    def asked(self, record: Record, request: Request) -> None:
        table = client_machine(request.cseq.method)
        key = (record.element, table.name, request.branch or "")
        walk = self.walks.get(key) if request.method == "ACK" else self.walk(key, record, table.initial)
        if walk is None:
            return  # the ACK of a 2xx, which has no transaction
        walk.method = walk.method or request.method
        walk.messages.append(record.id)
        last = walk.steps[-1] if walk.steps and record.cause in self.standing else None
        self.stands(record.id, walk, last if last and self.standing[record.cause or 0][0] is walk else None)

    def answered(self, record: Record, response: Response) -> None:
        table = server_machine(response.cseq.method)
        key = (record.element, table.name, response.branch or "")
        walk = self.walks.get(key)
        if walk is None:
            return
        walk.messages.append(record.id)
        step = self.told.pop(key, None)
        if step is not None or self.is_copy(record, walk, table):
            self.stands(record.id, walk, step or (walk.steps[-1] if walk.steps else None))
        else:
            self.stays(record, walk, table, sent_input(response, table))

    @staticmethod
    def is_copy(record: Record, walk: Walk, table: Machine) -> bool:
        """Whether the transaction itself sends again: no input, but what a row does."""
        again = ("resend" in row[1] for (state, _), row in table.rows.items() if state == walk.state)
        return record.data.get("copy", 1) > 1 and any(again)

    def delivered(self, record: Record) -> None:
        self.arrivals.setdefault(record.cause or 0, []).append(record.id)
        message = record.message
        if message is None:
            return
        table = (server_machine if isinstance(message, Request) else client_machine)(message.cseq.method)
        key = (record.element, table.name, message.branch or "")
        walk = self.walks.get(key)
        if walk is None:
            if isinstance(message, Request) and message.method != "ACK":
                walk = self.walk(key, record, table.initial)
                walk.method = message.method
                walk.messages.append(record.id)
                self.stands(record.id, walk)
            return
        walk.messages.append(record.id)
        self.stays(record, walk, table, received_input(message, table))
