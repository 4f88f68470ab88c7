"""In which order things happen: by instant, urgent ones first, then as they were started, whichever queue that is."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from simpy.events import NORMAL, URGENT

from sipsim.simulation.environment import Environment


class Action(NamedTuple):
    """Something to start, and what to start (and cancel) when it happens."""

    kind: str
    delay: float
    cancels: int | None
    children: list[Action]


KINDS = ("timer", "timer", "lingering", "post", "simpy", "urgent")
DELAYS = (0.0, 0.000001, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.0, 32.0)
delays = st.sampled_from(DELAYS) | st.integers(0, 2_000_000).map(lambda us: us / 1e6)
actions = st.recursive(
    st.builds(Action, st.sampled_from(KINDS), delays, st.none() | st.integers(0, 30), st.just([])),
    lambda inner: st.builds(
        Action, st.sampled_from(KINDS), delays, st.none() | st.integers(0, 30), st.lists(inner, max_size=4)
    ),
    max_leaves=25,
)


class Ours:
    """What the environment does."""

    def __init__(self) -> None:
        self.env = Environment()
        self.cancels: list[Callable[[], object]] = []

    def now(self) -> float:
        return self.env.now

    def start(self, kind: str, delay: float, fn: Callable[[], object]) -> None:
        env = self.env
        if kind in ("timer", "lingering"):
            timer = env.call_later(delay, fn, lingering=kind == "lingering")
            self.cancels.append(timer.cancel)
            return
        self.cancels.append(lambda: None)
        if kind == "post":
            env.post(delay, lambda _: fn(), None)
        else:
            event = env.event()
            event._ok, event._value = True, None
            event.callbacks.append(lambda _: fn())
            env.schedule(event, URGENT if kind == "urgent" else NORMAL, delay)

    def run(self) -> None:
        self.env.run()


class Reference:
    """What it should do: look through everything that is pending for what is due next."""

    def __init__(self) -> None:
        self.time = 0.0
        self.pending: dict[int, tuple[float, int, Callable[[], object]]] = {}
        self.cancels: list[Callable[[], object]] = []

    def now(self) -> float:
        return self.time

    def start(self, kind: str, delay: float, fn: Callable[[], object]) -> None:
        number = len(self.cancels)
        self.pending[number] = (round(self.time + delay, 6), 0 if kind == "urgent" else 1, fn)
        stoppable = kind in ("timer", "lingering")
        self.cancels.append(lambda: self.pending.pop(number, None) if stoppable else None)

    def run(self) -> None:
        while self.pending:
            number = min(self.pending, key=lambda n: (*self.pending[n][:2], n))
            self.time, _, fn = self.pending.pop(number)
            fn()


def history(side: Any, plan: list[Action]) -> list[tuple[float, int]]:
    """When what happened: each thing has the number in which it was started."""
    happened: list[tuple[float, int]] = []

    def start(action: Action) -> None:
        number = len(side.cancels)

        def happen() -> None:
            happened.append((side.now(), number))
            if action.cancels is not None and side.cancels:
                side.cancels[action.cancels % len(side.cancels)]()
            for child in action.children:
                start(child)

        side.start(action.kind, action.delay, happen)

    for action in plan:
        start(action)
    side.run()
    return [*happened, (side.now(), -1)]


@settings(max_examples=250)
@given(st.lists(actions, max_size=20))
def test_everything_happens_in_the_order_of_a_plain_sorted_list(plan: list[Action]) -> None:
    assert history(Ours(), plan) == history(Reference(), plan)


def test_what_is_due_at_one_instant_happens_in_the_order_it_was_started() -> None:
    env, seen = Environment(), list[str]()
    for turn in range(5):  # the first turns have odd timers, the later ones lanes
        env.call_later(1.0, seen.append, f"{turn} timer")
        env.post(1.0, seen.append, f"{turn} packet")
        env.timeout(1.0).callbacks.append(lambda _, turn=turn: seen.append(f"{turn} event"))
        env.call_later(0.5, lambda turn=turn: env.call_later(0.5, seen.append, f"{turn} late timer"))
        env.call_later(1.0, seen.append, f"{turn} lingering", lingering=True)
    env.run()
    parts = ("timer", "packet", "event", "lingering")
    early = [f"{turn} {part}" for turn in range(5) for part in parts]
    assert seen == early + [f"{turn} late timer" for turn in range(5)]


def test_a_cancelled_timer_keeps_no_place_for_those_behind_it() -> None:
    env, seen = Environment(), list[str]()
    for _ in range(3):
        env.call_later(1.0, print).cancel()  # from now on the duration has a lane
    first = env.call_later(1.0, seen.append, "never")
    env.post(1.0, seen.append, "packet")
    env.timeout(1.0).callbacks.append(lambda _: seen.append("event"))
    env.call_later(1.0, seen.append, "timer")
    first.cancel()
    env.run()
    assert seen == ["packet", "event", "timer"]


def test_timers_of_odd_durations_fire_in_order_however_many_are_cancelled() -> None:
    env, dice, due = Environment(), Random(11), list[float]()
    fired: list[float] = []
    for turn in range(40):
        delays = [dice.random() for _ in range(100)]
        timers = [env.call_later(delay, lambda: fired.append(env.now)) for delay in delays]
        for timer in timers:
            if dice.random() < (0.1 if turn % 2 else 0.8):
                timer.cancel()
        due += [timer.when for timer in timers if timer.active]
        env.run(until=env.now + 0.3)
    env.run()
    assert fired == sorted(due)


def test_what_simpy_schedules_as_urgent_goes_before_timers_of_that_instant() -> None:
    env, seen = Environment(), list[str]()

    def process() -> Any:
        seen.append("process")
        yield env.timeout(0)

    env.call_later(0, seen.append, "timer")
    env.process(process())
    env.run()
    assert seen == ["process", "timer"]


@given(st.integers(0, 10**13), st.integers(0, 10**11))
def test_instants_are_the_numbers_that_rounding_gives(now: int, delay: int) -> None:
    """Whole microseconds, so that equal times are equal: 0.1 + 0.2 is 0.3."""
    env = Environment(now / 1e6)
    env.post(delay / 1e6, lambda _: None, None)
    env.step()
    assert env.now == round((now + delay) / 1e6, 6)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_packets_timers_and_events_agree_about_an_instant(now: float, delay: float) -> None:
    env, seen = Environment(now), list[float]()
    for _ in range(3):
        env.call_later(delay, lambda: seen.append(env.now))
    env.post(delay, lambda _: seen.append(env.now), None)
    env.timeout(delay).callbacks.append(lambda _: seen.append(env.now))
    env.run()
    assert len(seen) == 5
    assert abs(seen[0] - (now + delay)) <= 1e-6
    assert max(seen) - min(seen) <= 1e-6
    assert all(round(instant, 6) == instant for instant in seen)


def test_a_timeout_of_infinity_never_comes() -> None:
    env = Environment()
    env.timeout(float("inf"))
    env.call_later(1.0, env.event().succeed)
    while env.peek() < simpy.core.Infinity:
        env.step()
    assert env.now == 1
    assert not env.quiet
    assert env.peek() == simpy.core.Infinity
