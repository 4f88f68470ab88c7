"""Runs on tape: messages of a clean run that a test changes, moves, leaves out or adds, and plays again as a trace.

A *plant* is a way to break one rule. `@plant("VIA-01", base)` notes it; it takes a clean tape and yields broken ones,
one for each place where it can be done.
"""

from __future__ import annotations

import copy
import functools
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from bench_pair import said

import sipsim
from sipsim.trace.trace import Trace

Address = tuple[str, int]


class Packet(NamedTuple):
    """As much of a packet as a trace looks at."""

    data: bytes
    source: Address
    destination: Address
    transport: str


@dataclass
class Sent:
    """One message on a tape: when it went out, from whom to whom, and when it arrived."""

    time: float
    element: str
    text: str
    source: Address
    destination: Address
    transport: str = "UDP"
    arrivals: list[float] = field(default_factory=list)
    kind: str = ""  # its method, or its status and what it answers, when the tape was made

    def sub(self, pattern: str, new: str) -> Sent:
        """Change what a pattern finds first in its text; one that finds nothing is a mistake of the test's."""
        self.text, count = re.subn(pattern, new, self.text, count=1, flags=re.MULTILINE)
        assert count, f"{pattern!r} is not in\n{self.text}"
        return self

    def add(self, line: str) -> Sent:
        """One more header line, at the end."""
        return self.sub(r"^Content-Length:", f"{line}\r\nContent-Length:")

    def at(self, time: float, latency: float = 0.005) -> Sent:
        """Send it at another time."""
        self.time, self.arrivals = time, [time + latency]
        return self

    def get(self, pattern: str) -> str:
        """What the first group of a pattern is in its text."""
        found = re.search(pattern, self.text, flags=re.MULTILINE)
        assert found, pattern
        return found[1]

    @property
    def to(self) -> str:
        return self.get(r"^To: (.*?)\r")

    @property
    def to_tag(self) -> str:
        return self.to.rpartition(";tag=")[2]


class Tape:
    """The messages of one run, in order of sending."""

    def __init__(self, trace: Trace) -> None:
        self.header = copy.deepcopy(trace.header)
        self.end = trace[len(trace)].time
        arrivals: dict[int | None, list[float]] = defaultdict(list)
        for record in trace.select("delivered"):
            arrivals[record.number].append(record.time)
        self.sent = [
            Sent(one.time, one.element, one.raw.decode(), *one.route, str(one.data["transport"]), arrivals[one.number],
                 said(one.message))
            for one in trace.select("sent")
        ]  # fmt: skip

    def copy(self) -> Tape:
        return copy.deepcopy(self)

    def find(self, what: str, src: str = "", dst: Address | str = "") -> list[Sent]:
        """The messages of this kind ("INVITE", "200 BYE"; "" for all), from and to these elements where given."""
        where = {element["name"]: element["addresses"][0] for element in self.header["elements"]}
        return [
            one for one in self.sent
            if what in ("", one.kind) and src in ("", one.element)
            and (not dst or where[dst] == f"{one.destination[0]}:{one.destination[1]}")
        ]  # fmt: skip

    def one(self, what: str, src: str = "", dst: str = "") -> Sent:
        return self.find(what, src, dst)[0]

    def sites(self, what: str = "", src: str = "", dst: str = "") -> Iterator[tuple[Tape, Sent]]:
        """A copy of the tape for each message of this kind, and that message in it."""
        for place in [self.sent.index(one) for one in self.find(what, src, dst)]:
            other = self.copy()
            yield other, other.sent[place]

    def drop(self, *gone: Sent) -> Tape:
        self.sent = [one for one in self.sent if not any(one is other for other in gone)]
        return self

    def more(self, like: Sent, time: float, latency: float = 0.005) -> Sent:
        """One more message, like another one."""
        self.sent.append(copy.deepcopy(like).at(time, latency))
        self.end = max(self.end, time + latency)
        return self.sent[-1]

    def sub(self, pattern: str, new: str, what: str = "") -> Tape:
        """Change what a pattern finds in all messages of a kind."""
        for one in self.find(what):
            one.text = re.sub(pattern, new, one.text, flags=re.MULTILINE)
        return self

    def play(self) -> Trace:
        """The trace of a run in which exactly this was sent and arrived."""
        trace = Trace()
        trace.header.update(copy.deepcopy(self.header) | {"elements": []})
        for element in self.header["elements"]:
            for text in element["addresses"]:
                host, _, port = text.rpartition(":")
                trace.register(element["name"], element["kind"], (host, int(port)))
        events: list[tuple[float, int, int, Sent]] = []
        for n, one in enumerate(self.sent):
            events += [(one.time, 0, n, one), *((time, 1, n, one) for time in one.arrivals)]
        ids: dict[int, int] = {}
        for time, kind, n, one in sorted(events, key=lambda event: event[:3]):
            if kind:
                trace.delivered(time, trace.name_of(one.destination), ids[n])
            else:
                packet = Packet(one.text.encode(), one.source, one.destination, one.transport)
                ids[n] = trace.sent(time, one.element, packet)
        trace.add("note", max(self.end, *(event[0] for event in events)), text="the end")
        return trace


Plant = Callable[[Tape], Iterator[Tape]]
Base = Callable[[], Tape]

PLANTS: dict[str, list[tuple[Plant, tuple[Base, ...]]]] = defaultdict(list)
"""By rule: ways to break it, and the clean tapes to do it on."""


def plant(rule: str, *bases: Base) -> Callable[[Plant], Plant]:
    """Note a way to break a rule."""

    def note(found: Plant) -> Plant:
        PLANTS[rule].append((found, bases))
        return found

    return note


def base(make: Callable[[], Tape]) -> Base:
    """A clean tape, made once; each call gives a copy."""
    made = functools.cache(make)

    @functools.wraps(make)
    def fresh() -> Tape:
        return made().copy()

    return fresh


def scenario(name: str, **parameters: float) -> Base:
    """The tape of a run of the catalogue."""

    def run() -> Tape:
        return Tape(sipsim.run(name, **parameters))

    run.__name__ = f"{name} {parameters or ''}".strip()
    return base(run)
