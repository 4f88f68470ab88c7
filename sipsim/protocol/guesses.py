"""Guessing passwords is slow: wrong ones are counted by where they come from (RFC 7616 §3.4).

Only a wrong digest counts, or an unknown user. A request without credentials, with an old nonce or with a repeated one
is what honest clients send too.
"""

from __future__ import annotations

from collections import deque

from sipsim.errors import UsageError

MOST_SOURCES = 10_000
"""Sources remembered at a time; those quiet for longest give way."""


class Guesses:
    """Wrong answers by source (any text, a host for example): at most `limit` within `window` seconds get a verdict."""

    def __init__(self, limit: int = 10, window: float = 60.0) -> None:
        if limit < 1 or not window > 0:
            raise UsageError(f"limit {limit!r} within window {window!r}: at least 1 within more than 0 seconds")
        self.limit = limit
        self.window = window
        self._times: dict[str, deque[float]] = {}

    def __repr__(self) -> str:
        return f"<Guesses: {len(self._times)} sources>"

    def note(self, source: str, now: float) -> None:
        """Count a wrong answer."""
        times = self._times.pop(source, None) or deque(maxlen=self.limit)
        times.append(now)
        self._times[source] = times
        self._forget(now)

    def wait(self, source: str, now: float) -> float:
        """Seconds until this source gets its next verdict; 0.0 if it may have one now."""
        times = self._times.get(source)
        if times is None or len(times) < self.limit:
            return 0.0
        return max(0.0, times[0] + self.window - now)

    def forget(self) -> None:
        """Begin anew, as a restart does."""
        self._times.clear()

    def _forget(self, now: float) -> None:
        """Drop sources that count no more; the order is that of their last wrong answers."""
        while self._times:
            source, times = next(iter(self._times.items()))
            if len(self._times) <= MOST_SOURCES and times[-1] + self.window > now:
                break
            del self._times[source]
