"""RTP in a capture: its packets, gathered stream by stream, and what receivers of those streams would have counted.

A packet keeps 16 octets, since it may come before the description that names its port (early media), and captures that
were merged are out of order. What a session description names an end of is believed; all else must be one source
alone on its way, whose every packet fits.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from operator import itemgetter
from typing import Any, NamedTuple

from sipsim.errors import SipParseError
from sipsim.message.message import parse
from sipsim.message.rtp import Rtp
from sipsim.message.sdp import Media, Sdp
from sipsim.protocol.offer_answer import STATIC, Formats, formats_of, name_of
from sipsim.protocol.reception import Reception
from sipsim.trace.frames import Datagram
from sipsim.trace.values import address_text

MOST_STREAMS = 4096
"""Streams that are gathered; a robustness limit of ours."""
FEW = 20
"""Packets that a stream has at least which no description names."""
MOST_GAP = 16
"""Numbers that such a stream may step forward at once."""

KEYS_PRESSED = "telephone-event"
_RTCP = range(64, 96)  # RFC 5761 §4: types of RTCP, or kept free for them
_FAR = 1 << 62  # microseconds, which no clock but a broken one shows
_UNASSIGNED = range(35, 64)  # RFC 3551 §6
_ASSIGNED = formats_of(Sdp((), [Media("audio", 1, formats=tuple(STATIC))]), 1)

Host = tuple[str, int]
Way = tuple[Host, Host]


class Heard(NamedTuple):
    """A `media` record to be: whose, and what it says."""

    receiver: Host
    data: dict[str, Any]


class _Described(NamedTuple):
    """What a description says of an address: since when, in which call, what kind, and its payload types."""

    time: int
    call: str
    kind: str
    formats: Formats


class _Packet(NamedTuple):
    time: int
    form: int
    sequence: int
    timestamp: int


class _Packets:
    """The packets of one source on one way."""

    __slots__ = ("heads", "times")

    def __init__(self) -> None:
        self.times = array("q")  # microseconds
        self.heads = array("Q")  # payload type, sequence number, time stamp

    def __iter__(self) -> Iterator[_Packet]:
        """All of them, in the order of time."""
        for at in sorted(range(len(self.times)), key=self.times.__getitem__):
            head = self.heads[at]
            yield _Packet(self.times[at], head >> 48, head >> 32 & 0xFFFF, head & 0xFFFFFFFF)

    def plausible(self) -> bool:
        """One payload type that there is, numbers that grow by small steps, and time stamps that never fall back."""
        if len(self.times) < FEW:
            return False
        packets = iter(self)
        last = next(packets)
        for packet in packets:
            step, ticks = packet.sequence - last.sequence & 0xFFFF, packet.timestamp - last.timestamp & 0xFFFFFFFF
            if packet.form != last.form or not 0 < step <= MOST_GAP or ticks >= 1 << 31:
                return False
            last = packet
        return last.form not in _UNASSIGNED


class RtpStreams:
    """Takes the datagrams of a capture that are no SIP, and says what came of those that are RTP."""

    def __init__(self) -> None:
        self._streams: dict[tuple[Way, int], _Packets] = {}
        self._described: dict[Host, list[_Described]] = {}

    def take(self, time: int, datagram: Datagram) -> bool:
        """Gather a datagram; false where it is no RTP, or of one stream too many."""
        try:
            packet = Rtp.parse(datagram.data)
        except SipParseError:
            return False
        key = (datagram.source, datagram.destination), packet.ssrc
        packets = self._streams.get(key)
        if packet.payload_type in _RTCP or abs(time) > _FAR or (packets is None and len(self._streams) >= MOST_STREAMS):
            return False
        if packets is None:
            packets = self._streams[key] = _Packets()
        packets.times.append(time)
        packets.heads.append(packet.payload_type << 48 | packet.sequence << 32 | packet.timestamp)
        return True

    def describe(self, time: int, data: bytes) -> None:
        """Look at a message: its session description, where it has one, names addresses."""
        if not self._streams or b"m=" not in data:
            return
        try:
            message = parse(data)
            entity, call = message.find("application/sdp"), message.call_id
            description = Sdp.parse(entity.body) if entity is not None else Sdp(())
        except SipParseError:
            return
        for media in description.media:
            address = _canonical(media.connection or description.connection or ""), media.port
            said = _Described(time, call, media.kind, formats_of(description, media.port))
            if media.port and "RTP/" in media.proto:  # not of fax, say, whose packets may look alike
                self._described.setdefault(address, []).append(said)

    def heard(self) -> tuple[list[tuple[int, Heard]], int]:
        """A start and a stop for each stream, in the order of time, and how many packets belong to none."""
        found: list[tuple[int, Heard]] = []
        strangers = 0
        sources = Counter(way for way, _ in self._streams)
        for (way, ssrc), packets in self._streams.items():
            named = any(end in self._described for end in way)
            if named or (sources[way] == 1 and packets.plausible()):
                found += self._counted(way, ssrc, packets)
            else:
                strangers += len(packets.times)
        return sorted(found, key=itemgetter(0)), strangers

    def _counted(self, way: Way, ssrc: int, packets: _Packets) -> list[tuple[int, Heard]]:
        """What the receiver of a stream would have recorded."""
        begin, end = min(packets.times), max(packets.times)
        said = [said for host in way if (said := self._said(host, end)) is not None]
        formats = _ASSIGNED | {form: name for one in said for form, name in one.formats.items()}  # the receiver's count
        codec, counters = _count(packets, formats)
        latest = max(said, key=lambda one: one.time, default=_Described(0, "", "audio", {}))
        data = {"call": latest.call, "codec": codec, "local": address_text(way[1]), "remote": address_text(way[0])}
        data |= {"ssrc": f"0x{ssrc:08X}"} | ({} if latest.kind == "audio" else {"stream": latest.kind})
        start, stop = {"event": "start", **data}, {"event": "stop", **data, **counters}
        return [(begin, Heard(way[1], start)), (end, Heard(way[1], stop))]

    def _said(self, host: Host, end: int) -> _Described | None:
        """The last description of an address until a stream's end, else the first."""
        said = self._described.get(host)
        return said[max(0, bisect_right(said, end, key=lambda one: one.time) - 1)] if said else None


