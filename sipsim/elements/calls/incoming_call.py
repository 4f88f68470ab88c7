"""The called side of a call: ring, answer or refuse, and wait for the ACK (RFC 3261 §13.3)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sipsim.elements.agents.endpoint import Endpoint
from sipsim.elements.alarm import Alarms
from sipsim.elements.calls.acceptance import Acceptance
from sipsim.elements.calls.call import Call
from sipsim.elements.calls.in_dialog import packages
from sipsim.elements.calls.reliable_ringing import ReliableRinging
from sipsim.elements.calls.session import SDP, description_from, description_in, unreadable
from sipsim.elements.calls.session_timer import granting
from sipsim.elements.exchange import Exchange
from sipsim.elements.outcome import Outcome
from sipsim.elements.refusing import refuse, rejection
from sipsim.errors import SipParseError, UsageError
from sipsim.message import build
from sipsim.message.message import Request, Response
from sipsim.message.rare_fields import Timestamp
from sipsim.message.sdp import Sdp
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.inspection import MISTAKEN, Refusal, refusal
from sipsim.protocol.options import seconds_or_none, whole
from sipsim.protocol.reliable import AGAIN_AFTER, NEVER_ACKNOWLEDGED, UNMATCHED, is_asked_for

TRYING_AFTER = 0.2
"""Seconds after which an INVITE that nobody answered gets a 100 (RFC 3261 §17.2.1)."""

RINGS_AGAIN_AFTER = 60.0
"""Seconds after which a provisional response is repeated, so that no proxy gives up (RFC 3261 §13.3.1.1)."""

RINGS_AT_MOST = 180.0
"""Seconds after which a phone stops ringing by itself, where nobody said when it is to be answered."""

UNANSWERED = refusal(480, "nobody answers")
UNFIT = refusal(488, "nothing in the offer fits", rfc="RFC 3261 §13.3.1.3")
EXPIRED = refusal(487, "the invitation has expired", rfc="RFC 3261 §13.3.1")


def rings_again(again: float | None) -> None:
    """`UsageError` for what is no pause between provisional responses."""
    seconds_or_none("again", again, 1.0)


class IncomingCall(Call):
    """A call that arrived: `ring()`, `answer()`, `reject(status)` and `hang_up()` are the user's."""

    too_early = 500
    _reliable: ReliableRinging | None = None
    _given = False  # our description, in a response that was sure to arrive

    def __init__(self, agent: Endpoint, exchange: Exchange) -> None:
        request = exchange.request
        described = description_in(request)
        dialog = Dialog.of_server(request, agent.identifiers.tag(agent.name))
        # What can't be read in the request has said so by now; from here on the call exists.
        super().__init__(agent, str(request.from_.uri), request.call_id, exchange)
        self.exchange = exchange
        self._described = described
        self._tag, self._peer_tag = dialog.local_tag, dialog.remote_tag
        self._wants_bye = False
        self._wants_answer = False
        self._preview: Sdp | None = None
        self.pending = "theirs" if described else ""
        self._alarms = Alarms(agent)
        if "expires" in request.names:
            with suppress(SipParseError):  # one that can't be read counts for nothing (§13.3.1 step 1)
                self._alarms.set("invitation", request.expires or 0, self.refuse, EXPIRED)
        self._join(dialog)

    # What the user does

    def ring(self, status: int = 180, again: float | None = RINGS_AGAIN_AFTER, *, described: bool = False) -> None:
        """Say that the user is being alerted (§13.3.1.1): 180, or another provisional from 101 to 199.

        It is said again each `again` seconds, at least 1; None: once only. `described` has it bring the session
        description of the later answer, so that the caller can hear tones and announcements, where the INVITE made an
        offer (§13.2.1). Where this phone and the caller know how (see `reliable`), it is repeated until it is
        acknowledged by PRACK; the first of these brings the offer where the INVITE had none (RFC 3262).
        """
        whole("status", status, 101, 199)
        rings_again(again)
        if not self._is_open("ring"):
            return
        with self.agent.acting(f"call.ring({'' if status == 180 else status})"):
            self.state = "ringing"
            self.live(self._peer_tag, "101-199")
            self._ring_reliably = self.agent.reliable != "no" and is_asked_for(self.exchange.request)
            body = self._early_description(described)
            self._alarms.stop("100 Trying", "repeat provisional")
            if self._ring_reliably and again == RINGS_AGAIN_AFTER:
                again = AGAIN_AFTER
            self._ring_on(status, body, again, RINGS_AT_MOST)
            self.settle("ringing")

    def cannot_be_read(self) -> bool:
        """Refuse a description that can't be read, before anybody is troubled; false where there is none such."""
        if not self._described or self.remote_sdp is not None:
            return False
        self.refuse(unreadable(self._described))
        return True

    def answer_after(self, delay: float) -> None:
        """Ring now, and answer after so many seconds, unless the call is settled before."""
        self.ring(again=RINGS_AGAIN_AFTER if delay > RINGS_AGAIN_AFTER else None)
        if delay:
            self._alarms.set("answer", delay, self._answer)
        else:
            self._answer()

    def wait(self) -> None:
        """The user has not reacted at once: a 100 is due if it takes longer (§17.2.1)."""
        if self.state == "calling" and self._unacknowledged is None:
            self._alarms.set("100 Trying", TRYING_AFTER, self._try)

    def answer(self) -> Outcome:
        """Accept with 200 and our half of the session; 488 when there is no common codec (§13.3.1.4)."""
        self._answer()
        return self.answered

    def _answer(self) -> None:
        if not self._is_open("answer"):
            return
        if self._reliable is not None and self._reliable.holds_back:  # RFC 3262 §3
            self._wants_answer = True
            return
        with self.agent.acting("call.answer()"):
            if self._given:
                self._accept(b"")
                return
            self.local_sdp = local = self._preview or self._description()
            if local is None:
                self.refuse(UNFIT._replace(status=self.agent.unfit, headers=(self.agent.warning,)))
            else:
                self._accept(bytes(local))

    def reject(self, status: int = 486, **what: Any) -> Outcome:
        """Refuse with a final response from 300 to 699, and with what it needs: contacts, retry_after, warning ...

        See `sipsim.elements.refusing.rejection`.
        """
        return self.refuse(rejection(self.agent.host_port, status, **what))

    def refuse(self, refused: Refusal) -> Outcome:
        """Refuse with what is ready to be sent.

        Where both ends know 199, a phone that rings says by it that its early dialog is over: no proxy that still asks
        others holds that back, as it does the refusal (RFC 6228 §5).
        """
        if not self._is_open("reject"):
            return self.ended
        with self.agent.acting(f"call.reject({refused.status})"):
            self.forget()
            request = self.exchange.request
            if self.state == "ringing" and "199" in self.agent.abilities.extensions and "199" in request.supported:
                because = (("Reason", f"SIP;cause={refused.status}"),)
                self.exchange.respond(build.reply(request, 199, to_tag=self._tag, headers=because))
            response = refuse(self.agent, self.exchange, refused, self._tag)
            self._fail(refused.status, response.reason, self.agent.name)
        return self.ended

    def mistaken(self) -> None:
        """The user's own code has failed: 500, unless the call is settled, or will be."""
        if self.state in ("calling", "ringing") and self._unacknowledged is None and "answer" not in self._alarms:
            self.refuse(MISTAKEN)

    def give_up_after(self, delay: float, refused: Refusal = UNANSWERED) -> None:
        """Refuse after so many seconds, unless the call is settled before."""
        self._alarms.set("no answer", delay, self.refuse, refused)

    def hang_up(self, *, reason: str | int | None = None) -> Outcome:
        """End the call by whatever fits its state (§15): a refusal before the answer, BYE after it.

        The refusal is 486 while this user is in another call, else 603. The BYE waits for the ACK, or until it is clear
        that none will come.
        """
        self.because(reason)
        if self.state in ("calling", "ringing") and self._unacknowledged is None:
            busy = any(call.state == "answered" for call in self.agent.calls.values())
            return self.reject(486 if busy else 603)
        with self.agent.acting("call.hang_up()"):
            if self.state == "answered":
                self.bye()
            else:
                self._wants_bye = True
        return self.ended

    # What arrives

    def on_request(self, exchange: Exchange, request: Request) -> None:
        if request.method == "BYE" and self._unacknowledged is None:  # the INVITE wants its answer too (§15.1.2)
            self.agent.reply(exchange, 200)
            self._taken_back("early BYE")
        else:
            super().on_request(exchange, request)

    def on_cancel(self, invite: Exchange) -> None:
        """The caller gave up: 487, unless the answer is out already (§9.2)."""
        if invite is self.exchange:
            self._taken_back("CANCEL")
        else:
            super().on_cancel(invite)

    def _taken_back(self, by: str) -> None:
        self._taken_back_by = by
        if self._unacknowledged is None and self.state != "ended":
            self._respond(build.reply(self.exchange.request, 487, to_tag=self._tag))
            self._fail(487, "Request Terminated", self.peer)

    @property
    def tag(self) -> str:
        """The To tag of all its responses (§12.1.1)."""
        return self._tag

    def forget(self) -> None:
        super().forget()
        if self._reliable is not None:
            self._reliable.stop()
        self._alarms.stop_all()

    # Reliable provisional responses

    def _early_description(self, described: bool) -> bytes:
        """What a provisional response says of our side; reliable ones say it once, and have to where we offer."""
        if self._ring_reliably:
            if self._given or not (described or not self._described):
                return b""
            self.local_sdp = self._preview = self._description()
            self._given = self._preview is not None
            if not self._described:
                self.pending = "ours"
        else:
            self._preview = self._description() if described and self._described else None
        return b"" if self._preview is None else bytes(self._preview)

    def on_other(self, exchange: Exchange, request: Request, dialog: Dialog) -> None:
        if request.method == "PRACK":
            self._on_prack(exchange, request)
        else:
            super().on_other(exchange, request, dialog)

    def _on_prack(self, exchange: Exchange, request: Request) -> None:
        """Our provisional response has arrived; the PRACK may bring the answer to our offer, or an offer (§5)."""
        reliable = self._reliable
        said = reliable.acknowledged(request) if reliable is not None else None
        if reliable is None or said is None:
            refuse(self.agent, exchange, UNMATCHED)
            return
        described, answers = description_in(request), bool(said.body) and self.pending == "ours"
        why = self._agree_early(described, answers) if said.body else ""
        local, offered = None, description_from(described)
        if described and not answers:  # another offer (§5)
            local = self.answer_to(offered, self.codecs, self.direction)
        if local is None and described and not answers:
            refuse(self.agent, exchange, UNFIT._replace(rfc="RFC 3262 §5") if offered else unreadable(described))
        else:
            self._reply_to_prack(exchange, local)
        if local is not None:
            self.agree(local, described)
        if why:
            self.agent.ignored(f"an answer that does not fit the offer: {why}", "RFC 3262 §5")
            self.refuse(UNFIT)
        else:
            self._go_on_ringing(reliable)

    def _agree_early(self, described: bytes, answers: bool) -> str:
        """Our description has arrived, and with it the answer where it was an offer; says what is wrong with that."""
        self.pending = ""
        why = "" if described or not answers else "there is none"
        why = why or (self.why_unfit(self.local_sdp, described) if answers else "")
        if not why:
            self.agree(self.local_sdp, described if answers else self._described)
        return why

    def _reply_to_prack(self, exchange: Exchange, local: Sdp | None) -> None:
        body = b"" if local is None else bytes(local)
        exchange.respond(build.reply(exchange.request, 200, body=body, content_type=SDP if body else None))

    def _go_on_ringing(self, reliable: ReliableRinging) -> None:
        if self.state in ("calling", "ringing") and self._unacknowledged is None:
            reliable.go_on()
            if self._wants_answer and not reliable.holds_back:
                self._wants_answer = False
                self._answer()
        self.go_on()

    def _unacknowledged_ringing(self) -> None:
        """64*T1 without a PRACK: the caller is not there any more (RFC 3262 §3)."""
        if self.state in ("calling", "ringing") and self._unacknowledged is None:
            self.refuse(NEVER_ACKNOWLEDGED)

    # The answer

    def _description(self) -> Sdp | None:
        """Our answer to the offer, or an offer where the INVITE had none (§13.3.1.4); None without a common codec."""
        if self._described:
            return self.answer_to(self.remote_sdp, self.codecs, self.direction)
        return self.offered(self.codecs, self.direction, self.video)

    def _accept(self, body: bytes) -> None:
        self.forget()
        agent, request = self.agent, self.exchange.request
        granted = granting(self, request) if agent.min_se is not None else ()
        ok = build.reply(
            request, 200, to_tag=self._tag, contact=agent.contact,
            headers=(*agent.abilities.features, *packages(agent, request), *granted), body=body,
            content_type=SDP if body else None,
        )  # fmt: skip
        self.pending = "" if self._described else "ours"
        self.live(self._peer_tag, "2xx")
        self._unacknowledged = Acceptance(self.agent, self.exchange, ok, self._acknowledged, self.unheard)
        self._unacknowledged.start()
        self.settle("accepted")

    def _acknowledged(self, ack: Request) -> None:
        """The ACK for our 200: the session stands (§13.3.1.4). It has the answer where the 200 had the offer."""
        why = "" if self._described else self.agree_by_ack(self.local_sdp, ack)
        self.pending = ""
        if why:
            self.no_session(why)
            return
        self._confirm()
        if self._wants_bye:
            self.bye()

    # Details

    def _ring_on(self, status: int, body: bytes, again: float | None, left: float) -> None:
        """Send the provisional response, and again each minute while an answer is to be expected (§13.3.1.1)."""
        if left <= 0 and "answer" not in self._alarms and "no answer" not in self._alarms:
            self.refuse(UNANSWERED)
            return
        told = packages(self.agent, self.exchange.request) if self._ring_reliably else ()
        rings = build.reply(
            self.exchange.request, status, to_tag=self._tag, contact=self.agent.contact, headers=told, body=body,
            content_type=SDP if body else None,
        )  # fmt: skip
        if not self._ring_reliably:
            self.exchange.respond(rings)
        else:
            if self._reliable is None:
                self._reliable = ReliableRinging(self.agent, self.exchange, self._unacknowledged_ringing)
            self._reliable.say(rings)
            body = b""
        if again is not None:
            more = status, body, again, left - again
            self._alarms.set("repeat provisional", again, self._ring_on, *more, lingering=True)

    def _respond(self, response: Response) -> None:
        """Send what settles the call or keeps it waiting: whatever was to happen by itself does no longer."""
        self.forget()
        self.exchange.respond(response)

    def _try(self) -> None:
        """Say that something goes on; with a Timestamp the sender learns how long it was kept (§8.2.6.1)."""
        request = self.exchange.request
        response = build.reply(request, 100)
        if "timestamp" in request.names:
            with suppress(SipParseError):
                sent = request.timestamp.time if request.timestamp else 0.0
                response = response.with_header("Timestamp", Timestamp(sent, TRYING_AFTER))
        self.exchange.respond(response)

    def _is_open(self, verb: str) -> bool:
        """Whether the call still wants an answer; `UsageError` for a second one.

        A call that ended meanwhile does not: a user who reacts too late does no harm.
        """
        if self.state == "ended":
            self.agent.ignored(f"call.{verb}(): the call has ended already")
            return False
        if self._unacknowledged is not None:
            raise UsageError(f"call.{verb}(): the call {self.agent.name} - {self.peer} is answered already")
        return True
