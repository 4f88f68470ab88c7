"""Two INVITEs in one dialog at the same time: who gives way, and for how long (RFC 3261 §14)."""

from __future__ import annotations

from collections.abc import Callable

LONGEST_RETRY_AFTER = 10
"""Seconds, of the Retry-After that comes with a 500 (§14.2)."""

Draw = Callable[[], float]
"""A random number from 0 up to, and without, 1."""


def pause_after_491(owner: bool, draw: Draw) -> float:
    """Seconds until a re-INVITE that met another one is tried again (§14.1).

    Whoever made the Call-ID waits 2.1 to 4 s, the other one up to 2 s, in units of 10 ms: so they miss each other.
    """
    first, last = (210, 400) if owner else (0, 200)
    return _between(first, last, draw) / 100


def retry_after(draw: Draw) -> int:
    """Seconds that a second INVITE is put off by, when the first has no final response yet (§14.2)."""
    return _between(0, LONGEST_RETRY_AFTER, draw)


def _between(first: int, last: int, draw: Draw) -> int:
    return first + int(draw() * (last - first + 1))
