"""The bar at the top of a panel: the time, and buttons to pause it, start it again, stop it and change its pace."""

from __future__ import annotations

from typing import Any

from sipsim.widgets.card import chip
from sipsim.widgets.clicks import Clicks
from sipsim.widgets.clock import Clock
from sipsim.widgets.line import Line
from sipsim.widgets.parts import box, button, choice, html, put

SPEEDS = (0.01, 0.1, 1.0, 10.0)


class Bar:
    """The face of a clock. Its buttons work on the run from outside; none of them is the cause of a message."""

    def __init__(self, clock: Clock, clicks: Clicks) -> None:
        self._clock = clock
        self._clicks = clicks
        self.time = html("", "clock")
        self.buttons: dict[str, Any] = {
            "pause": self._button("Pause", Line("panel.run.pause()", clock.pause)),
            "start": self._button("Start", Line("panel.start()", clock.start)),
            "stop": self._button("Stop", Line("panel.stop()", clock.stop)),
        }
        self.speed = self._speeds()
        self.row = box((self.time, *self.buttons.values(), self.speed), "bar")

    def _button(self, label: str, line: Line) -> Any:
        made = button(label, f"clock.{label.lower()}", line.text)
        made.on_click(lambda _: self._carry_out(line))
        return made

    def _speeds(self) -> Any:
        options = [(f"{speed:g} × real time", speed) for speed in sorted({*SPEEDS, self._clock.speed})]
        made = choice(options, "clock.speed", "how fast time goes")
        made.value = self._clock.speed
        made.observe(self._choose_speed, "value")
        return made

    def _choose_speed(self, change: Any) -> None:
        speed = change.new
        if speed != self._clock.speed:
            self._carry_out(Line(f"panel.speed = {speed:g}", lambda: self._clock.set_speed(speed)))

    def _carry_out(self, line: Line) -> None:
        self._clock.hand_over(self._clicks.carry_out, line)

    def show(self) -> None:
        """Bring the time and the state up to date."""
        state, now = self._clock.state, self._clock.lab.env.now
        tone = "good" if state == "running" else "wait"
        put(self.time, "value", f"<time>{now:.1f} s</time> {chip(tone, state)}")
        put(self.buttons["pause"], "disabled", state != "running")
        put(self.buttons["start"], "disabled", state == "running")
        put(self.buttons["stop"], "disabled", self._clock.over)
