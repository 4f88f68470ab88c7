"""What two phones agree on before anybody answers: provisional responses that arrive, and UPDATE."""

from __future__ import annotations

from typing import Any

from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.story import Story
from sipsim.flows.acts import talk_until_hung_up
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Seconds
from sipsim.lab.scenario import scenario

ATLANTA, BILOXI = "atlanta.com", "biloxi.com"


@scenario(
    "rfc3262-3",
    title="Reliable provisional response",
    rfc="RFC 3262 §3",
    question="Which two header fields tell Bob's phone what the PRACK is for?",
    codes=(180, 200),
)
def reliable_ringing(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 5.0) -> Story:
    """Bob's 180 is repeated until Alice's phone says by PRACK that it came; only then the call goes on as ever."""
    alice = lab.user_agent(f"sip:alice@{ATLANTA}", "Alice", reliable="supported")
    bob = lab.user_agent(f"sip:bob@{BILOXI}", "Bob", answers=ring, reliable="supported")
    call = alice.call(bob)
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="The offer comes with the ringing, the answer with the PRACK",
    rfc="RFC 3262 §5",
    question="Which messages have a description, and why has the 200 none?",
    codes=(180, 200),
)
def offer_in_180(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 5.0) -> Story:
    """Alice's INVITE says nothing of media: Bob's 180 makes the offer, as it is sure to arrive."""
    alice = lab.user_agent(f"sip:alice@{ATLANTA}", reliable="supported")
    bob = lab.user_agent(f"sip:bob@{BILOXI}", answers=ring, reliable="supported")
    call = alice.call(bob, offer=False)
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="A 180 gets lost, and comes again",
    rfc="RFC 3262 §3",
    question="After how many seconds does the 180 come again, and which field is the same in both?",
    codes=(180, 200),
    live=False,
)
def lost_ringing(lab: Lab, *, ring: Seconds = 5.0, talk: Seconds = 5.0) -> Story:
    """The first 180 never arrives. A plain one would be lost for good; this one waits for its PRACK."""
    alice = lab.user_agent(f"sip:alice@{ATLANTA}", reliable="supported")
    bob = lab.user_agent(f"sip:bob@{BILOXI}", answers=ring, reliable="supported")
    network: Any = lab.network
    network.drop("180 INVITE", times=1)
    call = alice.call(bob)
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    "rfc3311-8",
    title="UPDATE in an early dialog",
    rfc="RFC 3311 §8",
    question="Why may the caller send an UPDATE with an offer only after the PRACK?",
    codes=(180, 200),
)
def early_update(lab: Lab, *, ring: Seconds = 2.0) -> Story:
    """While it still rings, first the caller changes the session, then the callee does; three offers in one call."""
    caller = lab.user_agent(f"sip:caller@{ATLANTA}", "Caller", reliable="supported")
    callee = lab.user_agent(f"sip:callee@{BILOXI}", "Callee", reliable="supported")
    ringing: list[IncomingCall] = []

    def ring_described(call: IncomingCall) -> None:
        ringing.append(call)
        call.ring(described=True)

    callee.on_call = ring_described
    call = caller.call(callee)
    yield call.ringing
    yield call.update(codecs=["PCMA"])
    (other,) = ringing
    yield other.update(direction="sendonly")
    yield lab.env.timeout(ring)
    yield other.answer()
    yield call.answered
