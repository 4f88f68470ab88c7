"""Go and call her: REFER, and the transfer of a call, blind and attended (RFC 3515, RFC 5359 §2.4 and §2.5)."""

from __future__ import annotations

from sipsim.elements.events.referring import Reference
from sipsim.elements.story import Story
from sipsim.errors import CallFailed
from sipsim.flows.casts import DOMAIN, holding
from sipsim.flows.rfc5359 import taken_by
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Seconds
from sipsim.lab.scenario import scenario
from sipsim.message.uri import Uri
from sipsim.trace.comparison import BEGINNING


@scenario(
    "rfc3515-4.1",
    title="Prototypical REFER",
    rfc="RFC 3515 §4.1",
    question="How does Agent A know that this NOTIFY is the last one?",
    codes=(200, 202),
)
def prototypical_refer(lab: Lab, *, busy: Seconds = 5.0) -> Story:
    """Agent A asks Agent B to call somebody, and is told at once that this is tried, later how it went."""
    first = lab.user_agent(f"sip:a@atlanta.{DOMAIN}", "Agent A")
    second = lab.user_agent(f"sip:b@biloxi.{DOMAIN}", "Agent B")

    def sees_to_it(reference: Reference) -> Story:
        reference.accept()
        yield lab.env.timeout(busy)  # whatever it does is none of this flow
        reference.tell(200)

    second.on_refer = sees_to_it
    referral = first.refer(second, f"sip:c@chicago.{DOMAIN}")
    yield referral.done
    return {"statuses": ", ".join(map(str, referral.statuses))}


@scenario(
    "rfc3515-4.2",
    title="Two REFERs in one dialog",
    rfc="RFC 3515 §4.2",
    question="What tells the NOTIFYs of the second REFER from those of the first?",
    codes=(180, 200, 202),
)
def second_refer(lab: Lab, *, busy: Seconds = 5.0) -> Story:
    """Within a call Agent A asks Agent B twice to call somebody; the figure begins with the second REFER."""
    first = lab.user_agent(f"sip:a@atlanta.{DOMAIN}", "Agent A")
    second = lab.user_agent(f"sip:b@biloxi.{DOMAIN}", "Agent B", answers=1.0)

    def sees_to_it(reference: Reference) -> Story:
        reference.accept()
        yield lab.env.timeout(busy)
        reference.tell(200)

    second.on_refer = sees_to_it
    call = first.call(second)
    yield call.answered
    yield lab.env.timeout(1)
    yield call.transfer(f"sip:c@chicago.{DOMAIN}", leaves="never").done
    yield lab.env.timeout(1)
    lab.note(BEGINNING)
    referral = call.transfer(f"sip:d@denver.{DOMAIN}", leaves="never")
    yield referral.ended
    return {"event": f"refer;id={referral.number}"}


@scenario(
    "rfc5359-2.4",
    title="Transfer - Unattended",
    rfc="RFC 5359 §2.4",
    question="The call of Alice and Bob is over with the BYE: in which dialog is the last NOTIFY sent?",
    codes=(180, 200, 202),
)
def blind_transfer(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 3.0) -> Story:
    """Bob calls Alice, who sends him on to Carol and hangs up at once; how it went she is told all the same."""
    alice = lab.user_agent("sip:alice@atlanta.example.com", "Alice", answers=ring)
    bob = lab.user_agent("sip:bob@biloxi.example.com", "Bob")
    carol = lab.user_agent("sip:carol@chicago.example.com", "Carol", answers=ring)
    call = bob.call(alice)
    yield call.answered
    yield lab.env.timeout(talk)
    referral = taken_by(alice).transfer(carol, leaves="at once")
    yield referral.done
    yield lab.env.timeout(talk)
    return {"status": referral.status}


@scenario(
    "rfc5359-2.5",
    title="Transfer - Attended",
    rfc="RFC 5359 §2.5",
    question="Carol's phone does not ring for Alice: how does it know that she belongs to the call with Bob?",
    codes=(180, 200, 202),
)
def attended_transfer(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 3.0) -> Story:
    """Bob lets Alice wait, asks Carol whether she will take the call, and has Alice take his place there."""
    alice = lab.user_agent("sip:alice@atlanta.example.com", "Alice")
    bob = lab.user_agent("sip:bob@biloxi.example.com", "Bob", answers=ring)
    carol = lab.user_agent("sip:carol@chicago.example.com", "Carol", answers=ring)
    carol.contact_uri = Uri.parse(f"{carol.contact_uri};gr")  # reached by others too, outside the call (RFC 5627)
    call = alice.call(bob)
    yield call.answered
    yield lab.env.timeout(talk)
    first = taken_by(bob)
    yield from holding(first)
    second = bob.call(carol)
    yield second.answered
    yield lab.env.timeout(talk)
    yield from holding(second)
    referral = first.transfer_to(second)
    yield referral.done
    yield call.ended
    yield lab.env.timeout(talk)
    return {"status": referral.status}


@scenario(
    title="A transfer that fails",
    rfc="RFC 3515 §2.4.5",
    question="What does Alice's phone know of the call that it has not seen, and why is the first call still there?",
    codes=(180, 200, 202, 486),
)
def failed_transfer(lab: Lab, *, talk: Seconds = 3.0) -> Story:
    """Alice would send Bob on to Carol, who is busy: Bob's phone tells her, and they talk on."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    bob = lab.user_agent(f"sip:bob@{DOMAIN}", answers=1.0)
    carol = lab.user_agent(f"sip:carol@{DOMAIN}")
    carol.rejects(486)
    call = alice.call(bob)
    yield call.answered
    yield lab.env.timeout(talk)
    status = 0
    try:
        yield call.transfer(carol).done
    except CallFailed as failure:
        status = failure.status
    yield lab.env.timeout(talk)
    yield call.hang_up()
    return {"status": status}
