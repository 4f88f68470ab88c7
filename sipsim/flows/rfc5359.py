"""Holding, of the service examples in RFC 5359: Bob lets Alice wait, and talks to Carol meanwhile."""

from __future__ import annotations

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.calls.call import Call
from sipsim.elements.servers.proxy import Proxy
from sipsim.elements.story import Story
from sipsim.flows.casts import holding, place
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Seconds
from sipsim.lab.scenario import scenario


def cast(lab: Lab, ring: float) -> tuple[UserAgent, Proxy, UserAgent]:
    """Alice and Bob of RFC 5359, with the proxy that both use."""
    alice = lab.user_agent("sip:alice@atlanta.example.com", "Alice")
    proxy = lab.proxy("biloxi.example.com", "Proxy")
    bob = lab.user_agent("sip:bob@biloxi.example.com", "Bob", answers=ring)
    place(proxy, bob)
    return alice, proxy, bob


def taken_by(bob: UserAgent) -> Call:
    call = bob.current_call
    assert call is not None
    return call


@scenario(
    "rfc5359-2.1",
    title="Call Hold",
    rfc="RFC 5359 §2.1",
    question="Which line of Bob's offer puts Alice on hold, and what does her answer say?",
    codes=(100, 180, 200),
)
def call_hold(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 3.0) -> Story:
    """Bob puts Alice on hold and takes her back; both re-INVITEs go along the route set. Alice hangs up."""
    alice, _, bob = cast(lab, ring)
    call = alice.call(str(bob.uri))
    yield call.answered
    yield lab.env.timeout(talk)
    yield from holding(taken_by(bob))
    yield lab.env.timeout(talk)
    yield taken_by(bob).resume()
    yield lab.env.timeout(talk)
    yield call.hang_up()


@scenario(
    "rfc5359-2.2",
    title="Consultation Hold",
    rfc="RFC 5359 §2.2",
    question="How many calls has Bob's phone at once, and which of them has media?",
    codes=(100, 180, 200),
)
def consultation_hold(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 3.0) -> Story:
    """Bob lets Alice wait while he asks Carol something, and comes back to her."""
    alice, proxy, bob = cast(lab, ring)
    carol = lab.user_agent("sip:carol@biloxi.example.com", "Carol", answers=ring)
    place(proxy, carol)
    call = alice.call(str(bob.uri))
    yield call.answered
    yield lab.env.timeout(talk)
    held = taken_by(bob)
    yield from holding(held)
    asked = bob.call(str(carol.uri))
    yield asked.answered
    yield lab.env.timeout(talk)
    yield asked.hang_up()
    yield held.resume()
    yield lab.env.timeout(talk)
    yield call.hang_up()
