"""Trying the next server when one fails: requests after RFC 3263 §4.3, responses after §5."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from sipsim.elements.exchange import Exchange, TransactionUser
from sipsim.elements.via import reply_address, with_via
from sipsim.errors import SipParseError
from sipsim.message.message import Request, Response, parse
from sipsim.protocol.inspection import Fields
from sipsim.protocol.matching import answered_key, client_key
from sipsim.protocol.routing import mark_of
from sipsim.simulation.locating import locate_response
from sipsim.simulation.network import Address, Hop, Packet

if TYPE_CHECKING:
    from sipsim.elements.element import Element


LEFT_ALONE = "the server wants to be left alone"
"""Why a request fails at once that would go to a server which has said so by Retry-After."""


class LeftAlone:
    """Servers that have answered 503 with Retry-After: no other requests go there for that time (§21.5.4).

    Requests in dialogs do: to end a call, or to go on with it, takes that very server.
    """

    def __init__(self) -> None:
        self._until: dict[Address, float] = {}

    def __bool__(self) -> bool:
        return bool(self._until)

    def note(self, server: Address, response: Response, now: float) -> None:
        """Take note of a 503."""
        with suppress(SipParseError):
            if response.retry_after:
                self._until[server] = now + response.retry_after

    def others(self, sender: Element, hops: list[Hop], request: Request) -> list[Hop]:
        """Those hops that a request may go to now; where there were only others, that is on record."""
        now = sender.env.now
        self._until = {server: until for server, until in self._until.items() if until > now}
        if request.to_tag or request.method == "CANCEL":
            return hops
        left = [hop for hop in hops if hop.address not in self._until]
        if hops and not left:
            sender.ignored(f"{request.method} is not sent: {LEFT_ALONE}", "RFC 3261 §21.5.4")
        return left

    def forget(self) -> None:
        self._until.clear()


class Failover(Exchange):
    """A request that several servers could take: they are tried in turn, and its user hears one outcome.

    Each attempt is a client transaction of its own, with a branch of its own. To the user all of them are this one
    exchange, which shows the attempt under way: what a CANCEL has to match, and where it has to go.
    """

    __slots__ = ("_attempt", "_sender", "_untried")

    def __init__(self, sender: Element, request: Request, hops: Sequence[Hop], user: TransactionUser) -> None:
        self._sender = sender
        self._untried = list(hops)
        self._try(request)
        attempt = self._attempt
        super().__init__(sender, attempt.transaction, attempt.key, attempt.remote, user)

    def cancel(self, headers: Fields = ()) -> None:
        """Take the INVITE back where it is, and ask nobody else."""
        self._cancelled = headers
        self._attempt.cancel(headers)

    def on_response(self, exchange: Exchange, response: Response) -> None:
        """A server that is overloaded or out of order has failed, as one that can't be reached has."""
        if exchange is self._attempt and not (response.status == 503 and self._go_on("503")):
            self._user.on_response(self, response)

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        """A server that said something before the time was up is there, and no other is asked."""
        if exchange is not self._attempt:
            return
        heard = exchange.transaction.response
        unserved = heard is None or (reason == "transport error" and heard.status < 200)
        if not (unserved and self._go_on(reason)):
            self._user.on_failure(self, reason)

    @property
    def _user(self) -> TransactionUser:
        assert self.user is not None
        return self.user

    def _go_on(self, why: str) -> bool:
        """Send the request, with a new branch, to the next server; false when there is none to be asked."""
        sender, failed = self._sender, self.remote
        if why != "transport error":  # the server itself has failed, whatever the transport
            self._untried = [hop for hop in self._untried if hop.address != failed.address]
        if self._cancelled is not None or not self._untried:
            return False
        text = f"{failed} failed ({why}): {self.request.method} goes to {self._untried[0]}"
        sender.trace.add("note", sender.env.now, sender.name, text=text)
        self._try(with_via(self.request, sender.new_via(mark_of(self.branch))))
        attempt = self._attempt
        self.transaction, self.key, self.remote = attempt.transaction, attempt.key, attempt.remote
        self.branch = attempt.branch
        return True

    def _try(self, request: Request) -> None:
        self._attempt = self._sender.attempt(request, self._untried.pop(0), self)


def undelivered(sender: Element, packet: Packet, reason: str) -> None:
    """The network could not deliver a packet: the transaction that sent it hears so (§17.1.4, §17.2.4)."""
    try:
        message = parse(packet.data)
        if isinstance(message, Response):
            exchange = sender.servers.get(answered_key(message))
        else:
            exchange = sender.clients.get(client_key(message))
    except SipParseError:
        return
    if exchange is None:
        return
    sender.trace.current = packet.cause
    sender.ignored(f"{packet.destination} can't be reached: {reason}")
    if isinstance(message, Response):
        send_elsewhere(sender, exchange, message, Hop(packet.destination, packet.transport, packet.flow))
    else:
        exchange.transport_failed()
    sender.trace.current = 0


def send_elsewhere(sender: Element, exchange: Exchange, response: Response, tried: Hop) -> None:
    """Send a response that did not get there by `tried` another way, as its request's Via says (§18.2.2, RFC 3263 §5).

    When its connection is gone that is by a new one, then to where the sent-by leads. The server transaction fails
    when all has been tried.
    """
    if exchange.detours is None:
        via = exchange.request.via
        anew = Hop(reply_address(via, tried.address), tried.transport)
        found = dict.fromkeys([anew, *locate_response(sender.names, via, sender.name)])
        exchange.detours = [hop for hop in found if hop.transport in sender.transports and hop != tried]
    if exchange.remote == tried:
        if not exchange.detours:
            exchange.transport_failed()
            return
        exchange.remote = exchange.detours.pop(0)
    sender.send(response, exchange.remote, 2)
