"""CSIPSubscribeDialogAssoc: a subscription, refreshed by the stack where wished."""

from __future__ import annotations

from typing import Any

from sipsim.apis.symbian.client_transaction import CSIPClientTransaction
from sipsim.apis.symbian.dialog import CSIPDialog
from sipsim.apis.symbian.dialog_assoc_base import CSIPDialogAssocBase
from sipsim.apis.symbian.errors import KErrArgument, KErrSIPRequestPending, KErrSIPTerminatedWithResponse, Leave, expect
from sipsim.apis.symbian.message_elements import CSIPMessageElements, elements_of
from sipsim.apis.symbian.refresh import CSIPRefresh
from sipsim.message.message import Request, Response


class CSIPSubscribeDialogAssoc(CSIPDialogAssocBase):
    """SUBSCRIBE to an event package, `aEvent` (the original's CSIPSubscribeDialogAssoc).

    Arguments are those of an association, then `aEvent`, the name of the package.
    """

    method = "SUBSCRIBE"

    def __init__(self, aOwner: Any, *aMore: Any, aEvent: str = "presence", **options: Any) -> None:
        expect("aEvent", aEvent, str)
        super().__init__(aOwner, *aMore, **options)
        self.event = aEvent
        self.refresh: CSIPRefresh | None = None
        self._waiting: CSIPClientTransaction | None = None
        self._expires: int | None = None

    def SIPRefresh(self) -> CSIPRefresh | None:
        """The refresh of this subscription; None without one."""
        self.usable()
        return self.refresh

    def SendSubscribeL(
        self, aElements: CSIPMessageElements | None = None, aRefresh: CSIPRefresh | None = None, aExpires: int = 3600
    ) -> CSIPClientTransaction:  # fmt: skip
        """Subscribe for `aExpires` seconds; with `aRefresh` the stack renews the subscription."""
        self.reachable()
        elements = elements_of(aElements)
        expect("aExpires", aExpires, int)
        expect("aRefresh", aRefresh, CSIPRefresh, type(None))
        if not 1 <= aExpires < 2**32:
            raise Leave(KErrArgument, f"aExpires: {aExpires!r}; to end a subscription, call SendUnsubscribeL")
        if self._waiting is not None and self._waiting.status < 200 and not self._waiting.error:
            raise Leave(KErrSIPRequestPending, "a SUBSCRIBE is under way")
        if aRefresh is not None:
            aRefresh.serve(self, self.connection)
            self.refresh = aRefresh
        return self._hand_over("SendSubscribeL", elements, aExpires)

    def SendUnsubscribeL(self, aElements: CSIPMessageElements | None = None) -> CSIPClientTransaction:
        """End the subscription: a SUBSCRIBE with Expires 0, as SIP has no method UNSUBSCRIBE (RFC 6665 §4.1.2.3)."""
        self.reachable()
        elements = elements_of(aElements)
        if self.refresh is not None:
            self.refresh.end()
        return self._hand_over("SendUnsubscribeL", elements, 0)

    SendSubscribe, SendUnsubscribe, send_unsubscribe = SendSubscribeL, SendUnsubscribeL, SendUnsubscribeL

    def _hand_over(self, name: str, elements: CSIPMessageElements, expires: int) -> CSIPClientTransaction:
        with self.stack.lane.calling(name):
            self._waiting = transaction = self.connection.new_transaction("SUBSCRIBE", self, self.target, elements)
            transaction.refresh = self.refresh
            self._expires = expires
            self.stack.soon(self.first, transaction, elements, *self._fields(expires))
            return transaction

    def _fields(self, expires: int) -> tuple[tuple[str, str], ...]:
        return ("Event", self.event), ("Expires", str(expires))

    def again(self, expires: int | None = None) -> CSIPClientTransaction:
        """Renew it, for its refresh."""
        transaction = self.connection.new_transaction("SUBSCRIBE", self)
        fields = self._fields(self._expires or 3600 if expires is None else expires)
        self.stack.soon(self.first, transaction, CSIPMessageElements(), *fields)
        return transaction

    def answered(self, transaction: CSIPClientTransaction, response: Response) -> None:
        """Tell of a response; of those to refreshes only the one that ends the subscription."""
        status = response.status
        if 200 <= status < 300:
            if self.dialog.talk is None and response.to_tag and transaction.exchange is not None:
                self.dialog.of_client(transaction.exchange.request, response)
            self.dialog.state(CSIPDialog.EConfirmed)
            if self.refresh is not None:
                self.refresh.granted(transaction, response)
        elif status >= 300:
            if self.refresh is not None:
                self.refresh.broken(transaction)
            if status == 481 or self.dialog.talk is None:
                self.dialog.over(self)
        if not transaction.periodic:
            self.connection.respond(transaction, response, self)
            return
        transaction.hold(response)
        if status >= 300:
            self.connection.tell("ErrorOccured", KErrSIPTerminatedWithResponse, self)

    def failed(self, transaction: CSIPClientTransaction, error: int) -> None:
        """Tell of a failure."""
        if self.refresh is not None:
            self.refresh.broken(transaction)
        if transaction.periodic:
            self.connection.pending.pop(transaction, None)
            self.connection.tell("ErrorOccured", error, self)
        else:
            super().failed(transaction, error)

    def hears(self, notify: Request) -> bool:
        """Whether a NOTIFY is of this package."""
        return notify.event is not None and notify.event.value == self.event

    def stop(self) -> None:
        """Refresh it no more."""
        if self.refresh is not None:
            self.refresh.end()
