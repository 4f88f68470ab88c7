"""A request that was sent, with the latest response to it; an INVITE can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sipsim.apis.symbian.errors import KErrSIPInvalidTransactionState, Leave
from sipsim.apis.symbian.lifetime import MAKER
from sipsim.apis.symbian.message_elements import CSIPMessageElements, CSIPRequestElements
from sipsim.apis.symbian.transaction_base import CSIPTransactionBase, TransactionState
from sipsim.message import build

if TYPE_CHECKING:
    from sipsim.apis.symbian.sending import Handler
    from sipsim.apis.symbian.stack import Stack


class CSIPClientTransaction(CSIPTransactionBase):
    """A client transaction (the original's CSIPClientTransaction)."""

    def __init__(self, maker: object, stack: Stack, method: str, handler: Handler, connection: Any) -> None:
        super().__init__(maker, stack, method, connection)
        self.handler = handler
        self.completed = False  # no response can come any more
        self.cancelled = False
        self.refresh: Any = None
        self.periodic = False  # sent by the stack, to refresh
        self._elements: CSIPRequestElements | None = None

    def take(self, elements: CSIPRequestElements) -> None:
        """Hold the request until it is handed over."""
        self._elements = elements

    def handed_over(self) -> None:
        """The server side has it now."""
        self._elements = None

    def RequestElements(self) -> CSIPRequestElements | None:
        """The request, until the server side of the stack has it; then None."""
        self.usable()
        return self._elements

    def CancelAllowed(self) -> bool:
        """Whether `CancelL` may be called now: of an INVITE in the state EProceeding (RFC 3261 §9.1)."""
        self.usable()
        return self.method == "INVITE" and self.State() is TransactionState.EProceeding and not self.cancelled

    def CancelL(self, aElements: CSIPMessageElements | None = None) -> CSIPClientTransaction:
        """Send a CANCEL, and give its transaction.

        Leaves with KErrSIPInvalidTransactionState for any request but INVITE, and before a provisional response.
        """
        self.reachable()
        with self.stack.lane.calling("CancelL"):
            if not self.CancelAllowed():
                text = f"{self.method} in {self.State().name}: only an INVITE in EProceeding, once (RFC 3261 §9.1)"
                raise Leave(KErrSIPInvalidTransactionState, text)
            self.cancelled = True
            transaction = CSIPClientTransaction(MAKER, self.stack, "CANCEL", self.handler, self.connection)
            self.stack.soon(self._cancel, transaction, () if aElements is None else aElements.UserHeaders())
            return transaction

    Cancel = CancelL

    def _cancel(self, transaction: CSIPClientTransaction, headers: Any) -> None:
        exchange = self.exchange
        if exchange is None or exchange.state != "proceeding":
            return
        transaction.handler.send(transaction, build.cancel(exchange.request, headers), exchange.remote)
        exchange.end_within(self.stack.timing.limit)

    def Refresh(self) -> Any:
        """The refresh that this is sent for; None without one."""
        self.usable()
        return self.refresh

    @property
    def deletable(self) -> bool:
        """After its final response; an INVITE that was accepted only when no more can come, or after an error."""
        if self.error or self.completed:
            return True
        return self.status >= (300 if self.method == "INVITE" else 200)
