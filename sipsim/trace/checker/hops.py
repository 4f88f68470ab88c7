"""The messages of a trace as the checker sees them: each parsed once, with when it arrived and was worked on."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from sipsim.errors import SipParseError
from sipsim.message.fields import NameAddr, Via
from sipsim.message.message import Request, Response, parse
from sipsim.trace.columns import DELIVERED, DUPLICATED, IGNORED, SENT, UNPARSABLE
from sipsim.trace.trace import Trace
from sipsim.trace.values import address_text

_CALL_ID = re.compile(rb"^(?:call-id|i)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)

Address = tuple[str, int]
Path = tuple[tuple[str, str], ...]
"""The hops that a request took, the last one first: (branch, sent-by) of each Via, in lower case."""


class Arrival:
    """A message reached its receiver, who got to work on it at `time` (seconds); `late` if it waited until then."""

    __slots__ = ("hop", "late", "time")

    def __init__(self, time: float, hop: Hop) -> None:
        self.time = time
        self.hop = hop
        self.late = False

    def count_for_nothing(self) -> None:
        self.hop.arrivals = [arrival for arrival in self.hop.arrivals if arrival is not self]


class Hop:
    """One message on its way from one element to the next.

    `message` is None where the octets are no SIP, `readable` says whether every field that a message needs is there
    and keeps to its grammar. The attributes named like header fields are for readable messages; what can't be read
    in them counts as missing. `copy_of` is the first of several equal ones, `upstream` the message that the sender
    forwards by this one.
    """

    def __init__(self, number: int, time: float, ends: tuple[str, str], subject: Any, raw: bytes) -> None:
        self.number = number
        self.time = time
        self.sender, self.receiver = ends
        self.source: Address
        self.destination: Address
        self.source, self.destination, self.transport = subject[:3]
        self.raw = raw
        self.message: Request | Response | None = None
        self.readable = False
        self.arrivals: list[Arrival] = []
        self.torn: list[str] = []  # what stands for a Call-ID in octets that were altered on the way
        self.failed = False  # the network has told the sender that it could not be delivered
        self.copy_of: Hop | None = None
        self.upstream: Hop | None = None

    def read(self, message: Request | Response | None) -> None:
        """Take note of what the octets say."""
        self.message = message
        if message is None:
            return
        self.status = message.status if isinstance(message, Response) else 0
        self.uri_text = message.uri_text if isinstance(message, Request) else ""
        try:
            message.check()
            self.method = message.method if isinstance(message, Request) else message.cseq.method
            self.call_id, self.cseq = message.call_id, message.cseq
            self.from_tag, self.to_tag = message.from_tag or "", message.to_tag or ""
            self.vias: tuple[Via, ...] = message.vias
        except SipParseError:
            return
        self.path: Path = tuple([((via.branch or "").lower(), via.sent_by) for via in self.vias])
        self.readable = bool(self.vias)

    def __repr__(self) -> str:
        return f"<{self.number}: {self.sender} > {self.receiver} {self.message!r}>"

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute of the message, `default` where it can't be read."""
        try:
            return getattr(self.message, name)
        except SipParseError:
            return default

    @property
    def contacts(self) -> tuple[NameAddr, ...]:
        return self.get("contacts", ())  # type: ignore[no-any-return]

    @property
    def routes(self) -> tuple[NameAddr, ...]:
        return self.get("routes", ())  # type: ignore[no-any-return]

    @property
    def record_routes(self) -> tuple[NameAddr, ...]:
        return self.get("record_routes", ())  # type: ignore[no-any-return]

    @property
    def fresh(self) -> bool:
        """Whether it is seen for the first time: neither sent again nor forwarded."""
        return self.copy_of is None and self.upstream is None

    @property
    def own(self) -> bool:
        """Whether the sender made it: a request that took no hop before, a response that is not passed on."""
        return self.upstream is None and (self.status > 0 or len(self.vias) == 1)

    @property
    def reliable(self) -> bool:
        """Whether the transport repeats what is lost by itself."""
        return str(self.transport).upper() != "UDP"


