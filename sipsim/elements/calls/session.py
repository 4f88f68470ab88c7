"""What the two ends of a call last agreed on, and what each would say in the next exchange (RFC 3261 §13, RFC 3264)."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sipsim.elements.agents.endpoint import Endpoint
from sipsim.errors import SipParseError
from sipsim.message.message import Message
from sipsim.message.sdp import Sdp
from sipsim.protocol.offer_answer import Codecs, Stream, answer, changed, declined, negotiated, offer, succeeding
from sipsim.simulation.network import Address

SDP = "application/sdp"


class Session:
    """One side's view of a session.

    `local_sdp` and `remote_sdp` are the two descriptions of the last completed exchange (before there is one: what
    was said so far), `stream` what they come to. `codecs` and `direction` are what this end would like.
    """

    direction = "sendrecv"
    local_sdp: Sdp | None = None
    _described = b""  # the peer's description as it came
    _last: Sdp | None = None  # our last description, offered or answered, for the version of the next
    _playing: Stream | None = None
    _port = 0
    _at: Address | None = None

    def __init__(self, agent: Endpoint, call_id: str) -> None:
        self.agent = agent
        self.call_id = call_id
        self.codecs: Codecs = agent.codecs
        self._confirmed = False

    @property
    def remote_sdp(self) -> Sdp | None:
        """What the peer offered or answered; None for nothing, and for what can't be read."""
        return self._read if self._described else None

    @cached_property
    def _read(self) -> Sdp | None:
        return description_from(self._described)

    @property
    def stream(self) -> Stream | None:
        """What both ends agreed on, None before the session stands."""
        return self._agreed if self._confirmed else None

    @cached_property
    def _agreed(self) -> Stream | None:
        local, remote = self.local_sdp, self.remote_sdp
        return None if local is None or remote is None else negotiated(local, remote)

    # Descriptions of our own

    def offered(self, codecs: Codecs, direction: str) -> Sdp:
        """Our next offer (RFC 3264 §5, §8)."""
        description = offer(*self._where, codecs, direction)
        self._last = description if self._last is None else changed(self._last, description)
        return self._last

    def answer_to(self, described: Sdp | None, codecs: Codecs, direction: str) -> Sdp | None:
        """Our answer to an offer (RFC 3264 §6), None where nothing in it fits."""
        found = None if described is None else answer(described, *self._where, codecs, direction)
        if found is not None:
            self._last = found = found if self._last is None else succeeding(self._last, found)
        return found

    def answer_in_ack(self, described: bytes, codecs: Codecs, direction: str) -> tuple[Sdp | None, bool]:
        """Our answer to the offer in a 2xx, and whether it is one that fits: an answer is due anyhow (§13.2.2.4)."""
        offered = description_from(described)
        if offered is None:
            return None, False
        local = self.answer_to(offered, codecs, direction)
        user, host, _ = self._where
        return (declined(offered, user, host), False) if local is None else (local, True)

    @property
    def _where(self) -> tuple[str, str, int]:
        """Who we are, and where we want to receive; one port for all of a call, as long as the phone stays there."""
        agent = self.agent
        if self._at is not agent.address:
            self._at, self._port = agent.address, agent.media_port()
        return agent.uri.user or agent.name, agent.address.host, self._port

    # Agreeing

    def agree(self, local: Sdp | None, described: bytes) -> None:
        """An exchange is complete: the session is what it says, and media follow."""
        self.local_sdp = local
        self._described = described
        self._confirmed = True
        for known in ("_read", "_agreed"):
            self.__dict__.pop(known, None)
        self._play(True)

    def agree_by_ack(self, local: Sdp | None, ack: Message) -> None:
        """The offer was in our 2xx, so the answer is in its ACK (§13.2.1)."""
        described = description_in(ack)
        if described:
            self.agree(local, described)
        else:
            self.agent.ignored("an ACK without the answer to our offer", "RFC 3261 §13.2.1")

    def _play(self, on: bool) -> None:
        """Record where media begin and end, where that is kept."""
        if not self.agent.trace.messages:
            return
        wanted = self.stream if on else None
        if wanted is not None and wanted.direction == "inactive":
            wanted = None
        if wanted != self._playing:
            self._record("stop", self._playing)
            self._record("start", wanted)
            self._playing = wanted

    def _record(self, event: str, stream: Stream | None) -> None:
        if stream is None:
            return
        agent = self.agent
        local, remote = (f"{host}:{port}" for host, port in (stream.local, stream.remote))
        more: dict[str, Any] = {} if stream.direction == "sendrecv" else {"direction": stream.direction}
        agent.trace.add(
            "media", agent.env.now, agent.name,
            event=event, call=self.call_id, codec=stream.codec, local=local, remote=remote, **more,
        )  # fmt: skip


def description_in(message: Message) -> bytes:
    """The SDP body of a message, empty without one."""
    kind = message.content_type
    return message.body if kind is not None and f"{kind.type}/{kind.subtype}" == SDP else b""


def description_from(body: bytes) -> Sdp | None:
    """A description that can be read, else None."""
    try:
        return Sdp.parse(body) if body else None
    except SipParseError:
        return None
