"""Lesson 11: an answer that takes the sound, refuses the pictures, and knows of keys."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.errors import SipParseError
from sipsim.message.sdp import Media, Sdp
from sipsim.teaching.evidence import records
from sipsim.teaching.verdict import Step
from sipsim.trace.trace import Trace

PCMA = "8"
"""The payload type of PCMA (RFC 3551 §6)."""


def sdp_and_media(trace: Trace) -> Iterator[Step]:
    """Sound by PCMA, a refused stream of pictures, and a key that Bob's phone hears."""
    offered, taken = described(trace, "INVITE", "bob"), described(trace, "200 INVITE", "alice")
    sound = taken.get("audio")
    yield Step(
        "Bob's phone answers the call", bool(records(trace, "delivered", "200 INVITE", "alice")),
        "488 says that nothing fits: is there a codec that both phones know?",
    )  # fmt: skip
    yield Step(
        "they talk with PCMA", sound is not None and sound.port > 0 and sound.formats[0] == PCMA,
        "the answer names another codec. What is in both lists, and is PCMA?",
    )  # fmt: skip
    yield Step(
        "Alice offers pictures, and Bob's phone refuses them",
        "video" in offered and "video" in taken and taken["video"].port == 0,
        "the answer has an `m=video` line with port 0 where the callee can't show what the offer has",
    )  # fmt: skip
    heard = [record for record in trace.select("media", "bob") if record.data.get("event") == "key"]
    yield Step(
        "Bob's phone hears a key", bool(heard),
        "keys go by `telephone-event`, which is named among the codecs. Do both phones name it?",
    )  # fmt: skip


def described(trace: Trace, what: str, element: str) -> dict[str, Media]:
    """The streams by kind in the first such message that came to this element; empty for none, and for no SDP."""
    for record in records(trace, "delivered", what, element):
        try:
            return {media.kind: media for media in Sdp.parse(record.message.body if record.message else b"").media}
        except SipParseError:
            return {}
    return {}
