"""A peer that follows a script: it sends exactly what it is given, and waits for what it is told to expect.

It has no transactions and no opinions, so it can do what no proper element does: leave a header field out, repeat a
request by another way, never acknowledge. (SIPp's scenarios are of this kind.)

    peer.say(peer.draft("OPTIONS", "sip:bob@example.com"), proxy)
    response = yield peer.expect(200)
"""

from __future__ import annotations

import re
from typing import Any

from sipsim.elements.element import Element
from sipsim.elements.exchange import Exchange
from sipsim.elements.outcome import Outcome
from sipsim.elements.via import over, reply_hop
from sipsim.elements.workbench import Bench
from sipsim.errors import SipParseError, UsageError
from sipsim.message import build
from sipsim.message.message import Message, Request, Response, parse
from sipsim.message.uri import Uri
from sipsim.protocol.location import as_uri
from sipsim.protocol.options import whole
from sipsim.simulation.environment import Environment
from sipsim.simulation.locating import locate
from sipsim.simulation.network import Hop, Packet

_END, _BLANK = re.compile("\r?\n"), re.compile("\r?\n\r?\n")


class ScriptedPeer(Element):
    """An element whose every message stands in a story.

    `heard` has all messages that came, in order.
    """

    kind = "scripted peer"

    def __init__(self, env: Environment, bench: Bench, name: str, uri: str | Uri, *, host: str = "") -> None:
        self.uri = as_uri("uri", uri)
        super().__init__(env, bench, name, host=host)
        self.heard: list[Message] = []
        self._unread: list[Message] = []
        self._requests: list[tuple[Request, Hop, str]] = []
        self._expected: list[tuple[int | str | None, Outcome]] = []

    # What a story does

    def draft(self, method: str, target: str | Uri, **changed: Any) -> Request:
        """A proper request to be said, or to be spoilt first: `changed` are keywords of `build.request`."""
        agent = self.name
        fields: dict[str, Any] = {
            "via": self.new_via(), "from_": f"<{self.uri}>;tag={self.identifiers.tag(agent)}", "to": f"<{target}>",
            "call_id": self.identifiers.call_id(agent, self.address.host), "cseq": 1, "contact": self.contact,
        }  # fmt: skip
        return build.request(method, target, **{**fields, **changed})

    @property
    def contact(self) -> str:
        """A Contact value that leads here."""
        return f"<sip:{self.uri.user or self.name}@{self.host_port}>"

    def say(self, message: Message | str | bytes, to: Element | str | Uri) -> None:
        """Send a message as it is: to an element, or to where a URI leads.

        Text may have bare line ends in its head, and [host_port] and [branch] stand in it for what belongs there.
        `UsageError` where a URI leads nowhere.
        """
        with self.acting(f"{self.name}.say(...)"):
            data = self._octets(message)
            hop = Hop(to.address) if isinstance(to, Element) else self._hop(as_uri("to", to))
            if isinstance(message, Request):
                data = bytes(over(message, hop.transport))
            self._put(data, hop)

    def respond(self, request: Request, status: int, **changed: Any) -> Response:
        """Answer a request that was heard, all its responses with one tag; `changed` are keywords of `build.reply`."""
        found = next(((hop, tag) for heard, hop, tag in self._requests if heard is request), None)
        if found is None:
            raise UsageError(f"request: {request!r} did not come to {self.name}")
        hop, tag = found
        fields: dict[str, Any] = {} if status == 100 else {"to_tag": tag}
        if 100 < status < 300:
            fields["contact"] = self.contact
        response = build.reply(request, status, **{**fields, **changed})
        with self.acting(f"{self.name}.respond({status})"):
            self._put(bytes(response), hop)
        return response

    def acknowledge(self, invite: Request, response: Response, to: Element | str | Uri) -> None:
        """Send the ACK for a refusal of an INVITE (RFC 3261 §17.1.1.3)."""
        self.say(build.ack(invite, response), to)

    def expect(self, what: int | str | None = None) -> Outcome:
        """An event with the next message that is a response with this status, or a request with this method.

        Messages before it, of those that nobody has read yet, are passed over; None takes whatever comes, and "final"
        any response from 200 on. `UsageError` for a status that there can't be.
        """
        if isinstance(what, int):
            whole("what", what, 100, 699)
        outcome = Outcome(self.env, self.trace, f"{self.name} hearing {what or 'anything'}")
        for at, message in enumerate(self._unread):
            if fits(message, what):
                del self._unread[: at + 1]
                outcome.settle(message)
                return outcome
        self._unread.clear()
        self._expected.append((what, outcome))
        return outcome

    # What arrives

    def on_request(self, exchange: Exchange, request: Request) -> None:
        raise AssertionError("a scripted peer has no transactions")

    def _handle(self, packet: Packet) -> None:
        self.trace.current = packet.cause
        try:
            self._hear(parse(packet.data), packet)
        except SipParseError as error:
            self.trace.unparsable(self.env.now, self.name, packet.cause, error)
        finally:
            self.trace.current = 0

    def _hear(self, message: Message, packet: Packet) -> None:
        self.heard.append(message)
        if isinstance(message, Request):
            self._requests.append((message, reply_hop(message.via, packet), self.identifiers.tag(self.name)))
        for at, (what, outcome) in enumerate(self._expected):
            if fits(message, what):
                del self._expected[at]
                outcome.settle(message)
                return
        if not self._expected:
            self._unread.append(message)

    def lose_state(self) -> None:
        self._unread.clear()
        self._expected.clear()

    # Details

    def _octets(self, message: Message | str | bytes) -> bytes:
        if isinstance(message, (Message, bytes)):
            return bytes(message)
        if not isinstance(message, str):
            raise UsageError(f"message: {message!r} is none; give a message, text or bytes")
        text = message.replace("[host_port]", self.host_port)
        if "[branch]" in text:
            text = text.replace("[branch]", self.identifiers.branch(self.name))
        head, *rest = _BLANK.split(text.lstrip("\r\n"), 1)
        return "\r\n\r\n".join([_END.sub("\r\n", head), *rest]).encode()

    def _hop(self, uri: Uri) -> Hop:
        hops = locate(self.names, uri, self.transports, self.name)
        if not hops:
            raise UsageError(f"to: {uri} leads nowhere")
        return hops[0]

    def _put(self, data: bytes, hop: Hop) -> None:
        packet = Packet(data, self.address, *hop)
        packet.cause = self.trace.sent(self.env.now, self.name, packet)
        self.network.send(packet)


def fits(message: Message, what: int | str | None) -> bool:
    """Whether a message is of the kind that is expected."""
    if isinstance(message, Request):
        return what is None or what == message.method
    assert isinstance(message, Response)
    return what is None or what == message.status or (what == "final" and message.status >= 200)
