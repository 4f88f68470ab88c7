"""Offer and answer for one audio stream (RFC 3264): what both ends can do, chosen by the one that answers.

A description may offer more streams than one; the first audio stream is talked about, all others are refused by port 0
and keep their place (§6). A later offer or answer takes the next version, unless it says the same again (§8).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from sipsim.errors import UsageError
from sipsim.message.sdp import Lines, Media, Sdp

Codecs = tuple[tuple[str, str], ...]
"""(payload type, encoding name and clock rate) of each codec, the one liked best first."""

CODECS: Codecs = (("0", "PCMU/8000"), ("8", "PCMA/8000"))
"""The codecs of a phone that says nothing else (RFC 3551 §6)."""

KNOWN: Codecs = (
    *CODECS, ("3", "GSM/8000"), ("9", "G722/8000"), ("18", "G729/8000"), ("96", "opus/48000/2"), ("97", "iLBC/8000"),
)  # fmt: skip
"""The codecs that have a name here; payload types from 96 on are no more than a suggestion (RFC 3551 §3)."""

STATIC = {form: name for form, name in KNOWN if int(form) < 96}

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")

_MIRRORED = {"sendonly": "recvonly", "recvonly": "sendonly"}


class Stream(NamedTuple):
    """A negotiated stream, seen from one end: the codec's name and where each end wants to receive (host, port).

    `direction` is what this end does: "sendrecv", "sendonly" (it has put the peer on hold), "recvonly" or "inactive".
    """

    codec: str
    local: tuple[str, int]
    remote: tuple[str, int]
    direction: str = "sendrecv"


def codecs_named(names: Iterable[str]) -> Codecs:
    """The codecs of these names, such as "PCMA"; `UsageError` for a name that is not known, and for none at all."""
    by_name = {name.partition("/")[0].upper(): (form, name) for form, name in KNOWN}
    wanted = [names] if isinstance(names, str) else list(names)
    for name in wanted:
        if not isinstance(name, str) or name.upper() not in by_name:
            known = ", ".join(name.partition("/")[0] for _, name in KNOWN)
            raise UsageError(f"codecs: {name!r} is no codec that is known here; these are: {known}")
    if not wanted:
        raise UsageError("codecs: there has to be one at least")
    return tuple(by_name[name.upper()] for name in dict.fromkeys(wanted))


def checked_direction(direction: str) -> str:
    """A direction; `UsageError` for anything else."""
    if direction not in DIRECTIONS:
        raise UsageError(f"direction: {direction!r} is none; allowed are {', '.join(DIRECTIONS)}")
    return direction


def offer(user: str, host: str, port: int, codecs: Codecs = CODECS, direction: str = "sendrecv") -> Sdp:
    """The description to open with (RFC 3264 §5)."""
    offered = Sdp.audio(user, host, port, codecs)
    return offered if direction == "sendrecv" else _described(offered, offered.media[0], direction)


def answer(
    offered: Sdp, user: str, host: str, port: int, codecs: Codecs = CODECS, direction: str = "sendrecv"
) -> Sdp | None:
    """The answer: of the offered codecs those known here, in the offerer's order; None without any (§6.1).

    `direction` is what this end would like; it does no more than the offer lets it do. An offer in which every stream
    is closed (port 0) is answered in kind (§8.2).
    """
    stream = audio_of(offered)
    if stream is None and offered.media and not any(media.port for media in offered.media):
        return declined(offered, user, host)
    common = _common(stream.formats, stream.lines, codecs) if stream is not None else ()
    if stream is None or not common:
        return None
    answered = Sdp.audio(user, host, port, common)
    both = narrowed(mirrored(direction_of(offered, stream)), direction)
    if both == "sendrecv" and len(offered.media) == 1:  # as nearly always
        return answered
    ours = _described(answered, answered.media[0], both).media[0]
    return Sdp(answered.lines, [ours if media is stream else refused(media) for media in offered.media])


def declined(offered: Sdp, user: str, host: str) -> Sdp:
    """The answer that takes none of the streams, for where an answer has to be given (RFC 3261 §13.2.2.4)."""
    return Sdp(Sdp.audio(user, host, 0).lines, [refused(media) for media in offered.media])


def refused(media: Media) -> Media:
    """A stream's place in the answer of one who does not want it (§6)."""
    return Media(media.kind, 0, media.proto, media.formats)


