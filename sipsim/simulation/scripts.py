"""A rule of scripted interference: what happens to the packets that match, so many times."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING

from sipsim.protocol.options import whole_or_none
from sipsim.simulation.network import Packet
from sipsim.simulation.patterns import Test

if TYPE_CHECKING:
    from sipsim.simulation.interference import Interference

Stop = Callable[[Packet], object]
"""Keeps a packet that a rule takes off its way."""


class Rule:
    """What happens to the packets that match: they are given to `stop`, or else lost, with `why` as the reason.

    It ends after `times` packets (None: when it is cancelled). `count` says how many it met so far.
    """

    def __init__(
        self, network: Interference, test: Test, why: str, times: int | None, stop: Stop | None = None
    ) -> None:
        whole_or_none("times", times, 1, inf)
        self.why = why
        self.stop = stop
        self.times = times
        self.count = 0
        self._network = network
        self._test = test

    @property
    def active(self) -> bool:
        """Whether it will meet another packet."""
        return self in self._network.rules

    def cancel(self) -> None:
        """End it; what it holds stays held until the network's `release`."""
        self._network.end(self)

    def meets(self, packet: Packet) -> bool:
        """Whether it applies to this packet, which then counts."""
        if not self._test(packet):
            return False
        self.count += 1
        if self.count == self.times:
            self.cancel()
        return True

    def __repr__(self) -> str:
        return f"<Rule: {self.why or 'held'}, {self.count} so far{'' if self.active else ', over'}>"
