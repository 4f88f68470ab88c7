"""A request in a call's dialog that changes nothing of it: INFO, MESSAGE, OPTIONS (RFC 6086, RFC 3428)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sipsim.elements.agents.attempts import carry_on, tried, why_failed
from sipsim.elements.exchange import Exchange
from sipsim.elements.outcome import Outcome
from sipsim.errors import CallFailed
from sipsim.message.message import Request, Response
from sipsim.protocol.inspection import Fields

if TYPE_CHECKING:
    from sipsim.elements.agents.endpoint import Endpoint
    from sipsim.elements.calls.call import Call

ENDS_THE_DIALOG = (408, 481)
"""Final responses that say that the peer knows nothing of the dialog any more (RFC 3261 §12.2.1.2)."""


class Info(NamedTuple):
    """What came by INFO: its package, None for none (RFC 6086 §4.2), and its body."""

    package: str | None
    body: bytes
    content_type: str


def packages(agent: Endpoint, request: Request | None = None) -> Fields:
    """What an INVITE says of the packages of INFO that we take, and an answer to who said so (RFC 6086 §5.2.3)."""
    if agent.info_packages is None or (request is not None and "recv-info" not in request.names):
        return ()
    return (("Recv-Info", ", ".join(agent.info_packages)),)


class InDialog:
    """One such request; `outcome` gives the 2xx, or `CallFailed`."""

    def __init__(
        self, call: Call, method: str, headers: Fields = (), body: bytes = b"", content_type: str = ""
    ) -> None:
        self._call = call
        self.agent = agent = call.agent
        dialog = call.dialog_now
        assert dialog is not None
        self._dialog = dialog
        self.outcome = Outcome(agent.env, agent.trace, f"the answer to the {method} of {call!r}")
        request = dialog.request(
            method, via=agent.new_via(), headers=headers, body=body, content_type=content_type or None
        )
        agent.request(request, dialog.next_hop, self)

    def on_response(self, exchange: Exchange, response: Response) -> None:
        if response.status >= 300:
            if carry_on(self, exchange, response) is None:
                self._failed(exchange, response.status, response.reason)
        elif response.status >= 200:
            self.outcome.settle(response)

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        self._failed(exchange, *why_failed(exchange, reason))

    def next_number(self, request: Request) -> int:
        self._dialog.local_seq += 1
        return self._dialog.local_seq

    def _failed(self, exchange: Exchange, status: int, reason: str) -> None:
        self.outcome.disappoint(CallFailed(status, reason, tried(exchange)))
        if status in ENDS_THE_DIALOG and self._call.state == "answered":
            self._call.bye(f"BYE, {status} to {exchange.request.method}")
