"""Subscriptions to events: their two state machines, and what each end makes of what it hears (RFC 6665 §4).

No clock and no message is sent here: `SUBSCRIBER` and `NOTIFIER` say which state follows, the functions below what a
response or a NOTIFY means. `elements/events` carries it out.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from sipsim.errors import SipParseError
from sipsim.message.message import Request
from sipsim.message.rare_fields import Parameterised
from sipsim.protocol.inspection import Refusal, refusal
from sipsim.protocol.machine import Machine

_Rows = dict[str, tuple[str, tuple[str, ...], str]]

_ENDS: _Rows = {
    "NOTIFY terminated": ("terminated", (), "RFC 6665 §4.1.3"),
    "SUBSCRIBE refused": ("terminated", (), "RFC 6665 §4.1.2.2"),
}

SUBSCRIBER = Machine(
    "subscriber",
    rfc="RFC 6665 §4.1.2",
    initial="init",
    timers={"init": "", "notify_wait": "N", "pending": "", "active": "", "terminated": ""},
    rows={
        ("init", "send SUBSCRIBE"): ("notify_wait", ()),
        ("notify_wait", "NOTIFY active"): ("active", ()),
        ("notify_wait", "NOTIFY pending"): ("pending", ()),
        ("notify_wait", "timer N"): ("terminated", (), "RFC 6665 §4.1.2.4"),
        **{("notify_wait", input): row for input, row in _ENDS.items()},
        **{
            (state, input): row
            for state in ("pending", "active")
            for input, row in {
                "NOTIFY active": ("active", (), "RFC 6665 §4.1.3"),
                "NOTIFY pending": ("pending", (), "RFC 6665 §4.1.3"),
                **_ENDS,
                "no NOTIFY after a refresh": ("terminated", (), "RFC 6665 §4.1.2.2"),
                "expires": ("terminated", (), "RFC 6665 §4.1.2.2"),
            }.items()
        },
    },
)
"""The subscriber's side (RFC 6665, figure in §4.1.2). One that is tried again begins anew, with another Call-ID."""

_OVER = ("terminated", (), "RFC 6665 §4.2.2")

NOTIFIER = Machine(
    "notifier",
    rfc="RFC 6665 §4.2.1",
    initial="init",
    timers={"init": "", "resp_wait": "", "pending": "", "active": "", "terminated": ""},
    rows={
        ("init", "SUBSCRIBE"): ("resp_wait", ()),
        ("resp_wait", "permission"): ("active", ()),
        ("resp_wait", "policy needed"): ("pending", ()),
        ("pending", "permission"): ("active", ()),
        **{
            (state, input): _OVER
            for state in ("resp_wait", "pending", "active")
            for input in ("NOTIFY failure", "expires", "end")
        },
    },
)
"""The notifier's side (RFC 6665, figure in §4.2.1)."""

ENDING = frozenset((404, 405, 410, 416, *range(480, 486), 489, 501, 604))
"""Responses to SUBSCRIBE and to NOTIFY that end a subscription (RFC 6665 §4.1.2.2, §4.2.2)."""

STATES = ("active", "pending", "terminated")

REASONS = ("deactivated", "probation", "rejected", "timeout", "giveup", "noresource", "invariant")
"""Why a subscription is over (RFC 6665 §4.1.3)."""

NEVER_AGAIN = ("rejected", "noresource", "invariant")
PROBATION = 60.0
"""Seconds until another try where the notifier said "later", and not when: a choice of ours."""

MOST_AGAIN = 5
"""How often in a row a subscription that was ended at once is tried again: a limit of ours."""

DEFAULT_EXPIRES = 3600
"""Seconds that a subscription lasts where nobody said: those of most packages (RFC 3856 §6.4, RFC 4235 §3.4)."""

USUAL = {"reg": 3761}
"""The same of other packages (RFC 3680 §4.4)."""

NO_SUBSCRIPTION = refusal(481, "a NOTIFY for no subscription of ours", rfc="RFC 6665 §4.1.3")
NO_STATE = refusal(400, "NOTIFY without a Subscription-State", rfc="RFC 6665 §4.1.3")


class Standing(NamedTuple):
    """What a NOTIFY says of its subscription: the state, seconds left, why it is over, seconds to wait then."""

    state: str
    expires: int | None = None
    reason: str = ""
    retry_after: int | None = None

    @classmethod
    def of(cls, request: Request) -> Standing | None:
        """What a NOTIFY says; None without a Subscription-State that is one (RFC 6665 §4.1.3)."""
        field = request.subscription_state
        state = "" if field is None else field.value.lower()
        if field is None or state not in STATES:
            return None
        expires = None if state == "terminated" else _seconds(field, "expires")
        return cls(state, expires, (field.param("reason") or "").lower(), _seconds(field, "retry-after"))

    def __str__(self) -> str:
        """As it stands in the header field (RFC 6665 §8.4)."""
        words = [self.state]
        if self.expires is not None and self.state != "terminated":
            words.append(f"expires={self.expires}")
        if self.reason:
            words.append(f"reason={self.reason}")
        if self.retry_after is not None:
            words.append(f"retry-after={self.retry_after}")
        return ";".join(words)

    def again_after(self) -> float:
        """Seconds until a subscriber does well to try anew, infinity for never (RFC 6665 §4.1.3)."""
        if self.state != "terminated" or self.reason in NEVER_AGAIN or self.reason == "timeout":
            return inf
        if self.reason == "deactivated":
            return 0.0
        later = PROBATION if self.reason == "probation" else inf
        return later if self.retry_after is None else float(self.retry_after)


def event_of(request: Request) -> Parameterised | None:
    """The event that a request is about, None for none; SipParseError for more than one (RFC 6665 §8.2.1)."""
    if request.names.count("event") > 1:
        raise SipParseError("more than one Event", 400)
    return request.event


def same_event(one: Parameterised, other: Parameterised) -> bool:
    """Whether two Event values name the same: the package with case, and its id (RFC 6665 §8.2.1)."""
    return one.value == other.value and one.param("id") == other.param("id")


def granted(asked: int | None, most: int, usual: int = DEFAULT_EXPIRES) -> int:
    """The seconds that a notifier gives: never more than was asked for (RFC 6665 §4.2.1.1)."""
    return min(usual if asked is None else asked, most)


def too_brief(asked: int | None, least: int) -> Refusal | None:
    """The refusal of a time that is too short; one hour and 0 are never (RFC 6665 §4.2.1.1)."""
    if asked is None or asked == 0 or asked >= min(least, 3600):
        return None
    return refusal(423, f"{asked} s are too short", ("Min-Expires", str(least)), rfc="RFC 6665 §4.2.1.1")


def bad_event(known: tuple[str, ...]) -> Refusal:
    """The refusal of a package that is unknown, or not named at all (RFC 6665 §4.2.1.1)."""
    return refusal(489, "nothing is told of such events here", ("Allow-Events", ", ".join(known)))


def _seconds(field: Parameterised, name: str) -> int | None:
    """A parameter in seconds; one that is no number counts for nothing."""
    text = field.param(name) or ""
    return min(int(text), 2**32 - 1) if text.isascii() and text.isdigit() and len(text) < 20 else None
