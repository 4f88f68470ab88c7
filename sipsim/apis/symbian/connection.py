"""CSIPConnection: an application's sub-session with the server, for one access point."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from sipsim.apis.symbian.client_transaction import CSIPClientTransaction
from sipsim.apis.symbian.csip import CSIP
from sipsim.apis.symbian.errors import (
    NAMES,
    KErrAlreadyExists,
    KErrArgument,
    KErrCouldNotConnect,
    KErrInUse,
    KErrNone,
    KErrNotReady,
    KErrSIPResourceNotAvailable,
    Leave,
    expect,
)
from sipsim.apis.symbian.lifetime import MAKER, Deletable
from sipsim.apis.symbian.message_elements import CSIPMessageElements, CSIPRequestElements
from sipsim.apis.symbian.observers import MSIPConnectionObserver
from sipsim.apis.symbian.sending import Sending
from sipsim.apis.symbian.standalone import StandAlone
from sipsim.message.message import Request, Response
from sipsim.message.uri import Uri
from sipsim.simulation.network import Hop

if TYPE_CHECKING:
    from sipsim.apis.symbian.registration_binding import CSIPRegistrationBinding

NOT_ALONE = frozenset(("ACK", "BYE", "CANCEL", "INVITE", "NOTIFY", "PRACK", "REFER", "REGISTER", "SUBSCRIBE", "UPDATE"))
"""Methods of bindings and dialogs."""


class ConnectionState(IntEnum):
    """States of a connection, in the numbers of the original, which counts from 1 here and from 0 elsewhere."""

    EInit = 1
    EActive = 2
    ESuspended = 3
    EInactive = 4
    EUnavailable = 5


OF_BEARER = {
    "up": ConnectionState.EActive, "suspended": ConnectionState.ESuspended,
    "down": ConnectionState.EInactive,
    "gone": ConnectionState.EUnavailable,
}  # fmt: skip


class CSIPConnection(Deletable):
    """A connection of one application at one access point (the original's CSIPConnection).

    It is EActive once the server has started and the bearer is up; only then requests, registrations and dialogs
    are possible.
    """

    TState = ConnectionState
    EInit, EActive, ESuspended = ConnectionState.EInit, ConnectionState.EActive, ConnectionState.ESuspended
    EInactive, EUnavailable = ConnectionState.EInactive, ConnectionState.EUnavailable

    def __init__(self, aSIP: CSIP, aIapId: int, aObserver: MSIPConnectionObserver) -> None:
        expect("aSIP", aSIP, CSIP)
        expect("aIapId", aIapId, int)
        aSIP.usable()
        if not isinstance(aObserver, MSIPConnectionObserver):
            raise Leave(KErrArgument, "aObserver: an MSIPConnectionObserver is needed")
        self.stack = aSIP.server.stack(aIapId)
        if aIapId in aSIP.connections:
            raise Leave(KErrAlreadyExists, f"there is a connection at access point {aIapId} already")
        self.csip = aSIP
        self.observer = aObserver
        self.bindings: dict[CSIPRegistrationBinding, None] = {}
        self.pending: dict[CSIPClientTransaction, None] = {}
        self.options: dict[object, object] = {}
        self._state = ConnectionState.EInit
        self._error = KErrNone
        self._telling = 0
        with self.stack.lane.calling("CSIPConnection.NewL", aIapId):
            aSIP.connections[aIapId] = self
            self.stack.listeners.append(self)
            self.stack.soon(aSIP.server.when_ready, self.bearer_changed)

    @classmethod
    def NewL(cls, aSIP: CSIP, aIapId: int, aObserver: MSIPConnectionObserver) -> CSIPConnection:
        """Connect; leaves with KErrAlreadyExists where this application has a connection at the access point."""
        return cls(aSIP, aIapId, aObserver)

    # Asking

    def State(self) -> ConnectionState:
        """The state it is in."""
        self.usable()
        return self._state

    def GetConnectionError(self) -> int:
        """Why it is in that state; KErrNone where nothing went wrong."""
        self.usable()
        return self._error

    def IapId(self) -> int:
        """The number of its access point."""
        self.usable()
        return self.stack.iap

    def GetLocalAddr(self) -> str:
        """The address at this access point; leaves unless the connection is active."""
        self.must_be_active()
        return self.stack.address.host

    def FetchRegistrationsL(self) -> tuple[CSIPRegistrationBinding, ...]:
        """The bindings that are active by now."""
        self.usable()
        return tuple([binding for binding in self.bindings if binding.IsContextActive()])

    def SetOptL(self, aOption: object, aValue: object) -> None:
        """Set an option of the socket; needs NetworkControl, Location and ReadDeviceData."""
        self.must_be_active()
        self.csip.permitted("NetworkControl", "Location", "ReadDeviceData")
        expect("aOption", aOption, str, int)
        with self.stack.lane.calling("SetOptL", aOption, aValue):
            self.options[aOption] = aValue

    SetOpt, FetchRegistrations = SetOptL, FetchRegistrationsL

    @property
    def is_gone(self) -> bool:
        """Whether nothing goes by it any more."""
        return self.deleted or self._state in (ConnectionState.EInactive, ConnectionState.EUnavailable)

    def must_be_active(self) -> None:
        """Leave with KErrSIPResourceNotAvailable once it was deleted, with KErrCouldNotConnect unless it is active."""
        if self.deleted or self.csip.deleted:
            raise Leave(KErrSIPResourceNotAvailable, "the connection was deleted")
        if self._state is not ConnectionState.EActive:
            raise Leave(KErrCouldNotConnect, f"the connection is {self._state.name}; EActive is needed")
        self.csip.permitted("NetworkServices")

    # Sending

    def SendRequestL(self, aElements: CSIPRequestElements, *aMore: Any) -> CSIPClientTransaction:
        """Hand over a request outside of dialogs, and give its transaction, before anything is sent.

        Further arguments, in any order: a CSIPRegistrationBinding to send it by, a CSIPRefresh to send it periodically.
        Leaves with KErrArgument for a method of a binding or a dialog.
        """
        self.must_be_active()
        expect("aElements", aElements, CSIPRequestElements)
        aElements.usable()
        method = aElements.Method()
        if not method or method in NOT_ALONE:
            raise Leave(KErrArgument, f"method: {method or 'none'} does not stand alone")
        with self.stack.lane.calling("SendRequestL", method):
            return StandAlone(self, aElements, aMore).begin()

    SendRequest = SendRequestL

    def new_transaction(
        self, method: str, handler: Any, to: Uri | None = None, elements: CSIPMessageElements | None = None
    ) -> CSIPClientTransaction:  # fmt: skip
        """A client transaction of this connection; it holds what the application gave until that is handed over."""
        transaction = CSIPClientTransaction(MAKER, self.stack, method, handler, self)
        if to is not None and elements is not None:
            transaction.take(CSIPRequestElements.to_send(method, to, elements))
        self.pending[transaction] = None
        return transaction

    def send(
        self, transaction: CSIPClientTransaction, request: Request, hop: Uri | Hop, by_proxy: bool = False
    ) -> Sending | None:  # fmt: skip
        """Send a request, unless the connection is gone by now."""
        if self.is_gone or transaction.error:
            return None
        if self._state is ConnectionState.ESuspended:  # since it was handed over, or when it is refreshed
            transaction.handed_over()
            transaction.error = KErrCouldNotConnect
            transaction.handler.failed(transaction, KErrCouldNotConnect)
            return None
        return Sending(transaction, request, hop, by_proxy)

    # Telling

    def tell(self, name: str, *what: Any) -> None:
        """Call the observer; of what the application has deleted it hears no more."""
        if self.deleted or self.csip.deleted or any(isinstance(one, Deletable) and one.deleted for one in what):
            return
        self._telling += 1
        text = ""
        if isinstance(what[0], int):  # a state, or an error
            first = what[0].name if isinstance(what[0], ConnectionState) else NAMES[what[0]]
            text = f"{name}({', '.join([first, *map(str, what[1:])])})"
        self.stack.lane.back(getattr(self.observer, name), *what, name=name, text=text)
        self._telling -= 1

    def respond(self, transaction: CSIPClientTransaction, response: Response, *where: Any) -> None:
        """A response becomes elements, joins its transaction, and is told, in this order."""
        transaction.hold(response)
        if response.status >= 200:
            self.pending.pop(transaction, None)
        self.tell("IncomingResponse", transaction, *where)

    # The bearer

    def bearer_changed(self) -> None:
        """Take the bearer's state, and say so once; where it is down all is over, without further words."""
        if self.deleted or not self.csip.server.ready:
            return
        bearer = self.stack.bearer
        state = OF_BEARER[bearer.state]
        if state is self._state:
            return
        self._state, self._error = state, bearer.error
        if self.is_gone:
            self._end_all()
        self.tell("ConnectionStateChanged", state)

    def _end_all(self) -> None:
        for transaction in self.pending:
            transaction.over = True
        self.pending.clear()
        for binding in self.bindings:
            binding.end()

    def RefreshConnection(self) -> None:
        """Ask the bearer monitor to bring an inactive connection back.

        Leaves with KErrNotReady unless it is EInactive, with KErrNotSupported where there is no monitor.
        """
        self.usable()
        with self.stack.lane.calling("RefreshConnection"):
            if self._state is not ConnectionState.EInactive:
                raise Leave(KErrNotReady, f"the connection is {self._state.name}, only an EInactive one is refreshed")
            self.stack.bearer.refresh()

    RefreshConnectionL = RefreshConnection

    def Delete(self) -> None:
        """End the sub-session; leaves with KErrInUse inside of a callback."""
        self.usable()
        self.may_end()
        with self.stack.lane.calling("delete CSIPConnection", text="delete CSIPConnection"):
            self.close()

    def may_end(self) -> None:
        """Leave with KErrInUse while its observer is being told of something."""
        if self._telling:
            raise Leave(KErrInUse, "a connection can't be deleted in a callback")

    def close(self) -> None:
        """Go, and end all that went by this connection."""
        self._end_all()
        self.stack.drop(self)
        self.csip.connections.pop(self.stack.iap, None)
        self.deleted = True
