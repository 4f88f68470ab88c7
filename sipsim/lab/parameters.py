"""What a scenario's parameters may be: kinds of value, written as annotations and checked before anything runs.

    @scenario(title="A call")
    def call(lab: Lab, *, talk: Seconds = 5.0, phones: Count = 2) -> Story: ...

Where none of these fits, `Annotated[int, Allowed(whole, 1, 8)]` takes any check of `protocol.options` and its bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Annotated, Any, get_type_hints

from sipsim.protocol.options import one_of, seconds, whole, whole_seconds
from sipsim.protocol.timing import TIMER_C

LONGEST = 1e6
"""The longest time (s) that a story takes for one of its steps: eleven days."""


class Allowed:
    """A check with its bounds, as a part of an annotation: `check(name, value, *bounds)` raises `UsageError`."""

    def __init__(self, check: Callable[..., None], *bounds: Any) -> None:
        self.check, self.bounds = check, bounds

    def __call__(self, name: str, value: object) -> None:
        self.check(name, value, *self.bounds)


Seconds = Annotated[float, Allowed(seconds, 0.0, LONGEST)]
Pause = Annotated[float, Allowed(seconds, 0.1, LONGEST)]
"""A time in which what came before has to be over."""

RingTime = Annotated[float, Allowed(seconds, 0.001, TIMER_C)]
"""How long a proxy lets phones ring before it looks elsewhere."""

Expiry = Annotated[int, Allowed(whole_seconds)]
Count = Annotated[int, Allowed(whole, 1, 60)]
"""How many there are; more phones than that no proxy forks to (RFC 5393 §5)."""

Refusal = Annotated[int, Allowed(whole, 400, 699)]


def either(*values: object) -> Allowed:
    """One of these values."""
    return Allowed(one_of, values)


def checks_of(story: Callable[..., Any], name: str) -> list[Allowed]:
    """What the annotation of a story's parameter says is allowed; nothing where it can't be read."""
    annotation = getattr(story, "__annotations__", {}).get(name)
    known = getattr(story, "__globals__", {})
    try:
        hints = get_type_hints(SimpleNamespace(__annotations__={name: annotation}), known, include_extras=True)
    except (NameError, TypeError, AttributeError, SyntaxError):  # a name for type checkers only, or no type at all
        return []
    return [part for part in getattr(hints[name], "__metadata__", ()) if isinstance(part, Allowed)]
