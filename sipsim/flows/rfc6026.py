"""The six situations that RFC 6026 mends: INVITE transactions after a 2xx, and when a response can't be sent."""

from __future__ import annotations

from typing import Any

from sipsim.elements.story import Story
from sipsim.flows.acts import talk_until_hung_up
from sipsim.flows.casts import DOMAIN, phones_and_proxy, place
from sipsim.flows.changing import two_phones
from sipsim.flows.scripted import invitation, talked
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Seconds
from sipsim.lab.scenario import scenario
from sipsim.message import build


@scenario(
    "rfc6026-1",
    title="An INVITE comes again after its 200",
    rfc="RFC 6026 §7.1",
    question="Which state of Bob's transaction keeps the late INVITE from becoming a second call?",
    codes=(180, 200),
    live=False,
)
def late_invite(lab: Lab, *, talk: Seconds = 2.0) -> Story:
    """All that Bob said got lost, so Alice's INVITE comes again: he has answered, and takes no notice of it."""
    alice, bob = two_phones(lab, answers=0.1)
    network: Any = lab.network
    for lost in ("180 INVITE", "200 INVITE"):
        network.drop(lost, times=1)
    call = alice.call(bob)
    yield call.answered
    result = {"at_bob": len(bob.calls)}
    yield from talk_until_hung_up(lab, call, call, talk)
    return result


@scenario(
    "rfc6026-2",
    title="A 200 comes again, and its ACK too",
    rfc="RFC 6026 §7.2",
    question="Who repeats the 200, who the ACK, and which transaction lets both through?",
    codes=(180, 200),
    live=False,
)
def repeated_200(lab: Lab, *, talk: Seconds = 5.0) -> Story:
    """Two ACKs get lost: Bob says 200 three times, and Alice acknowledges each."""
    alice, bob = two_phones(lab, answers=1.0)
    network: Any = lab.network
    network.drop("ACK", times=2)
    call = alice.call(bob)
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    "rfc6026-3",
    title="Both branches of a fork are answered",
    rfc="RFC 6026 §7.2",
    question="Why does the proxy pass on a second 200, and what does Alice do with it?",
    codes=(100, 180, 200),
    live=False,
)
def forked_200(lab: Lab, *, talk: Seconds = 2.0) -> Story:
    """Two phones are picked up at the same instant; Alice acknowledges both, and ends one of the two calls."""
    alice, proxy = lab.user_agent(f"sip:alice@{DOMAIN}"), lab.proxy(DOMAIN)
    for name in ("kitchen", "attic"):
        place(proxy, lab.user_agent(f"sip:bob@{DOMAIN}", name, answers=1.0))
    call = alice.call(f"sip:bob@{DOMAIN}")
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    "rfc6026-4",
    title="A response that belongs to nothing",
    rfc="RFC 6026 §7.3",
    question="Why does the proxy keep this 200 to itself, where RFC 3261 had it passed on?",
    codes=(200,),
)
def stray_200(lab: Lab) -> Story:
    """A stranger sends the proxy a 200 to an INVITE that it never forwarded, with Alice's address below its own."""
    alice = lab.scripted_peer(f"sip:alice@{DOMAIN}")
    proxy = lab.proxy(DOMAIN)
    mallory = lab.scripted_peer("sip:mallory@example.net")
    invite = invitation(alice, f"sip:bob@{DOMAIN}")
    stray = build.reply(invite, 200, to_tag="x", contact=mallory.contact)
    mallory.say(stray.prepend("Via", f"SIP/2.0/UDP {proxy.host_port};branch=z9hG4bKnever"), proxy)
    yield lab.env.timeout(1.0)
    return {"heard": len(alice.heard)}


@scenario(
    "rfc6026-5",
    title="The ACK of a 200 passes through",
    rfc="RFC 6026 §7.1",
    question="In which state is Bob's transaction when the ACK comes, and who is it for?",
    codes=(100, 180, 200),
)
def passed_ack(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 2.0) -> Story:
    """The ACK is a transaction of its own: Bob's phone hears of it, and stops to repeat its 200."""
    alice, _, bob = phones_and_proxy(lab)
    bob.answers = ring
    call = alice.call(str(bob.uri))
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    "rfc6026-6",
    title="A response can't be sent, and the transaction lives on",
    rfc="RFC 6026 §8.8",
    question="What would a second INVITE have begun, had the first transaction ended with the error?",
    codes=(180, 200),
    live=False,
)
def unsent_response(lab: Lab, *, talk: Seconds = 2.0) -> Story:
    """Alice's address takes nothing for a moment, so Bob's 180 comes back to him. Her INVITE, repeated, is known."""
    alice = lab.scripted_peer(f"sip:alice@{DOMAIN}")
    bob = lab.user_agent(f"sip:bob@{DOMAIN}", answers=1.0)
    invite = invitation(alice, bob.contact_uri)
    network: Any = lab.network
    network.unbind(alice.address, "UDP")
    alice.say(invite, bob)
    yield lab.env.timeout(lab.timing.t1)
    network.bind(alice.address, "UDP", alice._arrive, alice._unreachable, node=alice.name)
    alice.say(invite, bob)
    yield alice.expect(180)
    result = {"at_bob": len(bob.calls)}
    yield from talked(lab, alice, invite, talk)
    return result
