"""A phone on the panel: what its user can do, and what the phone says of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sipsim.elements.call import Call
from sipsim.elements.incoming_call import IncomingCall
from sipsim.elements.outcome import Outcome
from sipsim.elements.user_agent import UserAgent
from sipsim.errors import UsageError
from sipsim.widgets.clicks import Clicks
from sipsim.widgets.line import Line, line, variable
from sipsim.widgets.parts import box, button, choice, escape, html, put

RINGS, ITSELF = "rings until you answer", "answers by itself"
BUSY_HERE = 486


class Phone:
    """The buttons of one user agent.

    While a panel is open a phone rings until its user answers; `own_way` is what it did before, and does again when
    it is chosen here or the panel is closed.
    """

    def __init__(self, agent: UserAgent, clicks: Clicks) -> None:
        self.agent = agent
        self.name = agent.name
        self.own_way = agent.on_call
        self._variable = variable(agent.name)
        self._clicks = clicks
        self._registering: Outcome | None = None
        self._latest: Call | None = None
        agent.on_call = IncomingCall.ring
        self._furnish()

    def _furnish(self) -> None:
        self.status = html("", f"{self.name}.status")
        self.whom = choice((), f"{self.name}.whom", "whom to call")
        self.way = choice(((RINGS, RINGS), (ITSELF, ITSELF)), f"{self.name}.way", "what the phone does with a call")
        self.way.observe(self._choose_way, "value")
        self.buttons = {
            action: self._clicks.on(button(label, f"{self.name}.{action}", tip), made)
            for action, label, tip, made in self._actions()
        }
        self.card = box((self._heading(), self.status, *self._rows()), f"{self.name}.card")
        self.card.add_class("sipsim-card")

    def _actions(self) -> tuple[tuple[str, str, str, Callable[[], Line]], ...]:
        name = self._variable
        return (
            ("register", "Register", f"{name}.register()", self._register),
            ("call", "Call", f"call = {name}.call(...)", self._call),
            ("answer", "Answer", "call.answer()", self._answer),
            ("reject", "Reject", f"call.reject({BUSY_HERE})", self._reject),
            ("hang_up", "Hang up", "call.hang_up()", self._hang_up),
        )

    def _heading(self) -> Any:
        about = f"{self.agent.uri} at {self.agent.address}"
        return html(f"<b>{escape(self.name)}</b> <span>{escape(about)}</span>", f"{self.name}.heading")

    def _rows(self) -> tuple[Any, ...]:
        buttons = self.buttons
        taking = [buttons[action] for action in ("answer", "reject", "hang_up")]
        rows = ((buttons["register"], self.way), (buttons["call"], self.whom), taking)
        made = tuple(box(row, f"{self.name}.row") for row in rows)
        for row in made:
            row.add_class("sipsim-row")
        return made

    # What the user does; in the loop's thread

    def _register(self) -> Line:
        def act() -> None:
            self._registering = self.agent.register()

        return Line(f"{self._variable}.register()", act, self.name)

    def _call(self) -> Line:
        placing = line(self._variable, self.agent.call, self.whom.value or "", element=self.name, result="call")

        def act() -> None:
            self._latest = placing.act()  # type: ignore[assignment]

        return Line(placing.text, act, self.name)

    def _answer(self) -> Line:
        return line("call", self._ringing("answer").answer, element=self.name)

    def _reject(self) -> Line:
        return line("call", self._ringing("reject").reject, BUSY_HERE, element=self.name)

    def _hang_up(self) -> Line:
        call = self.call_at_hand
        if call is None:
            raise UsageError(f"{self.name} has no call to hang up")
        return line("call", call.hang_up, element=self.name)

    def _ringing(self, verb: str) -> IncomingCall:
        if self.ringing is None:
            raise UsageError(f"nothing rings at {self.name}: there is no call to {verb}")
        return self.ringing

    def _choose_way(self, change: Any) -> None:
        self._clicks.hand_over(self._ring if change.new == RINGS else self._go_own_way)

    def _ring(self) -> Line:
        return line(self._variable, self.agent.ignores, element=self.name)

    def _go_own_way(self) -> Line:
        text = f'{self._variable}.on_call = panel.phones["{self.name}"].own_way'
        return Line(text, lambda: setattr(self.agent, "on_call", self.own_way), self.name)

    # What there is to see

    @property
    def ringing(self) -> IncomingCall | None:
        """The first call that waits to be answered."""
        return next((call for call in self._calls if isinstance(call, IncomingCall) and waits(call)), None)

    @property
    def call_at_hand(self) -> Call | None:
        """The call that "hang up" means: the last one that this user placed or took, else one that rings."""
        taken = [call for call in self._calls if call is not self.ringing]
        return taken[-1] if taken else self.ringing

    @property
    def _calls(self) -> list[Call]:
        return [call for call in self.agent.calls.values() if isinstance(call, Call)]

    def show(self, people: list[str]) -> None:
        """Bring the card up to date; `people` are the addresses that can be called."""
        self._latest = self._calls[-1] if self._calls else self._latest
        others = [(uri, uri) for uri in people if uri != self.agent.uri.aor]
        put(self.whom, "options", tuple(others))
        put(self.status, "value", f'<div role="status">{self._registered()}<br>{self._busy()}</div>')
        for action in ("answer", "reject"):
            put(self.buttons[action], "disabled", self.ringing is None)
        put(self.buttons["hang_up"], "disabled", self.call_at_hand is None)

    def leave(self) -> None:
        """Give the phone back its own way with calls, unless it was given another meanwhile."""
        if self.agent.on_call is IncomingCall.ring:
            self.agent.on_call = self.own_way

    def _registered(self) -> str:
        asked = self._registering
        if asked is not None and not asked.triggered:
            return chip("wait", "registering …")
        if asked is not None and not asked.ok:
            return chip("bad", f"registration failed: {asked.value}")
        active = self.agent.registration.active
        return chip("good", "registered") if active else chip("idle", "not registered")

    def _busy(self) -> str:
        if self._calls:
            return " ".join(chip(*told(call)) for call in self._calls)
        if self._latest is not None and self._latest.ended.triggered:
            ending = self._latest.ended.value
            return chip("idle", f"last call ended by {ending.by}: {ending.why}")
        return chip("idle", "no call")


def waits(call: IncomingCall) -> bool:
    """Whether nobody has answered it yet; its half of the session is made for the answer."""
    return call.state in ("calling", "ringing") and call.local_sdp is None


def told(call: Call) -> tuple[str, str]:
    """How a call stands, as a tone and in words."""
    if call.state == "answered":
        return "good", f"in a call with {call.peer}"
    if isinstance(call, IncomingCall):
        return "wait", f"rings: {call.peer} calls" if waits(call) else f"answered {call.peer}, no ACK yet"
    return "wait", f"{'waiting for' if call.state == 'ringing' else 'calling'} {call.peer}"


def chip(tone: str, text: str) -> str:
    return f'<span class="sipsim-{tone}">{escape(text)}</span>'
