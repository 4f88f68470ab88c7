"""A change of the session that this end asks for, by re-INVITE or UPDATE; trying again after 491 (RFC 3261 §14.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sipsim.elements.agents.attempts import Attempts, carry_on
from sipsim.elements.alarm import Alarm
from sipsim.elements.calls.session import SDP, description_in
from sipsim.elements.calls.session_timer import heard
from sipsim.elements.exchange import Exchange, status_of
from sipsim.elements.outcome import Outcome
from sipsim.errors import CallFailed
from sipsim.message.message import Request, Response
from sipsim.message.sdp import Sdp
from sipsim.message.uri import Uri
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.glare import pause_after_491
from sipsim.protocol.offer_answer import checked_direction, codecs_named, video_named
from sipsim.protocol.timing import TIMER_C
from sipsim.simulation.environment import Timer

if TYPE_CHECKING:
    from sipsim.elements.calls.call import Call

ENDS_THE_DIALOG = (408, 481)
"""Final responses that say that the peer knows nothing of the dialog any more (§12.2.1.2)."""


class OutgoingChange:
    """One re-INVITE or UPDATE, and its repetitions after 491.

    `state` is "waiting" (for its turn), "asking" (the request is out), "paused" (after 491) or "over".
    """

    makes_sure = False
    """Whether it follows one that failed, so that both ends have the same view of the session (RFC 6141 §3.4)."""

    def __init__(
        self, call: Call, codecs: Iterable[str] | None, direction: str | None, offer: bool,
        video: Iterable[str] | None = None, method: str = "INVITE",
    ) -> None:  # fmt: skip
        self.call = call
        self.method = method
        self.agent = call.agent
        self._codecs = None if codecs is None else codecs_named(codecs)
        self._direction = None if direction is None else checked_direction(direction)
        self._video = None if video is None else video_named(video)
        self.offers = offer
        self._offer: Sdp | None = None
        self._dialog: Dialog
        self._ack: tuple[Request, Uri] | None = None
        self._pause: Alarm | Timer | None = None
        self._attempts: Attempts | None = None
        self.state = "waiting"
        agent = call.agent
        self.outcome = Outcome(agent.env, agent.trace, f"the {self._name} of {call!r} being answered")

    def begin(self) -> None:
        """Send the request."""
        call, agent = self.call, self.agent
        assert call.dialog_now is not None
        self._dialog = dialog = call.dialog_now
        self.state, self._before = "asking", (call.local_sdp, call.remote_sdp)
        self.codecs, self.direction = self._codecs or call.codecs, self._direction or call.direction
        self.video = call.video_in_use if self._video is None else self._video
        self._offer = call.offered(self.codecs, self.direction, self.video) if self.offers else None
        body = b"" if self._offer is None else bytes(self._offer)
        request = dialog.request(
            self.method, via=agent.new_via(), contact=agent.contact_for(dialog.next_hop),
            headers=call.timer.fields if call.timer is not None else (),
            body=body, content_type=SDP if body else None,
        )  # fmt: skip
        self._exchange = agent.request(request, dialog.next_hop, self)

    def give_up(self) -> None:
        """The call ends: there is nothing left to be changed. The peer answers 487, or proxies in its place."""
        self.stop()
        if self.state == "asking" and self.method == "INVITE":
            (self._attempts or self._exchange).end_within(TIMER_C + self.agent.timing.limit)
        if self.state != "over":
            self.state = "over"
            self.outcome.disappoint(CallFailed(487, "the call has ended"))

    def stop(self) -> None:
        """Do nothing more by itself."""
        if self._pause is not None:
            self._pause.cancel()
        if self._attempts is not None:
            self._attempts.forget()

    # What arrives

    def on_response(self, exchange: Exchange, response: Response) -> None:
        status = response.status
        if status < 200:
            return
        if status >= 300:
            ours = self.state == "asking" and status != 491
            attempts = carry_on(self, exchange, response) if ours else None
            self._attempts = attempts or self._attempts
            if attempts is None:
                self._refused(status, response.reason)
        elif self._ack is not None:  # the 2xx once more
            self.call.agent.send_outside_transaction(*self._ack)
        else:
            self._accepted(exchange.request, response)

    def next_number(self, request: Request) -> int:
        """The CSeq number for another try of the re-INVITE."""
        return self.call.next_number(request)

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        self._refused(status_of(reason), reason)

    def _refused(self, status: int, reason: str) -> None:
        """The session stays as it was, unless the peer does not know it any more (§14.1).

        What an UPDATE has changed meanwhile stays too; another re-INVITE, one only, makes sure that both ends have the
        same view (RFC 6141 §3.4).
        """
        call = self.call
        if self.state != "asking":
            return
        if status == 491:
            self._try_again_later()
            return
        self.state = "over"
        self.outcome.disappoint(CallFailed(status, reason))
        if status in ENDS_THE_DIALOG:
            if call.state == "answered":
                call.bye(f"BYE, {status} to {self.method}")
            else:
                call.hang_up()
        moved = self.method == "INVITE" and self._before != (call.local_sdp, call.remote_sdp)
        call.changed(self, moved and not self.makes_sure)

    def _try_again_later(self) -> None:
        agent = self.call.agent
        self.state = "paused"
        pause = pause_after_491(self.call.owns_call_id, agent.dice("glare"))
        self._pause = agent.alarm("retry after 491", pause, self._try_again)

    def _try_again(self) -> None:
        self.state = "waiting"
        self.call.go_on()

    def _accepted(self, invite: Request, response: Response) -> None:
        """Acknowledge a 2xx to INVITE, in any case; the session is what the descriptions say (§13.2.2.4)."""
        call, dialog = self.call, self._dialog
        dialog.refresh(response)
        described = description_in(response)
        local, fits, why = self._offer, True, ""
        if invite.body:
            why = call.why_unfit(local, described)
        elif self.method == "INVITE":
            local, fits = call.answer_late(described, self.codecs, self.direction)
        if self.method == "INVITE":
            self._ack = call.acknowledge(dialog, invite, None if invite.body else local)
        if self.state != "asking":  # the call has ended meanwhile
            return
        self.state = "over"
        heard(call, invite, response)
        if why:
            self.outcome.disappoint(CallFailed(488, why))
            if call.state == "answered":
                call.no_session(why)
            else:
                call.hang_up()
        elif fits:
            call.codecs, call.direction = self.codecs, self.direction
            if self._video is not None:
                call.video = self._video
            if local is not None:
                call.agree_in(dialog, local, described)
            self.outcome.settle(call)
        else:
            self.outcome.disappoint(CallFailed(488, "the offer in the 2xx does not fit"))
            call.bye("BYE, no session")
        call.changed(self)

    @property
    def _name(self) -> str:
        return "re-INVITE" if self.method == "INVITE" else self.method
