"""Calls of many: a conference and its focus (RFC 4353, RFC 4579)."""

from __future__ import annotations

from sipsim.elements.agents.focus import Focus
from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.story import Story
from sipsim.flows.casts import DOMAIN
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Seconds
from sipsim.lab.scenario import scenario


def room_and_phones(lab: Lab, ring: float, chair: str | None = None) -> tuple[Focus, UserAgent, UserAgent, UserAgent]:
    """A conference, and three phones that are not in it yet; its column is the second one."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}", answers=ring)
    focus = lab.focus(f"sip:conf1@{DOMAIN}", "focus", chair=chair)
    bob = lab.user_agent(f"sip:bob@{DOMAIN}", answers=ring)
    carol = lab.user_agent(f"sip:carol@{DOMAIN}", answers=ring)
    return focus, alice, bob, carol


@scenario(
    title="A conference: dialled in, dialled out",
    rfc="RFC 4579 §5.1, §5.2",
    question="By what does Alice's phone know that it has called a conference, and how many dialogs are there?",
    codes=(180, 200),
)
def conference(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 2.0) -> Story:
    """Alice and Bob call the conference, which calls Carol; when Alice, who has the chair, leaves, it is over."""
    focus, alice, bob, carol = room_and_phones(lab, ring, f"sip:alice@{DOMAIN}")
    call = alice.call(focus)
    yield call.answered
    yield lab.env.timeout(talk)
    yield bob.call(focus).answered
    yield lab.env.timeout(talk)
    yield focus.invite(carol).answered
    yield lab.env.timeout(talk)
    there = len(focus.participants)
    yield call.hang_up()
    yield focus.over
    return {"participants": there}


@scenario(
    title="A conference calls whom it is told to",
    rfc="RFC 4579 §5.5",
    question="In which dialog does the focus tell how its call to Carol gets on?",
    codes=(180, 200, 202),
)
def invited_by_refer(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 3.0) -> Story:
    """Alice asks the focus by REFER to call Carol; later it hangs up on her, and then the last one leaves."""
    focus, alice, _, carol = room_and_phones(lab, ring)
    call = alice.call(focus)
    yield call.answered
    yield call.transfer(carol, leaves="never").done
    yield lab.env.timeout(talk)
    yield focus.remove(carol.contact_uri)
    yield lab.env.timeout(talk)
    yield call.hang_up()
    yield focus.over
    return {"carol": "there" if carol.current_call else "gone"}
