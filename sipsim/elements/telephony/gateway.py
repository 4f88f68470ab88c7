"""The gateway to the telephone network: a user agent whose calls are circuits on the other side (RFC 3398)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.exchange import Exchange
from sipsim.elements.telephony.carried_calls import FromTrunk, ToTrunk
from sipsim.elements.telephony.leg import Leg
from sipsim.elements.workbench import Bench
from sipsim.message.message import Request
from sipsim.message.uri import SIP_SCHEMES, Uri
from sipsim.protocol import inspection, isup
from sipsim.protocol.numbering import HERE, DialPlan
from sipsim.protocol.options import Option, not_allowed, one_of, seconds
from sipsim.protocol.options import domain as check_domain
from sipsim.simulation.environment import Environment

LAWS = ("PCMA", "PCMU")
"""The two kinds of speech on circuits: A-law and µ-law (G.711)."""

UNKNOWN = '"Anonymous" <sip:anonymous@anonymous.invalid>'
"""Who calls and does not want to be known (RFC 3398 §12.1)."""

METHODS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE", "INFO")


class Gateway(UserAgent):
    """A gateway to a telephone network; `trunk` leads to an exchange there, once one is connected (see `Switch`).

    The host of its URI is its domain.

    `law` is the speech on its circuits; on the SIP side it takes that, the other law, or what `codecs` says, and
    translates. `plan` is how numbers are dialled; calls from telephones go to the same number in the domain `calls_to`.
    T7, T9 and T11 are in seconds: until an ACM, until an answer, and until the exchange is told that somebody looks
    for the callee; `interworking` is for how many an announcement of why a call fails is heard.
    """

    kind = "gateway"
    incoming, outgoing = ToTrunk, FromTrunk
    t7, t9, t11 = Option[float](seconds), Option[float](seconds), Option[float](seconds)
    interworking = Option[float](seconds)
    trunk: Any = None

    def __init__(
        self, env: Environment, bench: Bench, name: str, uri: str | Uri, *, law: str = LAWS[0], plan: DialPlan = HERE,
        calls_to: str | None = None, t7: float = 20.0, t9: float = 90.0, t11: float = 15.0,
        interworking: float = 30.0, codecs: Iterable[str] | None = None, **options: Any,
    ) -> None:  # fmt: skip
        one_of("law", law, LAWS)
        if calls_to is not None:
            check_domain("calls_to", calls_to)
        if not isinstance(plan, DialPlan):
            raise not_allowed("plan", plan, "dial plans such as DialPlan('31', '20')")
        self.t7, self.t9, self.t11, self.interworking = t7, t9, t11, interworking
        self.calls_to, self.law, self.plan = calls_to, law, plan
        super().__init__(env, bench, name, uri, codecs=codecs or LAWS, **options)
        self.domain = self.uri.host
        types = (*self.abilities.types, "multipart/mixed")  # RFC 3398 §5.2
        self.abilities = replace(self.abilities, methods=METHODS, schemes=(*SIP_SCHEMES, "tel"), types=types)
        self.legs: dict[int, Leg] = {}
        self.on_call = ToTrunk.carry_over  # type: ignore[assignment]

    def misaddressed(self, request: Request, can: inspection.Abilities) -> inspection.Refusal | None:
        """Is the Request-URI of a kind that we know (416), and its number whole (404, 484)?"""
        unknown = inspection.scheme(request, can)
        called = self.plan.called(request.uri) if request.method == "INVITE" else ""
        return unknown or (None if isinstance(called, str) else called)

    def uri_of(self, said: object, domain: str) -> str:
        """The URI, in a domain, of a number as ISUP says it (RFC 3398 §12.1)."""
        return f"sip:{self.plan.e164(str(said))}@{domain};user=phone"

    def _replace(self, exchange: Exchange, request: Request) -> None:
        self._ring(exchange)  # a gateway does not know Replaces

    def seized(self, circuit: int, parameters: isup.Parameters) -> None:
        """IAM becomes INVITE; a caller may not want to be known (RFC 3398 §8.2.1.1, §12.1)."""
        if self.calls_to is None:
            self.trunk.say(self, circuit, "REL", cause=3)
            return
        hidden = parameters.get("presentation") == "restricted"
        caller = UNKNOWN if hidden else f"<{self.uri_of(parameters['calling'], self.domain)}>"
        call = FromTrunk(self, Uri.parse(self.uri_of(parameters["called"], self.calls_to)), caller=caller)
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
