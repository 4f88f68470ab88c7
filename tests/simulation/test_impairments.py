"""What a link does to packets, as pure rules with given dice."""

from __future__ import annotations

from math import sqrt
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipsim.errors import UsageError
from sipsim.simulation.impairments import Impairment

N = 20_000


class NoDice(Random):
    """Fails when it is drawn from."""

    def random(self) -> float:
        raise AssertionError("drawn from")


def within_four_sigma(hits: int, probability: float, n: int = N) -> bool:
    return abs(hits - n * probability) <= 4 * sqrt(n * probability * (1 - probability))


def test_nothing_is_drawn_where_everything_is_zero() -> None:
    ideal = Impairment(delay=0.01, bandwidth=1e6)
    assert ideal.delays(500, NoDice()) == [0.01]
    data = b"INVITE"
    assert ideal.corrupted(data, NoDice()) is data
    assert Impairment().plain
    assert not ideal.plain
    assert not ideal.draws


@pytest.mark.parametrize("name", ["jitter", "loss", "duplicate", "reorder", "corrupt"])
def test_whatever_is_left_to_chance_is_drawn(name: str) -> None:
    impairment = Impairment(**{name: 0.1})
    assert impairment.draws
    assert not impairment.plain
    with pytest.raises(AssertionError):
        impairment.corrupted(b"x", NoDice()) and impairment.delays(1, NoDice())


@pytest.mark.parametrize("p", [0.01, 0.1, 0.5, 0.9])
def test_each_thing_happens_as_often_as_it_should(p: float) -> None:
    dice = Random("1")
    assert within_four_sigma(sum(not Impairment(loss=p).delays(1, dice) for _ in range(N)), p)
    assert within_four_sigma(sum(len(Impairment(duplicate=p).delays(1, dice)) - 1 for _ in range(N)), p)
    late = [Impairment(reorder=p).delays(1, dice)[0] > 0.02 for _ in range(N)]
    assert within_four_sigma(sum(late), p)
    data = b"x" * 700
    assert within_four_sigma(sum(Impairment(corrupt=p).corrupted(data, dice) is not data for _ in range(N)), p)


def test_certainties() -> None:
    assert Impairment(loss=1).delays(1, Random(1)) == []
    assert Impairment(duplicate=1).delays(1, Random(1)) == [0.005, 0.005]


def test_a_datagram_above_the_mtu_is_lost_with_any_of_its_fragments() -> None:
    """1 400 octets and 8 of UDP in pieces of 480: three of them."""
    dice, impairment = Random("2"), Impairment(loss=0.2, mtu=500)
    assert within_four_sigma(sum(not impairment.delays(1400, dice) for _ in range(N)), 1 - 0.8**3)
    assert within_four_sigma(sum(not impairment.delays(400, dice) for _ in range(N)), 0.2)


@given(st.floats(0, 1), st.floats(0, 1), st.integers())
def test_delays_stay_in_their_range(delay: float, jitter: float, seed: int) -> None:
    (taken,) = Impairment(delay=delay, jitter=jitter).delays(1, Random(seed))
    assert delay <= taken <= delay + jitter
    (held_up,) = Impairment(delay=delay, reorder=1).delays(1, Random(seed))
    assert delay + max(0.02, 2 * delay) <= held_up <= delay + max(0.02, 3 * delay)


@given(st.binary(max_size=300), st.integers())
def test_corruption_changes_up_to_three_octets_and_no_length(data: bytes, seed: int) -> None:
    changed = Impairment(corrupt=1).corrupted(data, Random(seed))
    assert len(changed) == len(data)
    assert sum(a != b for a, b in zip(data, changed, strict=True)) <= 3
    assert changed is data or changed != data


@pytest.mark.parametrize(
    "wrong",
    [
        {"delay": -0.1}, {"delay": float("inf")}, {"jitter": float("nan")}, {"loss": 1.1},
        {"corrupt": -0.1}, {"mtu": 10}, {"loss": "0.1"}, {"duplicate": True}, {"bandwidth": None},
    ],
)  # fmt: skip
def test_a_value_out_of_range_is_refused_by_name(wrong: dict[str, Any]) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(UsageError, match=f"{name}={value!r}"):
        Impairment(**wrong)
