"""Timers that can be stopped: they fire when they should, or not at all, and leave nothing behind."""

from __future__ import annotations

import gc
import time
import tracemalloc
import weakref
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
import simpy

from sipsim.errors import UsageError
from sipsim.simulation.environment import Environment, Timer

USUAL = 0.5  # asked for often enough, a duration gets a lane
ODD = 0.123  # asked for once, it does not


@pytest.fixture(params=["lane", "odd"])
def env(request: pytest.FixtureRequest) -> Environment:
    """An environment where durations have lanes already, and one where they have none."""
    env = Environment()
    if request.param == "lane":
        for delay in (USUAL, 1.0, 2.0, 32.0):
            for lingering in (False, True):
                for _ in range(3):
                    env.call_later(delay, print, lingering=lingering).cancel()
    return env


def test_a_timer_calls_its_function_with_its_arguments_at_its_instant(env: Environment) -> None:
    seen: list[object] = []
    timer = env.call_later(USUAL, lambda *args: seen.append((env.now, *args)), "A", 2)
    assert timer.active
    assert timer.when == USUAL
    env.run()
    assert seen == [(USUAL, "A", 2)]
    assert not timer.active


def test_a_cancelled_timer_does_not_fire_and_does_not_move_the_clock(env: Environment) -> None:
    fired: list[float] = []
    timers = [env.call_later(delay, fired.append, delay) for delay in (1.0, 32.0, 2.0)]
    timers[0].cancel()
    timers[1].cancel()
    assert env.peek() == 2.0
    env.run()
    assert fired == [2.0]
    assert env.now == 2.0


def test_nothing_but_cancelled_timers_is_nothing_at_all(env: Environment) -> None:
    for delay in (1.0, 2.0, ODD):
        env.call_later(delay, print).cancel()
    assert env.peek() == simpy.core.Infinity
    assert env.quiet
    with pytest.raises(simpy.core.EmptySchedule):
        env.step()
    assert env.now == 0


def test_cancelling_twice_or_after_it_fired_does_nothing(env: Environment) -> None:
    fired: list[str] = []
    first, second = env.call_later(1.0, fired.append, "first"), env.call_later(1.0, fired.append, "second")
    first.cancel()
    first.cancel()
    env.run()
    second.cancel()
    env.call_later(1.0, fired.append, "third")
    env.run()
    assert fired == ["second", "third"]


def test_a_timer_may_cancel_another_that_is_due_at_the_same_instant(env: Environment) -> None:
    fired: list[str] = []
    timers: list[Timer] = []
    env.call_later(1.0, lambda: timers[0].cancel())
    timers.append(env.call_later(1.0, fired.append, "never"))
    env.call_later(1.0, fired.append, "last")
    env.run()
    assert fired == ["last"]


def test_a_timer_may_start_itself_again(env: Environment) -> None:
    fired: list[float] = []

    def beat() -> None:
        fired.append(env.now)
        if len(fired) < 4:
            env.call_later(0.1, beat)

    env.call_later(0.1, beat)
    env.run()
    assert fired == [0.1, 0.2, 0.3, 0.4]  # and not 0.30000000000000004


def test_an_exception_leaves_the_other_timers_in_place(env: Environment) -> None:
    fired: list[str] = []
    env.call_later(1.0, {}.__getitem__, "missing")
    env.call_later(1.0, fired.append, "other")
    with pytest.raises(KeyError):
        env.run()
    env.run()
    assert fired == ["other"]


def test_a_cancelled_timer_lets_go_of_its_arguments(env: Environment) -> None:
    class Transaction:
        pass

    transaction = Transaction()
    gone = weakref.ref(transaction)
    timer = env.call_later(32.0, print, transaction)
    del transaction
    assert gone() is not None
    timer.cancel()
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("delay", [-1, -0.001, float("nan"), float("inf")])
def test_a_delay_that_is_none_is_refused(env: Environment, delay: float) -> None:
    with pytest.raises(UsageError, match="delay="):
        env.call_later(delay, print)


def test_no_delay_means_now_but_after_what_was_started_before(env: Environment) -> None:
    fired: list[str] = []
    env.call_later(0, fired.append, "first")
    env.call_later(0, fired.append, "second")
    assert not fired
    env.run()
    assert fired == ["first", "second"]
    assert env.now == 0


# Piling up


@pytest.mark.parametrize("delays", [(0.5, 32.0, 5.0), tuple(0.5 + i / 997 for i in range(5000))])
def test_cancelled_timers_do_not_pile_up(delays: tuple[float, ...]) -> None:
    """At no time more entries than twice the live timers and 1 000, whatever is stopped in which order."""
    env, dice = Environment(), Random(7)
    live: list[Timer] = []
    for turn in range(30_000):
        live.append(env.call_later(delays[int(dice.random() * len(delays))], print))
        if len(live) > (5000 if turn < 15_000 else 5) or dice.random() < 0.5:
            i = int(dice.random() * len(live))
            live[i], live[-1] = live[-1], live[i]
            live.pop().cancel()
        if turn > 15_000 and live:
            live.pop().cancel()
        if turn % 100 == 0:
            assert env.entries <= 2 * len(live) + 1000
    for timer in live:
        timer.cancel()
    assert env.entries <= 1000


