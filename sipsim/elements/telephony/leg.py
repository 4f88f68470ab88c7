"""One end of a call on a circuit, in a gateway as in an exchange: which ISUP messages it sends, and what they start."""

from __future__ import annotations

from typing import Any

from sipsim.elements.alarm import set_alarm
from sipsim.protocol import isup

NO_CIRCUIT, RECOVERY, NO_USER, NO_ANSWER, CLEARING, TEMPORARY = 34, 102, 18, 19, 16, 41  # causes


class Leg:
    """A call on a `circuit` of its `agent`, which has `legs` by circuit, a `trunk`, its `law`, and the times T7 and T9.

    Those who build upon it say what comes of messages.
    """

    agent: Any
    circuit = 0
    _limit: Any = None

    def progress(self, parameters: isup.Parameters) -> None:
        """An ACM or a CPG has come."""

    def through(self) -> object:
        """The call is answered: ANM or CON."""

    def suspended(self, on: bool) -> None:
        """Who was called has hung up and may come back, or has come back: SUS or RES (RFC 3398 §9.1)."""

    def released(self, cause: int, said: isup.Parameters = isup.NOTHING) -> None:
        """The call is over, and this end did not say so; `said` is what the REL has brought."""

    def say(self, name: str, **what: object) -> None:
        """Send a message about this call, while its circuit is its own; see `Trunk.say`."""
        if self.agent.legs.get(self.circuit) is self:
            self.agent.trunk.say(self.agent, self.circuit, name, **what)

    def set_up(self, before: dict[str, str], **parameters: object) -> None:
        """Begin a call with an IAM, where a circuit is idle; an ACM is due within T7 (RFC 3398 §7.2.1, §7.2.2).

        `before` says what "called", "calling" and "speech" were before they were translated.
        """
        if circuit := self.agent.trunk.seize() if self.agent.trunk else 0:
            self.stand_on(circuit)
            after = {**parameters, "speech": self.agent.law}
            translated = {what: [text, after[what]] for what, text in before.items()}
            self.say("IAM", **parameters, **isup.CALL, bearer=f"speech, {self.agent.law}", translated=translated)
            self.limit("T7", self.agent.t7, self._give_up, RECOVERY)
        else:
            self.released(NO_CIRCUIT)

    def stand_on(self, circuit: int) -> None:
        """From now on the circuit is this call's."""
        self.circuit, self.agent.legs[circuit] = circuit, self

    def take(self, name: str, parameters: dict[str, Any]) -> None:
        """A message has come; after an ACM an answer is due within T9 (RFC 3398 §7.2.6, §7.2.8)."""
        if name in ("REL", "RSC"):
            self.say("RLC")
            self.leave()
            self.released(parameters.get("cause", TEMPORARY), parameters)
        elif name in ("ANM", "CON"):
            self.limit()
            self.through()
        elif name in ("SUS", "RES"):
            self.suspended(name == "SUS")
        else:
            if name == "ACM":
                self.limit("T9", self.agent.t9, self._give_up, NO_ANSWER)
            self.progress(parameters)

    def release(self, cause: int, **more: object) -> None:
        """End the call by REL; the circuit is idle when an RLC has come."""
        self.say("REL", cause=cause, **more)
        self.leave()

    def leave(self) -> None:
        """This end is done with it."""
        self.limit()
        if self.agent.legs.get(self.circuit) is self:
            del self.agent.legs[self.circuit]

    def limit(self, name: str = "", delay: float = 0.0, fn: Any = None, *args: object) -> None:
        """Have the one thing happen that the call waits for at most so many seconds, or nothing any more."""
        if self._limit is not None:
            self._limit.cancel()
        if name:
            self._limit = set_alarm(self.agent, name, delay, "circuit", f"{self.circuit}", False, fn, *args)

    def _give_up(self, cause: int) -> None:
        self.release(cause)
        self.released(cause)
