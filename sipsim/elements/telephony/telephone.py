"""A telephone at an exchange: somebody dials, picks up, is busy, hangs up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sipsim.elements.outcome import Outcome
from sipsim.elements.telephony.leg import CLEARING, Leg
from sipsim.errors import CallFailed, UsageError
from sipsim.protocol import isup
from sipsim.protocol.isup import Parameters
from sipsim.protocol.options import seconds, seconds_or_none, whole

if TYPE_CHECKING:
    from sipsim.elements.telephony.switch import Switch

BUSY = 17


class Telephone(Leg):
    """A telephone: `call`, `hang_up`; `picks_up`, `rejects`, `moves_to` say how it takes calls; the latest counts.

    `ringing`, `answered` and `ended` are SimPy events of its latest call. The first two give the telephone or fail with
    `CallFailed`, `ended` gives the cause. `state` is "idle", "calling", "ringing" or "answered"; `held` says whether
    the other end lets it wait.
    """

    state, held = "idle", False

    def __init__(self, switch: Switch, number: str) -> None:
        self.agent, self.number = switch, number
        self._refused: dict[str, Any] = {}
        self._begin("idle")

    def __repr__(self) -> str:
        return f"<telephone {self.number}: {self.state}>"

    def picks_up(self, after: float | None) -> None:
        """From now on answer every call after so many seconds of ringing, 0: at once; None: never."""
        seconds_or_none("after", after)
        self._answers, self._refused = after, {}

    def rejects(self, cause: int = BUSY, *, announcement: float = 0.0) -> None:
        """From now on turn calls away with a cause, from 1 to 127: 17 is busy.

        Before that callers hear an announcement of so many seconds.
        """
        whole("cause", cause, 1, 127)
        seconds("announcement", announcement)
        self._refused, self._announces = {"cause": cause}, announcement

    def moves_to(self, number: str, *, announcement: float = 0.0) -> None:
        """From now on turn calls away because the number has changed: cause 22, with the new one for a diagnostic."""
        new = self.agent.plan.isup(self.agent.dialled(number))
        self.rejects(isup.CHANGED, announcement=announcement)
        self._refused["diagnostic"] = new

    def call(self, number: str, *, hidden: bool = False) -> Outcome:
        """Dial a number, as it is dialled from here; gives `answered`. A `hidden` number is not shown to the callee."""
        if self.state != "idle":
            raise UsageError(f"call: {self.number} is in a call already")
        called, calling = map(self.agent.plan.isup, (self.agent.dialled(number), self.number))
        self._begin("calling")
        more = {"presentation": "restricted"} if hidden else {}
        self.set_up({"called": number, "calling": self.number}, called=called, calling=calling, **more)
        return self.answered

    def hang_up(self, cause: int = CLEARING) -> Outcome:
        """End the call, or give up waiting for an answer; gives `ended`."""
        if self.state == "idle":
            raise UsageError(f"hang_up: {self.number} is in no call")
        return self._hang_up(cause=cause)

    def suspend(self, t6: float | None = None) -> None:
        """Put the receiver down, and be able to `resume`: SUS (RFC 3398 §9.1).

        After T6, so many seconds, the call is over (§10.2.2); None: never by itself.
        """
        seconds_or_none("t6", t6)
        self._told("suspend", "SUS")
        if t6 is not None:
            self.limit("T6", t6, self._hang_up, CLEARING)

    def resume(self) -> None:
        """Lift the receiver again: RES."""
        self._told("resume", "RES")
        self.limit()

    def _told(self, verb: str, name: str) -> None:
        if self.state != "answered":
            raise UsageError(f"{verb}: {self.number} is {self.state}, not in a call")
        self.say(name)

    def alert(self, circuit: int) -> None:
        """A call has come: ring, or turn it away."""
        if self.state != "idle" or (self._refused and not self._announces):
            told = {"cause": BUSY} if self.state != "idle" else self._refused
            self.agent.trunk.say(self.agent, circuit, "REL", **told, location="user")
            return
        self._begin("ringing")
        self.stand_on(circuit)
        if self._refused:
            self.say("ACM", status="no indication", inband=True, cause=self._refused["cause"])
            self.limit("announcement", self._announces, self._turn_away, self._refused)
        elif self._answers == 0:
            self._answer("CON")
        else:
            self.say("ACM", status="subscriber free")
            if self._answers is not None:
                self.limit("receiver lifted", self._answers, self._answer, "ANM")

    def _turn_away(self, told: dict[str, Any]) -> None:
        self._hang_up(**told)

    def _hang_up(self, cause: int, **more: object) -> Outcome:
        self.release(cause, **more)
        self.released(cause)
        return self.ended

    def _answer(self, name: str) -> None:
        self.say(name)
        self.through()

    def progress(self, parameters: Parameters) -> None:
        self.held = parameters.get("notification") == "remote hold"
        if isup.progress(parameters) == 180:
            self.state = "ringing"
            self.ringing.settle(self)

    def through(self) -> None:
        self.state = "answered"
        self.ringing.settle(self)
        self.answered.settle(self)

    def released(self, cause: int, said: Parameters = isup.NOTHING) -> None:
        self.state = "idle"
        failed = CallFailed(isup.status_of(cause), f"cause {cause}, {isup.name_of(cause)}")
        self.ringing.disappoint(failed)
        self.answered.disappoint(failed)
        self.ended.settle(cause)

    def _begin(self, state: str) -> None:
        self.state, self.held, (env, trace) = state, False, (self.agent.env, self.agent.trace)
        words = [f"the call of {self.number} {what}" for what in ("ringing", "being answered", "ending")]
        self.ringing, self.answered, self.ended = (Outcome(env, trace, text) for text in words)
