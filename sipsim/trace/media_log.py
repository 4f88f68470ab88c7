"""RTP packets that arrived, kept for captures: a few octets each, since they are no records.

A packet takes 20 octets: its instant, and its header. Its payload is the track's usual one (nobody speaks here), unless
it is another: keys pressed, or octets changed on the way.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

HEADER = 12
MOST_PACKETS = 2_000_000
"""Packets of a run that are kept; what comes later is only counted: `dropped`."""

Ends = tuple[tuple[str, int], tuple[str, int]]
"""Where packets came from, and where they arrived."""


class Track:
    """The packets from one address to another, as they arrived."""

    __slots__ = ("_heads", "_odd", "_times", "_usual", "ends", "log")

    def __init__(self, log: MediaLog, ends: Ends) -> None:
        self.log = log
        self.ends = ends
        self._times = array("q")
        self._heads = bytearray()
        self._usual: bytes | None = None
        self._odd: dict[int, bytes] = {}

    def add(self, time: float, data: bytes) -> None:
        """A packet arrives at this instant (s)."""
        log = self.log
        if log.kept >= MOST_PACKETS:
            log.dropped += 1
            return
        log.kept += 1
        payload = data[HEADER:]
        if payload != self._usual:
            if self._usual is None and len(data) >= HEADER:
                self._usual = payload
            else:
                self._odd[len(self._times)] = data
        self._times.append(round(time * 1e6))
        self._heads += data[:HEADER].ljust(HEADER, b"\0")

    def __len__(self) -> int:
        return len(self._times)

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Every packet: microseconds, octets."""
        usual = self._usual or b""
        for number, time in enumerate(self._times):
            odd = self._odd.get(number)
            head = self._heads[number * HEADER : (number + 1) * HEADER]
            yield time, bytes(head) + usual if odd is None else odd


class MediaLog:
    """All RTP packets of a run that arrived; `len` counts those that are kept."""

    def __init__(self) -> None:
        self.kept = self.dropped = 0
        self._tracks: dict[Ends, Track] = {}

    def track(self, ends: Ends) -> Track:
        """The packets from one address to another."""
        found = self._tracks.get(ends)
        if found is None:
            found = self._tracks[ends] = Track(self, ends)
        return found

    def __len__(self) -> int:
        return self.kept

    def __iter__(self) -> Iterator[Track]:
        return iter(self._tracks.values())
