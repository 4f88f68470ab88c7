"""The gateway to the telephone network: a call on one side is a circuit on the other (RFC 3398).

A `Leg` is one end of a call on a circuit, in the gateway as in an exchange; the gateway's are SIP calls as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.alarm import set_alarm
from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.calls.outgoing_call import OutgoingCall
from sipsim.elements.exchange import Exchange
from sipsim.elements.workbench import Bench
from sipsim.message.message import Request, Response
from sipsim.message.uri import SIP_SCHEMES, Uri
from sipsim.protocol import inspection, isup
from sipsim.protocol.numbering import HERE, DialPlan
from sipsim.protocol.options import Option, not_allowed, one_of, seconds
from sipsim.protocol.options import domain as check_domain
from sipsim.simulation.environment import Environment

LAWS = ("PCMA", "PCMU")
"""The two kinds of speech on circuits: A-law and µ-law (G.711)."""

METHODS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE", "INFO")
NO_CIRCUIT, RECOVERY, NO_ANSWER, CLEARING, TEMPORARY = 34, 102, 19, 16, 41  # causes


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

    def released(self, cause: int, location: object) -> None:
        """The call is over, and this end did not say so."""

    def say(self, name: str, **parameters: object) -> None:
        """Send a message about this call, while its circuit is its own."""
        if self.agent.legs.get(self.circuit) is self:
            self.agent.trunk.say(self.agent, self.circuit, name, **parameters)

    def set_up(self, **parameters: object) -> None:
        """Begin a call with an IAM, where a circuit is idle; an ACM is due within T7 (RFC 3398 §7.2.1)."""
        if circuit := self.agent.trunk.seize() if self.agent.trunk else 0:
            self.stand_on(circuit)
            self.say("IAM", **parameters, bearer=f"speech, {self.agent.law}")
            self.limit("T7", self.agent.t7, self._give_up, RECOVERY, RECOVERY)
        else:
            self.released(NO_CIRCUIT, "")

    def stand_on(self, circuit: int) -> None:
        """From now on the circuit is this call's."""
        self.circuit, self.agent.legs[circuit] = circuit, self

    def take(self, name: str, parameters: dict[str, Any]) -> None:
        """A message has come; after the first an answer is due within T9 (RFC 3398 §7.2.5)."""
        if name in ("REL", "RSC"):
            self.say("RLC")
            self.leave()
            self.released(parameters.get("cause", TEMPORARY), parameters.get("location"))
        elif name in ("ANM", "CON"):
            self.limit()
            self.through()
        else:
            self.limit("T9", self.agent.t9, self._give_up, CLEARING, NO_ANSWER)
            self.progress(parameters)

    def release(self, cause: int) -> None:
        """End the call by REL; the circuit is idle when an RLC has come."""
        self.say("REL", cause=cause)
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

    def _give_up(self, cause: int, told: int) -> None:
        self.release(cause)
        self.released(told, "")


class ToTrunk(Leg, IncomingCall):
    """A call from SIP to a telephone (RFC 3398 §7)."""

    def carry_over(self) -> None:
        """Seize a circuit for it, if it can be heard there: an IAM (§7.2.1)."""
        plan, request = self.agent.plan, self.exchange.request
        called, calling = (plan.called(uri) for uri in (request.uri, request.from_.uri))
        known = {"calling": plan.isup(calling)} if isinstance(calling, str) else {}
        if self._described and self._description() is None:
            self.reject(488, warning=(305, "Incompatible media format"), why="nothing that could be translated")
        else:
            self.set_up(called=plan.isup(called), **known)

    def progress(self, parameters: isup.Parameters) -> None:
        """ACM and CPG become 180, 181 or 183, described where there is something to hear (§7.2.5, §7.2.6)."""
        status = isup.progress(parameters)
        self.ring(status, described=status == 183 or "inband" in parameters)
        if self._preview is not None and not self._ring_reliably:  # what is heard flows from now on
            self.agree(self._preview, self._described)

    through = IncomingCall.answer
    """ANM and CON become 200 (§7.2.7, §7.2.8)."""

    def released(self, cause: int, location: object) -> None:
        """REL becomes a final response, or BYE (§7.2.4, §9)."""
        if self.state in ("calling", "ringing") and self._unacknowledged is None:
            why = f"cause {cause}, {isup.name_of(cause)}"
            self.reject(isup.status_of(cause, location), why=why, headers=[("Reason", isup.reason(cause))])
        elif self.state != "ended":
            self.hang_up(reason=isup.reason(cause))

    def _finish(self, by: str, why: str, input: str = "BYE") -> None:
        super()._finish(by, why, input)
        self.release(isup.cause_in(self.reasons, CLEARING))


