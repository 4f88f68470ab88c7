"""REFER, from both sides: asking somebody to call somebody else, and doing so for others (RFC 3515).

An accepted REFER makes a subscription without SUBSCRIBE; its NOTIFYs tell, as status lines, how the call gets on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sipsim.elements.calls.outgoing_call import OutgoingCall
from sipsim.elements.events.notifier import Package, Watch
from sipsim.elements.events.subscription import End, Notice, Subscription
from sipsim.elements.exchange import Exchange
from sipsim.elements.outcome import Outcome
from sipsim.elements.refusing import refuse, rejection
from sipsim.elements.story import Story, told
from sipsim.errors import CallFailed
from sipsim.message import build
from sipsim.message.message import Request, Response
from sipsim.message.rare_fields import Parameterised
from sipsim.message.sipfrag import Fragment
from sipsim.message.uri import Uri
from sipsim.protocol.dialog import Dialog, target_of
from sipsim.protocol.inspection import Refusal
from sipsim.protocol.referring import (
    LASTS,
    NO_CONTACT,
    asking,
    call_fields,
    refer_event,
    reference_in,
    wants_no_subscription,
)
from sipsim.protocol.refreshing import RefreshPolicy
from sipsim.protocol.subscription import Standing

if TYPE_CHECKING:
    from sipsim.elements.calls.call import Call
    from sipsim.elements.events.events import Events


class Referral(Subscription):
    """A REFER of ours, and what is told of it.

    `accepted` gives the referral when the REFER has its 2xx, or `CallFailed`; `done` gives it when the call that was
    asked for is answered, or `CallFailed` with its status. `statuses` are those told so far, the last one in `status`;
    `number` is the CSeq of the REFER.
    `leaves` says when the call in which it was sent is hung up: "at once" (with the first NOTIFY), "done" (when the
    other call is answered) or "never".
    """

    def __init__(
        self, events: Events, peer: Uri, to: Uri, *, subscribes: bool = True, call: Call | None = None,
        leaves: str = "never",
    ) -> None:  # fmt: skip
        super().__init__(events, peer, refer_event(), LASTS, RefreshPolicy())
        self.to = to
        self.call = call
        self.statuses: list[int] = []
        self._subscribes = subscribes
        self._leaves = leaves
        self._fields_of_refer = asking(to, events.agent.uri, subscribes)
        self._send()

    @property
    def status(self) -> int:
        """The last status that was told, 0 before there is one."""
        return self.statuses[-1] if self.statuses else 0

    @property
    def accepted(self) -> Outcome:
        """The REFER has its 2xx; gives the referral, or `CallFailed`."""
        return self.outcome("accepted", f"the REFER of {self.agent.name} being accepted")

    @property
    def done(self) -> Outcome:
        """The call that was asked for is answered; gives the referral, or `CallFailed`."""
        return self.outcome("done", f"the call that {self.agent.name} asked for by REFER")

    def matches(self, event: Parameterised) -> bool:
        """Of the first REFER in a dialog the id may be missing (RFC 3515 §2.4.6)."""
        id = event.param("id")
        return event.value == "refer" and (id == str(self.number) or (id is None and self._is_first))

    def _send(self) -> None:
        agent = self.agent
        dialog = self.call.dialog_now if self.call is not None else None
        if dialog is None:
            self.number, self._is_first = 1, True
            self.begin("REFER", self._fields_of_refer)
            return
        request = dialog.request("REFER", via=agent.new_via(), contact=agent.contact, headers=self._fields_of_refer)
        self.number, self._is_first = request.cseq.number, self.events.is_first(dialog)
        self.event = refer_event(None if self._is_first else self.number)
        self.call_id, self.from_tag = dialog.call_id, dialog.local_tag
        self._live(f" refer {self.number}")
        self.expect(dialog)
        agent.request(request, dialog.next_hop, self)

    def next_number(self, request: Request) -> int:
        self.number = super().next_number(request)
        return self.number

    def _accepted(self, request: Request, response: Response) -> None:
        if request.method != "REFER":
            super()._accepted(request, response)
            return
        self.settle("accepted")
        if wants_no_subscription(response):
            self.life.feed("SUBSCRIBE refused")
            self._over(End("the REFER was accepted, and nothing will be told of it"))

    def take(self, standing: Standing, notice: Notice) -> None:
        self.settle("accepted")
        if isinstance(notice.value, Fragment):
            self.statuses.append(notice.value.status)
        final = self.status >= 200 or standing.state == "terminated"
        if final and 200 <= self.status < 300:
            self.settle("done")
        elif final:
            self.settle("done", error=CallFailed(self.status or 480, "what was asked for by REFER has failed"))
        super().take(standing, notice)
        self._leave_call(200 <= self.status < 300)

    def _leave_call(self, is_done: bool) -> None:
        call = self.call
        if (
            call is not None
            and call.state == "answered"
            and (self._leaves == "at once" or (self._leaves == "done" and is_done))
        ):
            call.hang_up()

    def _over(self, end: End, error: CallFailed | None = None) -> None:
        failed = error or CallFailed(487, end.why)
        self.settle("accepted", error=failed)
        self.settle("done", error=failed)
        super()._over(end, error)


class Reference:
    """A REFER that came, for the user to decide about: `phone.on_refer = f` gets it.

    `to` is who is to be called, `by` who asks (as they say). `follow()` does it, `accept()` says that something will be
    done, and `tell(status)` what came of that; `reject(status)` refuses.
    """

    def __init__(self, events: Events, exchange: Exchange, to: Uri, dialog: Dialog | None) -> None:
        self.agent = events.agent
        self.request = exchange.request
        self.to = to
        self.by = str(exchange.request.from_.uri)
        self.open = True
        self._events = events
        self._exchange = exchange
        self._dialog = dialog
        self._watch: Watch | None = None

    def accept(self) -> None:
        """Say 202, and tell from then on how it goes (RFC 3515 §2.4.4)."""
        if not self.open:
            return
        self.open = False
        agent, request = self.agent, self.request
        tag = None if self._dialog is not None else agent.identifiers.tag(agent.name)
        quiet = wants_no_subscription(request)
        fields = (("Refer-Sub", "false"),) if quiet else ()
        reply = build.reply(request, 202, to_tag=tag, contact=agent.contact, headers=fields)
        if quiet:
            self._exchange.respond(reply)
            return
        dialog = self._dialog or Dialog.of_server(request, tag or "")
        number = None if self._events.is_first(dialog) else request.cseq.number
        package = Package("refer", lambda resource, told: None, longest=LASTS)
        self._watch = Watch(self._events.notifier, package, refer_event(number), str(self.to), dialog)
        self._exchange.respond(reply)
        self._watch.begin(LASTS, "active", Fragment(100).body)

    def reject(self, status: int = 603) -> None:
        """Refuse, with a status from 300 to 699."""
        if self.open:
            self.open = False
            refuse(self.agent, self._exchange, rejection(self.agent.host_port, status))

    def follow(self) -> None:
        """Accept, call whom it speaks of, and tell what came of it."""
        if self.open:
            self.accept()
            agent = self.agent
            agent.env.process(told(agent.bench, f"{agent.name}, referred", self._follow()))

    def tell(self, status: int) -> None:
        """Tell how it goes: a provisional status, or the final one, which ends the matter (RFC 3515 §2.4.5)."""
        if self._watch is None:
            return
        if status < 200:
            self._watch.notify(Fragment(status).body)
        else:
            self._watch.finish(Fragment(status).body)

    def _follow(self) -> Story:
        status = 200
        try:
            with self.agent.acting(f"{self.agent.name} follows a REFER"):
                call = OutgoingCall(self.agent, self.to, headers=call_fields(self.request, self.to))
                self.agent.began(call)
            yield call.answered
        except CallFailed as failure:
            status = failure.status
        self.tell(status)


def refer_to_us(events: Events, exchange: Exchange, request: Request, dialog: Dialog | None) -> None:
    """Answer a REFER: the user decides, or it is followed."""
    agent = events.agent
    found = reference_in(request)
    if not isinstance(found, Refusal) and target_of(request) is None:
        found = NO_CONTACT
    if isinstance(found, Refusal):
        refuse(agent, exchange, found)
        return
    reference = Reference(events, exchange, found, dialog)
    if agent.on_refer is None:
        reference.follow()
    else:
        agent._react("on_refer", agent.on_refer, reference, reference.reject)
        reference.accept()
