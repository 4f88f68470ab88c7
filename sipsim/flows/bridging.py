"""Somebody in the middle who is an end to both sides: back-to-back user agents (RFC 7092)."""

from __future__ import annotations

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.servers.b2bua import B2bua
from sipsim.elements.story import Story
from sipsim.flows.acts import talk_until_hung_up
from sipsim.flows.casts import DOMAIN, outcome_of, place
from sipsim.flows.rfc5359 import taken_by
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Seconds
from sipsim.lab.scenario import scenario

BOB = f"sip:bob@{DOMAIN}"


def phones_and_b2bua(lab: Lab, ring: float = 1.0) -> tuple[UserAgent, B2bua, UserAgent]:
    """Alice and Bob with a back-to-back user agent between them, both registered there."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    b2bua = lab.b2bua(DOMAIN)
    bob = lab.user_agent(BOB, answers=ring)
    for phone in (alice, bob):
        place(b2bua, phone)
    return alice, b2bua, bob


@scenario(
    title="One call that is two",
    rfc="RFC 7092 §3.1.2",
    question="Which header fields of the INVITE are the same on both sides, and how would a proxy have passed it on?",
    codes=(100, 180, 200),
)
def back_to_back(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 2.0) -> Story:
    """A back-to-back user agent answers Alice and calls Bob: two dialogs; descriptions, and a hold, go through."""
    alice, _, bob = phones_and_b2bua(lab, ring)
    call = alice.call(BOB)
    yield call.answered
    yield lab.env.timeout(talk)
    yield taken_by(bob).hold()
    yield from talk_until_hung_up(lab, call, bob, talk)


@scenario(
    title="Busy behind a back-to-back user agent",
    rfc="RFC 7092 §3.1.2",
    question="The 486 comes in two transactions: who acknowledges it to whom, and does Alice learn where Bob is?",
    codes=(100, 486),
)
def back_to_back_busy(lab: Lab) -> Story:
    """Bob's phone is busy, and what it says goes back to Alice, with nothing of his address."""
    alice, _, bob = phones_and_b2bua(lab)
    bob.rejects(486)
    return (yield from outcome_of(alice.call(BOB)))


@scenario(
    title="Two changes meet in the middle",
    rfc="RFC 3261 §14.1",
    question="Neither phone sees the other's INVITE: who says 491, and to whom?",
    codes=(100, 180, 200, 491),
    live=False,
)
def back_to_back_glare(lab: Lab, *, talk: Seconds = 2.0) -> Story:
    """Both phones change the session at once; in each of its two dialogs the one in the middle is asked twice."""
    alice, _, bob = phones_and_b2bua(lab)
    call = alice.call(BOB)
    yield call.answered
    yield lab.env.timeout(talk)
    yield call.reinvite(codecs=["PCMA"]) & taken_by(bob).reinvite(direction="sendonly")
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="The one in the middle forgets everything",
    rfc="RFC 3261 §12.2.2",
    question="Alice's phone learns it by 481; what would tell Bob's, who still believes in the call?",
    codes=(100, 180, 200, 481),
)
def back_to_back_crash(lab: Lab, *, talk: Seconds = 2.0) -> Story:
    """It crashes in the call and comes back: a proxy could go on by Record-Route, but here both dialogs are lost."""
    alice, b2bua, bob = phones_and_b2bua(lab)
    call = alice.call(BOB)
    yield call.answered
    yield lab.env.timeout(talk)
    b2bua.crash()
    b2bua.restart()
    yield call.hang_up()
    return {"bob": taken_by(bob).state}
