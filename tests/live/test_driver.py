"""Runs in real time: pacing, commands from anywhere, interruption, and what is left afterwards (nothing)."""

from __future__ import annotations

import asyncio
import signal
import statistics
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from live_bench import within_deadline

from sipsim.errors import UsageError
from sipsim.live.driver import Run, drive
from sipsim.simulation.environment import Environment
from sipsim.simulation.memory import MemoryNetwork
from sipsim.simulation.network import Address, Packet
from sipsim.simulation.streams import Streams
from sipsim.trace.trace import Trace

Story = Generator[Any, Any, object]


def never() -> bool:
    return False


def run_of(env: Environment, story: Story, **parameters: Any) -> Run[float]:
    """A run until the end of a story; its result is the instant of that."""
    process = env.process(story)
    return Run(env, done=lambda: process.triggered, result=lambda: env.now, **parameters)


def ticks(env: Environment, times: int, delay: float, note: Callable[[], object] = lambda: None) -> Story:
    for _ in range(times):
        yield env.timeout(delay)
        note()


# The clock


def test_events_come_when_their_time_has_come_by_the_wall_clock() -> None:
    env = Environment()
    lateness: list[float] = []
    run = run_of(env, ticks(env, 20, 0.25, lambda: lateness.append(time.monotonic() - began - env.now / 10)), speed=10)
    began = time.monotonic()
    assert drive(run) == 5.0
    assert min(lateness) >= 0
    assert statistics.median(lateness) < 0.02
    assert run.state == "finished"


@pytest.mark.parametrize("speed", [0.1, 3, 1e9])
def test_pace_changes_nothing_but_the_pace(speed: float) -> None:
    def story(env: Environment, seen: list[tuple[float, str]]) -> Story:
        for name, delay in (("a", 0.001), ("b", 0.0005), ("c", 0.001)):
            env.process(ticks(env, 3, delay, lambda name=name: seen.append((env.now, name))))
        env.call_later(0.002, lambda: seen.append((env.now, "timer")))
        yield env.timeout(0.004)

    plain, paced = Environment(), Environment()
    expected: list[tuple[float, str]] = []
    seen: list[tuple[float, str]] = []
    plain.run(plain.process(story(plain, expected)))
    assert drive(run_of(paced, story(paced, seen), speed=speed)) == plain.now
    assert seen == expected


def test_clock_goes_on_in_the_next_run_on_another_loop() -> None:
    env = Environment()
    assert [drive(run_of(env, ticks(env, 2, 0.1), speed=20)) for _ in range(3)] == [0.2, 0.4, 0.6]


def test_paced_memory_network_delivers_at_simulated_instants() -> None:
    env, trace = Environment(), Trace()
    network = MemoryNetwork(env, trace, Streams(1), delay=0.25)
    arrivals: list[float] = []
    bob = network.bind(Address("", 0), "UDP", lambda packet: arrivals.append(env.now), lambda *_: None, "bob")
    alice = network.bind(Address("", 0), "UDP", lambda packet: None, lambda *_: None, "alice")
    network.send(Packet(b"hello", alice, bob))
    run = Run(env, speed=10, network=network, done=lambda: bool(arrivals), result=lambda: env.now)
    assert drive(run) == 0.25
    assert arrivals == [0.25]


def test_lag_is_known_when_something_blocked_the_loop() -> None:
    env = Environment()
    run = run_of(env, ticks(env, 3, 0.01, lambda: time.sleep(0.05)))
    drive(run)
    assert 0.03 < run.worst_lag < 5


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf")])
def test_speed_is_a_positive_number(speed: float) -> None:
    with pytest.raises(UsageError, match="speed="):
        Run(Environment(), speed=speed, done=never, result=lambda: None)


def test_busy_environment_leaves_the_loop_its_turns() -> None:
    async def main() -> float:
        env = Environment()
        run = run_of(env, ticks(env, 10**9, 0)).start()
        loop, gaps = asyncio.get_running_loop(), []
        for _ in range(30):
            before = loop.time()
            await asyncio.sleep(0)
            gaps.append(loop.time() - before)
        run.stop()
        assert await run == 0.0
        return statistics.median(gaps)

    assert within_deadline(main()) < 0.02


