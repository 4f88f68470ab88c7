"""A server on the panel: crash it, restart it, change how it works, and see whom it knows."""

from __future__ import annotations

from typing import Any

from sipsim.elements.element import Element
from sipsim.elements.servers.proxy import Proxy
from sipsim.protocol.target_set import FORKING
from sipsim.widgets.card import Card, chip, short
from sipsim.widgets.clicks import Clicks
from sipsim.widgets.line import Line, variable
from sipsim.widgets.parts import button, put, reveal

QUEUES = (("no limit", None), *((f"{room} at most", room) for room in (0, 1, 2, 5, 20)))
EFFORTS = (("no time", 0.0), *((f"{1000 * time:g} ms each", time) for time in (0.01, 0.05, 0.2, 1.0)))
YES_NO = (("yes", True), ("no", False))


class Server(Card):
    """The card of a proxy, a registrar, or whatever else is no phone."""

    def __init__(self, element: Element, clicks: Clicks) -> None:
        domain = getattr(element, "domain", "")
        super().__init__(element.name, f"{element.kind}{f' of {domain}' if domain else ''}", clicks)
        self.element = element
        self._variable = known = variable(element.name)
        crash = Line(f"{known}.crash()", element.crash, element.name)
        restart = Line(f"{known}.restart()", element.restart, element.name)
        buttons = self.add("Crash", crash.text, lambda: crash), self.add("Restart", restart.text, lambda: restart)
        self.settings = self._settable()
        self._more = button("More", f"{self.name}.more", f"show how {self.name} works, to be changed")
        self._more.on_click(lambda _: self._unfold(self._more.description == "More"))
        self.lay_out((*buttons, self._more), *((setting,) for setting in self.settings.values()))
        self._unfold(False)

    def _unfold(self, wide: bool) -> None:
        """Show the settings, or take them off the page."""
        put(self._more, "description", "Less" if wide else "More")
        for setting in self.settings.values():
            reveal(setting, wide)

    def _settable(self) -> dict[str, Any]:
        """A choice for each thing that can be set while it works."""
        element, settable = self.element, {}
        if isinstance(element, Proxy):
            if element.stateful:
                settable["forking"] = self._set("forking", [(mode, mode) for mode in FORKING])
            settable["record_route"] = self._set("record_route", YES_NO)
        settable["queue_limit"] = self._set("queue_limit", QUEUES)
        settable["service_time"] = self._set("service_time", EFFORTS)
        return settable

    def _set(self, option: str, options: Any) -> Any:
        label = {"record_route": "Record-Route", "queue_limit": "queue", "service_time": "takes"}.get(option, option)

        def line(value: Any) -> Line:
            text = f"{self._variable}.{option} = {value!r}"
            return Line(text, lambda: setattr(self.element, option, value), self.name)

        return self.setting(label, options, lambda: getattr(self.element, option), line)

    def show(self, people: list[str]) -> None:
        down = self.element.down
        self.say(chip("bad", "down") if down else chip("good", "up"), *self._knows(people))
        self.enable("crash", not down)
        self.enable("restart", down)
        self.follow()

    def _knows(self, people: list[str]) -> list[str]:
        """The users that its location service has bindings of, and how many each."""
        location = getattr(self.element, "location", None)
        if location is None:
            return []
        found = {uri: len(location.look_up(uri, self.element.env.now)) for uri in people}
        known = [f"{short(uri)}: {count} phone{'s' * (count > 1)}" for uri, count in found.items() if count]
        return [chip("good", text) for text in known] or [chip("idle", "knows nobody")]
