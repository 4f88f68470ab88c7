"""Offer and answer (RFC 3264): what both ends can do, chosen stream by stream by the one that answers.

A phone wants an audio stream, and perhaps others (`Wish`). Of the streams that are offered it takes one for each wish;
all others are refused by port 0 and keep their place (§6). A later offer or answer takes the next version, unless it
says the same again (§8). `misfit` says why a description is no answer to an offer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from sipsim.errors import UsageError
from sipsim.message.sdp import Lines, Media, Sdp, session_lines

Codecs = tuple[tuple[str, str], ...]
"""(payload type, encoding name and clock rate) of each codec, the one liked best first."""

Formats = dict[int, tuple[str, int]]
"""Codec and clock rate by payload type."""

CODECS: Codecs = (("0", "PCMU/8000"), ("8", "PCMA/8000"))
"""The codecs of a phone that says nothing else (RFC 3551 §6)."""

KNOWN: Codecs = (
    *CODECS, ("3", "GSM/8000"), ("9", "G722/8000"), ("18", "G729/8000"), ("96", "opus/48000/2"), ("97", "iLBC/8000"),
)  # fmt: skip
"""The codecs that have a name here; payload types from 96 on are no more than a suggestion (RFC 3551 §3)."""

EVENTS = "telephone-event/8000"
"""Keys pressed, which go along with a codec and are none (RFC 4733)."""

VIDEO: Codecs = (
    ("31", "H261/90000"), ("32", "MPV/90000"), ("34", "H263/90000"), ("98", "H264/90000"), ("99", "VP8/90000"),
)  # fmt: skip
"""The same for pictures that move."""

STATIC = {form: name for form, name in (*KNOWN, *VIDEO) if int(form) < 96}

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
SENDING = DIRECTIONS[:2]

_MIRRORED = {"sendonly": "recvonly", "recvonly": "sendonly"}


class Stream(NamedTuple):
    """A negotiated stream, seen from one end: the codec's name and where each end wants to receive (host, port).

    `direction` is what this end does: "sendrecv", "sendonly" (it has put the peer on hold), "recvonly" or "inactive".
    `kind` is audio, video ..., `protocol` what carries it; `payload` and `rate` are the payload type by which this end
    sends (RFC 3551 §6, or as mapped), and the ticks a second of its time stamps.
    """

    codec: str
    local: tuple[str, int]
    remote: tuple[str, int]
    direction: str = "sendrecv"
    kind: str = "audio"
    protocol: str = "RTP/AVP"
    payload: int = 0
    rate: int = 8000


class Wish(NamedTuple):
    """What an end would like of a stream: the codecs that it knows, the port where it listens, the direction."""

    kind: str
    codecs: Codecs
    port: int
    direction: str = "sendrecv"


def codecs_named(names: Iterable[str], known: Codecs = KNOWN, *, option: str = "codecs") -> Codecs:
    """The codecs of these names, such as "PCMA"; `UsageError` for a name that is not known, and for none at all."""
    if not isinstance(names, Iterable):
        raise UsageError(f"{option}: {names!r} is no list of names")
    extra = [("101", EVENTS)] if known is KNOWN else []
    by_name = {name.partition("/")[0].upper(): (form, name) for form, name in (*known, *extra)}
    wanted = [names] if isinstance(names, str) else list(names)
    for name in wanted:
        if not isinstance(name, str) or name.upper() not in by_name:
            there = ", ".join(name.partition("/")[0] for _, name in known)
            raise UsageError(f"{option}: {name!r} is no codec that is known here; these are: {there}")
    found = tuple(by_name[name.upper()] for name in dict.fromkeys(wanted))
    if known is KNOWN and all(name == EVENTS for _, name in found):
        raise UsageError(f"{option}: there has to be one at least")
    return found


def video_named(names: Iterable[str] | None) -> Codecs:
    """The video codecs of these names, such as "H264"; none at all for a phone without a camera."""
    return codecs_named(names, VIDEO, option="video") if names is not None else ()


def checked_direction(direction: str) -> str:
    """A direction; `UsageError` for anything else."""
    if direction not in DIRECTIONS:
        raise UsageError(f"direction: {direction!r} is none; allowed are {', '.join(DIRECTIONS)}")
    return direction


def offer(
    user: str, host: str, port: int, codecs: Codecs = CODECS, direction: str = "sendrecv", more: Sequence[Wish] = ()
) -> Sdp:
    """The description to open with (RFC 3264 §5): an audio stream, and `more`."""
    if direction == "sendrecv" and not more:  # as nearly always
        return Sdp.audio(user, host, port, codecs)
    wishes = [Wish("audio", codecs, port, direction), *more]
    media = [_stream(wish.kind, wish.port, wish.codecs, wish.direction) for wish in wishes]
    return Sdp(session_lines(user, host), media)


def answer(
    offered: Sdp, user: str, host: str, port: int, codecs: Codecs = CODECS, direction: str = "sendrecv",
    more: Sequence[Wish] = (),
) -> Sdp | None:  # fmt: skip
    """The answer: of the offered codecs those known here, in the offerer's order; None where no stream fits (§6.1).

    `direction` is what this end would like; it does no more than the offer lets it do. An offer in which every stream
    is closed (port 0) is answered in kind (§8.2). A stream without an address, its own or the session's, fits nowhere
    (RFC 8866 §5.7).
    """
    if not more and direction == "sendrecv" and len(offered.media) == 1:  # as nearly always
        stream = offered.media[0]
        usual = stream.kind == "audio" and stream.port and stream.proto == "RTP/AVP"
        common = _common(stream.formats, stream.lines, codecs) if usual else ()
        if common and common[0][1] != EVENTS and _host(offered, stream) and direction_of(offered, stream) == "sendrecv":
            return Sdp.audio(user, host, port, common)
    wishes, media = [Wish("audio", codecs, port, direction), *more], list[Media]()
    for stream in offered.media:
        wish, common = _fitting(stream, wishes) if _host(offered, stream) else (None, ())
        if wish is None:
            media.append(refused(stream))
        else:
            wishes.remove(wish)
            both = narrowed(mirrored(direction_of(offered, stream)), wish.direction)
            media.append(_stream(wish.kind, wish.port, common, both))
    taken = len(wishes) <= len(more)
    if not taken and (not media or any(stream.port for stream in offered.media)):
        return None
    return Sdp(session_lines(user, host), media)


def _fitting(stream: Media, wishes: Iterable[Wish]) -> tuple[Wish | None, Codecs]:
    """The wish that an offered stream fulfils, and the codecs that both ends know."""
    if stream.port and stream.proto == "RTP/AVP":
        for wish in wishes:
            common = _common(stream.formats, stream.lines, wish.codecs) if wish.kind == stream.kind else ()
            if any(name != EVENTS for _, name in common):
                return wish, common
    return None, ()


def misfit(offered: Sdp, answered: Sdp) -> str:
    """Why a description is no answer to an offer, "" where it is one (§6)."""
    return misplaced(offered, answered) or foreign(offered, answered)


def misplaced(offered: Sdp, answered: Sdp) -> str:
    """Which stream of an answer is not the one that was offered in its place, "" where each is (§6)."""
    if len(answered.media) != len(offered.media):
        return f"{len(answered.media)} streams answer {len(offered.media)}"
    for at, (asked, given) in enumerate(zip(offered.media, answered.media, strict=True), 1):
        if given.kind != asked.kind:
            return f"stream {at} is {given.kind}, where {asked.kind} was offered"
        if given.port and not asked.port:
            return f"stream {at} was closed, and is open"
        if given.port and given.proto != asked.proto:
            return f"stream {at} goes by {given.proto}, where {asked.proto} was offered"
    return ""


def foreign(offered: Sdp, answered: Sdp) -> str:
    """Which stream of an answer has no format of the offer, "" where each has (§6.1)."""
    for at, (asked, given) in enumerate(zip(offered.media, answered.media, strict=True), 1):
        if given.port and _first_shared(asked.formats, asked.lines, given.formats, given.lines) is None:
            return f"stream {at} has no format of those that were offered"
    return ""


def declined(offered: Sdp, user: str, host: str) -> Sdp:
    """The answer that takes none of the streams, for where an answer has to be given (RFC 3261 §13.2.2.4)."""
    return Sdp(session_lines(user, host), [refused(media) for media in offered.media])


def refused(media: Media) -> Media:
    """A stream's place in the answer of one who does not want it (§6)."""
    return Media(media.kind, 0, media.proto, media.formats)


