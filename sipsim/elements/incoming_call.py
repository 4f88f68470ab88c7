"""The called side of a call: ring, answer or refuse; repeat the 200 until its ACK comes (RFC 3261 §13.3)."""

from __future__ import annotations

from collections.abc import Callable

from sipsim.elements.alarm import Alarm
from sipsim.elements.call import SDP, Call, description_in, refusal
from sipsim.elements.endpoint import Endpoint
from sipsim.elements.exchange import Exchange
from sipsim.elements.outcome import Outcome
from sipsim.errors import CallFailed, UsageError
from sipsim.message import build
from sipsim.message.message import Request, Response
from sipsim.message.sdp import Sdp
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.offer_answer import answer, offer
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
        self._wants_bye = False
        self._alarms: dict[str, Alarm | Timer] = {}
        self._set("100 Trying", TRYING_AFTER, self._try)
        self._join(dialog)

    # What the user does

    def ring(self, status: int = 180) -> None:
        """Say that the user is being alerted (§13.3.1.1): 180, or another provisional from 101 to 199."""
        if not 101 <= status <= 199:
            raise UsageError(f"status: {status} is no provisional response; allowed are 101 to 199")
        if not self._is_open("ring"):
            return
        with self.agent.acting(f"call.ring({'' if status == 180 else status})"):
            self.state = "ringing"
            self._ring(build.reply(self.exchange.request, status, to_tag=self._tag, contact=self.agent.contact))
            self.ringing.settle(self)

    def answer_after(self, seconds: float) -> None:
        """Ring now, and answer after so many seconds, unless the call is settled before."""
        self.ring()
        self._set("answer", seconds, self.answer)

    def answer(self) -> Outcome:
        """Accept with 200 and our half of the session; 488 when there is no common codec (§13.3.1.4)."""
        if not self._is_open("answer"):
            return self.answered
        with self.agent.acting("call.answer()"):
            self.local_sdp = self._session()
            if self.local_sdp is None:
                self.reject(488)
            else:
                self._accept(bytes(self.local_sdp))
        return self.answered

    def reject(self, status: int = 486) -> Outcome:
        """Refuse with a final response from 300 to 699."""
        refusal(status)
        if not self._is_open("reject"):
            return self.ended
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
            else:
                self._wants_bye = True  # not before the ACK, or the time for it, has come (§15)
        return self.ended

    # What arrives

    def on_request(self, exchange: Exchange, request: Request) -> None:
        if request.method == "BYE" and self._ok is None:  # the INVITE wants its answer too (§15.1.2)
            self.agent.reply(exchange, 200)
            self.on_cancel()
        else:
            super().on_request(exchange, request)

    def on_ack(self, request: Request) -> None:
        """The ACK for our 200: the session stands (§13.3.1.4). It has the answer where the 200 had the offer."""
        if self._ok is None or self.state not in ("calling", "ringing"):
            return
        self.forget()
        if not self._described:
            self._described = description_in(request)
        self._confirm()
        if self._wants_bye:
            self._bye()

    def on_cancel(self) -> None:
        """The caller gave up: 487, unless the answer is out already (§9.2)."""
        if self._ok is None and self.state != "ended":
            self._respond(build.reply(self.exchange.request, 487, to_tag=self._tag))
            self._fail(487, "Request Terminated", self.peer)

    @property
    def tag(self) -> str:
        """The To tag of all its responses (§12.1.1)."""
        return self._tag

    def forget(self) -> None:
        for alarm in self._alarms.values():
            alarm.cancel()
        self._alarms.clear()

    # The 200 and its repetitions

    def _accept(self, body: bytes) -> None:
        contact = self.agent.contact
        self._ok = build.reply(
            self.exchange.request, 200, to_tag=self._tag, contact=contact, body=body, content_type=SDP
        )
        self._respond(self._ok)
        t1 = self.agent.timing.t1
        self._set("repeat 200", t1, self._repeat_ok, t1)
        self._set("wait for ACK", 64 * t1, self._no_ack)

    def _repeat_ok(self, interval: float) -> None:
        """Send the 200 again, over any transport: only its ACK ends that (§13.3.1.4)."""
        assert self._ok is not None
        interval = min(2 * interval, self.agent.timing.t2)
        self.exchange.respond(self._ok)
        self._set("repeat 200", interval, self._repeat_ok, interval)

    def _no_ack(self) -> None:
        """64*T1 without an ACK: the dialog is confirmed all the same, and ended by BYE (§13.3.1.4)."""
        self.forget()
        self.answered.disappoint(CallFailed(408, "no ACK came"))
        self._bye()

    # Details

    def _session(self) -> Sdp | None:
        """Our answer to the offer, or an offer where the INVITE had none (§13.3.1.4); None without a common codec."""
        agent = self.agent
        user, host, port = agent.uri.user or agent.name, agent.address.host, agent.media_port()
        if not self._described:
            return offer(user, host, port)
        return None if self.remote_sdp is None else answer(self.remote_sdp, user, host, port)

    def _ring(self, response: Response) -> None:
        """Send a provisional response, and again each minute while an answer is to be expected (§13.3.1.1)."""
        self._respond(response)
        self._set("repeat provisional", 60.0, self._ring_on, response, lingering=True)

    def _ring_on(self, response: Response) -> None:
        if "answer" in self._alarms:
            self.exchange.respond(response)
            self._set("repeat provisional", 60.0, self._ring_on, response, lingering=True)

    def _set(self, name: str, delay: float, fn: Callable[..., object], *args: object, lingering: bool = False) -> None:
        self._alarms[name] = self.agent.alarm(name, delay, fn, *args, lingering=lingering)

    def _respond(self, response: Response) -> None:
        """Send what settles the call or keeps it waiting: whatever was to happen by itself does no longer."""
        self.forget()
        self.exchange.respond(response)

    def _try(self) -> None:
        self.exchange.respond(build.reply(self.exchange.request, 100))

    def _is_open(self, verb: str) -> bool:
        """Whether the call still wants an answer; `UsageError` for a second one.

        A call that ended meanwhile does not: a user who reacts too late does no harm.
        """
        if self.state == "ended":
            self.agent.ignored(f"call.{verb}(): the call has ended already")
            return False
        if self._ok is not None:
            raise UsageError(f"call.{verb}(): the call {self.agent.name} - {self.peer} is answered already")
        return True
