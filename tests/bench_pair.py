"""The pair harness: a few elements, one wire, one clock, and words for asking what went over the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sipsim.elements.element import Element
from sipsim.lab.lab import Lab
from sipsim.message.message import Message, Request, parse
from sipsim.simulation.network import Address, Packet
from sipsim.trace.trace import Trace

FREE = Address("", 0)
"""Any address that is free."""


def wire(trace: Trace, element: str | None = None) -> list[str]:
    """What was sent, in order, as "alice>proxy INVITE" or "proxy>alice 100 INVITE"."""
    return [
        f"{record.element}>{record.peer} {said(record.message)}"
        for record in trace.select("sent")
        if element in (None, record.element)
    ]


def said(message: Message | None) -> str:
    """A message in short: its method, or its status and what it answers."""
    if message is None:
        return "no SIP"
    return message.method if isinstance(message, Request) else f"{message.status} {message.cseq.method}"  # type: ignore[attr-defined]


def times(trace: Trace, what: str, element: str) -> list[float]:
    """The instants at which an element sent this."""
    return [r.time for r in trace.select("sent", element) if said(r.message) == what]


def messages(trace: Trace, what: str, element: str) -> list[Any]:
    """The messages that an element sent, by what they are in short."""
    return [r.message for r in trace.select("sent", element) if said(r.message) == what]


class Wire:
    """A bare address for a test to send octets from and see what comes back."""

    def __init__(self, lab: Lab, name: str = "tester", at: Address = FREE) -> None:
        self.lab = lab
        self.name = name
        self.heard: list[Message] = []
        self.on_message: Callable[[Message], object] | None = None
        self.address = lab.network.bind(at, "UDP", self._hear, lambda packet, why: None, node=name)
        lab.trace.register(name, "test", self.address)

    def send(self, text: str | Message, to: Element) -> None:
        """Send a message given as text with bare line ends, HERE standing for this address, or as a message."""
        data = bytes(text) if isinstance(text, Message) else octets(text.replace("HERE", self.address.host))
        packet = Packet(data, self.address, to.address, "UDP")
        packet.cause = self.lab.trace.sent(self.lab.env.now, self.name, packet, cause=0)
        self.lab.network.send(packet)

    def _hear(self, packet: Packet) -> None:
        self.lab.trace.delivered(self.lab.env.now, self.name, packet.cause)
        message = parse(packet.data)
        self.heard.append(message)
        if self.on_message is not None:
            self.on_message(message)

    @property
    def statuses(self) -> list[int]:
        """The status codes heard so far."""
        return [message.status for message in self.heard if not isinstance(message, Request)]  # type: ignore[attr-defined]


def octets(text: str) -> bytes:
    """A message as octets: lines end with CRLF, and a blank line ends the header."""
    head, _, body = text.lstrip("\n").partition("\n\n")
    return (head.replace("\n", "\r\n") + "\r\n\r\n").encode() + body.encode()


def request(method: str, uri: str = "sip:bob@example.com", *, branch: str = "z9hG4bK-t1", cseq: int = 1, more: str = "",
            to_tag: str = "", call_id: str = "test@HERE") -> str:  # fmt: skip
    """A request as text for `Wire.send`."""
    to = f"<{uri}>" + (f";tag={to_tag}" if to_tag else "")
    contact = "Contact: <sip:tester@HERE>\n" if method in ("INVITE", "SUBSCRIBE", "REGISTER") else ""
    return (
        f"{method} {uri} SIP/2.0\nVia: SIP/2.0/UDP HERE;branch={branch}\nMax-Forwards: 70\n"
        f"From: <sip:tester@example.com>;tag=t\nTo: {to}\nCall-ID: {call_id}\nCSeq: {cseq} {method}\n"
        f"{contact}{more}Content-Length: 0\n\n"
    )


def register(contact: str = "<sip:bob@HERE>", *, user: str = "sip:bob@example.com", sender: str = "", cseq: int = 1,
             call_id: str = "test@HERE", more: str = "") -> str:  # fmt: skip
    """A REGISTER for example.com as text for `Wire.send`; without `contact` it is a query."""
    branch = f"z9hG4bK-{call_id.partition('@')[0]}-{cseq}"
    text = request("REGISTER", "sip:example.com", branch=branch, cseq=cseq, call_id=call_id, more=more)
    text = text.replace("To: <sip:example.com>", f"To: <{user}>").replace("sip:tester@example.com", sender or user)
    return text.replace("Contact: <sip:tester@HERE>\n", f"Contact: {contact}\n" if contact else "")
