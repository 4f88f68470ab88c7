"""A registrar: keeps the location service of its domain up to date (RFC 3261 §10.3)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from functools import partial
from math import inf
from typing import cast

from sipsim.elements.alarm import Alarms
from sipsim.elements.element import Element
from sipsim.elements.exchange import Exchange
from sipsim.elements.refusing import refuse
from sipsim.elements.servers.gate import ALGORITHMS, QOP, Gate, known_users
from sipsim.elements.servers.registration_events import RegistrationEvents
from sipsim.elements.workbench import Bench
from sipsim.errors import UsageError
from sipsim.message.message import Request
from sipsim.message.rare_fields import Date
from sipsim.message.uri import Uri
from sipsim.protocol import inspection
from sipsim.protocol.digest_server import OPEN, Verdict, check_offer
from sipsim.protocol.inspection import Abilities, Refusal, refusal
from sipsim.protocol.location import Binding, LocationService
from sipsim.protocol.options import Option, domain, not_allowed, whole, yes_or_no
from sipsim.protocol.registering import Answer, Change, Limits, register
from sipsim.protocol.users import Users
from sipsim.simulation.environment import FAR, Environment

REGISTERS = Abilities(methods=("REGISTER", "SUBSCRIBE"), schemes=("sip", "sips", "tel"), types=())
"""What a registrar understands."""


class Limit:
    """One of a registrar's limits, as an attribute: set, it is checked together with the others."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, owner: Registrar, kind: type | None = None) -> int:
        return cast(int, getattr(owner.limits, self._name))

    def __set__(self, owner: Registrar, value: int) -> None:
        owner.limits = Limits.of(**{**owner.limits._asdict(), self._name: value})


def check_names(name: str, users: object) -> None:
    """`UsageError` for what is neither None nor a collection of users' names."""
    if isinstance(users, str):
        raise UsageError(f"{name}: {users!r} is one name; give several, as in users=[{users!r}]")
    if users is not None and not isinstance(users, Container):
        raise not_allowed(name, users, "None, collections of names, and passwords by name")


