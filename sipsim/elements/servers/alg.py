"""An application-level gateway: signalling and media of the calls of a network pass through it (RFC 3665 §3.5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from typing import TypeVar

from sipsim.elements.agents.endpoint import media_port
from sipsim.elements.calls.session import description_in
from sipsim.elements.exchange import Exchange
from sipsim.elements.servers.proxy import Proxy
from sipsim.errors import SipParseError
from sipsim.message.message import Request, Response
from sipsim.message.sdp import Lines, Sdp
from sipsim.message.uri import Uri

M = TypeVar("M", Request, Response)


class Alg(Proxy):
    """A proxy that stays in the path of each call, and puts its own address into session descriptions.

    So the firewall beside it has to let one address through, and no other. It has no users: `relay_to` names the server
    that first requests go to, without it they go where their URIs say. Its domain is its own name.
    """

    kind = "ALG"

    @cached_property
    def _ports(self) -> dict[str, dict[tuple[str, int], int]]:
        """Our ports by Call-ID, then by whose media they take."""
        return {}

    def serves(self, uri: Uri) -> bool:
        return not uri.user and super().serves(uri)

    def on_request(self, exchange: Exchange, request: Request) -> None:
        super().on_request(exchange, self._relayed(request))
        if request.method == "BYE":
            self._ports.pop(request.call_id, None)

    def on_ack(self, request: Request) -> None:
        super().on_ack(self._relayed(request))

    def upstream(self, response: Response) -> Response:
        if response.status >= 300 and response.cseq.method == "INVITE" and response.cseq.number == 1:
            self._ports.pop(response.call_id, None)
        return self._relayed(super().upstream(response))

    def lose_state(self) -> None:
        super().lose_state()
        self._ports.clear()

    def _relayed(self, message: M) -> M:
        """The message with our address for media in its session description; as it is where that can't be read."""
        if not message.body:
            return message
        try:
            sdp = Sdp.parse(description_in(message)) if description_in(message) else None
        except SipParseError as error:
            self.ignored(f"a session description that can't be read: {error.reason}", "RFC 8866 §5")
            return message
        if sdp is None:
            return message
        sdp = relayed(sdp, self.address.host, partial(self._port_for, message.call_id))
        return message.with_body(bytes(sdp))

    def _port_for(self, call_id: str, host: str, port: int) -> int:
        """Our port for an end's media, the same for the whole call."""
        ports = self._ports.setdefault(call_id, {})
        if (host, port) not in ports:
            ports[host, port] = media_port(self.bench, self.address.host)
        return ports[host, port]


PortFor = Callable[[str, int], int]
"""The relay's port that stands for an end's address and port."""


def relayed(sdp: Sdp, host: str, port_for: PortFor) -> Sdp:
    """The description with the relay's host and a port of its own for each stream; refused streams stay refused."""
    media = []
    for stream in sdp.media:
        theirs = stream.connection or sdp.connection
        port = port_for(theirs, stream.port) if stream.port and theirs else stream.port
        media.append(replace(stream, port=port, lines=_led_by(host, stream.lines)))
    return replace(sdp, lines=_led_by(host, sdp.lines), media=media)


def _led_by(host: str, lines: Lines) -> Lines:
    """Lines with this host in each `c=`."""
    connection = f"IN {'IP6' if ':' in host else 'IP4'} {host}"
    return tuple([(letter, connection if letter == "c" else value) for letter, value in lines])
