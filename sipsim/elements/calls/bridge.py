"""A call through a back-to-back user agent: two dialogs, what comes in one goes on in the other (RFC 7092 §3.1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sipsim.elements.calls.acceptance import Acceptance
from sipsim.elements.calls.onward import across, declining, onward
from sipsim.elements.calls.reliable_ringing import ReliableRinging
from sipsim.elements.calls.session import SDP, description_in
from sipsim.elements.exchange import Exchange, Unheard
from sipsim.elements.refusing import refuse
from sipsim.message import build
from sipsim.message.message import Message, Request, Response
from sipsim.message.uri import Uri
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.glare import GLARE, offers_cross, put_off
from sipsim.protocol.inspection import OUT_OF_ORDER, Fields, Refusal, refusal
from sipsim.protocol.reliable import UNMATCHED, is_reliable, what_is_acknowledged
from sipsim.protocol.routing import TOO_FAR

if TYPE_CHECKING:
    from sipsim.elements.servers.b2bua import B2bua


class Leg:
    """One of a call's two dialogs, from the middle; `other` is the opposite one.

    `invite` is the INVITE that is under way in both of them, if one is, until its ACK; `update` is such an UPDATE with
    an offer. `accepted` is the last 2xx that we sent in this dialog, `said` the last description. What the other side
    has said reliably is in `_rang`, what of it has no PRACK in `_waiting`; its BYE before the ACK here is in `_held`.
    """

    other: Leg
    invite: PassingInvite | None = None
    update: PassingUpdate | None = None
    accepted: Acceptance | None = None
    said = b""
    _ringing: ReliableRinging | None = None

    def __init__(self, b2bua: B2bua, dialog: Dialog) -> None:
        self.b2bua = b2bua
        self.dialog = dialog
        self._rang: list[tuple[str | None, int | None]] = []
        self._waiting: list[Response] = []
        self._held: list[tuple[Exchange, Request]] = []
        b2bua.legs[dialog.key] = self

    # What arrives

    def on_request(self, exchange: Exchange, request: Request) -> None:
        """A request in the dialog: refused here where it breaks the dialog's own rules, else it goes on."""
        b2bua, far, fields, is_bye = self.b2bua, self.other, cast(Fields, ()), request.method == "BYE"
        if request.method == "PRACK":
            fields = self._acknowledged_by(request)
        if not self.dialog.accepts(request):
            refuse(b2bua, exchange, OUT_OF_ORDER)
        elif request.max_forwards == 0:
            refuse(b2bua, exchange, TOO_FAR)
        elif request.method == "PRACK" and not fields:
            refuse(b2bua, exchange, UNMATCHED)
        elif is_bye and far.accepted is not None and far.accepted.waits:  # not before its ACK (§15)
            far._held.append((exchange, request))
        elif (refused := self._at_a_bad_time(request)) is not None:
            refuse(b2bua, exchange, refused)
        else:
            if is_bye and self.invite is not None:
                self.invite.settle()
            far.note(request)
            kind_of(request)(b2bua, exchange, onward(b2bua, far.dialog, request, fields), far.dialog.next_hop, self)

    def _at_a_bad_time(self, request: Request) -> Refusal | None:
        """Why an offer has to wait: one before it has no answer yet (§14.2, RFC 3311 §5.2, RFC 3264 §4)."""
        invite, is_invite = self.invite, request.method == "INVITE"
        before = self.update if invite is None or (invite.first and not is_invite) else invite
        if before is None or not (is_invite or (request.method == "UPDATE" and request.body)):
            return None
        if before.leg is self and before.is_open:
            dice = self.b2bua.bench.streams.get(f"glare/{self.b2bua.name}").random
            return put_off(dice) if is_invite else put_off(dice, "RFC 3311 §5.2")
        return GLARE if is_invite else offers_cross()

    def note(self, message: Message) -> None:
        """The description that goes on into this dialog with a message, if one does."""
        if message.body:
            self.said = description_in(message) or self.said

    def ring(self, passing: PassingInvite, theirs: Response, response: Response) -> None:
        """Pass on a response that has to arrive, with a number of ours and repeated by us (RFC 3262 §3)."""
        if (known := (theirs.to_tag, theirs.rseq)) not in self._rang:
            self._rang.append(known)
            self._waiting.append(theirs)
            self._ringing = self._ringing or ReliableRinging(self.b2bua, passing.server, passing.cancel)
            self._ringing.say(response)

    def _acknowledged_by(self, prack: Request) -> Fields:
        """The RAck of the other side for a PRACK of this one, nothing where none waits for it (RFC 3262 §7.2)."""
        if self._ringing is None or self._ringing.acknowledged(prack) is None:
            return ()
        self._ringing.go_on()
        return what_is_acknowledged(self._waiting.pop(0))

    def release(self) -> None:
        """The ACK for our 2xx has come, and with it the time of a BYE of the other side that came before it."""
        while self._held:
            self.other.on_request(*self._held.pop(0))

    def unheard(self) -> None:
        """64*T1 without that ACK: nobody is there any more, and both dialogs end."""
        if self.invite is not None:
            self.invite.settle()
        for dialog in (self.other.dialog, self.dialog):
            self.b2bua.request(dialog.request("BYE", via=self.b2bua.new_via()), dialog.next_hop, Unheard())
        self.close()

    def meet(self, dialog: Dialog) -> None:
        """Another phone rings, or it is another one that answers: from now on this is the dialog with it."""
        if dialog.remote_tag == self.dialog.remote_tag:
            self.dialog.route_set = dialog.route_set
            return
        self.b2bua.legs.pop(self.dialog.key, None)
        self.dialog = dialog
        self.b2bua.legs[dialog.key] = self

    def close(self) -> None:
        """Both dialogs are no more, nor is an INVITE that is still under way (§15.1.2)."""
        if self.invite is not None:
            self.invite.settle()
            self.invite.cancel(at_once=True)
        for side in (self, self.other):
            side.forget()
            self.b2bua.legs.pop(side.dialog.key, None)
            while side._held:
                self.b2bua.reply(side._held.pop()[0], 200)

    def forget(self) -> None:
        """Stop what would still happen by itself."""
        for waits in (self.accepted, self._ringing):
            if waits is not None:
                waits.stop()


