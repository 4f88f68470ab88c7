"""Saying no: a refusal sent through its transaction, or without one where a request can't even be read.

Each leaves a record of kind `refused` that says why, and which section of an RFC asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from zlib import crc32

from sipsim.elements.via import reply_hop
from sipsim.errors import SipParseError
from sipsim.message import build
from sipsim.message.codes import CODES
from sipsim.message.message import Message, Request, Response
from sipsim.message.rare_fields import WarningValue
from sipsim.protocol.inspection import Refusal, refusal
from sipsim.protocol.location import as_uri
from sipsim.protocol.matching import stateless_tag
from sipsim.protocol.options import octets, unknown, whole, whole_seconds
from sipsim.simulation.network import Hop, Packet

if TYPE_CHECKING:
    from sipsim.elements.element import Element
    from sipsim.elements.exchange import Exchange

REFUSALS_SAY = ("why", "contacts", "retry_after", "warning", "alternatives", "headers")

LONGEST_PHRASE = 80
"""Characters of a reason phrase of our own making."""


def refuse(element: Element, exchange: Exchange, refused: Refusal, tag: str | None = None) -> Response:
    """Answer with a refusal through the request's transaction; `tag` is for To, by default a new one."""
    status, headers, rfc, why, body, kind = refused
    note(element, status, why, rfc)
    request = exchange.request
    if not request.to_tag:
        tag = tag or element.identifiers.tag(element.name)
    phrase = _phrase(status, why)
    response = build.reply(request, status, phrase, to_tag=tag, headers=headers, body=body, content_type=kind)
    exchange.respond(response)
    return response


def unreadable(error: SipParseError) -> Refusal:
    """The refusal of a request with a header field, or a start line, that can't be read."""
    return refusal(error.status, error.reason)


def refuse_unread(element: Element, message: Message | None, error: SipParseError, packet: Packet) -> None:
    """Answer, without a transaction, a request that can't be read as a whole; the same to each copy (§8.2.7).

    Responses are not answered, nor ACKs, nor what has no Via; where that can't be read, the answer goes to whoever
    sent the packet.
    """
    if not isinstance(message, Request) or message.method == "ACK" or "via" not in message.names:
        return
    try:
        hop = reply_hop(message.via, packet)
    except SipParseError:
        hop = Hop(packet.source, packet.transport, packet.flow)
    note(element, error.status, error.reason, CODES[error.status].section)
    tag = f"{crc32(packet.data):08x}"
    element.send(build.reply(message, error.status, _phrase(error.status, error.reason), to_tag=tag), hop)


def refuse_statelessly(element: Element, request: Request, packet: Packet, refused: Refusal) -> None:
    """Answer a request without a transaction, the same to each copy (§8.2.7); `via.stamped` has seen it."""
    note(element, refused.status, refused.why, refused.rfc)
    reply = build.reply(request, refused.status, to_tag=stateless_tag(request), headers=refused.headers)
    element.send(reply, reply_hop(request.via, packet))


def note(element: Element, status: int, why: str, rfc: str) -> None:
    """Record that a request is refused, and by which rule, where there is anything to be said."""
    if why:
        element.trace.add("refused", element.env.now, element.name, status=status, why=why, rfc=rfc)


def _phrase(status: int, why: str) -> str | None:
    """The reason phrase: for a 400 what was wrong (§21.4.1), else the usual one."""
    if status != 400 or not why:
        return None
    return "".join([c if " " <= c <= "~" else "?" for c in why[:LONGEST_PHRASE]])


def rejection(
    agent: str, status: int = 486, why: str = "", *, contacts: str | Iterable[str] = (), retry_after: int | None = None,
    warning: tuple[int, str] | None = None, alternatives: str = "", headers: Iterable[tuple[str, str]] = (),
    **other: object,
) -> Refusal:  # fmt: skip
    """The refusal that a user asks for, with what its status needs.

    `contacts` are URIs or Contact values to try instead (3xx, 485), `retry_after` seconds, `warning` a code from 300 to
    399 and a text, said by `agent`, `alternatives` the text that a 380 brings; other fields come in `headers`.
    """
    for name in other:
        raise unknown(name, "nothing that a refusal says", REFUSALS_SAY)
    whole("status", status, 300, 699)
    fields = [("Contact", _contact(text)) for text in ([contacts] if isinstance(contacts, str) else contacts)]
    if retry_after is not None:
        whole_seconds("retry_after", retry_after)
        fields.append(("Retry-After", str(retry_after)))
    if warning is not None:
        whole("warning", warning[0], 300, 399)
        fields.append(("Warning", str(WarningValue(warning[0], agent, warning[1]))))
    refused = refusal(status, why, *fields, *headers)
    if alternatives:
        refused = refused._replace(body=octets("alternatives", alternatives), content_type="text/plain")
    return refused


def _contact(text: str) -> str:
    """A Contact value: as it is where it has brackets, else the URI in them."""
    return text if text.startswith("<") else f"<{as_uri('contacts', text)}>"