def changed(last: Sdp, new: Sdp) -> Sdp:
    """A new offer after one's last description: as many streams as that had, the others still refused (§8)."""
    at = next((n for n, media in enumerate(last.media) if media.kind == "audio"), 0)
    media = [refused(other) for other in last.media]
    media[at : at + 1] = new.media
    return succeeding(last, Sdp(new.lines, media))


def succeeding(last: Sdp, new: Sdp) -> Sdp:
    """A description with the version that it has after one's last: one more, or the same where nothing changed (§8)."""
    user, session, version, rest = (last.origin or "- 0 0 -").split(" ", 3)
    again = _with_origin(new, f"{user} {session} {version} {rest}")
    return last if again == last else _with_origin(new, f"{user} {session} {int(version) + 1} {rest}")


def negotiated(local: Sdp, remote: Sdp) -> Stream | None:
    """The stream that two descriptions agree on, None where there is none (port 0 or no common format)."""
    ours, theirs = audio_of(local), audio_of(remote)
    if ours is None or theirs is None:
        return None
    common = [form for form in theirs.formats if form in ours.formats]
    if not common:
        return None
    codec = (_name_of(common[0], theirs.lines) or _name_of(common[0], ours.lines) or common[0]).partition("/")[0]
    direction = narrowed(direction_of(local, ours), mirrored(direction_of(remote, theirs)))
    return Stream(codec, (_host(local, ours), ours.port), (_host(remote, theirs), theirs.port), direction)


def audio_of(description: Sdp) -> Media | None:
    """The first audio stream that is not refused (port 0), None without one."""
    for media in description.media:
        if media.kind == "audio" and media.port and media.proto == "RTP/AVP":
            return media
    return None


def direction_of(description: Sdp, media: Media) -> str:
    """What the end that wrote it does with a stream: the stream's own word, else the session's, else both (§5.1).

    An end at 0.0.0.0 does not listen, whatever it says: the way of putting on hold before it had a word (§8.4).
    """
    said = "sendrecv"
    for lines in (description.lines, media.lines):
        for letter, value in lines:
            if letter == "a" and value in DIRECTIONS:
                said = value
    return narrowed(said, "sendonly") if _host(description, media) == "0.0.0.0" else said


def mirrored(direction: str) -> str:
    """The same direction, seen from the other end."""
    return _MIRRORED.get(direction, direction)


def narrowed(one: str, other: str) -> str:
    """What both allow."""
    if one == other or other == "sendrecv":
        return one
    return other if one == "sendrecv" else "inactive"


@lru_cache(maxsize=64)
def _common(formats: tuple[str, ...], lines: Lines, codecs: Codecs) -> Codecs:
    """Of the offered formats those with a codec of ours, under the payload types of the offer (§6.1)."""
    ours = {_folded(name): name for _, name in codecs}
    named = [(form, _folded(_name_of(form, lines))) for form in formats]
    return tuple([(form, ours[name]) for form, name in named if name in ours])


def _name_of(form: str, lines: Lines) -> str:
    """The encoding name of a payload type: as its stream maps it, else as RFC 3551 does; "" where neither does."""
    prefix = f"rtpmap:{form} "
    for letter, value in lines:
        if letter == "a" and value.startswith(prefix):
            return value[len(prefix) :].strip()
    return STATIC.get(form, "")


def _folded(name: str) -> str:
    """An encoding name for comparing: without case, and without the one channel that goes without saying."""
    return name.upper().removesuffix("/1")


def _described(description: Sdp, media: Media, direction: str) -> Sdp:
    """The description with a direction for its one stream."""
    if direction == "sendrecv":
        return description
    return Sdp(description.lines, [replace(media, lines=(*media.lines, ("a", direction)))])


def _with_origin(description: Sdp, origin: str) -> Sdp:
    lines = tuple([("o", origin) if letter == "o" else (letter, value) for letter, value in description.lines])
    return Sdp(lines, description.media)


def _host(description: Sdp, media: Media) -> str:
    return media.connection or description.connection or ""
