"""The telephone network behind a gateway: an exchange, its telephones, and the trunk of circuits to the gateway.

Its messages are records of kind "isup", with names and parameters; they take `delay` seconds, and none is lost. Both
ends know at once which circuits are taken, so that none is ever seized from both.
"""

from __future__ import annotations

from typing import Any

from sipsim.elements.outcome import Outcome
from sipsim.errors import CallFailed, UsageError
from sipsim.flows.gateway import Gateway, Leg
from sipsim.protocol import isup
from sipsim.protocol.isup import Parameters, label
from sipsim.protocol.numbering import LONGEST, SHORTEST
from sipsim.protocol.options import not_allowed, seconds, whole

BUSY = 17


class Switch:
    """An exchange, which never fails, connected to a gateway by so many `circuits`; it knows the gateway's dial plan.

    `telephone(number)` connects one, `telephones` has them by their whole numbers.
    """

    down, t7, t9 = False, 20.0, 180.0

    def __init__(self, gateway: Gateway, name: str = "exchange", *, circuits: int = 30, delay: float = 0.02) -> None:
        whole("circuits", circuits, 0, 10_000)
        seconds("delay", delay)
        self.env, self.trace, self.name = gateway.env, gateway.trace, name
        self.plan, self.law = gateway.plan, gateway.law
        self.legs: dict[int, Leg] = {}
        self.telephones: dict[str, Telephone] = {}
        self.trunk = gateway.trunk = Trunk(gateway, self, circuits, delay)
        self.trace.register(name, "exchange")

    def telephone(self, number: str, *, answers: float | None = 2.0) -> Telephone:
        """The telephone with this number, as it is dialled here; `answers` as in `Telephone.picks_up`."""
        whole = self.dialled(number)
        self.telephones[whole] = telephone = self.telephones.get(whole) or Telephone(self, whole)
        telephone.picks_up(answers)
        return telephone

    def dialled(self, number: str) -> str:
        """The whole number that somebody dials here; `UsageError` for what is none."""
        found = self.plan.whole(number) if isinstance(number, str) else ""
        if not SHORTEST < len(found) <= LONGEST + 1:
            raise not_allowed("number", number, "telephone numbers such as '+31205550100'")
        return found

    def seized(self, circuit: int, parameters: Parameters) -> None:
        """A call from the gateway, for one of the telephones, or for nobody."""
        number = self.plan.e164(str(parameters["called"]))
        if number in self.telephones:
            self.telephones[number].alert(circuit)
        else:
            begun = any(known.startswith(number) for known in self.telephones)
            self.trunk.say(self, circuit, "REL", cause=28 if begun else 1)


class Trunk:
    """The circuits from 1 on, and the way between the two ends, each of which has its calls in `legs`, by circuit."""

    def __init__(self, gateway: Gateway, exchange: Switch, circuits: int, delay: float) -> None:
        self.gateway, self.exchange, self.delay = gateway, exchange, delay
        self.circuits = range(1, circuits + 1)
        self.taken: set[int] = set()

    def seize(self) -> int:
        """The first idle circuit, taken from now on until an RLC comes; 0 where there is none."""
        circuit = next((number for number in self.circuits if number not in self.taken), 0)
        self.taken |= {circuit} - {0}
        return circuit

    def forget(self) -> None:
        """Every circuit is idle, and every telephone."""
        self.taken.clear()
        for leg in [*self.gateway.legs.values(), *self.exchange.legs.values()]:
            leg.leave()
        for telephone in self.exchange.telephones.values():
            telephone.state = "idle"

    def say(self, end: Gateway | Switch, circuit: int, name: str, **parameters: Any) -> None:
        """Send a message to the other end."""
        if end.down:
            return
        other = self.exchange if end is self.gateway else self.gateway
        record = end.trace.add(
            "isup", end.env.now, end.name, peer=other.name, name=name, circuit=circuit, parameters=parameters,
            text=label(name, parameters), delay=self.delay, call=getattr(self.gateway.legs.get(circuit), "call_id", ""),
        )  # fmt: skip
        end.env.call_later(self.delay, self._arrive, other, record, circuit, name, parameters)

    def _arrive(self, end: Gateway | Switch, record: int, circuit: int, name: str, parameters: dict[str, Any]) -> None:
        trace, leg = end.trace, end.legs.get(circuit)
        trace.current = record
        if name == "RLC":
            self.taken.discard(circuit)
        elif end.down:
            trace.ignored(end.env.now, end.name, f"{end.name} is down")
        elif leg is not None:
            leg.take(name, parameters)
        elif name == "IAM":
            end.seized(circuit, parameters)
        elif name in ("REL", "RSC"):
            self.say(end, circuit, "RLC")
        else:
            trace.ignored(end.env.now, end.name, f"no call on circuit {circuit}")
        trace.current = 0


