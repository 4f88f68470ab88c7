"""Who sends from a port: a packet of silence every packet time of the codec (RFC 3550 §5.1, RFC 3551)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sipsim.elements.media.keys import Press, presses
from sipsim.errors import UsageError
from sipsim.message.rtp import HEADER, MARKER, PLAIN
from sipsim.protocol.offer_answer import Stream
from sipsim.protocol.packet_times import pace_of
from sipsim.simulation.environment import Timer
from sipsim.simulation.media_tally import RTP, MediaPacket
from sipsim.simulation.network import Address

if TYPE_CHECKING:
    from sipsim.elements.agents.endpoint import Endpoint

SILENCE = {"PCMU": b"\xff", "PCMA": b"\xd5"}

_pack = HEADER.pack


class Sender:
    """A source of RTP: `ssrc`, the first sequence number and the first time stamp are drawn at random (§5.1 there).

    It sends while a stream is on, and goes on with its numbers when the next begins.
    """

    def __init__(self, agent: Endpoint, source: Address) -> None:
        bits = agent.bench.streams.get(f"rtp/{agent.name}").getrandbits
        self.ssrc, self._first, self.timestamp = bits(32), bits(16), bits(32)
        self.sequence = self._first  # both go on beyond what a header holds
        self.env = agent.env
        self._later = agent.env.call_later
        self.source = source
        self._send = agent.network.send
        self._timer: Timer | None = None
        self._next = 0.0
        self._presses: deque[Press | None] = deque()  # keys that are still to be sent, by packet times
        self._key_head = self._cause = 0

    def begin(self, stream: Stream) -> None:
        """Send to where the stream's other end listens, the first packet now."""
        pace = pace_of(stream.codec, stream.kind, stream.rate)
        self._every, self._ticks = pace.seconds, pace.ticks
        self._destination = Address(*stream.remote)
        self._head = PLAIN | stream.payload & 0x7F
        self._payload = SILENCE.get(stream.codec, b"\0") * pace.octets
        if self.sent:  # the clock went on while nothing was sent
            self.timestamp += round((self.env.now - self._next) * stream.rate)
        self._beat(MARKER)

    def pause(self) -> None:
        """Send no more for now."""
        if self._timer is not None:
            self._next = self._timer.when
            self._timer.cancel()
            self._timer = None

    def _beat(self, marker: int = 0) -> None:
        sequence, timestamp = self.sequence, self.timestamp
        data = _pack(self._head | marker, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, self.ssrc) + self._payload
        self.sequence = sequence + 1
        self.timestamp = timestamp + self._ticks
        packet = MediaPacket(data, self.source, self._destination, RTP)
        if self._presses:
            packet.cause = self._cause
            packet.data = self._pressed(self._presses.popleft(), sequence, timestamp) or data
        self._send(packet)
        self._timer = self._later(self._every, self._beat, lingering=True)

    def press(self, keys: str, payload_type: int, tone: float, gap: float, cause: int) -> float:
        """Send keys from the next packet on, after those that are still to be sent; gives how long that will take."""
        if self._timer is None:
            raise UsageError("send_dtmf(): nothing is sent here now, the stream is on hold or over")
        self._key_head = PLAIN | payload_type & 0x7F
        self._cause = cause
        self._presses.extend(presses(keys, tone, gap, self._every, self._ticks))
        return self._timer.when - self.env.now + len(self._presses) * self._every

    def _pressed(self, press: Press | None, sequence: int, timestamp: int) -> bytes | None:
        """The packet of a key, which has the time stamp of when that went down."""
        if press is None:
            return None
        head = self._key_head | (0 if press.ago else MARKER)
        return (
            _pack(head, sequence & 0xFFFF, timestamp - press.ago * self._ticks & 0xFFFFFFFF, self.ssrc) + press.payload
        )

    @property
    def sent(self) -> int:
        """How many packets left."""
        return self.sequence - self._first
