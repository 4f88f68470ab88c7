"""Timer values against the RFC's own table, and the intervals of those that repeat."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from sipsim.errors import UsageError
from sipsim.protocol.timing import LINGERING, Timing
from sipsim.protocol.transactions import INVITE_CLIENT, INVITE_SERVER, NON_INVITE_CLIENT, NON_INVITE_SERVER

ODD = Timing(t1=0.3, t2=2.0, t4=7.0)
SYMBOLS = {"T1": 0.3, "T2": 2.0, "T4": 7.0, "64T1": 64 * 0.3, "32s": 32.0, "0": 0.0, "-": None}
TABLE = [
    [part.strip() for part in line.split("|")]
    for line in (Path(__file__).parent / "data" / "timer_values.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("name", "unreliable", "reliable"), TABLE)
def test_first_values_are_those_of_the_rfc(name: str, unreliable: str, reliable: str) -> None:
    assert ODD.first(name, False) == SYMBOLS[unreliable]
    assert ODD.first(name, True) == SYMBOLS[reliable]


def test_the_table_names_every_timer_of_the_machines_and_no_other() -> None:
    machines = (INVITE_CLIENT, NON_INVITE_CLIENT, INVITE_SERVER, NON_INVITE_SERVER)
    used = {name for machine in machines for names in machine.timers.values() for name in names}
    assert used == {name for name, _, _ in TABLE}
    assert used >= LINGERING


def test_defaults() -> None:
    timing = Timing()
    assert (timing.t1, timing.t2, timing.t4) == (0.5, 4.0, 5.0)
    assert timing.first("B", False) == 32.0


def intervals(timing: Timing, name: str, count: int, state: str) -> list[float]:
    found = [timing.t1]
    while len(found) < count:
        found.append(timing.again(name, found[-1], state))
    return found


def test_timer_a_doubles_without_a_cap() -> None:
    assert intervals(Timing(), "A", 6, "calling") == [0.5, 1, 2, 4, 8, 16]
    assert all(b == 2 * a for a, b in pairwise(intervals(Timing(t1=3.0), "A", 7, "calling")))


@pytest.mark.parametrize(("name", "state"), [("E", "trying"), ("G", "completed")])
def test_timers_e_and_g_double_up_to_t2(name: str, state: str) -> None:
    assert intervals(Timing(), name, 6, state) == [0.5, 1, 2, 4, 4, 4]
    assert intervals(Timing(t1=3.0), name, 3, state) == [3, 4, 4]


def test_timer_e_goes_to_t2_at_once_when_proceeding() -> None:
    assert Timing().again("E", 0.5, "proceeding") == 4.0


def test_timer_d_is_never_shorter_than_32_seconds_nor_than_our_own_timer_h() -> None:
    assert Timing(t1=0.1).first("D", False) == 32.0
    slow = Timing(t1=2.0)
    assert slow.first("D", False) == slow.first("H", False) == 128.0


@pytest.mark.parametrize("name", ["t1", "t2", "t4"])
@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), "0.5", None])
def test_what_is_no_duration_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"{name}="):
        Timing(**{name: value})  # type: ignore[arg-type]


def test_an_unknown_timer_is_refused() -> None:
    with pytest.raises(UsageError, match="'Z'"):
        Timing().first("Z", False)


def test_timings_are_values() -> None:
    assert Timing(t1=1.0) == Timing(t1=1.0) != Timing()
    assert repr(Timing()) == "Timing(t1=0.5, t2=4.0, t4=5.0)"
