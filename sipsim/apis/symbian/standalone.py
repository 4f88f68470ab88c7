"""A request outside of dialogs, sent once or, with a refresh, again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sipsim.apis.symbian.errors import KErrArgument, KErrSIPTerminatedWithResponse, Leave
from sipsim.apis.symbian.refresh import CSIPRefresh
from sipsim.elements.via import with_via
from sipsim.message.message import Request, Response
from sipsim.message.uri import Uri
from sipsim.simulation.network import Hop

if TYPE_CHECKING:
    from sipsim.apis.symbian.client_transaction import CSIPClientTransaction
    from sipsim.apis.symbian.connection import CSIPConnection
    from sipsim.apis.symbian.message_elements import CSIPRequestElements


class StandAlone:
    """One such request and its refresh."""

    kind = "standalone"

    def __init__(self, connection: CSIPConnection, elements: CSIPRequestElements, more: tuple[Any, ...]) -> None:
        self.connection = connection
        self.elements = elements
        self.refresh: CSIPRefresh | None = None
        self.context: Any = None
        self.request: Request | None = None
        self.hop: Uri | Hop | None = None
        for thing in more:
            if isinstance(thing, CSIPRefresh):
                self.refresh = thing
            elif hasattr(thing, "way"):
                thing.must_be_active()
                self.context = thing
            else:
                raise Leave(
                    KErrArgument, f"{type(thing).__name__}: a CSIPRegistrationBinding or a CSIPRefresh goes here"
                )
        if self.refresh is not None:
            self.refresh.serve(self, connection)

    def begin(self) -> CSIPClientTransaction:
        """Hand it over for the first time."""
        transaction = self._transaction()
        transaction.take(self.elements)
        self.connection.stack.soon(self._first, transaction)
        return transaction

    def _transaction(self) -> CSIPClientTransaction:
        transaction = self.connection.new_transaction(self.elements.Method(), self)
        transaction.refresh = self.refresh
        return transaction

    def _first(self, transaction: CSIPClientTransaction) -> None:
        elements, stack = self.elements, self.connection.stack
        uri, routes = elements.RemoteURI(), []
        self.hop = uri
        sender = elements.FromHeader() or stack.server.uri
        if self.context is not None:
            routes, self.hop = self.context.way(uri)
            sender = elements.FromHeader() or self.context.aor
        self.request = elements.request = stack.first_request(
            elements.Method(), uri, sender, elements.ToHeader() or uri, elements.MessageElements(), routes=routes
        )
        self.send(transaction, self.request, self.hop)

    def send(self, transaction: CSIPClientTransaction, request: Request, hop: Uri | Hop) -> None:
        """Send it."""
        self.connection.send(transaction, request, hop, self.context is not None and self.context.has_proxy)

    def next_number(self, request: Request) -> int:
        """The number of the next one with this Call-ID."""
        assert self.request is not None
        number = max(request.cseq.number, self.request.cseq.number) + 1
        self.request = request.with_header("CSeq", f"{number} {request.method}")
        return number

    def answered(self, transaction: CSIPClientTransaction, response: Response) -> None:
        """Tell of a response; those to refreshes only where they end it."""
        refresh = self.refresh
        final = response.status >= 200
        if refresh is not None and final:
            if response.status < 300:
                refresh.granted(transaction, response)
            else:
                refresh.broken(transaction)
        if not transaction.periodic:
            self.connection.respond(transaction, response)
            return
        transaction.hold(response)
        if final and response.status >= 300:
            self.connection.tell("ErrorOccured", KErrSIPTerminatedWithResponse, refresh)

    def failed(self, transaction: CSIPClientTransaction, error: int) -> None:
        """Tell of a failure."""
        self.connection.pending.pop(transaction, None)
        if self.refresh is not None:
            self.refresh.broken(transaction)
        if transaction.periodic:
            self.connection.tell("ErrorOccured", error, self.refresh)
        else:
            self.connection.tell("ErrorOccured", error, transaction)

    def again(self, expires: int | None = None) -> CSIPClientTransaction:
        """Send it once more, for its refresh; with `expires` it asks for so long (0: no longer)."""
        request = self.request
        assert request is not None and self.hop is not None
        if expires is not None:
            request = request.with_header("Expires", expires)
        request = with_via(request, self.connection.stack.new_via())
        request = request.with_header("CSeq", f"{self.next_number(request)} {request.method}")
        hop = self.context.way(request.uri)[1] if self.context is not None else self.hop
        transaction = self._transaction()
        self.connection.stack.soon(self.send, transaction, request, hop)
        return transaction
