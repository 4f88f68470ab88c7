"""Sending a request for a client transaction: through the engine, and again where a server asks who we are.

401, 407 and 494 never reach the application as responses: credentials that the stack keeps answer them, or an
observer of challenges is asked, or the request failed with KErrSIPForbidden (RFC 3261 §22, RFC 3329).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sipsim.apis.symbian import errors
from sipsim.elements.element import NOWHERE
from sipsim.elements.exchange import Exchange
from sipsim.elements.via import with_via
from sipsim.message.auth import ANSWERS
from sipsim.message.message import Request, Response
from sipsim.message.uri import Uri
from sipsim.protocol.digest_client import Met, challenges
from sipsim.simulation.network import Hop

if TYPE_CHECKING:
    from sipsim.apis.symbian.client_transaction import CSIPClientTransaction

CHALLENGES = (401, 407, 494)
MOST_TRIES = 8
"""How often one request is sent at most; a limit of ours."""


class Handler(Protocol):
    """On whose behalf a request is sent: a connection, a binding, a dialog association."""

    def answered(self, transaction: CSIPClientTransaction, response: Response) -> None:
        """A response that the application is to hear of."""

    def failed(self, transaction: CSIPClientTransaction, error: int) -> None:
        """No response will come."""

    def next_number(self, request: Request) -> int:
        """The CSeq number of another try."""
        ...

    def send(self, transaction: CSIPClientTransaction, request: Request, hop: Uri | Hop) -> None:
        """Send a request for a transaction."""


class Sending:
    """One request on its way; `by_proxy` says that it goes by an outbound proxy."""

    def __init__(
        self, transaction: CSIPClientTransaction, request: Request, hop: Uri | Hop, by_proxy: bool = False
    ) -> None:  # fmt: skip
        self.transaction = transaction
        self.request = request
        self.hop = hop
        self.by_proxy = by_proxy
        self.met: Met = []
        self.tries = 0
        self.challenge: Response | None = None
        self.remote: Hop | None = None
        self._go(transaction.stack.digest.prepare(request))

    def _go(self, request: Request) -> None:
        self.tries += 1
        self.request = request
        self.challenge = None
        transaction = self.transaction
        transaction.handed_over()
        transaction.exchange = None
        exchange = transaction.stack.request(request, self.hop, self)
        if isinstance(exchange, Exchange):
            transaction.exchange = exchange

    def on_response(self, exchange: Exchange, response: Response) -> None:
        """Hold it and tell of it, or answer its challenge."""
        transaction = self.transaction
        self.remote = exchange.remote
        transaction.exchange = exchange
        if transaction.error:
            return
        if response.status in CHALLENGES:
            self._challenged(response)
        else:
            transaction.handler.answered(transaction, response)

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        """Tell of it by the number of its kind."""
        if exchange.remote is NOWHERE:
            error = errors.KErrSIPResolvingFailure
        elif reason == "timeout":
            error = errors.KErrSIPOutboundProxyNotResponding if self.by_proxy else errors.KErrTimedOut
        else:
            error = errors.KErrSIPICMPFailure if exchange.remote.transport == "UDP" else errors.KErrSIPTransportFailure
        self.fail(error)

    def fail(self, error: int) -> None:
        """The transaction is over without a response."""
        transaction = self.transaction
        if not transaction.error:
            transaction.error = error
            transaction.handler.failed(transaction, error)

    def realms(self) -> tuple[str, ...]:
        """The realms that want a password."""
        response = self.challenge
        assert response is not None
        return tuple(dict.fromkeys([asked.realm for field in ANSWERS for asked in challenges(response, field)]))

    def _challenged(self, response: Response) -> None:
        self.challenge = response
        self.transaction.exchange = None
        if self.try_again():
            return
        digest = self.transaction.connection.csip.http_digest
        if digest is None or not self.realms():
            self.fail(errors.KErrSIPForbidden)
        else:
            self.met = []
            digest.ask(self)

    def try_again(self) -> bool:
        """Send the request once more, with what the challenge asks for, if that is known."""
        response = self.challenge
        if response is None or self.tries >= MOST_TRIES:
            return False
        digest = self.transaction.stack.digest
        changed = digest.answer(self.request, response, self.met)
        agrees = self.transaction.connection.csip.security_handling
        asks = response.status == 494 and response.has("Security-Server")
        if asks and agrees and not self.request.has("Security-Verify"):
            if changed is None and self.realms():
                return False
            changed = self._agreed(changed or self.request, response)
        if changed is None:
            return False
        number = self.transaction.handler.next_number(self.request)
        again = changed.with_header("CSeq", f"{number} {changed.method}")
        self._go(with_via(again, self.transaction.stack.new_via()))
        return True

    def _agreed(self, request: Request, response: Response) -> Request:
        """With the list of the server returned as it came (RFC 3329 §2.3)."""
        csip = self.transaction.connection.csip
        offered = response.values("Security-Server")
        csip.negotiated[str(self.hop)] = offered[0].partition(";")[0].strip()
        for name in ("Require", "Proxy-Require"):
            request = request.with_header(name, "sec-agree")
        mine = ", ".join(csip.mechanisms)
        return request.with_header("Security-Client", mine).with_header("Security-Verify", ", ".join(offered))
