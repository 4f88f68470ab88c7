"""What a check says: which steps of an exercise are done, and a hint for the first that is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Step(NamedTuple):
    """One thing that an exercise asks for, whether it is there, and what may help where it isn't."""

    asked: str
    done: bool
    hint: str = ""


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check: `passed`, and `text`, which is also what a notebook shows."""

    exercise: str
    steps: tuple[Step, ...]

    @property
    def passed(self) -> bool:
        return all(step.done for step in self.steps)

    @property
    def hint(self) -> str:
        """A hint for the first step that is not done, "" when all are."""
        return next((step.hint for step in self.steps if not step.done), "")

    @property
    def text(self) -> str:
        """A line for each step, then what to do next."""
        lines = [f"{'✓' if step.done else '·'} {step.asked}" for step in self.steps]
        done = sum(step.done for step in self.steps)
        last = "Well done." if self.passed else f"{done} of {len(self.steps)} so far. Hint: {self.hint}"
        return "\n".join([*lines, last])

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def __bool__(self) -> bool:
        return self.passed
