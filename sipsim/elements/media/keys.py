"""Keys pressed: as packets of their own among the voice (RFC 4733 §2.5), and what is heard of them.

The packets of a key all have the time stamp of its beginning; the duration in them grows, and the last one, which says
that the key is up, is sent three times (§2.5.1.4).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from math import ceil
from typing import NamedTuple

from sipsim.errors import SipParseError, UsageError
from sipsim.message.rtp import KEYS, KeyEvent, Rtp

END_COPIES = 3
LEAST_GAP = 3
"""Packet times between two keys, in which the end of the first one is repeated."""
REMEMBERED = 8
"""Keys by whose time stamps a late packet is known again."""


class Press(NamedTuple):
    """What is sent at one packet time: a payload, and how many packet times ago the key went down."""

    ago: int
    payload: bytes


def presses(keys: str, tone: float, gap: float, every: float, ticks: int) -> Iterator[Press | None]:
    """What keys come to, packet time by packet time; None for one that belongs to the voice again."""
    for key in keys:
        code, count = KEYS.index(key), max(1, ceil(round(tone / every, 6)))
        for number in range(1, count + END_COPIES):
            event = KeyEvent(code, number >= count, duration=min(count, number) * ticks)
            yield Press(number - 1, bytes(event))
        yield from [None] * (max(LEAST_GAP, round(gap / every)) - END_COPIES + 1)


def checked(keys: object) -> str:
    """Keys as they are sent, `UsageError` for what is none; small letters are taken as capitals."""
    found = keys.upper() if isinstance(keys, str) else ""
    if not found or any(key not in KEYS for key in found):
        raise UsageError(f"keys: {keys!r} will not do; allowed are texts of {KEYS}")
    return found


def relayed(key: str, tone: float) -> bytes:
    """A key as the body of an INFO, application/dtmf-relay; the duration is in milliseconds."""
    return f"Signal={key}\r\nDuration={round(tone * 1000)}\r\n".encode()


def key_in(body: bytes) -> str:
    """The key that such a body names; "" for none."""
    for line in body.decode("latin-1").splitlines():
        name, _, value = line.partition("=")
        if name.strip().lower() == "signal":
            return value.strip().upper() if value.strip().upper() in tuple(KEYS) else ""
    return ""


class Hearing:
    """Makes one key of all its packets: the first that arrives tells it, wherever it stood."""

    def __init__(self) -> None:
        self._known: deque[tuple[int, int]] = deque(maxlen=REMEMBERED)

    def key(self, packet: Rtp) -> str:
        """The key that this packet is the first to tell of, else ""."""
        which = packet.ssrc, packet.timestamp
        if which in self._known:
            return ""
        try:
            event = KeyEvent.parse(packet.payload)
        except SipParseError:
            return ""
        self._known.append(which)
        return event.key
