"""Tabs: buttons in a row, of which one is chosen, and what belongs to it below.

Plain buttons, so that Tab, Enter and Space are enough to use them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from sipsim.widgets.parts import box, button, put, reveal


class Page(Protocol):
    """What a tab shows."""

    widget: Any

    def show(self) -> None:
        """Bring it up to date; called only while it is to be seen."""
        ...


class Tabs:
    """Pages by their labels; `chosen` is the label of the one to be seen. `changed()` is called after a click."""

    def __init__(self, pages: dict[str, Page], changed: Callable[[], object]) -> None:
        self.pages = pages
        self.chosen = next(iter(pages))
        self._changed = changed
        self.buttons = {label: self._button(label) for label in pages}
        row = box(self.buttons.values(), "tabs")
        self.widget = box((row, *(page.widget for page in pages.values())), "pages")
        self._turn()

    def choose(self, label: str) -> None:
        """Show this page."""
        self.chosen = label
        self._turn()
        self._changed()

    def note(self, label: str, count: int) -> None:
        """Show a number beside a label, so that people know without looking there; 0 for none."""
        put(self.buttons[label], "description", f"{label} ({count})" if count else label)

    def show(self) -> None:
        """Bring the page that is to be seen up to date."""
        self.pages[self.chosen].show()

    def _button(self, label: str) -> Any:
        made = button(label, f"tab.{label.lower()}", f"show: {label}")
        made.on_click(lambda _: self.choose(label))
        return made

    def _turn(self) -> None:
        for label, page in self.pages.items():
            reveal(page.widget, label == self.chosen)
            put(self.buttons[label], "button_style", "info" if label == self.chosen else "")
