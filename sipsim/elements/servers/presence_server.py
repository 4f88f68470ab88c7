"""A presence server: takes what users publish, and tells those who have subscribed (RFC 3856 §3, RFC 3903 §6)."""

from __future__ import annotations

from collections.abc import Iterable

from sipsim.elements.alarm import Alarms
from sipsim.elements.element import Element
from sipsim.elements.events.notifier import Notifier, Package, Source
from sipsim.elements.events.usages import Usages, key_of
from sipsim.elements.exchange import Exchange
from sipsim.elements.refusing import refuse
from sipsim.elements.workbench import Bench
from sipsim.errors import SipParseError, UsageError
from sipsim.message.event_body import LARGEST, Body
from sipsim.message.message import Request
from sipsim.message.presence import Presence, composed
from sipsim.protocol import inspection
from sipsim.protocol.event_packages import KINDS, TYPES, as_body, read_body
from sipsim.protocol.inspection import NO_DIALOG, Abilities, Refusal, refusal
from sipsim.protocol.location import as_uri
from sipsim.protocol.options import Option, domain, one_of, whole_seconds
from sipsim.protocol.publications import Publications, State
from sipsim.protocol.subscription import DEFAULT_EXPIRES, bad_event, event_of
from sipsim.simulation.environment import FAR, Environment

SERVES = Abilities(methods=("SUBSCRIBE", "PUBLISH"), types=TYPES)
PACKAGES = tuple(name for name in KINDS if name != "refer")


