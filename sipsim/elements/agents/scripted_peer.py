"""A peer that follows a script: it sends exactly what it is given, and waits for what it is told to expect.

It has no transactions and no opinions, so it can do what no proper element does: leave a header field out, repeat a
request by another way, never acknowledge. (SIPp's scenarios are of this kind.)

    def script(peer):
        invite = yield peer.receive("INVITE")
        peer.send(invite.reply(180))
        peer.send(b"no SIP at all")
        if (yield peer.receive("CANCEL", timeout=10)) is None:
            peer.send(invite.reply(486))

    carol = lab.peer("carol", script)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from inspect import isfunction, isgenerator, isgeneratorfunction, signature, unwrap
from typing import Any

import simpy

from sipsim.elements.alarm import Alarm
from sipsim.elements.element import Element
from sipsim.elements.exchange import Exchange
from sipsim.elements.outcome import Outcome
from sipsim.elements.story import Story, told
from sipsim.elements.via import over, reply_hop
from sipsim.elements.workbench import Bench
from sipsim.errors import SipParseError, UsageError
from sipsim.message import build
from sipsim.message.grammar import is_token
from sipsim.message.message import Message, Request, Response, parse
from sipsim.message.uri import Uri
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.location import as_uri
from sipsim.protocol.offer_answer import offer
from sipsim.protocol.options import not_allowed, octets, seconds_or_none, whole
from sipsim.simulation.environment import Environment, Timer
from sipsim.simulation.locating import locate
from sipsim.simulation.network import Hop, Packet

_END, _BLANK = re.compile("\r?\n"), re.compile("\r?\n\r?\n")


Kind = int | str
"""Of messages: a status, a method, or "final" for any response from 200 on."""

_Wanted = tuple[tuple[Kind, ...], Outcome, Alarm | Timer | None]
"""What a script waits for, and for how long."""


class Heard(Request):
    """A request as a scripted peer has heard it: it knows what its answers have in common, and where they go."""

    __slots__ = ()
    peer: ScriptedPeer | None = None
    way: Hop | None = None
    tag = contact = ""

    def reply(self, status: int, reason: str | None = None, **changed: Any) -> Response:
        """A proper response to be sent, or to be spoilt first: `changed` are keywords of `build.reply`.

        All of them have the same To tag, those that may make a dialog a Contact; a body is taken for a session
        description unless `content_type` says what it is.
        """
        fields: dict[str, Any] = {
            "to_tag": self.tag if status > 100 else None, "contact": self.contact if 100 < status < 300 else None,
            "content_type": "application/sdp" if changed.get("body") else None,
        }  # fmt: skip
        return build.reply(self, status, reason, **{**fields, **_proper(changed)})


class ScriptedPeer(Element):
    """An element whose every message stands in a story.

    `heard` has all messages that came, in order.
    """

    kind = "scripted peer"

    def __init__(self, env: Environment, bench: Bench, name: str, uri: str | Uri, *, host: str = "") -> None:
        if uri:
            as_uri("uri", uri)  # before anything is made
        super().__init__(env, bench, name, host=host)
        self.uri = as_uri("uri", uri or f"sip:{name}@{self.host_port}")
        self.heard: list[Message] = []
        self._unread: list[Message] = []
        self._asked: dict[str | None, Heard] = {}
        self._wanted: list[_Wanted] = []
        self._latest: Hop | None = None

    # What a story does

    def draft(self, method: str, target: str | Uri | Element, **changed: Any) -> Request:
        """A proper request to be sent, or to be spoilt first: `changed` are keywords of `build.request`."""
        agent = self.name
        if isinstance(target, Element):
            target = getattr(target, "contact_uri", f"sip:{target.host_port}")
        fields: dict[str, Any] = {
            "via": self.new_via(), "from_": f"<{self.uri}>;tag={self.identifiers.tag(agent)}", "to": f"<{target}>",
            "call_id": self.identifiers.call_id(agent, self.address.host), "cseq": 1, "contact": self.contact,
        }  # fmt: skip
        return build.request(method, target, **{**fields, **_proper(changed)})

    @property
    def contact(self) -> str:
        """A Contact value that leads here."""
        return f"<sip:{self.uri.user or self.name}@{self.host_port}>"

    @property
    def description(self) -> bytes:
        """A session description of this peer, as an offer, and as an answer to the offers of our phones."""
        return bytes(offer(self.name, self.address.host, 49170))

    def follow(self, script: Callable[[ScriptedPeer], Story] | Story) -> simpy.Process:
        """Let a script begin: a generator function of this peer, or a generator. Gives its process, to be waited for.

        An exception that leaves it is recorded, the run goes on, and `lab.run` raises it at the end. No run waits for
        a script that waits for a message.
        """
        check_script(script)
        generator = script(self) if callable(script) else script
        if not isgenerator(generator):
            raise _no_script(script)
        trace, who = self.trace, f"the script of {self.name}"
        before = trace.current
        trace.current = trace.add("story", self.env.now, "", text=f"{who} begins") or before
        process = self.env.process(told(self.bench, who, generator))
        trace.current = before
        return process

    def send(
        self, message: Message | str | bytes, remote: Element | str | Uri | Hop | None = None, copy: int = 1
    ) -> None:
        """Send a message as it is: to an element, to where a URI leads, or to where it belongs.

        That is, for a response, where its request came from; for a request, where its Route or Request-URI leads; for
        all else, whoever was heard last. Text may have bare line ends in its head, and [host_port] and [branch]
        stand in it for what belongs there. `UsageError` where a URI leads nowhere.
        """
        whole("copy", copy, 1)
        with self.acting(f"{self.name}.send(...)"):
            data = self._octets(message)
            hop = self._hop(message, remote)
            if isinstance(message, Request):
                data = bytes(over(message, hop.transport))
            packet = Packet(data, self.address, *hop)
            packet.cause = self.trace.sent(self.env.now, self.name, packet, copy)
            self.network.send(packet)

    def say(self, message: Message | str | bytes, to: Element | str | Uri) -> None:
        """As `send`, to somebody who is named."""
        self.send(message, to)

    def respond(self, request: Request, status: int, **changed: Any) -> Response:
        """Answer a request that was heard, see `Heard.reply`; gives the response that was sent."""
        if not isinstance(request, Heard) or request.peer is not self:
            raise UsageError(f"request: {request!r} did not come to {self.name}")
        response = request.reply(status, **changed)
        with self.acting(f"{self.name}.respond({status})"):
            self.send(response, request.way)
        return response

    def acknowledge(self, invite: Request, response: Response, to: Element | str | Uri | None = None) -> None:
        """Send the ACK for a final response to an INVITE (RFC 3261 §13.2.2.4, §17.1.1.3)."""
        ack = build.ack(invite, response)
        if response.status < 300:
            dialog = Dialog.of_client(invite, response)
            ack = dialog.request("ACK", via=self.new_via(), number=invite.cseq.number)
        self.send(ack, to)

    def receive(self, *kinds: Kind, timeout: float | None = None) -> Outcome:
        """An event with the next message that is a response with this status, or a request with this method.

        Messages before it, of those that nobody has read yet, are passed over. Without a kind it takes whatever comes;
        of several kinds, and "final" for any response from 200 on, whichever comes first. When nothing has come for
        `timeout` seconds it gives None. `UsageError` for a status that there can't be, and for what is no method.
        """
        for kind in kinds:
            _check(kind)
        seconds_or_none("timeout", timeout)
        named = " or ".join(map(str, kinds)) or "anything"
        outcome = Outcome(self.env, self.trace, f"{self.name} hearing {named}")
        for at, message in enumerate(self._unread):
            if fits(message, kinds):
                del self._unread[: at + 1]
                outcome.settle(message)
                return outcome
        self._unread.clear()
        alarm = None if timeout is None else self.alarm("receive", timeout, self._in_vain, outcome)
        self._wanted.append((kinds, outcome, alarm))
        return outcome

    def expect(self, what: Kind | None = None) -> Outcome:
        """As `receive`, of one kind, or with None of any."""
        return self.receive(*(() if what is None else (what,)))

    def _in_vain(self, outcome: Outcome) -> None:
        self._wanted = [wanted for wanted in self._wanted if wanted[1] is not outcome]
        outcome.settle(None)

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
        if isinstance(message, Request):
            message = self._known(message, packet)
        self._latest = Hop(packet.source, packet.transport, packet.flow)
        self.heard.append(message)
        for at, (kinds, outcome, alarm) in enumerate(self._wanted):
            if fits(message, kinds):
                del self._wanted[at]
                if alarm is not None:
                    alarm.cancel()
                outcome.settle(message)
                return
        if not self._wanted:
            self._unread.append(message)

    def _known(self, request: Request, packet: Packet) -> Heard:
        """A request with what its answers need; one that is repeated, its CANCEL and its ACK have the same tag."""
        via = request.via
        before = self._asked.get(via.branch)
        made = Heard(request.method, request.uri_text, request.lines, request.names, request.body, request.data)
        made.peer, made.way, made.contact = self, reply_hop(via, packet), self.contact
        made.tag = before.tag if before else self.identifiers.tag(self.name)
        self._asked[via.branch] = made
        return made

    def lose_state(self) -> None:
        for _, _, alarm in self._wanted:
            if alarm is not None:
                alarm.cancel()
        self._unread.clear()
        self._wanted.clear()

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
        return octets("message", "\r\n\r\n".join([_END.sub("\r\n", head), *rest]))

    def _hop(self, message: Message | str | bytes, to: Element | str | Uri | Hop | None) -> Hop:
        """Where a message goes: to somebody who is named, or else where it belongs."""
        if isinstance(to, Hop):
            return to
        if isinstance(to, Element):
            return Hop(to.address)
        found = self._latest
        if to is None:
            with suppress(SipParseError):  # what is spoilt so far that nobody could say goes to whoever was heard last
                if isinstance(message, Request):
                    to = message.routes[0].uri if message.has("Route") else message.uri
                elif isinstance(message, Response) and message.branch in self._asked:
                    found = self._asked[message.branch].way
        if to is not None:
            found = next(iter(locate(self.names, as_uri("to", to), self.transports, self.name)), None)
        if found is None:
            why = "nobody was heard yet; say whom it is for" if to is None else f"{to} leads nowhere"
            raise UsageError(f"to: {why}")
        return found


def check_script(script: object) -> None:
    """`UsageError` for what can't be a script, as far as that can be seen before it begins."""
    if isgenerator(script):
        return
    try:
        signature(script).bind(None)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise _no_script(script) from None
    plain = isfunction(script) and script.__name__ != "<lambda>"
    if plain and not isgeneratorfunction(unwrap(script)):  # type: ignore[arg-type]
        raise _no_script(script)


