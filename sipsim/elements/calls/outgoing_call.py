"""The caller's side of a call: INVITE, answer and ACK; CANCEL (RFC 3261 §13.2)."""

from __future__ import annotations

from collections.abc import Sequence

from sipsim.elements.agents.attempts import Attempts, carry_on, tried, why_failed
from sipsim.elements.agents.endpoint import Endpoint
from sipsim.elements.alarm import Alarm
from sipsim.elements.calls.acknowledgement import Acknowledgement
from sipsim.elements.calls.call import Call
from sipsim.elements.calls.early_dialogs import EarlyDialogs
from sipsim.elements.calls.in_dialog import packages
from sipsim.elements.calls.outgoing_change import OutgoingChange
from sipsim.elements.calls.session import SDP, description_in
from sipsim.elements.calls.session_timer import heard
from sipsim.elements.exchange import Exchange, Unheard
from sipsim.elements.outcome import Outcome
from sipsim.errors import CallFailed, SipParseError
from sipsim.message.message import Request, Response
from sipsim.message.sdp import Sdp
from sipsim.message.session_fields import Replaces, checked_replaces
from sipsim.message.uri import Uri
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.inspection import Fields
from sipsim.protocol.options import one_of
from sipsim.protocol.reliable import REQUIRED, is_reliable
from sipsim.protocol.session_timers import asked
from sipsim.protocol.uri_headers import formed_for
from sipsim.simulation.environment import Timer


