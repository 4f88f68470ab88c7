"""Who sends from a port: a packet of silence every packet time of the codec (RFC 3550 §5.1, RFC 3551)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from struct import Struct
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

    _beat: Callable[[], None]  # sends one, while a stream is on

    def __init__(self, agent: Endpoint, source: Address) -> None:
        bits = agent.bench.streams.get(f"rtp/{agent.name}").getrandbits
        self.ssrc, self._first, self.timestamp = bits(32), bits(16), bits(32)
        self.sequence = self._first  # both go on beyond what a header holds
        self.env = agent.env
        self.source = source
        self._send = agent.network.send
        self._timer: Timer | None = None
        self._next = 0.0
        self._presses: deque[Press | None] = deque()  # keys that are still to be sent, by packet times
        self._key_head = self._cause = 0

    def begin(self, stream: Stream) -> None:
        """Send to where the stream's other end listens, the first packet now."""
        self._every, self._ticks, _ = pace = pace_of(stream.codec, stream.kind, stream.rate)
        if self.sent:  # the clock went on while nothing was sent
            self.timestamp += round((self.env.now - self._next) * stream.rate)
        self._begun = self.sequence
        self._beat = self._packets(stream, SILENCE.get(stream.codec, b"\0") * pace.octets).__next__
        self._beat()

    def pause(self) -> None:
        """Send no more for now."""
        if self._timer is not None:
            self._next = self._timer.when
            self._timer.cancel()
            self._timer = None
            del self._beat  # which goes round in a circle
            self.timestamp += (self.sequence - self._begun) * self._ticks

    def _packets(self, stream: Stream, payload: bytes) -> Iterator[None]:
        """Send a packet each time; a generator, so that all that stays the same for thousands of them is at hand."""
        pack = Struct(f"{HEADER.format}{len(payload)}s").pack
        source, destination, ssrc = self.source, Address(*stream.remote), self.ssrc
        send, later, every, presses = self._send, self.env.call_later, self._every, self._presses
        plain = PLAIN | stream.payload & 0x7F
        head = plain | MARKER
        for sequence, timestamp in zip(count(self.sequence), count(self.timestamp, self._ticks)):
            data = pack(head, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc, payload)
            head = plain
            packet = MediaPacket(data, source, destination, RTP)
            if presses:
                packet.cause = self._cause
                packet.data = self._pressed(presses.popleft(), sequence, timestamp) or data
            self.sequence = sequence + 1
            send(packet)
            self._timer = later(every, self._beat, lingering=True)
            yield

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