def hops_of(trace: Trace, captured: bool) -> tuple[list[Hop], set[str]]:
    """The messages of a trace in order of sending, keep-alives left out; and the elements that let messages wait."""
    reader = _Reader(trace)
    hops = [hop for hop in reader.read() if hop.raw.strip(b"\r\n\0 ")]
    if captured and any(hop.sender == hop.receiver for hop in hops):
        for hop in hops:  # many elements on one host: addresses tell them apart
            hop.sender, hop.receiver = address_text(hop.source), address_text(hop.destination)
    return hops, reader.leave_out_what_waits()


@lru_cache(maxsize=1024)
def plain_host(host: str) -> str:
    """A host as hosts are compared: lower case, an IPv6 address without brackets and in its shortest form."""
    bare = host.strip("[]").lower()
    try:
        return str(ip_address(bare)) if ":" in bare else bare
    except ValueError:
        return bare


@lru_cache(maxsize=1024)
def is_address(host: str) -> bool:
    """Whether a host is an address and no name."""
    try:
        return bool(ip_address(host.strip("[]")))
    except ValueError:
        return False


@lru_cache(maxsize=1024)
def is_group(host: str) -> bool:
    """Whether a host is a multicast address, which several elements may hear."""
    try:
        return ip_address(host.strip("[]")).is_multicast
    except ValueError:
        return False


class _Reader:
    """One walk over the columns of a trace."""

    def __init__(self, trace: Trace) -> None:
        self.columns = trace.columns
        self.hops: list[Hop] = []
        self.packets: dict[int, Hop] = {}  # by record, of a packet that was sent or doubled on the way
        self.waiting: dict[int, Arrival] = {}  # by record of the arrival, until something comes of it
        self.parsed: dict[bytes, Request | Response | None] = {}

    def read(self) -> list[Hop]:
        columns, packets = self.columns, self.packets
        for id, (kind, cause) in enumerate(zip(columns.kinds, columns.causes, strict=True), 1):
            if kind == SENT:
                packets[id] = self._sent(id)
            elif kind == DUPLICATED and cause in packets:
                packets[id] = packets[cause]
            elif kind == DELIVERED and cause in packets:
                self._delivered(id, packets[cause])
            elif kind == UNPARSABLE and cause in packets:
                packets[cause].arrivals.clear()
            elif kind == IGNORED and cause in packets:
                packets[cause].failed = True
            if cause in self.waiting:
                self._worked_on(id, kind, self.waiting.pop(cause))
        return self.hops

    def _sent(self, id: int) -> Hop:
        columns = self.columns
        subject = columns.table[columns.subjects[id - 1]]
        ends = columns.table[columns.elements[id - 1]], subject[4]
        hop = Hop(len(self.hops) + 1, round(columns.time(id), 6), ends, subject, columns.details[id - 1])
        hop.read(self._parse(hop.raw))
        self.hops.append(hop)
        return hop

    def _delivered(self, id: int, hop: Hop) -> None:
        arrival = self.waiting[id] = Arrival(round(self.columns.time(id), 6), hop)
        hop.arrivals.append(arrival)
        octets = self.columns.details[id - 1]
        if isinstance(octets, bytes) and octets != hop.raw:
            calls = [call.decode("utf-8", "surrogateescape").strip() for call in _CALL_ID.findall(octets)]
            hop.torn += calls or [""]

    def _worked_on(self, id: int, kind: int, arrival: Arrival) -> None:
        """What comes of an arrival first tells when the receiver got to it; an unreadable one moves nobody."""
        time = round(self.columns.time(id), 6)
        arrival.late, arrival.time = time > arrival.time, time
        if kind == UNPARSABLE:
            arrival.count_for_nothing()

    def leave_out_what_waits(self) -> set[str]:
        """Where messages wait, nobody knows when those were worked on that nothing came of: they count for nothing."""
        slow = {arrival.hop.receiver for hop in self.hops for arrival in hop.arrivals if arrival.late}
        for arrival in self.waiting.values():
            if arrival.hop.receiver in slow:
                arrival.count_for_nothing()
        return slow

    def _parse(self, raw: bytes) -> Request | Response | None:
        if raw not in self.parsed:
            try:
                self.parsed[raw] = parse(raw)
            except SipParseError:
                self.parsed[raw] = None
        return self.parsed[raw]