def _count(packets: _Packets, formats: Formats) -> tuple[str, dict[str, Any]]:
    """The codec of a stream and its counters."""
    used = [formats.get(form) or (f"type {form}", 8000) for form in dict.fromkeys(p.form for p in packets)]
    codec, rate = next(((name, rate) for name, rate in used if name != KEYS_PRESSED), used[0])
    keys = {form for form, (name, _) in formats.items() if name == KEYS_PRESSED}
    reception, begin, ignored = None, min(packets.times), 0
    for packet in packets:
        now = (packet.time - begin) / 10**6
        if reception is None:
            reception = Reception(packet.sequence, packet.timestamp, now, rate)
        if packet.form in keys:
            ignored += not reception.take_untimed(packet.sequence)
        else:
            ignored += not reception.take(packet.sequence, packet.timestamp, now)
    counted = reception.statistics()._asdict() if reception is not None else {}
    wanted = ("received", "lost", "jitter", "mean_jitter")
    return codec, {name: counted[name] for name in wanted} | {"ignored": ignored}


def _canonical(host: str) -> str:
    """An address as frames have it; a name stays as it is."""
    try:
        return str(ip_address(host))
    except ValueError:
        return host


def codecs_of(body: bytes) -> list[str]:
    """The names of the codecs in a session description, of all its streams that are not refused; SipParseError."""
    streams = [media for media in Sdp.parse(body).media if media.port] if body else []
    named = [name_of(form, media.lines) or form for media in streams for form in media.formats]
    return list(dict.fromkeys([name.partition("/")[0] for name in named]))
