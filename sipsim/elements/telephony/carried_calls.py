"""The calls of a gateway: each is a SIP call, and one on a circuit as well (RFC 3398 §7 to §10)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sipsim.elements.calls.call import Call
from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.calls.outgoing_call import OutgoingCall
from sipsim.elements.exchange import Exchange
from sipsim.elements.telephony.leg import CLEARING, NO_USER, RECOVERY, Leg
from sipsim.errors import SipParseError
from sipsim.message.message import Request, Response
from sipsim.message.sdp import Sdp
from sipsim.protocol import isup
from sipsim.protocol.offer_answer import streams

HOLDS = ("recvonly", "inactive")
"""Directions of a stream whose other end does not listen."""


class Carried(Leg, Call):
    """What both kinds do once they are answered."""

    _held = False

    def suspended(self, on: bool) -> None:
        """SUS and RES become re-INVITEs (RFC 3398 §9.1)."""
        if self.state == "answered":
            _ = self.hold() if on else self.resume()
        else:
            self.agent.ignored(f"the call is {self.state}", "RFC 3398 §9.1")

    def agree(self, local: Sdp | None, described: bytes) -> None:
        """A peer that holds the call is told of by a CPG, once it is answered (RFC 3398 §9.2)."""
        super().agree(local, described)
        held = self.state == "answered" and self.stream is not None and self.stream.direction in HOLDS
        if held != self._held and self.direction == "sendrecv":
            self._held = held
            self.say("CPG", event="progress", notification="remote hold" if held else "remote retrieval")


class ToTrunk(Carried, IncomingCall):
    """A call from SIP to a telephone (RFC 3398 §7)."""

    _moved_on = False  # to another circuit

    def carry_over(self) -> None:
        """Seize a circuit for it, if it can be heard there: an IAM (§7.2.1)."""
        plan, request = self.agent.plan, self.exchange.request
        local = self._description() if self._described else None
        if self._described and local is None:
            self.reject(488, warning=(305, "Incompatible media format"), why="nothing that could be translated")
            return
        ends = {"called": request.uri, "calling": request.from_.uri}
        numbers = {who: number for who, uri in ends.items() if isinstance(number := plan.called(uri), str)}
        first = plan.called(request.to.uri)
        if isinstance(first, str) and first != numbers.get("called"):  # somebody has forwarded it
            ends["original"], numbers["original"] = request.to.uri, first
        before = {who: str(ends[who]) for who in numbers}
        for stream in streams(local, self.remote_sdp) if local and self.remote_sdp else ():
            before.setdefault("speech", stream.codec)
        self.set_up(before, **{who: plan.isup(number) for who, number in numbers.items()})

    def progress(self, parameters: isup.Parameters) -> None:
        """ACM and CPG become 180, 181 or 183, described where there is something to hear (§7.2.5, §7.2.6, §7.2.9).

        Where an ACM has the cause of a refusal, that is heard for so long only (§7.1.6).
        """
        if "cause" in parameters:
            self.limit("interworking", self.agent.interworking, self._give_up, parameters["cause"])
        status = isup.progress(parameters)
        self.ring(status, described=status == 183 or "inband" in parameters)
        if self._preview is not None and not self._ring_reliably:  # what is heard flows from now on
            self.agree(self._preview, self._described)

    through = IncomingCall.answer
    """ANM and CON become 200 (§7.2.7)."""

    def released(self, cause: int, said: isup.Parameters = isup.NOTHING) -> None:
        """REL becomes a final response, or BYE (§7.2.4, §10.2); a new number goes into Contact.

        One that is about the circuit only has another one tried, once.
        """
        if cause == isup.ANOTHER_CIRCUIT and self.state == "calling" and not self._moved_on:
            self._moved_on = True
            self.carry_over()
        elif self.state in ("calling", "ringing") and self._unacknowledged is None:
            status, why = isup.status_of(cause, said), f"cause {cause}, {isup.name_of(cause)}"
            moved = [self.agent.uri_of(said["diagnostic"], self.agent.domain)] if status == 301 else []
            self.reject(status, why=why, headers=[("Reason", isup.reason(cause))], contacts=moved)
        elif self.state != "ended":
            self.hang_up(reason=isup.reason(cause))

    def unheard(self) -> None:
        """No ACK came: BYE, and REL at once (§7.1.4)."""
        self.release(RECOVERY)
        super().unheard()

    def _finish(self, by: str, why: str, input: str = "BYE") -> None:
        super()._finish(by, why, input)
        self.release(isup.cause_in(self.reasons, CLEARING))


class FromTrunk(Carried, OutgoingCall):
    """A call from a telephone to SIP (RFC 3398 §8)."""

    _complete = False  # whether the exchange has got its ACM
    _refusal: Mapping[str, Any] = isup.NOTHING

    def heard(self, status: int, inband: bool) -> None:
        """A provisional response becomes an ACM, or a CPG after that (§8.2.3); T11 has it come anyhow (§8.2.8)."""
        first, self._complete = not self._complete, True
        more = {"inband": True} if inband else {}
        self.limit()
        if first:
            self.say("ACM", status="subscriber free" if status == 180 else "no indication", **more)
        if not first or status == 181:
            self.say("CPG", event=isup.EVENTS.get(status, "progress"), **more)

    def released(self, cause: int, said: isup.Parameters = isup.NOTHING) -> None:
        """REL becomes CANCEL or BYE (§8.2.7, §10.2)."""
        self.hang_up(reason=isup.reason(cause))

    def _on_provisional(self, invite: Request, response: Response) -> None:
        super()._on_provisional(invite, response)
        if response.status not in (100, 199):
            self.heard(response.status, bool(response.body))

    def _on_refused(self, exchange: Exchange, response: Response) -> None:
        cause = isup.cause_in(response.reasons, isup.cause_of(response.status, response.warning))
        self._refusal = {"cause": cause, "location": "user" if response.status >= 600 else "network"}
        if response.status < 400 and (moved := self._moved(response)):
            self._refusal = {"cause": isup.REDIRECTED, "location": "network", "diagnostic": moved}
        super()._on_refused(exchange, response)

    def _moved(self, response: Response) -> str:
        """The telephone number that a redirection names, which the exchange has to call itself (§8.2.5)."""
        with suppress(SipParseError):
            found = [
                self.agent.plan.called(contact.uri) for contact in response.contacts if contact.uri.scheme == "tel"
            ]
            return next((self.agent.plan.isup(number) for number in found if isinstance(number, str)), "")
        return ""

    def _confirm(self) -> None:
        super()._confirm()
        self.limit()
        spoken = {"speech": [self.stream.codec, self.agent.law]} if self.stream else {}
        self.say("ANM" if self._complete else "CON", translated=spoken)

    def _fail(self, status: int, reason: str, by: str, tried: tuple[str, ...] = ()) -> None:
        silent = by == "network" and status == 408
        self._refusal = self._refusal or {"cause": NO_USER if silent else isup.cause_of(status)}  # §8.1.3
        super()._fail(status, reason, by, tried)

    def _finish(self, by: str, why: str, input: str = "BYE") -> None:
        super()._finish(by, why, input)
        self.release(**self._refusal or {"cause": isup.cause_in(self.reasons, CLEARING)})
