"""What a ladder shows, read from a trace: columns, arrows, bars and marks, in the order in which they began.

Every writer, whatever its format, draws from this model and from nothing else. Times are the trace's, in
seconds; elements go by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Column:
    """An element: its name, what kind it is and its first address, "" where unknown."""

    name: str
    kind: str = ""
    address: str = ""


@dataclass(slots=True)
class Arrow:
    """A message on its way once: a retransmission is an arrow of its own, so is a packet that the network duplicated.

    One of the telephone network has the family "isup" and no number, since it is not SIP.

    `arrived` is None where the message was lost (`lost` says why) or was still on its way when the trace ended.
    `family` is "request", "1xx" ... "6xx", or "unparsable"; `method` is that of the request or of the response's CSeq;
    `badge` names the body ("SDP").
    """

    number: int | None
    text: str
    source: str
    target: str
    sent: float
    record: int = 0  # id of the `sent` record
    family: str = "request"
    method: str = ""
    badge: str = ""
    call: str = ""  # the Call-ID
    copy: int = 1
    duplicate: bool = False  # made on the way out of one packet, as the arrow before
    multicast: bool = False  # ... which went to several
    transport: str = "UDP"
    arrived: float | None = None
    arrival: int = 0  # id of the record of its arrival or loss
    lost: str | None = None
    ended: float | None = None  # when it arrived or was lost
    remark: str = ""  # what was wrong with it: why it was ignored or could not be read
    branch: str = ""  # of the top Via
    times: int = 1  # more where copies were folded together, which then went out until `until`
    until: float = 0.0
    letter: str = ""  # of its call or transaction, where these are told apart
    tone: str = ""  # the style that goes with it, "" for that of the family
    flags: tuple[str, ...] = ()  # rules that it breaks: "VIA-02 MUST"

    @property
    def begin(self) -> float:
        """When it was sent."""
        return self.sent

    @property
    def end(self) -> tuple[float, int] | None:
        """When it arrived or was lost, and the id of the record that says so."""
        return None if self.ended is None else (self.ended, self.arrival)

    @property
    def mark(self) -> str:
        """What stands before its name: its number, and the letter of its call; "ISUP" for what is not SIP."""
        return f"{self.number}{self.letter}" if self.number else "ISUP"

    @property
    def again(self) -> bool:
        """Whether the same message was on its way before."""
        return self.copy > 1 or (self.duplicate and not self.multicast)

    @property
    def label(self) -> str:
        """The message in one line, for people who hear the picture or point at it."""
        method = f" ({self.method})" if self.family[0].isdigit() and self.method else ""
        copy = f", copy {self.copy}" if self.copy > 1 else ", duplicated on the way" if self.again else ""
        copy += f", {self.times} times until {self.until:.3f} s" if self.times > 1 else ""
        body = f", with {self.badge}" if self.badge else ""
        more = "".join(f", {word}" for word in (self.remark, *(f"breaks {flag}" for flag in self.flags)) if word)
        route = f"{self.mark}{'.' if self.number else ''} {self.text}{method} from {self.source} to {self.target}"
        return f"{route}{copy}{body}, {self.way}{more}"

    @property
    def style(self) -> str:
        """The name of the style that it is drawn in."""
        return self.tone or self.family

    @property
    def counted(self) -> str:
        """Which copy it is, or how many it stands for, "" for a message that was sent once."""
        copy = f"copy {self.copy}" if self.copy > 1 else "again" if self.again else ""
        return (
            f"{copy}–{self.copy + self.times - 1}"
            if self.copy > 1 and self.times > 1
            else (f"×{self.times}" if self.times > 1 else copy)
        )

    @property
    def way(self) -> str:
        """When it was sent, and what became of it."""
        if self.lost is not None:
            return f"sent at {self.sent:.3f} s, lost: {self.lost}"
        if self.arrived is None:
            return f"sent at {self.sent:.3f} s, still on its way"
        return f"{self.sent:.3f} s to {self.arrived:.3f} s"


@dataclass(slots=True)
class Bar:
    """Media between two elements, both directions as one; `stop` is None where they flow when the trace ends."""

    source: str
    target: str
    start: float
    codec: str = ""
    call: str = ""
    stop: float | None = None
    record: int = 0
    stopped: int = 0  # id of the record of its last stop
    streams: int = 1  # directions that flow now
    expected: int = 0  # packets, where they were counted, and those of them that did not come
    lost: int = 0
    keys: str = ""  # that were heard
    held: float = 0.0  # seconds on hold, up to `held_at`, since when it is again
    held_at: float | None = None

    @property
    def begin(self) -> float:
        """When the first direction started."""
        return self.start

    @property
    def end(self) -> tuple[float, int] | None:
        """When the last direction stopped, and the id of the record that says so."""
        return None if self.stop is None else (self.stop, self.stopped)

    @property
    def text(self) -> str:
        """What flows and for how long: `RTP PCMU 10.0 s`, what of it was lost, and which keys were heard."""
        return self.texts[0]

    @property
    def texts(self) -> tuple[str, ...]:
        """The same, ever shorter."""
        codec = f" {self.codec}" if self.codec else ""
        length = 0.0 if self.stop is None else self.stop - self.start
        lasted = "" if self.stop is None else f" {length:.1f} s" if length >= 0.1 else f" {length * 1000:.0f} ms"
        lost = f"{self.lost / self.expected:.1%} lost" if self.lost > 0 else ""
        held = self.held + (0.0 if self.held_at is None or self.stop is None else self.stop - self.held_at)
        on_hold = f"held {held:.1f} s" if held else "held" if self.held_at is not None else ""
        more = [part for part in (on_hold, lost, f"keys {self.keys}" if self.keys else "") if part]
        flows = f"RTP{codec}{lasted}"
        return ", ".join([flows, *more]), *([f"RTP {lost}"] if lost else []), flows, "RTP"

    @property
    def label(self) -> str:
        """The bar in one line."""
        return f"{self.text} between {self.source} and {self.target} from {self.start:.3f} s"


@dataclass(slots=True)
class Mark:
    """What is no message and no media: at one element or, where `column` is "", at all of them.

    `kind` is "fault", "error" or "note"; "api" for a call of an element's API or a callback; and, where they are wished
    for, "transaction", "dialog", "timer" and "reason". `what` is crash, restart, cut, heal of a fault, call or callback
    of an API, set, fired, stopped of a timer, the state of a transaction or a dialog, to whose bar `track` belongs.
    """

    kind: str
    text: str
    time: float
    column: str = ""
    what: str = ""
    record: int = 0
    track: str = ""

    @property
    def begin(self) -> float:
        """When it happened."""
        return self.time

    @property
    def end(self) -> None:
        """A mark has none."""
        return None

    @property
    def inner(self) -> bool:
        """Whether it is of an element's inner life, and goes without a sign of its own."""
        return self.kind in INNER

    @property
    def beside(self) -> bool:
        """Whether it stands beside a lifeline and takes no room from messages."""
        return self.kind in INNER or self.kind == "api"

    @property
    def mends(self) -> bool:
        """Whether it makes something whole again."""
        return self.what in ("restart", "heal")

    @property
    def label(self) -> str:
        """The mark in one line."""
        at = f" at {self.column}" if self.column else ""
        return f"{self.kind}{at}: {self.text}, {self.time:.3f} s"


