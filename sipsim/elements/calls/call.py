"""A call: one INVITE session between a user agent and its peer, from either side (RFC 3261 §13, §15).

What both directions share: the session once it stands, requests that change it, BYE and the end. How a call gets there
is told in `outgoing_call` and `incoming_call`, how it is changed in `outgoing_change` and `incoming_change`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sipsim.elements.agents.attempts import carry_on
from sipsim.elements.agents.endpoint import Endpoint
from sipsim.elements.calls.changing import Changing
from sipsim.elements.calls.in_dialog import InDialog, Info
from sipsim.elements.calls.incoming_update import take_update
from sipsim.elements.calls.pressing import RELAY, Pressing
from sipsim.elements.calls.session import SDP
from sipsim.elements.calls.session_timer import SessionTimer
from sipsim.elements.exchange import Exchange
from sipsim.elements.media.keys import key_in
from sipsim.elements.outcome import Outcome, Outcomes
from sipsim.elements.refusing import refuse
from sipsim.errors import CallFailed, SipParseError, UsageError
from sipsim.message.message import Request, Response
from sipsim.message.rare_fields import Parameterised
from sipsim.message.sdp import Sdp
from sipsim.message.session_fields import Replaces
from sipsim.message.uri import Uri
from sipsim.protocol.dialog import DIALOG, Dialog
from sipsim.protocol.digest_client import credentials_of
from sipsim.protocol.inspection import OUT_OF_ORDER, Fields, refusal
from sipsim.protocol.options import octets
from sipsim.protocol.referring import replacing
from sipsim.protocol.reliable import UNMATCHED

if TYPE_CHECKING:
    from sipsim.elements.events.referring import Referral


class Ending(NamedTuple):
    """How a call came to its end: who ended it (an element's name, or "network") and by what."""

    by: str
    why: str


class Call(Changing, Pressing, Outcomes):
    """What both directions have in common.

    `state` is "calling", "ringing", "answered", "ending" (the BYE is out) or "ended". `ringing`, `answered` and `ended`
    are SimPy events:
    `answered` gives the call or fails with `CallFailed`; `ended` always succeeds, with an `Ending`, whose `why` is a
    status and its reason, "CANCEL", "early BYE", or begins with "BYE".
    """

    owns_call_id = False
    """Whether this end made the Call-ID (§14.1)."""

    timer: SessionTimer | None = None
    """The session timer, where both ends agreed on one (RFC 4028)."""
    reasons: tuple[Parameterised, ...] = ()
    """Why the peer has ended the call, or taken it back, if it said so: the Reason of its BYE or CANCEL (RFC 3326)."""
    infos: tuple[Info, ...] = ()
    """What came by INFO."""
    _because: Fields = ()
    _why = "BYE"
    replaced = False
    """Whether another call has taken the place of this one (RFC 3891)."""
    _taken_back_by = ""  # "CANCEL" or "early BYE", where the INVITE was taken back

    def __init__(self, agent: Endpoint, peer: str, call_id: str, key: object = None) -> None:
        Changing.__init__(self, agent, call_id)
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
    def accepted(self) -> Outcome:
        """Its 2xx is out, or here; gives the call. Of one that is not answered nothing comes of it."""
        return self.outcome("accepted", f"the call {self.agent.name} - {self.peer} being accepted")

    @property
    def ended(self) -> Outcome:
        """The call is over; gives an `Ending`."""
        return self.outcome("ended", f"the call {self.agent.name} - {self.peer} ending")

    # What the user does

    def hang_up(self, *, reason: str | int | None = None) -> Outcome:
        """End the call by whatever fits its state; gives `ended`.

        `reason` says why in the BYE or CANCEL: a status, or a whole Reason value (RFC 3326).
        """
        raise NotImplementedError

    def info(self, body: str | bytes = b"", content_type: str = "text/plain", *, package: str | None = None) -> Outcome:
        """Tell the peer something in the session, which stays as it is (RFC 6086); gives the 2xx or `CallFailed`."""
        fields = () if package is None else (("Info-Package", package),)
        return self._say("INFO", fields, octets("body", body), content_type)

    def message(self, text: str | bytes, content_type: str = "text/plain") -> Outcome:
        """Send an instant message in the dialog (RFC 3428); gives the 2xx, or `CallFailed`."""
        return self._say("MESSAGE", (), octets("text", text), content_type)

    def _say(self, method: str, fields: Fields, body: bytes, content_type: str) -> Outcome:
        if self.dialog_now is None or self.state not in ("ringing", "answered"):
            raise UsageError(f"call.{method.lower()}(): the call is {self.state}; there is no dialog")
        with self.agent.acting(f"call.{method.lower()}()"):
            return InDialog(self, method, fields, body, content_type if body else "").outcome

    def replacement(self, *, early_only: bool = False) -> Replaces:
        """What a call to our peer has to say to take the place of this one: `phone.call(..., replaces=)` (RFC 3891)."""
        dialog = self.dialog_now
        if dialog is None:
            raise UsageError(f"call.replacement(): the call is {self.state}; there is no dialog")
        return Replaces(dialog.call_id, dialog.remote_tag, dialog.local_tag, early_only)

    def transfer(self, to: Any, *, leaves: str = "done") -> Referral:
        """Ask the peer to call somebody else instead, by REFER: a blind transfer (RFC 3515, RFC 5359 §2.4).

        `to` is a URI or a user agent. `leaves` says when this call is hung up: "at once", "done" (when the other one is
        answered) or "never". Gives the `Referral`, whose `done` tells how it went.
        """
        return self.agent.refer_in(self, to, leaves)  # type: ignore[attr-defined,no-any-return]

    def transfer_to(self, other: Call, *, leaves: str = "done") -> Referral:
        """Ask the peer to take our place in another call of ours: an attended transfer (RFC 3891, RFC 5359 §2.5)."""
        if not isinstance(other, Call) or other is self:
            raise UsageError(f"other: {other!r} is no other call")
        dialog = other.dialog_now
        if dialog is None:
            raise UsageError(f"call.transfer_to(): the other call is {other.state}; there is no dialog")
        return self.transfer(replacing(dialog.remote_target, other.replacement()), leaves=leaves)

    def because(self, reason: str | int | None) -> None:
        """Say so in the CANCEL or BYE that is sent next."""
        if reason is not None:
            text = reason if isinstance(reason, str) else f"SIP;cause={reason}"
            try:
                Parameterised.parse(text)
            except SipParseError as error:
                raise UsageError(f"reason: {reason!r} is no Reason value ({error.reason})") from None
            self._because = (("Reason", text),)

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
            if "reason" in request.names:
                self.reasons = request.reasons
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
        elif request.method == "INFO":
            self._on_info(exchange, request)
        else:
            self.agent.serve(exchange, request)

    def _on_info(self, exchange: Exchange, request: Request) -> None:
        """Take note of an INFO whose package we know, or which has none (RFC 6086 §4.2.2)."""
        agent = self.agent
        package = request.info_package.value if "info-package" in request.names and request.info_package else None
        if package is not None and package not in (agent.info_packages or ()):
            known = ("Recv-Info", ", ".join(agent.info_packages or ()))
            refuse(agent, exchange, refusal(469, f"no package {package} here", known, rfc="RFC 6086 §4.2.2"))
            return
        agent.reply(exchange, 200)
        came = Info(package, request.body, str(request.content_type or ""))
        self.infos = (*self.infos, came)
        if came.content_type.startswith(RELAY) and (key := key_in(came.body)):
            self.heard_key(key, "info")
        if agent.on_info is not None:
            agent.on_info(self, came)

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
        request = dialog.request("BYE", via=self.agent.new_via(), headers=self._because)
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
            agent.past.append(self.dialog.key)
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
