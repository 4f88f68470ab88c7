"""CSIPInviteDialogAssoc: a session, from INVITE to BYE."""

from __future__ import annotations

from typing import Any

from sipsim.apis.symbian.client_transaction import CSIPClientTransaction
from sipsim.apis.symbian.dialog import CSIPDialog
from sipsim.apis.symbian.dialog_assoc_base import CSIPDialogAssocBase
from sipsim.apis.symbian.errors import (
    KErrAlreadyExists,
    KErrSIPInvalidDialogResponse,
    KErrSIPInvalidDialogState,
    KErrSIPInvalidTransactionState,
    KErrSIPRequestPending,
    Leave,
)
from sipsim.apis.symbian.lifetime import MAKER
from sipsim.apis.symbian.message_elements import CSIPMessageElements, elements_of
from sipsim.message.message import Request, Response
from sipsim.protocol.reliable import what_is_acknowledged


class CSIPInviteDialogAssoc(CSIPDialogAssocBase):
    """INVITE, PRACK, ACK, UPDATE and BYE of a session (the original's CSIPInviteDialogAssoc); one for each dialog.

    The ACK for a 2xx is the application's to send: forgotten, the other end repeats its 2xx and gives up after 32 s.
    """

    method = "INVITE"

    def __init__(self, aOwner: Any, *aMore: Any, **options: Any) -> None:
        if isinstance(aOwner, CSIPDialog) and aOwner.association_of("INVITE") is not None:
            raise Leave(KErrAlreadyExists, "the dialog has its INVITE association already")
        super().__init__(aOwner, *aMore, **options)
        self.inviting: CSIPClientTransaction | None = None
        self.forks: dict[str, CSIPInviteDialogAssoc] = {}
        self.ack: Request | None = None
        self.accepted: Response | None = None
        self.initial: CSIPMessageElements | None = None

    def SendInviteL(self, aElements: CSIPMessageElements | None = None) -> CSIPClientTransaction:
        """Send an INVITE, or in a dialog that stands a re-INVITE; the header fields must be in the elements by now.

        Leaves with KErrSIPRequestPending while another is under way.
        """
        self.reachable()
        elements = elements_of(aElements)
        if self.inviting is not None and not self.inviting.error and self.inviting.status < 200:
            raise Leave(KErrSIPRequestPending, "an INVITE is under way")
        with self.stack.lane.calling("SendInviteL"):
            self.inviting = self.connection.new_transaction("INVITE", self, self.target, elements)
            self.initial = elements
            self.ack = self.accepted = None
            self.stack.soon(self.first, self.inviting, self.initial)
            return self.inviting

    def SendAckL(self, aTransaction: CSIPClientTransaction, aElements: CSIPMessageElements | None = None) -> None:
        """Acknowledge the 2xx; leaves with KErrSIPInvalidTransactionState where there was none."""
        self.reachable()
        aTransaction.usable()
        if self.accepted is None:
            raise Leave(KErrSIPInvalidTransactionState, "no 2xx that an ACK could be for")
        with self.stack.lane.calling("SendAckL", call=self.dialog.call_id):
            number = self.accepted.cseq.number
            more = self.credentials(aTransaction)
            self.ack = self.dialog.request("ACK", elements_of(aElements), *more, number=number)
            self.stack.soon(self._acknowledge)

    def _acknowledge(self) -> None:
        talk = self.dialog.talk
        if talk is not None and self.ack is not None and not self.connection.is_gone:
            self.stack.send_outside_transaction(self.ack, talk.next_hop)

    def SendPRACKL(
        self, aTransaction: CSIPClientTransaction, aElements: CSIPMessageElements | None = None
    ) -> CSIPClientTransaction:  # fmt: skip
        """Acknowledge the latest provisional response of an INVITE, if that is reliable (RFC 3262 §4)."""
        self.reachable()
        held = aTransaction.ResponseElements()
        response = held.response if held is not None else None
        if response is None or response.status >= 200 or response.header("RSeq") is None:
            raise Leave(KErrSIPInvalidTransactionState, "no reliable provisional response to be acknowledged")
        return self.in_dialog("SendPRACKL", "PRACK", aElements, *what_is_acknowledged(response))

    def SendUPDATEL(self, aElements: CSIPMessageElements | None = None) -> CSIPClientTransaction:
        """Change the session without an INVITE (RFC 3311)."""
        return self.in_dialog("SendUPDATEL", "UPDATE", aElements)

    def SendByeL(self, aElements: CSIPMessageElements | None = None) -> CSIPClientTransaction:
        """End the session; leaves with KErrSIPInvalidDialogState before anybody answered."""
        return self.in_dialog("SendByeL", "BYE", aElements)

    def ReuseInitialRequestData(self) -> CSIPInviteDialogAssoc:
        """A new association with the data of this one, whose dialog is over."""
        self.usable()
        dialog = self.dialog
        if dialog.State() is not CSIPDialog.ETerminated:
            raise Leave(KErrSIPInvalidDialogState, "the dialog is not over")
        return CSIPInviteDialogAssoc(self.connection, self.uri or dialog.remote, self.context, aFrom=dialog.local)

    SendInvite, SendAck, SendBye, SendPRACK, SendUPDATE = SendInviteL, SendAckL, SendByeL, SendPRACKL, SendUPDATEL

    # Hearing

    def answered(self, transaction: CSIPClientTransaction, response: Response) -> None:
        """Find the dialog that a response makes or belongs to, and tell of it."""
        if transaction.method != "INVITE":
            if transaction.method == "BYE" and response.status >= 200:
                self.dialog.leave("INVITE")
            self.connection.respond(transaction, response, self)
            return
        association = self
        if 100 < response.status < 300 and response.to_tag:
            association = self._of(transaction, response)
        if response.status >= 300:
            self._refused(transaction)
        elif response.status >= 200 and not association._accepted(transaction, response):
            return
        self.connection.respond(transaction, response, association)

    def _of(self, transaction: CSIPClientTransaction, response: Response) -> CSIPInviteDialogAssoc:
        """The association of the peer that said this: this one, or one of a fork."""
        dialog, tag = self.dialog, response.to_tag or ""
        assert transaction.exchange is not None
        if dialog.talk is None:
            dialog.of_client(transaction.exchange.request, response)
        if dialog.RemoteTag() == tag:
            return self
        if tag not in self.forks:
            forked = CSIPDialog(MAKER, self.connection, dialog.local, dialog.remote)
            forked.local_tag = dialog.local_tag
            forked.of_client(transaction.exchange.request, response)
            self.forks[tag] = CSIPInviteDialogAssoc(forked)
            self.forks[tag].context = self.context
        return self.forks[tag]

    def _accepted(self, transaction: CSIPClientTransaction, response: Response) -> bool:
        """Whether a 2xx is news; the ACK of a repeated one is repeated (§13.2.2.4)."""
        if self.accepted is not None:
            if self.ack is not None:
                self._acknowledge()
            return False
        if not response.to_tag or not response.contacts:
            transaction.error = KErrSIPInvalidDialogResponse
            self.dialog.end()
            self.connection.tell("ErrorOccured", KErrSIPInvalidDialogResponse, transaction, self)
            return False
        self.accepted = response
        if self.dialog.talk is not None:
            self.dialog.talk.refresh(response)
        self.dialog.state(CSIPDialog.EConfirmed)
        if not transaction.over:
            transaction.over = True
            self.stack.alarm("no more responses", self.stack.timing.limit, self._completed, transaction)
        return True

    def _completed(self, transaction: CSIPClientTransaction) -> None:
        """No further fork can answer (§13.2.2.4): the early ones are over."""
        if transaction.completed or self.connection.is_gone:
            return
        transaction.completed = True
        origin: Any = transaction.handler
        for association in (origin, *origin.forks.values()):
            if association.accepted is None:
                association.dialog.end()
        self.connection.tell("InviteCompleted", transaction)

    def _refused(self, transaction: CSIPClientTransaction) -> None:
        transaction.completed = True
        if self.dialog.State() is not CSIPDialog.EConfirmed:
            for association in (self, *self.forks.values()):
                association.dialog.end()
