"""A search: targets asked one round after another, and new ones found on the way (RFC 3261 §16.5, §16.7 item 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sipsim.elements.alarm import Alarm
from sipsim.elements.exchange import Exchange
from sipsim.elements.servers.response_context import ResponseContext
from sipsim.message import build
from sipsim.message.fields import NameAddr
from sipsim.message.message import Request, Response
from sipsim.message.uri import SIP_SCHEMES, Uri
from sipsim.protocol import routing
from sipsim.protocol.forwarding import NOWHERE_ELSE
from sipsim.protocol.location import Binding
from sipsim.protocol.target_set import Liked, TargetSet
from sipsim.simulation.environment import Timer

if TYPE_CHECKING:
    from sipsim.elements.servers.proxy import Proxy


class TargetSearch:
    """The targets of one request that are not asked at once.

    A round ends when all its branches have failed; in a search one after another it also ends when nobody has answered
    for `ring_time` seconds. The contacts of a redirect are tried next where the proxy recurses. `led` has the users
    that the call came to, each of whom wants it sent on to the next; nobody is asked twice.
    """

    def __init__(self, proxy: Proxy, context: ResponseContext, request: Request, mark: str, led: Sequence[Uri]) -> None:
        self.proxy = proxy
        self.context = context
        self.request = request
        self.mark = mark
        self._led = [*led]
        self._forwards = proxy.forwards_of(led[-1]) if led else NOWHERE_ELSE
        self._heard = 0
        self._breadth = routing.breadth(request)
        self._targets = TargetSet(proxy.forking)
        self._ringing: Alarm | Timer | None = None
        self._unanswered = self._stopped = False

    def begin(self, found: Sequence[Binding]) -> None:
        """Ask the first round, and tell the caller who had someone else in mind."""
        self._find([(binding.contact, binding.q) for binding in found])
        if len(self._led) > 1:
            self._say_forwarded()
        self._ask(self._breadth)

    def redirected(self, exchange: Exchange, response: Response) -> Response | None:
        """Try the contacts of a 3xx, all but those that are no SIP URIs (§16.7 item 4)."""
        if not self.proxy.recurse or self._stopped:
            return response
        named = [contact for contact in response.contacts if isinstance(contact, NameAddr)]
        usable = [contact for contact in named if contact.uri.scheme in SIP_SCHEMES]
        if not self._find([liked for contact in usable for liked in self._expanded(contact)]):
            return response
        self._say_forwarded()
        if self.proxy.forking == "parallel" and self._targets:
            self._ask(routing.breadth(exchange.request))
        left = [contact for contact in named if contact not in usable]
        return response.with_header("Contact", *left) if left else None

    def go_on(self, finals: list[Response]) -> bool:
        """Ask the next round, or whoever the user's calls are forwarded to when nobody else is left."""
        self._stop_waiting()
        if self._stopped or self.context.is_lost or not (self._targets or self._forwarded(finals)):
            return False
        self._ask(self._breadth)
        return True

    def stop(self) -> None:
        self._stopped = True
        self._stop_waiting()

    def _ask(self, breadth: int) -> None:
        """Send the request to the next round of targets."""
        targets = self._targets.take(breadth)
        if self.context.invite and (self.proxy.forking != "parallel" or self._forwards.no_answer is not None):
            self._stop_waiting()
            after = self._forwards.after or self.proxy.ring_time
            self._ringing = self.proxy.alarm("no answer", after, self._on_no_answer)
        self.context.start(self.proxy.branches(self.context.server, self.request, targets, self.mark, breadth))

    def _on_no_answer(self) -> None:
        self._ringing = None
        self._unanswered = True
        self.context.give_up()

    def _forwarded(self, finals: list[Response]) -> bool:
        """Turn to where the calls go of whoever was asked last, when busy or when nobody answers."""
        statuses = [response.status for response in finals[self._heard :]]
        target = self._forwards.in_the_end(statuses, self._unanswered)
        if target is None:
            return False
        led = self.proxy.led(target, self._led)
        if not led:
            self.proxy.ignored("a wish to forward the call to where it was before", "RFC 3261 §16.5")
            return False
        self._led += led
        self._forwards, self._heard, self._unanswered = self.proxy.forwards_of(led[-1]), len(finals), False
        if not self._find([(binding.contact, binding.q) for binding in self.proxy.contacts(led[-1])]):
            return False
        self._say_forwarded()
        return True

    def _find(self, contacts: list[Liked]) -> bool:
        return bool(self._targets.add(contacts))

    def _expanded(self, contact: NameAddr) -> list[Liked]:
        """A contact of a redirect as the targets that it stands for, liked as the redirect says."""
        return [(binding.contact, contact.q) for binding in self.proxy.contacts(contact.uri)]

    def _say_forwarded(self) -> None:
        """Tell the caller that the call goes elsewhere (§21.1.3)."""
        if self.context.invite:
            server = self.context.server
            contact = f"<sip:{self.proxy.host_port}>"
            server.respond(build.reply(server.request, 181, to_tag=self.context.tag, contact=contact))

    def _stop_waiting(self) -> None:
        if self._ringing is not None:
            self._ringing.cancel()
            self._ringing = None
