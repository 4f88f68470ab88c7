"""The notifier's side: who has subscribed to what, and the NOTIFYs that are due to them (RFC 6665 §4.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sipsim.elements.agents.attempts import carry_on
from sipsim.elements.agents.endpoint import Endpoint
from sipsim.elements.alarm import Alarm
from sipsim.elements.element import Element
from sipsim.elements.events.usages import Life, Usages, key_of
from sipsim.elements.exchange import Exchange, status_of
from sipsim.elements.refusing import refuse
from sipsim.errors import UsageError
from sipsim.message import build
from sipsim.message.event_body import Body
from sipsim.message.message import Request, Response
from sipsim.message.rare_fields import Parameterised
from sipsim.protocol.dialog import Dialog, target_of
from sipsim.protocol.inspection import Refusal, refusal, takes
from sipsim.protocol.options import one_of
from sipsim.protocol.partial_state import Told
from sipsim.protocol.subscription import (
    DEFAULT_EXPIRES,
    ENDING,
    NOTIFIER,
    REASONS,
    USUAL,
    Standing,
    bad_event,
    event_of,
    granted,
    same_event,
    too_brief,
)
from sipsim.simulation.environment import Timer

LEAVES = ("active", "pending", "rejected")
NO_CONTACT = refusal(400, "no Contact to notify", rfc="RFC 6665 §4.1.2.1")
REJECTED = refusal(403, "this subscriber is not wanted", rfc="RFC 6665 §4.2.1.3")

Source = Callable[[str, Told], Body | None]
"""What is told of a resource (an address of record): its state now, or what is new in it to this subscriber."""


class Package(NamedTuple):
    """What an element tells of one event package, to whom, and for how long at most and at least (seconds)."""

    name: str
    source: Source
    leave: str = "active"
    longest: int = DEFAULT_EXPIRES
    shortest: int = 0
    content_type: str = ""


class Watch:
    """One accepted subscription at its notifier, and its dialog. One NOTIFY at a time is under way."""

    notifies = True

    def __init__(
        self, notifier: Notifier, package: Package, event: Parameterised, resource: str, dialog: Dialog
    ) -> None:
        self.notifier = notifier
        self.agent: Any = notifier.element
        self.package = package
        self.event = event
        self.resource = resource
        self.dialog = dialog
        self.subscriber = dialog.remote
        self.life = Life(notifier.element, NOTIFIER, f"{dialog.call_id} {dialog.remote_tag}")
        self._body: Body | None = None  # instead of the package's
        self._end: Alarm | Timer | None = None
        self._ends_at = 0.0
        self._told = Told()
        self._under_way = False
        self._due: Standing | None = None
        notifier.add(self)

    def __repr__(self) -> str:
        return f"<watch of {self.subscriber} on {self.event.value} of {self.resource}: {self.state}>"

    @property
    def state(self) -> str:
        return self.life.state

    def matches(self, event: Parameterised) -> bool:
        """Whether a SUBSCRIBE of this event is about this subscription."""
        return same_event(self.event, event)

    # What the user does

    def allow(self) -> None:
        """Let somebody know who has waited for leave."""
        if self.state == "pending" and self.life.feed("permission"):
            self.notify()

    def end(self, reason: str = "deactivated", retry_after: int | None = None) -> None:
        """End the subscription, and say why (RFC 6665 §4.2.2)."""
        one_of("reason", reason, REASONS)
        self._finish("end", Standing("terminated", None, reason, retry_after))

    # As time goes by

    def begin(self, seconds: int, leave: str, body: Body | None = None) -> None:
        """The SUBSCRIBE has its 2xx: say at once how it stands."""
        self._body = body
        self.life.feed("SUBSCRIBE")
        self.life.feed("policy needed" if leave == "pending" else "permission")
        self.last(seconds)

    def last(self, seconds: int) -> None:
        """It lasts for so many seconds from now; for 0 it is over. The whole state is due (RFC 6665 §5.3.2)."""
        self.stop()
        self._told.all_is_due = True
        if not seconds:
            self._finish("expires", Standing("terminated", None, "timeout"))
            return
        element = self.notifier.element
        self._ends_at = element.env.now + seconds
        self._end = element.alarm("subscription", seconds, self._expire, lingering=True)
        self.notify()

    def notify(self, body: Body | None = None) -> None:
        """Tell the subscriber how things stand, now or as soon as the last NOTIFY is answered."""
        self._body = body or self._body
        left = max(0, round(self._ends_at - self.notifier.element.env.now))
        self._tell(Standing(self.state, left))

    def finish(self, body: Body, reason: str = "noresource") -> None:
        """Tell the last thing that there is to be told."""
        self._body = body
        self._finish("end", Standing("terminated", None, reason))

    def stop(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None

    def _expire(self) -> None:
        self._finish("expires", Standing("terminated", None, "timeout"))

    def _finish(self, input: str, standing: Standing) -> None:
        if self.state == "terminated":
            return
        had_leave = self.state == "active"
        self.life.feed(input)
        self.stop()
        self._tell(standing, had_leave)

    def _tell(self, standing: Standing, with_body: bool = True) -> None:
        if self._under_way:
            self._due = standing
            return
        element = self.notifier.element
        self._under_way = True
        body = self._body
        if body is None and with_body and standing.state != "pending":
            package = self.notifier.packages.get(self.package.name, self.package)  # it may have been told anew
            body = package.source(self.resource, self._told)
        request = self.dialog.request(
            "NOTIFY", via=element.new_via(), contact=self.notifier.contact(),
            headers=(("Event", str(self.event)), ("Subscription-State", str(standing))),
            body=b"" if body is None else body.octets, content_type=None if body is None else body.content_type,
        )  # fmt: skip
        if standing.state == "terminated":
            self.notifier.drop(self)
        element.request(request, self.dialog.next_hop, self)

    # What arrives

    def on_response(self, exchange: Exchange, response: Response) -> None:
        if response.status < 200:
            return
        if response.status >= 300 and isinstance(self.agent, Endpoint) and carry_on(self, exchange, response):
            return
        self._answered(response.status)

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        self._answered(status_of(reason), reason)

    def next_number(self, request: Request) -> int:
        self.dialog.local_seq += 1
        return self.dialog.local_seq

    def _answered(self, status: int, reason: str = "") -> None:
        self._under_way = False
        due, self._due = self._due, None
        if status in ENDING or reason:
            if self.state != "terminated":
                self.life.feed("NOTIFY failure")
            self.stop()
            self.notifier.drop(self)
            why = reason or f"NOTIFY was answered with {status}"
            self.notifier.note(f"the subscription of {self.subscriber} is removed: {why}")
        elif due is not None:
            self._tell(due)


class Notifier:
    """What an element tells of, and to whom; `contact` gives its Contact value."""

    def __init__(self, element: Element, usages: Usages, contact: Callable[[], str]) -> None:
        self.element = element
        self.usages = usages
        self.contact = contact
        self.packages: dict[str, Package] = {}
        self.watches: dict[Watch, None] = {}
        self._of: dict[tuple[str, str], dict[Watch, None]] = {}

    def tells(self, package: Package) -> None:
        """From now on tell of this package."""
        one_of("leave", package.leave, LEAVES)
        if not Parameterised.parse(package.name).value == package.name:
            raise UsageError(f"event: {package.name!r} is no name of a package; 'presence' is one")
        self.packages[package.name] = package

    def changed(self, name: str, resource: str) -> None:
        """Tell all who may know that the state of a resource is another one."""
        for watch in list(self._of.get((name, resource), ())):
            if watch.state == "active":
                watch.notify()

    def watching(self, name: str, resource: str) -> bool:
        """Whether anybody wants to hear of it."""
        return bool(self._of.get((name, resource)))

    def add(self, watch: Watch) -> None:
        self.watches[watch] = None
        self._of.setdefault((watch.package.name, watch.resource), {})[watch] = None
        self.usages.add(watch.dialog, watch)

    def drop(self, watch: Watch) -> None:
        """It is over."""
        self.watches.pop(watch, None)
        key = (watch.package.name, watch.resource)
        of = self._of.get(key, {})
        of.pop(watch, None)
        if not of:
            self._of.pop(key, None)
        self.usages.drop(watch.dialog, watch)

    def note(self, text: str) -> None:
        """Record a decision."""
        self.element.trace.add("subscription", self.element.env.now, self.element.name, text=text)

    def forget(self) -> None:
        """Tell nobody any more, and nothing of that."""
        for watch in list(self.watches):
            watch.stop()
            self.drop(watch)

    # What arrives

    def subscribe(self, exchange: Exchange, request: Request, resource: str, dialog: Dialog | None = None) -> None:
        """Answer a SUBSCRIBE, and notify at once (RFC 6665 §4.2.1.1); `dialog` is the one that it is in."""
        event = event_of(request)
        there = self.usages.find(request, event, True) if request.to_tag and event is not None else None
        told = self.packages.get(event.value) if event is not None else None
        package = there.package if told is None and isinstance(there, Watch) else told
        if event is None or package is None:
            refuse(self.element, exchange, bad_event(tuple(self.packages)))
            return
        refused = self._refusal(request, package, there is None)
        seconds = granted(request.expires, package.longest, USUAL.get(package.name, DEFAULT_EXPIRES))
        if refused is not None:
            refuse(self.element, exchange, refused)
        elif isinstance(there, Watch):
            there.dialog.refresh(request)
            self._accept(exchange, seconds, None)
            there.last(seconds)
        else:
            tag = None if dialog is not None else self.element.identifiers.tag(self.element.name)
            watch = Watch(self, package, event, resource, dialog or Dialog.of_server(request, tag or ""))
            self._accept(exchange, seconds, tag)
            watch.begin(seconds, package.leave)

    def _refusal(self, request: Request, package: Package, is_new: bool) -> Refusal | None:
        if (brief := too_brief(request.expires, package.shortest)) is not None:
            return brief
        if is_new and target_of(request) is None:
            return NO_CONTACT
        if is_new and package.leave == "rejected":
            return REJECTED
        kind = package.content_type
        if kind and "accept" in request.names and not takes(request, kind):
            return refusal(406, f"Accept without {kind}", rfc="RFC 6665 §4.1.2.1")
        return None

    def _accept(self, exchange: Exchange, seconds: int, tag: str | None) -> None:
        """200, as 202 says nothing that the first NOTIFY doesn't say better (RFC 6665 §8.3.1)."""
        lasts = (("Expires", str(seconds)),)
        reply = build.reply(exchange.request, 200, to_tag=tag, contact=self.contact(), headers=lasts)
        exchange.respond(reply)


def dialog_with(element: Any, request: Request) -> Dialog | None:
    """The dialog of an element that a request is in, whoever uses it."""
    user = element.dialogs.get(key_of(request)) if request.to_tag else None
    return None if user is None else getattr(user, "dialog_now", None)
