"""A request that arrived, and the application's answer to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sipsim.apis.symbian.errors import KErrSIPInvalidDialogState, KErrSIPInvalidTransactionState, Leave
from sipsim.apis.symbian.lifetime import made_by_the_api
from sipsim.apis.symbian.message_elements import CSIPRequestElements, CSIPResponseElements
from sipsim.apis.symbian.transaction_base import CSIPTransactionBase, TransactionState
from sipsim.message import build
from sipsim.message.message import Request, Response

if TYPE_CHECKING:
    from sipsim.apis.symbian.stack import Stack
    from sipsim.elements.exchange import Exchange

MAKE_A_DIALOG = frozenset(("INVITE", "SUBSCRIBE", "REFER"))
"""The methods whose 2xx makes a dialog, or a usage of one."""


class CSIPServerTransaction(CSIPTransactionBase):
    """A server transaction; an ACK is one without a response (the original's CSIPServerTransaction)."""

    def __init__(
        self, maker: object, stack: Stack, request: Request, exchange: Exchange | None, connection: Any
    ) -> None:  # fmt: skip
        made_by_the_api(maker, self)
        super().__init__(maker, stack, request.method, connection)
        self.exchange = exchange
        self.request = request
        self.tag = ""
        self.dialog: Any = None
        self.over = exchange is None
        self.alarm: Any = None
        self._elements = CSIPRequestElements.of(request)

    def RequestElements(self) -> CSIPRequestElements:
        """The request."""
        self.usable()
        return self._elements

    def ResponseAllowed(self) -> bool:
        """Whether a response may be sent now; never to an ACK."""
        self.usable()
        return self.exchange is not None and not self.over and self.status < 200 and not self.error

    def SendResponseL(self, aElements: CSIPResponseElements) -> None:
        """Hand a response over, to be sent.

        Leaves with KErrSIPInvalidTransactionState once a final one was sent, and KErrSIPInvalidDialogState for what
        would make a dialog without an association.
        """
        self.reachable()
        with self.stack.lane.calling("SendResponseL", aElements.StatusCode()):
            if not self.ResponseAllowed():
                raise Leave(KErrSIPInvalidTransactionState, f"{self} takes no response any more")
            self._check(aElements.StatusCode())
            self.status = aElements.StatusCode()
            self.over = self.method == "INVITE" and 200 <= self.status < 300
            self._response = aElements
            self.stack.soon(self._send, self._answer(aElements))

    SendResponse = SendResponseL

    def _check(self, status: int) -> None:
        makes = self.method in MAKE_A_DIALOG and 200 <= status < 300
        if makes and self.dialog is None and not self.request.to_tag:
            raise Leave(KErrSIPInvalidDialogState, f"{status} to {self.method} makes a dialog: create an association")

    def _answer(self, elements: CSIPResponseElements) -> Response:
        if not self.request.to_tag:
            self.tag = self.tag or self.stack.identifiers.tag(self.stack.name)
        said = elements.MessageElements()
        contact = self.stack.contact if self.dialog is not None or self.request.to_tag else None
        return build.reply(
            self.request, elements.StatusCode(), elements.ReasonPhrase(), to_tag=self.tag or None, contact=contact,
            headers=said.UserHeaders(), body=said.Content(), content_type=said.ContentType() or None,
        )  # fmt: skip

    def _send(self, response: Response) -> None:
        exchange = self.exchange
        if exchange is None or exchange.state not in ("trying", "proceeding"):
            return  # a CANCEL was faster
        if response.status >= 200:
            self.in_time()
        if self.dialog is not None:
            self.dialog.answering(self, exchange, response)
        else:
            exchange.respond(response)

    def in_time(self) -> None:
        """Wait for the application no longer."""
        if self.alarm is not None:
            self.alarm.cancel()
            self.alarm = None

    @property
    def deletable(self) -> bool:
        """After a final response (S2), an error, or at once where none is to be sent."""
        return self.over or bool(self.error) or self.status >= 200 or self.State() is TransactionState.ETerminated
