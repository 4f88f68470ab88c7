"""A PRACK on its way: reliable provisional responses are acknowledged in their early dialog (RFC 3262 §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sipsim.elements.agents.attempts import carry_on
from sipsim.elements.calls.session import SDP
from sipsim.elements.exchange import Exchange
from sipsim.message.message import Request, Response
from sipsim.message.sdp import Sdp
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.reliable import what_is_acknowledged

if TYPE_CHECKING:
    from sipsim.elements.calls.call import Call


class Acknowledgement:
    """The PRACK for one response, with our answer where that had the offer.

    Whatever comes of it, the call goes on: a lost one is repeated as any request is.
    """

    def __init__(self, call: Call, dialog: Dialog, response: Response, answer: Sdp | None) -> None:
        self._call = call
        self._dialog = dialog
        self.agent = agent = call.agent
        self.open = True
        request = dialog.request(
            "PRACK", via=agent.new_via(), headers=what_is_acknowledged(response),
            body=b"" if answer is None else bytes(answer), content_type=None if answer is None else SDP,
        )  # fmt: skip
        agent.request(request, dialog.next_hop, self)

    def on_response(self, exchange: Exchange, response: Response) -> None:
        if response.status >= 300 and carry_on(self, exchange, response):
            return
        if response.status >= 200:
            self._over()

    def on_failure(self, exchange: Exchange, reason: str) -> None:
        self._over()

    def next_number(self, request: Request) -> int:
        self._dialog.local_seq += 1
        return self._dialog.local_seq

    def _over(self) -> None:
        self.open = False
        self._call.go_on()
