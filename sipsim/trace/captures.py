"""Captures: the SIP packets of a trace as pcap or pcapng, and a trace out of somebody's capture.

Written: every SIP packet at the instant when it was sent, lost ones and retransmissions included, counted
from the epoch, over Ethernet and UDP; what went over TCP as one segment a message, of a stream without gaps. RTP
packets, where the run has any, at the instant when they arrived; those that were lost are missing.
Read: every SIP datagram becomes a `sent` and a `delivered` record at the instant when it was captured, counted
from the first frame (`header["began"]`), with the hosts as elements; the same octets between the same ends once more
are a retransmission. Of TCP every message is one, at the instant of its last segment. Streams of RTP become `media`
records of their receivers, a start and a stop with counters. Tunnels and what is neither are counted in
`header["skipped"]`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from heapq import merge
from operator import itemgetter
from typing import TYPE_CHECKING

from sipsim.errors import SipParseError, UsageError
from sipsim.message.message import parse
from sipsim.message.rare_fields import Date
from sipsim.trace import pcap
from sipsim.trace.frames import Datagram, Frames, ethernet
from sipsim.trace.media_log import Track
from sipsim.trace.record import Record
from sipsim.trace.rtp_streams import Heard, RtpStreams
from sipsim.trace.streams import START, Streams
from sipsim.trace.values import address_text

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace

Route = tuple[tuple[str, int], tuple[str, int]]
"""From where, and to where."""

SIP_PORT = 5060
_NEVER = 1 << 128
_LATEST = 2**38 * 10**6  # no clock of a capture shows the year 10 000
_SIMULATED = 86_400 * 10**6  # a clock that shows the first day of 1970 is a simulated one and keeps its zero


def is_sip(datagram: Datagram) -> bool:
    """Whether a datagram begins like a message, or has SIP's port and is no keep-alive, STUN or RTP."""
    if START.match(datagram.data):
        return True
    if SIP_PORT not in (datagram.source[1], datagram.destination[1]):
        return False
    text = datagram.data.strip(b"\r\n\0 ")
    keep_alive = len(text) <= 4  # RFC 5626 §3.5.1 has empty lines, eXosip sends "jaK"
    return not keep_alive and not (text[0] < 4 or 128 <= text[0] < 192)  # RFC 7983 §7: STUN, RTP, RTCP


def dump(trace: Trace, suffix: str) -> bytes:
    """The trace's SIP packets, and its media, as the bytes of a capture; `suffix` is ".pcap" or ".pcapng"."""
    write = {".pcap": pcap.pcap, ".pcapng": pcap.pcapng}[suffix]
    octets: Counter[Route] = Counter()
    messages = (_frame(sent, octets) for sent in trace.select("sent"))
    return write(merge(messages, *map(_media_frames, trace.media), key=itemgetter(0)))


def load(data: bytes, trace: Trace) -> None:
    """Fill an empty trace from a capture, `SipError` where it is none; one cut short gives what is there."""
    frames, streams, rtp, found, start = Frames(), Streams(), RtpStreams(), [], _NEVER
    try:
        for frame in pcap.frames(data):
            start = min(start, frame.time)
            content = frames.content(frame)
            if isinstance(content, Datagram):
                if is_sip(content):
                    found.append((frame.time, content))
                elif not rtp.take(frame.time, content):
                    frames.skipped["not SIP"] += 1
            elif content is not None:
                messages = streams.messages(content)
                if messages is None:
                    frames.skipped["TCP"] += 1
                ends = content.source, content.destination
                found += [(frame.time, Datagram(message, *ends, "TCP")) for message in messages or ()]
    except pcap.CutShort:
        frames.skipped["cut short"] += 1
    frames.finish()
    found.sort(key=itemgetter(0))  # merged captures need not be in order; records are
    for time, message in found:
        rtp.describe(time, message.data)
    heard, strangers = rtp.heard()
    frames.skipped.update({"not SIP": strangers} if strangers else {})
    trace.header["skipped"] = dict(sorted(frames.skipped.items()))
    if (found or heard) and (began := _instant(start)):
        trace.header["began"] = began
    _record(found, heard, 0 if 0 <= start < _SIMULATED else start, trace)


def _instant(time: int) -> str:
    """The instant of a real clock in words, "" for one that is simulated or beyond all calendars."""
    if not _SIMULATED <= time < _LATEST:
        return ""
    seconds, rest = divmod(time, 10**6)
    date = Date.at(seconds)
    clock = f"{date.hour:02}:{date.minute:02}:{date.second:02}.{rest:06}"
    return f"{date.year}-{date.month:02}-{date.day:02} {clock} UTC"


def add(trace: Trace, time: float, datagram: Datagram, copy: int = 1) -> None:
    """Record a datagram that was seen on a wire: sent, delivered and, where it is no SIP, unparsable."""
    sender, receiver = (_name(trace, address) for address in (datagram.source, datagram.destination))
    sent = trace.sent(time, sender, datagram, copy)
    trace.delivered(time, receiver, sent)
    try:
        parse(datagram.data).check()
    except SipParseError as error:
        trace.unparsable(time, receiver, sent, error)


def _name(trace: Trace, address: tuple[str, int]) -> str:
    """The element at an address; one that is not known yet is called like its host, whatever its port."""
    if trace.name_of(address) == address_text(address):
        trace.register(address[0], "host", address)
    return trace.name_of(address)


def _frame(sent: Record, octets: Counter[Route]) -> tuple[int, bytes]:
    """The frame of a message; `octets` counts those that went each way by TCP."""
    time = round(sent.time * 10**6)
    if not 0 <= time < 2**32 * 10**6:
        raise UsageError(f"message {sent.number} fits in no capture: it was sent at {sent.time} s")
    route, stream = sent.route, None
    if sent.data["transport"] == "TCP":
        stream = 1 + octets[route], 1 + octets[route[::-1]]
        octets[route] += len(sent.raw)
    try:
        return time, ethernet(*route, sent.raw, stream)
    except ValueError as error:
        raise UsageError(f"message {sent.number} fits in no capture: {error}") from None


def _media_frames(track: Track) -> Iterator[tuple[int, bytes]]:
    """The frames of the RTP packets from one address to another."""
    return ((time, ethernet(*track.ends, data)) for time, data in track)


def _record(found: list[tuple[int, Datagram]], heard: list[tuple[int, Heard]], start: int, trace: Trace) -> None:
    copies: Counter[Datagram] = Counter()
    everything: Iterator[tuple[int, Datagram | Heard]] = merge(found, heard, key=itemgetter(0))
    for instant, seen in everything:
        time = (instant - start) / 10**6
        if isinstance(seen, Heard):
            host = seen.receiver[0]
            trace.register(host, "host")  # by a message's address, where it has one: this one is for media
            trace.add("media", time, host, **seen.data)
        else:
            copies[seen] += 1
            add(trace, time, seen, copies[seen])