def changed(last: Sdp, new: Sdp) -> Sdp:
    """A new offer after one's last description: every stream of that keeps its place, others follow (§8).

    A stream that is no longer wanted is closed; its place may go to a new one (§8.1).
    """
    media = [refused(other) for other in last.media]
    for stream in new.media:
        free = [at for at, other in enumerate(media) if not other.port]
        at = next((at for at in free if last.media[at].kind == stream.kind), None)
        if at is None:
            at = next((at for at in free if not last.media[at].port), len(media))
        media[at : at + 1] = [stream]
    return succeeding(last, Sdp(new.lines, media))


def succeeding(last: Sdp, new: Sdp) -> Sdp:
    """A description with the version that it has after one's last: one more, or the same where nothing changed (§8)."""
    user, session, version, rest = (last.origin or "- 0 0 -").split(" ", 3)
    again = _with_origin(new, f"{user} {session} {version} {rest}")
    return last if again == last else _with_origin(new, f"{user} {session} {int(version) + 1} {rest}")


def streams(local: Sdp, remote: Sdp) -> Iterator[Stream]:
    """The streams that two descriptions agree on, place by place; not those refused, or without a common format."""
    for ours, theirs in zip(local.media, remote.media, strict=False):
        if ours.port and theirs.port and ours.kind == theirs.kind:
            one, other = (local.lines, ours.formats, ours.lines), (remote.lines, theirs.formats, theirs.lines)
            settled = _settled(*one, *other)
            if settled is not None:
                (name, rate), payload, here, there, direction = settled
                ends = (here, ours.port), (there, theirs.port)
                yield Stream(name, *ends, direction, ours.kind, ours.proto, payload, rate)


