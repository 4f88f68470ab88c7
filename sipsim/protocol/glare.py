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


def put_off(draw: Draw, rfc: str = "RFC 3261 §14.2") -> Refusal:
    """The refusal of a second INVITE, when the first has no final response yet: it may come again later (§14.2).

    An offer in an UPDATE that meets one of its sender's own is put off likewise (RFC 3311 §5.2).
    """
    later = ("Retry-After", str(_between(0, LONGEST_RETRY_AFTER, draw)))
    what = "INVITE" if rfc.startswith("RFC 3261") else "offer"
    return refusal(500, f"the {what} before this one is still open", later, rfc=rfc)


def offers_cross() -> Refusal:
    """The refusal of an offer in an UPDATE that crosses one of ours (RFC 3311 §5.2)."""
    return refusal(491, "an offer of ours has no answer yet", rfc="RFC 3311 §5.2")


def _between(first: int, last: int, draw: Draw) -> int:
    return first + int(draw() * (last - first + 1))
