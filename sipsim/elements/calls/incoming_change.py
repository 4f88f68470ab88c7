"""A change of the session that the peer asks for: its re-INVITE, and our answer (RFC 3261 §14.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sipsim.elements.calls.acceptance import Acceptance
from sipsim.elements.calls.in_dialog import packages
from sipsim.elements.calls.session import SDP, description_from, description_in, unreadable
from sipsim.elements.calls.session_timer import granting
from sipsim.elements.exchange import Exchange
from sipsim.elements.refusing import refuse, rejection
from sipsim.message import build
from sipsim.message.message import Request
from sipsim.message.sdp import Sdp
from sipsim.protocol.inspection import MISTAKEN, Refusal, refusal

if TYPE_CHECKING:
    from sipsim.elements.calls.call import Call

UNDESCRIBED = refusal(415, "a body that is no description of a session", ("Accept", SDP), rfc="RFC 3261 §8.2.3")
UNFIT = refusal(488, "nothing in the offer fits, the session stays as it was", rfc="RFC 3261 §14.2")


class IncomingChange:
    """A re-INVITE that wants an answer: `accept()` or `reject(status)`.

    `offered` is the peer's offer, None where it leaves the offer to us. It stays open until it is answered, taken back
    by CANCEL, or the call ends.
    """

    def __init__(self, call: Call, exchange: Exchange) -> None:
        self.call = call
        self.exchange = exchange
        self._described = description_in(exchange.request)
        self.offered = description_from(self._described)
        self.open = True

    def accept(self) -> None:
        """Accept with 200 and our description; 488, or what the phone says instead, where nothing in the offer fits."""
        if not self._is_open("accept"):
            return
        call, agent, request = self.call, self.call.agent, self.exchange.request
        if request.body and not self._described:
            self._refuse(UNDESCRIBED)
            return
        if self._described and self.offered is None:
            self._refuse(unreadable(self._described))
            return
        local = self._answer()
        if local is None:
            self._refuse(UNFIT._replace(status=agent.unfit, headers=(agent.warning,)))
            return
        assert call.dialog is not None
        call.dialog.refresh(request)
        granted = (*packages(agent, request), *granting(call, request))
        ok = build.reply(request, 200, contact=agent.contact, headers=granted, body=bytes(local), content_type=SDP)
        acceptance = Acceptance(agent, self.exchange, ok, self._acknowledged, call.unheard)
        self._local = local
        self.open = False
        if not self._described:
            call.pending = "ours"
        call.settled(self, acceptance)
        acceptance.start()
        if self._described:
            call.agree(local, self._described)

    def reject(self, status: int = 488, **what: Any) -> None:
        """Refuse with a final response from 300 to 699, and what it needs, contacts for one: see `rejection`.

        The session stays as it was.
        """
        refused = rejection(self.call.agent.host_port, status, **what)
        if self._is_open("reject"):
            self._refuse(refused)

    def trying(self) -> None:
        """Say 100, so that the re-INVITE is not repeated while somebody thinks about it (§17.2.1)."""
        if self.open:
            self.exchange.respond(build.reply(self.exchange.request, 100))

    def mistaken(self) -> None:
        """The user's own code has failed: 500, where no answer has been given."""
        if self.open:
            self._refuse(MISTAKEN)

    def _answer(self) -> Sdp | None:
        call = self.call
        if not self._described:
            return call.offered(call.codecs, call.direction, call.video_in_use)
        return call.answer_to(self.offered, call.codecs, call.direction)

    def _refuse(self, refused: Refusal) -> None:
        self.open = False
        refuse(self.call.agent, self.exchange, refused)
        self.call.settled(self, None)

    def _acknowledged(self, ack: Request) -> None:
        """The ACK; it has the answer where our 200 had the offer."""
        call = self.call
        why = "" if self._described else call.agree_by_ack(self._local, ack)
        call.pending = ""
        if why:
            call.no_session(why)
        call.go_on()

    def _is_open(self, verb: str) -> bool:
        if not self.open:
            self.call.agent.ignored(f"change.{verb}(): the re-INVITE has its answer already")
        return self.open
