"""How long a phone believes that it is registered, and when it says so again: a matter of policy, not of the RFC.

RFC 3261 §10.2.4 only asks that a binding is refreshed before it expires. Clients differ in when, and in what they make
of a time that a registrar grants: both are here, as values and functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from sipsim.errors import UsageError
from sipsim.protocol.location import DEFAULT_EXPIRES
from sipsim.protocol.options import not_allowed, whole_seconds

Rule = Callable[[int], float]
"""When to refresh: from the seconds that a registration lasts to those after which it is refreshed."""


def symbian(expires: int) -> float:
    """Ten minutes before the end; half-way where it lasts for twenty minutes or less."""
    return expires - 600 if expires > 1200 else expires / 2


def android(expires: int) -> float:
    """Half-way, but a minute at least: what is granted for less than a minute lapses in between."""
    return max(expires / 2, 60)


def never(expires: int) -> float:
    """Not at all: the registration lapses, unless somebody registers again."""
    return inf


RULES: dict[str, Rule] = {"symbian": symbian, "android": android, "never": never}


@dataclass(frozen=True, slots=True)
class RefreshPolicy:
    """What to ask for, what to believe, when to refresh; all times in seconds.

    A granted time counts as `min` where it is less, and as `max` where it is more: by default what was asked for, or
    `default_max` where the registrar was to choose. `when` is "symbian", "android", "never", or a function from the
    seconds of the registration to those until the refresh. 0 means that there is no binding, and stays 0.
    """

    min: int = 30
    max: int | None = None
    default_max: int = DEFAULT_EXPIRES
    when: str | Rule = "symbian"

    def __post_init__(self) -> None:
        for name in ("min", "max", "default_max"):
            value = getattr(self, name)
            if value is not None or name != "max":
                whole_seconds(name, value, 1)
        if isinstance(self.when, str) and self.when not in RULES:
            raise not_allowed("when", self.when, f"{', '.join(map(repr, RULES))} and functions")

    def require(self, expires: int | None) -> None:
        """`UsageError` for a time that is shorter than this policy would believe in."""
        if expires is not None and expires < self.min:
            raise UsageError(f"expires: {expires} is less than {self.min} s, the least of the refresh policy")

    def clamp(self, granted: int, requested: int | None) -> int:
        """How long to believe in a registration that was granted for so long."""
        if granted == 0:
            return 0
        most = self.max or requested or self.default_max
        return max(self.min, min(granted, most))

    def due(self, expires: int) -> float:
        """Seconds until the refresh of a registration that is believed to last so long; infinity: no refresh."""
        rule = RULES[self.when] if isinstance(self.when, str) else self.when
        return max(1.0, rule(expires))


SHORTEST_PAUSE, LONGEST_PAUSE = 30, 1800
"""Seconds: the base and the limit of the pauses between refreshes that fail (RFC 5626 §4.5)."""

USUAL = RefreshPolicy()
"""The policy of `agent.register(refresh=True)`."""


def pause(failures: int, left: float, chance: float) -> float:
    """Seconds until the next try after so many failed refreshes in a row (the back-off of RFC 5626 §4.5).

    The most doubles from one minute up to half an hour, and `chance`, from 0 to 1, draws from its upper half, so that
    not all phones come back at once. Of a binding that has some seconds `left`, it is half of those at most.
    """
    longest = float(min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** min(failures, 20)))
    drawn = longest * (0.5 + chance / 2)
    return max(1.0, min(drawn, left / 2)) if left > 1 else drawn


def is_tried_again(status: int) -> bool:
    """Whether a refresh that failed like this may do better later: a timeout, a transport error, a server's trouble."""
    return status == 408 or 500 <= status < 600


def as_policy(refresh: object) -> RefreshPolicy | None:
    """What a caller of ours gave as `refresh`: a policy, True for the usual one, False for none; else `UsageError`."""
    if isinstance(refresh, bool):
        return USUAL if refresh else None
    if not isinstance(refresh, RefreshPolicy):
        raise UsageError(f"refresh: {refresh!r} is no policy; give True, False or a RefreshPolicy")
    return refresh
