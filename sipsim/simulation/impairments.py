"""What a link does to packets: delay, loss, duplication, reordering, corruption.

Pure rules. The dice are the caller's: a random stream that is only drawn from where a parameter is not 0.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import inf
from numbers import Real
from random import Random
from typing import Any

from sipsim.errors import UsageError

PROBABILITIES = ("loss", "duplicate", "reorder", "corrupt")
LEAST_HOLD_UP = 0.020  # seconds that a reordered packet falls behind at the least
LEAST_MTU = 68  # octets (RFC 791 §3.2)
IP_HEADER, UDP_HEADER = 20, 8  # octets


@dataclass(frozen=True, slots=True)
class Impairment:
    """What one direction of a link does to each packet.

    `delay` is in seconds, and up to `jitter` seconds more, evenly spread. `loss`, `duplicate`, `reorder` and `corrupt`
    are probabilities for each packet. A reordered packet takes two to three times its delay longer, at least 20 ms,
    so that others overtake it. `bandwidth` is in bits a second, `mtu` in octets; 0 is no limit. A datagram above the
    MTU travels in fragments, each of which may be lost, and the datagram with it.
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
        return bool(self.jitter or self.loss or self.duplicate or self.reorder or self.corrupt)

    @property
    def plain(self) -> bool:
        """Whether every packet arrives as it is, after the same delay."""
        return not (self.draws or self.bandwidth)

    def delays(self, size: int, rng: Random) -> list[float]:
        """The delays of a packet's copies, `size` octets each: none when it is lost, two when it is duplicated."""
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
        return bytes(octets) if octets != data else data  # one change may have undone another

    def _delay(self, rng: Random) -> float:
        delay = self.delay + self.jitter * rng.random() if self.jitter else self.delay
        if self.reorder and rng.random() < self.reorder:
            delay += max(LEAST_HOLD_UP, self.delay * (2 + rng.random()))
        return delay

    def _fragments(self, size: int) -> int:
        """Into how many IP fragments a datagram is cut."""
        return -(-(size + UDP_HEADER) // (int(self.mtu) - IP_HEADER)) if self.mtu else 1


def _check(name: str, value: Any) -> None:
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else -1.0
    if not 0 <= number < inf:
        raise UsageError(f"{name}={value!r}: a finite number, 0 or more")
    if name in PROBABILITIES and number > 1:
        raise UsageError(f"{name}={value!r}: a probability, from 0 to 1")
    if name == "mtu" and 0 < number < LEAST_MTU:
        raise UsageError(f"mtu={value!r}: 0 for no limit, or at least {LEAST_MTU} octets (RFC 791 §3.2)")
