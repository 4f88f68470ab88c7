"""The capture file formats pcap and pcapng: frames with a time and a link type, whatever is in them.

Read strictly: every length is held against what is left of the file and against 256 kB, so that a hostile
file costs no more than its size. Times are whole microseconds. Written little-endian on every machine, so
that the same frames give the same bytes. (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html,
draft-ietf-opsawg-pcapng-02.html)
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sipsim.errors import SipError

ETHERNET = 1
LONGEST = 262_144  # octets of a frame, as tcpdump and Wireshark have it

_MAGICS = {0xA1B2C3D4: (1, 16), 0xA1B23C4D: (1000, 16), 0xA1B2CD34: (1, 24)}
"""What a pcap file begins with: ticks a microsecond, and the length of a record's header."""
_SECTION, _INTERFACE, _PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_END_OF_OPTIONS, _RESOLUTION, _OFFSET = 0, 9, 14


class Frame(NamedTuple):
    """What the wire carried: when (microseconds), on which kind of link (a LINKTYPE number), which octets."""

    time: int
    link: int
    octets: bytes


class CutShort(SipError):
    """The file ends, or stops making sense, in the middle; what was read before is good."""


def is_capture(data: bytes) -> bool:
    """Whether a file begins like pcap or pcapng."""
    return data[:4] == b"\n\r\r\n" or _byte_order(data) is not None


def frames(data: bytes) -> Iterator[Frame]:
    """The frames of a capture file; `SipError` where it is none, `CutShort` after the last good frame."""
    if data[:4] == b"\n\r\r\n":
        return _pcapng_frames(data)
    order = _byte_order(data)
    if order is None or len(data) < 24:
        raise SipError("neither pcap nor pcapng" if order is None else "a pcap file of less than its header")
    return _pcap_frames(data, order)


def pcap(frames: Iterable[tuple[int, bytes]]) -> bytes:
    """A pcap file of Ethernet frames, each with its time in microseconds."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, LONGEST, ETHERNET)]
    for time, octets in frames:
        parts += (struct.pack("<IIII", time // 10**6, time % 10**6, len(octets), len(octets)), octets)
    return b"".join(parts)


def pcapng(frames: Iterable[tuple[int, bytes]]) -> bytes:
    """A pcapng file of Ethernet frames, each with its time in microseconds."""
    parts = [_block(_SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    parts.append(_block(_INTERFACE, struct.pack("<HHI", ETHERNET, 0, LONGEST)))
    for time, octets in frames:
        head = struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(octets), len(octets))
        parts.append(_block(_ENHANCED_PACKET, head + octets))
    return b"".join(parts)


def _block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = len(body) + 12
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def _byte_order(data: bytes) -> str | None:
    return next((o for o in "<>" if len(data) >= 4 and struct.unpack_from(o + "I", data)[0] in _MAGICS), None)


def _pcap_frames(data: bytes, order: str) -> Iterator[Frame]:
    magic, link = struct.unpack_from(order + "I16xI", data)
    ticks, head = _MAGICS[magic]
    at = 24
    while at < len(data):
        if at + head > len(data):
            raise CutShort("the file ends inside a record's header")
        seconds, fraction, length = struct.unpack_from(order + "III", data, at)
        at += head
        if length > min(LONGEST, len(data) - at):
            raise CutShort(f"a frame of {length} octets where {len(data) - at} are left")
        yield Frame(seconds * 10**6 + fraction // ticks, link & 0xFFFF, data[at : at + length])
        at += length


class _Interface(NamedTuple):
    """An interface of a pcapng section: link type, clock ticks a second, and the second they count from."""

    link: int
    ticks: int
    offset: int

    def time(self, high: int, low: int) -> int:
        return self.offset * 10**6 + (high << 32 | low) * 10**6 // self.ticks


def _pcapng_frames(data: bytes) -> Iterator[Frame]:
    at, order, latest = 0, "<", 0
    interfaces: list[_Interface] = []
    while at < len(data):
        if data[at : at + 4] == b"\n\r\r\n":
            order, interfaces = _section_order(data, at), []
        kind, body = _block_at(data, at, order)
        at += len(body) + 12
        try:
            if kind == _INTERFACE:
                interfaces.append(_interface(body, order))
            elif kind in (_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET):
                frame = _packet(kind, body, order, interfaces, latest)
                latest = frame.time
                yield frame
        except (struct.error, IndexError):
            raise CutShort(f"a block of kind {kind} that can't be read") from None


def _section_order(data: bytes, at: int) -> str:
    orders = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
    order = orders.get(data[at + 8 : at + 12])
    if order is None:
        raise (CutShort("a section without a byte order") if at else SipError("a pcapng file without a byte order"))
    return order


def _block_at(data: bytes, at: int, order: str) -> tuple[int, bytes]:
    left = len(data) - at
    kind, length = struct.unpack_from(order + "II", data, at) if left >= 12 else (0, 0)
    if not 12 <= length <= left or length % 4 or struct.unpack_from(order + "I", data, at + length - 4)[0] != length:
        raise CutShort(f"a block of {length} octets where {left} are left")
    return kind, data[at + 8 : at + length - 4]


def _interface(body: bytes, order: str) -> _Interface:
    (link,) = struct.unpack_from(order + "H", body)
    ticks, offset, at = 10**6, 0, 8
    while at + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, at)
        value = body[at + 4 : at + 4 + length]
        if code == _END_OF_OPTIONS:
            break
        if code == _RESOLUTION:
            ticks = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
        elif code == _OFFSET:
            (offset,) = struct.unpack_from(order + "q", value)
        at += 4 + length + -length % 4
    return _Interface(link, ticks, offset)


def _packet(kind: int, body: bytes, order: str, interfaces: list[_Interface], latest: int) -> Frame:
    if kind == _SIMPLE_PACKET:  # has no time of its own
        length = min(struct.unpack_from(order + "I", body)[0], len(body) - 4)
        return Frame(latest, interfaces[0].link, body[4 : 4 + length])
    number, high, low, length = struct.unpack_from(order + ("HxxIII" if kind == _PACKET else "IIII"), body)
    if length > min(LONGEST, len(body) - 20):
        raise struct.error
    return Frame(interfaces[number].time(high, low), interfaces[number].link, body[20 : 20 + length])