# Commands


def test_pause_holds_the_clock_and_resume_lets_it_go_on() -> None:
    env = Environment()
    seen: list[float] = []

    async def main() -> None:
        states: list[str] = []
        run = run_of(env, ticks(env, 4, 1.0, lambda: seen.append(env.now)), speed=20)
        paused = asyncio.Event()
        run.on_change.append(lambda run: states.append(run.state))
        run.on_change.append(lambda run: paused.set() if run.state == "paused" else None)
        env.call_later(2.0, run.pause)  # before the tick of the same instant
        run.start()
        await paused.wait()
        stood_at = env.now
        await asyncio.sleep(0.2)  # four simulated seconds, were it not paused
        assert env.now == stood_at
        assert seen == [1.0]
        run.pause()
        run.resume()
        run.resume()
        assert await run == 4.0
        assert states == ["running", "paused", "running", "finished"]

    within_deadline(main())
    assert seen == [1.0, 2.0, 3.0, 4.0]


def test_commands_come_from_any_thread() -> None:
    async def main() -> None:
        env = Environment()
        run = run_of(env, ticks(env, 10**6, 0.01), speed=10)
        states: list[tuple[str, int]] = []
        changed = threading.Semaphore(0)
        run.on_change.append(lambda run: states.append((run.state, threading.get_ident())))
        run.on_change.append(lambda run: changed.release())

        def clicks() -> None:
            for command in (run.pause, run.resume, run.pause, run.resume, run.stop):
                assert changed.acquire(timeout=10)
                command()

        thread = threading.Thread(target=clicks)
        run.start()
        thread.start()
        assert await run == env.now
        thread.join()
        names = ["running", "paused", "running", "paused", "running", "stopped"]
        assert states == [(name, threading.get_ident()) for name in names]

    within_deadline(main())


@pytest.mark.parametrize("from_thread", [False, True])
def test_call_happens_at_the_present_instant(from_thread: bool) -> None:
    async def main() -> None:
        env, loop = Environment(), asyncio.get_running_loop()
        instants: list[float] = []

        def click(name: str) -> None:
            assert name == "alice"
            instants.append(env.now)
            env.call_later(1.0, lambda: instants.append(env.now))

        run = Run(env, speed=10, done=lambda: len(instants) == 2, result=lambda: instants).start()
        began = loop.time()
        await asyncio.sleep(0.1)
        if from_thread:
            await asyncio.to_thread(run.call, click, "alice")
        else:
            run.call(click, "alice")
        clicked, later = await run
        assert later == round(clicked + 1.0, 6)
        assert 1.0 <= clicked <= (loop.time() - began) * 10 - 1.0

    within_deadline(main())


def test_call_comes_after_what_was_due_before() -> None:
    async def main() -> list[object]:
        env = Environment()
        seen: list[object] = []
        env.call_later(0.01, seen.append, "timer")
        run = Run(env, done=lambda: len(seen) == 2, result=lambda: seen).start()
        time.sleep(0.05)  # the loop is kept busy, the timer is overdue
        run.call(seen.append, "click")
        return await run

    assert within_deadline(main()) == ["timer", "click"]


def test_call_while_paused_acts_in_the_standing_clock() -> None:
    async def main() -> list[float]:
        env = Environment()
        seen: list[float] = []
        run = Run(env, speed=100, done=lambda: bool(seen), result=lambda: seen).start()
        run.pause()
        stood_at = env.now
        run.call(lambda: env.call_later(0, lambda: seen.append(env.now)))
        await asyncio.sleep(0.02)
        assert not seen
        run.resume()
        (instant,) = await run
        assert instant == stood_at
        return seen

    within_deadline(main())


def test_what_a_cell_starts_without_call_is_found_soon() -> None:
    async def main() -> float:
        env = Environment()
        happened = env.event()
        run = Run(env, done=lambda: happened.processed, result=lambda: env.now).start()
        await asyncio.sleep(0.01)
        happened.succeed()
        return await run

    assert within_deadline(main()) < 5


