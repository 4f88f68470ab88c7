"""The events of a phone: its subscriptions, those of others to it, references, and which request is about which.

A phone has none of this before the first SUBSCRIBE, NOTIFY, REFER or PUBLISH, so calls pay nothing for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from sipsim.elements.events.notifier import Notifier, Package, dialog_with
from sipsim.elements.events.of_phones import Lamps
from sipsim.elements.events.referring import refer_to_us
from sipsim.elements.events.subscription import Notice, Subscription
from sipsim.elements.events.usages import Usages, key_of
from sipsim.elements.exchange import Exchange
from sipsim.elements.refusing import refuse
from sipsim.errors import SipParseError
from sipsim.message.event_body import Body
from sipsim.message.message import Request
from sipsim.protocol.dialog import Dialog, DialogKey
from sipsim.protocol.event_packages import KINDS, read_body
from sipsim.protocol.subscription import NO_STATE, NO_SUBSCRIPTION, Standing, bad_event, event_of, same_event

if TYPE_CHECKING:
    from sipsim.elements.agents.user_agent import UserAgent
    from sipsim.elements.calls.call import Call

MOST_REMEMBERED = 256
"""Dialogs of which is remembered that they had a REFER."""


class Events:
    """What belongs to one phone."""

    def __init__(self, agent: UserAgent) -> None:
        self.agent = agent
        self.usages = Usages(agent)
        self.notifier = Notifier(agent, self.usages, lambda: agent.contact)
        self.subscriptions: dict[Subscription, None] = {}
        self._expected: dict[tuple[str, str], Subscription] = {}  # by Call-ID and our tag: NOTIFYs may still come
        self.publications: dict[Any, None] = {}
        self._referred: dict[DialogKey, None] = {}  # dialogs with a REFER, of either side
        self.lamps = Lamps(agent)
        for call in agent.calls.values():
            self.call_began(call)

    # Who gets a request

    def user_of(self, request: Request) -> Any:
        """Who has the dialog that a request says it is in, or will have it (RFC 6665 §4.4.1)."""
        there = self.usages.dialogs.get(key_of(request))
        if there is None and request.method == "NOTIFY":
            return self if (request.call_id, request.to_tag or "") in self._expected else None
        return there

    def on_request(self, exchange: Exchange, request: Request) -> None:
        """A NOTIFY that may make a dialog."""
        self.take(exchange, request)

    def on_ack(self, request: Request) -> None:
        """An ACK has nothing to do with that."""

    def on_cancel(self, invite: Exchange) -> None:
        """Nor has a CANCEL."""

    def take(self, exchange: Exchange, request: Request) -> None:
        """Serve a SUBSCRIBE, NOTIFY or REFER; those in a dialog have been found in order."""
        if request.method == "NOTIFY":
            self._notified(exchange, request)
        elif request.method == "SUBSCRIBE":
            self.notifier.subscribe(exchange, request, self.agent.uri.aor, self._dialog(request))
        else:
            refer_to_us(self, exchange, request, self._dialog(request))

    def _dialog(self, request: Request) -> Dialog | None:
        if not request.to_tag:
            return None
        there = self.usages.dialogs.get(key_of(request))
        return there.dialog if there is not None else dialog_with(self.agent, request)

    def is_first(self, dialog: Dialog) -> bool:
        """Whether a REFER is the first one in its dialog (RFC 3515 §2.4.6)."""
        if dialog.key in self._referred:
            return False
        self._referred[dialog.key] = None
        if len(self._referred) > MOST_REMEMBERED:
            del self._referred[next(iter(self._referred))]
        return True

    # Our subscriptions

    def expect(self, subscription: Subscription) -> None:
        """NOTIFYs that answer this SUBSCRIBE may come for 64*T1 (RFC 6665 §4.1.2.4)."""
        key, agent = (subscription.call_id, subscription.from_tag), self.agent
        self.subscriptions[subscription] = None
        self._expected[key] = subscription
        agent.env.call_later(agent.timing.limit, self._expected.pop, key, None, lingering=True)

    def _notified(self, exchange: Exchange, request: Request) -> None:
        event, agent = event_of(request), self.agent
        standing = Standing.of(request)
        there = None if event is None else self.usages.find(request, event, False) or self._first(request, event)
        if not isinstance(there, Subscription):
            known = event is not None and event.value in KINDS
            refuse(agent, exchange, NO_SUBSCRIPTION if known else bad_event(tuple(self.notifier.packages)))
        elif standing is None:
            refuse(agent, exchange, NO_STATE)
        else:
            body = Body(request.body, str(request.content_type or ""))
            try:
                value = read_body(body)
            except SipParseError as error:
                agent.ignored(f"a NOTIFY whose body can't be read: {error.reason}", "RFC 6665 §4.1.3")
                value = None
            if there.dialog is None:
                there.joins(self._dialog(request) or Dialog.of_notify(request, there.sequence))
            else:
                there.dialog.refresh(request)
            agent.reply(exchange, 200)
            there.take(standing, Notice(standing, body, value))

    def _first(self, request: Request, event: Any) -> Subscription | None:
        """The subscription that a NOTIFY begins: the one that was asked for, or another of its forks."""
        first = self._expected.get((request.call_id, request.to_tag or ""))
        if first is None or not same_event(first.event, event):
            return None
        return first.hears(request.from_tag or "")

    # All of it

    def react(self, decide: Callable[[Any], Any], subject: object) -> None:
        """Let the user's own code see something."""
        self.agent._react("on_notify", decide, subject, lambda: None)

    def call_began(self, call: Call) -> None:
        """Whoever watches our calls hears of this one, as it goes (RFC 4235)."""
        for outcome in (call.ringing, call.accepted, call.ended):
            if outcome.callbacks is not None:
                outcome.callbacks.append(partial(self._call_went_on, call))
        if call.owns_call_id:  # others ring at once
            self.notifier.changed("dialog", self.agent.uri.aor)

    def _call_went_on(self, call: Call, outcome: Any) -> None:
        if not outcome.ok:  # its end follows
            return
        trace = self.agent.trace
        trace.current = outcome.cause
        if outcome is call.ended:
            self.lamps.ended(call, outcome.value)
        self.notifier.changed("dialog", self.agent.uri.aor)
        trace.current = 0

    def tells(self, package: Package) -> None:
        """From now on tell of this, and say so now to those who know of it already."""
        self.notifier.tells(package)
        self.notifier.changed(package.name, self.agent.uri.aor)

    def lost(self) -> None:
        """The phone crashed."""
        for subscription in list(self.subscriptions):
            subscription.lost()
        for publication in list(self.publications):
            publication.lost()
        self.forget()

    def forget(self) -> None:
        """Stop whatever would still happen by itself."""
        for subscription in list(self.subscriptions):
            subscription.forget()
        for publication in list(self.publications):
            publication.forget()
        self.publications.clear()
        self._expected.clear()
        self.notifier.forget()
        self.usages.dialogs.clear()

    def leftovers(self) -> list[str]:
        """What is still under way, as text."""
        return [f"{self.agent.name}: {one!r}" for one in (*self.subscriptions, *self.notifier.watches)]
