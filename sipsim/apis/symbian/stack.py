"""The stack at one access point: an element that finds the application for what arrives, and answers what is its own.

100 for every INVITE, 481 for what belongs to no dialog, and all that a CANCEL asks for; no application sees these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sipsim.apis.lane import Because, Lane
from sipsim.apis.symbian.errors import KErrSIPNoAckReceived
from sipsim.apis.symbian.lifetime import MAKER
from sipsim.apis.symbian.message_elements import CSIPMessageElements
from sipsim.apis.symbian.server_transaction import CSIPServerTransaction
from sipsim.elements.element import Element
from sipsim.elements.exchange import Exchange
from sipsim.elements.refusing import refuse
from sipsim.message import build
from sipsim.message.message import Request
from sipsim.message.uri import Uri
from sipsim.protocol.dialog import DialogKey
from sipsim.protocol.digest_client import DigestClient
from sipsim.protocol.inspection import refusal

if TYPE_CHECKING:
    from sipsim.apis.symbian.bearer import Bearer
    from sipsim.apis.symbian.dialog import CSIPDialog
    from sipsim.apis.symbian.server import SIPServer

HANDOVER = 0.001
"""Seconds that a command takes from an application to the server."""

PATIENCE = {"INVITE": 180.0}
"""Seconds that an application may take to answer; 31 s for other methods, as the client waits for 32 s."""

BEARER = {"down": "crash", "gone": "crash", "up": "restart"}
"""What a bearer's state means to the element: without it all transactions are forgotten, as in a crash."""

NO_DIALOG = refusal(481, "no dialog like this", rfc="RFC 3261 §12.2.2")
NOBODY = refusal(480, "no application takes this", rfc="RFC 3261 §21.4.18")


