"""RFC 3665 §3, calls that come about: straight, and through proxies."""

from __future__ import annotations

from sipsim.elements.outgoing_call import OutgoingCall
from sipsim.elements.story import Story
from sipsim.elements.user_agent import UserAgent
from sipsim.flows.casts import alice_3665, bob_3665
from sipsim.lab.lab import Lab
from sipsim.lab.scenario import scenario


@scenario(
    "rfc3665-3.1",
    title="Successful session establishment",
    rfc="RFC 3665 §3.1",
    question="Whose CSeq does the BYE count, and why does it begin anew?",
    codes=(180, 200),
)
def session(lab: Lab, *, ring: float = 2.0, talk: float = 10.0) -> Story:
    """Alice calls Bob's phone directly; he hangs up."""
    alice, bob = alice_3665(lab), bob_3665(lab, ring=ring)
    lab.names.add(bob.uri.host, bob.address)
    yield from talk_until_hung_up(lab, alice.call(str(bob.uri)), bob, talk)


def talk_until_hung_up(lab: Lab, call: OutgoingCall, who: UserAgent, talk: float) -> Story:
    """The answered part of a call: they talk, one of them hangs up, and the other confirms."""
    yield call.answered
    yield lab.env.timeout(talk)
    yield who.hang_up()
    yield call.ended
