"""A server on the panel: crash it, restart it, and see whom it knows."""

from __future__ import annotations

from typing import Any

from sipsim.elements.element import Element
from sipsim.widgets.clicks import Clicks
from sipsim.widgets.line import line, variable
from sipsim.widgets.parts import box, button, escape, html, put
from sipsim.widgets.phone import chip


class Server:
    """The buttons of a proxy, a registrar, or whatever else is no phone."""

    def __init__(self, element: Element, clicks: Clicks) -> None:
        self.element = element
        name = self.name = element.name
        known = variable(name)
        self.status = html("", f"{name}.status")
        self.buttons: dict[str, Any] = {
            "crash": clicks.on(
                button("Crash", f"{name}.crash", f"{known}.crash()"), lambda: line(known, element.crash, element=name)
            ),
            "restart": clicks.on(
                button("Restart", f"{name}.restart", f"{known}.restart()"),
                lambda: line(known, element.restart, element=name),
            ),
        }
        heading = html(f"<b>{escape(name)}</b> <span>{escape(self._about())}</span>", f"{name}.heading")
        row = box(self.buttons.values(), f"{name}.row")
        row.add_class("sipsim-row")
        self.card = box((heading, self.status, row), f"{name}.card")
        self.card.add_class("sipsim-card")

    def _about(self) -> str:
        domain = getattr(self.element, "domain", "")
        return f"{self.element.kind}{f' of {domain}' if domain else ''} at {self.element.address}"

    def show(self, people: list[str]) -> None:
        """Bring the card up to date; `people` are the addresses that it may have bindings of."""
        down = self.element.down
        state = chip("bad", "down") if down else chip("good", "up")
        put(self.status, "value", f'<div role="status">{state}<br>{self._knows(people)}</div>')
        put(self.buttons["crash"], "disabled", down)
        put(self.buttons["restart"], "disabled", not down)

    def leave(self) -> None:
        """Nothing on a server was changed by the panel."""

    def _knows(self, people: list[str]) -> str:
        """The users that its location service has bindings of, and how many each."""
        location = getattr(self.element, "location", None)
        if location is None:
            return ""
        found = {uri: len(location.look_up(uri, self.element.env.now)) for uri in people}
        known = [f"{uri} at {count} phone{'s' * (count > 1)}" for uri, count in found.items() if count]
        return chip("idle", f"knows {', '.join(known)}" if known else "knows nobody")
