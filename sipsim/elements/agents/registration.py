"""A registration: the contacts of a user that this phone keeps at the registrar of their domain (RFC 3261 §10.2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from sipsim.elements.agents.attempts import carry_on, tried, why_failed
from sipsim.elements.agents.endpoint import Endpoint, hop_uri
from sipsim.elements.alarm import Alarms
from sipsim.elements.exchange import Exchange
from sipsim.elements.outcome import Outcome
from sipsim.errors import RegistrationFailed
from sipsim.message import build
from sipsim.message.fields import STAR, NameAddr
from sipsim.message.message import Request, Response
from sipsim.message.uri import Uri
from sipsim.protocol.location import DEFAULT_EXPIRES
from sipsim.protocol.refreshing import RefreshPolicy, is_tried_again, pause
from sipsim.simulation.environment import FAR
from sipsim.simulation.names import is_multicast, is_numeric

Contacts = tuple[NameAddr, ...]

EXPIRY = "registration expiry"
"""The alarm for the end of a registration."""


class End(NamedTuple):
    """Why a registration is over: in words, and by which status, if by one."""

    why: str
    status: int | None = None


class Wish(NamedTuple):
    """A REGISTER: the contacts that it names, none to ask for them, STAR to remove all, and for how many seconds.

    `expires` is None where the registrar is to choose, or nothing is to change. `cause` is the trace record of who
    wished it. `caches` says whether the address of the outbound proxy that is found for it serves for later requests,
    `policy` how its binding is kept up, `is_refresh` that it was sent for that.
    """

    contacts: Contacts
    expires: int | None
    outcome: Outcome
    cause: int
    policy: RefreshPolicy | None
    caches: bool
    is_refresh: bool


class Registration:
    """What a user agent knows of its bindings: until when the registrar said they stand.

    `expires` is the time in seconds that the agent believes in, 0 when there is no binding, `granted` what the
    registrar said. `bindings` are all Contacts of the user, those of other phones too, as the last 200 listed them.
    All REGISTERs of one user agent share a Call-ID, count CSeq upwards (§10.2), and wait for each other's answer.
    """

    def __init__(self, agent: Endpoint) -> None:
        self.agent = agent
        self.expires = self.granted = 0
        self.bindings: Contacts = ()
        self.call_id = self.from_tag = ""
        self.sequence = 0
        self._bound: Contacts = ()
        self._asked: int | None = None
        self._policy: RefreshPolicy | None = None
        self._under_way: Wish | None = None
        self._waiting: deque[Wish] = deque()
        self._alarms = Alarms(agent)
        self._ended: Outcome | None = None
        self._at_boot: tuple[int | None, RefreshPolicy | None] | None = None
        self._failures = 0  # of refreshes, in a row
        self._lapses = 0.0
        self.on_refresh: Callable[[Outcome], object] | None = None  # told of each refresh, with its outcome

    @property
    def active(self) -> bool:
        return self.expires > 0

    @property
    def asking(self) -> bool:
        """Whether a REGISTER has no answer yet: the next one waits for that (§10.2)."""
        return self._under_way is not None

    @property
    def bound(self) -> Contacts:
        """The contacts that this phone has bound: its own, unless it was told others."""
        return self._bound or (NameAddr("", self.agent.contact_uri),)

    @property
    def ended(self) -> Outcome:
        """An event for the end of the registration as it stands: it succeeds with an `End`, which says why."""
        if self._ended is None:
            self._ended = Outcome(self.agent.env, self.agent.trace, f"the end of {self.agent.name}'s registration")
        return self._ended

    def __repr__(self) -> str:
        state = f"for {self.expires} s" if self.active else "not active"
        return f"<Registration of {self.agent.uri} {state}>"

    # What is wished

    def ask(
        self, contacts: Contacts, expires: int | None = None, policy: RefreshPolicy | None = None,
        caches: bool = False, is_refresh: bool = False,
    ) -> Outcome:  # fmt: skip
        """Send a REGISTER, see `Wish`, when those before have been answered (§10.2); may be `RegistrationFailed`."""
        trace = self.agent.trace
        outcome = Outcome(self.agent.env, trace, f"{self.agent.name}'s registration")
        wish = Wish(contacts, expires, outcome, trace.current, policy, caches, is_refresh)
        if expires == 0:
            self._alarms.stop("refresh")  # whoever leaves does not refresh on the way out
        if self._under_way is None:
            self._send(wish)
        else:
            self._waiting.append(wish)
        return outcome

    def _send(self, wish: Wish) -> None:
        agent = self.agent
        self._under_way = wish
        if not self.call_id:
            self.call_id = agent.identifiers.call_id(agent.name, agent.address.host)
            self.from_tag = agent.identifiers.tag(agent.name)
        self.sequence += 1
        registrar = agent.registrar or Uri(agent.uri.scheme, None, None, agent.uri.host, agent.uri.port)
        fields: list[tuple[str, object]] = [("Contact", contact) for contact in wish.contacts]
        if wish.expires is not None:
            fields.append(("Expires", wish.expires))
        group, ttl = registrar.param("maddr") or "", registrar.param("ttl") or ""
        to_group = is_multicast(group) if is_numeric(group) else group and ttl  # a name with a ttl is that of a group
        by_multicast = f";maddr={group};ttl={ttl or 1}" if to_group else ""  # §18.1.1
        request = build.request(
            "REGISTER", str(registrar), via=agent.new_via() + by_multicast, from_=f"<{agent.uri}>;tag={self.from_tag}",
            to=f"<{agent.uri}>", call_id=self.call_id, cseq=self.sequence, headers=fields,
            routes=agent.preloaded_routes,
        )  # fmt: skip
        agent.request(request, agent.outbound or registrar, self)

    # What comes of it

    def on_response(self, exchange: Exchange, response: Response) -> None:
        wish = self._under_way
        if response.status < 200 or wish is None:
            return
        if response.status >= 300:
            if not carry_on(self, exchange, response):
                error = RegistrationFailed(response.status, response.reason, tried(exchange))
                self._refused(wish, error, response.retry_after or 0.0)
            return
        self.agent.learn(exchange.request, response)
        self.bindings = tuple(contact for contact in response.contacts if contact is not STAR)
        if wish.contacts:
            self._take(wish, exchange, response.expires)
        wish.outcome.settle(self if wish.contacts else self.bindings)
        self._next()

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        if self._under_way is not None:
            if not exchange.remote.address.host:
                self.sequence -= 1  # it was not sent: the next one takes its number (§10.2)
            self._refused(self._under_way, RegistrationFailed(*why_failed(exchange, reason), tried(exchange)))

    def next_number(self, request: Request) -> int:
        """The CSeq number for another try of a REGISTER (§10.2)."""
        self.sequence += 1
        return self.sequence

    def _refused(self, wish: Wish, error: RegistrationFailed, later: float = 0.0) -> None:
        if wish.is_refresh:
            self._not_refreshed(wish, End(f"the refresh failed: {error.status} {error.reason}", error.status), later)
        wish.outcome.disappoint(error)
        self._next()

    def _next(self) -> None:
        """One REGISTER is over: send the next that was waiting for it, on its own behalf."""
        self._under_way = None
        if self._waiting:
            wish, trace = self._waiting.popleft(), self.agent.trace
            before, trace.current = trace.current, wish.cause
            self._send(wish)
            trace.current = before

    def _take(self, wish: Wish, exchange: Exchange, header: int | None) -> None:
        """What a 200 says of our contacts: those it does not list have no binding (§10.2.4)."""
        kept = () if wish.contacts == (STAR,) else without(self._bound, wish.contacts)
        if wish.expires != 0:
            kept += wish.contacts
            self._asked, self._policy = exchange.request.expires, wish.policy
            caches = wish.caches and self.agent.outbound is not None
            self.agent.outbound_found = hop_uri(exchange.remote) if caches else None
        left = remaining(kept, self.bindings, header if header is not None else self._asked)
        self._bound = tuple(contact for contact, _ in left)
        self._alarms.stop("refresh")
        if left and (granted := min(seconds for _, seconds in left)):
            self.granted = granted
            self.expires = granted if self._policy is None else self._policy.clamp(granted, self._asked)
            self._watch()
        else:
            self._end(End("unregistered" if wish.expires == 0 else "the registrar does not list it"))

    # As time goes by

    def _watch(self) -> None:
        """Wait for the end, and for the time to refresh; no run waits for either."""
        agent, policy = self.agent, self._policy
        self._failures, self._lapses = 0, self.agent.env.now + self.expires
        self._alarms.stop(EXPIRY)
        if self.expires < FAR:
            self._alarms.set(EXPIRY, self.expires, self._end, End("expired"), lingering=True)
        due = policy.due(self.expires) if policy is not None else FAR
        if due < FAR:
            caches = agent.outbound_found is not None
            self._alarms.set("refresh", due, self._refresh, caches, lingering=True)

    def _refresh(self, caches: bool) -> None:
        """Bind once more all that this phone has bound (§10.2.4), even where that has lapsed meanwhile."""
        outcome = self.ask(self.bound, self._asked, self._policy, caches, is_refresh=True)
        if self.on_refresh is not None:
            self.on_refresh(outcome)

    def _not_refreshed(self, wish: Wish, end: End, later: float) -> None:
        """Try again where that may help, before the binding lapses and after it; else it is over."""
        agent = self.agent
        if not is_tried_again(end.status or 0):
            self._end(end)
            return
        left = self._lapses - agent.env.now if self.active else 0.0
        self._failures += 1
        wait = max(pause(self._failures, left, agent.dice("refresh")()), later)
        text = f"{end.why}; the next try follows in {wait:.1f} s"
        agent.trace.add("registration", agent.env.now, agent.name, text=text)
        self._alarms.stop("refresh")
        if self.active and self.expires < FAR:  # should it lapse, that is why
            self._alarms.set(EXPIRY, left, self._end, end, lingering=True)
        self._alarms.set("refresh", wait, self._refresh, wish.caches, lingering=True)

    def _end(self, end: End) -> None:
        agent, was_active = self.agent, self.active
        self._alarms.stop(EXPIRY)
        self.expires = self.granted = 0
        agent.outbound_found = None
        if was_active:
            agent.trace.add("registration", agent.env.now, agent.name, text=f"the registration is over: {end.why}")
            event, self._ended = self.ended, None
            event.settle(end)

    def moved(self, old: Uri) -> None:
        """The phone has left this address: it is not refreshed any more."""
        self._bound = without(self._bound, (NameAddr("", old),))

    def lost(self) -> None:
        """Forget the binding, as a crash does; whoever waits for an answer hears of it.

        What is kept is what a phone has in its settings: whether to register when it is switched on.
        """
        self._at_boot = (self._asked, self._policy) if self.active else None
        wishes = [*([self._under_way] if self._under_way is not None else []), *self._waiting]
        self.forget()
        self._end(End("crash"))
        for wish in wishes:
            wish.outcome.disappoint(RegistrationFailed(503, f"{self.agent.name} crashed"))

    def boot(self) -> None:
        """Register anew after a restart, where the phone was registered, at its own address."""
        if self._at_boot is not None:
            (expires, policy), self._at_boot = self._at_boot, None
            self.ask(self.bound, expires, policy)

    def forget(self) -> None:
        """Stop refreshing and waiting, without a message."""
        self._alarms.stop(EXPIRY, "refresh")
        self._waiting.clear()
        self._policy, self._bound, self._under_way = None, (), None


def without(contacts: Contacts, others: Contacts) -> Contacts:
    """The contacts whose addresses are not among the others."""
    return tuple(one for one in contacts if not any(one.uri.matches(other.uri) for other in others))


def remaining(contacts: Contacts, listed: Contacts, otherwise: int | None) -> list[tuple[NameAddr, int]]:
    """Those of our contacts that a registrar lists, with the seconds it gives each: by parameter, or `otherwise`."""
    usual = DEFAULT_EXPIRES if otherwise is None else otherwise
    found = [(contact, next((one for one in listed if one.uri.matches(contact.uri)), None)) for contact in contacts]
    return [(contact, usual if one.expires is None else one.expires) for contact, one in found if one is not None]
