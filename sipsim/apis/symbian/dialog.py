"""CSIPDialog: what the associations of one dialog share, and where its requests arrive."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, cast

from sipsim.apis.symbian.errors import KErrSIPInvalidDialogState, KErrSIPNoAckReceived, Leave
from sipsim.apis.symbian.lifetime import MAKER, Deletable, made_by_the_api
from sipsim.apis.symbian.message_elements import CSIPMessageElements
from sipsim.apis.symbian.server_transaction import MAKE_A_DIALOG, CSIPServerTransaction
from sipsim.elements.agents.endpoint import Endpoint
from sipsim.elements.calls.acceptance import Acceptance
from sipsim.elements.exchange import Exchange, Unheard
from sipsim.elements.refusing import refuse
from sipsim.message import build
from sipsim.message.message import Request, Response
from sipsim.message.uri import Uri
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.inspection import refusal

if TYPE_CHECKING:
    from sipsim.apis.symbian.connection import CSIPConnection

REFRESH_THE_TARGET = frozenset(("INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"))
GIVEN_UP = refusal(480, "its application has given the dialog up meanwhile", rfc="RFC 3261 §21.4.18")
OUT_OF_ORDER = refusal(500, "its CSeq number is lower than the last one", rfc="RFC 3261 §12.2.2")


class DialogState(IntEnum):
    """States of a dialog, in the numbers of the original."""

    EInit = 0
    EEarly = 1
    EConfirmed = 2
    ETerminated = 3


class CSIPDialog(Deletable):
    """A dialog with the associations that use it (RFC 5057); only the API makes it (the original's CSIPDialog)."""

    TState = DialogState
    EInit, EEarly, EConfirmed, ETerminated = (
        DialogState.EInit,
        DialogState.EEarly,
        DialogState.EConfirmed,
        DialogState.ETerminated,
    )

    def __init__(self, maker: object, connection: CSIPConnection, local: Uri, remote: Uri) -> None:
        made_by_the_api(maker, self)
        stack = connection.stack
        self.connection = connection
        self.stack = stack
        self.local, self.remote = local, remote
        self.local_tag = stack.identifiers.tag(stack.name)
        self.call_id = ""
        self.talk: Dialog | None = None
        self.associations: list[Any] = []
        self._state = DialogState.EInit
        self._acceptance: Acceptance | None = None
        self._answered: CSIPServerTransaction | None = None

    # Asking

    def State(self) -> DialogState:
        """The state it is in."""
        return self._state

    def CallID(self) -> str:
        """The Call-ID; empty until a request is sent."""
        return self.call_id

    def LocalTag(self) -> str:
        """The tag of this side."""
        return self.local_tag

    def RemoteTag(self) -> str:
        """The tag of the other side; empty until it is known."""
        return self.talk.remote_tag if self.talk is not None else ""

    def RemoteURI(self) -> Uri:
        """Who is at the other end."""
        return self.remote

    def DialogAssociations(self) -> tuple[Any, ...]:
        """The associations that use this dialog."""
        return tuple(self.associations)

    # Beginning

    def open(self, call_id: str) -> None:
        """A request without a To tag goes out: whatever answers it makes the dialog."""
        self.call_id = call_id
        self.stack.opening[call_id, self.local_tag] = self

    def of_server(self, transaction: CSIPServerTransaction) -> None:
        """A request that arrived makes it (RFC 3261 §12.1.1)."""
        transaction.tag = self.local_tag
        transaction.dialog = self
        self.stand(Dialog.of_server(transaction.request, self.local_tag))

    def of_client(self, request: Request, response: Response) -> None:
        """A response makes it (§12.1.2)."""
        self.stand(Dialog.of_client(request, response))

    def stand(self, talk: Dialog) -> None:
        """Take its requests from now on."""
        self.talk, self.call_id = talk, talk.call_id
        self.stack.opening.pop((talk.call_id, self.local_tag), None)
        self.stack.dialogs[talk.key] = self
        self.state(DialogState.EEarly)

    def state(self, state: DialogState) -> None:
        """Be in a later state."""
        self._state = max(self._state, state)

    # Sending

    def request(
        self, method: str, elements: CSIPMessageElements, *more: tuple[str, str], number: int | None = None
    ) -> Request:
        """The next request in it; leaves with KErrSIPInvalidDialogState where it does not stand."""
        talk = self.talk
        if talk is None or self._state is DialogState.ETerminated:
            raise Leave(KErrSIPInvalidDialogState, f"the dialog is {self._state.name}")
        return talk.request(
            method, via=self.stack.new_via(), number=number, headers=(*elements.UserHeaders(), *more),
            contact=self.stack.contact if method in REFRESH_THE_TARGET else None, body=elements.Content(),
            content_type=elements.ContentType() or None,
        )  # fmt: skip

    # Receiving

    def requested(self, exchange: Exchange, request: Request) -> None:
        """A request in it."""
        if self.talk is None:
            self.stand(self._of_first_word(request))
        talk = self.talk
        assert talk is not None
        if not talk.accepts(request):
            refuse(self.stack, exchange, OUT_OF_ORDER)
            return
        if request.method in REFRESH_THE_TARGET:
            talk.refresh(request)
        if request.method == "INVITE":
            exchange.respond(build.reply(request, 100))
        if request.method == "NOTIFY":
            self._notified(request)
        stack = self.stack
        transaction = CSIPServerTransaction(MAKER, stack, request, exchange, self.connection)
        transaction.dialog = self
        stack.await_answer(exchange, transaction)
        self.connection.tell("IncomingRequest", transaction, self)

    def _of_first_word(self, notify: Request) -> Dialog:
        """A NOTIFY came before the answer to our SUBSCRIBE (RFC 6665 §4.4.1)."""
        made = Dialog.of_server(notify, self.local_tag)
        made.local = made.local.replace(f";tag={self.local_tag};tag={self.local_tag}", f";tag={self.local_tag}")
        made.local_seq, made.remote_seq = 1, None
        return made

    def _notified(self, notify: Request) -> None:
        self.state(DialogState.EConfirmed)
        state = (notify.header("Subscription-State") or "").partition(";")[0].strip()
        if state == "terminated":
            for association in [one for one in self.associations if one.hears(notify)]:
                association.stop()
                self.over(association)

    def answering(self, transaction: CSIPServerTransaction, exchange: Exchange, response: Response) -> None:
        """Send the application's response to a request that made it, or came in it."""
        method, status = transaction.method, response.status
        accepted = 200 <= status < 300
        if accepted and method in MAKE_A_DIALOG and self._state is DialogState.ETerminated:
            refuse(self.stack, exchange, GIVEN_UP, transaction.tag or None)
            return
        if method == "INVITE" and accepted:
            self.state(DialogState.EConfirmed)
            self._answered = transaction
            agent = cast(Endpoint, self.stack)  # of which it needs the clock
            self._acceptance = Acceptance(agent, exchange, response, self._on_ack, self._unheard)
            self._acceptance.start()
            return
        exchange.respond(response)
        if accepted and method in ("SUBSCRIBE", "REFER"):
            self.state(DialogState.EConfirmed)
        if status >= 300 and not transaction.request.to_tag:
            self.end()
        if method == "BYE" and accepted:
            self.leave("INVITE")

    def acknowledged(self, ack: Request) -> None:
        """An ACK in it."""
        if self._acceptance is not None:
            self._acceptance.on_ack(ack)

    def _on_ack(self, ack: Request) -> None:
        """The ACK comes in a new server transaction."""
        transaction = CSIPServerTransaction(MAKER, self.stack, ack, None, self.connection)
        self.connection.tell("IncomingRequest", transaction, self)

    def _unheard(self) -> None:
        """Nobody acknowledged our 2xx: the call is over, and the peer is told (§13.3.1.4)."""
        transaction = self._answered
        assert transaction is not None and self.talk is not None
        bye = self.request("BYE", CSIPMessageElements())
        self.stack.request(bye, self.talk.next_hop, Unheard())
        transaction.error = KErrSIPNoAckReceived
        self.end()
        self.connection.tell("ErrorOccured", KErrSIPNoAckReceived, transaction, self.association_of("INVITE"))

    # Ending

    def association_of(self, kind: str) -> Any:
        """The association of this type; None where there is none."""
        return next((association for association in self.associations if association.method == kind), None)

    def leave(self, kind: str) -> None:
        """The usages of a kind are over; the last one takes the dialog with it (RFC 5057 §4)."""
        for association in [one for one in self.associations if one.method == kind]:
            self.over(association)

    def over(self, association: Any) -> None:
        """This usage is over."""
        association.over = True
        if all(association.over for association in self.associations):
            self.end()

    def end(self) -> None:
        """It is over."""
        self._state = DialogState.ETerminated
        if self._acceptance is not None:
            self._acceptance.stop()
        self.stack.opening.pop((self.call_id, self.local_tag), None)
        if self.talk is not None:
            self.stack.dialogs.pop(self.talk.key, None)
        for association in self.associations:
            association.stop()