def test_stop_gives_the_result_all_the_same() -> None:
    async def main() -> None:
        env = Environment()
        run = Run(env, done=never, result=lambda: "the trace").start()
        run.stop()
        run.stop()
        assert await run == await run == "the trace"
        assert run.state == "stopped"
        run.pause()
        run.resume()
        assert run.state == "stopped"
        with pytest.raises(UsageError, match="stopped"):
            run.call(print)

    within_deadline(main())


# Errors


def test_exception_in_an_event_is_handed_over_and_the_run_goes_on() -> None:
    env = Environment()
    caught: list[Exception] = []

    def broken() -> Story:
        yield env.timeout(0.1)
        raise ValueError("a user's own fault")

    env.process(broken())
    env.call_later(0.2, lambda: 1 / 0)
    assert drive(run_of(env, ticks(env, 3, 0.1), speed=20, on_error=caught.append)) == 0.3
    assert [type(error) for error in caught] == [ValueError, ZeroDivisionError]


def test_exceptions_of_a_click_and_of_a_listener_are_kept() -> None:
    async def main() -> None:
        env = Environment()
        run = run_of(env, ticks(env, 2, 0.1), speed=20)
        run.on_change.append(lambda run: {}[run.state])
        run.start()
        run.call(int, "x")
        assert await run == 0.2
        assert [type(error) for error in run.errors] == [KeyError, ValueError, KeyError]

    within_deadline(main())


def test_result_that_raises_makes_the_run_fail() -> None:
    env = Environment()
    run = Run(env, done=lambda: True, result=lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        drive(run)
    assert run.state == "failed"


def test_done_that_raises_ends_the_run() -> None:
    run = Run(Environment(), done=lambda: 1 / 0 > 1, result=lambda: "what there is")
    assert drive(run) == "what there is"
    assert [type(error) for error in run.errors] == [ZeroDivisionError]


def test_drive_inside_a_loop_says_what_to_use() -> None:
    async def cell() -> None:
        with pytest.raises(UsageError, match=r"await lab\.start\(story\)"):
            drive(Run(Environment(), done=lambda: True, result=lambda: None))

    within_deadline(cell())


def test_a_run_starts_once_and_on_a_loop() -> None:
    run = Run(Environment(), done=lambda: True, result=lambda: None)
    with pytest.raises(UsageError, match="no asyncio loop"):
        run.start()
    with pytest.raises(UsageError, match="new"):
        run.call(print)
    with pytest.raises(UsageError, match="not begun"):
        asyncio.run(run.outcome())
    drive(run)
    with pytest.raises(UsageError, match="once"):
        drive(run)


# The end


def test_interrupting_who_awaits_stops_the_run() -> None:
    async def main() -> None:
        env = Environment()
        begun = asyncio.Event()
        run = Run(env, done=never, result=lambda: "so far")
        env.call_later(0.01, begun.set)

        async def cell() -> str:
            return await run.start()

        awaiting = asyncio.create_task(cell())
        await begun.wait()
        awaiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await awaiting
        assert run.state == "stopped"
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert await run == "so far"

    within_deadline(main())


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A shell's background jobs begin with interruptions ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_interrupting_a_script_stops_the_run() -> None:
    env = Environment()
    run = Run(env, done=never, result=lambda: None)
    env.call_later(0.01, signal.raise_signal, signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        drive(run)
    assert run.state == "stopped"


@pytest.mark.leaves("the run is forgotten on purpose: the closing loop cancels its task")
def test_a_loop_that_is_closed_under_a_run_ends_it() -> None:
    async def main() -> Run[None]:
        return Run(Environment(), done=never, result=lambda: None).start()

    assert within_deadline(main()).state == "stopped"


def test_nothing_is_left_on_the_loop() -> None:
    async def main() -> None:
        for _ in range(20):
            env = Environment()
            await run_of(env, ticks(env, 2, 0.1), speed=1000).start()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    within_deadline(main())
