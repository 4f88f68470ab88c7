"""What becomes of many packets on a way, drawn at once: how many get through, and how unevenly the last ones come."""

from __future__ import annotations

from bisect import bisect
from functools import lru_cache
from random import Random
from typing import NamedTuple

from sipsim.simulation.impairments import Impairment
from sipsim.simulation.links import Route

SIZE = 172
"""Octets of a packet of speech."""
FEW, MANY = 40, 4000
"""Packets of a stream that is drawn one by one, and those of the stream that longer ones are likened to."""
AT_ONCE = 64.0
"""Expected hits of one draw; more would need smaller numbers than a float can hold."""


def binomial(count: int, probability: float, dice: Random) -> int:
    """How many of `count` packets something happens to that has this probability for each.

    Exact, by inversion of the distribution, in portions that are powers of two, so that few distributions serve all
    counts; only with what comes out alike on every machine.
    """
    if probability <= 0.0 or count <= 0:
        return 0
    if probability >= 1.0:
        return count
    if probability > 0.5:
        return count - binomial(count, 1.0 - probability, dice)
    hits, most = 0, max(1, int(AT_ONCE / probability))
    while count > 0:
        portion = 1 << min(count, most).bit_length() - 1
        hits += bisect(_distribution(portion, probability), dice.random())
        count -= portion
    return hits


@lru_cache(maxsize=1024)
def _distribution(count: int, probability: float) -> list[float]:
    """The probabilities of at most 0, 1, 2, ... hits, as far as they differ from 1."""
    odds = probability / (1.0 - probability)
    share = _power(1.0 - probability, count)  # of the outcomes with as many hits as `hits`
    total, hits, found = share, 0, list[float]()
    while hits < count and (not found or total > found[-1]):
        found.append(total)
        hits += 1
        share *= odds * (count - hits + 1) / hits
        total += share
    return found


def _power(number: float, exponent: int) -> float:
    """`number ** exponent` by multiplications alone, whose last digits no library decides."""
    result = 1.0
    while exponent:
        if exponent & 1:
            result *= number
        number *= number
        exponent >>= 1
    return result


class Passage(NamedTuple):
    """A way as it was at some time: what each of its wires does, the usual delay (s), and whether nothing passed."""

    wires: tuple[Impairment, ...]
    delay: float
    broken: bool

    @classmethod
    def of(cls, route: Route) -> Passage:
        """A route as it is now."""
        if not route.wires:
            return cls((), sum(route.pauses), bool(route.broken))
        wires = tuple([wire.link.impairment for wire in route.wires])
        usual = sum([wire.delay + wire.jitter / 2 for wire in wires])
        return cls(wires, sum(route.pauses) + usual, bool(route.broken))

    @property
    def uneven(self) -> bool:
        """Whether packets take different times."""
        return any(wire.jitter or wire.reorder for wire in self.wires)

    def keeps_order(self, every: float) -> bool:
        """Whether packets sent so many seconds apart never overtake each other, nor come twice."""
        return sum([wire.jitter for wire in self.wires]) < every and not any(
            wire.reorder or wire.duplicate for wire in self.wires
        )


class JitterDraws:
    """The interarrival jitter of streams over ways, as RFC 3550 A.8 estimates it.

    For every kind of way one long stream is drawn: what changes come to in it on average, and what the estimate is at
    one of its instants, stand for all streams that are not short.
    """

    def __init__(self) -> None:
        self._known: dict[object, tuple[float, list[float]]] = {}

    def draw(self, count: int, every: float, passage: Passage, dice: Random) -> tuple[float, float]:
        """The mean of the estimate over `count` packets (s), one `every` so many seconds, and the last estimate."""
        kind = every, passage.wires
        known = self._known.get(kind)
        if known is None:
            changes = _changes(MANY, every, passage, dice)
            usual = sum(changes) / max(1, len(changes))
            known = self._known[kind] = usual, _estimates(changes)[FEW:] or [usual]
        usual, estimates = known
        if count < 2:
            return 0.0, 0.0
        mean = usual * (1.0 - 16.0 * (1.0 - _power(15 / 16, count)) / count)  # the estimate begins at 0
        if count > FEW:
            begun = 1.0 - _power(15 / 16, count - 1)
            return mean, estimates[int(dice.random() * len(estimates))] * begun
        return mean, _estimates(_changes(count, every, passage, dice))[-1]


def _estimates(changes: list[float]) -> list[float]:
    """What the estimate is at first, and after each change."""
    estimate, found = 0.0, [0.0]
    for change in changes:
        estimate += (change - estimate) / 16
        found.append(estimate)
    return found


def _changes(count: int, every: float, passage: Passage, dice: Random) -> list[float]:
    """By how much the time on the way differs from one arrival to the next."""
    if passage.keeps_order(every):
        rolls, transits = [dice.random] * count, [0.0] * count
        for wire in passage.wires:
            if spread := wire.jitter:
                transits = [spent + spread * roll() for spent, roll in zip(transits, rolls, strict=True)]
    else:
        transits = [transit for _, transit in sorted(_arrivals(count, every, passage, dice))]
    return [abs(one - other) for one, other in zip(transits[1:], transits, strict=False)]


def _arrivals(count: int, every: float, passage: Passage, dice: Random) -> list[tuple[float, float]]:
    """When each copy arrives, and how long it was on the way, apart from what is the same for all."""
    found = [(number * every, 0.0) for number in range(count)]
    for wire in passage.wires:
        behind = found
        found = [(at + delay, spent + delay) for at, spent in behind for delay in wire.delays(SIZE, dice)]
    return found
