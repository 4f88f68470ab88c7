"""A line of Python and what it does: what a click carries out and what the panel prints come from one place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """`text` is Python, `act()` does what it says, `element` is the name of whoever does it ("" for nobody)."""

    text: str
    act: Callable[[], object]
    element: str = ""


def variable(name: str) -> str:
    """How Python reaches an element: by a variable of its name, or through the lab where that can't be one."""
    return name if name.isidentifier() else f"lab.elements[{json.dumps(name)}]"
