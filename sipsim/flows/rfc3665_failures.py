"""RFC 3665 §3, calls that don't come about, through two proxies: refused, given up, or never heard of again."""

from __future__ import annotations

from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.story import Story
from sipsim.flows.casts import outcome_of, trapezoid_3665
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Refusal, Seconds
from sipsim.lab.scenario import scenario


@scenario(
    "rfc3665-3.8",
    title="Unsuccessful: no answer",
    rfc="RFC 3665 §3.8",
    question="Which messages go hop by hop here, and which end to end?",
    codes=(100, 180, 200, 487),
)
def no_answer(lab: Lab, *, patience: Seconds = 4.0) -> Story:
    """Bob's phone rings; after `patience` seconds Alice gives up."""
    alice, _, _, bob = trapezoid_3665(lab)
    bob.ignores()
    call = alice.call(str(bob.uri))
    yield lab.env.timeout(patience)
    yield call.hang_up()


@scenario(
    "rfc3665-3.9",
    title="Unsuccessful: busy",
    rfc="RFC 3665 §3.9",
    question="How many ACKs are there, and who sends each?",
    codes=(100, 486),
)
def busy(lab: Lab) -> Story:
    """Bob's phone refuses at once, as he is talking to somebody else."""
    alice, _, _, bob = trapezoid_3665(lab)
    bob.rejects(486)
    return (yield from outcome_of(alice.call(str(bob.uri))))


@scenario(
    "rfc3665-3.10",
    title="Unsuccessful: no response from user agent",
    rfc="RFC 3665 §3.10",
    question="How often does Proxy 2 send the INVITE, and what would RFC 3261 have it answer?",
    codes=(100, 480),
)
def no_response(lab: Lab, *, status: Refusal = 480) -> Story:
    """Bob's phone is dead; after 64*T1 Proxy 2 says `status`: 480 as the example has it, where RFC 3261 has 408."""
    alice, _, second, bob = trapezoid_3665(lab)
    second.late_status = status
    bob.crash()
    return (yield from outcome_of(alice.call(str(bob.uri))))


@scenario(
    "rfc3665-3.11",
    title="Unsuccessful: temporarily unavailable",
    rfc="RFC 3665 §3.11",
    question="What does a 480 say that a 486 does not?",
    codes=(100, 180, 480),
)
def unavailable(lab: Lab, *, ring: Seconds = 2.0) -> Story:
    """Bob's phone rings for `ring` seconds, then says that he is not to be had."""
    alice, _, _, bob = trapezoid_3665(lab)

    def ring_in_vain(call: IncomingCall) -> Story:
        call.ring()
        yield lab.env.timeout(ring)
        call.reject(480)

    bob.on_call = ring_in_vain
    return (yield from outcome_of(alice.call(str(bob.uri))))
