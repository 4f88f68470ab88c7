"""How often a codec sends a packet, and how long one is (RFC 3551 §4.5, RFC 3951, RFC 7587)."""

from __future__ import annotations

from typing import NamedTuple


class Pace(NamedTuple):
    """A codec's packets: one every so many seconds, worth `ticks` of its clock, with `octets` of payload."""

    seconds: float
    ticks: int
    octets: int


_SPEECH = Pace(0.020, 160, 160)
_VIDEO = Pace(0.040, 3600, 1000)

PACES = {
    "PCMU": _SPEECH, "PCMA": _SPEECH, "G722": _SPEECH, "GSM": Pace(0.020, 160, 33), "G729": Pace(0.020, 160, 20),
    "ILBC": Pace(0.030, 240, 50), "OPUS": Pace(0.020, 960, 80),
}  # fmt: skip
"""By the codec's name in capitals. G.722 counts 8000 ticks a second, though it has 16000 samples (RFC 3551 §4.5.2)."""


def pace_of(codec: str, kind: str, rate: int) -> Pace:
    """The packets of a codec; of one that is not known here like PCMU's, or like those of 25 pictures a second."""
    known = PACES.get(codec.upper())
    if known is not None:
        return known
    usual = _VIDEO if kind == "video" else _SPEECH
    return usual._replace(ticks=max(1, round(usual.seconds * rate)))
