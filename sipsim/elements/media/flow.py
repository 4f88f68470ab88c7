"""Media as a flow: what a receiver would have counted, drawn when somebody asks, without a packet.

The sender's packets of the time that has passed are counted, not made. How many of them each wire of the way loses, and
how many it doubles, is drawn from the binomial distribution with its probabilities, as they were when the stream was
over, or are when it is asked. The jitter (RFC 3550 A.8) of a short stream comes from packets that each get a delay as a
wire would draw it, taken in the order in which they would arrive; that of a longer one is what it came to in one long
stream on such a way. Corrupted octets and the queue of a narrow link are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING

from sipsim.errors import UsageError
from sipsim.message.sdp import Sdp
from sipsim.protocol.offer_answer import SENDING, Stream
from sipsim.protocol.packet_times import pace_of
from sipsim.protocol.reception import Statistics
from sipsim.simulation.flow_draws import Passage, binomial
from sipsim.simulation.network import Address

if TYPE_CHECKING:
    from sipsim.elements.agents.endpoint import Endpoint

Spells = list[tuple[float, float]]
"""When an end sent: from and to, in seconds."""

A_FEW = 1e-6  # seconds, within which instants are the same


class FlowLine:
    """One end of a stream: how much it has sent, and what it has heard of the other end's."""

    cause = 0
    on_key: Callable[[str, str, int], None] | None = None

    def __init__(self, agent: Endpoint, port: int = 0) -> None:
        self._agent = agent
        self._tally = agent.network.media
        self.port = port or agent.media_port()
        self._source = Address(agent.address.host, self.port)
        self._remote: Address | None = None
        self._every = inf
        self._spells: Spells = []
        self._heard: list[tuple[Spells, float, Passage, float]] = []  # what is not looked at yet: see `_settle`
        self._settled = self._received = self._lost = 0
        self._jitter = self._mean = 0.0

    def expect(self, local: Sdp) -> None:
        """No packet comes that would have to be known."""

    def begin(self, stream: Stream) -> None:
        """A stream begins; the other end finds us by the two addresses."""
        self._every = pace_of(stream.codec, stream.kind, stream.rate).seconds
        self._remote = Address(*stream.remote)
        self._tally.flows[self._source, self._remote] = self
        if stream.direction in SENDING:
            self._spells.append((self._agent.env.now, inf))

    def press(self, keys: str, payload_type: int, tone: float, gap: float, cause: int) -> float:
        raise UsageError('send_dtmf(): a flow has no packets for keys: ask for media="packets", or by="info"')

    def pause(self) -> None:
        """Neither send nor listen for now."""
        if self._remote is not None:
            now = self._agent.env.now
            self._listened(now)
            self._remote = None
            if self._spells and self._spells[-1][1] == inf:
                self._spells[-1] = (self._spells[-1][0], now)

    def close(self) -> None:
        """It is over; nobody but us listens to the other end's stream."""
        remote = self._remote
        if remote is not None:
            self.pause()
            self._tally.flows.pop((remote, self._source), None)

    def again(self) -> FlowLine:
        """The same port, for another session."""
        return FlowLine(self._agent, self.port)

    @property
    def statistics(self) -> Statistics:
        """What would have been counted up to now."""
        now = self._agent.env.now
        self._listened(now)
        while self._heard:
            self._settle(*self._heard.pop(0))
        sent = sent_by(now, self._spells, self._every)
        return Statistics(sent, self._received, self._lost, self._jitter, self._mean)

    def _listened(self, until: float) -> None:
        """Remember what there is to be heard, and over which way, as it is now."""
        if self._remote is not None:
            other = self._tally.flows.get((self._remote, self._source))
            if other is not None:
                passage = Passage.of(self._agent.network.route(self._remote, self._source))
                self._heard.append((other._spells, other._every, passage, until))

    def _settle(self, spells: Spells, every: float, passage: Passage, until: float) -> None:
        """Draw what has arrived of what the other end sent over a way until then, since the last time."""
        there = sent_by(until - passage.delay, spells, every)
        new, self._settled = there - self._settled, max(there, self._settled)
        if new <= 0 or passage.broken:
            return
        dice = self._agent.bench.streams.get(f"flow/{self._agent.name}")
        copies = new
        for impairment in passage.wires:
            copies -= binomial(copies, impairment.loss, dice)
            copies += binomial(copies, impairment.duplicate, dice)
        self._received += copies
        self._lost += new - copies
        if passage.uneven:
            self._mean, self._jitter = self._tally.jitter.draw(self._received, every, passage, dice)


def sent_by(instant: float, spells: Spells, every: float) -> int:
    """How many packets left until then."""
    spent = [min(instant, end - A_FEW) - begin for begin, end in spells if instant >= begin]
    return sum([int((time + A_FEW) / every) + 1 for time in spent])
