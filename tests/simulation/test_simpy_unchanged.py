"""A user's own SimPy processes, resources and conditions work as they do in SimPy, with timers beside them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
import simpy

from sipsim.simulation.environment import Environment

Log = list[tuple[float, str]]


def ticks(dice: Random, most: int) -> float:
    """Some 64ths of a second: whole microseconds, and sums of them are exact in SimPy too."""
    return int(dice.random() * most) / 64


def carwash(env: simpy.Environment, log: Log) -> None:
    """A queue for two machines; customers who lose patience leave."""
    machines, dice = simpy.Resource(env, capacity=2), Random(3)

    def car(name: str) -> Any:
        with machines.request() as turn:
            got = yield turn | env.timeout(0.5)
            if turn not in got:
                log.append((env.now, f"{name} leaves"))
                return
            log.append((env.now, f"{name} in"))
            yield env.timeout(ticks(dice, 64))
        log.append((env.now, f"{name} out"))

    def arrivals() -> Any:
        for i in range(40):
            yield env.timeout(ticks(dice, 16))
            env.process(car(f"car {i}"))

    env.process(arrivals())


def pipeline(env: simpy.Environment, log: Log) -> None:
    """Stores and containers, filled by one process and emptied by others."""
    store, tank = simpy.PriorityStore(env, capacity=3), simpy.Container(env, capacity=10, init=2)

    def producer() -> Any:
        for i in range(20):
            yield store.put(simpy.PriorityItem(-i, f"item {i}"))
            yield tank.put(1) & env.timeout(0.125)

    def consumer(name: str, pause: float) -> Any:
        while True:
            item = yield store.get()
            yield tank.get(1)
            log.append((env.now, f"{name} got {item.item}"))
            yield env.timeout(pause)

    env.process(producer())
    env.process(consumer("a", 0.375))
    env.process(consumer("b", 0.25))


def interrupted(env: simpy.Environment, log: Log) -> None:
    """Preemption, interrupts, failing events, processes that wait for processes."""
    machine = simpy.PreemptiveResource(env, 1)

    def work(name: str, priority: int) -> Any:
        with machine.request(priority=priority) as turn:
            yield turn
            try:
                yield env.timeout(1)
                log.append((env.now, f"{name} done"))
                return name
            except simpy.Interrupt as interrupt:
                log.append((env.now, f"{name} interrupted after {env.now - interrupt.cause.usage_since:.3f}"))
                raise RuntimeError(name) from None

    def boss() -> Any:
        slow = env.process(work("slow", 2))
        yield env.timeout(0.25)
        fast = env.process(work("fast", 1))
        try:
            yield slow
        except RuntimeError as error:
            log.append((env.now, f"boss hears of {error}"))
        log.append((env.now, f"boss has {(yield fast)}"))

    env.process(boss())


@pytest.mark.parametrize("model", [carwash, pipeline, interrupted])
@pytest.mark.parametrize("until", [None, 2, 2.5])
def test_a_model_runs_as_in_simpy(model: Callable[[simpy.Environment, Log], None], until: float | None) -> None:
    logs: list[Log] = []
    for make in (simpy.Environment, Environment, busy):
        log: Log = []
        env = make()
        model(env, log)
        env.run(until=until)
        logs.append(log)
    assert logs[0] == logs[1] == logs[2]
    assert logs[0]


def busy() -> Environment:
    """An environment where timers fire and are stopped all the time."""
    env = Environment()

    def beat(left: int) -> None:
        env.call_later(5.0, print, "never").cancel()
        env.post(0.007, lambda _: None, None)
        if left:
            env.call_later(0.013, beat, left - 1)

    beat(500)
    return env


def test_run_until_a_time_stops_before_what_is_due_then() -> None:
    """As in SimPy, where timeouts of that instant are still to come."""
    env, fired = Environment(), list[float]()
    for delay in (1, 2, 3):
        env.call_later(delay, fired.append, delay)
        env.post(delay, fired.append, delay)
    env.run(until=2)
    assert (env.now, fired) == (2, [1, 1])
    env.run(until=4)
    assert (env.now, fired) == (4, [1, 1, 2, 2, 3, 3])
    with pytest.raises(ValueError, match="until"):
        env.run(until=4)


def test_run_until_an_event_gives_its_value() -> None:
    env = Environment()
    event = env.event()
    env.call_later(1.5, event.succeed, "answered")
    env.call_later(9, print)
    assert env.run(until=event) == "answered"
    assert env.now == 1.5
    assert env.run(until=event) == "answered"


def test_run_until_an_event_raises_its_failure() -> None:
    env = Environment()
    event = env.event()
    env.call_later(1, event.fail, RuntimeError("refused"))
    with pytest.raises(RuntimeError, match="refused"):
        env.run(until=event)


def test_run_until_an_event_that_never_comes_is_an_error_after_all_timers() -> None:
    env, fired = Environment(), list[str]()
    env.call_later(3, fired.append, "F")
    with pytest.raises(RuntimeError, match="until"):
        env.run(until=env.event())
    assert fired == ["F"]


def test_run_without_an_end_runs_timers_and_processes_to_theirs() -> None:
    env, seen = Environment(), list[float]()

    def process() -> Any:
        yield env.timeout(1)
        env.call_later(1, lambda: seen.append(env.now))
        yield env.timeout(0.5)
        seen.append(env.now)

    env.process(process())
    assert env.run() is None
    assert seen == [1.5, 2]


def test_any_of_and_all_of_with_events_that_timers_trigger() -> None:
    env = Environment()
    early, late = env.event(), env.event()
    env.call_later(1, early.succeed, "early")
    env.call_later(2, late.succeed, "late")
    first = env.run(until=env.any_of([early, late]))
    assert list(first.values()) == ["early"]
    both = env.run(until=early & late)
    assert list(both.values()) == ["early", "late"]
    assert env.now == 2


def test_a_failed_process_that_nobody_waits_for_stops_the_run() -> None:
    env = Environment()

    def process() -> Any:
        yield env.timeout(1)
        raise LookupError("lost")

    env.process(process())
    with pytest.raises(LookupError, match="lost"):
        env.run()
    assert env.now == 1


def test_the_clock_may_begin_later() -> None:
    env = Environment(initial_time=10)
    env.call_later(0.5, lambda: None)
    env.run()
    assert env.now == 10.5