class Registrar(Element):
    """The registrar of a domain.

    `location` is a location service to share with proxies and redirect servers; without one the registrar has its own,
    and loses it when it crashes. `users` are the names of those who may register, None lets everybody; `third_party`
    says whether they may do so for each other. `unknown` and `unregistered` are the statuses for users whom nobody
    knows, and for those who are not there (§21.4.5, §21.4.18). The other keywords are `Limits`: `min_expires` and
    so on.

    Where `users` come with passwords, as in `users={"bob": "secret"}`, they have to log in (digest, RFC 3261 §22):
    `realm` is by default the domain, `algorithms` and `qop` are what is offered, the best first.
    """

    kind = "registrar"
    watched: RegistrationEvents | None = None
    """Who has subscribed to registrations (RFC 3680)."""
    domain = Option[str](domain, fixed=True)
    users = Option["Container[str] | None"](check_names, fixed=True)
    third_party = Option[bool](yes_or_no)
    unknown = Option[int](partial(whole, least=400, most=699))
    unregistered = Option[int](partial(whole, least=400, most=699))
    default_expires, min_expires, max_expires, most_bindings = Limit(), Limit(), Limit(), Limit()

    def __init__(
        self, env: Environment, bench: Bench, name: str, domain: str, *, location: LocationService | None = None,
        users: Container[str] | None = None, third_party: bool = False, unknown: int = 404,
        unregistered: int = 480, realm: str | None = None, algorithms: Iterable[str] = ALGORITHMS,
        qop: Iterable[str] = QOP, host: str = "", port: int = 0, queue_limit: int | None = None,
        service_time: float = 0.0, **limits: int,
    ) -> None:  # fmt: skip
        self.domain = domain
        self.third_party = third_party
        self.unknown = unknown
        self.unregistered = unregistered
        if location is not None and not isinstance(location, LocationService):
            raise not_allowed("location", location, "None and location services")
        check_names("users", users)
        self.limits = Limits.of(**limits)
        algorithms, qop = tuple(algorithms), tuple(qop)
        check_offer(algorithms, qop)
        self.gate: Gate | None = None
        if isinstance(users, (Mapping, Users)):
            users = known_users(users, realm if isinstance(users, Users) else realm or domain)
            self.gate = Gate(name, bench.identifiers, users, algorithms=algorithms, qop=qop, serves=self.serves)
        super().__init__(
            env, bench, name, host=host, port=port, queue_limit=queue_limit, service_time=service_time
        )  # fmt: skip
        self._serves = domain.lower()
        self.location = location if location is not None else LocationService()
        self.users = users
        self._owns_location = location is None
        self._expiries = Alarms(self)

    def on_request(self, exchange: Exchange, request: Request) -> None:
        refused = inspection.method(request, REGISTERS)
        if refused is not None:
            refuse(self, exchange, refused)
        elif request.method == "REGISTER":
            self.register(exchange, request)
        else:
            self.watch(exchange, request)

    def watch(self, exchange: Exchange, request: Request) -> None:
        """Answer a SUBSCRIBE to registrations (RFC 3680)."""
        if self.watched is None:
            self.watched = RegistrationEvents(self)
            self.location.on_add.append(self._placed)
        self.watched.subscribe(exchange, request)

    def tells_of(self, request: Request) -> bool:
        """Whether a SUBSCRIBE is to registrations of ours, of which nobody else could tell (RFC 3680 §4.6)."""
        if request.to_tag:
            return self.watched is not None and self.watched.knows(request)
        event = request.event
        return event is not None and event.value == "reg" and self.serves(request.uri)

    # Registering

    def register(self, exchange: Exchange, request: Request) -> None:
        """Answer a REGISTER and record what it changed."""
        refused = inspection.scheme(request, REGISTERS) or inspection.content(request, REGISTERS)
        if refused is not None:
            refuse(self, exchange, refused)
            return
        sender = self.gate.check(self, exchange, request) if self.gate is not None else OPEN
        if sender.refusal is None and self.admits(exchange, request, sender.user):
            answer = register(self.location, request, self.env.now, self.limits)
            if answer.status == 200:
                self._accept(exchange, request.to.uri.aor, answer, sender)
            else:
                self.refuse(exchange, answer.status, answer.why, *answer.headers)

    def admits(self, exchange: Exchange, request: Request, sender: str | None = None) -> bool:
        """Whether the sender may register the user in To, and that is one of ours; refuses it otherwise (§10.3).

        `sender` is the user who has logged in, None where nobody has to.
        """
        user = request.to.uri
        if user.scheme not in REGISTERS.schemes:  # an address of record is a SIP URI (§10.3 step 5)
            self.refuse(exchange, 400, f"{user.scheme} is no scheme of an address of record")
        elif not (sender is None or self.third_party or sender in names_of(user)):
            self.refuse(exchange, 403, f"{sender} may not register {user.aor}")
        elif not (self.third_party or request.from_.uri.aor == user.aor):
            self.refuse(exchange, 403, f"{request.from_.uri.aor} may not register {user.aor}")
        elif not (self.is_here(request.uri) and self.serves(user) and self.has_user(user)):
            self.refuse(exchange, 404, f"{user.aor} is no user of {self.domain}")
        else:
            return True
        return False

    def serves(self, uri: Uri) -> bool:
        """Whether this element is responsible for the domain of a URI."""
        return uri.host.lower() == self._serves

    def is_here(self, uri: Uri) -> bool:
        """Whether a Request-URI names this element's domain, or its very address (§10.3 step 1, §8.2.2.1)."""
        return self.serves(uri) or uri.host.strip("[]") == self.address.host

    def has_user(self, uri: Uri) -> bool:
        """Whether this is one of the users that were named, if any were."""
        return self.users is None or any(name in self.users for name in names_of(uri))

    def refuse(self, exchange: Exchange, status: int, why: str, *headers: tuple[str, str]) -> None:
        """Answer a REGISTER that is not carried out, and record why."""
        refuse(self, exchange, Refusal(status, headers, "RFC 3261 §10.3", why))

    def absent(self, uri: Uri, rfc: str) -> Refusal:
        """What to say of a user without a binding; `rfc` is the section that asks for it."""
        is_known = self.location.known(uri) or (self.users is not None and self.has_user(uri))
        if is_known:
            return refusal(self.unregistered, f"no phone of {uri.aor} is registered", rfc=rfc)
        return refusal(self.unknown, f"{uri.aor} is nobody known here", rfc=rfc)

    def forget_users(self) -> None:
        super().forget_users()
        self.lose_state()
        self.location.clear()

    def lose_state(self) -> None:
        self._expiries.stop_all()
        if self.watched is not None:
            self.watched.notifier.forget()
        if self.gate is not None:
            self.gate.forget()
        if self._owns_location:
            if len(self.location):
                self.trace.add("binding", self.env.now, self.name, action="forget")
            self.location.clear()

    def _accept(self, exchange: Exchange, aor: str, answer: Answer, sender: Verdict = OPEN) -> None:
        now = self.env.now
        if self.trace.everything or self.watched is not None:
            for change in answer.changes:
                self._note(aor, change)
        contacts = [("Contact", binding.expiring_field(now)) for binding in answer.bindings]
        thanks = self.gate.thanks(sender) if self.gate is not None else ()
        self.reply(exchange, 200, *contacts, ("Date", str(Date.at(self.bench.epoch + now))), *thanks)
        if self.watched is not None and answer.changes:
            self.watched.changed(aor, answer.changes)

    def _note(self, aor: str, change: Change) -> None:
        """Record a change, and later the end of a binding that nobody refreshed."""
        now, binding, before = self.env.now, change.binding, change.before
        contact, lasts = str(binding.contact), round(binding.expires_at - now, 6)
        expires = lasts if lasts < inf else None
        self.trace.add("binding", now, self.name, action=change.action, aor=aor, contact=contact, expires=expires)
        if before is not None:
            self._expiries.stop((aor, str(before.contact)))
        if change.action != "remove" and lasts < FAR:
            key, called = (aor, contact), "binding expiry"
            self._expiries.set(key, lasts, self._expire, aor, binding, called=called, lingering=True)

    def _placed(self, aor: str, binding: Binding) -> None:
        """A script has placed a binding: who watches hears of it, and of its end."""
        if self.down or self.watched is None:
            return
        with self.acting("location.add()"):
            change = Change("add", binding)
            self._note(aor, change)
            self.watched.changed(aor, [change])

    def _expire(self, aor: str, binding: Binding) -> None:
        """Record the lapse of a binding that nobody refreshed, here or at another registrar with the same service."""
        contact = str(binding.contact)
        del self._expiries[aor, contact]
        if self.location.holds(aor, binding):
            self.trace.add("binding", self.env.now, self.name, action="expire", aor=aor, contact=contact)
            if self.watched is not None:
                self.watched.changed(aor, [Change("expire", binding)])


def names_of(uri: Uri) -> tuple[str, str]:
    """The names under which the user of an address may log in: without the domain, and with it."""
    address = uri.aor.partition(":")[2]
    return address.rpartition("@")[0], address
