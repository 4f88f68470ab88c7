"""What is over is gone: finished calls leave nothing that only Python's garbage collector could find."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
import simpy

from bench import workload
from sipsim import CallFailed, Lab

BOB = "sip:bob@example.com"


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def garbage(lab: Lab, load: Callable[[Lab], object]) -> int:
    """How many objects the collector finds after this."""
    workload.ready(lab)
    gc.collect()
    load(lab)
    lab.run()
    lab.drain()
    return gc.collect()


def hung_up(lab: Lab, times: int) -> None:
    alice = workload.agent(lab, "alice")
    for _ in range(times):
        call = alice.call(BOB)
        lab.run(until=lab.env.now + 0.03)
        assert call.state == "answered" and call.ringing.triggered
        call.hang_up()
        lab.run(until=lab.env.now + 1)
        assert call.ended.value.by == "alice"


def refused(lab: Lab, times: int) -> None:
    workload.agent(lab, "bob").rejects(486)
    for _ in range(times):
        call = workload.agent(lab, "alice").call(BOB)
        lab.run(until=lab.env.now + 1)
        assert call.answered.value.status == 486


def given_up(lab: Lab, times: int) -> None:
    workload.agent(lab, "bob").answers = 5.0
    for _ in range(times):
        call = workload.agent(lab, "alice").call(BOB)
        lab.run(until=lab.env.now + 1)
        call.hang_up()
        lab.run(until=lab.env.now + 1)
        assert call.ended.value.why == "CANCEL"


@pytest.mark.parametrize("trace", ["off", "all"])
@pytest.mark.parametrize("calls", [hung_up, refused, given_up])
def test_a_call_that_is_over_leaves_nothing_to_the_collector(calls: Callable[[Lab, int], None], trace: str) -> None:
    lab = workload.a_lab(trace)
    garbage(lab, lambda lab: calls(lab, 3))  # with what is made once
    few = garbage(lab, lambda lab: calls(lab, 5))
    many = garbage(lab, lambda lab: calls(lab, 25))
    assert many == few


def test_an_outcome_that_nobody_asked_for_is_told_afterwards() -> None:
    lab = Lab(seed=1)
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=0)
    call = alice.call(bob)
    lab.run(until=0.5)
    call.hang_up()
    lab.run()
    for outcome in (call.ringing, call.answered):
        assert outcome.processed and outcome.ok and outcome.value is call
    assert call.ended.value == ("alice", "BYE")


def test_a_failure_that_nobody_asked_for_is_told_afterwards() -> None:
    lab = Lab(seed=1)
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    bob.rejects(486)
    call = alice.call(bob)
    lab.run()

    def story(lab: Lab) -> Generator[simpy.Event, Any, None]:
        with pytest.raises(CallFailed, match="486"):
            yield call.answered
        with pytest.raises(CallFailed, match="486"):
            yield call.ringing

    lab.run(story)


def test_an_outcome_stays_the_same_event_while_somebody_has_it() -> None:
    lab = Lab(seed=1)
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    call = alice.call(bob)
    seen: list[object] = []

    def story(lab: Lab) -> Generator[simpy.Event, Any, None]:
        first = yield call.answered | call.ended
        seen.append((call.answered in first, call.ended in first))
        call.hang_up()
        yield call.ended
        first = yield call.answered & call.ended
        seen.append(tuple(first.values()))

    lab.run(story)
    assert seen == [(True, False), (call, call.ended.value)]
