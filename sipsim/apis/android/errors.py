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


def required(name: str, value: object, *kinds: type) -> None:
    """`NullPointerException` for None, `IllegalArgumentException` for what is none of these kinds."""
    if value is None:
        raise NullPointerException(f"{name}: is None, and has to be given")
    optional(name, value, *(kinds or (object,)))


def optional(name: str, value: object, *kinds: type) -> None:
    """`IllegalArgumentException` for what is neither None nor one of these kinds; True and False are no numbers."""
    if value is not None and (not isinstance(value, kinds) or (isinstance(value, bool) and int in kinds)):
        wanted = " or ".join(kind.__name__ for kind in kinds)
        raise IllegalArgumentException(f"{name}: {value!r} is no {wanted}")


def seconds(name: str, value: object) -> None:
    """`IllegalArgumentException` for what is no number of seconds."""
    required(name, value, int, float)
    if not isinstance(value, (int, float)) or not -1e9 < value < 1e9:
        raise IllegalArgumentException(f"{name}: {value!r} is no number of seconds")


def whole_seconds(name: str, value: object) -> None:
    """`IllegalArgumentException` for what no registration can be asked for."""
    required(name, value, int)
    if not isinstance(value, int) or not 0 <= value < 2**32:
        raise IllegalArgumentException(f"{name}: {value!r}; allowed are 0 to {2**32 - 1} s")
