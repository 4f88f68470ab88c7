"""A call takes the place of another one, and why a call was ended: Replaces and Reason."""

from __future__ import annotations

from sipsim.elements.story import Story
from sipsim.flows.casts import DOMAIN, place
from sipsim.flows.rfc5359 import taken_by
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Seconds
from sipsim.lab.scenario import scenario
from sipsim.trace.comparison import BEGINNING


@scenario(
    "rfc3891-1",
    title="Call park retrieval with Replaces",
    rfc="RFC 3891 §1",
    question="Whose call with the parking place does the INVITE of the second phone name, and who ends that one?",
    codes=(180, 200, 202),
)
def parked(lab: Lab, *, talk: Seconds = 3.0) -> Story:
    """Alice parks her call with Bob by a REFER, walks to another phone and takes it back there.

    How that phone has learnt of the dialog is left open, as in the RFC.
    """
    phone1, phone2 = (lab.user_agent(f"sip:alice@{DOMAIN}", name) for name in ("phone1", "phone2"))
    bob = lab.user_agent(f"sip:bob@{DOMAIN}", "Bob", answers=1.0)
    parking = lab.user_agent(f"sip:park@{DOMAIN}", "Parking Place")
    parking.on_call = lambda call: call.answer()
    call = phone1.call(bob)
    yield call.answered
    yield lab.env.timeout(talk)
    lab.note(BEGINNING)
    yield call.transfer(parking).done
    yield call.ended
    yield lab.env.timeout(talk)
    waiting = taken_by(parking)
    back = phone2.call(bob, replaces=waiting.replacement())
    yield back.answered
    yield waiting.ended
    yield lab.env.timeout(talk)


@scenario(
    "rfc3891-7.1",
    title="Replacing an early dialog at the originator",
    rfc="RFC 3891 §7.1",
    question="Whose tag is the to-tag of Replaces, and what becomes of the phone that rang?",
    codes=(180, 200, 487),
    live=False,
)
def picked_up_elsewhere(lab: Lab, *, ring: Seconds = 2.0) -> Story:
    """Alice's call rings at Bob's desk; he is in the lab and takes it there, and the desk is cancelled.

    How the phone in the lab has learnt of the dialog is left open, as in the RFC.
    """
    alice = lab.user_agent(f"sip:alice@{DOMAIN}", "Alice")
    desk = lab.user_agent(f"sip:bob@{DOMAIN}", "Bob desk")
    there = lab.user_agent(f"sip:bob@{DOMAIN}", "Bob lab")
    desk.ignores()
    first = alice.call(desk)
    yield first.ringing
    yield lab.env.timeout(ring)
    ringing = desk.current_call
    assert ringing is not None
    taken = there.call(alice, replaces=ringing.replacement(early_only=True))
    yield taken.answered
    yield first.ended


@scenario(
    title="From one phone to another in mid-call",
    rfc="RFC 3891 §4",
    question="Which three words name the call that is replaced, and who sends the BYE?",
    codes=(180, 200),
)
def replaced(lab: Lab, *, talk: Seconds = 5.0) -> Story:
    """Bob takes his call with Alice over from the desk to his mobile: she accepts without being asked again."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    desk = lab.user_agent(f"sip:bob@{DOMAIN}", "desk", answers=1.0)
    mobile = lab.user_agent(f"sip:bob@{DOMAIN}", "mobile")
    call = alice.call(desk)
    yield call.answered
    yield lab.env.timeout(talk)
    old = desk.current_call
    assert old is not None
    new = mobile.call(alice, replaces=old.replacement())
    yield new.answered
    yield call.ended
    yield lab.env.timeout(talk)
    yield new.hang_up()


@scenario(
    title="Call completed elsewhere",
    rfc="RFC 3326 §3.1",
    question="How does the second phone know that this was no missed call?",
    codes=(100, 180, 200, 487),
    live=False,
)
def elsewhere(lab: Lab, *, ring: Seconds = 2.0) -> Story:
    """Two phones ring for Bob, one is picked up: the CANCEL for the other one says why it comes."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    proxy = lab.proxy(DOMAIN)
    picked = lab.user_agent(f"sip:bob@{DOMAIN}", "kitchen", answers=ring)
    other = lab.user_agent(f"sip:bob@{DOMAIN}", "attic")
    other.ignores()
    for phone in (picked, other):
        place(proxy, phone)
    call = alice.call(f"sip:bob@{DOMAIN}")
    yield call.ringing
    yield lab.env.timeout(ring / 2)
    rang = other.current_call
    yield call.answered
    if rang is not None:  # its INVITE has not got lost
        yield rang.ended
    yield call.hang_up()
    reasons = rang.reasons if rang is not None else ()
    return {"why": "".join(str(reason.param("text")) for reason in reasons)}
