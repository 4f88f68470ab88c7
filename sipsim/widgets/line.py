"""A line of Python and what it does: what a click carries out and what the panel prints come from one place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """`text` is Python, `act()` does what it says, `element` is the name of whoever does it ("" for the network)."""

    text: str
    act: Callable[[], object]
    element: str = ""


def line(subject: str, method: Callable[..., object], *args: str | int, element: str = "", result: str = "") -> Line:
    """The line that calls a bound method of what `subject` stands for; `result` is the name that takes its value."""
    given = ", ".join(map(json.dumps, args))  # strings in double quotes, as the lessons write them
    text = f"{subject}.{method.__name__}({given})"
    return Line(f"{result} = {text}" if result else text, lambda: method(*args), element)


def variable(name: str) -> str:
    """How Python reaches an element: by a variable of its name, or through the lab where that can't be one."""
    return name if name.isidentifier() else f"lab.elements[{json.dumps(name)}]"
