"""RTP packets: the header before every piece of media, and keys pressed as their payload (RFC 3550 §5.1, RFC 4733)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from sipsim.errors import SipParseError

VERSION = 2
HEADER = struct.Struct("!HHII")
"""Flags with the payload type, sequence number, time stamp, SSRC: 12 octets."""
PLAIN, MARKER = 0x8000, 0x0080
"""The first 16 bits of a header with nothing beyond these 12 octets, and the bit in them that begins a spurt."""

KEYS = "0123456789*#ABCD"
"""The keys of a telephone in the order of their codes (RFC 4733 §3.2)."""

_KEY = struct.Struct("!BBH")


@dataclass(frozen=True, slots=True)
class Rtp:
    """One packet (RFC 3550 §5.1).

    `timestamp` counts ticks of the codec's clock, `ssrc` names the source, `marker` begins a spurt of talk, `csrcs`
    are who a mixer mixed. `extension` is the header extension with its own four octets, b"" without one.
    """

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes = b""
    marker: bool = False
    csrcs: tuple[int, ...] = ()
    extension: bytes = b""

    @classmethod
    def parse(cls, data: bytes) -> Rtp:
        """The packet in a datagram; SipParseError for what is none. Padding is taken off."""
        if len(data) < HEADER.size:
            raise SipParseError(f"RTP: {len(data)} octets are less than a header")
        (_, sequence, timestamp, ssrc), first, second = HEADER.unpack_from(data), data[0], data[1]
        if first >> 6 != VERSION:
            raise SipParseError(f"RTP: version {first >> 6}")
        start = HEADER.size + 4 * (first & 0x0F)
        if len(data) < start:
            raise SipParseError("RTP: the packet ends inside its list of sources")
        csrcs = struct.unpack_from(f"!{first & 0x0F}I", data, HEADER.size)
        extension = _extension(data, start) if first & 0x10 else b""
        end = len(data) - (_padding(data, start + len(extension)) if first & 0x20 else 0)
        payload = data[start + len(extension) : end]
        return cls(second & 0x7F, sequence, timestamp, ssrc, payload, second > 0x7F, csrcs, extension)

    def __bytes__(self) -> bytes:
        flags = PLAIN | (0x1000 if self.extension else 0) | len(self.csrcs) << 8 | (MARKER if self.marker else 0)
        head = HEADER.pack(flags | self.payload_type, self.sequence, self.timestamp, self.ssrc)
        return head + struct.pack(f"!{len(self.csrcs)}I", *self.csrcs) + self.extension + self.payload


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A key pressed, as the payload of telephone-event (RFC 4733 §2.3).

    `code` is the place in `KEYS` for those that are keys, `end` that the key is up, `volume` its loudness in -dBm0,
    `duration` ticks since the packet's time stamp.
    """

    code: int
    end: bool = False
    volume: int = 10
    duration: int = 0

    @classmethod
    def parse(cls, payload: bytes) -> KeyEvent:
        """The event in a payload; SipParseError where it is too short for one."""
        if len(payload) < _KEY.size:
            raise SipParseError(f"telephone-event: {len(payload)} octets, where an event has {_KEY.size}")
        code, flags, duration = _KEY.unpack_from(payload)
        return cls(code, flags > 0x7F, flags & 0x3F, duration)

    def __bytes__(self) -> bytes:
        return _KEY.pack(self.code, self.volume | (0x80 if self.end else 0), self.duration)

    @property
    def key(self) -> str:
        """The key; "" for an event that is none, such as a flash hook."""
        return KEYS[self.code] if self.code < len(KEYS) else ""


def _extension(data: bytes, start: int) -> bytes:
    """The header extension with its own head (RFC 3550 §5.3.1)."""
    words = int.from_bytes(data[start + 2 : start + 4], "big")
    end = start + 4 + 4 * words
    if len(data) < start + 4 or len(data) < end:
        raise SipParseError("RTP: the packet ends inside its header extension")
    return data[start:end]


def _padding(data: bytes, start: int) -> int:
    """How many octets at the end say nothing; the last one counts them."""
    count = data[-1]
    if not 0 < count <= len(data) - start:
        raise SipParseError(f"RTP: {count} octets of padding, where {len(data) - start} follow the header")
    return count
