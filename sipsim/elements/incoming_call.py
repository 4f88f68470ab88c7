"""The called side of a call: ring, answer or refuse; repeat the 200 until its ACK comes (RFC 3261 §13.3)."""

from __future__ import annotations

from sipsim.elements.alarm import Alarm
from sipsim.elements.call import SDP, Call, description_in
from sipsim.elements.endpoint import Endpoint
from sipsim.elements.exchange import Exchange
from sipsim.elements.outcome import Outcome
from sipsim.errors import CallFailed, UsageError
from sipsim.message import build
from sipsim.message.message import Request, Response
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.offer_answer import answer
from sipsim.simulation.environment import Timer

TRYING_AFTER = 0.2
"""Seconds after which an INVITE that nobody answered gets a 100 (RFC 3261 §17.2.1)."""


class IncomingCall(Call):
    """A call that arrived: `ring()`, `answer()`, `reject(status)` and `hang_up()` are the user's."""

    def __init__(self, agent: Endpoint, exchange: Exchange) -> None:
        request = exchange.request
        described = description_in(request)
        dialog = Dialog.of_server(request, agent.identifiers.tag(agent.name))
        # What can't be read in the request has said so by now; from here on the call exists.
        super().__init__(agent, str(request.from_.uri), request.call_id, exchange)
        self.exchange = exchange
        self._described = described
        self._tag = dialog.local_tag
        self._ok: Response | None = None
        self._repeat: Alarm | Timer | None = None
        self._give_up: Alarm | Timer | None = None
        self._wants_bye = False
        self._trying = agent.alarm("100 Trying", TRYING_AFTER, self._try)
        self._join(dialog)

    # What the user does

    def ring(self, status: int = 180) -> None:
        """Say that the user is being alerted (§13.3.1.1): 180, or another provisional from 101 to 199."""
        if not 101 <= status <= 199:
            raise UsageError(f"status: {status} is no provisional response; allowed are 101 to 199")
        self._open("ring")
        with self.agent.acting(f"call.ring({'' if status == 180 else status})"):
            self.state = "ringing"
            self._respond(build.reply(self.exchange.request, status, to_tag=self._tag, contact=self.agent.contact))
            self.ringing.settle(self)

    def answer(self) -> Outcome:
        """Accept with 200 and our half of the session; 488 when there is no common codec (§13.3.1.4)."""
        self._open("answer")
        with self.agent.acting("call.answer()"):
            agent = self.agent
            if self.remote_sdp is not None:
                self.local_sdp = answer(self.remote_sdp, agent.name, agent.address.host, agent.media_port())
            if self.local_sdp is None:
                self.reject(488)
            else:
                self._accept(bytes(self.local_sdp))
        return self.answered

    def reject(self, status: int = 486) -> Outcome:
        """Refuse with a final response from 300 to 699."""
        if not 300 <= status <= 699:
            raise UsageError(f"status: {status} refuses no call; allowed are 300 to 699")
        self._open("reject")
        with self.agent.acting(f"call.reject({status})"):
            response = build.reply(self.exchange.request, status, to_tag=self._tag)
            self._respond(response)
            self._fail(status, response.reason, self.agent.name)
        return self.ended

    def hang_up(self) -> Outcome:
        """End the call by whatever fits its state: 603 before the answer, BYE after it (§15)."""
        if self.state in ("calling", "ringing") and self._ok is None:
            return self.reject(603)
        with self.agent.acting("call.hang_up()"):
            if self.state == "answered":
                self._bye()
            elif self.state != "ended":
                self._wants_bye = True  # not before the ACK, or the time for it, has come (§15)
        return self.ended

    # What arrives

    def on_ack(self, request: Request) -> None:
        """The ACK for our 200: the session stands (§13.3.1.4)."""
        if self.state in ("answered", "ended"):
            return
        self._stop_repeating()
        self._confirm()
        if self._wants_bye:
            self._bye()

    def on_cancel(self) -> None:
        """The caller gave up: 487, unless the answer is out already (§9.2)."""
        if self._ok is None and self.state != "ended":
            self._respond(build.reply(self.exchange.request, 487, to_tag=self._tag))
            self._fail(487, "Request Terminated", self.peer)

    def forget(self) -> None:
        self._trying.cancel()
        self._stop_repeating()

    def lost(self) -> None:
        self.forget()
        super().lost()

    # The 200 and its repetitions

    def _accept(self, body: bytes) -> None:
        contact = self.agent.contact
        self._ok = build.reply(
            self.exchange.request, 200, to_tag=self._tag, contact=contact, body=body, content_type=SDP
        )
        self._respond(self._ok)
        t1 = self.agent.timing.t1
        self._repeat = self.agent.alarm("repeat 200", t1, self._repeat_ok, t1)
        self._give_up = self.agent.alarm("wait for ACK", 64 * t1, self._no_ack)

    def _repeat_ok(self, interval: float) -> None:
        """Send the 200 again, over any transport: only its ACK ends that (§13.3.1.4)."""
        assert self._ok is not None
        interval = min(2 * interval, self.agent.timing.t2)
        self._repeat = self.agent.alarm("repeat 200", interval, self._repeat_ok, interval)
        self._respond(self._ok)

    def _no_ack(self) -> None:
        """64*T1 without an ACK: the dialog is confirmed all the same, and ended by BYE (§13.3.1.4)."""
        self._stop_repeating()
        self.answered.disappoint(CallFailed(408, "no ACK came"))
        self._bye()

    def _stop_repeating(self) -> None:
        for alarm in (self._repeat, self._give_up):
            if alarm is not None:
                alarm.cancel()

    def _respond(self, response: Response) -> None:
        self._trying.cancel()
        self.exchange.respond(response)

    def _try(self) -> None:
        self.exchange.respond(build.reply(self.exchange.request, 100))

    def _open(self, verb: str) -> None:
        if self.state == "ended" or self._ok is not None:
            raise UsageError(f"call.{verb}(): the call {self.agent.name} - {self.peer} is {self.state} already")
