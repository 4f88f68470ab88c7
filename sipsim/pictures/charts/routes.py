"""How the route set of each side of a call came about, read from a trace (RFC 3261 §12.1, §16.6 step 4)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sipsim.errors import SipParseError, UsageError
from sipsim.message.message import Message, Request, Response
from sipsim.trace.record import Record

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace


@dataclass
class Hop:
    """A request from one element to the next: its Record-Route values or, once the call stands, its Route values.

    `added` are the values that its sender put there; `to` is the Request-URI.
    """

    number: int
    method: str
    source: str
    target: str
    to: str
    values: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)


@dataclass
class Routes:
    """The routes of one call: the way of its INVITE, the route set of either side, and the first later requests."""

    call: str
    caller: str
    callee: str
    hops: list[Hop]
    caller_set: list[str]
    callee_set: list[str]
    answer: str  # the response that made the dialog
    later: list[Hop] = field(default_factory=list)
    inserted: dict[str, str] = field(default_factory=dict)
    """Who put a value there, by the value."""


def routes_of(trace: Trace, call: str | None = None) -> Routes:
    """The routes of a call: of the first one that made a dialog, or of the Call-ID given; UsageError where none did."""
    answers = [found for record in trace.select("sent") if (found := _answer(record)) is not None]
    calls = list(dict.fromkeys(message.call_id for _, message in answers))
    fitting = [(r, m) for r, m in answers if call in (None, m.call_id)]
    fitting.sort(key=lambda found: (calls.index(found[1].call_id), found[1].status < 200, found[0].id))
    for record, response in fitting:
        way = _way(trace, record, response)
        if way:
            return _routes(trace, way, record, response)
    there = f"; there are {', '.join(map(repr, calls[:10]))}" if calls else ""
    raise UsageError(f"call={call!r}: no INVITE of this trace made such a dialog{there}")


def _answer(record: Record) -> tuple[Record, Response] | None:
    """A response that makes a dialog (101 to 299 to INVITE, with a tag)."""
    with suppress(SipParseError):
        message = record.message
        if isinstance(message, Response) and 100 < message.status < 300 and message.cseq.method == "INVITE":
            return (record, message) if message.to_tag and message.call_id else None
    return None


def _way(trace: Trace, record: Record, response: Response) -> list[Record]:
    """The `sent` records of the INVITE on its way to who sent this response, the caller's first."""
    for delivered in reversed(trace.select("delivered", record.element)):
        message = delivered.message
        asked = isinstance(message, Request) and message.method == "INVITE" and message.branch == response.branch
        if asked and delivered.id < record.id:
            return _back(trace, delivered)
    return []


def _back(trace: Trace, delivered: Record) -> list[Record]:
    """From an arrival back to the first sender, through the records' causes."""
    way: list[Record] = []
    call = _call_of(delivered)
    found: Record | None = delivered
    while found is not None:
        if found.kind == "sent":
            if not isinstance(found.message, Request) or _call_of(found) != call:
                break
            if not way or way[0].element != found.element:
                way.insert(0, found)
        found = trace[found.cause] if found.cause else None
    return way


def _call_of(record: Record) -> str:
    message = record.message
    return (message.header("Call-ID") or "") if message is not None else ""


def _routes(trace: Trace, way: list[Record], record: Record, response: Response) -> Routes:
    hops, inserted = _growth(way)
    caller_set = _values(response, "Record-Route")[::-1]
    callee_set = list(hops[-1].values)
    caller, callee = way[0].element, record.element
    answer = f"{response.status} {response.reason}"
    routes = Routes(response.call_id, caller, callee, hops, caller_set, callee_set, answer, inserted=inserted)
    routes.later = _later(trace, response)
    return routes


def _growth(way: list[Record]) -> tuple[list[Hop], dict[str, str]]:
    """The INVITE hop by hop, and who inserted which Record-Route value."""
    hops: list[Hop] = []
    inserted: dict[str, str] = {}
    before: list[str] = []
    for record in way:
        message = record.message
        values = _values(message, "Record-Route")
        added = values[: max(len(values) - len(before), 0)]
        inserted.update({value: record.element for value in added if value not in inserted})
        hops.append(_hop(record, values, added))
        before = values
    return hops, inserted


def _hop(record: Record, values: list[str], added: list[str]) -> Hop:
    message = record.message
    method, to = (message.method, str(message.uri)) if isinstance(message, Request) else ("", "")
    return Hop(record.number or 0, method, record.element, record.peer, to, values, added)


def _later(trace: Trace, response: Response) -> list[Hop]:
    """The first ACK of the 2xx and the first other request within the dialog, hop by hop."""
    hops: list[Hop] = []
    seen: dict[str, int] = {}
    for record in trace.select("sent"):
        with suppress(SipParseError):
            message = record.message
            if not isinstance(message, Request) or message.header("Call-ID") != response.call_id:
                continue
            tags = {message.to_tag, message.from_tag}
            if tags != {response.to_tag, response.from_tag} or "copy" in record.data:
                continue
            number = seen.setdefault(message.method, message.cseq.number)
            if number == message.cseq.number:
                hops.append(_hop(record, _values(message, "Route"), []))
    return hops


def _values(message: Message | None, name: str) -> list[str]:
    """The values of Route or Record-Route as they stand; none where they can't be read."""
    with suppress(SipParseError):
        if message is not None:
            return [str(value) for value in (message.routes if name == "Route" else message.record_routes)]
    return []
