"""The lives of bindings, read from a trace: when each was made and refreshed, for how long, and how it ended."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from sipsim.errors import SipError, UsageError
from sipsim.message.uri import Uri
from sipsim.trace.record import Record

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace


class Grant(NamedTuple):
    """A REGISTER that was accepted: when, until when the binding stands by it, and what it was: add or refresh."""

    time: float
    until: float
    action: str
    record: int


@dataclass(eq=False)
class Life:
    """One binding from its first REGISTER on; `end` is how it ended: removed, lapsed, forgotten ("": it has not)."""

    aor: str
    contact: str
    element: str
    grants: list[Grant] = field(default_factory=list)
    ended: float = inf
    end: str = ""

    @property
    def begin(self) -> float:
        """When it was made."""
        return self.grants[0].time

    @property
    def until(self) -> float:
        """When it stopped standing, or will: at its end, or when what was granted last is over."""
        return min(self.ended, self.grants[-1].until)

    def granted(self, at: float) -> Grant | None:
        """The grant by which it stands at an instant, None where it does not."""
        grants = [grant for grant in self.grants if grant.time <= at]
        return grants[-1] if grants and at < min(self.ended, grants[-1].until) else None


def lives(trace: Trace) -> list[Life]:
    """The lives of all bindings of a trace, in the order in which they began.

    A binding that was placed without a REGISTER is known from the first look-up that found it, and stands without end.
    """
    reader = _Reader()
    for record in trace:
        if record.kind == "binding":
            reader.take(record, record.data)
    return reader.lives


class _Reader:
    def __init__(self) -> None:
        self.lives: list[Life] = []
        self.open: list[Life] = []

    def take(self, record: Record, data: dict[str, Any]) -> None:
        action = str(data.get("action", ""))
        aor, contact = str(data.get("aor", "")), str(data.get("contact", ""))
        if action in ("add", "refresh"):
            self.granted(record, aor, contact, data.get("expires"), action)
        elif action in ("remove", "expire"):
            self.end(self.found(aor, contact, record.time), record, "removed" if action == "remove" else "lapsed")
        elif action == "forget":
            for life in [life for life in self.open if life.element == record.element]:
                self.end(life, record, "forgotten")
        elif isinstance(found := data.get("contacts"), list):
            for contact in map(str, found):
                if self.found(aor, contact, record.time) is None:
                    self.granted(record, aor, contact, None, "placed")

    def granted(self, record: Record, aor: str, contact: str, expires: object, action: str) -> None:
        life = self.found(aor, contact, record.time)
        if life is None:
            life = Life(aor, contact, record.element)
            self.lives.append(life)
            self.open.append(life)
        lasts = float(expires) if isinstance(expires, (int, float)) else inf
        life.contact = contact
        life.grants.append(Grant(record.time, record.time + lasts, action, record.id))

    def end(self, life: Life | None, record: Record, how: str) -> None:
        if life is not None:
            life.ended, life.end = record.time, how
            self.open.remove(life)

    def found(self, aor: str, contact: str, now: float) -> Life | None:
        """The open life of this address, by the comparison rules of addresses; one whose time was up is none."""
        for life in self.open:
            if life.aor == aor and (life.contact == contact or _matches(life.contact, contact)):
                if life.until >= now:
                    return life
                life.end = "lapsed"
                life.ended = life.until
                self.open.remove(life)
                return None
        return None


def _matches(one: str, other: str) -> bool:
    with suppress(SipError):
        return Uri.parse(one).matches(Uri.parse(other))
    return False


def known(trace: Trace, aor: str | None) -> list[Life]:
    """The lives of one user's bindings, or of all; UsageError where that user has none."""
    found = lives(trace)
    if aor is None or any(life.aor == aor for life in found):
        return [life for life in found if aor in (None, life.aor)]
    there = ", ".join(dict.fromkeys(repr(life.aor) for life in found)) or "of nobody"
    raise UsageError(f"aor={aor!r}: this trace has no bindings of that user; it has those of {there}")
