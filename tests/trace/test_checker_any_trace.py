"""The checker takes any trace there can be, however little sense it makes."""

from __future__ import annotations

from hypothesis import given
from random_traces import traces

from sipsim.trace.checker.check import check
from sipsim.trace.trace import Trace


@given(traces())
def test_any_trace_can_be_checked(trace: Trace) -> None:
    assert all(str(finding) for finding in check(trace))