class Telephone(Leg):
    """A telephone: `call`, `hang_up`; `picks_up` and `rejects` say how it takes calls, and the later one counts.

    `ringing`, `answered` and `ended` are SimPy events of its latest call. The first two give the telephone or fail with
    `CallFailed`, `ended` gives the cause. `state` is "idle", "calling", "ringing" or "answered".
    """

    state = "idle"

    def __init__(self, switch: Switch, number: str) -> None:
        self.agent, self.number = switch, number
        self._begin("idle")

    def __repr__(self) -> str:
        return f"<telephone {self.number}: {self.state}>"

    def picks_up(self, after: float | None) -> None:
        """From now on answer every call after so many seconds of ringing, 0: at once; None: never."""
        if after is not None:
            seconds("after", after)
        self._answers, self._refuses = after, 0

    def rejects(self, cause: int = BUSY, *, announcement: float = 0.0) -> None:
        """From now on turn calls away with a cause, from 1 to 127: 17 is busy.

        Before that callers hear an announcement of so many seconds.
        """
        whole("cause", cause, 1, 127)
        seconds("announcement", announcement)
        self._refuses, self._announces = cause, announcement

    def call(self, number: str) -> Outcome:
        """Dial a number, as it is dialled from here; gives `answered`."""
        if self.state != "idle":
            raise UsageError(f"call: {self.number} is in a call already")
        called, calling = map(self.agent.plan.isup, (self.agent.dialled(number), self.number))
        self._begin("calling")
        self.set_up(called=called, calling=calling)
        return self.answered

    def hang_up(self, cause: int = 16) -> Outcome:
        """End the call, or give up waiting for an answer; gives `ended`."""
        if self.state == "idle":
            raise UsageError(f"hang_up: {self.number} is in no call")
        self.release(cause)
        self.released(cause, "")
        return self.ended

    def alert(self, circuit: int) -> None:
        """A call has come: ring, or turn it away."""
        if self.state != "idle" or (self._refuses and not self._announces):
            cause = BUSY if self.state != "idle" else self._refuses
            self.agent.trunk.say(self.agent, circuit, "REL", cause=cause, location="user")
            return
        self._begin("ringing")
        self.stand_on(circuit)
        if self._refuses:
            self.say("ACM", status="no indication", inband=True, cause=self._refuses)
            self.limit("announcement", self._announces, self.hang_up, self._refuses)
        elif self._answers == 0:
            self._answer("CON")
        else:
            self.say("ACM", status="subscriber free")
            if self._answers is not None:
                self.limit("receiver lifted", self._answers, self._answer, "ANM")

    def _answer(self, name: str) -> None:
        self.say(name)
        self.through()

    def progress(self, parameters: Parameters) -> None:
        if isup.progress(parameters) == 180:
            self.state = "ringing"
            self.ringing.settle(self)

    def through(self) -> None:
        self.state = "answered"
        self.ringing.settle(self)
        self.answered.settle(self)

    def released(self, cause: int, location: object) -> None:
        self.state = "idle"
        failed = CallFailed(isup.status_of(cause), f"cause {cause}, {isup.name_of(cause)}")
        self.ringing.disappoint(failed)
        self.answered.disappoint(failed)
        self.ended.settle(cause)

    def _begin(self, state: str) -> None:
        self.state, (env, trace) = state, (self.agent.env, self.agent.trace)
        words = [f"the call of {self.number} {what}" for what in ("ringing", "being answered", "ending")]
        self.ringing, self.answered, self.ended = (Outcome(env, trace, text) for text in words)
