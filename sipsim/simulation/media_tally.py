"""What a network did to media, whose packets are no records: counted by where they came from and went."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sipsim.simulation.flow_draws import JitterDraws
from sipsim.simulation.network import Address, Packet

RTP = "RTP"
"""The transport of media: datagrams that no record tells of one by one, and for which no run waits."""


class MediaPacket(Packet):
    """A packet of media: it is counted instead of recorded."""

    __slots__ = ()
    lingering = True

    def again(self, data: bytes | None = None) -> Packet:
        return MediaPacket(data or self.data, self.source, self.destination, self.transport, None, self.cause)


class Unawaited(tuple[Any, ...]):
    """What is posted for a packet of media: a run may end while it is on its way."""

    __slots__ = ()
    lingering = True


Way = tuple[Address, Address]


class MediaTally:
    """How many packets of media were lost and duplicated on their way between two addresses, and how many found nobody.

    `flows` are who sends from one address to another where media are worked out instead of sent.
    """

    def __init__(self) -> None:
        self.lost: Counter[Way] = Counter()
        self.duplicated: Counter[Way] = Counter()
        self.unheard: Counter[Way] = Counter()
        self.flows: dict[Way, Any] = {}
        self.jitter = JitterDraws()
