"""CSIPRegistrationBinding: one registration, and a context to send other requests by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sipsim.apis.symbian.client_transaction import CSIPClientTransaction
from sipsim.apis.symbian.errors import (
    KErrArgument,
    KErrNotFound,
    KErrSIPInvalidContact,
    KErrSIPInvalidRegistrarResponse,
    KErrSIPInvalidRegistrationState,
    KErrSIPRequestPending,
    KErrSIPTerminatedWithResponse,
    Leave,
    expect,
)
from sipsim.apis.symbian.lifetime import Deletable
from sipsim.apis.symbian.message_elements import CSIPMessageElements, elements_of, sip_uri
from sipsim.apis.symbian.refresh import CSIPRefresh
from sipsim.elements.agents.through import routing_uri
from sipsim.message.fields import NameAddr
from sipsim.message.message import Request, Response
from sipsim.message.uri import Uri
from sipsim.simulation.network import Hop

if TYPE_CHECKING:
    from sipsim.apis.symbian.connection import CSIPConnection

KSIPSendWithExpires = 200
KSIPCacheOutboundProxyIP = 201
PROPERTIES = {KSIPSendWithExpires: "KSIPSendWithExpires", KSIPCacheOutboundProxyIP: "KSIPCacheOutboundProxyIP"}


class CSIPRegistrationBinding(Deletable):
    """A registration of `aAOR` with the registrar of `aRemoteURI` (the original's CSIPRegistrationBinding).

    `aContact` is this device where it is None; `aExpires` the seconds to ask for. With `aRefresh` the stack registers
    again in time; without it the registration lapses.
    """

    kind = "binding"

    def __init__(
        self, aConnection: CSIPConnection, aAOR: str | Uri, aRemoteURI: str | Uri | None = None,
        aContact: str | Uri | None = None, aRefresh: CSIPRefresh | None = None, *, aExpires: int | None = None,
    ) -> None:  # fmt: skip
        if not hasattr(aConnection, "must_be_active"):
            raise Leave(KErrArgument, f"aConnection: {aConnection!r} is no CSIPConnection")
        expect("aRefresh", aRefresh, CSIPRefresh, type(None))
        aConnection.must_be_active()
        self.connection = aConnection
        self.stack = aConnection.stack
        self.aor = sip_uri(aAOR)
        self.registrar = sip_uri(aRemoteURI) if aRemoteURI is not None else Uri.parse(f"sip:{self.aor.host}")
        self.contact = self._contact(aContact)
        self.expires = self._least(aExpires)
        self.refresh = aRefresh
        self.request: Request | None = None
        self._proxy: Uri | None = None
        self._found: Hop | None = None
        self._until = 0.0
        self._pending: CSIPClientTransaction | None = None
        self._properties = {KSIPSendWithExpires: True, KSIPCacheOutboundProxyIP: False}
        self._retried = False
        self._sending: Any = None
        self._call_id = self.stack.identifiers.call_id(self.stack.name, self.stack.address.host)
        self._tag = self.stack.identifiers.tag(self.stack.name)
        self._number = 0
        self._leaving = False
        with self.stack.lane.calling("CSIPRegistrationBinding.NewL", str(self.aor)):
            if aRefresh is not None:
                aRefresh.serve(self, aConnection)
            aConnection.bindings[self] = None

    def __str__(self) -> str:
        return "binding"

    @classmethod
    def NewL(cls, *aArguments: Any, **options: Any) -> CSIPRegistrationBinding:
        """The same as the class itself."""
        return cls(*aArguments, **options)

    def _contact(self, contact: str | Uri | None) -> Uri:
        if contact is None:
            return self.stack.contact_uri
        try:
            uri = sip_uri(contact)
        except Leave as error:
            raise Leave(KErrSIPInvalidContact, f"aContact: {error}") from None
        if not uri.host or not uri.user or uri.headers:
            raise Leave(KErrSIPInvalidContact, f"aContact: {uri} leads to nobody")
        return uri.with_(host=self.stack.address.host, port=self.stack.address.port) if uri.host == "localhost" else uri

    def _least(self, expires: int | None) -> int | None:
        least = self.stack.server.policy.min
        expect("aExpires", expires, int, type(None))
        if expires is not None and not least <= expires < 2**32:
            raise Leave(KErrArgument, f"aExpires: {expires!r}; at least {least} s can be asked for")
        return expires

    # Asking and setting

    def IsContextActive(self) -> bool:
        """Whether it is registered by now."""
        self.usable()
        return self.stack.env.now < self._until

    def must_be_active(self) -> None:
        """Leave with KErrSIPInvalidRegistrationState where other requests can't go by this registration."""
        if not self.IsContextActive():
            raise Leave(KErrSIPInvalidRegistrationState, "requests go by a registration once it is active")

    def ExpirationTime(self) -> int:
        """Seconds until it lapses; 0 where it is not registered."""
        self.usable()
        return max(0, round(self._until - self.stack.env.now))

    def SIPRefresh(self) -> CSIPRefresh | None:
        """Its refresh; None without one."""
        self.usable()
        return self.refresh

    def ContactHeader(self) -> Uri:
        """Where it leads."""
        self.usable()
        return self.contact

    def SetOutboundProxyL(self, aProxy: str | Uri) -> None:
        """Have all requests by this registration go through a proxy."""
        self.usable()
        proxy = routing_uri("aProxy", sip_uri(aProxy))
        with self.stack.lane.calling("SetOutboundProxyL", str(proxy)):
            self._proxy, self._found = proxy, None

    def OutboundProxy(self) -> Uri | None:
        """That proxy; None without one."""
        self.usable()
        return self._proxy

    def HasOutboundProxy(self) -> bool:
        """Whether there is one."""
        return self.OutboundProxy() is not None

    def RemoveOutboundProxyL(self) -> bool:
        """Go without a proxy; false where there was none."""
        had = self.HasOutboundProxy()
        with self.stack.lane.calling("RemoveOutboundProxyL"):
            self._proxy, self._found = None, None
        return had

    def SetProperty(self, aName: int, aValue: bool) -> None:
        """Set KSIPSendWithExpires or KSIPCacheOutboundProxyIP.

        Leaves with KErrNotFound for another one, KErrSIPInvalidRegistrationState while the registration is active.
        """
        self.usable()
        expect("aName", aName, int)
        if aName not in self._properties:
            raise Leave(KErrNotFound, f"there is no property {aName!r}")
        if self.IsContextActive():
            raise Leave(KErrSIPInvalidRegistrationState, "properties are set before it is registered")
        with self.stack.lane.calling("SetProperty", PROPERTIES[aName], bool(aValue)):
            self._properties[aName] = bool(aValue)

    SetOutboundProxy, RemoveOutboundProxy, SetPropertyL = SetOutboundProxyL, RemoveOutboundProxyL, SetProperty

    @property
    def has_proxy(self) -> bool:
        """Whether requests by this registration go through a proxy."""
        return self._proxy is not None

    def way(self, target: Uri) -> tuple[list[str], Uri | Hop]:
        """The Route of a request by this registration, and where it goes first: where the REGISTER went, if kept."""
        if self._proxy is None:
            return [], target
        kept = self._found if self._properties[KSIPCacheOutboundProxyIP] else None
        return [f"<{self._proxy}>"], kept or self._proxy

    # Sending

    def RegisterL(self, aElements: CSIPMessageElements | None = None) -> CSIPClientTransaction:
        """Send a REGISTER, and give its transaction; leaves where one is under way, or it is registered already."""
        self._open()
        if self.IsContextActive():
            raise Leave(KErrSIPInvalidRegistrationState, "it is registered already: call UpdateL")
        if self.refresh is not None:
            self.refresh.begin()
        return self._hand_over("RegisterL", aElements, self.expires)

    def UpdateL(
        self, aElements: CSIPMessageElements | None = None, aExpires: int | None = None
    ) -> CSIPClientTransaction:  # fmt: skip
        """Register again, for `aExpires` seconds if given; leaves unless it is registered."""
        self._open()
        if not self.IsContextActive():
            raise Leave(KErrSIPInvalidRegistrationState, "it is not registered: call RegisterL")
        if aExpires is not None:
            self.expires = self._least(aExpires)
        return self._hand_over("UpdateL", aElements, self.expires)

    def DeregisterL(self, aElements: CSIPMessageElements | None = None) -> CSIPClientTransaction:
        """Take the registration back; leaves unless it is registered."""
        self._open()
        if not self.IsContextActive():
            raise Leave(KErrSIPInvalidRegistrationState, "it is not registered")
        return self._hand_over("DeregisterL", aElements, 0)

    Register, Update, Deregister = RegisterL, UpdateL, DeregisterL

    def _open(self) -> None:
        self.usable()
        self.connection.must_be_active()
        if self._pending is not None:
            raise Leave(KErrSIPRequestPending, "a REGISTER is under way")

    def _hand_over(
        self, name: str, elements: CSIPMessageElements | None, expires: int | None
    ) -> CSIPClientTransaction:  # fmt: skip
        given = elements_of(elements)
        with self.stack.lane.calling(name):
            self._pending = transaction = self.connection.new_transaction("REGISTER", self, self.registrar, given)
            transaction.refresh = self.refresh
            self._retried = False
            self._leaving = expires == 0
            self.stack.soon(self._send, transaction, given, expires)
            return transaction

    def again(self, expires: int | None = None) -> CSIPClientTransaction:
        """Register again, for its refresh."""
        self._pending = transaction = self.connection.new_transaction("REGISTER", self)
        self._retried = self._leaving = False
        if self.refresh is not None and self.refresh.wished is not None:
            self.expires, self.refresh.wished = self.refresh.wished, None
        self.stack.soon(self._send, transaction, CSIPMessageElements(), self.expires)
        return transaction

    def _send(self, transaction: CSIPClientTransaction, elements: CSIPMessageElements, expires: int | None) -> None:
        self._number += 1
        contact = NameAddr("", self.contact, ())
        if expires == 0 or self._properties[KSIPSendWithExpires]:
            asked = self.stack.server.policy.default_max if expires is None else expires
            contact = contact.with_param("expires", str(asked))
        routes = [] if self._proxy is None else [f"<{self._proxy}>"]
        self.request = self.stack.first_request(
            "REGISTER", self.registrar, self.aor, self.aor, elements, routes=routes, contact=contact, tag=self._tag,
            call_id=self._call_id, number=self._number,
        )  # fmt: skip
        self.send(transaction, self.request, self._proxy or self.registrar)

    def send(self, transaction: CSIPClientTransaction, request: Request, hop: Uri | Hop) -> None:
        """Send a request; a REGISTER looks the proxy up, whatever is kept of it."""
        self._sending = self.connection.send(transaction, request, hop, self.has_proxy)

    def next_number(self, request: Request) -> int:
        """The number of the next REGISTER."""
        self._number += 1
        return self._number

    # Hearing

    def answered(self, transaction: CSIPClientTransaction, response: Response) -> None:
        """Tell of a response; of those to refreshes only the one that ends it."""
        status = response.status
        if status == 423 and self._longer(transaction, response):
            return
        error = 0
        if status >= 200:
            self._pending = None
            self.connection.pending.pop(transaction, None)
            error = self._registered(transaction, response) if status < 300 else self._refused(transaction)
        if error:
            transaction.error = error
            self._tell_of(error, transaction)
        elif not transaction.periodic:
            self.connection.respond(transaction, response, self)
        else:
            transaction.hold(response)
            if status >= 300:
                self.connection.tell("ErrorOccured", KErrSIPTerminatedWithResponse, self)

    def _longer(self, transaction: CSIPClientTransaction, response: Response) -> bool:
        """Try once more with the time that a 423 asks for (RFC 3261 §10.2.8)."""
        least = response.min_expires
        if self._retried or least is None or self._leaving:
            return False
        self._retried = True
        self.expires = least
        self._send(transaction, CSIPMessageElements(), least)
        return True

    def _registered(self, transaction: CSIPClientTransaction, response: Response) -> int:
        """Believe in what was granted, within limits; an error where nothing was."""
        if self._leaving:
            self.end()
            return 0
        if self._sending is not None and self._sending.remote is not None:
            self._found = self._sending.remote
        ours = [one for one in response.contacts if isinstance(one, NameAddr) and one.uri.matches(self.contact)]
        granted = None if not ours else ours[0].expires if ours[0].expires is not None else response.expires
        if ours and granted is None:
            granted = self.expires or self.stack.server.policy.default_max
        if not granted:
            self.end()
            return KErrSIPInvalidRegistrarResponse
        seconds = self.stack.server.policy.clamp(granted, self.expires)
        self._until = self.stack.env.now + seconds
        if self.refresh is not None:
            self.refresh.granted(transaction, response, seconds)
        return 0

    def _refused(self, transaction: CSIPClientTransaction) -> int:
        if self.refresh is not None:
            self.refresh.broken(transaction)
        self._until = 0.0
        return 0

    def failed(self, transaction: CSIPClientTransaction, error: int) -> None:
        """Tell of a failure: it is not registered any more."""
        self._pending = None
        self.connection.pending.pop(transaction, None)
        self._refused(transaction)
        self._tell_of(error, transaction)

    def _tell_of(self, error: int, transaction: CSIPClientTransaction) -> None:
        """Of a REGISTER of the stack's own the application has no transaction."""
        self.connection.tell("ErrorOccured", error, *([] if transaction.periodic else [transaction]), self)

    def end(self) -> None:
        """It is not registered any more."""
        self._until = 0.0
        self._pending = None
        if self.refresh is not None:
            self.refresh.end()

    def Delete(self) -> None:
        """Delete it; the registrar keeps the binding until it lapses."""
        with self.deleting(self.stack.lane):
            self.end()
            self.connection.bindings.pop(self, None)
