"""The exceptions of the originals, by their names: what an application did wrong, or can't have."""

from __future__ import annotations

from sipsim.errors import SipError, UsageError


class SipException(SipError):
    """What the SIP service can't do: no permission, no session for an intent, no data connection."""


class NullPointerException(UsageError):
    """None where something has to be given."""


class IllegalArgumentException(UsageError):
    """A value that is not allowed."""


class IllegalStateException(UsageError):
    """An object that is not, or no longer, in the state for this."""


class ParseException(UsageError):
    """A text that is no SIP address."""


class CanceledException(SipError):
    """A `PendingIntent` that was cancelled before it was sent."""


def required(name: str, value: object) -> None:
    """`NullPointerException` for None."""
    if value is None:
        raise NullPointerException(f"{name}: is None, and has to be given")
