"""Offer and answer for one audio stream (RFC 3264): what both ends can do, chosen by the one that answers."""

from __future__ import annotations

from typing import NamedTuple

from sipsim.message.sdp import Media, Sdp

CODECS: tuple[tuple[str, str], ...] = (("0", "PCMU/8000"), ("8", "PCMA/8000"))
"""The codecs of a phone that says nothing else: payload type and encoding name (RFC 3551 §6)."""


class Stream(NamedTuple):
    """A negotiated stream, seen from one end: the codec's name and where each end wants to receive (host, port)."""

    codec: str
    local: tuple[str, int]
    remote: tuple[str, int]


def offer(user: str, host: str, port: int, codecs: tuple[tuple[str, str], ...] = CODECS) -> Sdp:
    """The description to open with (RFC 3264 §5)."""
    return Sdp.audio(user, host, port, codecs)


def answer(
    offered: Sdp, user: str, host: str, port: int, codecs: tuple[tuple[str, str], ...] = CODECS
) -> Sdp | None:
    """The answer: of the offered codecs those known here, in the offerer's order; None without any (§6.1)."""
    stream = audio_of(offered)
    if stream is None:
        return None
    known = dict(codecs)
    common = tuple((form, known[form]) for form in stream.formats if form in known)
    return Sdp.audio(user, host, port, common) if common else None


def negotiated(local: Sdp, remote: Sdp) -> Stream | None:
    """The stream that two descriptions agree on, None where there is none (port 0 or no common format)."""
    ours, theirs = audio_of(local), audio_of(remote)
    if ours is None or theirs is None:
        return None
    common = [form for form in theirs.formats if form in ours.formats]
    if not common:
        return None
    codec = dict(CODECS).get(common[0], common[0]).partition("/")[0]
    return Stream(codec, (_host(local, ours), ours.port), (_host(remote, theirs), theirs.port))


def audio_of(description: Sdp) -> Media | None:
    """The first audio stream that is not refused (port 0), None without one."""
    for media in description.media:
        if media.kind == "audio" and media.port:
            return media
    return None


def _host(description: Sdp, media: Media) -> str:
    return media.connection or description.connection or ""
