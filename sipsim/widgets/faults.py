"""The network on the panel: lose the next message of a kind, and see which losses are still to come."""

from __future__ import annotations

from typing import Any

from sipsim.simulation.scripts import Rule
from sipsim.widgets.card import Card, chip
from sipsim.widgets.clicks import Clicks
from sipsim.widgets.line import Line
from sipsim.widgets.parts import choice

MESSAGES = (
    ("any message", "*"), ("INVITE", "INVITE"), ("180 Ringing", "180"), ("200 to INVITE", "200 INVITE"),
    ("ACK", "ACK"), ("BYE", "BYE"), ("CANCEL", "CANCEL"), ("487 to INVITE", "487 INVITE"),
    ("REGISTER", "REGISTER"), ("200 to REGISTER", "200 REGISTER"),
)  # fmt: skip


class Faults(Card):
    """The card of a network whose packets can be lost on purpose, as those in memory can."""

    def __init__(self, network: Any, clicks: Clicks) -> None:
        super().__init__("network", "real sockets" if network.live else "in memory", clicks)
        self._network = network
        self._rules: list[tuple[str, Rule]] = []
        self.which = choice(MESSAGES, "network.which", "the kind of message to lose")
        drop = self.add("Drop next", 'lab.network.drop("...")', self._drop)
        self.enable("drop_next", hasattr(network, "drop"))
        self.lay_out((drop, self.which))

    def _drop(self) -> Line:
        label, wanted = self.which.label, self.which.value

        def act() -> None:
            self._rules.append((label, self._network.drop(wanted)))

        return Line(f'lab.network.drop("{wanted}")', act)

    def show(self, people: list[str]) -> None:
        waiting = [label for label, rule in self._rules if rule.active]
        text = f"will lose the next: {', '.join(waiting)}" if waiting else "loses nothing on purpose"
        self.say(chip("wait" if waiting else "idle", text))
