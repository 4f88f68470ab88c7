"""A stateful proxy: sends requests on to where their targets are, and the best response back (RFC 3261 §16).

What may be forwarded, where to and in which form is decided in `protocol.routing`; here it is carried out. Branches
and responses are `response_context`'s matter, targets that are not all asked at once `target_search`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from math import inf
from typing import Any

from sipsim.elements.agents.through import Through
from sipsim.elements.element import Element
from sipsim.elements.exchange import Exchange
from sipsim.elements.refusing import refuse
from sipsim.elements.servers.overload import turned_away
from sipsim.elements.servers.registrar import Registrar
from sipsim.elements.servers.response_context import MOST_VISITS, Branch, ResponseContext
from sipsim.elements.servers.slow_answers import SlowAnswers
from sipsim.elements.servers.target_search import TargetSearch
from sipsim.elements.workbench import Bench
from sipsim.errors import SipParseError, UsageError
from sipsim.message import build
from sipsim.message.message import Message, Request, Response
from sipsim.message.uri import SIP_SCHEMES, Uri
from sipsim.protocol import routing
from sipsim.protocol.forwarding import IN_CIRCLES, NOWHERE_ELSE, Forwards, followed, forwards_for
from sipsim.protocol.inspection import NO_TRANSACTION, Refusal
from sipsim.protocol.location import Binding, as_uri
from sipsim.protocol.matching import cancelled_keys, client_key, stateless_branch, stateless_tag
from sipsim.protocol.options import Option, one_of, seconds, yes_or_no
from sipsim.protocol.target_set import FORKING
from sipsim.protocol.timing import TIMER_C
from sipsim.simulation.environment import Environment
from sipsim.simulation.network import Packet

RING_TIME = 20.0
"""Seconds that a target may ring before the next is tried, in a search one after another (below Timer C)."""

Way = tuple[Request, str, Sequence[Binding]]
"""Where a request goes: the request as it is to be forwarded, its loop mark, its targets."""

CHALLENGES = ("own", "new", "all")
"""Which requests a proxy with users asks credentials for (RFC 3261 §22.3)."""


class Proxy(Registrar):
    """The proxy of a domain, and its registrar: both roles in one element, on one location service (§16.1, §10.3).

    `forking` says how a request goes to several contacts: "parallel", "sequential" (by q, each for `ring_time` seconds)
    or "q-groups" (those of equal q at once). `recurse` lets it try the contacts of a redirect by itself. `record_route`
    says whether it stays in the path of the dialogs that it helps to set up. With `relay_to`, an element or a URI, it
    has no users of its own: first requests go to that server, and 502 and 504 tell of what that does wrong. A request
    for which `queue_limit` leaves no room, while each takes `service_time` seconds, is refused with 503. The other
    keywords are those of `Registrar`.

    Max-Breadth (RFC 5393 §5.3.3) bounds how many branches a request has at a time, 60, and not how many one after
    another: proxies that search in turn, and whose users are bound to each other, may send tens of thousands of
    messages, until a request has come back to each of them often enough.

    With `sends_199` a caller who knows 199 hears of each phone that rang and has refused, while others still ring
    (RFC 6228).

    Where users have passwords, `challenges` says who has to log in: "own" senders of this domain, and whoever wants to
    be taken to another one; everybody with a "new" request; or everybody with "all" requests, those in dialogs too.
    """

    kind = "proxy"
    stateful = Option[bool](partial(one_of, allowed=(True,)), fixed=True)
    forking = Option[str](partial(one_of, allowed=FORKING))
    recurse = Option[bool](yes_or_no)
    ring_time = Option[float](partial(seconds, least=0.001, most=TIMER_C))
    record_route = Option[bool](yes_or_no)
    sends_199 = Option[bool](yes_or_no)
    challenges = Option[str](partial(one_of, allowed=CHALLENGES))
    relay_to = Through()
    """The server that first requests go to; None for users of our own."""
    remembers = True
    """Whether it knows the ACK for a refusal, by its transaction, from that for a 2xx, which goes its own way."""
    late_status: int | None = None
    """Said instead of a final response that did not come in time; None: 408, and 504 of a server that we relay to."""

    def __init__(
        self, env: Environment, bench: Bench, name: str, domain: str, *, forking: str = "parallel",
        recurse: bool = False, ring_time: float = RING_TIME, record_route: bool = True,
        relay_to: Element | str | None = None, challenges: str = "own", sends_199: bool = False,
        queue_limit: int | None = None, service_time: float = 0.0, **registrar: Any,
    ) -> None:  # fmt: skip
        self.stateful = self.remembers
        self.forking = forking
        self.recurse = recurse
        self.ring_time = ring_time
        self.record_route = record_route
        self.challenges = challenges
        self.sends_199 = sends_199
        self.relay_to = relay_to
        super().__init__(env, bench, name, domain, queue_limit=queue_limit, service_time=service_time, **registrar)
        self._own_routes = {
            "UDP": f"<sip:{self.host_port};lr>", "TCP": f"<sip:{self.host_port};transport=tcp;lr>",
        }  # fmt: skip
        self._slow = SlowAnswers(self)
        self._forwards: dict[str, Forwards] = {}
        self._contexts: dict[Exchange, ResponseContext] = {}

    @property
    def reads_redirects(self) -> bool:
        """Whether a 3xx has to be one that can be read: somebody's mistake, or the next targets, are in it."""
        return self.recurse or self.relay_to is not None

    @property
    def _searches(self) -> bool:
        return self.recurse or self.forking != "parallel"

    def forwards(
        self, user: str | Uri, *, always: str | Uri | None = None, busy: str | Uri | None = None,
        no_answer: str | Uri | None = None, unregistered: str | Uri | None = None, after: float | None = None,
    ) -> None:  # fmt: skip
        """Send a user's calls elsewhere from now on: always, on 486, when nobody answers, or without a binding.

        Nobody answers when the phones, or in a search each that is asked, have rung for `after` seconds (None:
        `ring_time`). The caller is told by 181 (RFC 3261 §21.1.3). `user` is a URI, or a name in this domain. One who
        is forwarded to may have other wishes, which count then; a call that would go in circles ends with 482, or with
        what the last phone said. Without an address the calls of a user go nowhere else any more.
        """
        if isinstance(user, str) and ":" not in user:
            user = f"sip:{user}@{self.domain}"
        user = as_uri("user", user)
        if not self.serves(user):
            raise UsageError(f"user: {user} is no user of {self.domain}")
        wanted = {"always": always, "busy": busy, "no_answer": no_answer, "unregistered": unregistered}
        chosen = forwards_for(user, wanted, after)
        if not self.stateful and (busy or no_answer):
            raise UsageError("busy, no_answer: not known to a stateless proxy; use always or unregistered")
        if chosen == NOWHERE_ELSE and user.aor not in self._forwards:
            raise UsageError(f"forwards(): say when, with one of {', '.join(wanted)}")
        self._forwards[user.aor] = chosen

    def forwards_of(self, user: Uri) -> Forwards:
        """Where the calls of a user of ours go instead."""
        return self._forwards.get(user.aor, NOWHERE_ELSE) if self._forwards and self.serves(user) else NOWHERE_ELSE

    def led(self, user: Uri, passed: Sequence[Uri] = ()) -> list[Uri]:
        """The users that a call comes to, each sending it on to the next; empty where it goes in circles."""
        return followed(user, passed, self.forwards_of, self._has_phones)

    def _has_phones(self, user: Uri) -> bool:
        return bool(self.location.look_up(user, self.env.now))

    # Requests

    def on_request(self, exchange: Exchange, request: Request) -> None:
        if request.method == "REGISTER" and self.relay_to is None and self.serves(request.uri):
            self.register(exchange, request)
            return
        if request.method == "SUBSCRIBE" and self.relay_to is None and self.tells_of(request):
            if self.gate is None or self.gate.check(self, exchange, request).refusal is None:
                self.watch(exchange, request)
            return
        if self.gate is not None and routing.validate(request) is None:
            if self.asks(request) and self.gate.check(self, exchange, request, proxy=True).refusal is not None:
                return
            request = self.gate.without_ours(request)
        way = self.way(request)
        if isinstance(way, Refusal):
            refuse(self, exchange, way)
        else:
            self._forward(exchange, *way)

    def asks(self, request: Request) -> bool:
        """Whether the sender has to log in (§16.3 item 6): not again where the request has come back (a spiral)."""
        if (request.to_tag and self.challenges != "all") or self._has_been_here(request):
            return False
        is_ours = self.serves(request.uri) or self.is_me(request.uri)
        return self.challenges != "own" or self.serves(request.from_.uri) or not is_ours

    def _has_been_here(self, request: Request) -> bool:
        """Whether a Via is ours, of a transaction that is still under way: no stranger knows its branch."""
        me = f"{self.address}".lower()
        ours = [via for via in request.vias if via.sent_by == me]
        return any(((via.branch or "").lower(), request.method) in self.clients for via in ours)

    def on_ack(self, request: Request) -> None:
        """The ACK for a 2xx goes on like any request, but without a transaction (§16.6 item 10, §13.2.2.4)."""
        if self.queue_limit is not None and request.to_tag == stateless_tag(request):
            self.ignored("the ACK for a 503 that was given without a transaction", "RFC 3261 §8.2.7")
            return
        way = self.way(request if self.gate is None else self.gate.without_ours(request))
        if isinstance(way, Refusal):
            self.ignored(f"an ACK that may not be forwarded ({way.status})", way.rfc)
            return
        request, mark, found = way
        self.send_outside_transaction(*routing.forwarded(request, found[0].contact, self.new_via(mark)))

    def on_cancel(self, invite: Exchange) -> None:
        """CANCEL every branch that is still open (§16.10)."""
        context = self._contexts.get(invite)
        if context is not None:
            context.cancel()

    def _cancel(self, exchange: Exchange, request: Request) -> None:
        """A CANCEL for a request that nobody here remembers goes on without a transaction (§16.10)."""
        if any(key in self.servers for key in cancelled_keys(request)):
            super()._cancel(exchange, request)
            return
        way = self.way(request)
        if isinstance(way, Refusal):
            refuse(self, exchange, NO_TRANSACTION)
            return
        self.forget(exchange)
        self.pass_on(*way)

    def pass_on(self, request: Request, mark: str, found: Sequence[Binding], came: str = "UDP") -> None:
        """Send a request to its first target without keeping anything of it (§16.11)."""
        target, branch = found[0].contact, stateless_branch(request)
        via = self.via_with(f"{branch}.{mark}" if mark else branch)
        routes = self._record_routes(came, request, target) if self._stays(request) else ()
        breadth = routing.breadth(request)
        self.send_outside_transaction(*routing.forwarded(request, target, via, routes, breadth))

    def upstream(self, response: Response) -> Response:
        """A response as it goes on from here (§16.7 item 3)."""
        return response.without_first("Via")

    def way(self, request: Request) -> Way | Refusal:
        """Where a request goes from here, or what is answered instead (§16.3 to §16.5)."""
        refusal = routing.validate(request)
        if refusal is not None:
            return refusal
        request = routing.preprocess(request, self.is_me)
        relay, routed = self.relay_to, "route" in request.names
        registers = request.method == "REGISTER" and relay is not None and self.serves(request.uri)
        if not routed and not registers and self.is_me(request.uri):
            return routing.ABOUT_ITSELF if request.method == "OPTIONS" else routing.FOR_ITSELF
        ours = self.serves(request.uri)
        if not (ours or routed) and relay is None and self._is_alias(request.uri):
            request, ours = request.with_uri(request.uri.with_(host=self.domain, port=None)), True
        mark = ""  # no ACK that is not looked up comes back
        if request.method != "ACK" or not self.remembers or ours:
            mark = routing.loop_mark(request)
            if routing.is_loop(request, mark, f"{self.address}".lower()):
                return routing.LOOP
        if relay is not None and not routed and not (request.to_tag and self.remembers):
            request = request.prepend("Route", f"<{relay}>")
        found = self.find(request)
        if found:
            return request, mark, found
        if request.uri.scheme not in SIP_SCHEMES:
            return routing.NO_WAY
        if self._forwards and request.method == "INVITE" and not self.led(request.uri):
            return IN_CIRCLES
        return self.absent(request.uri, "RFC 3261 §16.5")

    def find(self, request: Request) -> Sequence[Binding]:
        """The target set: the user's contacts for an address of our domain, else the Request-URI (§16.5)."""
        uri = request.uri
        if "route" in request.names or not self.serves(uri) or (uri.params and uri.param("maddr")):
            led = "route" in request.names or uri.scheme in SIP_SCHEMES  # a number alone leads nowhere
            return (Binding(uri, 1.0, inf, "", 0),) if led else ()
        if self._forwards and request.method == "INVITE":
            users = self.led(uri)
            return self.contacts(users[-1]) if users else ()
        return self.look_up(uri)

    def look_up(self, uri: Uri) -> Sequence[Binding]:
        """The bindings of a user of ours, the best liked first."""
        aor = uri.aor
        bindings = self.location.look_up(aor, self.env.now)
        if self.trace.everything:
            contacts = [str(binding.contact) for binding in bindings]
            self.trace.add("binding", self.env.now, self.name, action="look-up", aor=aor, contacts=contacts)
        return [binding for binding in bindings if binding.contact.scheme in SIP_SCHEMES]  # a proxy sends no mail

    def contacts(self, target: Uri) -> Sequence[Binding]:
        """The target itself, or its contacts where it is a user of ours."""
        return self.look_up(target) if self.serves(target) else (Binding(target, 1.0, inf, "", 0),)

    def is_me(self, uri: Uri) -> bool:
        """Whether a URI of a Route, or one put into Record-Route, names this proxy, by any name that it has (§16.4)."""
        return not uri.user and (self.serves(uri) or self._leads_here(uri))

    def _is_alias(self, uri: Uri) -> bool:
        """Whether a user outside of our domain is meant at another name of this proxy, in that domain then (§16.5)."""
        return bool(uri.user) and uri.scheme in SIP_SCHEMES and self._leads_here(uri)

    def _leads_here(self, uri: Uri) -> bool:
        host, port = self.address
        here = uri.host.strip("[]") == host and (uri.port or 5060) == port
        return here or self.names.stands_for(uri.host, uri.port, self.address)

    def branches(
        self, server: Exchange, request: Request, targets: Sequence[Uri], mark: str, breadth: int
    ) -> list[Branch]:
        """Copies of a request for these targets, with the hops that they go to; they share its Max-Breadth."""
        came, stays = server.remote.transport, self._stays(request)
        copies = []
        for target, share in zip(targets, routing.shares(breadth, len(targets)), strict=True):
            routes = self._record_routes(came, request, target) if stays else ()
            copies.append(routing.forwarded(request, target, self.new_via(mark), routes, share))
        return copies

    def _stays(self, request: Request) -> bool:
        """Whether this proxy wants to be in the path of a dialog that may come of this request (§16.6 item 4).

        A subscription's dialog comes of its NOTIFY, which is in the path of the SUBSCRIBE (RFC 6665 §4.3).
        """
        makes_dialog = request.method in ("INVITE", "SUBSCRIBE", "REFER") and not request.to_tag
        return self.record_route and (makes_dialog or request.method == "NOTIFY")

    def _record_routes(self, came: str, request: Request, target: Uri) -> tuple[str, ...]:
        """What goes into Record-Route; a value for each side where the transport changes here (RFC 5658 §5)."""
        hop = request.routes[0].uri if "route" in request.names else target
        goes = (hop.param("transport") or "UDP").upper() if hop.params else "UDP"
        return tuple([self._own_routes[transport] for transport in dict.fromkeys((came, goes))])

    def _forward(self, exchange: Exchange, request: Request, mark: str, found: Sequence[Binding]) -> None:
        breadth = routing.breadth(request)
        if breadth < len(found) and (self.forking == "parallel" or not breadth):
            refuse(self, exchange, routing.TOO_BROAD)
            return
        first = self._first_visit(request) if self._searches else None
        if first is not None and first.visits > MOST_VISITS:
            refuse(self, exchange, routing.AGAIN_AND_AGAIN)
            return
        context = ResponseContext(self, exchange, first)
        if request.method == "INVITE":
            exchange.respond(build.reply(request, 100))
            self._contexts[exchange] = context
        else:
            self._slow.expect(exchange)
        if (self._searches or self._forwards) and "route" not in request.names and self.serves(request.uri):
            self._search(context, request, mark, found)
        else:
            targets = [binding.contact for binding in found]
            context.start(self.branches(exchange, request, targets, mark, breadth))

    def _first_visit(self, request: Request) -> ResponseContext | None:
        """The context of a request that has come back here, as it came first; it counts how often that happens."""
        me = f"{self.address}".lower()
        for via in reversed(request.vias):
            exchange = self.clients.get(((via.branch or "").lower(), request.method)) if via.sent_by == me else None
            if exchange is not None and isinstance(exchange.user, ResponseContext):
                first = exchange.user.first or exchange.user
                first.visits += 1
                return first
        return None

    def _search(self, context: ResponseContext, request: Request, mark: str, found: Sequence[Binding]) -> None:
        """Ask the targets as this proxy forks, and whoever else turns up."""
        led = self.led(request.uri) if context.invite else []
        search = context.search = TargetSearch(self, context, request, mark, led)
        search.begin(found)

    # Too much to do, and nothing that could be read

    def _admits(self, packet: Packet) -> bool:
        full = not self.down and self.queue_limit is not None and len(self._inbox) >= self.queue_limit
        return not (full and turned_away(self, packet, self._inbox)) and super()._admits(packet)

    def on_unreadable(self, message: Message | None, error: SipParseError, packet: Packet) -> None:
        """A final response of the server that we relay to, which can't be read: it has failed (§21.5.3)."""
        if self.relay_to is None or not isinstance(message, Response):
            super().on_unreadable(message, error, packet)
            return
        with suppress(SipParseError):
            exchange = self.clients.get(client_key(message))
            if exchange is not None and exchange.user is not None and message.status >= 200:
                self.forget(exchange)
                exchange.user.on_failure(exchange, "the response can't be read")

    # Failing, and leaving nothing behind

    def forget(self, exchange: Exchange) -> None:
        super().forget(exchange)
        self._contexts.pop(exchange, None)

    def lose_state(self) -> None:
        super().lose_state()
        self._forget_contexts()

    def forget_users(self) -> None:
        self._forget_contexts()
        super().forget_users()

    def _forget_contexts(self) -> None:
        for context in self._contexts.values():
            context.forget()
        self._contexts.clear()