@lru_cache(maxsize=64)
def _settled(
    our_session: Lines, ours: tuple[str, ...], our_lines: Lines,
    their_session: Lines, theirs: tuple[str, ...], their_lines: Lines,
) -> tuple[tuple[str, int], int, str, str, str] | None:  # fmt: skip
    """All that a stream comes to but its ports, which differ from call to call: codec and clock, payload type, both
    hosts, our direction; None without a common format."""
    codec = _first_shared(ours, our_lines, theirs, their_lines)
    if codec is None:
        return None
    local, mine = Sdp(our_session), Media("", 0, lines=our_lines)
    remote, other = Sdp(their_session), Media("", 0, lines=their_lines)
    here, there = _host(local, mine), _host(remote, other)
    direction = narrowed(_said(local, mine, here), mirrored(_said(remote, other, there)))
    return _clock(codec[1]), int(codec[0]), here, there, direction


def formats_of(description: Sdp, port: int) -> Formats:
    """What an end that listens at this port is ready to receive: codec and clock rate by payload type (§5.1)."""
    media = next((media for media in description.media if media.port == port), None)
    return {} if media is None else _clocks(media.formats, media.lines)


def key_events(local: Sdp, remote: Sdp, port: int) -> int | None:
    """The payload type by which keys go from our end at this port to the other, None where they can't (RFC 4733)."""
    for ours, theirs in zip(local.media, remote.media, strict=False):
        if ours.port == port and theirs.port and EVENTS in [name_of(form, ours.lines) for form in ours.formats]:
            found = [form for form in theirs.formats if name_of(form, theirs.lines) == EVENTS and form.isdecimal()]
            return int(found[0]) if found else None
    return None