class Stack(Element):
    """What the SIP server does at one access point."""

    kind = "user agent"

    def __init__(self, server: SIPServer, iap: int, bearer: Bearer, name: str) -> None:
        super().__init__(server.lab.env, server.lab, name)
        self.server = server
        self.iap = iap
        self.bearer = bearer
        self.lane = Lane(self.env, self.trace, name)
        self.digest = DigestClient(lambda: self.identifiers.cnonce(self.name))
        self.dialogs: dict[DialogKey, CSIPDialog] = {}
        self.opening: dict[tuple[str, str], CSIPDialog] = {}  # Call-ID and local tag of dialogs without a peer yet
        self.answering: dict[object, CSIPServerTransaction] = {}
        self.refreshes: dict[Any, None] = {}
        self.listeners: list[Any] = []
        bearer.changed, bearer.later = self._bearer_changed, self.later

    @property
    def contact_uri(self) -> Uri:
        """Where this access point is reached."""
        return Uri.parse(f"sip:{self.server.uri.user}@{self.host_port}")

    @property
    def contact(self) -> str:
        """The Contact value that leads here."""
        return f"<{self.contact_uri}>"

    def soon(self, fn: Callable[..., object], *arguments: object) -> None:
        """Have the server do something: later, as it is another process, and for the cause of this instant."""
        self.later(HANDOVER, fn, *arguments)

    def later(self, delay: float, fn: Callable[..., object], *arguments: object) -> None:
        """The same after a longer time."""
        self.env.call_later(delay, self._because, self.trace.current, fn, arguments)

    def _because(self, cause: int, fn: Callable[..., object], arguments: tuple[object, ...]) -> None:
        with Because(self.trace, cause):
            fn(*arguments)

    def first_request(
        self, method: str, uri: Uri, sender: Uri, to: Uri, elements: CSIPMessageElements, *, routes: Iterable[str] = (),
        contact: object = None, tag: str = "", call_id: str = "", number: int = 1,
    ) -> Request:  # fmt: skip
        """A request outside of dialogs."""
        return build.request(
            method, uri, via=self.new_via(), from_=f"<{sender}>;tag={tag or self.identifiers.tag(self.name)}",
            to=f"<{to}>", call_id=call_id or self.identifiers.call_id(self.name, self.address.host), cseq=number,
            contact=contact, routes=routes, headers=elements.UserHeaders(), body=elements.Content(),
            content_type=elements.ContentType() or None,
        )  # fmt: skip

    # What arrives

    def on_request(self, exchange: Exchange, request: Request) -> None:
        if request.to_tag:
            dialog = self.dialog_of(request)
            if dialog is None:
                refuse(self, exchange, NO_DIALOG)
            else:
                dialog.requested(exchange, request)
            return
        if request.method == "INVITE":
            exchange.respond(build.reply(request, 100))
        found = self.server.choose(self, request)
        if found is None:
            refuse(self, exchange, NOBODY)
        else:
            self.offer(found, exchange, request)

    def offer(self, listener: Any, exchange: Exchange, request: Request) -> None:
        """Make a server transaction of a request and tell who is to answer it."""
        connection = listener if listener in self.listeners else None
        transaction = CSIPServerTransaction(MAKER, self, request, exchange, connection)
        self.await_answer(exchange, transaction)
        if connection is None:
            listener.tell("IncomingRequest", self.iap, transaction, stack=self)
        else:
            listener.tell("IncomingRequest", transaction)

    def await_answer(self, exchange: Exchange, transaction: CSIPServerTransaction) -> None:
        """Give the application its time to answer."""
        self.answering[exchange.key] = transaction
        patience = PATIENCE.get(transaction.method, 31.0)
        transaction.alarm = self.alarm("wait for the application", patience, self._too_slow, transaction)

    def _too_slow(self, transaction: CSIPServerTransaction) -> None:
        exchange = transaction.exchange
        transaction.alarm = None
        if exchange is None or exchange.state not in ("trying", "proceeding") or transaction.over:
            return
        transaction.over = True
        self.reply(exchange, 480 if transaction.method == "INVITE" else 500, tag=transaction.tag or None)
        listener = transaction.connection or self.server.choose(self, transaction.request)
        if listener is not None:
            listener.tell("TimedOut", transaction)

    def dialog_of(self, request: Request) -> CSIPDialog | None:
        """The dialog that a request belongs to; a NOTIFY may be the first word of one (RFC 6665 §4.4.1)."""
        mine = request.to_tag or ""
        key = (request.call_id, mine, request.from_tag or "")
        return self.dialogs.get(key) or self.opening.get((request.call_id, mine))

    def on_ack(self, request: Request) -> None:
        dialog = self.dialogs.get((request.call_id, request.to_tag or "", request.from_tag or ""))
        if dialog is None:
            super().on_ack(request)
        else:
            dialog.acknowledged(request)

    def on_cancel(self, invite: Exchange) -> None:
        """The 200 is sent; an INVITE without an answer gets its 487 (RFC 3261 §9.2), and the application is told."""
        transaction = self.answering.get(invite.key)
        if transaction is None or invite.state != "proceeding":
            return
        transaction.over = True
        self.reply(invite, 487, tag=transaction.tag or None)
        if transaction.dialog is not None and not transaction.request.to_tag:
            transaction.dialog.end()
        if transaction.connection is not None:
            transaction.connection.tell("InviteCanceled", transaction)

    def tag_for(self, invite: Exchange) -> str | None:
        """A CANCEL is answered with the tag of its INVITE's responses, those to come included (§9.2)."""
        transaction = self.answering.get(invite.key)
        if transaction is None:
            return super().tag_for(invite)
        transaction.tag = transaction.tag or self.identifiers.tag(self.name)
        return transaction.tag

    def on_transaction_failure(self, exchange: Exchange, reason: str) -> None:
        transaction = self.answering.get(exchange.key)
        if transaction is not None and transaction.connection is not None and not transaction.error:
            transaction.error = KErrSIPNoAckReceived
            transaction.connection.tell("ErrorOccured", KErrSIPNoAckReceived, transaction)

    def forget(self, exchange: Exchange) -> None:
        super().forget(exchange)
        self._answered(exchange.key)

    def _answered(self, key: object) -> None:
        transaction = self.answering.pop(key, None)
        if transaction is not None:
            transaction.in_time()

    # The bearer

    def _bearer_changed(self) -> None:
        state = self.bearer.state
        self.down = False
        with self.acting(f"bearer.set({state!r})"):
            self.trace.add(
                "fault", self.env.now, self.name, what=BEARER.get(state, "bearer"), text=f"bearer is {state}"
            )
            self.down = state != "up"
            if state in ("down", "gone"):
                self.stop_all()
            for connection in list(self.listeners):
                connection.bearer_changed()

    def stop_all(self) -> None:
        """End all that goes by this access point, and tell nobody."""
        for exchange in [*self.clients.values(), *self.servers.values()]:
            exchange.abandon()
        self.clients.clear()
        self.servers.clear()
        for key, transaction in list(self.answering.items()):
            transaction.over = True
            self._answered(key)
        for dialog in [*self.dialogs.values(), *self.opening.values()]:
            dialog.end()
        for refresh in list(self.refreshes):
            refresh.end()

    def drop(self, connection: Any) -> None:
        """End what goes by a connection that is deleted."""
        self.listeners.remove(connection)
        for dialog in [*self.dialogs.values(), *self.opening.values()]:
            if dialog.connection is connection:
                dialog.end()
        for refresh in list(self.refreshes):
            if refresh.belongs_to(connection):
                refresh.end()

    def lose_state(self) -> None:
        self.stop_all()

    def forget_users(self) -> None:
        for dialog in [*self.dialogs.values(), *self.opening.values()]:
            dialog.end()
        for refresh in list(self.refreshes):
            refresh.end()
        super().forget_users()
