"""The subscriber's side: a subscription, kept up and ended, and what its NOTIFYs say (RFC 6665 §4.1)."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from sipsim.elements.agents.attempts import carry_on, tried, why_failed
from sipsim.elements.agents.endpoint import Endpoint
from sipsim.elements.alarm import Alarms
from sipsim.elements.events.usages import Life
from sipsim.elements.exchange import Exchange
from sipsim.elements.outcome import Outcome, Outcomes
from sipsim.errors import CallFailed
from sipsim.message.event_body import Body
from sipsim.message.message import Request, Response
from sipsim.message.rare_fields import Parameterised
from sipsim.message.uri import Uri
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.inspection import Fields
from sipsim.protocol.refreshing import RefreshPolicy
from sipsim.protocol.subscription import ENDING, MOST_AGAIN, SUBSCRIBER, Standing, same_event
from sipsim.protocol.uri_headers import formed_for
from sipsim.simulation.environment import FAR

if TYPE_CHECKING:
    from sipsim.elements.events.events import Events


class End(NamedTuple):
    """Why a subscription is over: in words, by which status or reason; `refused` is the response that said so."""

    why: str
    status: int | None = None
    reason: str = ""
    refused: Response | None = None


class Notice(NamedTuple):
    """What a NOTIFY said: how the subscription stands, the body, and what that tells (None: nothing readable)."""

    standing: Standing
    body: Body
    value: Any


class Subscription(Outcomes):
    """One subscription of a phone's user.

    `state` is that of RFC 6665: "notify_wait", "pending", "active", "terminated". `active` and `ended` are events for a
    story: `active` gives the subscription, or `CallFailed` where it never is; `ended` always succeeds, with an `End`.
    `notices` are all that came, `value` is what the last one told; `on_notify(notice)` is called for each. Where the
    notifier asks for it, the subscription is begun anew by itself. `forks` are those that a second, third ... notifier
    has made of the same SUBSCRIBE.
    """

    notifies = False
    call_id: str
    from_tag: str

    def __init__(
        self, events: Events, target: Uri, event: Parameterised, expires: int, policy: RefreshPolicy | None,
        accepts: tuple[str, ...] = (), first: Subscription | None = None,
    ) -> None:  # fmt: skip
        Outcomes.__init__(self)
        self.events = events
        self.agent: Endpoint = events.agent
        self.event = event
        self.target, self._asked_for = formed_for("SUBSCRIBE", target)
        self.asked = expires
        self.granted = 0
        self.dialog: Dialog | None = None
        self.notices: list[Notice] = []
        self.forks: list[Subscription] = []
        self.on_notify: Callable[[Notice], Any] | None = None
        self._policy = policy
        self._accepts = accepts
        self._alarms = Alarms(self.agent)
        self._again = 0
        self._leaving = False
        self.sequence = 1
        self.call_id = "" if first is None else first.call_id
        self.from_tag = "" if first is None else first.from_tag
        self._heard: list[str] = []  # the tags of notifiers
        self._version = -1  # of the last document that counts its versions
        self._live()

    def __repr__(self) -> str:
        return f"<subscription of {self.agent.name} to {self.event.value} of {self.target}: {self.state}>"

    def _live(self, more: str = "") -> None:
        self.life = Life(self.agent, SUBSCRIBER, f"{self.call_id} {self.from_tag}{more}")

    def matches(self, event: Parameterised) -> bool:
        """Whether a NOTIFY of this event is about this subscription."""
        return same_event(self.event, event)

    @property
    def state(self) -> str:
        return self.life.state

    @property
    def value(self) -> Any:
        """What the last NOTIFY with a body told; None before one came."""
        return next((notice.value for notice in reversed(self.notices) if notice.body.octets), None)

    @property
    def active(self) -> Outcome:
        """The subscription is accepted, and a NOTIFY has said so; gives the subscription, or `CallFailed`."""
        return self.outcome("active", f"{self!r} becoming active")

    @property
    def ended(self) -> Outcome:
        """The subscription is over; gives an `End`."""
        return self.outcome("ended", f"{self!r} ending")

    # What the user does

    def unsubscribe(self) -> Outcome:
        """End it, by a SUBSCRIBE with Expires 0 (RFC 6665 §4.1.2.3); gives `ended`."""
        with self.agent.acting("subscription.unsubscribe()"):
            self._leaving = True
            if self.state in ("pending", "active"):
                self.asked = 0
                self._resend(0)
            elif self.state == "terminated":  # it was to be begun anew
                self._over(End("unsubscribed"))
        return self.ended

    def refresh(self, expires: int | None = None) -> None:
        """Ask anew, for as long as before or for so many seconds (RFC 6665 §4.1.2.2)."""
        with self.agent.acting("subscription.refresh()"):
            if self.state not in ("pending", "active"):
                self.agent.ignored(f"subscription.refresh(): the subscription is {self.state}")
                return
            self.asked = self.asked if expires is None else expires
            self._resend(self.asked)

    # Asking

    def begin(self, method: str = "SUBSCRIBE", fields: Fields = ()) -> None:
        """Send the first SUBSCRIBE, or what takes its place; with each new beginning under a new Call-ID."""
        agent = self.agent
        self.call_id = agent.identifiers.call_id(agent.name, agent.address.host)
        self.from_tag = agent.identifiers.tag(agent.name)
        self.dialog = None
        self.sequence = 1
        self._heard, self._version = [], -1
        self._live()
        self.expect()
        hop = agent.first_hop(self.target)
        request = agent.first_request(
            method, self.target, tag=self.from_tag, call_id=self.call_id, contact=agent.contact_for(hop),
            headers=(*(fields or self._fields(self.asked)), *self._asked_for),
        )  # fmt: skip
        agent.request(request, hop, self)

    def expect(self, dialog: Dialog | None = None) -> None:
        """A SUBSCRIBE, or a REFER, goes out: within 64*T1 a NOTIFY has to come (RFC 6665 §4.1.2.4)."""
        self.life.feed("send SUBSCRIBE")
        if dialog is None:
            self.events.expect(self)
        else:
            self.events.subscriptions[self] = None
            self.joins(dialog)
        self._wait_for_notify()

    def _wait_for_notify(self) -> None:
        self._alarms.set("N", self.agent.timing.limit, self._unnotified, self.life.which)

    def _resend(self, expires: int) -> None:
        dialog, agent = self.dialog, self.agent
        assert dialog is not None
        self._alarms.stop("refresh")
        self._wait_for_notify()
        request = dialog.request(
            "SUBSCRIBE", via=agent.new_via(), contact=agent.contact_for(dialog.next_hop), headers=self._fields(expires)
        )
        agent.request(request, dialog.next_hop, self)

    def _fields(self, expires: int) -> Fields:
        accept = (("Accept", ", ".join(self._accepts)),) if self._accepts else ()
        return (("Event", str(self.event)), ("Expires", str(expires)), *accept)

    def next_number(self, request: Request) -> int:
        if self.dialog is not None:
            self.dialog.local_seq += 1
            return self.dialog.local_seq
        self.sequence += 1
        return self.sequence

    # What arrives

    def on_response(self, exchange: Exchange, response: Response) -> None:
        """The answer to a SUBSCRIBE."""
        if response.status < 200 or self.state == "terminated":
            return
        if response.status < 300:
            self.agent.learn(exchange.request, response)
            self._accepted(exchange.request, response)
        elif carry_on(self, exchange, response) is None:
            self._refused(exchange, response.status, response.reason, response)

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        if self.state != "terminated":
            self._refused(exchange, *why_failed(exchange, reason), None)

    def _accepted(self, request: Request, response: Response) -> None:
        asked = request.expires or 0
        given = asked if response.expires is None else min(response.expires, asked)
        if self.dialog is not None:
            self.dialog.refresh(response)
        if given:
            self._lasts(given)

    def _refused(self, exchange: Exchange, status: int, reason: str, response: Response | None) -> None:
        why = f"SUBSCRIBE was refused: {status} {reason}"
        if self.state == "notify_wait" or status in ENDING:
            self.life.feed("SUBSCRIBE refused")
            self._over(End(why, status, "", response), CallFailed(status, reason, tried(exchange)))
            return
        self._alarms.stop("N")
        self._note(f"{why}; the subscription goes on until it expires")
        if self._leaving:
            self._over(End(why, status, "", response))

    def take(self, standing: Standing, notice: Notice) -> None:
        """A NOTIFY has come, and has had its answer."""
        self._alarms.stop("N")
        missed = False
        if hasattr(notice.value, "version"):
            known, missed = self._after(notice.value)
            notice = notice._replace(value=known)
        self.notices.append(notice)
        fed = self.life.feed(f"NOTIFY {standing.state}")
        if self.on_notify is not None:
            self.events.react(self.on_notify, notice)
        if not fed:
            return
        if standing.state == "terminated":
            self._ended_by(standing)
            return
        if standing.expires is not None:
            self._lasts(standing.expires)
        if standing.state == "active":
            self.settle("active")
        if self._leaving and self.asked and self.state != "terminated":  # before there was a dialog to say so in
            self.asked = 0
            self._resend(0)
        elif missed and not self._leaving:
            self._note("a part of the state was not heard of: all of it is asked for")
            self._resend(self.asked)

    def _after(self, value: Any) -> tuple[Any, bool]:
        """What is known after a document with a version, and whether one before it is missing (RFC 3680 §5.2)."""
        last, self._version, before = self._version, max(value.version, self._version), self.value
        if value.version <= last:
            self.agent.ignored(f"version {value.version} of a document after version {last}", "RFC 3680 §5.2")
            return before, False
        if value.whole or before is None:
            return value, not value.whole
        return value.after(before), value.version > last + 1

    def hears(self, tag: str) -> Subscription | None:
        """Whose first NOTIFY comes from this notifier: ours, or a fork's; None where it is not the first."""
        if tag in self._heard:
            return None
        self._heard.append(tag)
        if self.dialog is None and self.state == "notify_wait":
            return self
        fork = Subscription(self.events, self.target, self.event, self.asked, self._policy, self._accepts, self)
        fork.life.feed("send SUBSCRIBE")
        self.forks.append(fork)
        self.events.subscriptions[fork] = None
        return fork

    def joins(self, dialog: Dialog) -> None:
        """The first NOTIFY has made the dialog."""
        self.dialog = dialog
        self.events.usages.add(dialog, self)

    # As time goes by

    def _lasts(self, seconds: int) -> None:
        """It lasts for so many seconds from now, unless it is refreshed."""
        self.granted = seconds
        self._alarms.stop("last N", "subscription expiry", "refresh")
        if seconds < FAR:
            self._alarms.set("subscription expiry", seconds, self._await_end, lingering=True)
        due = self._policy.due(seconds) if self._policy is not None and not self._leaving else inf
        if due < FAR:
            self._alarms.set("refresh", due, self._refresh, lingering=True)

    def _refresh(self) -> None:
        if self.dialog is not None:
            self._resend(self.asked)

    def _await_end(self) -> None:
        """The notifier's last NOTIFY ends it (RFC 6665 §4.4.1), and may take as long as the first: a choice of ours."""
        self._alarms.set("last N", self.agent.timing.limit, self._expire, called="N")

    def _expire(self) -> None:
        if self.state in ("pending", "active") and self.life.feed("expires"):
            self._over(End("expired"))

    def _unnotified(self, which: str) -> None:
        """Timer N: no NOTIFY has come (RFC 6665 §4.1.2.4, §4.1.2.2)."""
        if which != self.life.which or self.state == "terminated":
            return
        self.life.feed("timer N" if self.state == "notify_wait" else "no NOTIFY after a refresh")
        self._over(End("no NOTIFY came", 408), CallFailed(408, "no NOTIFY came"))

    def _ended_by(self, standing: Standing) -> None:
        wait = standing.again_after()
        why = f"the notifier ended it: {standing.reason or 'no reason'}"
        if self._leaving or not self.asked or wait == inf or self._again >= MOST_AGAIN:
            self._over(End(why, None, standing.reason), CallFailed(480, why))
            return
        self._again += 1
        self._leave()
        self._note(f"{why}; the next try follows in {wait:g} s")
        self._alarms.set("Retry-After", wait, self.begin, lingering=wait > 0)

    def _over(self, end: End, error: CallFailed | None = None) -> None:
        self._leave()
        if self.is_settled("ended"):
            return
        self._note(f"the subscription is over: {end.why}")
        self.settle("active", error=error or CallFailed(487, end.why))
        self.settle("ended", end)

    def _leave(self) -> None:
        """Nothing happens by itself any more, and no NOTIFY finds it."""
        self._alarms.stop_all()
        if self.dialog is not None:
            self.events.usages.drop(self.dialog, self)
        self.events.subscriptions.pop(self, None)

    def _note(self, text: str) -> None:
        self.agent.trace.add("subscription", self.agent.env.now, self.agent.name, text=text)

    def lost(self) -> None:
        """The phone crashed: nothing is sent, whoever waits hears of it."""
        self._over(End(f"{self.agent.name} crashed", 503), CallFailed(503, f"{self.agent.name} crashed"))

    def forget(self) -> None:
        self._leave()
