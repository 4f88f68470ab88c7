"""What is drawn at once for many packets comes to what single draws would."""

from __future__ import annotations

from collections import Counter
from math import comb, sqrt
from random import Random
from statistics import mean

import pytest

from sipsim.simulation.flow_draws import JitterDraws, Passage, binomial
from sipsim.simulation.impairments import Impairment


@pytest.mark.parametrize("probability", [0.03, 0.3, 0.7])
def test_as_many_are_hit_as_the_binomial_distribution_says(probability: float):
    dice, count, draws = Random(1), 13, 20_000  # thirteen: three portions
    found = Counter(binomial(count, probability, dice) for _ in range(draws))
    for hits in range(count + 1):
        chance = comb(count, hits) * probability**hits * (1 - probability) ** (count - hits)
        assert abs(found[hits] / draws - chance) < 4 * sqrt(chance * (1 - chance) / draws) + 1 / draws


def test_an_hour_of_packets_is_drawn_in_portions():
    dice, count, probability = Random(2), 180_000, 0.1
    found = [binomial(count, probability, dice) for _ in range(200)]
    deviation = sqrt(count * probability * (1 - probability))
    assert abs(mean(found) - count * probability) < 4 * deviation / sqrt(200)
    assert 0.8 < sqrt(mean((hits - count * probability) ** 2 for hits in found)) / deviation < 1.2


@pytest.mark.parametrize(("probability", "hits"), [(0.0, 0), (1.0, 3000), (1e-300, 0), (1.0 - 1e-16, 3000)])
def test_what_is_next_to_certain(probability: float, hits: int):
    assert binomial(3000, probability, Random(3)) == hits


@pytest.mark.parametrize("wire", [Impairment(jitter=0.05, loss=1.0), Impairment(jitter=0.05, loss=0.9999)])
@pytest.mark.parametrize("count", [0, 1, 2, 40, 41, 100_000])
def test_where_hardly_anything_arrives_there_is_a_jitter_all_the_same(wire: Impairment, count: int):
    averaged, last = JitterDraws().draw(count, 0.02, Passage((wire,), 0.005, False), Random(4))
    assert 0.0 <= averaged <= 0.05
    assert 0.0 <= last <= 0.05


@pytest.mark.parametrize("count", [10, 40, 41, 100, 3000])
def test_the_last_estimate_is_on_average_what_so_many_packets_come_to(count: int):
    """Transit times differ by a third of their spread on average, and the estimate goes there by sixteenths."""
    draws, dice = JitterDraws(), Random(5)
    way = Passage((Impairment(jitter=0.015),), 0.0125, False)
    found = [draws.draw(count, 0.02, way, dice)[1] for _ in range(400)]
    assert mean(found) == pytest.approx(0.005 * (1 - (15 / 16) ** (count - 1)), rel=0.06)
