"""The benchmarks run, and say when a target is missed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench import __main__ as bench
from bench import apis, digest, floor, workload
from bench.figures import Figure, in_turn, ratio


def test_the_floor_carries_every_call_to_its_end():
    floor.run(20, workload.EVERY)  # it would fail


LOADS = [workload.by_callbacks, workload.by_stories, apis.by_android, apis.by_pjsua, apis.by_symbian]


@pytest.mark.parametrize("load", LOADS)
def test_a_call_is_thirteen_messages_as_on_the_floor(load: Callable[..., None]):
    lab = workload.a_lab("counters")
    load(lab, 5)
    registration = 2
    assert lab.trace.counts["sent"] - registration == 13 * 5
    assert lab.trace.counts["retransmissions"] == lab.trace.counts["lost"] == 0


def test_a_call_with_digest_is_eighteen_messages_its_registration_included():
    lab = digest.a_lab("counters")
    digest.load(lab, 2 * digest.PHONES)
    bob, first, later = 4, 20, 18
    assert lab.trace.counts["sent"] == bob + digest.PHONES * (first + later)


def test_sides_take_turns():
    order: list[str] = []
    times = in_turn({"one": lambda: order.append("one"), "other": lambda: order.append("other")}, turns=2)
    assert order == ["one", "other", "one", "other"]
    assert list(map(len, times.values())) == [2, 2]
    assert ratio({"one": [1.0, 9.0, 2.0], "other": [2.0, 1.0, 2.0]}, "one", "other") == 1.0


@pytest.mark.parametrize(("value", "status"), [(3.0, 0), (3.4, 1)])
def test_a_missed_target_is_said_and_ends_with_1(
    value: float, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(bench, "ALL", {"some": lambda: [Figure("some", value, "x", most=3.3)]})
    assert bench.main([]) == status
    out = capsys.readouterr().out
    assert out.startswith('FIGURE {"name": "some", ')
    assert ("MISSED" in out) == bool(status)


def test_an_unknown_benchmark(capsys: pytest.CaptureFixture[str]):
    assert bench.main(["speed"]) == 2
    assert (
        "there are parsing, timers, calls, apis, digest, media, memory, growth, pictures, sweep"
        in capsys.readouterr().err
    )
