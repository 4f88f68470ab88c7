"""How long the timers of transactions run: T1, T2, T4 and what follows (RFC 3261 §17 and table 4, RFC 6026).

Nothing runs here. A transaction asks `first` when a state begins, and `again` when a repeating timer fired.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite

from sipsim.errors import UsageError

LINGERING = frozenset("DIJKLM")
"""Timers of transactions that did their work and wait for stragglers; a run may end while they stand."""

RETRANSMITTING = "AEG"
"""The timers that retransmit: not used on transports that retransmit by themselves."""

TIMER_C = 181.0
"""Seconds that proxies leave an INVITE unanswered after a provisional response: more than three minutes (§16.6)."""


class Values(dict[str, float | None]):
    """First delays by the names of timers."""

    def __missing__(self, name: str) -> None:
        raise UsageError(f"timer {name!r}: transactions have {', '.join(self)}")


Start = tuple[str, str, float]
"""("start", timer, delay): what a transaction asks for."""


class Starts(dict[tuple[str, ...], tuple[Start, ...]]):
    """How the timers of a state are started, by their names; made when first needed."""

    def __init__(self, delays: Values) -> None:
        self._delays = delays

    def __missing__(self, names: tuple[str, ...]) -> tuple[Start, ...]:
        delays = [(name, self._delays[name]) for name in names]
        self[names] = starts = tuple([("start", name, delay) for name, delay in delays if delay is not None])
        return starts


UNITS = 64
"""A transaction gives up after 64 times T1, in which seven INVITEs are sent (RFC 3261 §17.1.1.2)."""

SHORTEST_D = 32.0
"""Timer D must outlast the server's H, and the server's T1 is not known here: at least 32 s (§17.1.1.2)."""


@dataclass(frozen=True)
class Timing:
    """The three base values, in seconds.

    `t1` is an estimate of the round-trip time (RFC 3261 §17.1.1.1), `t2` the longest interval between
    retransmissions of a non-INVITE request or an INVITE response (§17.1.2.2), `t4` the longest time that a
    message stays in the network (§17.1.2.2). A value that is not a positive number raises `UsageError`.
    """

    t1: float = 0.5
    t2: float = 4.0
    t4: float = 5.0
    delays: tuple[Values, Values] = field(init=False, repr=False, compare=False)
    """What `first` gives, by name: on unreliable transports, then on reliable ones."""
    starts: tuple[Starts, Starts] = field(init=False, repr=False, compare=False)
    """The effects that start timers, likewise."""

    def __post_init__(self) -> None:
        for name in ("t1", "t2", "t4"):
            value = getattr(self, name)
            if not (isinstance(value, int | float) and isfinite(value) and value > 0):
                raise UsageError(f"{name}={value!r}: a number of seconds above 0 is needed")
        object.__setattr__(self, "delays", (self._values(False), self._values(True)))
        object.__setattr__(self, "starts", tuple(map(Starts, self.delays)))

    def first(self, name: str, reliable: bool) -> float | None:
        """The first delay of a timer in seconds; None where a reliable transport does without it.

        On reliable transports nothing can straggle, so the timers that wait for stragglers take 0 s there; L
        and M do not, as a 2xx is retransmitted on any transport (RFC 6026 §8.7). `UsageError` for a timer
        that no transaction has.
        """
        return self.delays[reliable][name]

    def again(self, name: str, last: float, state: str) -> float:
        """The next interval of a repeating timer that ran for `last` seconds and fired in `state`.

        A doubles without a limit (RFC 3261 §17.1.1.2). G doubles up to T2 (§17.2.1), and so does E
        (§17.1.2.2), which goes to T2 at once when a provisional response has shown that the request arrived.
        """
        if name == "A":
            return 2 * last
        if name == "E" and state == "proceeding":
            return self.t2
        return min(2 * last, self.t2)

    @property
    def limit(self) -> float:
        """How long to wait for what may still come before it counts as lost, in seconds: 64*T1."""
        return UNITS * self.t1

    @property
    def trying_after(self) -> float:
        """How long a request other than INVITE may go without any answer: until E would run for T2 (RFC 4320 §4.1)."""
        elapsed, interval = 0.0, self.t1
        while interval < self.t2:
            elapsed, interval = elapsed + interval, min(2 * interval, self.t2)
        return elapsed or self.t1

    def _values(self, reliable: bool) -> Values:
        patience = self.limit
        repeat = None if reliable else self.t1
        values: dict[str, float | None] = dict.fromkeys(RETRANSMITTING, repeat)
        values |= dict.fromkeys("BFHLM", patience)
        values |= {"D": max(SHORTEST_D, patience), "I": self.t4, "J": patience, "K": self.t4}
        if reliable:
            values |= dict.fromkeys("DIJK", 0.0)
        return Values(sorted(values.items()))
