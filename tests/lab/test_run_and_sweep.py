"""Scenarios by name and by function, and sweeps over their parameters."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor

import pytest

import sipsim
from sipsim import Lab, UsageError
from sipsim.lab.parameters import Seconds
from sipsim.lab.sweep import as_csv


@sipsim.scenario(title="Two phones", rfc="RFC 3261 §13")
def two_phones(lab: Lab, *, ring: float = 1.0):  # type: ignore[no-untyped-def]
    alice, bob = lab.user_agent("sip:alice@a.test"), lab.user_agent("sip:bob@a.test", answers=ring)
    call = alice.call(bob)
    yield call.answered
    yield call.hang_up()
    return {"rang": ring}


def plain(lab: Lab):  # type: ignore[no-untyped-def]
    yield lab.env.timeout(1)


def failing(lab: Lab, *, n: int = 0):  # type: ignore[no-untyped-def]
    yield lab.env.timeout(1)
    if n:
        raise RuntimeError("n is set")


def test_a_function_runs_marked_or_not() -> None:
    trace = sipsim.run(two_phones, seed=3, ring=2.5, loss=0.0)
    assert trace.header["scenario"] == "two-phones" and trace.header["seed"] == 3
    assert trace.header["parameters"] == {"ring": 2.5, "loss": 0.0}
    assert trace.result["rang"] == 2.5 and trace.result["setup_time"] == pytest.approx(2.51)
    assert sipsim.run(plain).result["duration"] == 1


def test_an_unknown_name_or_parameter_is_refused_with_what_there_is() -> None:
    with pytest.raises(UsageError, match="'ozeky' is not in the catalogue; there are ozeki"):
        sipsim.run("ozeky")
    with pytest.raises(UsageError, match="colour: two-phones has no such parameter; there are ring, delay"):
        sipsim.run(two_phones, colour="red")
    with pytest.raises(UsageError, match="parentheses"):
        sipsim.scenario(plain)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "parameters", "said"),
    [
        ("ozeki", {"talk": -1}, "talk: -1 will not do; allowed are seconds from 0 to 1000000"),
        ("ozeki", {"ring": -1.5}, "ring: -1.5 will not do"), ("ozeki", {"progress": 182}, "allowed are 180, 183"),
        ("glare", {"talk": 0}, "talk: 0 will not do; allowed are seconds from 0.1"),
        ("overload", {"callers": 0}, "callers: 0 will not do; allowed are whole numbers from 1"),
        ("same-addresses", {"server": "prxy"}, "server: 'prxy' will not do; allowed are 'proxy', 'redirect server'"),
        ("refresh", {"hours": 1e9}, "hours: .* from 0 to 168"), ("busy", {"status": 200}, "status: 200 will not do"),
        ("rfc5359-2.9", {"after": 0}, "after: 0 will not do; allowed are seconds from 0.001 to 181"),
        ("rfc5359-2.12", {"ring_time": 600}, "ring_time: 600 will not do"),
        ("rfc5359-2.3", {"talk": 0}, "talk: 0 will not do"), ("rfc5359-2.16", {"ring": 600}, "seconds from 0 to 170"),
        ("sequential-search", {"ring_time": 0}, "ring_time: 0 will not do"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_before_anything_runs(name: str, parameters: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        sipsim.run(name, network=None, **parameters)  # not even the network is looked at
    with pytest.raises(UsageError, match=said):
        sipsim.sweep(name, {key: [value] for key, value in parameters.items()})


@pytest.mark.parametrize("name", list(sipsim.catalogue()))
def test_every_parameter_of_the_catalogue_has_its_limits(name: str) -> None:
    scenario = sipsim.catalogue()[name]
    for parameter, default in scenario.parameters.items():
        wrong = "no such" if isinstance(default, str) else 2 if isinstance(default, bool) else -1
        with pytest.raises(UsageError, match=f"^{parameter}: "):
            scenario.sort({parameter: wrong})
        assert scenario.sort({parameter: default})[0] == {parameter: default}


def test_limits_in_a_story_of_ones_own() -> None:
    def story(lab: Lab, *, pause: Seconds = 1.0, free: float = -1.0, odd: Nowhere = 3):  # type: ignore # noqa: F821
        yield lab.env.timeout(pause)

    with pytest.raises(UsageError, match="pause: -1 will not do"):
        sipsim.run(story, pause=-1)
    assert sipsim.run(story, free=-5.0, odd=4, pause=2).result["duration"] == 2


@pytest.mark.parametrize(("expires", "notified"), [(0, 1), (5, 2), (600, 2)])
def test_a_subscription_ends_at_once_by_itself_or_when_told(expires: int, notified: int) -> None:
    trace = sipsim.run("subscribe", expires=expires, stay=60.0)
    assert sum(record.message.method == "NOTIFY" for record in trace.select("sent")
               if isinstance(record.message, sipsim.Request)) == notified  # fmt: skip


def test_a_scenario_that_needs_scripted_losses_says_that_it_can_not_be_live() -> None:
    with pytest.raises(UsageError, match="lost-200 can't run on live sockets"):
        sipsim.run("lost-200", network="udp")


def test_a_sweep_is_a_row_a_run_with_common_seeds() -> None:
    rows = sipsim.sweep(two_phones, grid={"loss": [0, 0.3], "ring": [1.0, 2.0]}, replications=3, seed=10)
    assert len(rows) == 12
    assert [row["seed"] for row in rows[:6]] == [10, 11, 12, 10, 11, 12]
    assert all(row["lost"] == 0 and row["answered"] == 1 for row in rows if row["loss"] == 0)
    assert any(row["lost"] for row in rows if row["loss"] == 0.3)
    assert rows == sipsim.sweep(two_phones, grid={"loss": [0, 0.3], "ring": [1.0, 2.0]}, replications=3, seed=10)


def test_an_executor_gives_the_same_rows() -> None:
    grid = {"loss": [0, 0.2]}
    with ThreadPoolExecutor(2) as pool:
        assert sipsim.sweep("busy", grid, replications=2, executor=pool) == sipsim.sweep("busy", grid, replications=2)


def test_a_run_whose_story_raises_is_a_row_and_no_end() -> None:
    rows = sipsim.sweep(failing, {"n": [0, 1]})
    assert [row["ok"] for row in rows] == [True, False]
    assert rows[1]["error"] == "RuntimeError: n is set" and rows[1]["duration"] == 1


@pytest.mark.parametrize(
    ("grid", "more", "names"),
    [({"loss": 0.1}, {}, "loss needs a list"), ({"loss": []}, {}, "loss"), ({"losss": [1]}, {}, "losss"),
     ({}, {"replications": 0}, "replications")],
)  # fmt: skip
def test_a_wrong_sweep_is_refused(grid: dict[str, object], more: dict[str, int], names: str) -> None:
    with pytest.raises(UsageError, match=names):
        sipsim.sweep("ozeki", grid, **more)  # type: ignore[arg-type]


def test_rows_make_csv_that_no_spreadsheet_takes_for_formulas() -> None:
    rows = [{"a": 1, "text": "=1+1", "ok": True}, {"a": -2.5, "b": None}]
    assert list(csv.reader(io.StringIO(as_csv(rows)))) == [
        ["a", "text", "ok", "b"], ["1", "'=1+1", "true", ""], ["-2.5", "", "", ""],
    ]  # fmt: skip


def test_a_story_that_is_written_wrong_is_told_how() -> None:
    def no_lab():  # type: ignore[no-untyped-def]
        yield

    def needs(lab: Lab, *, n: int):  # type: ignore[no-untyped-def]
        yield lab.env.timeout(n)

    def no_event(lab: Lab):  # type: ignore[no-untyped-def]
        yield 42

    with pytest.raises(UsageError, match="no-lab takes no lab"):
        sipsim.run(no_lab)
    with pytest.raises(UsageError, match="n: needs needs this parameter"):
        sipsim.run(needs)
    with pytest.raises(UsageError, match="yields 42, which is no event"):
        sipsim.run(no_event)
    assert sipsim.run(needs, n=2).result["duration"] == 2
    with pytest.raises(UsageError, match="ring: nan is not finite"):
        sipsim.run(two_phones, ring=float("nan"))


def test_a_stalled_run_keeps_its_trace_and_is_a_row() -> None:
    with pytest.raises(sipsim.Stalled) as stalled:
        sipsim.run("lost-200", times=12)
    assert stalled.value.trace.result["lost"] >= 11  # type: ignore[attr-defined]
    rows = sipsim.sweep("lost-200", {"times": [1, 12]})
    assert [row["ok"] for row in rows] == [True, False] and set(rows[0]) == set(rows[1])
