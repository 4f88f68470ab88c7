"""The caller's side of a call: INVITE, answer and ACK; CANCEL (RFC 3261 §13.2)."""

from __future__ import annotations

from sipsim.elements.attempts import Attempts, carry_on, tried
from sipsim.elements.call import SDP, Call, description_in
from sipsim.elements.endpoint import Endpoint
from sipsim.elements.exchange import Exchange, Unheard
from sipsim.elements.outcome import Outcome
from sipsim.errors import SipParseError
from sipsim.message import build
from sipsim.message.message import Request, Response
from sipsim.message.uri import Uri
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.digest_client import credentials_of
from sipsim.protocol.offer_answer import offer


class OutgoingCall(Call):
    """A call that this user agent places.

    Refused, it is tried again where the response says how: with credentials, at other addresses ... (see `attempts`).
    """

    def __init__(self, agent: Endpoint, target: Uri) -> None:
        super().__init__(agent, str(target), agent.identifiers.call_id(agent.name, agent.address.host))
        self.target = target
        self._started_at = agent.env.now
        agent.tally.placed += 1
        self._from_tag = agent.identifiers.tag(agent.name)
        self._sequence = 0
        self._wants_cancel = False
        self._acks: dict[str, tuple[Request, Uri]] = {}
        self.local_sdp = offer(agent.uri.user or agent.name, agent.address.host, agent.media_port())
        self._exchange: Exchange | Attempts = self._invite(target)

    # What the user does

    def hang_up(self) -> Outcome:
        """End the call by whatever fits its state: CANCEL before the answer, BYE after it (§9.1, §15)."""
        with self.agent.acting("call.hang_up()"):
            if self.state == "answered":
                self._bye()
            elif self.state in ("calling", "ringing"):
                self._wants_cancel = True
                self._exchange.cancel()
        return self.ended

    cancel = hang_up

    # What arrives

    def on_response(self, exchange: Exchange, response: Response) -> None:
        if exchange.request.method == "BYE":
            super().on_response(exchange, response)
        elif exchange.request.method == "INVITE":
            self._on_invite_response(exchange, response)

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        if exchange.request.method == "BYE":
            super().on_failure(exchange, reason)
        elif exchange.request.method == "INVITE":
            status = 408 if reason == "timeout" else 503
            self._fail(status, reason, "network", tried(exchange))

    def next_number(self, request: Request) -> int:
        if request.to_tag:
            return super().next_number(request)
        self.state = "calling"
        self._sequence += 1
        return self._sequence

    def _on_invite_response(self, exchange: Exchange, response: Response) -> None:
        status = response.status
        if status < 200:
            self._on_provisional(response)
        elif status < 300:
            try:
                self._on_accepted(exchange.request, response)
            except SipParseError:  # no dialog can be made of it: there is nothing to acknowledge, or to end
                self._fail(400, "the 2xx can't be read", self.peer)
                raise
        else:
            self._on_refused(exchange, response)

    def _on_refused(self, exchange: Exchange, response: Response) -> None:
        attempts = None if self._wants_cancel else carry_on(self, exchange, response)
        if attempts is not None:
            self._exchange = attempts
        else:
            by = self.agent.name if self._wants_cancel else self.peer
            self._fail(response.status, response.reason, by, tried(exchange))

    def _on_provisional(self, response: Response) -> None:
        if response.status > 100 and self.state == "calling":
            self.state = "ringing"
            self.ringing.settle(self)

    def _on_accepted(self, invite: Request, response: Response) -> None:
        """Acknowledge every 2xx, repeated ones again; keep the first session, end any other (§13.2.2.4)."""
        tag = response.to_tag or ""
        if tag in self._acks:
            self.agent.send_outside_transaction(*self._acks[tag])
            return
        dialog = Dialog.of_client(invite, response)
        via, shown = self.agent.new_via(), credentials_of(invite) if self.agent.digest is not None else ()
        ack = dialog.request("ACK", via=via, number=invite.cseq.number, headers=shown)
        self._acks[tag] = ack, dialog.next_hop
        self.agent.send_outside_transaction(ack, dialog.next_hop)
        if self.dialog is not None or self.state == "ended":
            self._decline(dialog)
            return
        self._join(dialog)
        self._described = description_in(response)
        self.ringing.settle(self)
        self._confirm()
        self.agent.tally.answered += 1
        self.agent.tally.setup_time += self.agent.env.now - self._started_at
        if self._wants_cancel:  # the answer was faster than our CANCEL
            self._bye()

    def _decline(self, dialog: Dialog) -> None:
        """End a session that another branch of a fork offered too late."""
        self.agent.request(dialog.request("BYE", via=self.agent.new_via()), dialog.next_hop, Unheard())

    def _fail(self, status: int, reason: str, by: str, tried: tuple[str, ...] = ()) -> None:
        if self.state in ("calling", "ringing"):
            self.agent.tally.failed += 1
        super()._fail(status, reason, by, tried)

    # Requests

    def _invite(self, target: Uri) -> Exchange:
        agent = self.agent
        self._sequence += 1
        assert self.local_sdp is not None
        request = build.request(
            "INVITE", str(target), via=agent.new_via(), from_=f"<{agent.uri}>;tag={self._from_tag}",
            to=f"<{self.target}>", call_id=self.call_id, cseq=self._sequence, contact=agent.contact,
            routes=agent.preloaded_routes, body=bytes(self.local_sdp), content_type=SDP,
        )  # fmt: skip
        return agent.request(request, agent.first_hop(target), self)
