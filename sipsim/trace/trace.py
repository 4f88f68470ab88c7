"""The trace: one append-only record of everything that happened in a run, each record with its cause.

Recording is on every message's way, so a method first asks the level, then appends a few numbers; nothing is
formatted or parsed until somebody reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol

from sipsim.errors import SipParseError, UsageError
from sipsim.trace.causes import Causes, chain
from sipsim.trace.columns import DELIVERED, DUPLICATED, IGNORED, LOST, SENT, STATE, TIMER, UNPARSABLE, Columns
from sipsim.trace.media_log import MediaLog
from sipsim.trace.record import Record
from sipsim.trace.values import address_text, encoded, plain

if TYPE_CHECKING:
    from sipsim.pictures.charts.locations import LocationTable
    from sipsim.pictures.charts.route_sets import RouteSets
    from sipsim.pictures.charts.state_chart import StateChart
    from sipsim.pictures.ladder.ladder import Ladder
    from sipsim.trace.checker.rule import Finding
    from sipsim.trace.comparison import Difference

LEVELS = ("off", "counters", "messages", "all")
INNER_LIFE = frozenset(("timer", "state", "binding", "dns", "api", "connection"))  # what level "messages" leaves out


class Packet(Protocol):
    """What a trace looks at in a packet."""

    @property
    def data(self) -> bytes: ...
    @property
    def source(self) -> tuple[str, int]: ...
    @property
    def destination(self) -> tuple[str, int]: ...
    @property
    def transport(self) -> str: ...


class Trace:
    """Everything that happened in a run, in order: `len`, iteration and `trace[id]` give records.

    `level` is how much is kept: "all"; "messages" leaves out timers, states, bindings, DNS, API calls, connections;
    "counters" keeps only `counts`; "off" nothing. `header` says what was run and with what, `result` what
    came of it. `current` is the id of the record that causes what happens now (0: none); whoever starts
    something sets it. Every recording method takes the time in seconds and returns the new record's id, 0
    where the level leaves the record out.
    """

    def __init__(self, level: str = "all") -> None:
        if level not in LEVELS:
            raise UsageError(f"level={level!r}: a trace's level is one of {', '.join(map(repr, reversed(LEVELS)))}")
        self.level = level
        self.counting = level != "off"
        self.messages = level in ("all", "messages")
        self.everything = level == "all"
        self.current = 0
        self.header: dict[str, Any] = {"format": "sipsim-trace", "version": 1, "sipsim": "", "scenario": None}
        self.header |= {"parameters": {}, "seed": None, "elements": [], "links": []}
        if not self.messages:
            self.header["level"] = level  # a reader of the saved trace can't tell otherwise
        self.result: dict[str, Any] = {}
        self.counts = dict.fromkeys(
            ("sent", "retransmissions", "delivered", "lost", "duplicated", "unparsable", "ignored"), 0
        )
        self.columns = Columns()
        self.media = MediaLog()
        self._elements: dict[str, dict[str, Any]] = {}
        self._names: dict[tuple[str, int], str] = {}
        self._subscribers: tuple[Callable[[int], object], ...] = ()

    # ---- who is who

    def register(self, name: str, kind: str = "", address: tuple[str, int] | None = None) -> None:
        """An element exists, and sits at `address`; a later call with the same name adds an address."""
        entry = self._elements.get(name)
        if entry is None:
            entry = self._elements[name] = {"name": name, "kind": kind, "addresses": []}
            self.header["elements"].append(entry)
        if address is not None:
            self._names[address] = name
            if (text := address_text(address)) not in entry["addresses"]:
                entry["addresses"].append(text)

    def name_of(self, address: tuple[str, int]) -> str:
        """The name of the element at an address, "host:port" where none is known there."""
        return self._names.get(address) or address_text(address)

    # ---- recording messages

    def sent(self, time: float, element: str, packet: Packet, copy: int = 1, cause: int | None = None) -> int:
        """A packet leaves an element; `copy` is 2 when the same message goes on the wire a second time."""
        if not self.counting:
            return 0
        self.counts["sent"] += 1
        if copy > 1:
            self.counts["retransmissions"] += 1
        if not self.messages:
            return 0
        columns, destination = self.columns, packet.destination
        subject = columns.intern((packet.source, destination, packet.transport, copy, self.name_of(destination)))
        columns.sent.append(len(columns.details) + 1)
        return self._append(time, SENT, element, self.current if cause is None else cause, subject, packet.data)

    def delivered(self, time: float, element: str, sent_id: int, data: bytes | None = None) -> int:
        """A packet arrives at an element; `data` are its octets where they changed on the way."""
        if not self.counting:
            return 0
        self.counts["delivered"] += 1
        return self._append(time, DELIVERED, element, sent_id, 0, data) if self.messages else 0

    def lost(self, time: float, sent_id: int, why: str, element: str = "") -> int:
        """A packet will never arrive; `element` is its sender where not given."""
        return self._on_the_way(LOST, time, sent_id, element, why)

    def duplicated(self, time: float, sent_id: int) -> int:
        """The network makes a second packet of one that was sent once."""
        return self._on_the_way(DUPLICATED, time, sent_id, "", "")

    def unparsable(self, time: float, element: str, packet_id: int, error: SipParseError | str) -> int:
        """An element can't read what arrived; `packet_id` is of its `delivered`, or `sent`, record."""
        if not self.counting:
            return 0
        self.counts["unparsable"] += 1
        if not self.messages:
            return 0
        names = ("reason", "status", "line", "column", "excerpt")
        data = {"reason": error} if isinstance(error, str) else {name: getattr(error, name) for name in names}
        return self._append(time, UNPARSABLE, element, packet_id, 0, data)

    def ignored(self, time: float, element: str, why: str, rfc: str = "") -> int:
        """An element does nothing about the current record, and why; `rfc` is the section that says so."""
        if not self.counting:
            return 0
        self.counts["ignored"] += 1
        if not self.messages:
            return 0
        return self._append(time, IGNORED, element, self.current, self.columns.intern((why, rfc)), None)

    # ---- recording what elements do

    def timer(
        self, time: float, element: str, event: str, name: str, delay: float,
        machine: str, transaction: str = "",
    ) -> int:  # fmt: skip
        """A timer is "set" (for `delay` seconds), has "fired" or is "stopped"; `transaction` is a name."""
        if not self.everything:
            return 0
        subject = self.columns.intern((event, name, delay, machine))
        return self._append(time, TIMER, element, self.current, subject, self.columns.shared(transaction))

    def state(
        self, time: float, element: str, machine: str, before: str, input: str, after: str, rfc: str,
        transaction: str = "",
    ) -> int:  # fmt: skip
        """A machine goes from one state to the next by the row `(before, input)` of its table."""
        if not self.everything:
            return 0
        subject = self.columns.intern((machine, before, input, after, rfc))
        return self._append(time, STATE, element, self.current, subject, self.columns.shared(transaction))

    def api(
        self, time: float, element: str, name: str, direction: str = "call",
        arguments: Iterable[object] | Mapping[str, object] = (), text: str = "", call: str = "",
    ) -> int:  # fmt: skip
        """An application calls an element's API ("call"), or is called back by it ("callback").

        `name` is the function's; `arguments` are a list or, by name, a mapping of them; `text` is what a ladder shows
        where "name(arguments)" would be clumsy; `call` is the Call-ID where there is one.
        """
        if direction not in ("call", "callback"):
            raise UsageError(f"direction={direction!r}: of an API call is 'call' or 'callback'")
        given: object = dict(arguments) if isinstance(arguments, Mapping) else list(arguments)
        data = {"name": name, "direction": direction, "arguments": given, "text": text, "call": call}
        return self.add("api", time, element, None, **{key: data[key] for key in data if data[key] != ""})

    def add(self, kind: str, time: float, element: str = "", cause: int | None = None, **data: object) -> int:
        """Any other kind of record, with named values; kept as JSON has them, floats with 6 decimals."""
        if not self.messages or (kind in INNER_LIFE and not self.everything):
            return 0
        number = self.columns.kind(kind)
        if number <= STATE:
            raise UsageError(f"kind={kind!r}: has a recording method of its own")
        if "id" in data:
            raise UsageError(f"id={data['id']!r}: is given by the trace")
        subject = self.columns.intern(tuple(data))
        values = self.columns.shared(encoded(data.values()))
        return self._append(time, number, element, self.current if cause is None else cause, subject, values)

    def _on_the_way(self, kind: int, time: float, sent_id: int, element: str, why: str) -> int:
        if not self.counting:
            return 0
        columns = self.columns
        self.counts[columns.kind_names[kind]] += 1
        if not self.messages:
            return 0
        if not element and sent_id:
            element = columns.table[columns.elements[sent_id - 1]]
        return self._append(time, kind, element, sent_id, columns.intern(why), None)

    def _append(self, time: float, kind: int, element: str, cause: int, subject: int, detail: object) -> int:
        id = self.columns.append(time, kind, element, cause, subject, detail)
        if self._subscribers:
            for subscriber in self._subscribers:
                subscriber(id)
        return id

    # ---- reading

    def __len__(self) -> int:
        return len(self.columns.details)

    def __iter__(self) -> Iterator[Record]:
        return (Record(self.columns, id) for id in range(1, len(self) + 1))

    def __getitem__(self, id: int) -> Record:
        if not 1 <= id <= len(self):
            raise UsageError(f"id={id!r}: this trace has {len(self)} records, from 1")
        return Record(self.columns, id)

    def select(self, kind: str | None = None, element: str | None = None) -> list[Record]:
        """The records of a kind, of an element, or both."""
        return [r for r in self if kind in (None, r.kind) and element in (None, r.element)]

    def message(self, number: int) -> Record:
        """The `sent` record with this number on its arrow; retransmissions have numbers of their own."""
        sent = self.columns.sent
        if not (isinstance(number, int) and 1 <= number <= len(sent)):
            raise UsageError(f"number={number!r}: this trace has {len(sent)} messages, from 1")
        return Record(self.columns, sent[number - 1])

    def why(self, of: Record | int) -> Causes:
        """The causes of a message (its number) or a record, itself first; `print` them to read the story."""
        return chain(self.columns, of.id if isinstance(of, Record) else self.message(of).id)

    def subscribe(self, fn: Callable[[int], object]) -> Callable[[], None]:
        """Call `fn(id)` after each record from now on; what is returned ends that."""
        self._subscribers += (fn,)

        def unsubscribe() -> None:
            self._subscribers = tuple(other for other in self._subscribers if other is not fn)

        return unsubscribe

    def check(
        self,
        rules: Iterable[str] | None = None,
        tolerance: float | None = None,
        passwords: Mapping[str, str] | None = None,
    ) -> list[Finding]:
        """What in this trace breaks the RFCs; see `sipsim.trace.checker.check.check`."""
        from sipsim.trace.checker.check import check

        return check(self, rules, tolerance, passwords)

    def compare(
        self, expected: Trace | Mapping[str, Any], names: Mapping[str, str] | None = None, retransmissions: bool = False
    ) -> list[Difference]:
        """How this trace differs from another, or from a published flow; see `sipsim.trace.comparison.compare`."""
        from sipsim.trace.comparison import compare

        return compare(self, expected, names, retransmissions)

    def ladder(self, **options: Any) -> Ladder:
        """The ladder diagram of this trace; options as in `sipsim.pictures.ladder.ladder.Ladder`."""
        from sipsim.pictures.ladder.ladder import Ladder

        return Ladder(self, **options)

    def state_chart(self, element: str, **options: Any) -> StateChart:
        """The state chart of an element's first transaction, or of the one that the options choose.

        `machine` is a name such as "INVITE client" or "dialog", or a `Machine` where the run had one of its own;
        `transaction` is a branch. With `message`, a number on the ladder, it's that message's transaction as it stood
        then; `at` is a time in seconds or a record. UsageError where there is none, which says what there is.
        """
        from sipsim.pictures.charts.state_chart import chart_of

        return chart_of(self, element, **options)

    def route_sets(self, call: str | None = None) -> RouteSets:
        """How the Route values of a call came about: of the first call that made a dialog, or of a Call-ID."""
        from sipsim.pictures.charts.route_sets import RouteSets

        return RouteSets(self, call)

    def locations(self, at: float | None = None, *, aor: str | None = None) -> LocationTable:
        """The bindings that stood at an instant (s), at the end of the trace if none is given; of one user or all."""
        from sipsim.pictures.charts.locations import LocationTable

        return LocationTable(self, at, aor=aor)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the trace to a file by its suffix: .jsonl (everything), .pcap or .pcapng (SIP packets)."""
        from sipsim.trace.saving import save

        save(self, path)

    def __eq__(self, other: object) -> bool:
        """Equal where a saved trace would be: same header, same result, same records."""
        if not isinstance(other, Trace):
            return NotImplemented
        same = len(self) == len(other) and plain((self.header, self.result)) == plain((other.header, other.result))
        return same and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    def __repr__(self) -> str:
        scenario = f" of {self.header['scenario']}" if self.header.get("scenario") else ""
        return f"<trace{scenario}: {len(self)} records, {len(self.columns.sent)} messages>"
