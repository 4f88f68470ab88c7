"""A ladder in numbers: its foot, how each call went and how long its setup took, how many messages there are, codecs.

They count what is drawn, so that a filter or one call leaves them of these messages only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sipsim.errors import SipParseError
from sipsim.pictures.ladder.model import Arrow, Row, Section
from sipsim.pictures.lettering import shorten, visible
from sipsim.trace.rtp_streams import codecs_of

if TYPE_CHECKING:
    from sipsim.pictures.ladder.reading.making import Wishes
    from sipsim.trace.trace import Trace

DETAILS = ("gaps", "codecs", "calls", "counts")
"""What more a ladder may say."""

BRIEF = 60
"""So many characters of an address or of a list of codecs are shown."""


@dataclass
class Fate:
    """How a call went, seen from who placed it: the instants of its first INVITE, ringing, 2xx and end."""

    first: Arrow
    state: str = "calling"
    ringing: float | None = None
    answered: float | None = None
    ended: float | None = None
    cancelled: bool = False

    def take(self, arrow: Arrow) -> None:
        """One more message of the call."""
        if arrow.method == "BYE" and arrow.family == "request" and self.answered is not None and self.ended is None:
            self.state, self.ended = "ended", arrow.sent
        elif arrow.source == self.first.source and arrow.family == "request" and self.answered is None:
            self.cancelled |= arrow.method == "CANCEL"
            self.state = "calling" if arrow.method == "INVITE" else self.state
        elif arrow.target == self.first.source and arrow.method == "INVITE" and arrow.arrived is not None:
            self._answer(arrow, arrow.arrived)

    def _answer(self, arrow: Arrow, time: float) -> None:
        """A response to the INVITE that reached the caller; what comes after the first 2xx is of other requests."""
        if self.answered is not None or not arrow.family[0].isdigit():
            return
        if arrow.family == "2xx":
            self.state, self.answered = "in call", time
        elif arrow.family != "1xx":
            self.state = "cancelled" if self.cancelled and arrow.text[:3] == "487" else f"refused, {arrow.text}"
        elif arrow.text[:3] != "100":
            self.state, self.ringing = "ringing", time if self.ringing is None else self.ringing

    def told(self, trace: Trace) -> str:
        """All of it in a line."""
        began = self.first.sent
        spans = (
            ("ringing after", self.ringing, began),
            ("set up in", self.answered, began),
            ("lasted", self.ended, self.answered or 0.0),
        )
        times = [f"{words} {end - start:.3f} s" for words, end, start in spans if end is not None]
        return ", ".join([f"{_who(trace, self.first)}: {self.state}", *times])


def fates(rows: Iterable[Row]) -> dict[str, Fate]:
    """The calls among the rows by their Call-IDs, in the order in which they begin."""
    found: dict[str, Fate] = {}
    for row in rows:
        if not isinstance(row, Arrow) or not (row.call and row.number):
            continue
        if row.call in found:
            found[row.call].take(row)
        elif row.family == "request" and row.method == "INVITE":
            found[row.call] = Fate(row)
    return found


def calls_told(trace: Trace, rows: Iterable[Row]) -> list[Section]:
    """A section with a line for each call, and how long their setup took on average."""
    found = fates(rows)
    lines = [f"{i}: {fate.told(trace)}, Call-ID {call}" for i, (call, fate) in enumerate(found.items(), 1)]
    setup = [fate.answered - fate.first.sent for fate in found.values() if fate.answered is not None]
    if len(setup) > 1:
        mean = sum(round(1e6 * took) for took in setup) / 1e6 / len(setup)
        lines.append(f"set up in {mean:.3f} s on average, {min(setup):.3f} s to {max(setup):.3f} s")
    return [Section("calls", "Calls", lines or ["none"])]


def messages_told(rows: Iterable[Row]) -> list[Section]:
    """A section that counts requests by method and responses by status, and those of them that were sent again."""
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    again = 0
    for row in rows:
        if isinstance(row, Arrow) and row.number and not row.duplicate:
            counts[row.family == "request"][row.text] += row.times
            again += row.times - (row.copy == 1)
    lines = [
        f"{name}: {', '.join(f'{text} {number}' for text, number in ordered)}"
        for name, ordered in (
            ("requests", counts[True].most_common()),
            ("responses", sorted(counts[False].items())),
        )
        if ordered
    ]
    return [Section("counts", "Messages", [*lines, f"sent again: {again}"])]


def name_codecs(trace: Trace, rows: Iterable[Row]) -> None:
    """Put the codecs of a session description beside the word that says that there is one."""
    for arrow in rows:
        if isinstance(arrow, Arrow) and arrow.badge == "SDP":
            arrow.badge = " ".join(["SDP", *codecs_in(trace, arrow)])


def codecs_in(trace: Trace, arrow: Arrow) -> list[str]:
    """The codecs that a message offers or takes, as far as they can be read; the last one tells of more."""
    message = trace[arrow.record].message
    with suppress(SipParseError):
        names = codecs_of(message.body) if message is not None else []
        return shorten(visible(" ".join(names)), BRIEF // 2).split()
    return []


def _who(trace: Trace, arrow: Arrow) -> str:
    """From whom to whom, as From and To say."""
    message = trace[arrow.record].message
    with suppress(SipParseError):
        if message is not None:
            ends = (message.from_.uri, message.to.uri)
            return " to ".join(shorten(visible(str(uri)).removeprefix("sip:"), BRIEF) for uri in ends)
    return f"{arrow.source} to {arrow.target}"


def tally(arrows: Iterable[Arrow]) -> tuple[int, int, int]:
    """How many messages these are, and how many of them were lost or sent again."""
    sent = [arrow for arrow in arrows if not arrow.duplicate]
    lost = sum(arrow.times for arrow in sent if arrow.lost is not None)
    return sum(arrow.times for arrow in sent), lost, sum(arrow.times - (arrow.copy == 1) for arrow in sent)


def foot(header: dict[str, Any], counts: tuple[int, int, int], omitted: int, wishes: Wishes) -> str:
    """Seed, parameters, version, and the ladder in numbers, as `tally` counts them."""
    shown, lost, again = counts
    parts = [
        *([] if header.get("seed") is None else [f"seed {header['seed']}"]),
        *(f"{name} {value}" for name, value in (header.get("parameters") or {}).items()),
        *([f"0 s is {header['began']}"] if header.get("began") else []),
        f"sipsim {header.get('sipsim', '')}".rstrip(),
        *wishes.told(),
        f"{shown} of {_count(shown + omitted)}" if omitted else _count(shown),
        *([f"{lost} lost"] if lost else []),
        *([f"{again} sent again"] if again else []),
        *(f"{number} skipped: {why}" for why, number in (header.get("skipped") or {}).items()),
    ]
    return visible(" · ".join(parts))


def _count(number: int) -> str:
    return f"{number} message" if number == 1 else f"{number} messages"