class OutgoingCall(Call):
    """A call that this user agent places.

    Without `offer` the INVITE has no description: the callee offers in the 2xx, and the answer goes with the ACK
    (§13.2.1). Where several phones answer, `forks="first"` keeps the first of them and ends the others by BYE,
    `forks="all"` keeps them all: `others` has the calls besides this one. Refused, it is tried again where the response
    says how: with credentials, at other addresses ... (see `attempts`).
    """

    owns_call_id = True
    _acknowledgements: Sequence[Acknowledgement] = ()  # PRACKs
    _lapses: Alarm | Timer | None = None

    def __init__(
        self, agent: Endpoint, target: Uri, *, offer: bool = True, forks: str = "first",
        replaces: Replaces | str | None = None, headers: Fields = (), caller: str = "",
    ) -> None:  # fmt: skip
        one_of("forks", forks, ("first", "all"))
        target, self._asked_for = formed_for("INVITE", target)
        if headers:
            self._asked_for = (*self._asked_for, *headers)
        if replaces is not None:
            self._asked_for = (*self._asked_for, ("Replaces", str(checked_replaces(replaces))))
        super().__init__(agent, str(target), agent.identifiers.call_id(agent.name, agent.address.host))
        self.target = target
        self._caller = caller or f"<{agent.uri}>"
        self._started_at = agent.env.now
        agent.tally.placed += 1
        self._from_tag = agent.identifiers.tag(agent.name)
        self._sequence = 0
        self._wants_cancel = False
        self._acks: dict[str, tuple[Request, Uri]] = {}
        self._early = EarlyDialogs(self._from_tag)
        self._forks = forks
        self.others: list[Call] = []
        if offer:
            self.local_sdp = self.offered(self.codecs, self.direction, self.video)
            self.pending = "ours"
        self._exchange: Exchange | Attempts | None = self._invite(target)  # until the call is over

    @property
    def early_dialogs(self) -> tuple[Dialog, ...]:
        """The dialogs of phones that ring, as far as they are known, and have not answered (§12.1.2)."""
        return self._early.dialogs

    # What the user does

    def hang_up(self, *, early_bye: bool = False, reason: str | int | None = None) -> Outcome:
        """End the call by whatever fits its state: CANCEL before the answer, BYE after it (§9.1, §15).

        With `early_bye` a BYE in every early dialog takes the place of CANCEL, where there is one (§15).
        """
        self.because(reason)
        with self.agent.acting("call.hang_up()"):
            if self.state == "answered":
                self.bye()
            elif self.state in ("calling", "ringing"):
                self._wants_cancel = True
                if early_bye and self._early.end_by_bye(self):
                    self._taken_back_by = "early BYE"
                else:
                    self._withdraw()
        return self.ended

    cancel = hang_up

    def lapse_after(self, seconds: float) -> None:
        """Take the INVITE back where nobody has answered by then (§13.2.1); nothing else ends it once it was heard."""
        self._lapses = self.agent.alarm("invitation", seconds, self.hang_up)

    # What arrives

    def on_request(self, exchange: Exchange, request: Request) -> None:
        if not self._early.on_request(self, exchange, request):
            super().on_request(exchange, request)

    def on_response(self, exchange: Exchange, response: Response) -> None:
        if response.cseq.method == "INVITE":
            self._on_invite_response(exchange, response)
        elif self.state not in ("calling", "ringing"):
            super().on_response(exchange, response)
        elif response.status >= 300:  # a BYE in an early dialog was in vain
            self._withdraw()

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        if exchange.request.method == "INVITE":
            self._fail(*why_failed(exchange, reason), "network", tried(exchange))
        elif self.state not in ("calling", "ringing"):
            super().on_failure(exchange, reason)
        else:
            self._withdraw()

    def next_number(self, request: Request) -> int:
        if request.to_tag:
            return super().next_number(request)
        self._early.end(self, "3xx-6xx")
        self.state = "calling"
        self._sequence += 1
        return self._sequence

    def _on_invite_response(self, exchange: Exchange, response: Response) -> None:
        status = response.status
        if status < 200:
            self._on_provisional(exchange.request, response)
        elif status < 300:
            try:
                self._on_accepted(exchange.request, response)
            except SipParseError:  # no dialog can be made of it: there is nothing to acknowledge, or to end
                self._fail(400, "the 2xx can't be read", self.peer)
                raise
        else:
            self._on_refused(exchange, response)

    def _on_refused(self, exchange: Exchange, response: Response) -> None:
        attempts = None if self._wants_cancel else carry_on(self, exchange, response)
        if attempts is not None:
            self._exchange = attempts
        else:
            by = self.agent.name if self._wants_cancel else self.peer
            self._fail(response.status, response.reason, by, tried(exchange))

    def _on_provisional(self, invite: Request, response: Response) -> None:
        if response.status > 100:
            if response.status == 199:
                self._early.end_of(self, response.to_tag or "")
                return
            self._early.hear(self, invite, response)
            if "rseq" in response.names and self.agent.reliable != "no" and is_reliable(response):
                if not self._acknowledge_early(invite, response):
                    return
            elif response.body and invite.body and not self._confirmed:
                self._hear_early_media(response)
            if self.state == "calling":
                self.state = "ringing"
                self.settle("ringing")

    def _hear_early_media(self, response: Response) -> None:
        """A description before the answer: what it says counts until the 2xx comes (§13.2.1)."""
        described = description_in(response)
        if described and not self.why_unfit(self.local_sdp, described):
            self.agree(self.local_sdp, described)

    def _acknowledge_early(self, invite: Request, response: Response) -> bool:
        """PRACK a reliable response, with our answer where it has the offer; false for one that counts for nothing."""
        dialog = self._early.expected(response)
        if dialog is None:
            if not self._early.is_repeated(response):
                self.agent.ignored("a reliable response before the one that it follows", "RFC 3262 §4")
            return False
        described, tag = description_in(response), dialog.remote_tag
        local, why = self.local_sdp, ""
        first = described and tag not in self._answers_in
        if first and invite.body:
            why = self.why_unfit(local, described)
        elif first:
            local, fits = self.answer_late(described, self.codecs, self.direction)
            why = "" if fits else "the offer in the provisional response does not fit"
        answer = local if first and not invite.body else None
        under_way = [one for one in self._acknowledgements if one.open]
        self._acknowledgements = [*under_way, Acknowledgement(self, dialog, response, answer)]
        if why:
            self.agent.ignored(f"an answer that does not fit the offer: {why}", "RFC 3264 §6")
            self.settle("answered", error=CallFailed(488, why))
            self._withdraw()
        elif first and local is not None:
            self.pending = ""
            self.agree_in(dialog, local, described)
        return True

    @property
    def dialog_now(self) -> Dialog | None:
        if self.dialog is not None:
            return self.dialog
        agreed = [self._early.dialog_with(tag) for tag in reversed([*self._answers_in])]
        return next((dialog for dialog in agreed if dialog is not None), None) or self._early.latest()

    def _may_update(self, change: OutgoingChange) -> bool:
        return super()._may_update(change) and not any(one.open for one in self._acknowledgements)

    def _on_accepted(self, invite: Request, response: Response) -> None:
        """Acknowledge every 2xx, repeated ones again; keep the first session, or all of them (§13.2.2.4)."""
        tag = response.to_tag or ""
        if tag in self._acks:
            self.agent.send_outside_transaction(*self._acks[tag])
            return
        dialog = self._early.confirmed(self, invite, response)
        described = description_in(response)
        local, fits, why = self.local_sdp, True, ""
        agreed = self._answers_in.get(tag)
        if agreed is not None:  # before the 2xx, which has nothing to add
            local, described = agreed
        elif invite.body:
            why = self.why_unfit(local, described)
        else:
            local, fits = self.answer_late(described, self.codecs, self.direction)
        self._acks[tag] = self.acknowledge(dialog, invite, None if invite.body or agreed else local)
        self.live(tag, "2xx")
        if self.dialog is not None or self.state == "ended":
            self._on_another(dialog, local, described, fits and not why)
            return
        self._join(dialog)
        if self._lapses is not None:
            self._lapses.cancel()
        if self.agent.min_se is not None:
            heard(self, invite, response)
        self._early.expire(self)
        self.settle("ringing")
        if fits and not why:
            self._begin(local, described)
        elif why:
            self.agent.tally.failed += 1
            self.no_session(why)
        else:
            self.agent.tally.failed += 1
            self.settle("answered", error=CallFailed(488, "the offer in the 2xx does not fit"))
            self.bye("BYE, no session")

    def _begin(self, local: Sdp | None, described: bytes) -> None:
        agent, self.pending = self.agent, ""
        if not self._confirmed:
            self.local_sdp, self._described = local, described
        elif described:  # there were early media, and the answer may be another
            self.agree(local, described)
        self.settle("accepted")
        self._confirm()
        agent.tally.answered += 1
        agent.tally.setup_time += agent.env.now - self._started_at
        if self._wants_cancel:  # the answer was faster than our CANCEL
            self.bye()

    def _on_another(self, dialog: Dialog, local: Sdp | None, described: bytes, fits: bool) -> None:
        """Another branch of a fork has answered too: keep that session as a call of its own, or end it."""
        agent = self.agent
        if self._forks == "all" and fits and self.state == "answered":
            self.others.append(ForkedCall(self, dialog, local, described))
        else:
            agent.request(dialog.request("BYE", via=agent.new_via()), dialog.next_hop, Unheard())
            self.live(dialog.remote_tag, "BYE")

    # The end

    def _fail(self, status: int, reason: str, by: str, tried: tuple[str, ...] = ()) -> None:
        if self.state in ("calling", "ringing"):
            self.agent.tally.failed += 1
        super()._fail(status, reason, by, tried)

    def _finish(self, by: str, why: str, input: str = "BYE") -> None:
        self._early.end(self, "3xx-6xx")
        self._exchange = None
        super()._finish(by, why, input)

    def forget(self) -> None:
        super().forget()
        self._early.forget()
        if self._lapses is not None:
            self._lapses.cancel()

    # Requests

    def _withdraw(self) -> None:
        """Take the INVITE back (§9.1)."""
        self._taken_back_by = "CANCEL"
        if self._exchange is not None:
            self._exchange.cancel(self._because)

    def _features(self) -> Fields:
        """What this phone can do, and what it asks for (§13.2.1)."""
        agent = self.agent
        features = (*agent.abilities.features, *packages(agent))
        if agent.reliable == "required":
            features = (*features, *REQUIRED)
        if agent.min_se is not None:
            features = (*features, *asked(agent.session_expires, agent.min_se, agent.refresher))
        return features

    def _invite(self, target: Uri) -> Exchange:
        agent = self.agent
        self._sequence += 1
        offered, hop = self.local_sdp, agent.first_hop(target)
        request = agent.first_request(
            "INVITE", target, to=self.target, sender=self._caller, tag=self._from_tag, call_id=self.call_id,
            number=self._sequence, contact=agent.contact_for(hop), headers=(*self._features(), *self._asked_for),
            body=b"" if offered is None else bytes(offered), content_type=None if offered is None else SDP,
        )  # fmt: skip
        return agent.request(request, hop, self)


class ForkedCall(Call):
    """What another phone's answer to the same INVITE makes: a call of its own, that began with the first one."""

    owns_call_id = True

    def __init__(self, first: OutgoingCall, dialog: Dialog, local: Sdp | None, described: bytes) -> None:
        super().__init__(first.agent, str(dialog.remote_target), first.call_id)
        self._last, self._port, self._at = first._last, first._port, first._at
        self._video_port = first._video_port
        self._lines = {kind: line.again() for kind, line in first._lines.items()}
        for line in self._lines.values():
            line.on_key = self.heard_key
        self._join(dialog)
        self.agree(local, described)
        self.live(dialog.remote_tag, "2xx")
        self.settle("accepted")
        self._confirm()

    def hang_up(self, *, reason: str | int | None = None) -> Outcome:
        """End this call, and no other, by BYE (§15)."""
        self.because(reason)
        with self.agent.acting("call.hang_up()"):
            if self.state == "answered":
                self.bye()
        return self.ended
