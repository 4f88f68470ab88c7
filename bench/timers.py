"""Starting and stopping a transaction's timers, beside SimPy Timeouts that are left to fire; and how many are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import simpy

from bench.figures import Figure, in_turn, ratio
from sipsim.simulation.environment import Environment, Timer

CALLS, EVERY, ANSWERED = 10_000, 0.001, 0.1  # seconds between two calls, and until a call's timers are stopped
DURATIONS = (0.5, 32.0, 32.0, 5.0)  # seconds, as A, B, H and K
SLACK = 1_000


def figures() -> Iterator[Figure]:
    times = in_turn({"none": nothing_started, "timers": lambda: stopped(), "timeouts": left_to_fire})
    net = {name: [taken - base for taken, base in zip(times[name], times["none"], strict=True)] for name in times}
    each = {
        name: round(sorted(values)[len(values) // 2] / CALLS / len(DURATIONS) * 1e6, 3) for name, values in net.items()
    }
    yield Figure("start + stop / Timeout left to fire", ratio(net, "timers", "timeouts"), "x", most=0.5,
                 more={"us_per_timer": each})  # fmt: skip
    peak, live = watched()
    yield Figure("timers pending / (2 x live + 1000)", peak / (2 * live + SLACK), "x", most=1.0,
                 more={"pending": peak, "live": live})  # fmt: skip


def stopped(look: Callable[[Environment], object] | None = None) -> None:
    """Each call starts its timers, and stops them when it is answered."""
    env = Environment()

    def answered(timers: list[Timer]) -> None:
        for timer in timers:
            timer.cancel()

    def call(left: int) -> None:
        timers = [env.call_later(duration, nothing, env) for duration in DURATIONS]
        env.post(ANSWERED, answered, timers)
        if look is not None:
            look(env)
        if left > 1:
            env.post(EVERY, call, left - 1)

    env.post(EVERY, call, CALLS)
    env.run()


def nothing_started() -> None:
    """The same load without its timers."""
    env = Environment()

    def call(left: int) -> None:
        env.post(ANSWERED, nothing, [None for _ in DURATIONS])
        if left > 1:
            env.post(EVERY, call, left - 1)

    env.post(EVERY, call, CALLS)
    env.run()


def left_to_fire() -> None:
    """Each call starts Timeouts, which fire in vain."""
    env = simpy.Environment()

    def after(delay: float, fn: Callable[[simpy.Event], object], value: object) -> None:
        timeout = env.timeout(delay, value)
        assert timeout.callbacks is not None
        timeout.callbacks.append(fn)

    def call(event: simpy.Event) -> None:
        for duration in DURATIONS:
            after(duration, nothing, env)
        after(ANSWERED, nothing, None)
        if event.value > 1:
            after(EVERY, call, event.value - 1)

    after(EVERY, call, CALLS)
    env.run()


def watched() -> tuple[int, int]:
    """The most entries that were ever pending, and how many of them were timers that still could fire."""
    worst = (0, 0)
    live_calls = round(ANSWERED / EVERY) + 1

    def look(env: Environment) -> None:
        nonlocal worst
        live = min(live_calls, round(env.now / EVERY)) * len(DURATIONS)
        worst = max(worst, (env.entries, live))

    stopped(look)
    return worst


def nothing(_: object) -> None:
    """What a timer does that nobody needed."""
