"""What the two ends of a call last agreed on, and what each would say in the next exchange (RFC 3261 §13, RFC 3264)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

from sipsim.elements.agents.endpoint import Endpoint
from sipsim.elements.media.line import KINDS, Line
from sipsim.errors import SipParseError, UsageError
from sipsim.message.message import Message
from sipsim.message.sdp import Sdp, usual_stream
from sipsim.protocol.inspection import Refusal, refusal
from sipsim.protocol.offer_answer import (
    Codecs,
    Stream,
    Wish,
    answer,
    changed,
    declined,
    misfit,
    offer,
    streams,
    succeeding,
)
from sipsim.protocol.reception import Statistics
from sipsim.simulation.network import Address

SDP = "application/sdp"


class Session:
    """One side's view of a session.

    `local_sdp` and `remote_sdp` are the two descriptions of the last completed exchange (before there is one: what
    was said so far), `streams` what they come to, `stream` the first audio one of these. `codecs`, `video` and
    `direction` are what this end would like.
    """

    direction = "sendrecv"
    local_sdp: Sdp | None = None
    _described = b""  # the peer's description as it came
    _last: Sdp | None = None  # our last description, offered or answered, for the version of the next
    _playing: tuple[Stream, ...] = ()
    _port = _video_port = 0
    _lines: Mapping[str, Line] = {}  # the ports of its media, by the kind of stream, where media are simulated
    _at: Address | None = None

    def __init__(self, agent: Endpoint, call_id: str) -> None:
        self.agent = agent
        self.call_id = call_id
        self.codecs: Codecs = agent.codecs
        self.video: Codecs = agent.video
        self._confirmed = False

    @property
    def remote_sdp(self) -> Sdp | None:
        """What the peer offered or answered; None for nothing, and for what can't be read."""
        return self._read if self._described else None

    @cached_property
    def _read(self) -> Sdp | None:
        return description_from(self._described)

    @property
    def streams(self) -> tuple[Stream, ...]:
        """What both ends agreed on, in the order of the descriptions; nothing before there is an answer.

        An answer that came before the call was answered counts too: early media (RFC 3261 §13.2.1).
        """
        return self._agreed if self._confirmed else ()

    @property
    def stream(self) -> Stream | None:
        """The audio stream that both ends agreed on, else the first of all; None before there is any."""
        found = self.streams
        return next((stream for stream in found if stream.kind == "audio"), found[0] if found else None)

    @cached_property
    def _agreed(self) -> tuple[Stream, ...]:
        local, remote = self.local_sdp, self.remote_sdp
        return () if local is None or remote is None else tuple(streams(local, remote))

    # Descriptions of our own

    def offered(self, codecs: Codecs, direction: str, video: Codecs) -> Sdp:
        """Our next offer (RFC 3264 §5, §8)."""
        description = offer(*self._where, codecs, direction, self._more(video, direction))
        self._last = description if self._last is None else changed(self._last, description)
        self._listen(self._last)
        return self._last

    def answer_to(self, described: Sdp | None, codecs: Codecs, direction: str) -> Sdp | None:
        """Our answer to an offer (RFC 3264 §6), None where nothing in it fits."""
        more = self._more(self.video, direction)
        found = None if described is None else answer(described, *self._where, codecs, direction, more)
        if found is not None:
            self._last = found = found if self._last is None else succeeding(self._last, found)
            self._listen(found)
        return found

    def answer_late(self, described: bytes, codecs: Codecs, direction: str) -> tuple[Sdp | None, bool]:
        """Our answer to the offer in a response, and whether it fits: one is due anyhow (§13.2.2.4)."""
        offered = description_from(described)
        if offered is None:
            return None, False
        local = self.answer_to(offered, codecs, direction)
        user, host, _ = self._where
        return (declined(offered, user, host), False) if local is None else (local, True)

    @property
    def video_in_use(self) -> Codecs:
        """The video codecs of the next offer: what the peer has refused is not offered again by itself."""
        if not self.video or not self._confirmed:
            return self.video
        return self.video if any(stream.kind == "video" for stream in self.streams) else ()

    def _more(self, video: Codecs, direction: str) -> Sequence[Wish]:
        """The streams besides audio."""
        if not video:
            return ()
        self._video_port = self._video_port or self._open("video")
        return (Wish("video", video, self._video_port, direction),)

    @property
    def _where(self) -> tuple[str, str, int]:
        """Who we are, and where we want to receive; one port for all of a call, as long as the phone stays there."""
        agent = self.agent
        if self._at is not agent.address:
            self._at, self._port, self._video_port = agent.address, self._open("audio"), 0
        return agent.uri.user or agent.name, agent.address.host, self._port

    def _open(self, kind: str) -> int:
        """A port for a stream; somebody listens there if media are simulated."""
        agent = self.agent
        if agent.media == "off":
            return agent.media_port()
        if kind in self._lines:
            self._lines[kind].close()
        line = KINDS[agent.media](agent)
        line.on_key = self.heard_key
        self._lines = {**self._lines, kind: line}
        return line.port

    def heard_key(self, key: str, by: str = "rtp", cause: int | None = None) -> None:
        """The peer has pressed a key."""

    def _listen(self, local: Sdp) -> None:
        """Be ready for what we have said that we can take: it may come before anything else does (RFC 3264 §5.1)."""
        for line in self._lines.values():
            line.expect(local)

    @property
    def statistics(self) -> Statistics:
        """What this end has counted of its first stream: packets sent, received, lost, jitter (RFC 3550 §6.4.1).

        Packets that came before media stopped count. `UsageError` where media are not simulated.
        """
        line = next(iter(self._lines.values()), None)
        if line is None:
            raise UsageError(f'statistics: {self.agent.name} has none; ask for media="packets" or "flow" first')
        return line.statistics

    def close_lines(self) -> None:
        """Listen no more, and be silent."""
        for line in self._lines.values():
            line.close()
            line.on_key = None  # so that nothing goes round in a circle, and memory is free at once

    # Agreeing

    def why_unfit(self, local: Sdp | None, described: bytes) -> str:
        """Why what came is no answer to our offer, "" where it is one, and for none at all (RFC 3264 §6)."""
        if local is None or not described:
            return ""
        usual = usual_stream(described)
        if usual is not None and len(local.media) == 1 and usual in local.media[0].formats:  # as nearly always
            return ""
        answered = description_from(described)
        return "the answer can't be read" if answered is None else misfit(local, answered)

    def agree(self, local: Sdp | None, described: bytes) -> None:
        """An exchange is complete: the session is what it says, and media follow."""
        if described != self._described:
            self.__dict__.pop("_read", None)
        self.local_sdp = local
        self._described = described
        self._confirmed = True
        self.__dict__.pop("_agreed", None)
        self._play(True)

    def agree_by_ack(self, local: Sdp | None, ack: Message) -> str:
        """The offer was in our 2xx, so the answer is in its ACK (§13.2.1); says what is wrong with it."""
        described = description_in(ack)
        why = self.why_unfit(local, described)
        if not described:
            self.agent.ignored("an ACK without the answer to our offer", "RFC 3261 §13.2.1")
        elif not why:
            self.agree(local, described)
        return why

    def _play(self, on: bool) -> None:
        """Record where media begin and end, where that is kept."""
        if not (self._lines or self.agent.trace.messages):
            return
        wanted = tuple([stream for stream in self.streams if stream.direction != "inactive"]) if on else ()
        if wanted != self._playing:
            for event, these, others in (("stop", self._playing, wanted), ("start", wanted, self._playing)):
                for stream in these:
                    if stream not in others:
                        self._record(event, stream)
            self._playing = wanted
        if not on:
            self.close_lines()

    def _record(self, event: str, stream: Stream) -> None:
        agent, line = self.agent, self._lines.get(stream.kind)
        if line is not None and event == "start":
            line.begin(stream)
        elif line is not None:
            line.pause()
        if not agent.trace.messages:
            return
        local, remote = (f"{host}:{port}" for host, port in (stream.local, stream.remote))
        more: dict[str, Any] = {} if stream.kind == "audio" else {"stream": stream.kind}
        if stream.direction != "sendrecv":
            more["direction"] = stream.direction
        if line is not None and event == "stop":
            more |= line.statistics._asdict()
        record = agent.trace.add(
            "media", agent.env.now, agent.name,
            event=event, call=self.call_id, codec=stream.codec, local=local, remote=remote, **more,
        )  # fmt: skip
        if line is not None and event == "start":
            line.cause = record


def description_in(message: Message) -> bytes:
    """The description of a session in a message, among other parts too (RFC 5621 §3.1); empty without one."""
    kind = message.content_type
    if kind is None or f"{kind.type}/{kind.subtype}" == SDP:
        return b"" if kind is None else message.body
    with suppress(SipParseError):  # parts that can't be read describe nothing
        found = message.find(SDP) if kind.type == "multipart" else None
        return b"" if found is None else found.body
    return b""


def description_from(body: bytes) -> Sdp | None:
    """A description that can be read, else None."""
    try:
        return Sdp.parse(body) if body else None
    except SipParseError:
        return None


def unreadable(body: bytes) -> Refusal:
    """The refusal of a description that can't be read, or is too long to be (RFC 3261 §21.4.1, §21.5.7)."""
    try:
        Sdp.parse(body)
    except SipParseError as error:
        return refusal(error.status, error.reason)
    raise AssertionError("it can be read")
