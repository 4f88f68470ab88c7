"""Calls that are changed while they stand, offers that come late, and messages that cross on the way."""

from __future__ import annotations

from typing import Annotated

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.story import Story
from sipsim.errors import CallFailed
from sipsim.flows.acts import talk_until_hung_up
from sipsim.flows.casts import DOMAIN, phones_and_proxy, place
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Pause, Seconds, either
from sipsim.lab.scenario import scenario
from sipsim.protocol.offer_answer import KNOWN

Codec = Annotated[str, either(*(form.partition("/")[0] for _, form in KNOWN))]
Forks = Annotated[str, either("first", "all")]


def two_phones(lab: Lab, *, answers: float) -> tuple[UserAgent, UserAgent]:
    """Alice and Bob without a server; Alice knows Bob's address."""
    return lab.user_agent(f"sip:alice@{DOMAIN}"), lab.user_agent(f"sip:bob@{DOMAIN}", answers=answers)


@scenario(
    title="Hold the line: a call is changed and changed back",
    rfc="RFC 3261 §14",
    question="Which fields of the re-INVITE are those of the first INVITE, and which line of its SDP says hold?",
    codes=(100, 180, 200),
)
def reinvite(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 3.0, wait: Seconds = 5.0) -> Story:
    """Alice puts Bob on hold, and comes back to him; each time an offer and an answer go along the route set."""
    alice, _, bob = phones_and_proxy(lab)
    bob.answers = ring
    call = alice.call(str(bob.uri))
    yield call.answered
    yield lab.env.timeout(talk)
    yield call.hold()
    yield lab.env.timeout(wait)
    yield call.resume()
    yield lab.env.timeout(talk)
    yield call.hang_up()


@scenario(
    title="Two changes at once: glare",
    rfc="RFC 3261 §14.1",
    question="Why does Bob's phone try again before Alice's does?",
    codes=(180, 200, 491),
    live=False,
)
def glare(lab: Lab, *, talk: Pause = 3.0) -> Story:
    """Both want to change the call at the same instant: both are told to wait, for times that can't be the same."""
    alice, bob = two_phones(lab, answers=1.0)
    call = alice.call(bob)
    yield call.answered
    yield lab.env.timeout(talk)
    taken = bob.current_call
    assert taken is not None
    changed, held = call.reinvite(codecs=["PCMA"]), taken.hold()
    yield changed
    yield held
    yield lab.env.timeout(talk)
    yield call.hang_up()


@scenario(
    title="The offer that comes late",
    rfc="RFC 3261 §13.2.1",
    question="Who makes the offer, in which message, and where is the answer?",
    codes=(100, 180, 200),
)
def delayed_offer(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 5.0) -> Story:
    """Alice's INVITE says nothing of media: Bob's 200 makes the offer, and the ACK has the answer."""
    alice, _, bob = phones_and_proxy(lab)
    bob.answers = ring
    call = alice.call(str(bob.uri), offer=False)
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="Too late to cancel: CANCEL and 200 cross",
    rfc="RFC 3261 §9.1",
    question="What does the 200 to the CANCEL say about the call, and what ends it?",
    codes=(180, 200),
    live=False,
)
def crossing_cancel(lab: Lab, *, ring: Seconds = 2.0) -> Story:
    """Bob answers, and before his 200 arrives Alice gives up: her CANCEL comes too late, so a BYE has to follow."""
    alice, bob = two_phones(lab, answers=ring)
    call = alice.call(bob)
    yield call.ringing
    yield lab.env.timeout(max(0.0, ring - 0.004))  # the 200 has left Bob, and has not come to Alice
    yield call.hang_up()


@scenario(
    title="A change that nobody can follow",
    rfc="RFC 3261 §14.1",
    question="What do the two hear after the 488?",
    codes=(100, 180, 200, 488),
)
def refused_change(lab: Lab, *, talk: Seconds = 3.0, codec: Codec = "G729") -> Story:
    """Alice asks for a codec that Bob's phone does not have; the call goes on as it was."""
    alice, _, bob = phones_and_proxy(lab)
    bob.answers = 1.0
    call = alice.call(str(bob.uri))
    yield call.answered
    yield lab.env.timeout(talk)
    try:
        yield call.reinvite(codecs=[codec])
    except CallFailed as refused:
        result = {"status": refused.status}
    else:
        result = {"status": 200}
    yield lab.env.timeout(talk)
    yield call.hang_up()
    return result


@scenario(
    title="Two phones answer: two dialogs of one INVITE",
    rfc="RFC 3261 §13.2.2.4",
    question="What is different in the two ACKs, and which phone gets a BYE?",
    codes=(100, 180, 200),
    live=False,
)
def two_answers(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 5.0, keep: Forks = "first") -> Story:
    """Bob's two phones are picked up at the same instant; Alice keeps one call, or with `keep` "all" both."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    proxy = lab.proxy(DOMAIN)
    for name in ("bob-1", "bob-2"):
        place(proxy, lab.user_agent(f"sip:bob@{DOMAIN}", name, answers=ring))
    call = alice.call(f"sip:bob@{DOMAIN}", forks=keep)
    yield call.answered
    yield lab.env.timeout(talk)
    for one in (call, *call.others):
        yield one.hang_up()


@scenario(
    title="Bob moves: a call follows him to another address",
    rfc="RFC 3261 §12.2.1.2",
    question="Which field of the re-INVITE says where Alice's BYE has to go?",
    codes=(180, 200),
)
def moving(lab: Lab, *, talk: Pause = 3.0) -> Story:
    """Bob's phone changes networks in mid-call; its re-INVITE refreshes the target, and the media follow."""
    alice, bob = two_phones(lab, answers=1.0)
    call = alice.call(bob)
    yield call.answered
    yield lab.env.timeout(talk)
    taken = bob.current_call
    assert taken is not None
    bob.move()
    yield taken.reinvite()
    yield lab.env.timeout(talk)
    yield call.hang_up()


@scenario(
    title="A redirect that leads to TCP",
    rfc="RFC 3263 §4.1",
    question="Which word makes Alice's phone change the transport, and who else has to say it?",
    codes=(100, 180, 200, 302),
    live=False,
)
def redirect_to_tcp(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 5.0) -> Story:
    """The redirect server answers by UDP and names a contact by TCP: from there on all goes over connections."""
    alice = lab.user_agent("sip:alice@atlanta.com")
    server = lab.redirect_server("biloxi.com")
    proxy = lab.proxy("chicago.com")
    bob = lab.user_agent("sip:bob@chicago.com", answers=ring, transport="tcp")
    place(proxy, bob)
    server.location.add("sip:bob@biloxi.com", f"{bob.uri};transport=tcp")
    call = alice.call("sip:bob@biloxi.com")
    yield from talk_until_hung_up(lab, call, call, talk)
