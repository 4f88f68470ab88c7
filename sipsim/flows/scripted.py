"""What scripted callers have in common: an INVITE with an offer, a request that is refused, a call that is answered."""

from __future__ import annotations

from typing import Any

from sipsim.elements.agents.scripted_peer import ScriptedPeer
from sipsim.elements.element import Element
from sipsim.elements.story import Story
from sipsim.lab.lab import Lab
from sipsim.message.message import Request
from sipsim.message.uri import Uri
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.offer_answer import offer

SDP = "application/sdp"

Fields = tuple[tuple[str, str], ...]


def invitation(peer: ScriptedPeer, target: str | Uri, **changed: Any) -> Request:
    """An INVITE with an offer, as a phone would send it."""
    body = bytes(offer(peer.name, peer.address.host, 49170))
    return peer.draft("INVITE", target, **{"body": body, "content_type": SDP, **changed})


def refused(peer: ScriptedPeer, request: Request | bytes, to: Element) -> Story:
    """Send a request, hear the final response and acknowledge it if that is to be; gives it as the story's result."""
    peer.say(request, to)
    response = yield peer.expect("final")
    if isinstance(request, Request) and request.method == "INVITE":
        peer.acknowledge(request, response, to)
    return {"status": response.status}


def accepted(peer: ScriptedPeer, invite: Request) -> Story:
    """Hear that an INVITE is accepted and acknowledge that; gives the dialog."""
    response = yield peer.expect(200)
    dialog = Dialog.of_client(invite, response)
    peer.say(dialog.request("ACK", via=peer.new_via(), number=invite.cseq.number), dialog.next_hop)
    return dialog


def talked(lab: Lab, peer: ScriptedPeer, invite: Request, talk: float, headers: Fields = ()) -> Story:
    """An INVITE is accepted, they talk, and the caller hangs up, with these header fields besides."""
    dialog = yield from accepted(peer, invite)
    yield lab.env.timeout(talk)
    peer.say(dialog.request("BYE", via=peer.new_via(), headers=headers), dialog.next_hop)
    yield peer.expect(200)
