"""A phone that tells of events: SUBSCRIBE and REFER accepted with 202, and the NOTIFYs due then (RFC 6665, RFC 3515).

As much of it as an acceptance entails: the first NOTIFY at once, the last one when the subscription ends. Somebody
who subscribes has to wait for the owner's leave, so their state is pending; a REFER is followed, and its outcome told.
"""

from __future__ import annotations

from dataclasses import replace

from sipsim.elements.agents.endpoint import PHONE
from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.alarm import Alarm
from sipsim.elements.exchange import Exchange, Unheard
from sipsim.elements.refusing import refuse
from sipsim.elements.story import Story, told
from sipsim.errors import CallFailed
from sipsim.message import build
from sipsim.message.codes import reason_phrase
from sipsim.message.message import Request
from sipsim.message.uri import SIP_SCHEMES, Uri
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.inspection import OUT_OF_ORDER, refusal
from sipsim.simulation.environment import Timer

LONGEST = 3600
"""The seconds that a subscription lasts at most, and where the subscriber names no number."""

REFERRED = 60
"""The seconds that the subscription of a REFER is said to last; its outcome ends it (RFC 3515 §2.4.4)."""

TRYING = b"SIP/2.0 100 Trying\r\n"


class Notifier(UserAgent):
    """A phone whose `package` of events others may subscribe to, and which calls whom it is referred to."""

    package = "presence"
    abilities = replace(PHONE, methods=(*PHONE.methods, "SUBSCRIBE", "REFER"))

    def serve(self, exchange: Exchange, request: Request) -> None:
        if request.to_tag or request.method not in ("SUBSCRIBE", "REFER"):
            super().serve(exchange, request)
        elif request.method == "SUBSCRIBE":
            self._subscribed(exchange, request)
        else:
            self._referred(exchange, request)

    def _subscribed(self, exchange: Exchange, request: Request) -> None:
        event = request.event
        if event is None or event.value != self.package:
            events = ("Allow-Events", f"{self.package}, refer")
            refuse(self, exchange, refusal(489, "nothing is told of such events here", events))
            return
        expires = lasting(request)
        subscription = Subscription(self, exchange, str(event), expires)
        subscription.notify("pending" if expires else "terminated", expires, reason="timeout")

    def _referred(self, exchange: Exchange, request: Request) -> None:
        target = self._reference(request)
        if target is None:
            refuse(self, exchange, refusal(400, "not one Refer-To with a SIP URI", rfc="RFC 3515 §2.4.2"))
            return
        subscription = Subscription(self, exchange, "refer", None)
        subscription.notify("active", REFERRED, TRYING)
        self.env.process(told(self.bench, f"{self.name}, referred", self._follow(target, subscription)))

    def _reference(self, request: Request) -> Uri | None:
        """Whom a REFER speaks of: it has exactly one Refer-To (RFC 3515 §2.4.2)."""
        if request.names.count("refer-to") != 1:
            return None
        assert request.refer_to is not None
        uri = request.refer_to.uri
        return uri if uri.scheme in SIP_SCHEMES else None

    def _follow(self, target: Uri, subscription: Subscription) -> Story:
        """Call whom the REFER speaks of, and tell what came of it (RFC 3515 §2.4.4)."""
        status = 200
        try:
            yield self.call(target).answered
        except CallFailed as failure:
            status = failure.status
        outcome = f"SIP/2.0 {status} {reason_phrase(status)}\r\n"
        subscription.notify("terminated", 0, outcome.encode(), reason="noresource")


class Subscription:
    """One accepted subscription, and its dialog (RFC 6665 §4.2)."""

    def __init__(self, agent: Notifier, exchange: Exchange, event: str, expires: int | None) -> None:
        self.agent = agent
        self.event = event
        tag = agent.identifiers.tag(agent.name)
        self.dialog = Dialog.of_server(exchange.request, tag)
        agent.dialogs[self.dialog.key] = self
        lasts = () if expires is None else (("Expires", str(expires)),)
        exchange.respond(build.reply(exchange.request, 202, to_tag=tag, contact=agent.contact, headers=lasts))
        self._end: Alarm | Timer | None = None
        self._wait(expires or 0)

    def notify(self, state: str, expires: int, body: bytes = b"", *, reason: str = "") -> None:
        """Tell the subscriber, in the dialog, how the subscription stands, and what it is about if that may be told."""
        agent = self.agent
        said = f"{state};reason={reason}" if state == "terminated" else f"{state};expires={expires}"
        request = self.dialog.request(
            "NOTIFY", via=agent.new_via(), contact=agent.contact, body=body,
            content_type="message/sipfrag;version=2.0" if body else None,
            headers=(("Event", self.event), ("Subscription-State", said)),
        )  # fmt: skip
        agent.request(request, self.dialog.next_hop, Unheard())
        if state == "terminated":
            self.lost()

    def on_request(self, exchange: Exchange, request: Request) -> None:
        """A SUBSCRIBE in the dialog asks for another time, 0 to end it; nothing else belongs here."""
        if not self.dialog.accepts(request):
            refuse(self.agent, exchange, OUT_OF_ORDER)
        elif request.method != "SUBSCRIBE":
            self.agent.serve(exchange, request)
        else:
            expires = lasting(request)
            self.agent.reply(exchange, 200, ("Expires", str(expires)), ("Contact", self.agent.contact))
            self._wait(expires)
            self.notify("pending" if expires else "terminated", expires, reason="timeout")

    def on_ack(self, request: Request) -> None:
        """No INVITE belongs to this dialog, so no ACK does."""

    def on_cancel(self, invite: Exchange) -> None:
        """Nor can any be taken back."""

    def forget(self) -> None:
        """Stop waiting for the end."""
        if self._end is not None:
            self._end.cancel()

    def lost(self) -> None:
        self.forget()
        self.agent.dialogs.pop(self.dialog.key, None)

    def _wait(self, seconds: int) -> None:
        """End it after so many seconds from now; 0 for a subscription that something else ends."""
        self.forget()
        if seconds:
            self._end = self.agent.alarm("subscription", seconds, self._expire, lingering=True)

    def _expire(self) -> None:
        self.notify("terminated", 0, reason="timeout")


def lasting(request: Request) -> int:
    """For how many seconds a SUBSCRIBE is granted what it asks for."""
    return LONGEST if request.expires is None else min(request.expires, LONGEST)
