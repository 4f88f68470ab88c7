"""Lesson 2: everything that the panel is for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sipsim.teaching.evidence import call_id, records
from sipsim.teaching.verdict import Step
from sipsim.trace.record import Record
from sipsim.trace.trace import Trace


def touch_it(trace: Trace) -> Iterator[Step]:
    """A registration, a fork and a failure, each seen at least once."""
    yield Step(
        "two phones of one user are registered", most_phones(trace) >= 2,
        "press Register at two phones that stand for the same user",
    )  # fmt: skip
    forked = forks(trace)
    yield Step(
        "a call forks", bool(forked),
        "let Alice call the user who has two phones registered, and count the INVITEs that leave the proxy",
    )  # fmt: skip
    yield Step(
        "one phone answers, the other is cancelled", any(won_and_lost(trace, call) for call in forked),
        "answer at one of the phones that ring, and look at what the other one is sent",
    )  # fmt: skip
    crashed, returned = downtime(trace)
    yield Step("the proxy crashes", crashed is not None, "the proxy has a button of its own for that")
    yield Step("the proxy restarts", returned is not None, "it is still down: nobody is reached until it is back")
    yield Step(
        "a call finds out what the proxy has forgotten", returned is not None and refused_after(trace, returned),
        "call Bob again after the restart, before his phones register again",
    )  # fmt: skip


def most_phones(trace: Trace) -> int:
    """The largest number of contacts that one user ever registered."""
    contacts: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for record in trace.select("binding"):
        if record.data.get("action") == "add":
            contacts[record.data["aor"]][record.data["contact"]] = None
    return max(map(len, contacts.values()), default=0)


def forks(trace: Trace) -> list[str]:
    """The Call-IDs of calls that some element sent on to more than one place."""
    ways: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for record in records(trace, "sent", "INVITE"):
        ways[call_id(record), record.element][record.peer] = None
    return [call for (call, _), peers in ways.items() if len(peers) > 1]


def won_and_lost(trace: Trace, call: str) -> bool:
    """Whether one phone answered this call, and another one was cancelled and said 487 to it."""
    phones = [entry["name"] for entry in trace.header["elements"] if entry["kind"] == "user agent"]

    def who(kind: str, what: str) -> list[str]:
        return [r.element for r in records(trace, kind, what) if call_id(r) == call and r.element in phones]

    cancelled = who("delivered", "CANCEL")
    losers = [name for name in who("sent", "487 INVITE") if name in cancelled]
    return bool(losers) and any(name not in losers for name in who("sent", "200 INVITE"))


def downtime(trace: Trace) -> tuple[Record | None, Record | None]:
    """The first crash of an element, and the record of its return."""
    faults = [(record, record.data.get("what")) for record in trace.select("fault")]
    crash = next((record for record, what in faults if what == "crash"), None)
    back = (r for r, what in faults if crash and what == "restart" and r.element == crash.element and r.id > crash.id)
    return crash, next(back, None)


def refused_after(trace: Trace, record: Record) -> bool:
    """Whether an INVITE was answered with 404 or 480 later than this record."""
    refusals = records(trace, "sent", "404 INVITE") + records(trace, "sent", "480 INVITE")
    return any(refusal.id > record.id for refusal in refusals)
