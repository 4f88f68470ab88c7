"""A choice with a last entry that lets people type something else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sipsim.widgets.parts import choice, entry, offer, reveal

TYPED = "\0typed"


class Typed:
    """A drop-down list and a text field that is there when `other` is chosen in it; `parts` are both."""

    def __init__(
        self, options: Iterable[tuple[str, str]], name: str, tip: str, other: str, example: str = ""
    ) -> None:  # fmt: skip
        self._other = (other, TYPED)
        self.choice = choice([*options, self._other], name, tip)
        self.text = entry(f"{name}.typed", f"{tip}: {other}", example)
        self.choice.observe(lambda _: self._show(), "value")
        self._show()

    @property
    def parts(self) -> tuple[Any, Any]:
        return self.choice, self.text

    @property
    def value(self) -> str:
        """What is chosen, or typed."""
        chosen = str(self.choice.value)
        return str(self.text.value).strip() if chosen == TYPED else chosen

    def write(self, text: str) -> None:
        """Type something, as from Python."""
        self.choice.value = TYPED
        self.text.value = text

    def offer(self, options: Iterable[tuple[str, str]]) -> None:
        """Change what can be chosen."""
        had_nothing = len(self.choice.options) == 1
        wanted = [*options, self._other]
        offer(self.choice, wanted)
        if had_nothing and len(wanted) > 1:
            self.choice.value = wanted[0][1]

    def on_change(self, fn: Callable[[Any], object]) -> None:
        """Call `fn` when something else is chosen or typed."""
        self.choice.observe(fn, "value")
        self.text.observe(fn, "value")

    def _show(self) -> None:
        reveal(self.text, self.choice.value == TYPED)
