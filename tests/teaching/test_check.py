"""Checks of exercises: they see what was done, give a hint for what wasn't, and never trip over a wrong answer."""

from __future__ import annotations

from typing import Any

import pytest

from sipsim.errors import UsageError
from sipsim.lab.lab import Lab
from sipsim.lab.run import run
from sipsim.teaching.check import check
from sipsim.teaching.exercises import EXERCISES
from sipsim.trace.files import load
from sipsim.trace.trace import Trace


def call_with(lost: str, **which: Any) -> Trace:
    """The call of the first exercise, in which some messages are lost."""
    lab = Lab(seed=7)
    alice = lab.user_agent("sip:alice@example.com")
    lab.proxy("example.com")
    bob = lab.user_agent("sip:bob@example.com", answers=1.0)
    bob.register()
    lab.run()
    lab.network.drop(lost, **which)
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    lab.run(until=lab.env.now + 40)
    trace: Trace = lab.run()
    return trace


@pytest.mark.parametrize("src", ["alice", "proxy"])
def test_four_answers_and_none_lost(src: str):
    verdict = check("first-call", call_with("ACK", times=3, src=src))
    assert verdict.passed and verdict and not verdict.hint
    assert repr(verdict) == str(verdict) == verdict.text
    assert verdict.text.endswith("Well done.")


@pytest.mark.parametrize(
    ("lost", "times", "hint"),
    [
        ("180", 1, "he sends it 1 time."),
        ("ACK", 1, "he sends it 2 times."),
        ("ACK", 4, "he sends it 5 times."),
        ("ACK", None, "he sends it 11 times."),
        ("200 INVITE", 3, "What does Bob wait for"),
        ("200", 3, "What does Bob wait for"),
    ],
)
def test_other_losses_get_a_hint(lost: str, times: int | None, hint: str):
    verdict = check("first-call", call_with(lost, times=times))
    assert not verdict.passed and not verdict
    assert hint in verdict.hint
    assert verdict.text.endswith(f"Hint: {verdict.hint}")
    assert "drop(" not in verdict.text  # a hint is no answer


@pytest.mark.parametrize("exercise", EXERCISES)
@pytest.mark.parametrize("answer", [None, 4, "ACK", Lab(), [], Ellipsis])
def test_an_answer_of_another_kind_gets_a_hint(exercise: str, answer: object):
    verdict = check(exercise, answer)
    assert not verdict.passed
    assert type(answer).__name__ in verdict.hint and "hand over the trace" in verdict.hint


@pytest.mark.parametrize("exercise", EXERCISES)
@pytest.mark.parametrize("scenario", ["ozeki", "register", "fork", "busy", "lost-200", "proxy-crash", "redirect"])
def test_other_traces_get_a_hint(exercise: str, scenario: str):
    verdict = check(exercise, run(scenario, seed=3))
    assert not verdict.passed and verdict.hint


@pytest.mark.parametrize("exercise", EXERCISES)
def test_an_empty_trace_gets_the_first_hint(exercise: str):
    for trace in (Lab().trace, Trace(), Trace("off")):
        verdict = check(exercise, trace)
        assert verdict.hint == verdict.steps[0].hint
        assert not any(step.done for step in verdict.steps[:1])


def test_steps_are_seen_as_they_are_done():
    lab = Lab(seed=7)
    alice = lab.user_agent("sip:alice@example.com")
    proxy = lab.proxy("example.com")
    desk, mobile = (lab.user_agent("sip:bob@example.com", name) for name in ("desk", "mobile"))

    def done() -> int:
        return sum(step.done for step in check("touch-it", lab.trace).steps)

    assert done() == 0
    desk.register()
    lab.run()
    assert done() == 0
    mobile.register()
    lab.run()
    assert done() == 1
    mobile.ignores()
    call = alice.call("sip:bob@example.com")
    lab.run(until=lab.env.now + 1)
    assert done() == 2
    lab.run(until=lab.env.now + 5)
    assert done() == 3
    proxy.crash()
    assert done() == 4
    call.hang_up()
    proxy.restart()
    lab.run(until=lab.env.now + 5)
    assert done() == 5
    alice.call("sip:bob@example.com")
    lab.run(until=lab.env.now + 1)
    verdict = check("touch-it", lab.trace)
    assert verdict.passed and verdict.text.endswith("Well done.")


def test_a_saved_trace_will_do(tmp_path: Any):
    trace = call_with("ACK", times=3)
    trace.save(tmp_path / "mine.jsonl")
    assert check("first-call", load(tmp_path / "mine.jsonl")).passed


def test_an_exercise_that_there_is_not():
    with pytest.raises(UsageError, match="first-call, touch-it"):
        check("last-call", None)
