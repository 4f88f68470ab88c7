"""Messages out of captured TCP segments: put in order, repeated ones dropped, and cut where messages end."""

from __future__ import annotations

import re
from typing import NamedTuple

from sipsim.errors import SipParseError
from sipsim.message.framing import Framer

START = re.compile(rb"[\r\n]*(?:SIP/2\.0 [0-9]{3}[ \r\n]|[!-~]{1,64} [!-~]{1,4096} SIP/2\.0\r?\n)")
"""How a message begins."""

MOST_EARLY = 100
"""Segments that may wait for one before them; with more the capture has lost it."""

_SPACE = 2**32


class Segment(NamedTuple):
    """A TCP segment: the number of its first octet, whether it opens a connection, octets, and (host, port) twice."""

    number: int
    opens: bool
    data: bytes
    source: tuple[str, int]
    destination: tuple[str, int]


class _Way:
    """One direction of one connection: the number of the next octet, and what came before its turn."""

    def __init__(self, number: int) -> None:
        self.number = number % _SPACE
        self.began = False  # whether a message was seen on it
        self.framer = Framer()
        self.early: dict[int, bytes] = {}


class Streams:
    """All connections of a capture, each from its first segment, or else its first message, on."""

    def __init__(self) -> None:
        self._ways: dict[tuple[tuple[str, int], tuple[str, int]], _Way] = {}

    def messages(self, segment: Segment) -> list[bytes] | None:
        """The messages that are whole with this segment; None where it belongs to no stream of SIP."""
        key = segment.source, segment.destination
        if segment.opens:
            self._ways[key] = _Way(segment.number + 1)
            return [] if not segment.data else None
        way = self._ways.get(key)
        if not segment.data:
            return None if way is None else []
        if way is None or not way.began:
            if not START.match(segment.data):
                self._ways.pop(key, None)
                return None
            way = self._ways[key] = way or _Way(segment.number)
            way.began = True
        found: list[bytes] = []
        try:
            way.early[segment.number] = segment.data
            for data in _next(way):
                found += [bytes(message) for message in way.framer.feed(data)]
        except SipParseError:
            del self._ways[key]
            return found or None
        if len(way.early) > MOST_EARLY:
            del self._ways[key]  # what begins with the next message that can be read is another stream to us
        return found


def _next(way: _Way) -> list[bytes]:
    """The octets whose turn it is, and of repeated ones what is new."""
    ready: list[bytes] = []
    going = True
    while going:
        going = False
        for number, data in list(way.early.items()):
            known = (way.number - number) % _SPACE
            if known >= _SPACE // 2:  # it lies ahead
                continue
            del way.early[number]
            if known < len(data):
                ready.append(data[known:])
                way.number = (way.number + len(data) - known) % _SPACE
                going = True
    return ready
