"""Lesson 6: which proxies see the end of a call."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.teaching.evidence import records
from sipsim.teaching.verdict import Step
from sipsim.trace.trace import Trace


def dialogs_and_record_route(trace: Trace) -> Iterator[Step]:
    """ACK and BYE pass through biloxi, and only INVITE and its responses through atlanta."""
    yield Step(
        "the INVITE passes through both proxies", saw("INVITE", trace) == ["atlanta", "biloxi"],
        "leave the two proxies where they are; only their options change",
    )  # fmt: skip
    yield Step(
        "the call is ended by a BYE", bool(records(trace, "delivered", "BYE")),
        "nobody hangs up in this trace",
    )  # fmt: skip
    for method in ("BYE", "ACK"):
        seen = saw(method, trace)
        yield Step(
            f"the {method} passes through biloxi, and not through atlanta", seen == ["biloxi"],
            f"it passes through {' and '.join(seen) or 'no proxy'}. A proxy that doesn't write Record-Route "
            "is left out (`record_route=`)",
        )  # fmt: skip


def saw(method: str, trace: Trace) -> list[str]:
    """The proxies that such a request was delivered to."""
    proxies = [entry["name"] for entry in trace.header["elements"] if entry["kind"] == "proxy"]
    return sorted({record.element for record in records(trace, "delivered", method) if record.element in proxies})
