"""A server on the panel: crash it, restart it, and see whom it knows."""

from __future__ import annotations

from sipsim.elements.element import Element
from sipsim.widgets.card import Card, chip, short
from sipsim.widgets.clicks import Clicks
from sipsim.widgets.line import Line, variable


class Server(Card):
    """The card of a proxy, a registrar, or whatever else is no phone."""

    def __init__(self, element: Element, clicks: Clicks) -> None:
        domain = getattr(element, "domain", "")
        super().__init__(element.name, f"{element.kind}{f' of {domain}' if domain else ''}", clicks)
        self.element = element
        known = variable(element.name)
        crash = Line(f"{known}.crash()", element.crash, element.name)
        restart = Line(f"{known}.restart()", element.restart, element.name)
        self.lay_out((self.add("Crash", crash.text, lambda: crash), self.add("Restart", restart.text, lambda: restart)))

    def show(self, people: list[str]) -> None:
        down = self.element.down
        self.say(chip("bad", "down") if down else chip("good", "up"), *self._knows(people))
        self.enable("crash", not down)
        self.enable("restart", down)

    def _knows(self, people: list[str]) -> list[str]:
        """The users that its location service has bindings of, and how many each."""
        location = getattr(self.element, "location", None)
        if location is None:
            return []
        found = {uri: len(location.look_up(uri, self.element.env.now)) for uri in people}
        known = [f"{short(uri)}: {count} phone{'s' * (count > 1)}" for uri, count in found.items() if count]
        return [chip("good", text) for text in known] or [chip("idle", "knows nobody")]
