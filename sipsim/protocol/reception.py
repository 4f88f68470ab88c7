"""What a receiver of RTP counts: packets, losses, interarrival jitter (RFC 3550 §6.4.1, appendices A.1, A.3, A.8)."""

from __future__ import annotations

from typing import NamedTuple

MOST_LEAP = 3000
"""Numbers that a stream may leap ahead before it is thought to have begun anew."""
MOST_LATE = 100
"""Numbers that a packet may be late."""

_TURN = 1 << 16
_HALF = 1 << 31


class Statistics(NamedTuple):
    """What one end of a stream has counted.

    `received` holds copies too, `lost` is what was expected less that, so copies may bring it below 0 (RFC 3550 A.3).
    `jitter` is the estimate after the last packet (A.8), `mean_jitter` its mean over all packets, both in seconds.
    `unheard` are packets of ours that came back since nobody listened, `ignored` those that came and were no RTP of
    this stream.
    """

    sent: int = 0
    received: int = 0
    lost: int = 0
    jitter: float = 0.0
    mean_jitter: float = 0.0
    unheard: int = 0
    ignored: int = 0

    @property
    def loss(self) -> float:
        """The share of the expected packets that did not come, 0 where none were expected."""
        expected = self.received + self.lost
        return max(0.0, self.lost / expected) if expected > 0 else 0.0


class Reception:
    """The counters for one source of RTP; `rate` is its clock's ticks a second.

    A source is believed from its first packet on, other than in A.1: the signalling has said that it will send.
    """

    __slots__ = (
        "_bad", "_base", "_since", "_transit", "_untimed", "highest", "jitter", "jitter_sum", "lost", "rate",
    )  # fmt: skip

    def __init__(self, sequence: int, timestamp: int, now: float, rate: int) -> None:
        self.rate = float(rate)
        self.jitter = self.jitter_sum = 0.0
        self._transit = now * rate - timestamp
        self.lost = self._untimed = 0
        self._since = 0  # packets expected before the source began anew
        self._restart(sequence)

    def _restart(self, sequence: int) -> None:
        self._base = sequence
        self.highest = sequence - 1  # extended: it goes on beyond 65535
        self._bad = -1

    def take(self, sequence: int, timestamp: int, now: float) -> bool:
        """A packet arrives at the instant `now` (s); false where its number is too far off to count (A.1)."""
        highest = self.highest
        if sequence - highest & 0xFFFF == 1:  # nearly always; so nothing else is counted here
            self.highest = highest + 1
        elif not self._counted(sequence):
            return False
        transit = now * self.rate - timestamp
        change = transit - self._transit
        self._transit = transit
        if change < 0.0:
            change = -change
        if change > _HALF:  # the time stamp has begun again at 0
            change = abs(change - 2 * _HALF)
        jitter = self.jitter
        self.jitter = jitter = jitter + (change - jitter) * 0.0625  # a sixteenth, exactly
        self.jitter_sum += jitter
        return True

    def take_untimed(self, sequence: int) -> bool:
        """The same for one whose time stamp says nothing about when it was sent: the repeated packets of a key."""
        counted = self._counted(sequence)
        self._untimed += counted
        return counted

    def _counted(self, sequence: int) -> bool:
        """Count a packet, which need not be the next one."""
        step = sequence - self.highest & 0xFFFF
        if 0 < step < MOST_LEAP:
            self.highest += step
            self.lost += step - 1
        elif 0 < step <= _TURN - MOST_LATE:
            if sequence != self._bad:
                self._bad = sequence + 1 & 0xFFFF
                return False
            self._since = self.expected  # two in a row: the other side began anew
            self._restart(sequence)
            self.highest = sequence
        else:  # a late one, or a copy
            self.lost -= 1
        return True

    @property
    def expected(self) -> int:
        """How many packets there should have been (A.3)."""
        return self._since + self.highest - self._base + 1

    @property
    def received(self) -> int:
        """How many there were, copies too."""
        return self.expected - self.lost

    def statistics(self) -> Statistics:
        """The counters, times in seconds."""
        rate, measured = self.rate, self.received - self._untimed
        mean = self.jitter_sum / measured if measured else 0.0
        return Statistics(0, self.received, self.lost, self.jitter / rate, mean / rate)


def together(found: list[Statistics]) -> Statistics:
    """Several sources of one stream as one: counts are added, jitter is the last one's, its mean weighted."""
    if len(found) < 2:
        return found[0] if found else Statistics()
    counts = [sum(column) for column in zip(*found, strict=True)]
    received = int(counts[1])
    mean = sum(one.mean_jitter * one.received for one in found) / received if received else 0.0
    return Statistics(int(counts[0]), received, int(counts[2]), found[-1].jitter, mean, int(counts[5]), int(counts[6]))
