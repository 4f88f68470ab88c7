"""What callers may give as an option: each kind of value has one check here, and one way of saying what is allowed."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from sipsim.errors import UsageError

LARGEST = 2**32 - 1
"""The largest number of seconds that header fields can hold (RFC 3261 §20.19)."""


def one_of(name: str, value: object, allowed: Iterable[object]) -> None:
    """`UsageError` for a value that is none of those that are allowed."""
    if value not in (known := list(allowed)):
        raise not_allowed(name, value, ", ".join(map(repr, known)))


def whole(name: str, value: object, least: int = 0, most: float = LARGEST, what: str = "whole numbers") -> None:
    """`UsageError` for what is no whole number in this range; infinity for no upper bound."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise not_allowed(name, value, f"{what} {_range(least, most)}")


def number(name: str, value: object, least: float = 0.0, most: float = inf, what: str = "numbers") -> None:
    """`UsageError` for what is no finite number in this range."""
    real = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not real or not least <= value <= most or value == inf:  # type: ignore[operator]
        raise not_allowed(name, value, f"{what} {_range(least, most)}")


def seconds(name: str, value: object, least: float = 0.0, most: float = inf) -> None:
    """`UsageError` for what is no length of time in this range."""
    number(name, value, least, most, "seconds")


def whole_seconds(name: str, value: object, least: int = 0) -> None:
    """`UsageError` for what no header field could say: Expires, Retry-After."""
    whole(name, value, least, what="whole seconds")


def not_allowed(name: str, value: object, allowed: str) -> UsageError:
    """The error for a value that an option does not take."""
    return UsageError(f"{name}: {value!r} will not do; allowed are {allowed}")


def _range(least: float, most: float) -> str:
    return f"from {least:g} on" if most == inf else f"from {least:g} to {most:.10g}"
