"""A first hop that lets nothing pass before both sides agree on how to protect what they send (RFC 3329)."""

from __future__ import annotations

from sipsim.elements.exchange import Exchange
from sipsim.elements.refusing import refuse
from sipsim.elements.servers.proxy import Proxy
from sipsim.message.message import Request
from sipsim.protocol.security_agreement import agreed, judge


class AgreeingProxy(Proxy):
    """A proxy with `mechanisms`: what it offers for security, the best liked first. (None of them is simulated.)"""

    mechanisms: tuple[str, ...] = ("ipsec-man;q=0.2", "tls;q=0.1")

    def on_request(self, exchange: Exchange, request: Request) -> None:
        refusal = judge(request, self.mechanisms)
        if refusal is not None:
            refuse(self, exchange, refusal)
        else:
            super().on_request(exchange, agreed(request))
