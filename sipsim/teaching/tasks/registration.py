"""Lesson 3: a binding that is refreshed before it lapses."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.teaching.evidence import records
from sipsim.teaching.verdict import Step
from sipsim.trace.trace import Trace

LONGEST = 60
LATER = 100


def registration(trace: Trace) -> Iterator[Step]:
    """Two REGISTERs of 60 s at most carry Bob over to a call after 100 s."""
    registers = len(records(trace, "sent", "REGISTER", "bob"))
    granted = [
        record.data["expires"] for record in trace.select("binding") if record.data["action"] in ("add", "refresh")
    ]
    answered = [record.time for record in records(trace, "delivered", "200 INVITE", "alice")]
    yield Step(
        "Bob's phone registers", registers > 0,
        "no REGISTER leaves Bob's phone",
    )  # fmt: skip
    yield Step(
        f"no binding is granted for more than {LONGEST} s", bool(granted) and max(granted) <= LONGEST,
        f"one of them is: leave the expiry at {LONGEST}",
    )  # fmt: skip
    yield Step(
        f"a call after {LATER} s is answered", any(time >= LATER for time in answered),
        "who tells the registrar again where Bob is, and when? `lab.run(until=...)` lets time pass",
    )  # fmt: skip
    yield Step(
        "two REGISTERs were enough", registers == 2,
        f"Bob's phone sends {registers}. Choose the moment of the second one well",
    )  # fmt: skip
