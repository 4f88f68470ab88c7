"""One port of a session's media: what is sent from there, what is heard there, and what both ends count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from sipsim.elements.media.ear import Ear
from sipsim.elements.media.flow import FlowLine
from sipsim.elements.media.sender import Sender
from sipsim.message.sdp import Sdp
from sipsim.protocol.offer_answer import SENDING, Stream, formats_of
from sipsim.protocol.reception import Statistics

if TYPE_CHECKING:
    from sipsim.elements.agents.endpoint import Endpoint


class Line(Protocol):
    """What a session asks of a port for media; it is there from the first description on."""

    port: int
    on_key: Callable[[str, str, int], None] | None
    """Told of each key that is heard: the key, "rtp", and the record that caused it."""
    cause: int
    """The record of when the stream began."""

    def __init__(self, agent: Endpoint) -> None: ...

    @property
    def statistics(self) -> Statistics:
        """What was counted up to now, or until it was closed."""
        ...

    def expect(self, local: Sdp) -> None:
        """The payload types of this description may arrive from now on."""

    def begin(self, stream: Stream) -> None:
        """A stream was agreed on."""

    def press(self, keys: str, payload_type: int, tone: float, gap: float, cause: int) -> float:
        """Send keys among the voice, and say for how long; `UsageError` where nothing is sent."""
        ...

    def pause(self) -> None:
        """The stream is over for now."""

    def close(self) -> None:
        """Nobody listens here any more."""

    def again(self) -> Line:
        """The same port for another session: another phone has answered the same offer."""
        ...


class PacketLine:
    """Media as packets: an `Ear` and a `Sender` at one port (symmetric, RFC 4961)."""

    cause = 0

    def __init__(self, agent: Endpoint, ear: Ear | None = None) -> None:
        self._agent = agent
        self.ear = ear or Ear(agent)
        self.ear.sessions += 1
        self.port = self.ear.address.port
        self.sender = Sender(agent, self.ear.address)
        self.on_key: Callable[[str, str, int], None] | None = None
        self.ear.told.append(self._told)
        self._remote: tuple[str, int] | None = None
        self._open = True

    @property
    def statistics(self) -> Statistics:
        ear, shared = self.ear, self.ear.sessions > 1
        heard = ear.statistics(self._remote if shared else None)
        return heard._replace(sent=self.sender.sent)

    def expect(self, local: Sdp) -> None:
        self.ear.expect(formats_of(local, self.port))

    def begin(self, stream: Stream) -> None:
        self._remote = stream.remote
        if stream.direction in SENDING:
            self.sender.begin(stream)

    def press(self, keys: str, payload_type: int, tone: float, gap: float, cause: int) -> float:
        return self.sender.press(keys, payload_type, tone, gap, cause)

    def _told(self, key: str, origin: tuple[str, int], cause: int) -> None:
        """A key was heard at our port, of our peer or another session's."""
        if self._open and self.on_key is not None and (self.ear.sessions == 1 or origin == self._remote):
            self.on_key(key, "rtp", cause or self.cause)

    def pause(self) -> None:
        self.sender.pause()

    def close(self) -> None:
        self.sender.pause()
        if self._open:
            self._open = False
            self.ear.leave()

    def again(self) -> Line:
        return PacketLine(self._agent, self.ear)


KINDS: Mapping[str, type[Line]] = {"packets": PacketLine, "flow": FlowLine}
