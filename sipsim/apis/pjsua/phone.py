"""The phone behind an account: a user agent that tells the account of what its own events leave out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.calls.call import Call
from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.calls.outgoing_call import OutgoingCall
from sipsim.elements.exchange import Exchange
from sipsim.elements.refusing import refuse
from sipsim.message.message import Request, Response
from sipsim.message.sdp import Sdp
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.inspection import Refusal, refusal


class Watcher(Protocol):
    """Whoever is told of a call."""

    def agreed(self) -> None:
        """Both ends have agreed on media, for the first time or anew."""

    def paged(self, request: Request) -> None:
        """An instant message has come in the call."""

    def may_be_replaced(self) -> tuple[int, str]:
        """Another call wants to take the place of this one: the status to say, and its reason."""

    def replaced(self, new: IncomingCall) -> None:
        """It does."""


class Watched(Call):
    """A call with a watcher."""

    watcher: Watcher | None = None
    status, reason = 0, ""
    """Of the last response that came to its INVITE."""

    def agree(self, local: Sdp | None, described: bytes) -> None:
        super().agree(local, described)
        if self.watcher is not None:
            self.watcher.agreed()

    def on_other(self, exchange: Exchange, request: Request, dialog: Dialog) -> None:
        if request.method == "MESSAGE" and self.watcher is not None:
            self.agent.reply(exchange, 200)
            self.watcher.paged(request)
        else:
            super().on_other(exchange, request, dialog)


class PlacedCall(Watched, OutgoingCall):
    """A call that the account has made."""

    def on_response(self, exchange: Exchange, response: Response) -> None:
        if response.cseq.method == "INVITE" and self.dialog is None:
            self.status, self.reason = response.status, response.reason
        super().on_response(exchange, response)


class TakenCall(Watched, IncomingCall):
    """A call that has come in."""


class Phone(UserAgent):
    """A user agent whose calls have watchers, who may refuse to be replaced (RFC 3891 §3)."""

    outgoing = PlacedCall
    incoming = TakenCall
    on_subscribe: Callable[[Request], tuple[int, str]] | None = None
    """What to say to somebody who wants to know about our presence: a status, and why."""

    def serve(self, exchange: Exchange, request: Request) -> None:
        if request.method == "SUBSCRIBE" and not request.to_tag and self.on_subscribe is not None and _asks(request):
            status, reason = self.on_subscribe(request)
            if status >= 300:
                refuse(self, exchange, refusal(status, reason or "the application says no", rfc="RFC 6665 §4.2.1"))
                return
            self._leave("pending" if status == 202 else "active")
        super().serve(exchange, request)

    def _leave(self, leave: str) -> None:
        """What becomes of a new subscription to our presence."""
        packages = self.events.notifier.packages
        packages["presence"] = packages["presence"]._replace(leave=leave)

    def replace(self, exchange: Exchange, old: Call) -> None:
        watcher = old.watcher if isinstance(old, Watched) else None
        status, reason = watcher.may_be_replaced() if watcher is not None else (200, "")
        if status >= 300:
            refuse(self, exchange, _refused(status, reason))
            return
        super().replace(exchange, old)
        new = self.calls.get(exchange)
        if watcher is not None and isinstance(new, IncomingCall):
            watcher.replaced(new)


def _asks(request: Request) -> bool:
    return request.event is not None and request.event.value == "presence"


def _refused(status: int, reason: str) -> Refusal:
    return refusal(status, reason or "the application does not want the call replaced", rfc="RFC 3891 §3")