class Passing:
    """A request that came on one side and has gone out on the other; what is answered goes the other way.

    `leg` is the dialog that it came in, None for a first request.
    """

    def __init__(self, b2bua: B2bua, server: Exchange, request: Request, hop: Uri, leg: Leg | None = None) -> None:
        self.b2bua = b2bua
        self.server = server
        self.leg = leg
        self.tag = server.request.to_tag or b2bua.identifiers.tag(b2bua.name)
        self.client = b2bua.request(request, hop, self)

    @property
    def is_open(self) -> bool:
        """Whether it has no final response yet."""
        return self.server.state in ("trying", "proceeding")

    def on_response(self, exchange: Exchange, response: Response) -> None:
        status = response.status
        if status > 100 and self.is_open:
            if self.leg is not None and 200 <= status < 300:  # both ends may be elsewhere now (§12.2.1.2, §12.2.2)
                self.leg.dialog.refresh(self.server.request)
                self.leg.other.dialog.refresh(response)
            self.answer(self._back(response))
        if status >= 200:
            self._over(status)

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        """No answer: the sender hears of it, where it is not too late for that; 500, for it is not us who is away."""
        status, method = 408 if reason == "timeout" else 500, self.server.request.method
        if method == "BYE":  # it ends the dialog here in any case (§15.1.2)
            self.b2bua.reply(self.server, 200)
        elif status == 408 and method != "INVITE":
            self.b2bua.ignored("no answer in time, and none is given", "RFC 4320 §4.2")
            self.b2bua.forget(self.server)
        elif self.is_open:
            refuse(self.b2bua, self.server, refusal(status, f"no answer of the other side: {reason}"), self.tag)
        self._over(status)

    def answer(self, response: Response) -> None:
        """Send a response of the other side."""
        if self.leg is not None:
            self.leg.note(response)
        self.server.respond(response)

    def _over(self, status: int) -> None:
        """A final response has come, or won't: a BYE ends both dialogs then, whatever it says (§15.1.1)."""
        if self.leg is not None and self.server.request.method == "BYE":
            self.leg.close()

    def _back(self, response: Response) -> Response:
        """A response as it goes back: with our Contact, but for addresses to try instead, and never as a 503."""
        status, fields, contact = response.status, across(response), None
        if status >= 300:
            fields += tuple([("Contact", value) for value in response.values("Contact")])
        elif "contact" in response.names:
            contact = self.b2bua.contact
        told = (500, None) if status == 503 else (status, response.reason)  # their overload is not ours (§16.7 item 6)
        return build.reply(
            self.server.request, *told, to_tag=self.tag, contact=contact, headers=fields, body=response.body
        )  # fmt: skip


class PassingUpdate(Passing):
    """An UPDATE with an offer on its way: until it has its answer, no other offer passes (RFC 3264 §4)."""

    def __init__(self, b2bua: B2bua, server: Exchange, request: Request, hop: Uri, leg: Leg) -> None:
        leg.update = leg.other.update = self
        super().__init__(b2bua, server, request, hop, leg)

    def _over(self, status: int) -> None:
        assert self.leg is not None
        self.leg.update = self.leg.other.update = None


