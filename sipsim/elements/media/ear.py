"""Who listens at a port: RTP packets are counted by their source, and keys are heard (RFC 3550 §8.2, RFC 4733)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from struct import error as struct_error
from typing import TYPE_CHECKING

from sipsim.elements.media.keys import Hearing
from sipsim.errors import SipParseError
from sipsim.message.rtp import HEADER, MARKER, PLAIN, Rtp
from sipsim.protocol.offer_answer import Formats
from sipsim.protocol.reception import Reception, Statistics, together
from sipsim.simulation.media_tally import RTP
from sipsim.simulation.network import Address, Packet
from sipsim.trace.media_log import Track

if TYPE_CHECKING:
    from sipsim.elements.agents.endpoint import Endpoint

MOST_SOURCES = 32
"""Sources that one port listens to; a robustness limit of ours."""

KEYS_PRESSED = "telephone-event"

_unpack = HEADER.unpack_from


class Ear:
    """Counts what arrives at a port that it binds, until the last of the sessions that use it has left.

    `formats` are the codecs and clock rates of the payload types that were agreed on.
    `ignored` are packets that are no RTP, or of a payload type that nobody agreed on, or of a source too many.
    """

    def __init__(self, agent: Endpoint) -> None:
        self.agent = agent
        self.env = agent.env
        self.formats: Formats = {}
        self._plain: set[int] = set()
        self._usual = -1  # the source of the last packet, and where it is counted
        self._take: Callable[[int, int, float], bool] = lambda *packet: False
        self.sources: dict[int, Reception] = {}
        self.origins: dict[int, Address] = {}
        self.told: list[Callable[[str, tuple[str, int], int], None]] = []  # of the keys that are heard, and whose
        self._hearing = Hearing()
        self.unheard: Counter[tuple[str, int]] = Counter()
        self.sessions = self._left = 0
        self.ignored = 0
        self._log = agent.trace.media if agent.trace.messages else None
        self._tracks: dict[object, Track] = {}
        wanted = Address(agent.address.host, 0 if agent.network.live else agent.media_port())
        hear = self.hear if self._log is None else self._hear_and_keep
        self.address = agent.network.bind(wanted, RTP, hear, self._came_back, node=agent.name)

    def leave(self) -> None:
        """A session has ended."""
        self._left += 1
        if self._left == self.sessions:
            self.agent.network.unbind(self.address, RTP)

    def hear(self, packet: Packet) -> None:
        """A packet arrives."""
        try:
            head, sequence, timestamp, ssrc = _unpack(packet.data)
        except struct_error:
            self.ignored += 1
            return
        if ssrc != self._usual or head not in self._plain:
            self._look(packet)
        elif not self._take(sequence, timestamp, self.env._now):
            self.ignored += 1

    def expect(self, formats: Formats) -> None:
        """These payload types may come from now on, besides those of before."""
        self.formats |= formats
        codecs = [form for form, (name, _) in self.formats.items() if name != KEYS_PRESSED]
        self._plain = {PLAIN | marker | form for form in codecs for marker in (0, MARKER)}

    def _look(self, packet: Packet) -> None:
        """A packet of another source than the last one, or that has more than a plain header, or keys, or is none."""
        try:
            rtp = Rtp.parse(packet.data)
        except SipParseError:
            self.ignored += 1
            return
        name, rate = self.formats.get(rtp.payload_type, ("", 0))
        source = self.sources.get(rtp.ssrc)
        if rate and source is None and len(self.sources) < MOST_SOURCES:
            source = self.sources[rtp.ssrc] = Reception(rtp.sequence, rtp.timestamp, self.env.now, rate)
            self.origins[rtp.ssrc] = packet.source
        if not rate or source is None:
            self.ignored += 1
        elif name != KEYS_PRESSED:
            self._usual, self._take = rtp.ssrc, source.take
            self.ignored += not source.take(rtp.sequence, rtp.timestamp, self.env.now)
        elif not source.take_untimed(rtp.sequence):
            self.ignored += 1
        elif key := self._hearing.key(rtp):
            for tell in self.told:
                tell(key, packet.source, packet.cause)

    def _hear_and_keep(self, packet: Packet) -> None:
        """A packet arrives, which captures will have."""
        track = self._tracks.get(packet.source)
        if track is None and self._log is not None:
            track = self._tracks[packet.source] = self._log.track((packet.source, packet.destination))
        if track is not None:
            track.add(self.env.now, packet.data)
        self.hear(packet)

    def statistics(self, origin: tuple[str, int] | None) -> Statistics:
        """What came from one address, and was sent there for nothing; from all of them for None."""
        chosen = [ssrc for ssrc, address in self.origins.items() if origin in (None, address)]
        unheard = sum(count for address, count in self.unheard.items() if origin in (None, address))
        found = together([self.sources[ssrc].statistics() for ssrc in chosen])
        return found._replace(ignored=self.ignored, unheard=unheard)

    def _came_back(self, packet: Packet, why: str) -> None:
        """Nobody listened."""
        self.unheard[packet.destination] += 1
