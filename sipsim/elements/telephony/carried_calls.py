"""The calls of a gateway: each is a SIP call, and one on a circuit as well (RFC 3398 §7, §8)."""

from __future__ import annotations

from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.calls.outgoing_call import OutgoingCall
from sipsim.elements.exchange import Exchange
from sipsim.elements.telephony.leg import CLEARING, Leg
from sipsim.message.message import Request, Response
from sipsim.protocol import isup
from sipsim.protocol.offer_answer import streams


class ToTrunk(Leg, IncomingCall):
    """A call from SIP to a telephone (RFC 3398 §7)."""

    def carry_over(self) -> None:
        """Seize a circuit for it, if it can be heard there: an IAM (§7.2.1)."""
        plan, request = self.agent.plan, self.exchange.request
        local = self._description() if self._described else None
        if self._described and local is None:
            self.reject(488, warning=(305, "Incompatible media format"), why="nothing that could be translated")
            return
        ends = {"called": request.uri, "calling": request.from_.uri}
        numbers = {who: number for who, uri in ends.items() if isinstance(number := plan.called(uri), str)}
        before = {who: str(ends[who]) for who in numbers}
        for stream in streams(local, self.remote_sdp) if local and self.remote_sdp else ():
            before.setdefault("speech", stream.codec)
        self.set_up(before, **{who: plan.isup(number) for who, number in numbers.items()})

    def progress(self, parameters: isup.Parameters) -> None:
        """ACM and CPG become 180, 181 or 183, described where there is something to hear (§7.2.5, §7.2.6)."""
        status = isup.progress(parameters)
        self.ring(status, described=status == 183 or "inband" in parameters)
        if self._preview is not None and not self._ring_reliably:  # what is heard flows from now on
            self.agree(self._preview, self._described)

    through = IncomingCall.answer
    """ANM and CON become 200 (§7.2.7, §7.2.8)."""

    def released(self, cause: int, said: isup.Parameters = isup.NOTHING) -> None:
        """REL becomes a final response, or BYE (§7.2.4, §9); a new number goes into Contact."""
        if self.state in ("calling", "ringing") and self._unacknowledged is None:
            status, why = isup.status_of(cause, said), f"cause {cause}, {isup.name_of(cause)}"
            moved = [self.agent.uri_of(said["diagnostic"], self.agent.domain)] if status == 301 else []
            self.reject(status, why=why, headers=[("Reason", isup.reason(cause))], contacts=moved)
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

    def released(self, cause: int, said: isup.Parameters = isup.NOTHING) -> None:
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
        spoken = {"speech": [self.stream.codec, self.agent.law]} if self.stream else {}
        self.say("ANM" if self._complete else "CON", translated=spoken)

    def _fail(self, status: int, reason: str, by: str, tried: tuple[str, ...] = ()) -> None:
        self._cause = self._cause or isup.cause_of(status)
        super()._fail(status, reason, by, tried)

    def _finish(self, by: str, why: str, input: str = "BYE") -> None:
        super()._finish(by, why, input)
        self.release(self._cause or isup.cause_in(self.reasons, CLEARING))
