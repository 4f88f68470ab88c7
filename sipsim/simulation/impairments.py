"""What a wire does to packets: delay, loss, duplication, reordering, corruption; pure rules that draw from a stream they are given."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import inf
from random import Random

from sipsim.errors import UsageError

PROBABILITIES = ("loss", "duplicate", "reorder", "corrupt")
LEAST_HOLD_UP = 0.020  # seconds by which a reordered packet falls behind at the least


@dataclass(frozen=True, slots=True)
class Impairment:
    """What one direction of a link does to each packet. Nothing is drawn for what is 0.

    `delay` seconds; up to `jitter` seconds more, evenly spread; `loss`, `duplicate`, `reorder` and `corrupt` are probabilities for
    each packet. A reordered packet takes two to three times its delay longer (at least 20 ms), so that others overtake it.
    `bandwidth` is in bits a second, `mtu` in octets (0: no limit); a datagram above the MTU travels in fragments, and is lost
    when one of them is.
    """

    delay: float = 0.005
    jitter: float = 0.0
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    corrupt: float = 0.0
    bandwidth: float = 0.0
    mtu: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            _check(field.name, getattr(self, field.name))

    @property
    def draws(self) -> bool:
        """Whether anything is left to chance."""
        return (self.jitter or self.loss or self.duplicate or self.reorder or self.corrupt) > 0

    @property
    def plain(self) -> bool:
        """Whether every packet arrives as it is, after the same delay."""
        return not (self.draws or self.bandwidth)

    def delays(self, size: int, rng: Random) -> list[float]:
        """The delay of each copy of a packet of `size` octets that arrives: none when it is lost, two when it is duplicated."""
        if self.loss and any(rng.random() < self.loss for _ in range(self._fragments(size))):
            return []
        copies = 2 if self.duplicate and rng.random() < self.duplicate else 1
        return [self._delay(rng) for _ in range(copies)]

    def corrupted(self, data: bytes, rng: Random) -> bytes:
        """The octets as they arrive: the same object when they are spared, else with one to three of them changed."""
        if not (self.corrupt and data and rng.random() < self.corrupt):
            return data
        octets = bytearray(data)
        for _ in range(1 + int(rng.random() * 3)):
            octets[int(rng.random() * len(octets))] ^= 1 + int(rng.random() * 255)
        changed = bytes(octets)
        return data if changed == data else changed  # two changes at one place may cancel out

    def _delay(self, rng: Random) -> float:
        delay = self.delay + self.jitter * rng.random() if self.jitter else self.delay
        if self.reorder and rng.random() < self.reorder:
            delay += max(LEAST_HOLD_UP, self.delay * (2 + rng.random()))
        return delay

    def _fragments(self, size: int) -> int:
        """Into how many IP fragments a UDP datagram is cut (20 octets of IP header each, 8 of UDP in the first)."""
        return -(-(size + 8) // (self.mtu - 20)) if self.mtu else 1


def _check(name: str, value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < inf:
        raise UsageError(f"{name}={value!r}: a finite number, 0 or more")
    if name in PROBABILITIES and value > 1:
        raise UsageError(f"{name}={value!r}: a probability, from 0 to 1")
    if name == "mtu" and 0 < value < 68:
        raise UsageError(f"mtu={value!r}: 0 (no limit) or at least 68 octets (RFC 791)")
