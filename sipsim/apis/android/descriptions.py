"""The descriptions that applications give: codecs and direction count, the phone fills in the rest."""

from __future__ import annotations

from typing import NamedTuple

from sipsim.apis.android.errors import IllegalArgumentException, optional
from sipsim.errors import SipParseError
from sipsim.message.sdp import Media, Sdp
from sipsim.protocol.offer_answer import DIRECTIONS, KNOWN, STATIC

NAMES = frozenset(name.partition("/")[0].upper() for _, name in KNOWN)


class Wanted(NamedTuple):
    """Names of codecs, none to leave that to the phone, and a direction."""

    codecs: tuple[str, ...] = ()
    direction: str | None = None


def wanted(sessionDescription: str | None) -> Wanted:
    """What an application wants; `IllegalArgumentException` for video, which this API has none of, and for no SDP."""
    optional("sessionDescription", sessionDescription, str)
    if not sessionDescription:
        return Wanted()
    try:
        description = Sdp.parse(sessionDescription.replace("\r\n", "\n").replace("\n", "\r\n").encode())
    except SipParseError as error:
        raise IllegalArgumentException(f"sessionDescription: {error.reason}") from None
    for media in description.media:
        if media.kind != "audio":
            raise IllegalArgumentException(f"sessionDescription: m={media.kind}; android.net.sip knows audio only")
    if not description.media:
        raise IllegalArgumentException("sessionDescription: has no audio stream")
    audio = description.media[0]
    direction = next((name for name in audio.attributes if name in DIRECTIONS), None)
    return Wanted(_codecs(audio), direction)


def _codecs(audio: Media) -> tuple[str, ...]:
    mapped = dict(line.removeprefix("rtpmap:").split(" ", 1) for line in audio.attributes if line.startswith("rtpmap:"))
    named = [mapped.get(form, STATIC.get(form, "")).partition("/")[0] for form in audio.formats]
    return tuple(name for name in named if name.upper() in NAMES)