class FromTrunk(Leg, OutgoingCall):
    """A call from a telephone to SIP (RFC 3398 §8)."""

    _complete = False  # whether the exchange has got its ACM
    _cause = 0

    def heard(self, status: int, inband: bool) -> None:
        """A provisional response becomes an ACM, or a CPG after that (§8.2.3); T11 has it come anyhow (§8.2.2)."""
        first, self._complete = not self._complete, True
        line = "subscriber free" if status == 180 else "no indication"
        told = {"status": line} if first else {"event": isup.EVENTS.get(status, "progress")}
        self.limit()
        self.say("ACM" if first else "CPG", **told, **({"inband": True} if inband else {}))

    def released(self, cause: int, location: object) -> None:
        """REL becomes CANCEL or BYE (§8.2.7, §9)."""
        self.hang_up(reason=isup.reason(cause))

    def _on_provisional(self, invite: Request, response: Response) -> None:
        super()._on_provisional(invite, response)
        if response.status > 100:
            self.heard(response.status, bool(response.body))

    def _on_refused(self, exchange: Exchange, response: Response) -> None:
        self._cause = isup.cause_in(response.reasons, isup.cause_of(response.status, response.warning))
        super()._on_refused(exchange, response)

    def _confirm(self) -> None:
        super()._confirm()
        self.limit()
        self.say("ANM" if self._complete else "CON")

    def _fail(self, status: int, reason: str, by: str, tried: tuple[str, ...] = ()) -> None:
        self._cause = self._cause or isup.cause_of(status)
        super()._fail(status, reason, by, tried)

    def _finish(self, by: str, why: str, input: str = "BYE") -> None:
        super()._finish(by, why, input)
        self.release(self._cause or isup.cause_in(self.reasons, CLEARING))


class Gateway(UserAgent):
    """A gateway to a telephone network; `trunk` leads to an exchange there, once one is connected (see `Switch`).

    It is made as user agents are: `lab.user_agent("sip:gateway@gw.example.com", kind=Gateway)`; the host of that URI is
    its domain.

    `law` is the speech on its circuits; on the SIP side it takes that, the other law, or what `codecs` says, and
    translates. `plan` is how numbers are dialled; calls from telephones go to the same number in the domain `calls_to`.
    T7, T9 and T11 are in seconds: until an ACM, until an answer, and until the exchange is told that somebody looks
    for the callee.
    """

    kind = "gateway"
    incoming, outgoing = ToTrunk, FromTrunk
    t7, t9, t11 = Option[float](seconds), Option[float](seconds), Option[float](seconds)
    trunk: Any = None

    def __init__(
        self, env: Environment, bench: Bench, name: str, uri: str | Uri, *, law: str = LAWS[0], plan: DialPlan = HERE,
        calls_to: str | None = None, t7: float = 20.0, t9: float = 90.0, t11: float = 15.0,
        codecs: Iterable[str] | None = None, **options: Any,
    ) -> None:  # fmt: skip
        one_of("law", law, LAWS)
        if calls_to is not None:
            check_domain("calls_to", calls_to)
        if not isinstance(plan, DialPlan):
            raise not_allowed("plan", plan, "dial plans such as DialPlan('31', '20')")
        self.t7, self.t9, self.t11 = t7, t9, t11
        self.calls_to, self.law, self.plan = calls_to, law, plan
        super().__init__(env, bench, name, uri, codecs=codecs or LAWS, **options)
        self.domain = self.uri.host
        self.abilities = replace(self.abilities, methods=METHODS, schemes=(*SIP_SCHEMES, "tel"))
        self.legs: dict[int, Leg] = {}
        self.on_call = ToTrunk.carry_over  # type: ignore[assignment]

    def misaddressed(self, request: Request, can: inspection.Abilities) -> inspection.Refusal | None:
        """Is the Request-URI of a kind that we know (416), and its number whole (404, 484)?"""
        unknown = inspection.scheme(request, can)
        called = self.plan.called(request.uri) if request.method == "INVITE" else ""
        return unknown or (None if isinstance(called, str) else called)

    def _replace(self, exchange: Exchange, request: Request) -> None:
        self._ring(exchange)  # a gateway does not know Replaces

    def seized(self, circuit: int, parameters: isup.Parameters) -> None:
        """IAM becomes INVITE (RFC 3398 §8.2.1)."""
        if self.calls_to is None:
            self.trunk.say(self, circuit, "REL", cause=3)
            return
        ends = ("called", self.calls_to), ("calling", self.domain)
        target, caller = (f"sip:{self.plan.e164(str(parameters[who]))}@{at};user=phone" for who, at in ends)
        call = FromTrunk(self, Uri.parse(target), caller=Uri.parse(caller))
        call.stand_on(circuit)
        call.limit("T11", self.t11, call.heard, 183, False)

    def lose_state(self) -> None:
        super().lose_state()
        self.legs.clear()

    def restart(self) -> None:
        """Come back, and have the exchange release every circuit that was in use: RSC."""
        super().restart()
        with self.acting(f"{self.name} resets its circuits"):
            for circuit in sorted(self.trunk.taken if self.trunk else ()):
                self.trunk.say(self, circuit, "RSC")

    def forget_users(self) -> None:
        super().forget_users()
        if self.trunk:
            self.trunk.forget()
