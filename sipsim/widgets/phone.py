"""A phone on the panel: what its user can do, and what the phone says of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.calls.outgoing_call import OutgoingCall
from sipsim.elements.outcome import Outcome
from sipsim.errors import UsageError
from sipsim.widgets.card import Card, chip, short
from sipsim.widgets.clicks import Clicks
from sipsim.widgets.line import Line, variable
from sipsim.widgets.parts import choice, offer

AnyCall = IncomingCall | OutgoingCall
RINGS, ITSELF = "rings for you", "answers by itself"
BUSY_HERE = 486


class Phone(Card):
    """The card of a user agent.

    While a panel is open a phone rings until its user answers; `own_way` is what it did before, and does again when
    that is chosen here or the panel is closed.
    """

    def __init__(self, agent: UserAgent, clicks: Clicks) -> None:
        super().__init__(agent.name, f"{agent.uri}", clicks)
        self.agent = agent
        self.own_way = agent.on_call
        agent.on_call = IncomingCall.ring
        self._registering: Outcome | None = None
        self._latest: AnyCall | None = None
        self._variable = name = variable(agent.name)
        register = self.add("Register", f"{name}.register()", self._register)
        call = self.add("Call", f"call = {name}.call(...)", self._call)
        answer = self.add("Answer", "call.answer()", self._answer)
        reject = self.add("Reject", f"call.reject({BUSY_HERE})", self._reject)
        hang_up = self.add("Hang up", "call.hang_up()", self._hang_up)
        self.whom = choice((), f"{self.name}.whom", "whom to call")
        self.way = choice([(RINGS, RINGS), (ITSELF, ITSELF)], f"{self.name}.way", "what it does with a call")
        self.way.observe(self._choose_way, "value")
        self.lay_out((register, self.way), (call, self.whom), (answer, reject, hang_up))

    # What the user does: each line is made when its button is clicked, and acts in the loop's thread

    def _line(self, text: str, act: Callable[[], object]) -> Line:
        return Line(text, act, self.name)

    def _register(self) -> Line:
        def act() -> None:
            self._registering = self.agent.register()

        return self._line(f"{self._variable}.register()", act)

    def _call(self) -> Line:
        whom = self.whom.value

        def act() -> None:
            self._latest = self.agent.call(whom)

        return self._line(f'call = {self._variable}.call("{whom}")', act)

    def _answer(self) -> Line:
        return self._line("call.answer()", lambda: self._needed("answer").answer())

    def _reject(self) -> Line:
        return self._line(f"call.reject({BUSY_HERE})", lambda: self._needed("reject").reject(BUSY_HERE))

    def _hang_up(self) -> Line:
        def act() -> None:
            if self.at_hand is None:
                raise UsageError(f"{self.name} has no call to hang up")
            self.at_hand.hang_up()

        return self._line("call.hang_up()", act)

    def _needed(self, verb: str) -> IncomingCall:
        if self.ringing is None:
            raise UsageError(f"nothing rings at {self.name}: there is no call to {verb}")
        return self.ringing

    def _choose_way(self, change: Any) -> None:
        rings = change.new == RINGS
        text = "ignores()" if rings else f'on_call = panel.phones["{self.name}"].own_way'
        way = IncomingCall.ring if rings else self.own_way
        self.clicks.hand_over(self._line(f"{self._variable}.{text}", lambda: setattr(self.agent, "on_call", way)))

    # What there is to see

    @property
    def calls(self) -> list[AnyCall]:
        """The calls that have not ended."""
        return [call for call in self.agent.calls.values() if isinstance(call, AnyCall)]

    @property
    def ringing(self) -> IncomingCall | None:
        """The first call that waits to be answered."""
        return next((call for call in self.calls if isinstance(call, IncomingCall) and waits(call)), None)

    @property
    def at_hand(self) -> AnyCall | None:
        """The call that "hang up" means: the last one that this user placed or took, else one that rings."""
        taken = [call for call in self.calls if call is not self.ringing]
        return taken[-1] if taken else self.ringing

    def show(self, people: list[str]) -> None:
        self._latest = self.calls[-1] if self.calls else self._latest
        offer(self.whom, self._others(people))
        self.say(self._registered(), self._busy())
        self.enable("answer", self.ringing is not None)
        self.enable("reject", self.ringing is not None)
        self.enable("hang_up", self.at_hand is not None)

    def _others(self, people: list[str]) -> list[tuple[str, str]]:
        """Whom this phone can call: the other users, and one whom nobody knows."""
        nobody = str(self.agent.uri.with_(user="nobody"))
        others = [(uri, uri) for uri in people if uri != self.agent.uri.aor]
        return [*others, (f"{nobody} (no such user)", nobody)]

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
        return chip("good", "registered") if self.agent.registration.active else chip("idle", "not registered")

    def _busy(self) -> str:
        if self.calls:
            return "".join(chip(*told(call)) for call in self.calls)
        ending = self._latest.ended.value if self._latest is not None and self._latest.ended.triggered else None
        return chip("idle", f"last call: {ending.why}" if ending is not None else "no call")


def waits(call: IncomingCall) -> bool:
    """Whether nobody has answered it yet; its half of the session is made for the answer."""
    return call.state in ("calling", "ringing") and call.local_sdp is None


def told(call: AnyCall) -> tuple[str, str]:
    """How a call stands, as a tone and in words."""
    peer = short(call.peer)
    if call.state == "answered":
        return "good", f"in a call with {peer}"
    if isinstance(call, IncomingCall):
        return "wait", f"{peer} calls" if waits(call) else f"answered {peer}, no ACK yet"
    return "wait", f"{'waiting for' if call.state == 'ringing' else 'calling'} {peer}"
