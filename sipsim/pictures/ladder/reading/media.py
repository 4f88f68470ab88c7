"""Media bars: the `media` records of both ends of a session, folded into one bar between two columns.

Each end records its own start and stop with the addresses of its RTP, local and remote. Two ends belong
together where these are the same two addresses; so each end's name is known from its own record, and only a
foreign end has to be guessed from its host.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sipsim.pictures.ladder.model import Bar, Row
from sipsim.trace.record import Record

if TYPE_CHECKING:
    from sipsim.pictures.ladder.reading.naming import Naming


MOST_KEYS = 12
"""Keys that a bar shows."""

BRIEF = 0.1
"""Seconds: what one end takes for over sooner, may only begin at the other end."""


def host_of(address: str) -> str:
    """The host of "host:port" or "[host]:port"; a bare host is its own."""
    host, colon, port = address.rpartition(":")
    return (
        host.strip("[]")
        if colon and port.isdigit() and (":" not in host or host.endswith("]"))
        else address.strip("[]")
    )


def unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The pairs as a dict, without keys of two values: a host where several elements sit names none of them."""
    found: dict[str, str] = {}
    for host, name in pairs:
        found[host] = name if found.get(host, name) == name else ""
    return {host: name for host, name in found.items() if name}


def again(bar: Bar, codec: str, time: float, direction: str) -> None:
    """One more direction flows, or flows anew after a change: it's the same bar, which has not stopped.

    Where both ends spoke before, one who starts again in one direction only is on hold (RFC 3264 §8.4).
    """
    if direction and bar.stop is not None and bar.held_at is None:
        bar.held_at = time
    elif not direction and bar.held_at is not None:
        bar.held, bar.held_at = bar.held + time - bar.held_at, None
    bar.streams += 1
    bar.stop, bar.stopped = None, 0
    if codec and codec not in bar.codec.split(", "):
        bar.codec = f"{bar.codec}, {codec}" if bar.codec else codec


class MediaBars:
    """Bars under way, by the pair of addresses; finished ones are in the rows of the ladder."""

    def __init__(self, naming: Naming, rows: list[Row]) -> None:
        self.naming = naming
        self.rows = rows
        self.flowing: dict[frozenset[str], Bar] = {}
        self.begun: dict[frozenset[str], str] = {}  # who spoke first, as long as the other end did not
        self.brief: dict[frozenset[str], Bar] = {}  # over at once, before the other end spoke
        self.counted: dict[tuple[object, ...], tuple[int, int]] = {}  # by each end: packets lost, and expected
        self.unsure: list[tuple[Bar, str]] = []  # bars that flow, with the address of the far end
        sits = [(str(a), name) for name, e in naming.elements.items() for a in e.get("addresses") or ()]
        self.ends = dict(sits)  # whose RTP address this is
        self.hosts = unique((host_of(address), name) for address, name in sits)

    def take(self, record: Record, data: Mapping[str, Any], room: bool) -> None:
        """One `media` record; a new bar only where there's `room` for one more row."""
        if data.get("event") in ("key", "keys"):
            self.press(record, data)
            return
        local, remote = str(data.get("local", "")), str(data.get("remote", ""))
        self.ends[local] = self.naming.of(record.element)
        pair = frozenset((local, remote))
        bar = self.flowing.get(pair) or self.rest(pair, local, data)
        if data.get("event") == "start" and bar is not None:
            again(bar, str(data.get("codec", "")), record.time, str(data.get("direction", "")))
            self.flowing[pair] = bar
            if self.begun.get(pair) != local:
                self.begun.pop(pair, None)
        elif data.get("event") == "start" and room:
            bar = Bar(
                self.ends[local], remote, record.time, str(data.get("codec", "")), str(data.get("call", "")),
                record=record.id,
            )  # fmt: skip
            self.flowing[pair], self.begun[pair] = bar, local
            self.rows.append(bar)
            self.unsure.append((bar, remote))
        elif data.get("event") == "stop" and bar is not None:
            bar.stop, bar.stopped = record.time, record.id
            lost, expected = self.since(data, local)
            bar.lost += lost
            bar.expected += expected
            bar.streams -= 1
            if not bar.streams:
                del self.flowing[pair]
                if self.begun.pop(pair, "") and bar.stop - bar.start < BRIEF:
                    self.brief[pair] = bar

    def rest(self, pair: frozenset[str], local: str, data: Mapping[str, Any]) -> Bar | None:
        """A bar that was over at once, where this is its other end: who hangs up at once is done before the far end."""
        bar = self.brief.pop(pair, None) if data.get("event") == "start" else None
        return bar if bar is not None and bar.call == data.get("call") and self.ends[local] != bar.source else None

    def since(self, data: Mapping[str, Any], local: str) -> tuple[int, int]:
        """What got lost and what was expected since this end stopped last: on hold its counters stay."""
        lost, received = (value if isinstance(value := data.get(name), int) else 0 for name in ("lost", "received"))
        end = (data.get("call"), local, data.get("remote"), data.get("ssrc"))
        before, self.counted[end] = self.counted.get(end, (0, 0)), (lost, lost + received)
        return (
            (lost - before[0], lost + received - before[1]) if lost + received >= before[1] else (lost, lost + received)
        )

    def press(self, record: Record, data: Mapping[str, Any]) -> None:
        """A key was heard during a call."""
        for bar in self.flowing.values():
            if data.get("event") == "key" and bar.call == data.get("call") and len(bar.keys) < MOST_KEYS:
                bar.keys += str(data.get("keys", ""))
                return

    def name_targets(self, columns: Iterable[str]) -> None:
        """Give the far end of every bar its column: who recorded the address as its own, else who is at its host."""
        peers = unique((host_of(name), name) for name in columns) if self.unsure else {}
        for bar, far in self.unsure:
            host = host_of(far)
            bar.target = self.ends.get(far) or self.hosts.get(host) or peers.get(host) or self.naming.of(far)
        brief = list(self.brief.values())
        self.unsure = [(bar, far) for bar, far in self.unsure if bar.streams or any(bar is one for one in brief)]