def _no_script(script: object) -> UsageError:
    return UsageError(f"script: {script!r} is no generator function of a peer; it needs a yield")


def _proper(changed: dict[str, Any]) -> dict[str, Any]:
    """Keywords for `build` as people write them: a body may be text, header fields a mapping."""
    body, headers = changed.get("body"), changed.get("headers", ())
    if body is not None:
        changed["body"] = octets("body", body)
    if isinstance(headers, Mapping):
        changed["headers"] = list(headers.items())
    elif isinstance(headers, (str, bytes)):
        raise UsageError(f'headers: {headers!r} will not do; write [("Subject", "x")]')
    return changed


def _check(kind: object) -> None:
    """`UsageError` for what no message can ever be."""
    if not isinstance(kind, str):
        whole("kind", kind, 100, 699)
    elif kind != "final" and (not is_token(kind) or kind[0].isdigit() or kind.upper() != kind):
        raise not_allowed("kind", kind, "a method such as 'INVITE', a status such as 486, and 'final'")


def fits(message: Message, kinds: tuple[Kind, ...]) -> bool:
    """Whether a message is of a kind that is expected."""
    if isinstance(message, Response):
        return not kinds or message.status in kinds or ("final" in kinds and message.status >= 200)
    return not kinds or (isinstance(message, Request) and message.method in kinds)