class PassingInvite(Passing):
    """An INVITE on its way, the `first` one or a change: its provisional responses, its answers, its CANCEL.

    The caller has one dialog, which goes together with that of the phone that was heard last, until one has answered.
    `_acks` are the ACKs that went to the other side, by To tag, `_owed` is a 2xx with an offer, whose ACK has to wait
    for the answer.
    """

    cancelled = False
    _owed: Response | None = None

    def __init__(self, b2bua: B2bua, server: Exchange, request: Request, hop: Uri, leg: Leg | None = None) -> None:
        self.first = leg is None
        self._acks: dict[str, tuple[Request, Uri]] = {}
        b2bua.under_way[server] = self
        server.respond(build.reply(server.request, 100))
        if leg is not None:
            leg.invite = leg.other.invite = self
        super().__init__(b2bua, server, request, hop, leg)

    def cancel(self, because: Fields = (), at_once: bool = False) -> None:
        """The sender takes it back, and so do we; 487 `at_once` unless a session is being changed (§9.2, §15.1.2)."""
        self.client.cancel(because)
        if self.is_open and (self.first or at_once):
            self.cancelled = True
            self.b2bua.reply(self.server, 487, tag=self.tag)

    def on_response(self, exchange: Exchange, response: Response) -> None:
        status, tag, leg = response.status, response.to_tag or "", self.leg
        if self.is_open and status < 300 and (tag or status >= 200):
            leg = self._met(Dialog.of_client(exchange.request, response)) if leg is None or self.first else leg
            if status < 200 and is_reliable(response):
                leg.ring(self, response, self._back(response))
                return
        if self.is_open or status >= 300:
            super().on_response(exchange, response)
        elif tag in self._acks:  # the same 2xx once more (§13.2.2.4)
            self.b2bua.send_outside_transaction(*self._acks[tag])
        elif status >= 200 and (self.cancelled or leg is None or leg.other.dialog.remote_tag != tag):
            self._unwanted(response)

    def answer(self, response: Response) -> None:
        """Acknowledge a 2xx, unless it has an offer: its answer comes with the ACK of our own 2xx (§13.2.2.4)."""
        leg = self.leg
        if leg is None or not 200 <= response.status < 300:
            super().answer(response)
            return
        self.b2bua.under_way.pop(self.server, None)
        leg.forget()
        leg.note(response)
        if self.client.request.body or not response.body:
            self._acknowledge(leg.other.dialog)
        else:
            self._owed = response
        leg.accepted = Acceptance(self.b2bua, self.server, response, self._acknowledged, leg.unheard)
        leg.accepted.start()

    def _acknowledged(self, ack: Request) -> None:
        """The ACK for our 2xx; where that had an offer, the answer goes on with it."""
        leg = cast(Leg, self.leg)
        leg.invite = leg.other.invite = None
        if self._owed is not None:
            leg.other.note(ack)
            self._acknowledge(leg.other.dialog, ack)
        leg.release()

    def settle(self) -> None:
        """The session is over: a 2xx that waits for its ACK gets it, with an answer that takes nothing (§13.2.2.4)."""
        if self._owed is not None:
            self._acknowledge(cast(Leg, self.leg).other.dialog, offer=description_in(self._owed))

    def _acknowledge(self, dialog: Dialog, ack: Request | None = None, offer: bytes = b"") -> None:
        """Send the ACK for a 2xx, the sender's own, if there is one, or one that declines an `offer`."""
        b2bua, number, self._owed = self.b2bua, self.client.request.cseq.number, None
        if ack is not None:
            ack = onward(b2bua, dialog, ack, number=number)
        else:
            body = declining(offer, b"" if self.leg is None else self.leg.other.said, b2bua.address.host)
            kind = SDP if body else None
            ack = dialog.request("ACK", via=b2bua.new_via(), number=number, body=body, content_type=kind)
        self._acks[dialog.remote_tag] = ack, dialog.next_hop
        b2bua.send_outside_transaction(ack, dialog.next_hop)

    def _met(self, theirs: Dialog) -> Leg:
        """The caller's dialog, with the one of the phone that was heard on its other side."""
        b2bua = self.b2bua
        if self.leg is None:
            self.leg = leg = Leg(b2bua, Dialog.of_server(self.server.request, self.tag))
            leg.other = far = Leg(b2bua, theirs)
            far.other, far.invite, leg.invite = leg, self, self
            far.note(self.client.request)
        self.leg.other.meet(theirs)
        return self.leg

    def _unwanted(self, response: Response) -> None:
        """An answer after our CANCEL, or after that of another phone: its session ends at once (§13.2.2.4, §15)."""
        invite = self.client.request
        dialog, b2bua = Dialog.of_client(invite, response), self.b2bua
        if self.leg is not None and self.leg.other.dialog.key == dialog.key:
            dialog = self.leg.other.dialog
        self._acknowledge(dialog, offer=b"" if invite.body else description_in(response))
        if self.first:  # else its BYE is on its way
            b2bua.request(dialog.request("BYE", via=b2bua.new_via()), dialog.next_hop, Unheard())
        if self.cancelled:
            self._over(487)

    def _over(self, status: int) -> None:
        """It was refused: the session is what it was; where there was none, no dialog is left (§12.3)."""
        if status < 300:
            return
        self.b2bua.under_way.pop(self.server, None)
        if self.leg is not None and self.first:
            self.leg.close()
        elif self.leg is not None:
            self.leg.invite = self.leg.other.invite = None


def kind_of(request: Request) -> type[Passing]:
    """How a request passes."""
    if request.method == "UPDATE" and request.body:
        return PassingUpdate
    return PassingInvite if request.method == "INVITE" else Passing
