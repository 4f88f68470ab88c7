"""A call: one INVITE session between a user agent and its peer, from either side (RFC 3261 §13, §15).

What both directions share: the session once it stands, requests that change it, BYE and the end. How a call gets there
is told in `outgoing_call` and `incoming_call`, how it is changed in `outgoing_change` and `incoming_change`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sipsim.elements.agents.attempts import carry_on
from sipsim.elements.agents.endpoint import Endpoint
from sipsim.elements.calls.acceptance import Acceptance
from sipsim.elements.calls.incoming_change import IncomingChange
from sipsim.elements.calls.incoming_update import take_update
from sipsim.elements.calls.outgoing_change import OutgoingChange
from sipsim.elements.calls.session import SDP, Session
from sipsim.elements.calls.session_timer import SessionTimer
from sipsim.elements.exchange import Exchange
from sipsim.elements.outcome import Outcome, Outcomes
from sipsim.elements.refusing import refuse
from sipsim.errors import CallFailed, UsageError
from sipsim.message.message import Request, Response
from sipsim.message.sdp import Sdp
from sipsim.message.uri import Uri
from sipsim.protocol.dialog import DIALOG, Dialog
from sipsim.protocol.digest_client import credentials_of
from sipsim.protocol.glare import GLARE, put_off
from sipsim.protocol.inspection import NO_DIALOG, OUT_OF_ORDER
from sipsim.protocol.reliable import UNMATCHED


class Ending(NamedTuple):
    """How a call came to its end: who ended it (an element's name, or "network") and by what."""

    by: str
    why: str


class Call(Session, Outcomes):
    """What both directions have in common.

    `state` is "calling", "ringing", "answered", "ending" (the BYE is out) or "ended". `ringing`, `answered` and `ended`
    are SimPy events:
    `answered` gives the call or fails with `CallFailed`; `ended` always succeeds, with an `Ending`, whose `why` is a
    status and its reason, "CANCEL", "early BYE", or begins with "BYE".
    """

    too_early = 491
    """What an INVITE in the dialog gets before the call is answered (§14.2)."""
    owns_call_id = False
    """Whether this end made the Call-ID (§14.1)."""

    _unacknowledged: Acceptance | None = None
    _changes: Sequence[OutgoingChange] = ()  # of our own: the first one is under way, or will be next
    _asked: IncomingChange | None = None  # a re-INVITE that has no final response yet
    _refused: Exchange | None = None  # the last re-INVITE that we refused
    _answers_in: Mapping[str, tuple[Sdp, bytes]] = {}  # early dialogs by remote tag, with what was agreed on there
    timer: SessionTimer | None = None
    """The session timer, where both ends agreed on one (RFC 4028)."""
    pending = ""
    """The offer of an INVITE that has no answer yet, or none that is sure to arrive: "ours" or "theirs"."""
    _why = "BYE"
    _taken_back_by = ""  # "CANCEL" or "early BYE", where the INVITE was taken back

    def __init__(self, agent: Endpoint, peer: str, call_id: str, key: object = None) -> None:
        Session.__init__(self, agent, call_id)
        Outcomes.__init__(self)
        self._key = key  # in the agent's calls, where it is not the call itself
        agent.calls[key or self] = self
        self.peer = peer
        self.state = "calling"
        self.dialog: Dialog | None = None
        self._lives: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.agent.name} - {self.peer}: {self.state}>"

    # What a story waits for

    @property
    def ringing(self) -> Outcome:
        """The other end rings, or ours does; gives the call, or `CallFailed`."""
        return self.outcome("ringing", f"the call {self.agent.name} - {self.peer} ringing")

    @property
    def answered(self) -> Outcome:
        """The call is answered, and the session stands; gives the call, or `CallFailed`."""
        return self.outcome("answered", f"the call {self.agent.name} - {self.peer} being answered")

    @property
    def ended(self) -> Outcome:
        """The call is over; gives an `Ending`."""
        return self.outcome("ended", f"the call {self.agent.name} - {self.peer} ending")

    # What the user does

    def hang_up(self) -> Outcome:
        """End the call by whatever fits its state; gives `ended`."""
        raise NotImplementedError

    def reinvite(
        self, *, codecs: Iterable[str] | None = None, direction: str | None = None, offer: bool = True,
        video: Iterable[str] | None = None,
    ) -> Outcome:  # fmt: skip
        """Change the session, or refresh it, by a re-INVITE (§14.1).

        `codecs` are names such as "PCMA", `direction` is "sendrecv", "sendonly", "recvonly" or "inactive", `video` are
        names such as "H264", [] to go on without; what is not given stays as it is. Without `offer` the peer makes the
        offer, in its 2xx. The outcome gives the call, or `CallFailed` when the peer refuses: then the session stays as
        it was. One re-INVITE at a time is under way, the next one waits; one that meets the peer's own (491) is tried
        again by itself.
        """
        change = OutgoingChange(self, codecs, direction, offer, video)
        if self.state in ("calling", "ringing"):
            raise UsageError(f"call.reinvite(): the call is {self.state}; what is not answered can't be changed")
        with self.agent.acting("call.reinvite()"):
            if self.state == "answered":
                self._changes = [*self._changes, change]
                self.go_on()
            else:
                self.agent.ignored("call.reinvite(): the call has ended already")
                change.give_up()
        return change.outcome

    def update(
        self, *, codecs: Iterable[str] | None = None, direction: str | None = None, offer: bool = True,
        video: Iterable[str] | None = None,
    ) -> Outcome:  # fmt: skip
        """Change the session, or with `offer` False say no more than where we are, by UPDATE (RFC 3311).

        It is answered at once, without the user, so it may be sent before the call is answered as well: as soon as the
        first offer has an answer that was acknowledged (see `reliable`). The rest is as with `reinvite`.
        """
        change = OutgoingChange(self, codecs, direction, offer, video, "UPDATE")
        if self.state == "calling":
            raise UsageError("call.update(): the call is calling; there is no dialog yet")
        with self.agent.acting("call.update()"):
            if self.state in ("answered", "ringing"):
                self._changes = [*self._changes, change]
                self.go_on()
            else:
                self.agent.ignored("call.update(): the call has ended already")
                change.give_up()
        return change.outcome

    def hold(self) -> Outcome:
        """Let the peer wait: we send, music perhaps, and don't listen (RFC 3264 §8.4)."""
        return self.reinvite(direction="sendonly")

    def resume(self) -> Outcome:
        """Talk and listen again."""
        return self.reinvite(direction="sendrecv")

    def refresh(self, method: str = "INVITE") -> Outcome:
        """Say that the session goes on as it is, by re-INVITE or UPDATE (RFC 4028 §7.4)."""
        return self.update(offer=False) if method == "UPDATE" else self.reinvite()

    # Changing the session

    def go_on(self) -> None:
        """Begin the next change of our own, if nothing is in its way (§14.1)."""
        if not self._changes or self._changes[0].state != "waiting" or self._at_a_bad_time:
            return
        if self.state != "answered" and not self._may_update(self._changes[0]):
            return
        if self._refused is not None and self._refused.state == "completed":  # its ACK is still to come
            self.agent.alarm("wait for the ACK of a refusal", self.agent.timing.t1, self.go_on)
            return
        self._changes[0].begin()

    def _may_update(self, change: OutgoingChange) -> bool:
        """Whether a change may be asked for before the call is answered (RFC 3311 §5.1)."""
        ready = self.state == "ringing" and self.dialog_now is not None and change.method == "UPDATE"
        return ready and not (change.offers and self.pending)

    @property
    def dialog_now(self) -> Dialog | None:
        """The dialog in which requests are sent: an early one, before there is another."""
        return self.dialog

    @property
    def open_offer(self) -> str:
        """Whose offer has no answer yet: "ours", "theirs", or "" where every one has (RFC 3264 §4)."""
        if self._changes and self._changes[0].state == "asking" and self._changes[0].offers:
            return "ours"
        if self._asked is not None and self._asked.offered is not None:
            return "theirs"
        return self.pending

    def agree_in(self, dialog: Dialog, local: Sdp, described: bytes) -> None:
        """An exchange in a dialog is complete; in an early one it waits there for the 2xx."""
        self.agree(local, described)
        if self.dialog is None:
            self._answers_in = {**self._answers_in, dialog.remote_tag: (local, described)}

    def changed(self, change: OutgoingChange) -> None:
        """A change of our own has come to its end."""
        self._changes = [other for other in self._changes if other is not change]
        self.go_on()

    def settled(self, change: IncomingChange, acceptance: Acceptance | None) -> None:
        """The peer's re-INVITE has its final response."""
        self._asked = None
        self._unacknowledged = acceptance
        if acceptance is None:
            self._refused = change.exchange
            self.go_on()

    @property
    def _at_a_bad_time(self) -> int:
        """The status for an INVITE that comes in the way of another (§14.2), 0 when nothing is in the way."""
        waits = self._unacknowledged is not None and self._unacknowledged.waits
        change = self._changes[0] if self._changes else None
        if waits or (change is not None and change.state == "asking" and (change.offers or change.method == "INVITE")):
            return 491
        return 500 if self._asked is not None else 0

    def _invited_again(self, exchange: Exchange) -> None:
        status = self._at_a_bad_time
        if self.state != "answered":
            status = status or self.too_early if self.state in ("calling", "ringing") else 481
        if status == 500:
            refuse(self.agent, exchange, put_off(self.agent.dice("glare")))
        elif status:
            refuse(self.agent, exchange, GLARE if status == 491 else NO_DIALOG)
        else:
            self._asked = IncomingChange(self, exchange)
            self.agent.consider(self._asked)

    # What arrives

    def on_response(self, exchange: Exchange, response: Response) -> None:
        """The answer to our BYE: whatever it says, unless it asks for more, the session is over (§15.1.1)."""
        if response.status >= 200 and not (response.status >= 300 and carry_on(self, exchange, response)):
            self._finish(self.agent.name, self._why)

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        self._finish(self.agent.name, f"{self._why}, {reason}")

    def next_number(self, request: Request) -> int:
        """The CSeq number for another try of a request in the dialog."""
        assert self.dialog is not None
        self.dialog.local_seq += 1
        return self.dialog.local_seq

    def on_request(self, exchange: Exchange, request: Request) -> None:
        """A request in the dialog, other than ACK."""
        agent = self.agent
        if self.dialog is not None and not self.dialog.accepts(request):
            refuse(agent, exchange, OUT_OF_ORDER)
        elif request.method == "BYE":
            agent.reply(exchange, 200)
            self._finish(self.peer if self.state != "ending" else agent.name, "BYE")
        elif request.method == "INVITE":
            self._invited_again(exchange)
        elif self.dialog is not None:
            self.on_other(exchange, request, self.dialog)

    def on_other(self, exchange: Exchange, request: Request, dialog: Dialog) -> None:
        """A request in one of our dialogs that neither begins nor ends a session."""
        if request.method == "UPDATE":
            take_update(self, exchange, request, dialog)
        elif request.method == "PRACK":
            refuse(self.agent, exchange, UNMATCHED)
        else:
            self.agent.serve(exchange, request)

    def on_ack(self, request: Request) -> None:
        """An ACK in the dialog: somebody may be waiting for it."""
        if self._unacknowledged is not None:
            self._unacknowledged.on_ack(request)

    def on_cancel(self, invite: Exchange) -> None:
        """The peer takes its INVITE back: 487 (§9.2). The session stays as it was."""
        if self._asked is not None and self._asked.exchange is invite:
            self._asked.reject(487)

    def unheard(self) -> None:
        """64*T1 without an ACK: the dialog is confirmed all the same, and ended by BYE (§13.3.1.4, §14.2)."""
        if self.state in ("calling", "ringing", "answered"):
            self.settle("answered", error=CallFailed(408, "no ACK came"))
            self.bye("BYE, no ACK")

    # The end

    def bye(self, why: str = "BYE") -> None:
        """End the session (§15.1.1); media stop as soon as the request goes out."""
        dialog = self.dialog
        if dialog is None:
            raise UsageError(f"call.bye(): the call is {self.state}; hang_up() ends it by whatever fits its state")
        self.state = "ending"
        self._why = why
        self._play(False)
        self._let_go()
        request = dialog.request("BYE", via=self.agent.new_via())
        self.agent.request(request, dialog.next_hop, self)

    def acknowledge(self, dialog: Dialog, invite: Request, answer: Sdp | None) -> tuple[Request, Uri]:
        """Send the ACK for a 2xx (§13.2.2.4), with our answer where the offer was in that; gives it for repetitions."""
        agent = self.agent
        ack = dialog.request(
            "ACK", via=agent.new_via(), number=invite.cseq.number,
            headers=credentials_of(invite) if agent.digest is not None else (),
            body=b"" if answer is None else bytes(answer), content_type=None if answer is None else SDP,
        )  # fmt: skip
        agent.send_outside_transaction(ack, dialog.next_hop)
        return ack, dialog.next_hop

    def no_session(self, why: str) -> None:
        """What came is no answer to our offer: nothing is agreed on, and the call ends (§13.2.2.4)."""
        self.agent.ignored(f"an answer that does not fit the offer: {why}", "RFC 3264 §6")
        self.settle("answered", error=CallFailed(488, why))
        self.bye("BYE, no session")

    def _confirm(self) -> None:
        """The session stands: media flow as negotiated."""
        self.state = "answered"
        self._confirmed = True
        self._play(True)
        self.settle("answered")
        if self._changes:
            self.go_on()

    def _join(self, dialog: Dialog) -> None:
        self.dialog = dialog
        self.agent.dialogs[dialog.key] = self

    def _fail(self, status: int, reason: str, by: str, tried: tuple[str, ...] = ()) -> None:
        for name in ("answered", "ringing"):
            self.settle(name, error=CallFailed(status, reason, tried))
        taken_back = self._taken_back_by if status == 487 else ""
        self._finish(by, taken_back or f"{status} {reason}", "3xx-6xx")

    def _finish(self, by: str, why: str, input: str = "BYE") -> None:
        if self.state == "ended":
            return
        self.state = "ended"
        self._let_go()
        self._play(False)
        agent = self.agent
        agent.calls.pop(self._key or self, None)
        if self.dialog is not None:
            agent.dialogs.pop(self.dialog.key, None)
        if not self.is_settled("answered"):
            for name in ("ringing", "answered"):
                self.settle(name, error=CallFailed(487, "the call has ended"))
        for tag in self._lives:
            self.live(tag, input)
        self.settle("ended", Ending(by, why))

    def _let_go(self) -> None:
        """What was being talked about is no matter any more; an INVITE of the peer's gets its answer (§15.1.2)."""
        self.forget()
        for change in self._changes:
            change.give_up()
        self._changes = ()
        if self._asked is not None:
            self._asked.reject(487)

    def forget(self) -> None:
        """Stop whatever would still happen by itself."""
        if self._unacknowledged is not None:
            self._unacknowledged.stop()
        if self.timer is not None:
            self.timer.stop()
        for change in self._changes:
            change.stop()

    def lost(self) -> None:
        """The user agent crashed: nothing is sent, whoever waits hears of it."""
        self._fail(503, f"{self.agent.name} crashed", self.agent.name)

    def live(self, tag: str, input: str) -> None:
        """Record what becomes of the dialog with this remote tag, where the trace keeps states."""
        agent = self.agent
        if not agent.trace.everything:
            return
        before = self._lives.get(tag, DIALOG.initial)
        row = DIALOG.row(before, input)
        if row is not None and row.next != before:
            self._lives[tag] = row.next
            which = f"{self.call_id} {tag}"
            agent.trace.state(agent.env.now, agent.name, DIALOG.name, before, input, row.next, row.rfc, which)