INNER = ("transaction", "dialog", "timer", "reason")

Row: TypeAlias = Arrow | Bar | Mark


@dataclass(slots=True)
class Section:
    """A list of lines below a ladder: a legend, findings, one message; `verbatim` lines are octets off the wire."""

    name: str
    title: str
    lines: list[str]
    verbatim: bool = False


@dataclass(slots=True)
class Model:
    """Everything in one ladder; `omitted` messages are not drawn, those after the last row, or before the first.

    With `parts`, the ladder is drawn as several, one below the other, each with its heading; the rows of all are in
    `rows` too. `sections` stand below it. With `gaps`, a time says how long ago the one above it was.
    """

    columns: list[Column] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    omitted: int = 0
    earlier: bool = False  # whether these come before the first row
    parts: list[tuple[str, Model]] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    gaps: bool = False

    @property
    def arrows(self) -> list[Arrow]:
        """The SIP messages."""
        return [row for row in self.rows if isinstance(row, Arrow) and row.number]


def more(omitted: int, earlier: bool = False) -> str:
    """The line that says what is not drawn."""
    which = "earlier" if earlier else "more"
    return f"… {omitted} {which} message{'s' if omitted > 1 else ''}; max_rows=None draws all, call= one call"


def letters(number: int) -> str:
    """The name of the n-th of a kind, from 1: A to Z, then AA."""
    name = ""
    while number > 0:
        number, last = divmod(number - 1, 26)
        name = chr(ord("A") + last) + name
    return name
