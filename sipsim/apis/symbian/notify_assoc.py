"""CSIPNotifyDialogAssoc: telling a subscriber of events."""

from __future__ import annotations

from typing import Any

from sipsim.apis.symbian.client_transaction import CSIPClientTransaction
from sipsim.apis.symbian.dialog_assoc_base import CSIPDialogAssocBase
from sipsim.apis.symbian.errors import KErrArgument, Leave, expect
from sipsim.apis.symbian.message_elements import CSIPMessageElements
from sipsim.message.message import Response


class CSIPNotifyDialogAssoc(CSIPDialogAssocBase):
    """NOTIFY with Event and Subscription-State (the original's CSIPNotifyDialogAssoc).

    Made of the server transaction of a SUBSCRIBE or REFER, or in a dialog that stands, with `aEvent`, the package, and
    `aState`, the value of Subscription-State.
    """

    method = "NOTIFY"

    def __init__(self, aOwner: Any, *aMore: Any, aEvent: str, aState: str = "active", **options: Any) -> None:
        expect("aEvent", aEvent, str)
        expect("aState", aState, str)
        super().__init__(aOwner, *aMore, **options)
        self.event = aEvent
        self.SetSubscriptionStateL(aState)

    def SetSubscriptionStateL(self, aState: str) -> None:
        """What the next NOTIFY says of the subscription: active, pending or terminated, with parameters."""
        expect("aState", aState, str)
        if aState.partition(";")[0].strip() not in ("active", "pending", "terminated"):
            raise Leave(KErrArgument, f"aState: {aState!r}; active, pending and terminated are allowed")
        self.state = aState

    def SendNotifyL(self, aElements: CSIPMessageElements | None = None) -> CSIPClientTransaction:
        """Send one."""
        return self.in_dialog(
            "SendNotifyL", "NOTIFY", aElements, ("Event", self.event), ("Subscription-State", self.state)
        )

    SetSubscriptionState, SendNotify = SetSubscriptionStateL, SendNotifyL

    def answered(self, transaction: CSIPClientTransaction, response: Response) -> None:
        """After the last NOTIFY, or a 481, the subscription is over."""
        ended = self.state.partition(";")[0].strip() == "terminated"
        if response.status == 481 or (ended and response.status >= 200):
            self.dialog.over(self)
        self.connection.respond(transaction, response, self)
