"""Requests that Bob's phone, or the proxy before it, has to refuse, each for a reason of its own (RFC 3261 §8.2).

A scripted caller sends them, as no proper phone would. `WHAT` lists them: what is odd, and how it is made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

from sipsim.elements.agents.scripted_peer import ScriptedPeer
from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.story import Story
from sipsim.flows.casts import DOMAIN, place
from sipsim.flows.scripted import accepted, invitation, refused
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Seconds, either
from sipsim.lab.scenario import scenario
from sipsim.message.message import Request

RARE_CODEC = b"\r\n".join([
    b"v=0", b"o=- 1 1 IN IP4 192.0.2.9", b"s=-", b"c=IN IP4 192.0.2.9", b"t=0 0", b"m=audio 4000 RTP/AVP 97",
    b"a=rtpmap:97 iLBC/8000", b"",
])  # fmt: skip
"""An offer of a codec that our phones don't have."""

Maker = Callable[[ScriptedPeer, UserAgent], Request | bytes]


class Odd(NamedTuple):
    """How an odd request is made, what Bob's phone can do (see `understands`), and says of media that don't fit."""

    make: Maker
    abilities: dict[str, Any] = {}  # noqa: RUF012
    unfit: int = 488


def invite(**changed: Any) -> Maker:
    """An INVITE for Bob with something changed."""
    return lambda peer, bob: invitation(peer, bob.uri, **changed)


def invite_to(target: str, to: str = "") -> Maker:
    """An INVITE that reaches Bob's phone and names somebody else, in To as well unless another is given."""
    return lambda peer, bob: invitation(peer, target, to=f"<{to or target}>")


def asks(method: str) -> Maker:
    """A request with this method."""
    return lambda peer, bob: peer.draft(method, bob.uri)


def spoilt(old: bytes, new: bytes) -> Maker:
    """An OPTIONS request in which some octets are others."""
    return lambda peer, bob: bytes(peer.draft("OPTIONS", bob.uri)).replace(old, new)


def stray_bye(peer: ScriptedPeer, bob: UserAgent) -> Request:
    """A BYE for a dialog that there is not."""
    return peer.draft("BYE", bob.uri, to=f"<{bob.uri}>;tag=gone")


WHAT = {
    "method": Odd(asks("PUBLISH")),
    "unheard-of method": Odd(asks("DANCE")),
    "broken": Odd(spoilt(b"CSeq: 1 OPTIONS", b"CSeq: 1 INVITE")),
    "version": Odd(spoilt(b"SIP/2.0\r\nVia", b"SIP/7.0\r\nVia")),
    "scheme": Odd(invite_to("tel:+13145551111")),
    "long address": Odd(invite_to(f"sip:{'b' * 3000}@{DOMAIN}", f"sip:bob@{DOMAIN}")),
    "other user": Odd(invite_to(f"sip:carol@{DOMAIN}")),
    "short number": Odd(invite_to(f"sip:+1314@{DOMAIN}"), {"unknown": 484}),
    "ambiguous": Odd(invite_to(f"sip:b@{DOMAIN}"), {"unknown": 485}),
    "unknown everywhere": Odd(invite_to(f"sip:carol@{DOMAIN}"), {"unknown": 604}),
    "extension": Odd(invite(headers=(("Require", "teleport"),))),
    "accept": Odd(invite(headers=(("Accept", "text/html"),))),
    "body": Odd(invite(body=b"<p>Hello</p>", content_type="text/html")),
    "encrypted": Odd(invite(body=b"0" * 64, content_type="application/pkcs7-mime")),
    "large body": Odd(invite(), {"largest_body": 100}),
    "large message": Odd(invite(headers=(("Subject", "x" * 600),)), {"largest_message": 800}),
    "media": Odd(invite(body=RARE_CODEC)),
    "media everywhere": Odd(invite(body=RARE_CODEC), unfit=606),
    "stray BYE": Odd(stray_bye),
}


@scenario(
    title="An odd request",
    rfc="RFC 3261 §8.2",
    question="Which header field of the refusal helps the caller to do better?",
    codes=(415,),
)
def odd_request(lab: Lab, *, what: Annotated[str, either(*WHAT)] = "body") -> Story:
    """Bob's phone gets one request that it can't serve, and says why; `what` is a name in `WHAT`."""
    peer, bob = lab.scripted_peer(f"sip:mallory@{DOMAIN}"), lab.user_agent(f"sip:bob@{DOMAIN}", answers=0.1)
    odd = WHAT[what]
    bob.understands(**odd.abilities)
    bob.unfit = odd.unfit
    return (yield from refused(peer, odd.make(peer, bob), bob))


@scenario(
    title="The same request by two ways",
    rfc="RFC 3261 §8.2.2.2",
    question="How does Bob's phone tell the second INVITE from a retransmission of the first?",
    codes=(180, 200, 482),
)
def merged(lab: Lab, *, talk: Seconds = 5.0) -> Story:
    """A fork upstream has sent one INVITE twice to Bob's phone: one rings, the other is refused."""
    peer, bob = lab.scripted_peer(f"sip:mallory@{DOMAIN}"), lab.user_agent(f"sip:bob@{DOMAIN}")
    first = invitation(peer, bob.uri)
    second = first.with_header("Via", peer.new_via())
    peer.say(first, bob)
    yield peer.expect(180)
    yield from refused(peer, second, bob)
    yield from accepted(peer, first)
    yield lab.env.timeout(talk)
    over = bob.hang_up()
    peer.respond((yield peer.expect("BYE")), 200)
    yield over


@scenario(
    title="A request from the past",
    rfc="RFC 3261 §12.2.2",
    question="Why must the phone not serve this OPTIONS, although nothing is wrong with it?",
    codes=(180, 200, 500),
    breaks=("CSQ-02",),
)
def out_of_order(lab: Lab) -> Story:
    """In a dialog a request arrives whose CSeq number is lower than that of one before."""
    peer, bob = lab.scripted_peer(f"sip:mallory@{DOMAIN}"), lab.user_agent(f"sip:bob@{DOMAIN}")
    invite = invitation(peer, bob.uri, cseq=10)
    peer.say(invite, bob)
    dialog = yield from accepted(peer, invite)
    peer.say(dialog.request("OPTIONS", via=peer.new_via(), number=5), bob)
    yield peer.expect(500)
    over = bob.hang_up()
    peer.respond((yield peer.expect("BYE")), 200)
    yield over


@scenario(
    title="A hop too many",
    rfc="RFC 3261 §16.3",
    question="What would happen to a request in a circle of proxies without Max-Forwards?",
    codes=(483,),
)
def too_many_hops(lab: Lab) -> Story:
    """A request with Max-Forwards 0 reaches a proxy that would have to forward it."""
    peer, proxy = lab.scripted_peer(f"sip:mallory@{DOMAIN}"), lab.proxy(DOMAIN)
    bob = lab.user_agent(f"sip:bob@{DOMAIN}")
    place(proxy, bob)
    return (yield from refused(peer, invitation(peer, bob.uri, max_forwards=0), proxy))
