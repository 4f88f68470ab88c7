"""The bar of a panel: the time, buttons to pause, step, go on, stop and change the pace; how things stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sipsim.widgets.card import chip
from sipsim.widgets.clicks import Clicks
from sipsim.widgets.clock import Clock
from sipsim.widgets.line import Line
from sipsim.widgets.parts import box, button, choice, escape, html, put
from sipsim.widgets.pulse import Pulse

SPEEDS = (0.01, 0.1, 1.0, 10.0)


class Bar:
    """The face of a clock. Its buttons work on the run from outside; none of them is the cause of a message."""

    def __init__(self, clock: Clock, clicks: Clicks) -> None:
        self._clock = clock
        self._clicks = clicks
        self.pulse = Pulse(clock.lab)
        self.time = html("", "clock")
        self.status = html("", "status")
        self.buttons: dict[str, Any] = {
            "pause": self._button("Pause", "panel.run.pause()", clock.pause),
            "start": self._button("Start", "panel.start()", clock.start),
            "step": self._button("Next event", "panel.step()", clock.step),
            "message": self._button("Next message", "panel.next_message()", clock.next_message),
            "quiet": self._button("Until quiet", "panel.until_quiet()", clock.until_quiet),
            "stop": self._button("Stop", "panel.stop()", clock.stop),
        }
        self.speed = self._speeds()
        self.row = box((self.time, *self.buttons.values(), self.speed, self.status), "bar")

    def _button(self, label: str, text: str, act: Callable[[], None]) -> Any:
        line = Line(text, act, of_the_lab=False)
        made = button(label, f"clock.{label.lower()}", text)
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
            text = f"panel.speed = {speed:g}"
            self._carry_out(Line(text, lambda: self._clock.set_speed(speed), of_the_lab=False))

    def _carry_out(self, line: Line) -> None:
        self._clock.hand_over(self._clicks.carry_out, line)

    def show(self) -> None:
        """Bring the time, the state and the status line up to date."""
        clock = self._clock
        state, now = clock.state, clock.lab.env.now
        tone = "good" if state == "running" else "wait"
        put(self.time, "value", f"<time>{now:.3f} s</time> {chip(tone, 'hurrying' if clock.hurries else state)}")
        put(self.status, "value", f'<div role="status">{escape(" · ".join(self.pulse.parts()))}</div>')
        put(self.buttons["pause"], "disabled", state != "running" and not clock.hurries)
        put(self.buttons["start"], "disabled", state == "running")
        put(self.buttons["stop"], "disabled", clock.over)
