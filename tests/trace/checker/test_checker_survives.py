"""Whatever a trace holds, the checker says something sensible about it and never fails."""

from __future__ import annotations

import random

import pytest
import tapes
import tapes_made
from hypothesis import given, settings
from hypothesis import strategies as st
from planting import Base, Tape

from sipsim.trace.checker.check import check
from sipsim.trace.trace import Trace

RUNS: list[Base] = [
    tapes.ozeki, tapes.fork, tapes.cancel, tapes.challenged, tapes_made.reinvited, tapes_made.looped, tapes_made.star,
]  # fmt: skip
JUNK = ["", "\0", "\r\n", "\r\n\r\n", ";", ",", "<", "*", ":", "é", "9" * 30, " ", '"', "z9hG4bK", "sips:", "BYE "]


def broken(tape: Tape, dice: random.Random) -> Trace:
    """The run with a few characters of a few messages changed, and a few messages lost or out of order."""
    for one in tape.sent:
        if dice.random() < 0.2:
            at, length = dice.randrange(len(one.text)), dice.randrange(9)
            one.text = one.text[:at] + dice.choice(JUNK) + one.text[at + length :]
        if dice.random() < 0.1:
            one.time = max(0.0, one.time - dice.random())
        if dice.random() < 0.1:
            one.arrivals = []
    return tape.play()


@settings(max_examples=150)
@given(st.sampled_from(RUNS), st.integers(0, 2**32))
def test_broken_runs(run: Base, seed: int) -> None:
    trace = broken(run(), random.Random(seed))
    for finding in check(trace):
        assert finding.element and finding.text and str(finding)
        assert all(1 <= number <= trace.counts["sent"] for number in finding.messages)


@pytest.mark.parametrize("run", RUNS)
def test_the_same_trace_has_the_same_findings(run: Base) -> None:
    one, other = (check(broken(run(), random.Random(7))) for _ in range(2))
    assert one == other
