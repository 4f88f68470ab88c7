"""CSIPDialogAssocBase: what all usages of a dialog have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sipsim.apis.symbian.client_transaction import CSIPClientTransaction
from sipsim.apis.symbian.dialog import CSIPDialog
from sipsim.apis.symbian.errors import (
    KErrArgument,
    KErrSIPInvalidDialogRequest,
    KErrSIPInvalidDialogState,
    KErrSIPResourceNotAvailable,
    Leave,
    expect,
)
from sipsim.apis.symbian.lifetime import MAKER, Deletable
from sipsim.apis.symbian.message_elements import CSIPMessageElements, elements_of, sip_uri
from sipsim.apis.symbian.server_transaction import CSIPServerTransaction
from sipsim.message.message import Request, Response
from sipsim.message.uri import Uri
from sipsim.protocol.digest_client import credentials_of
from sipsim.simulation.network import Hop

if TYPE_CHECKING:
    from sipsim.apis.symbian.connection import CSIPConnection

OWN_MEANS = frozenset(("REGISTER", "INVITE", "BYE", "CANCEL", "ACK", "SUBSCRIBE", "NOTIFY", "UPDATE", "PRACK", "REFER"))
"""Methods that an association has its own functions for, or that have no place in a dialog."""


class CSIPDialogAssocBase(Deletable):
    """A usage of a dialog (the original's CSIPDialogAssocBase).

    It begins a dialog with `aOwner`, a connection, and `aRemoteURI`; joins the one of `aOwner`, a CSIPDialog; or takes
    up the request of `aOwner`, a server transaction. `aContext` is the registration to go by.
    """

    method = ""
    kind = "association"

    def __init__(
        self, aOwner: Any, aRemoteURI: str | Uri | None = None, aContext: Any = None, *, aFrom: str | Uri | None = None,
        aTo: str | Uri | None = None,
    ) -> None:  # fmt: skip
        if isinstance(aOwner, CSIPDialog):
            self.dialog = aOwner
        elif isinstance(aOwner, CSIPServerTransaction):
            self.dialog = self._of_server(aOwner)
        else:
            self.dialog = self._new(aOwner, aRemoteURI, aContext, aFrom, aTo)
        self.connection: CSIPConnection = self.dialog.connection
        self.stack = self.dialog.stack
        self.context = aContext
        self.over = False
        self.uri = None if aRemoteURI is None else sip_uri(aRemoteURI)
        self.dialog.associations.append(self)
        if aOwner is not self.dialog or len(self.dialog.associations) > 1:  # else it's of a fork, and made by the stack
            with self.stack.lane.calling(f"{type(self).__name__}.NewL", str(self.dialog.remote)):
                pass

    @classmethod
    def NewL(cls, *aArguments: Any, **options: Any) -> Any:
        """The same as the class itself."""
        return cls(*aArguments, **options)

    @property
    def target(self) -> Uri:
        """Whom a first request is for."""
        return self.uri or self.dialog.remote

    @staticmethod
    def _new(connection: Any, remote: Any, context: Any, sender: Any, to: Any) -> CSIPDialog:
        if not hasattr(connection, "must_be_active"):
            raise Leave(KErrArgument, f"aOwner: {connection!r} is no CSIPConnection, dialog or server transaction")
        connection.must_be_active()
        if remote is None:
            raise Leave(KErrArgument, "aRemoteURI: is missing")
        if context is not None:
            if not hasattr(context, "way"):
                raise Leave(KErrArgument, f"aContext: {context!r} is no CSIPRegistrationBinding")
            context.must_be_active()
        local = (
            sip_uri(sender)
            if sender is not None
            else context.aor
            if context is not None
            else connection.stack.server.uri
        )
        return CSIPDialog(MAKER, connection, local, sip_uri(to if to is not None else remote))

    @staticmethod
    def _of_server(transaction: CSIPServerTransaction) -> CSIPDialog:
        transaction.reachable()
        if transaction.dialog is not None:
            return transaction.dialog  # type: ignore[no-any-return]
        request = transaction.request
        dialog = CSIPDialog(MAKER, transaction.connection, request.to.uri, request.from_.uri)
        dialog.of_server(transaction)
        return dialog

    def __str__(self) -> str:
        return f"{self.method} assoc"

    # Asking

    def Dialog(self) -> CSIPDialog:
        """The dialog that this is a usage of."""
        self.usable()
        return self.dialog

    def Type(self) -> str:
        """The method that makes usages of this kind."""
        self.usable()
        return self.method

    def IsNonTargetRefreshRequestAllowed(self, aMethod: str) -> bool:
        """Whether `SendNonTargetRefreshRequestL` takes this method."""
        self.usable()
        expect("aMethod", aMethod, str)
        return aMethod not in OWN_MEANS and aMethod.isalpha() and aMethod.upper() == aMethod

    # Sending

    def reachable(self) -> None:
        """Leave unless this and its connection can be used."""
        self.usable()
        self.connection.must_be_active()
        if self.dialog.State() is CSIPDialog.ETerminated:
            raise Leave(KErrSIPInvalidDialogState, "the dialog is ETerminated")
        if self.over:
            raise Leave(KErrSIPInvalidDialogState, f"the {self.method} usage of the dialog is over")

    def SendNonTargetRefreshRequestL(
        self, aMethod: str, aElements: CSIPMessageElements | None = None
    ) -> CSIPClientTransaction:  # fmt: skip
        """Send a request that does not change where the dialog leads, such as INFO, MESSAGE or OPTIONS.

        Leaves with KErrSIPInvalidDialogRequest for methods of the associations, KErrSIPInvalidDialogState before the
        dialog stands.
        """
        if not self.IsNonTargetRefreshRequestAllowed(aMethod):
            raise Leave(KErrSIPInvalidDialogRequest, f"{aMethod} can't be sent as a non-target-refresh request")
        return self.in_dialog("SendNonTargetRefreshRequestL", aMethod, aElements)

    SendNonTargetRefreshRequest = SendNonTargetRefreshRequestL

    def in_dialog(
        self, name: str, method: str, elements: CSIPMessageElements | None, *more: tuple[str, str]
    ) -> CSIPClientTransaction:  # fmt: skip
        """Hand a request in the dialog over."""
        self.reachable()
        given = elements_of(elements)
        if self.dialog.talk is None:
            raise Leave(KErrSIPInvalidDialogState, "the dialog is EInit: nobody has answered yet")
        with self.stack.lane.calling(name, call=self.dialog.call_id):
            transaction = self.connection.new_transaction(method, self, self.dialog.remote, given)
            self.stack.soon(self._in_dialog, transaction, given, more)
            return transaction

    def _in_dialog(
        self, transaction: CSIPClientTransaction, elements: CSIPMessageElements, more: tuple[tuple[str, str], ...]
    ) -> None:  # fmt: skip
        talk = self.dialog.talk
        if talk is None or self.dialog.State() is CSIPDialog.ETerminated:
            transaction.over = True
            return
        self.send(transaction, self.dialog.request(transaction.method, elements, *more), talk.next_hop)

    def first(
        self, transaction: CSIPClientTransaction, elements: CSIPMessageElements, *more: tuple[str, str]
    ) -> None:  # fmt: skip
        """Send the request that is to make the dialog; in one that stands, its next request."""
        dialog = self.dialog
        if dialog.talk is not None:
            self._in_dialog(transaction, elements, more)
            return
        uri, routes = self.target, []
        hop: Uri | Hop = uri
        if self.context is not None:
            routes, hop = self.context.way(uri)
        request = self.stack.first_request(
            transaction.method, uri, dialog.local, dialog.remote, elements, routes=routes, contact=self.stack.contact,
            tag=dialog.local_tag,
        )  # fmt: skip
        for name, value in more:
            request = request.with_header(name, value)
        dialog.open(request.call_id)
        self.send(transaction, request, hop)

    def send(self, transaction: CSIPClientTransaction, request: Request, hop: Uri | Hop) -> None:
        """Send a request."""
        self.connection.send(transaction, request, hop, self.context is not None and self.context.has_proxy)

    def next_number(self, request: Request) -> int:
        """The number of another try."""
        talk = self.dialog.talk
        if talk is None:
            return request.cseq.number + 1
        talk.local_seq += 1
        return talk.local_seq

    def credentials(self, transaction: CSIPClientTransaction) -> tuple[tuple[str, str], ...]:
        """The credentials of an INVITE, for its ACK (RFC 3261 §22.1)."""
        return credentials_of(transaction.exchange.request) if transaction.exchange is not None else ()

    # Hearing

    def answered(self, transaction: CSIPClientTransaction, response: Response) -> None:
        """Tell of a response."""
        self.connection.respond(transaction, response, self)

    def failed(self, transaction: CSIPClientTransaction, error: int) -> None:
        """Tell of a failure; a dialog that did not stand yet never will."""
        self.connection.pending.pop(transaction, None)
        if self.dialog.talk is None:
            self.dialog.end()
        self.connection.tell("ErrorOccured", error, transaction, self)

    def hears(self, notify: Request) -> bool:
        """Whether a NOTIFY is about this usage."""
        return False

    def stop(self) -> None:
        """The dialog is over."""

    def Delete(self) -> None:
        """Give the usage up; the last one takes the dialog with it, without a word to the peer."""
        with self.deleting(self.stack.lane):
            self.stop()
            self.dialog.associations.remove(self)
            if not self.dialog.associations:
                self.dialog.end()


__all__ = ["CSIPDialogAssocBase", "KErrSIPResourceNotAvailable"]
