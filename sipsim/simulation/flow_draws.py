"""What becomes of many packets on a way, drawn at once: how many get through, and how unevenly the last ones come."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from sipsim.simulation.impairments import Impairment
from sipsim.simulation.links import Route

SIZE = 172
"""Octets of a packet of speech."""
FEW, MANY = 40, 4000
"""Packets that the last estimate of jitter is made from, and those that its mean is made from."""
AT_ONCE = 16.0
"""Expected hits of one draw; more would need smaller numbers than a float can hold."""


def binomial(count: int, probability: float, dice: Random) -> int:
    """How many of `count` packets something happens to that has this probability for each.

    Exact, by inversion of the distribution, in portions; only with what comes out alike on every machine.
    """
    if probability <= 0.0 or count <= 0:
        return 0
    if probability >= 1.0:
        return count
    if probability > 0.5:
        return count - binomial(count, 1.0 - probability, dice)
    hits, portion = 0, max(1, int(AT_ONCE / probability))
    while count > 0:
        part = min(count, portion)
        hits += _portion(part, probability, dice)
        count -= part
    return hits


def _portion(count: int, probability: float, dice: Random) -> int:
    odds = probability / (1.0 - probability)
    share = _power(1.0 - probability, count)  # of the outcomes with as many hits as `hits`
    left, hits = dice.random() - share, 0
    while left > 0.0 and hits < count:
        hits += 1
        share *= odds * (count - hits + 1) / hits
        left -= share
    return hits


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

    What it comes to in the long run is drawn once for every kind of way; what it is at an instant, from the last few
    packets before.
    """

    def __init__(self) -> None:
        self._usual: dict[object, float] = {}

    def draw(self, count: int, every: float, passage: Passage, dice: Random) -> tuple[float, float]:
        """The mean of the estimate over `count` packets (s), one `every` so many seconds, and the last estimate."""
        kind = every, passage.wires
        usual = self._usual.get(kind)
        if usual is None:
            changes = _changes(MANY, every, passage, dice)
            usual = self._usual[kind] = sum(changes) / max(1, len(changes))
        if count < 2:
            return 0.0, 0.0
        estimate = usual * (1.0 - _power(15 / 16, max(0, count - FEW)))  # it begins at 0
        for change in _changes(min(count, FEW), every, passage, dice):
            estimate += (change - estimate) / 16
        return usual * (1.0 - 16.0 * (1.0 - _power(15 / 16, count)) / count), estimate


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
