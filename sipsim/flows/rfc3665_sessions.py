"""RFC 3665 §3, calls that come about: straight, and through proxies."""

from __future__ import annotations

from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.story import Story
from sipsim.flows.acts import talk_until_hung_up
from sipsim.flows.casts import (
    ALICE,
    MD5,
    alice_3665,
    bob_3665,
    log_in,
    outcome_of,
    place,
    proxy_1,
    proxy_2,
    published_host,
    published_phone,
    trapezoid_3665,
)
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Pause, Seconds
from sipsim.lab.scenario import scenario


@scenario(
    "rfc3665-3.1",
    title="Successful session establishment",
    rfc="RFC 3665 §3.1",
    question="Whose CSeq does the BYE count, and why does it begin anew?",
    codes=(180, 200),
)
def session(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 10.0) -> Story:
    """Alice calls Bob's phone directly; he hangs up."""
    alice, bob = alice_3665(lab), bob_3665(lab, ring=ring)
    lab.names.add(bob.uri.host, bob.address)
    yield from talk_until_hung_up(lab, alice.call(str(bob.uri)), bob, talk)


@scenario(
    "rfc3665-3.2",
    title="Session establishment through two proxies",
    rfc="RFC 3665 §3.2",
    question="Which of the three ACKs is for the 407, and how does it differ from the others?",
    codes=(100, 180, 200, 407),
)
def two_proxies(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 10.0) -> Story:
    """The trapezoid: Proxy 1 asks Alice who she is, both proxies stay in the path, and Bob hangs up."""
    alice, _, _, bob = trapezoid_3665(lab, ring=ring, known=False)
    yield from talk_until_hung_up(lab, alice.call(str(bob.uri)), bob, talk)


@scenario(
    "rfc3665-3.3",
    title="Session with multiple proxy authentication",
    rfc="RFC 3665 §3.3",
    question="For whom are the two credentials of the third INVITE, and which of them reach Proxy 2?",
    codes=(100, 200, 407),
)
def two_challenges(lab: Lab, *, talk: Seconds = 10.0) -> Story:
    """Each proxy asks Alice for a password of its own; Bob answers at once."""
    alice, first = alice_3665(lab), proxy_1(lab)
    second, bob = proxy_2(lab, users=ALICE, algorithms=MD5, challenges="new"), bob_3665(lab)
    alice.outbound = first
    for proxy in (first, second):
        alice.credentials(proxy.domain, password=ALICE["alice"])
    place(second, bob)
    bob.on_call = IncomingCall.answer
    yield alice.call(str(bob.uri)).answered
    yield lab.env.timeout(talk)


@scenario(
    "rfc3665-3.4",
    title="Successful session with proxy failure",
    rfc="RFC 3665 §3.4",
    question="After how many seconds does Alice's phone try the other proxy, and why so late?",
    codes=(100, 180, 200, 407),
)
def proxy_failure(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 10.0) -> Story:
    """Proxy 1 is dead; after 64*T1 Alice's phone calls anew, through Proxy 2, which does not know her either."""
    alice, first = alice_3665(lab), proxy_1(lab)
    second, bob = proxy_2(lab, users=ALICE, algorithms=MD5, challenges="new"), bob_3665(lab, ring=ring)
    alice.outbound = first
    alice.credentials(second.domain, password=ALICE["alice"])
    place(second, bob)
    first.crash()
    yield from outcome_of(alice.call(str(bob.uri)))
    alice.outbound = None
    yield from talk_until_hung_up(lab, alice.call(str(bob.uri)), bob, talk)


@scenario(
    "rfc3665-3.5",
    title="Session through a SIP ALG",
    rfc="RFC 3665 §3.5",
    question="Whose address do the two session descriptions have that Bob and Alice get to see?",
    codes=(100, 180, 200),
)
def through_gateway(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 10.0) -> Story:
    """Signalling and media of Alice's calls pass a gateway; Proxy 2 leaves the path, and she hangs up."""
    alice = alice_3665(lab)
    gateway = lab.alg("alg1.atlanta.example.com", "ALG", host=published_host(lab, "192.0.2.128"))
    second = proxy_2(lab, users=ALICE, algorithms=MD5, challenges="new", record_route=False)
    bob = bob_3665(lab, ring=ring)
    alice.outbound = gateway
    alice.credentials(second.domain, password=ALICE["alice"], outbound=True)
    log_in(alice, second, proxy=True)
    place(second, bob)
    call = alice.call(str(bob.uri))
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    "rfc3665-3.6",
    title="Session via redirect and proxy servers, with SDP in the ACK",
    rfc="RFC 3665 §3.6",
    question="Who makes the offer here, and in which message does the answer come?",
    codes=(100, 180, 200, 302),
    live=False,
)
def redirected(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 10.0) -> Story:
    """Alice leaves the offer to Bob; a redirect server sends her to Chicago, by TCP, and Bob hangs up."""
    alice = alice_3665(lab)
    server = lab.redirect_server("biloxi.example.com", "Redirect Server", host=published_host(lab, "192.0.2.232"))
    proxy = lab.proxy("chicago.example.com", "Proxy 3", host=published_host(lab, "192.0.2.233"))
    bob = published_phone(
        lab, "sip:bob@chicago.example.com", "Bob", "client.chicago.example.com", "192.0.2.100", ring, "tcp"
    )  # fmt: skip
    server.location.add("sip:bob@biloxi.example.com", f"{bob.uri};transport=tcp")
    place(proxy, bob)
    yield from talk_until_hung_up(lab, alice.call("sip:bob@biloxi.example.com", offer=False), bob, talk)


@scenario(
    "rfc3665-3.7",
    title="Session with re-INVITE: an address changes",
    rfc="RFC 3665 §3.7",
    question="How does Alice's phone learn where to send the BYE?",
    codes=(100, 180, 200),
)
def new_address(lab: Lab, *, ring: Seconds = 2.0, talk: Pause = 10.0) -> Story:
    """In mid-call Bob's phone gets another address and tells so by a re-INVITE; Alice hangs up."""
    alice, second, bob = alice_3665(lab), proxy_2(lab, record_route=False), bob_3665(lab, ring=ring)
    place(second, bob)
    call = alice.call(str(bob.uri))
    yield call.answered
    yield lab.env.timeout(talk)
    bob.move(published_host(lab, "192.0.2.100"))
    assert bob.current_call is not None
    yield bob.current_call.reinvite()
    yield lab.env.timeout(talk)
    yield call.hang_up()
