"""A call: one INVITE session between a user agent and its peer, from either side (RFC 3261 §13, §15).

What both directions share: the session once it stands, its media, BYE and the end. How a call gets there is told in
`outgoing_call` and `incoming_call`.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from sipsim.elements.attempts import carry_on
from sipsim.elements.endpoint import Endpoint
from sipsim.elements.exchange import Exchange
from sipsim.elements.outcome import Outcome
from sipsim.errors import CallFailed, SipParseError, UsageError
from sipsim.message.message import Message, Request, Response
from sipsim.message.sdp import Sdp
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.offer_answer import Stream, negotiated

SDP = "application/sdp"


class Ending(NamedTuple):
    """How a call came to its end: who ended it (an element's name, or "network") and by what."""

    by: str
    why: str


class Call:
    """What both directions have in common.

    `state` is "calling", "ringing", "answered", "ending" (the BYE is out) or "ended". `ringing`, `answered` and `ended`
    are SimPy events:
    `answered` gives the call or fails with `CallFailed`; `ended` always succeeds, with an `Ending`.
    """

    def __init__(self, agent: Endpoint, peer: str, call_id: str, key: object = None) -> None:
        self.agent = agent
        self._key = key or self
        agent.calls[self._key] = self
        self.peer = peer
        self.call_id = call_id
        self.state = "calling"
        self.dialog: Dialog | None = None
        self.local_sdp: Sdp | None = None
        self._described = b""
        who = f"the call {agent.name} - {peer}"
        self.ringing = Outcome(agent.env, agent.trace, f"{who} ringing")
        self.answered = Outcome(agent.env, agent.trace, f"{who} being answered")
        self.ended = Outcome(agent.env, agent.trace, f"{who} ending")
        self._confirmed = self._media_runs = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.agent.name} - {self.peer}: {self.state}>"

    def hang_up(self) -> Outcome:
        """End the call by whatever fits its state; gives `ended`."""
        raise NotImplementedError

    # The session

    @property
    def remote_sdp(self) -> Sdp | None:
        """What the peer offered or answered; None for nothing, and for what can't be read."""
        return self._read if self._described else None

    @cached_property
    def _read(self) -> Sdp | None:
        try:
            return Sdp.parse(self._described)
        except SipParseError:
            return None

    @property
    def stream(self) -> Stream | None:
        """What both ends agreed on, None before the session stands."""
        return self._agreed if self._confirmed else None

    @cached_property
    def _agreed(self) -> Stream | None:
        local, remote = self.local_sdp, self.remote_sdp
        return None if local is None or remote is None else negotiated(local, remote)

    def _confirm(self) -> None:
        """The session stands: media flow as negotiated."""
        self.state = "answered"
        self._confirmed = True
        self._media("start")
        self.answered.settle(self)

    def _media(self, event: str) -> None:
        """Record the beginning or the end of the media, where that is kept."""
        if not self.agent.trace.messages or self._media_runs == (event == "start"):
            return
        stream = self.stream
        if stream is None:
            return
        self._media_runs = event == "start"
        local, remote = (f"{host}:{port}" for host, port in (stream.local, stream.remote))
        self.agent.trace.add(
            "media", self.agent.env.now, self.agent.name,
            event=event, call=self.call_id, codec=stream.codec, local=local, remote=remote,
        )  # fmt: skip

    def _bye(self) -> None:
        """End the session (§15.1.1); media stop as soon as the request goes out."""
        dialog = self.dialog
        assert dialog is not None
        self.state = "ending"
        self._media("stop")
        request = dialog.request("BYE", via=self.agent.new_via())
        self.agent.request(request, dialog.next_hop, self)

    def on_response(self, exchange: Exchange, response: Response) -> None:
        """The answer to our BYE: whatever it says, unless it asks for more, the session is over (§15.1.1)."""
        if response.status >= 200 and not (response.status >= 300 and carry_on(self, exchange, response)):
            self._finish(self.agent.name, "BYE")

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        self._finish(self.agent.name, f"BYE, {reason}")

    def next_number(self, request: Request) -> int:
        """The CSeq number for another try of a request in the dialog."""
        assert self.dialog is not None
        self.dialog.local_seq += 1
        return self.dialog.local_seq

    def on_request(self, exchange: Exchange, request: Request) -> None:
        """A request in the dialog, other than ACK."""
        agent = self.agent
        if self.dialog is not None and not self.dialog.accepts(request):
            agent.reply(exchange, 500)
        elif request.method == "BYE":
            agent.reply(exchange, 200)
            self._media("stop")
            self._finish(self.peer, "BYE")
        elif request.method == "INVITE":
            agent.reply(exchange, 488)
        else:
            agent.serve(exchange, request)

    def on_ack(self, request: Request) -> None:
        """An ACK in the dialog; only the called side waits for one."""

    def _join(self, dialog: Dialog) -> None:
        self.dialog = dialog
        self.agent.dialogs[dialog.key] = self

    def _fail(self, status: int, reason: str, by: str, tried: tuple[str, ...] = ()) -> None:
        self.answered.disappoint(CallFailed(status, reason, tried))
        self.ringing.disappoint(CallFailed(status, reason, tried))
        self._finish(by, f"{status} {reason}" if status != 487 else "CANCEL")

    def _finish(self, by: str, why: str) -> None:
        if self.state == "ended":
            return
        self.state = "ended"
        self.forget()
        self._media("stop")
        self.agent.calls.pop(self._key, None)
        if self.dialog is not None:
            self.agent.dialogs.pop(self.dialog.key, None)
        self.ended.settle(Ending(by, why))

    def forget(self) -> None:
        """Stop whatever would still happen by itself: nothing here."""

    def lost(self) -> None:
        """The user agent crashed: nothing is sent, whoever waits hears of it."""
        self._fail(503, f"{self.agent.name} crashed", self.agent.name)


def refusal(status: int) -> int:
    """A status that refuses a call; `UsageError` for any other."""
    if isinstance(status, bool) or not isinstance(status, int) or not 300 <= status <= 699:
        raise UsageError(f"status: {status!r} refuses no call; allowed are 300 to 699")
    return status


def description_in(message: Message) -> bytes:
    """The SDP body of a message, empty without one."""
    kind = message.content_type
    return message.body if kind is not None and f"{kind.type}/{kind.subtype}" == SDP else b""
