"""CSIPReferDialogAssoc: asking the other end to send a request to somebody else."""

from __future__ import annotations

from typing import Any

from sipsim.apis.symbian.client_transaction import CSIPClientTransaction
from sipsim.apis.symbian.dialog import CSIPDialog
from sipsim.apis.symbian.dialog_assoc_base import CSIPDialogAssocBase
from sipsim.apis.symbian.message_elements import CSIPMessageElements, elements_of, sip_uri
from sipsim.message.message import Request, Response


class CSIPReferDialogAssoc(CSIPDialogAssocBase):
    """REFER (RFC 3515); the application says where to, `aReferTo` (the original's CSIPReferDialogAssoc)."""

    method = "REFER"

    def __init__(self, aOwner: Any, *aMore: Any, aReferTo: str, **options: Any) -> None:
        self.refer_to = sip_uri(aReferTo)
        super().__init__(aOwner, *aMore, **options)

    def SendReferL(self, aElements: CSIPMessageElements | None = None) -> CSIPClientTransaction:
        """Send it; how it comes out arrives in NOTIFYs."""
        self.reachable()
        elements = elements_of(aElements)
        with self.stack.lane.calling("SendReferL", str(self.refer_to)):
            transaction = self.connection.new_transaction("REFER", self, self.target, elements)
            self.stack.soon(self.first, transaction, elements, ("Refer-To", f"<{self.refer_to}>"))
            return transaction

    SendRefer = SendReferL

    def hears(self, notify: Request) -> bool:
        """Whether a NOTIFY tells what became of a reference."""
        return notify.event is not None and notify.event.value == "refer"

    def answered(self, transaction: CSIPClientTransaction, response: Response) -> None:
        """A 2xx makes the dialog where there was none."""
        if 200 <= response.status < 300 and transaction.method == "REFER":
            if self.dialog.talk is None and response.to_tag and transaction.exchange is not None:
                self.dialog.of_client(transaction.exchange.request, response)
            self.dialog.state(CSIPDialog.EConfirmed)
        elif response.status >= 300 and self.dialog.talk is None:
            self.dialog.end()
        self.connection.respond(transaction, response, self)
