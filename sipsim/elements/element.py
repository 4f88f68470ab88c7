"""An element: a SimPy process at an address, with an inbox and the transactions that it has under way.

It parses what the network brings, matches it to a transaction (RFC 3261 §17.1.3, §17.2.3) or starts one, and hands the
rest to three methods that each kind of element fills in: `on_request`, `on_ack` and `on_cancel`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from typing import Any

import simpy

from sipsim.elements.alarm import Alarm, set_alarm
from sipsim.elements.exchange import Exchange, TransactionUser
from sipsim.elements.failover import LEFT_ALONE, Failover, LeftAlone, undelivered
from sipsim.elements.next_hops import next_hops
from sipsim.elements.refusing import refuse, refuse_unread, unreadable
from sipsim.elements.spelling import Spelt
from sipsim.elements.stream_reader import StreamReader
from sipsim.elements.via import before_branch, has_more_vias, host_port, is_usual, over, reply_hop, stamped, straight_to
from sipsim.elements.workbench import Bench
from sipsim.errors import SipParseError, UsageError
from sipsim.message import build
from sipsim.message.message import Message, Request, Response, parse_whole
from sipsim.message.salvage import salvaged
from sipsim.message.uri import Uri
from sipsim.protocol.inspection import NO_TRANSACTION
from sipsim.protocol.matching import cancelled_keys, client_key, server_key
from sipsim.protocol.options import Option, seconds, whole_or_none
from sipsim.protocol.options import host as check_host
from sipsim.protocol.transactions import Effect, Transaction, client_machine, server_machine
from sipsim.simulation.environment import Environment, Timer
from sipsim.simulation.network import Address, Hop, Packet

NOWHERE = Hop(Address("", 0))
NOTHING = nullcontext()


class Element(Spelt):
    """An element of the network, at one address.

    `queue_limit` is the number of packets that may wait in the inbox (None: any number), `service_time` the seconds
    that each takes to be worked on (0: none), so that overload can be studied. `host` and `port` name the address to
    bind; an empty host and port 0 let the network choose.
    """

    kind = "element"
    queue_limit = Option["int | None"](partial(whole_or_none, least=1, most=1_000_000))
    service_time = Option[float](partial(seconds, most=180.0))  # as long as a proxy waits for an answer

    def __init__(
        self, env: Environment, bench: Bench, name: str, *, host: str = "", port: int = 0,
        queue_limit: int | None = None, service_time: float = 0.0,
    ) -> None:  # fmt: skip
        self.queue_limit = queue_limit
        self.service_time = service_time
        check_host("host", host)
        self.env = env
        self.bench = bench
        self.name = name
        self.network = bench.network
        self.transports = bench.network.transports
        self.trace = bench.trace
        self.names = bench.names
        self.identifiers = bench.identifiers
        self.timing = bench.timing
        self.down = False
        self.clients: dict[object, Exchange] = {}
        self.servers: dict[object, Exchange] = {}
        self.left_alone = LeftAlone()
        self._inbox: deque[Packet] = deque()
        self._idle: list[simpy.Event] = []  # what wakes the process, while that has nothing to do
        self.address = self.network.bind(Address(host, port), "UDP", self._arrive, self._unreachable, node=name)
        self._reader = StreamReader(self._arrive, self._unreadable)
        self._listen()
        self.trace.register(name, self.kind, self.address)
        env.process(self._serve())

    def _listen(self) -> None:
        """Take connections where datagrams arrive, if the network has any (§18.2.1); those that stood are broken."""
        if "TCP" in self.transports:
            self._reader.forget()
            self.network.unbind(self.address, "TCP")
            self.network.bind(self.address, "TCP", self._reader, self._unreachable, node=self.name)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name} at {self.address}>"

    # What each kind of element fills in

    def on_request(self, exchange: Exchange, request: Request) -> None:
        """A new request, other than ACK and CANCEL, with its server transaction."""
        raise NotImplementedError

    def on_ack(self, request: Request) -> None:
        """An ACK that belongs to no transaction here: the one for a 2xx (§13.2.2.4)."""
        self.ignored("an ACK for no answer of ours", "RFC 3261 §17.2.3")

    def on_cancel(self, invite: Exchange) -> None:
        """A CANCEL, already answered with 200, for this INVITE (§9.2)."""

    def on_unreadable(self, message: Message | None, error: SipParseError, packet: Packet) -> None:
        """What can't be read as a whole; None where not even a request can be made out."""
        refuse_unread(self, message, error, packet)

    def on_transaction_failure(self, exchange: Exchange, reason: str) -> None:
        """A server transaction whose final response nobody acknowledged, or could be sent (§17.2.4)."""

    # Sending

    def request(self, request: Request, hop: Uri | Hop, user: TransactionUser) -> Exchange:
        """Send a request through a client transaction, to the next server if one fails (RFC 3263 §4.3).

        Where its next hop leads nowhere the user hears of a "transport error" at once, but after this has returned
        (RFC 3261 §8.1.3.1).
        """
        found = next_hops(self, request, hop)
        hops = self.left_alone.others(self, found, request) if self.left_alone else found
        if len(hops) == 1:
            return self.attempt(request, hops[0], user)
        if hops:
            return Failover(self, request, hops, user)
        exchange = self._client(request, NOWHERE, user)
        self.alarm("unresolved", 0.0, user.on_failure, exchange, LEFT_ALONE if found else "transport error")
        return exchange

    def attempt(self, request: Request, hop: Hop, user: TransactionUser) -> Exchange:
        """Send a request to one hop, through a client transaction of its own."""
        exchange = self._client(request, hop, user)
        self.clients[exchange.key] = exchange
        exchange.start()
        return exchange

    def _client(self, request: Request, hop: Hop, user: TransactionUser) -> Exchange:
        machine, reliable = client_machine(request.method), hop.transport != "UDP"
        if reliable:
            request = over(request, hop.transport)
        return Exchange(self, Transaction(machine, request, self.timing, reliable), client_key(request), hop, user)

    def send_outside_transaction(self, request: Request, hop: Uri | Hop) -> None:
        """Send a request that has no transaction: an ACK for a 2xx (§13.2.2.4)."""
        for first in next_hops(self, request, hop)[:1]:
            self.send(request if first.transport == "UDP" else over(request, first.transport), first)

    def send(self, message: Message, remote: Hop, copy: int = 1) -> None:
        """Hand a message's octets to the network; `copy` counts from 1, 2 is the first retransmission."""
        if self.down:
            return
        packet = Packet(message.data or bytes(message), self.address, *remote)
        trace = self.trace
        if trace.counting:
            packet.cause = trace.sent(self.env.now, self.name, packet, copy)
        self.network.send(packet)

    def new_via(self, mark: str = "") -> str:
        """A Via value with a new branch (§8.1.1.7), which ends with the `mark` of a proxy (§16.6 item 8)."""
        branch = self.identifiers.branch(self.name)
        return before_branch(self.address) + (f"{branch}.{mark}" if mark else branch)

    def via_with(self, branch: str) -> str:
        return before_branch(self.address) + branch

    @property
    def host_port(self) -> str:
        """The address as it stands in a Via or a URI: the port only when it is not 5060."""
        return host_port(self.address)

    def reply(self, exchange: Exchange, status: int, *headers: tuple[str, str], tag: str | None = None) -> None:
        """Answer with a final response of an own making, with a To tag when the request has none (§8.2.6.2)."""
        if not exchange.request.to_tag:
            tag = tag or self.identifiers.tag(self.name)
        exchange.respond(build.reply(exchange.request, status, to_tag=tag, headers=headers))

    def alarm(
        self, name: str, delay: float, fn: Callable[..., object], *args: Any, lingering: bool = False
    ) -> Alarm | Timer:
        """Set a timer of this element's own, apart from those of transactions."""
        return set_alarm(self, name, delay, self.kind, "", lingering, fn, *args)

    def ignored(self, why: str, rfc: str = "") -> None:
        """Record that something was left unanswered, and why."""
        self.trace.ignored(self.env.now, self.name, why, rfc)

    def acting(self, line: str) -> AbstractContextManager[None]:
        """Make a line of a script the cause of what it sets off, where nothing else is (a story, a click).

        `UsageError` where the element is down: then it can't do anything.
        """
        trace = self.trace
        if self.down:
            raise UsageError(f"{line}: {self.name} is down; {self.name}.restart() brings it back")
        return NOTHING if trace.current or not trace.messages else self._causing(line)

    @contextmanager
    def _causing(self, line: str) -> Iterator[None]:
        trace = self.trace
        trace.current = trace.add("script", self.env.now, self.name, text=line)
        try:
            yield
        finally:
            trace.current = 0

    # Failing, and leaving nothing behind

    def crash(self) -> None:
        """Fall silent and forget every transaction and packet; peers notice by their timers only."""
        if self.down:
            raise UsageError(f"{self.name} is down already; restart() brings it back")
        with self.acting(f"{self.name}.crash()"):
            self.trace.add("fault", self.env.now, self.name, what="crash", text=f"{self.name} crashes")
            self.down = True
            self.lose_state()
        self._inbox.clear()
        self.left_alone.forget()
        for exchange in [*self.clients.values(), *self.servers.values()]:
            exchange.abandon()
        self.clients.clear()
        self.servers.clear()

    def lose_state(self) -> None:
        """Forget whatever a crash takes away besides transactions."""

    def restart(self) -> None:
        """Come back at the same address, with nothing remembered."""
        if not self.down:
            raise UsageError(f"{self.name} is up; only a crashed element can restart")
        self.down = False
        with self.acting(f"{self.name}.restart()"):
            self.trace.add("fault", self.env.now, self.name, what="restart", text=f"{self.name} restarts")
        self._listen()

    def forget_users(self) -> None:
        """Forget, without a message, what a story left standing: calls, bindings, requests not yet answered."""
        for exchange in [*self.clients.values(), *self.servers.values()]:
            if exchange.waits_for_its_user:
                self.forget(exchange)

    def leftovers(self) -> list[str]:
        """What is still under way here, as text; nothing should be when a drained lab has come to rest."""
        return [f"{self.name}: {exchange!r}" for exchange in [*self.clients.values(), *self.servers.values()]]

    # Receiving

    def _arrive(self, packet: Packet) -> None:
        if (self.down or self.queue_limit is not None) and not self._admits(packet):
            return
        trace = self.trace
        if trace.counting:
            altered = packet.data if packet.altered else None
            packet.cause = trace.delivered(self.env.now, self.name, packet.cause, altered)
        idle = self._idle
        if not idle or self.service_time:
            self._inbox.append(packet)
            if idle:
                idle.pop().succeed()
        else:  # nobody has to wait, so there is no need to wake the process
            bell = idle.pop()
            self._handle(packet)
            if self._inbox:
                self._empty_inbox()
            idle.append(bell)

    def _admits(self, packet: Packet) -> bool:
        """Whether a packet gets into the inbox; the trace says why one does not."""
        why = f"{self.name} is down"
        if not self.down:
            if self.queue_limit is None or len(self._inbox) < self.queue_limit:
                return True
            why = f"the inbox of {self.name} is full"
        self.trace.lost(self.env.now, packet.cause, why, self.name)
        return False

    def _serve(self) -> Generator[simpy.Event, Any, None]:
        """The process of this element: take packets from the inbox, one after another."""
        while True:
            while self._inbox and self.service_time:
                yield self.env.timeout(self.service_time)
                if self._inbox:  # a crash empties it in the meantime
                    self._handle(self._inbox.popleft())
            self._empty_inbox()
            self._idle.append(self.env.event())
            yield self._idle[-1]

    def _empty_inbox(self) -> None:
        while self._inbox:
            self._handle(self._inbox.popleft())

    def _handle(self, packet: Packet) -> None:
        trace = self.trace
        trace.current = packet.cause
        try:
            message: Request | Response | None = None
            try:
                message = parse_whole(packet.data)
                message.check()
            except SipParseError as error:
                self.on_unreadable(message or salvaged(packet.data), error, packet)
                raise
            if isinstance(message, Response):
                self._handle_response(message)
            else:
                self._handle_request(message, packet)
        except SipParseError as error:
            if packet.data.strip(b"\r\n\0 "):
                trace.unparsable(self.env.now, self.name, packet.cause, error)
            else:
                self.ignored("a keep-alive", "RFC 5626 §3.5.1")
        except Exception as error:  # a mistake of ours, or of a user's own kind of element
            self.bench.report(error, self.name)
        finally:
            trace.current = 0

    def _handle_response(self, response: Response) -> None:
        exchange = self.clients.get(client_key(response))
        if exchange is None:
            self.ignored("a response to no request under way", "RFC 3261 §17.1.3")
        elif exchange.request.names.count("via") == 1 and has_more_vias(response):
            self.ignored("a response with a Via besides ours has gone astray", "RFC 3261 §8.1.3.3")
        else:
            exchange.receive(response)

    def _handle_request(self, request: Request, packet: Packet) -> None:
        key = server_key(request)
        exchange = self.servers.get(key)
        if exchange is not None and (request.method != "ACK" or exchange.state != "accepted"):
            exchange.receive(request)
        elif request.method == "ACK":
            self.on_ack(request)
        else:
            self._begin(request, key, packet)

    def _begin(self, request: Request, key: object, packet: Packet) -> None:
        machine = server_machine(request.method)
        source, reliable = packet.source, packet.transport != "UDP"
        if not reliable and is_usual(request.lines[request.names.index("via")], source):
            remote = straight_to(source)
        else:
            request = stamped(request, source)
            remote = reply_hop(request.via, packet)
        exchange = Exchange(self, Transaction(machine, request, self.timing, reliable), key, remote)
        self.servers[key] = exchange
        try:  # to pass the request up is all that the start of a server transaction brings
            if request.method == "CANCEL":
                self._cancel(exchange, request)
            else:
                self.on_request(exchange, request)
        except SipParseError as error:  # in a header field that only now somebody looked at
            if exchange.state in ("trying", "proceeding"):
                refuse(self, exchange, unreadable(error))
            raise

    def _cancel(self, exchange: Exchange, request: Request) -> None:
        found = next((self.servers[key] for key in cancelled_keys(request) if key in self.servers), None)
        if found is None:
            refuse(self, exchange, NO_TRANSACTION)
            return
        self.reply(exchange, 200, tag=self.tag_for(found))
        if found.request.method == "INVITE":  # nothing else is taken back (§9.2)
            self.on_cancel(found)

    def tag_for(self, invite: Exchange) -> str | None:
        """The To tag of our responses to an INVITE, None while it is open; a CANCEL is answered with it (§9.2)."""
        answered = invite.transaction.response
        return answered.to_tag if answered is not None else None

    def on_passed(self, exchange: Exchange, effect: Effect) -> None:
        """What a server transaction passes up after the request itself: its own failure, nothing else."""
        if effect[0] == "fail":
            self.on_transaction_failure(exchange, effect[1])

    def forget(self, exchange: Exchange) -> None:
        """Drop a terminated transaction."""
        exchange.abandon()
        (self.servers if exchange.user is None else self.clients).pop(exchange.key, None)

    def _unreachable(self, packet: Packet, reason: str) -> None:
        undelivered(self, packet, reason)

    def _unreadable(self, piece: Packet, error: SipParseError, refused: Message | None) -> None:
        """A stream on which nobody knows where a message ends: answer if its head is there, and end it (§18.3)."""
        if self.down or piece.flow is None:
            return
        trace = self.trace
        trace.current = trace.delivered(self.env.now, self.name, piece.cause, piece.data)
        trace.unparsable(self.env.now, self.name, trace.current, error)
        with suppress(SipParseError):
            self.on_unreadable(refused, error, piece)
        piece.flow.finish()
        trace.current = 0
