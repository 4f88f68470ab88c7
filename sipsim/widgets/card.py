"""A card of a panel: a heading, what there is to see, and rows of buttons, each of which is a line of Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sipsim.widgets.clicks import Clicks
from sipsim.widgets.line import Line
from sipsim.widgets.parts import box, button, choice, escape, html, labelled, offer, put

Made = Callable[[Any], Line]


class Card:
    """What cards have in common; phones, servers and the network fill it in."""

    def __init__(self, name: str, about: str, clicks: Clicks) -> None:
        self.name = name
        self.clicks = clicks
        self.buttons: dict[str, Any] = {}
        self._settings: list[Callable[[], None]] = []
        self._heading = html(f"<b>{escape(name)}</b> <span>{escape(about)}</span>", f"{name}.heading")
        self._status = html("", f"{name}.status")

    def add(self, label: str, tip: str, made: Callable[[], Line]) -> Any:
        """A button for the line that `made()` gives when it is clicked; `tip` says beforehand what that will be."""
        action = label.lower().replace(" ", "_")
        self.buttons[action] = new = button(label, f"{self.name}.{action}", tip)
        new.on_click(lambda _: self.clicks.hand_over(made()))
        return new

    def setting(self, label: str, options: Iterable[tuple[str, Any]], read: Callable[[], Any], line: Made) -> Any:
        """A choice that shows what `read()` gives, and carries out `line(value)` when another value is chosen."""
        known = list(options)
        made = labelled(choice(known, f"{self.name}.{label.replace(' ', '_')}", f"{label} of {self.name}"), label)

        following = False  # to change the options changes the value too, for a moment

        def choose(change: Any) -> None:
            if not following and change.new != read():
                self.clicks.hand_over(line(change.new))

        def follow() -> None:
            nonlocal following
            following, value = True, read()
            offer(made, known if value in [v for _, v in known] else [*known, (str(value), value)])
            put(made, "value", value)
            following = False

        follow()
        made.observe(choose, "value")
        self._settings.append(follow)
        return made

    def follow(self) -> None:
        """Show in each setting what it is set to."""
        for follow in self._settings:
            follow()

    def lay_out(self, *rows: Sequence[Any]) -> None:
        """Put heading, status and rows below each other."""
        boxes = [box(row, f"{self.name}.row") for row in rows]
        for row in boxes:
            row.add_class("sipsim-row")
        self.widget = box((self._heading, self._status, *boxes), f"{self.name}.card")
        self.widget.add_class("sipsim-card")

    def say(self, *chips: str) -> None:
        """Show the state, chip below chip."""
        put(self._status, "value", f'<div role="status">{"".join(chips)}</div>')

    @property
    def status(self) -> str:
        """The state as it stands on the card, in HTML."""
        return str(self._status.value)

    def enable(self, action: str, possible: bool) -> None:
        """Let a button be pressed, or not."""
        put(self.buttons[action], "disabled", not possible)

    def show(self, people: list[str]) -> None:
        """Bring the card up to date; `people` are the addresses of record of all phones."""
        raise NotImplementedError

    def leave(self) -> None:
        """The panel is closed: undo what it did to the element."""


def chip(tone: str, text: str) -> str:
    """A state in words, marked as "good", "wait", "bad" or "idle"."""
    return f'<span class="sipsim-{tone}">{escape(text)}</span>'


def short(uri: str) -> str:
    """A URI as people say it, without its scheme."""
    return uri.removeprefix("sip:")
