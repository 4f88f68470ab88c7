"""The network on the panel: lose or repeat the next message of a kind, and see what is still to come."""

from __future__ import annotations

from typing import Any

from sipsim.simulation.scripts import Rule
from sipsim.widgets.card import Card, chip
from sipsim.widgets.clicks import Clicks
from sipsim.widgets.line import Line, quoted
from sipsim.widgets.typed import Typed

MESSAGES = (
    ("any message", "*"), ("INVITE", "INVITE"), ("180 Ringing", "180"), ("200 to INVITE", "200 INVITE"),
    ("ACK", "ACK"), ("BYE", "BYE"), ("CANCEL", "CANCEL"), ("487 to INVITE", "487 INVITE"),
    ("REGISTER", "REGISTER"), ("200 to REGISTER", "200 REGISTER"),
)  # fmt: skip
OTHER, EXAMPLE = "another pattern …", "4xx INVITE"


class Faults(Card):
    """The card of a network."""

    def __init__(self, network: Any, clicks: Clicks) -> None:
        super().__init__("network", "real sockets" if network.live else "in memory", clicks)
        self._network = network
        self._rules: list[tuple[str, Rule]] = []
        self.which = Typed(MESSAGES, "network.which", "the kind of message to lose or repeat", OTHER, EXAMPLE)
        drop = self.add("Drop next", 'lab.network.drop("...")', lambda: self._interfere("drop", "lose"))
        twice = self.add(
            "Duplicate next", 'lab.network.duplicate("...")', lambda: self._interfere("duplicate", "repeat")
        )
        self.lay_out(self.which.parts, (drop, twice))

    def _interfere(self, how: str, word: str) -> Line:
        wanted = self.which.value

        def act() -> None:
            self._rules.append((f"{word} the next {wanted}", getattr(self._network, how)(wanted)))

        return Line(f"lab.network.{how}({quoted(wanted)})", act)

    def show(self, people: list[str]) -> None:
        waiting = [text for text, rule in self._rules if rule.active]
        for action in self.buttons:
            self.enable(action, hasattr(self._network, action.removesuffix("_next")))
        self.say(
            *(chip("wait", f"will {text}") for text in waiting)
            if waiting
            else (chip("idle", "loses nothing on purpose"),)
        )