@pytest.mark.parametrize("odd", [False, True])
def test_timers_that_fire_leave_no_cancelled_ones_behind(odd: bool) -> None:
    """The first half fires, the second was stopped: the stopped ones are no more than the live ones and 1 000."""
    env = Environment()
    fired: list[int] = []
    timers = [env.call_later(1.0 + (i / 1e6 if odd else 0), fired.append, i) for i in range(8000)]
    for timer in timers[4000:]:
        timer.cancel()
    while env.peek() < simpy.core.Infinity:
        env.step()
        assert env.entries <= 2 * (4000 - len(fired)) + 1000
    assert fired == list(range(4000))
    assert env.entries <= 100


def test_a_long_run_keeps_few_entries() -> None:
    """A thousand calls a second, four timers each, of which a tenth of a second later none is left."""
    env, most = Environment(), 0

    def call(i: int) -> None:
        nonlocal most
        timers = [env.call_later(delay, print) for delay in (0.5, 32.0, 32.0, 5.0)]
        env.post(0.1, lambda ts: [t.cancel() for t in ts], timers)
        most = max(most, env.entries)
        if i:
            env.post(0.001, call, i - 1)

    env.post(0, call, 3000)
    env.run()
    assert most <= 2 * 400 + 1000
    assert env.now == pytest.approx(3.1)


def test_durations_that_come_once_are_forgotten() -> None:
    env = Environment()

    def start_and_stop(n: int) -> None:
        for i in range(n):
            env.call_later(1 + i / 1e6, print).cancel()

    start_and_stop(2000)
    tracemalloc.start()
    start_and_stop(20_000)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 300_000


# At rest


def test_quiet_means_that_only_lingering_timers_are_pending(env: Environment) -> None:
    assert env.quiet
    lingering = [env.call_later(delay, print, lingering=True) for delay in (32.0, ODD, 5.0)]
    assert env.quiet
    assert env.latest_lingering == 32.0
    other = env.call_later(USUAL, print)
    assert not env.quiet
    other.cancel()
    assert env.quiet
    lingering[0].cancel()
    assert env.latest_lingering == 5.0
    lingering[2].cancel()
    assert env.latest_lingering == ODD
    lingering[1].cancel()
    assert env.latest_lingering is None


def test_a_packet_or_a_simpy_event_is_not_quiet() -> None:
    env = Environment()
    env.post(1.0, print, "")
    assert not env.quiet
    env.run()
    assert env.quiet
    env.timeout(1.0)
    assert not env.quiet
    env.run()
    assert env.quiet


def test_running_until_quiet_leaves_the_lingering_timers(env: Environment) -> None:
    fired: list[str] = []
    env.call_later(1.0, fired.append, "D", lingering=True)
    env.call_later(2.0, fired.append, "A")
    env.call_later(32.0, fired.append, "J", lingering=True)
    assert env.run_until_quiet()
    assert fired == ["D", "A"]
    assert env.now == 2.0


def test_a_cancelled_timer_in_front_does_not_set_off_a_lingering_one(env: Environment) -> None:
    fired: list[str] = []
    env.call_later(1.0, fired.append, "A").cancel()
    env.call_later(32.0, fired.append, "D", lingering=True)
    assert env.run_until_quiet()
    assert not fired
    assert env.now == 0


def test_running_until_quiet_stops_at_an_event_or_a_time(env: Environment) -> None:
    fired: list[float] = []
    for delay in (1.0, 2.0, 3.0):
        env.call_later(delay, fired.append, delay)
    event = env.timeout(1.5)
    assert env.run_until_quiet(event=event)
    assert (fired, env.now) == ([1.0], 1.5)
    assert not env.run_until_quiet(2.0)
    assert fired == [1.0, 2.0]
    assert env.run_until_quiet(10.0)
    assert fired == [1.0, 2.0, 3.0]


# Following the wall clock


def test_the_clock_is_set_forward_only_when_nothing_is_due_before(env: Environment) -> None:
    env.call_later(2.0, print)
    env.call_later(1.0, print).cancel()
    env.advance_to(1.5)
    assert env.now == 1.5
    env.advance_to(1.0)
    assert env.now == 1.5  # never back
    env.advance_to(2.0)
    with pytest.raises(UsageError, match=r"time=2\.5"):
        env.advance_to(2.5)
    assert env.now == 2.0


# Cost


def test_a_stopped_timer_costs_at_most_half_of_a_timeout_left_to_fire() -> None:
    """CPU time over that of a run without timers, both sides in turn, four times."""

    Timers = Callable[[Any], None]

    def none(env: Any) -> None: ...

    def ours(env: Any) -> None:
        for timer in [env.call_later(delay, print) for delay in (0.5, 32.0, 32.0, 5.0)]:
            timer.cancel()

    def theirs(env: Any) -> None:
        for delay in (0.5, 32.0, 32.0, 5.0):
            simpy.events.Timeout(env, delay).callbacks.append(none)

    def cost(make: type[simpy.Environment], timers: Timers) -> float:
        env = make()

        def calls() -> Any:
            for _ in range(8000):
                timers(env)
                yield env.timeout(0.001)

        env.process(calls())
        gc.collect()
        began = time.process_time()
        env.run()
        return time.process_time() - began

    def ratio() -> float:
        stopped = cost(Environment, ours) - cost(Environment, none)
        left_to_fire = cost(simpy.Environment, theirs) - cost(simpy.Environment, none)
        return stopped / left_to_fire

    ratios = [ratio() for _ in range(4)]
    assert min(ratios) < 0.5, ratios
