"""The network on the panel: lose the next message of a kind, and see which losses are still to come."""

from __future__ import annotations

from typing import Any

from sipsim.simulation.scripts import Rule
from sipsim.widgets.clicks import Clicks
from sipsim.widgets.line import Line
from sipsim.widgets.parts import box, button, choice, escape, html, put
from sipsim.widgets.phone import chip

MESSAGES = (
    ("any message", "*"), ("INVITE", "INVITE"), ("180 Ringing", "180"), ("200 to INVITE", "200 INVITE"),
    ("ACK", "ACK"), ("BYE", "BYE"), ("CANCEL", "CANCEL"), ("487 to INVITE", "487 INVITE"),
    ("REGISTER", "REGISTER"), ("200 to REGISTER", "200 REGISTER"),
)  # fmt: skip


class Faults:
    """The card of a network whose packets can be lost on purpose, as those in memory can."""

    def __init__(self, network: Any, clicks: Clicks) -> None:
        self._network = network
        self._rules: list[tuple[str, Rule]] = []
        self.status = html("", "network.status")
        self.which = choice(MESSAGES, "network.which", "the kind of message to lose")
        drop = button("Drop the next", "network.drop", 'lab.network.drop("...")')
        self.buttons = {"drop": clicks.on(drop, self._drop)}
        heading = html(f"<b>network</b> <span>{escape(self._about())}</span>", "network.heading")
        row = box((drop, self.which), "network.row")
        row.add_class("sipsim-row")
        self.card = box((heading, self.status, row), "network.card")
        self.card.add_class("sipsim-card")

    def _about(self) -> str:
        return "real sockets: nothing is lost on purpose" if self._network.live else "in memory"

    def _drop(self) -> Line:
        wanted = self.which.value

        def act() -> None:
            self._rules.append((self.which.label, self._network.drop(wanted)))

        return Line(f'lab.network.drop("{wanted}")', act)

    def show(self, people: list[str]) -> None:
        """Bring the card up to date."""
        waiting = [label for label, rule in self._rules if rule.active]
        text = f"will lose the next: {', '.join(waiting)}" if waiting else "loses nothing on purpose"
        put(self.status, "value", f'<div role="status">{chip("wait" if waiting else "idle", text)}</div>')
        put(self.buttons["drop"], "disabled", not hasattr(self._network, "drop"))

    def leave(self) -> None:
        """A loss that was asked for still comes when the panel is closed."""
