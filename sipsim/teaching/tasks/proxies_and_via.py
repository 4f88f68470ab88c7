"""Lesson 5: a call that location services send through three proxies."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.teaching.evidence import records
from sipsim.teaching.verdict import Step
from sipsim.trace.trace import Trace

HOPS = 4


def proxies_and_via(trace: Trace) -> Iterator[Step]:
    """An INVITE arrives with four Via values, and the answer comes back with one."""
    arrived = [len(record.message.vias) for record in records(trace, "delivered", "INVITE", "bob") if record.message]
    called = records(trace, "sent", "INVITE", "alice")
    yield Step(
        "Alice calls bob@atlanta.com",
        any(record.message.to.uri.aor == "sip:bob@atlanta.com" for record in called if record.message),
        "no INVITE to sip:bob@atlanta.com leaves Alice's phone",
    )
    yield Step(
        "an INVITE reaches Bob's phone", bool(arrived),
        "follow it on the ladder: who refuses it? What does that proxy's location service know of the address?",
    )  # fmt: skip
    yield Step(
        "it has passed three proxies", HOPS in arrived,
        f"it should have {HOPS} Via values there. Each proxy should send it on to the next one's "
        "domain, not to the phone",
    )  # fmt: skip
    answers = records(trace, "delivered", "200 INVITE", "alice")
    yield Step(
        "the 200 comes back to Alice with one Via", any(len(it.message.vias) == 1 for it in answers if it.message),
        "no 200 reaches Alice: does Bob's phone answer, and does the run last long enough?",
    )  # fmt: skip
