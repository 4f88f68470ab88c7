"""What a phone's user does with events: subscribes, tells others, publishes, refers (RFC 6665, RFC 3903, RFC 3515)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sipsim.elements.agents.endpoint import Endpoint
from sipsim.errors import UsageError
from sipsim.message.uri import Uri
from sipsim.protocol.event_packages import as_body, as_event
from sipsim.protocol.location import as_uri
from sipsim.protocol.options import one_of, whole_seconds, yes_or_no
from sipsim.protocol.refreshing import RefreshPolicy, as_policy
from sipsim.protocol.subscription import DEFAULT_EXPIRES

if TYPE_CHECKING:
    from sipsim.elements.calls.call import Call
    from sipsim.elements.events.events import Events
    from sipsim.elements.events.notifier import Watch
    from sipsim.elements.events.publication import Publication
    from sipsim.elements.events.referring import Reference, Referral
    from sipsim.elements.events.subscription import Subscription

LEAVES = ("at once", "done", "never")
"""When somebody who transfers a call hangs up."""


class EventUser(Endpoint):
    """The part of a user agent that has to do with events.

    A phone tells whoever subscribes of its user's presence, "open" until `tells` says otherwise, and of its calls (the
    dialog package). `on_refer` is a function of a `Reference` that came by REFER; without it every one is followed.
    """

    _events: Events | None = None
    on_refer: Callable[[Reference], Any] | None = None

    @property
    def events(self) -> Events:
        """The phone's subscriptions and those of others to it; made when they are needed first."""
        if self._events is None:
            from sipsim.elements.events.events import Events
            from sipsim.elements.events.of_phones import usual_packages

            self._events = Events(self)  # type: ignore[arg-type]
            for package in usual_packages(self):
                self._events.notifier.tells(package)
        return self._events

    def subscribe(
        self, target: str | Uri | Endpoint, event: str = "presence", expires: int = DEFAULT_EXPIRES, *,
        refresh: bool | RefreshPolicy = True, accept: Iterable[str] = (),
    ) -> Subscription:  # fmt: skip
        """Ask to be told of an event for `expires` seconds (RFC 6665 §4.1); 0 asks once, for the state now.

        `event` is a package, with an id perhaps: "presence", "dialog", "reg", "message-summary". `refresh` keeps it up,
        as a policy says; `accept` are the types of bodies that are wanted, by default those of the package.
        """
        whole_seconds("expires", expires)
        named, policy = as_event(event), as_policy(refresh)
        uri = self._whom("target", target)
        with self.acting(f'{self.name}.subscribe("{uri}")'):
            from sipsim.elements.events.subscription import Subscription

            found = Subscription(self.events, uri, named, expires, policy, tuple(accept))
            found.begin()
            return found

    def tells(self, event: str, state: object = None, *, leave: str = "active", shortest: int = 0,
              longest: int = DEFAULT_EXPIRES) -> None:  # fmt: skip
        """From now on tell subscribers this of an event, and those who know of it already at once.

        `state` is a value such as `Presence`, or a `Body`. `leave` says what becomes of new subscriptions: "active",
        "pending" (until `watch.allow()`) or "rejected"; `shortest` and `longest` are seconds (RFC 6665 §4.2.1).
        """
        from sipsim.elements.events.notifier import LEAVES as KNOWN
        from sipsim.elements.events.of_phones import package_of

        one_of("leave", leave, KNOWN)
        whole_seconds("shortest", shortest)
        whole_seconds("longest", longest, 1)
        name = as_event(event).value
        package = package_of(self, name, state)._replace(leave=leave, shortest=shortest, longest=longest)
        with self.acting(f'{self.name}.tells("{name}")'):
            self.events.tells(package)

    @property
    def watches(self) -> tuple[Watch, ...]:
        """The subscriptions of others here."""
        return tuple(self._events.notifier.watches) if self._events is not None else ()

    def publish(
        self, state: object, target: str | Uri | None = None, event: str = "presence", expires: int = DEFAULT_EXPIRES
    ) -> Publication:
        """Give a server this state of an event to tell others of (RFC 3903); by default our own, to our own domain."""
        whole_seconds("expires", expires, 1)
        named, uri = as_event(event), self.uri if target is None else self._whom("target", target)
        with self.acting(f'{self.name}.publish("{uri}")'):
            from sipsim.elements.events.publication import Publication

            return Publication(self.events, uri, named, as_body(state), expires)

    def refer(self, target: str | Uri | Endpoint, to: str | Uri | Endpoint, *, subscribes: bool = True) -> Referral:
        """Ask somebody to call somebody else, outside of any call (RFC 3515); not to be told how it goes (RFC 4488)
        where `subscribes` is False."""
        yes_or_no("subscribes", subscribes)
        peer, whom = self._whom("target", target), self._whom("to", to)
        with self.acting(f'{self.name}.refer("{peer}")'):
            from sipsim.elements.events.referring import Referral

            return Referral(self.events, peer, whom, subscribes=subscribes)

    def refer_in(self, call: Call, to: str | Uri | Endpoint, leaves: str) -> Referral:
        """The same within a call, see `Call.transfer`."""
        one_of("leaves", leaves, LEAVES)
        whom = self._whom("to", to)
        if call.state != "answered":
            raise UsageError(f"call.transfer(): the call is {call.state}; only one that is answered is transferred")
        with self.acting(f'call.transfer("{whom}")'):
            from sipsim.elements.events.referring import Referral

            return Referral(self.events, Uri.parse(str(call.dialog.remote_target)), whom, call=call, leaves=leaves)  # type: ignore[union-attr]

    def began(self, call: Call) -> None:
        """A call of ours has begun: whoever watches them hears of it."""
        if self._events is not None:
            self._events.call_began(call)

    def lose_state(self) -> None:
        super().lose_state()
        if self._events is not None:
            self._events.lost()

    def forget_users(self) -> None:
        super().forget_users()
        if self._events is not None:
            self._events.forget()

    def _whom(self, name: str, target: str | Uri | Endpoint) -> Uri:
        if not isinstance(target, Endpoint):
            return as_uri(name, target)
        if target.network is not self.network and not self.network.live:
            raise UsageError(f"{name}: {target!r} is of another lab, whose network leads nowhere else")
        return target.contact_uri
