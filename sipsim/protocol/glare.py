"""Two INVITEs in one dialog at the same time: who gives way, and for how long (RFC 3261 §14)."""

from __future__ import annotations

from collections.abc import Callable

from sipsim.protocol.inspection import Refusal, refusal

LONGEST_RETRY_AFTER = 10
"""Seconds, of the Retry-After that comes with a 500 (§14.2)."""

GLARE = refusal(491, "another INVITE of this dialog is under way", rfc="RFC 3261 §14.2")

Draw = Callable[[], float]
"""A random number from 0 up to, and without, 1."""


def pause_after_491(owner: bool, draw: Draw) -> float:
    """Seconds until a re-INVITE that met another one is tried again (§14.1).

    Whoever made the Call-ID waits 2.1 to 4 s, the other one up to 2 s, in units of 10 ms: so they miss each other.
    """
    first, last = (210, 400) if owner else (0, 200)
    return _between(first, last, draw) / 100


def put_off(draw: Draw) -> Refusal:
    """The refusal of a second INVITE, when the first has no final response yet: it may come again later (§14.2)."""
    later = ("Retry-After", str(_between(0, LONGEST_RETRY_AFTER, draw)))
    return refusal(500, "the INVITE before this one is still open", later, rfc="RFC 3261 §14.2")


def _between(first: int, last: int, draw: Draw) -> int:
    return first + int(draw() * (last - first + 1))