class PresenceServer(Element):
    """The presence server of a domain.

    `events` are the packages that it takes, by default presence. A state lasts for `longest` seconds at most, and for
    `shortest` at least; the same holds for subscriptions. Of several presences of a user, each published by a device of
    its own, one is composed that has the tuples and notes of all (RFC 3903 §2), without extensions of PIDF. Of other
    packages the state that was changed last is told.
    """

    kind = "presence server"
    domain = Option[str](domain, fixed=True)

    def __init__(
        self, env: Environment, bench: Bench, name: str, domain: str, *, events: Iterable[str] = ("presence",),
        longest: int = DEFAULT_EXPIRES, shortest: int = 0, host: str = "", port: int = 0,
        queue_limit: int | None = None, service_time: float = 0.0,
    ) -> None:  # fmt: skip
        self.domain = domain
        whole_seconds("longest", longest, 1)
        whole_seconds("shortest", shortest)
        if shortest > longest:
            raise UsageError(f"shortest: {shortest} is more than longest, {longest}")
        names = [events] if isinstance(events, str) else list(events)
        for event in names:
            one_of("events", event, PACKAGES)
        super().__init__(env, bench, name, host=host, port=port, queue_limit=queue_limit, service_time=service_time)
        self.usages = Usages(self)
        self.notifier = Notifier(self, self.usages, lambda: f"<sip:{self.host_port}>")
        self.publications = Publications(longest, shortest)
        self._known: dict[tuple[str, str], Body] = {}
        self._composed: dict[str, tuple[list[Body], Body]] = {}  # what it was made of, and what came out
        self._ends = Alarms(self)
        for event in names:
            kind = KINDS[event].content_type
            package = Package(event, self._source(event), longest=longest, shortest=shortest, content_type=kind)
            self.notifier.tells(package)

    def _source(self, event: str) -> Source:
        return lambda resource, told: self.state(event, resource)

    def state(self, event: str, resource: str) -> Body | None:
        """What is told of a user: what was published; of presence without that, that nobody is there."""
        published = self.publications.states(event, resource, self.env.now)
        if event == "presence" and any(one.number > 1 for one in published):
            return self._compose(resource, published)
        self._composed.pop(resource, None)
        found = published[-1].body if published else self._known.get((event, resource))
        return Presence(resource).body if found is None and event == "presence" else found

    def _compose(self, resource: str, published: list[State]) -> Body:
        """One document of several, made once for all watchers; the last one alone where it would be too long."""
        bodies = [one.body for one in published]
        made_of, body = self._composed.get(resource, ([], Body(b"", "")))
        if made_of != bodies:
            body = composed(resource, {one.number: Presence.read(one.body.octets) for one in published}).body
            body = body if len(body.octets) <= LARGEST else bodies[-1]
            self._composed[resource] = bodies, body
        return body

    def know(self, state: object, resource: str | None = None, event: str = "presence") -> None:
        """Learn of a state by other means than PUBLISH; what is published takes its place. `resource` is a URI."""
        one_of("event", event, list(self.notifier.packages))
        body = as_body(state)
        aor = as_uri("resource", str(getattr(state, "entity", "")) if resource is None else resource).aor
        with self.acting(f"{self.name}.know()"):
            self._known[event, aor] = body
            self.notifier.changed(event, aor)

    # What arrives

    def on_request(self, exchange: Exchange, request: Request) -> None:
        there = self.usages.dialogs.get(key_of(request)) if request.to_tag else None
        refused = self._refusal(request, there is not None)
        if refused is not None:
            refuse(self, exchange, refused)
        elif there is not None:
            there.on_request(exchange, request)
        else:
            self.serve(exchange, request)

    def _refusal(self, request: Request, is_known: bool) -> Refusal | None:
        if request.to_tag and not is_known:
            return NO_DIALOG
        refused = inspection.method(request, SERVES) or inspection.scheme(request, SERVES)
        refused = refused or inspection.content(request, SERVES)
        ours = is_known or request.uri.host.lower() == self.domain.lower()
        return refused or (None if ours else refusal(404, f"{request.uri.aor} is no user of {self.domain}"))

    def serve(self, exchange: Exchange, request: Request) -> None:
        """Answer a SUBSCRIBE or a PUBLISH that may be served."""
        if request.method == "SUBSCRIBE":
            self.notifier.subscribe(exchange, request, request.uri.aor)
        else:
            self._publish(exchange, request)

    def _publish(self, exchange: Exchange, request: Request) -> None:
        event, resource = event_of(request), request.uri.aor
        if event is None or event.value not in self.notifier.packages:
            refuse(self, exchange, bad_event(tuple(self.notifier.packages)))
            return
        taken = self.publications.publish(
            event.value, resource, request, self.env.now, lambda: self.identifiers.tag(self.name),
            lambda: self._unread(request, event.value),
        )  # fmt: skip
        if isinstance(taken, Refusal):
            refuse(self, exchange, taken)
            return
        self.reply(exchange, 200, ("SIP-ETag", taken.etag), ("Expires", str(taken.expires)))
        self._watch(event.value, resource, request.sip_if_match or "", taken.etag, taken.expires)
        if taken.changed:
            self.notifier.changed(event.value, resource)

    def _unread(self, request: Request, event: str) -> Refusal | None:
        """What is wrong with a state: another package's type, or a document that can't be read (RFC 3903 §6)."""
        if not request.body:
            return None
        wanted = KINDS[event].content_type
        if request.find(wanted) is not request:
            return refusal(415, f"no {wanted}", ("Accept", wanted), rfc="RFC 3903 §6")
        try:
            read_body(Body(request.body, str(request.content_type)))
        except SipParseError as error:
            return refusal(error.status, error.reason, rfc="RFC 3903 §6")
        return None

    def _watch(self, event: str, resource: str, before: str, etag: str, seconds: int) -> None:
        """Wait for the end of a state that nobody refreshes."""
        self._ends.stop((event, resource, before))
        if 0 < seconds < FAR:
            key = (event, resource, etag)
            self._ends.set(key, seconds, self._expire, *key, called="publication", lingering=True)

    def _expire(self, event: str, resource: str, etag: str) -> None:
        self._ends.pop((event, resource, etag), None)
        if self.publications.expire(event, resource, etag):
            self.notifier.changed(event, resource)

    # The end

    def lose_state(self) -> None:
        super().lose_state()
        self._forget()

    def forget_users(self) -> None:
        self._forget()
        super().forget_users()

    def _forget(self) -> None:
        self.notifier.forget()
        self.publications.clear()
        self._composed.clear()
        self._ends.stop_all()

    def leftovers(self) -> list[str]:
        return super().leftovers() + [f"{self.name}: {watch!r}" for watch in self.notifier.watches]
