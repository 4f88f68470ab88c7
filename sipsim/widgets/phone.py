"""A phone on the panel: what its user can do, and what the phone says of itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.calls.call import Call
from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.outcome import Outcome
from sipsim.errors import UsageError
from sipsim.message.codes import reason_phrase
from sipsim.widgets.calls import is_placed, is_up, told, waits
from sipsim.widgets.card import Card, chip
from sipsim.widgets.clicks import Clicks
from sipsim.widgets.line import Line, quoted, variable
from sipsim.widgets.parts import choice, offer, reveal
from sipsim.widgets.typed import Typed

RINGS, ITSELF = "rings", "answers"
REFUSALS = (486, 480, 603, 600, 404, 488, 500, 503)
"""What a user can refuse a call with: busy, not now, no, busy everywhere, not here ..."""


class Phone(Card):
    """The card of a user agent.

    While a panel is open a phone rings until its user answers; `own_way` is what it did before, and does again when
    that is chosen here or the panel is closed. Of several calls the one that `which` shows is meant; what rings is
    answered and refused all the same.
    """

    def __init__(self, agent: UserAgent, clicks: Clicks) -> None:
        super().__init__(agent.name, f"{agent.uri}", clicks)
        self.agent = agent
        self.own_way = agent.on_call
        if agent.application is None:
            agent.on_call = self._ring
        self._registering: Outcome | None = None
        self._latest: Call | None = None
        self._variable = variable(agent.name)
        self._kept = self._keep_own_way()
        clicks.prepare(f"{self._variable}.on_call = lambda call: call.ring()")
        self._furnish()

    def _furnish(self) -> None:
        name = self._variable
        register = self.add("Register", f"{name}.register()", self._register)
        unregister = self.add("Unregister", f"{name}.unregister()", self._unregister)
        call = self.add("Call", f"call = {name}.call(...)", self._call)
        answer = self.add("Answer", "call.answer()", lambda: self._with_ringing("answer", "answer()"))
        reject = self.add("Reject", "call.reject(...)", self._reject)
        verbs = [self._verb(*verb) for verb in (("Hang up", "hang_up"), ("Hold", "hold"), ("Resume", "resume"))]
        cancel = self._verb("Cancel", "cancel")
        codes = [(f"{status} {reason_phrase(status)}", status) for status in REFUSALS]
        self.code = choice(codes, f"{self.name}.code", f"what {self.name} refuses a call with")
        self.whom = Typed((), f"{self.name}.whom", f"whom {self.name} calls", "another address …", "sip:…")
        self.which = choice([("", None)], f"{self.name}.which", f"which call of {self.name} is meant")
        self.way = choice([(RINGS, RINGS), (ITSELF, ITSELF)], f"{self.name}.way", f"what {self.name} does with a call")
        self.way.observe(self._choose_way, "value")
        self.lay_out(
            (register, unregister, self.way), (call, *self.whom.parts), (self.which,), (answer, reject, self.code),
            (verbs[0], cancel, *verbs[1:]),
        )  # fmt: skip

    def _keep_own_way(self) -> str:
        """The variable of a script for a way that is a function of the user's own; "" where it needs none."""
        if self.own_way == self.agent._answer_after_ringing:
            return ""
        name = self.clicks.names.new("own_way")
        self.clicks.prepare(f"{name} = {self._variable}.on_call")
        return name

    def _ring(self, call: IncomingCall) -> None:
        self._latest = call
        call.ring()

    # What the user does: each line is made when its button is clicked, and acts in the loop's thread

    def _line(self, text: str, act: Callable[[], object]) -> Line:
        return Line(text, act, self.name)

    def _register(self) -> Line:
        def act() -> None:
            self._registering = self.agent.register()

        return self._line(f"{self._variable}.register()", act)

    def _unregister(self) -> Line:
        def act() -> None:
            self._registering = self.agent.unregister()

        return self._line(f"{self._variable}.unregister()", act)

    def _call(self) -> Line:
        whom, name = self.whom.value, self.clicks.names.new("call")

        def act() -> None:
            self._latest = self.agent.call(whom)
            self.clicks.names.give(self._latest, name)

        return self._line(f"{name} = {self._variable}.call({quoted(whom)})", act)

    def _reject(self) -> Line:
        return self._with_ringing("reject", f"reject({self.code.value})", int(self.code.value))

    def _with_ringing(self, verb: str, text: str, *arguments: int) -> Line:
        """A line about the call that rings; where none does any more, it says so when it is carried out."""
        call = self.ringing

        def act() -> None:
            if call is None:
                raise UsageError(f"nothing rings at {self.name}: there is no call to {verb}")
            getattr(call, verb)(*arguments)

        return self._line(f"{self._called(call)}.{text}", act)

    def _verb(self, label: str, verb: str) -> Any:
        """A button for what is done with the call at hand."""

        def line() -> Line:
            call = self.at_hand

            def act() -> None:
                if call is None:
                    raise UsageError(f"{self.name} has no call to {label.lower()}")
                getattr(call, verb)()

            return self._line(f"{self._called(call)}.{verb}()", act)

        return self.add(label, f"call.{verb}()", line)

    def _called(self, call: Call | None) -> str:
        return f"{self._variable}.current_call" if call is None else self.clicks.names.of_call(call)

    def _choose_way(self, change: Any) -> None:
        rings = change.new == RINGS
        way, begin = self._ring if rings else self.own_way, f"{self._variable}.on_call ="
        text, script = f"{begin} lambda call: call.ring()", ""
        if not rings and self._kept:
            text, script = f"{begin} panel.phones[{quoted(self.name)}].own_way", f"{begin} {self._kept}"
        elif not rings:
            text = f"{self._variable}.picks_up()"
        act = partial(setattr, self.agent, "on_call", way)
        self.clicks.hand_over(Line(text, act, self.name, script=script))

    # What there is to see

    @property
    def calls(self) -> list[Call]:
        """The calls that have not ended."""
        return list(self.agent.calls.values())

    @property
    def ringing(self) -> IncomingCall | None:
        """The call that waits to be answered: the one that is meant if it does, else the first."""
        waiting = [call for call in self.calls if isinstance(call, IncomingCall) and waits(call)]
        return next((call for call in waiting if call is self.which.value), waiting[0] if waiting else None)

    @property
    def at_hand(self) -> Call | None:
        """The call that "hang up" means: the one that is chosen, else the last one."""
        calls = self.calls
        return self.which.value if self.which.value in calls else calls[-1] if calls else None

    def show(self, people: list[str]) -> None:
        calls = self.calls
        self._latest = calls[-1] if calls else self._latest
        self.whom.offer(self._others(people))
        offer(self.which, [(told(call)[1], call) for call in calls] or [("", None)])
        reveal(self.which, len(calls) > 1)
        app = self.agent.application
        screen = chip("idle", app.screen) if app is not None and app.screen else ""
        self.say(screen + self._registered(), self._busy(calls))
        self._enable(self.at_hand)

    def _enable(self, call: Call | None) -> None:
        ringing, up = self.ringing is not None, call is not None and is_up(call)
        possible = {"answer": ringing, "reject": ringing, "hang_up": call is not None, "hold": up, "resume": up}
        held = call is not None and call.direction == "sendonly"
        possible |= {"hold": up and not held, "resume": up and held, "cancel": call is not None and is_placed(call)}
        possible |= {"unregister": bool(self.agent.registration.active)}
        for action, can in possible.items():
            self.enable(action, can)

    def _others(self, people: list[str]) -> list[tuple[str, str]]:
        """Whom this phone can call: the other users, and one whom nobody knows."""
        nobody = str(self.agent.uri.with_(user="nobody"))
        others = [(uri, uri) for uri in people if uri != self.agent.uri.aor]
        return [*others, (f"{nobody} (no such user)", nobody)]

    def leave(self) -> None:
        """Give the phone back its own way with calls, unless it was given another meanwhile."""
        if self.agent.on_call == self._ring:
            self.agent.on_call = self.own_way

    def _registered(self) -> str:
        asked, active = self._registering, self.agent.registration.active
        if asked is not None and not asked.triggered:
            return chip("wait", "unregistering …" if active else "registering …")
        if asked is not None and not asked.ok:
            return chip("bad", f"registration failed: {asked.value}")
        return chip("good", "registered") if active else chip("idle", "not registered")

    def _busy(self, calls: list[Call]) -> str:
        if calls:
            return "".join(chip(*told(call)) for call in calls)
        ending = self._latest.ended.value if self._latest is not None and self._latest.ended.triggered else None
        return chip("idle", f"last call: {ending.why}" if ending is not None else "no call")