def negotiated(local: Sdp, remote: Sdp) -> Stream | None:
    """The audio stream that two descriptions agree on, None where there is none."""
    return next((stream for stream in streams(local, remote) if stream.kind == "audio"), None)


@lru_cache(maxsize=64)
def _first_shared(
    ours: tuple[str, ...], our_lines: Lines, theirs: tuple[str, ...], their_lines: Lines
) -> tuple[str, str] | None:
    """The first of their formats that is one of ours, by its name, or by its number where it has no name."""
    known = {_folded(name_of(form, our_lines)) or form for form in ours}
    found: tuple[str, str] | None = None
    for form in theirs:
        name = name_of(form, their_lines)
        if (_folded(name) or form) in known and form.isdecimal() and len(form) < 4:
            if name != EVENTS:
                return form, name or form
            found = found or (form, name)
    return found


def direction_of(description: Sdp, media: Media) -> str:
    """What the end that wrote it does with a stream: the stream's own word, else the session's, else both (§5.1).

    An end at 0.0.0.0 does not listen, whatever it says: the way of putting on hold before it had a word (§8.4).
    """
    return _said(description, media, _host(description, media))


def _said(description: Sdp, media: Media, host: str) -> str:
    said = _word(media.lines) or _word(description.lines) or "sendrecv"
    return narrowed(said, "sendonly") if host == "0.0.0.0" else said


@lru_cache(maxsize=256)
def _word(lines: Lines) -> str:
    """The last direction that stands there, "" without one."""
    return next((value for letter, value in reversed(lines) if letter == "a" and value in DIRECTIONS), "")


def mirrored(direction: str) -> str:
    """The same direction, seen from the other end."""
    return _MIRRORED.get(direction, direction)


def narrowed(one: str, other: str) -> str:
    """What both allow."""
    if one == other or other == "sendrecv":
        return one
    return other if one == "sendrecv" else "inactive"


def _clock(codec: str) -> tuple[str, int]:
    """The encoding name of a codec, and its clock rate."""
    name, _, rate = codec.partition("/")
    digits = rate.partition("/")[0]
    return name, int(digits) if digits.isdecimal() and len(digits) < 10 and int(digits) else 8000


@lru_cache(maxsize=64)
def _clocks(formats: tuple[str, ...], lines: Lines) -> Formats:
    return {int(form): _clock(name_of(form, lines)) for form in formats if form.isdecimal() and len(form) < 4}


@lru_cache(maxsize=64)
def _common(formats: tuple[str, ...], lines: Lines, codecs: Codecs) -> Codecs:
    """Of the offered formats those with a codec of ours, under the payload types of the offer (§6.1)."""
    ours = {_folded(name): name for _, name in codecs}
    named = [(form, _folded(name_of(form, lines))) for form in formats]
    return tuple([(form, ours[name]) for form, name in named if name in ours])


def name_of(form: str, lines: Lines) -> str:
    """The encoding name of a payload type: as its stream maps it, else as RFC 3551 does; "" where neither does."""
    prefix = f"rtpmap:{form} "
    for letter, value in lines:
        if letter == "a" and value.startswith(prefix):
            return value[len(prefix) :].strip()
    return STATIC.get(form, "")


def _folded(name: str) -> str:
    """An encoding name for comparing: without case, and without the one channel that goes without saying."""
    return name.upper().removesuffix("/1")


def _stream(kind: str, port: int, codecs: Codecs, direction: str) -> Media:
    media = Media.of(kind, port, codecs)
    return media if direction == "sendrecv" else replace(media, lines=(*media.lines, ("a", direction)))


def _with_origin(description: Sdp, origin: str) -> Sdp:
    lines = tuple([("o", origin) if letter == "o" else (letter, value) for letter, value in description.lines])
    return Sdp(lines, description.media)


def _host(description: Sdp, media: Media) -> str:
    return media.connection or description.connection or ""
