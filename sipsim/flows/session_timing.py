"""Calls that end by themselves where nobody says that they go on: session timers (RFC 4028)."""

from __future__ import annotations

from typing import Annotated

from sipsim.elements.servers.timing_proxy import TimingProxy
from sipsim.elements.story import Story
from sipsim.flows.acts import talk_until_hung_up
from sipsim.flows.casts import DOMAIN, place
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Seconds, either
from sipsim.lab.scenario import scenario

Refresher = Annotated[str, either("uac", "uas")]


@scenario(
    title="Are you still there? A session is refreshed",
    rfc="RFC 4028 §7.4",
    question="After how many seconds is the session refreshed, and which word of the 200 says by whom?",
    codes=(180, 200),
    live=False,
)
def session_timer(lab: Lab, *, refresher: Refresher = "uac", talk: Seconds = 150.0) -> Story:
    """The two agree on 120 s: one of them says by UPDATE each minute that the call goes on."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}", session_expires=120, refresher=refresher)
    bob = lab.user_agent(f"sip:bob@{DOMAIN}", answers=1.0, min_se=90)
    call = alice.call(bob)
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="Nobody is there any more: a session expires",
    rfc="RFC 4028 §10",
    question="How long before the session's end does Bob's phone give up, and why so early?",
    codes=(180, 200),
    live=False,
)
def expired_session(lab: Lab) -> Story:
    """Alice's phone loses its power in mid-call. Bob's has heard no refresh when the time is nearly over: BYE."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}", session_expires=120)
    bob = lab.user_agent(f"sip:bob@{DOMAIN}", answers=1.0, min_se=90)
    call = alice.call(bob)
    yield call.answered
    yield lab.env.timeout(10)
    taken = bob.current_call
    assert taken is not None
    alice.crash()
    ending = yield taken.ended
    return {"why": ending.why}


@scenario(
    "rfc4028-13",
    title="Session timer negotiation and refresh",
    rfc="RFC 4028 §13",
    question="Why does Alice send three INVITEs, and what has she learnt from each refusal?",
    codes=(100, 200, 422),
    live=False,
)
def negotiated_timer(lab: Lab) -> Story:
    """Two proxies raise the interval in turn; Alice refreshes once and dies; Bob hangs up before the time is over."""
    alice = lab.user_agent("sip:alice@atlanta.example.com", "Alice", session_expires=90)
    first = lab.proxy("atlanta.example.com", "Proxy P1", kind=TimingProxy, min_se=3600)
    second = lab.proxy("biloxi.example.com", "Proxy P2", kind=TimingProxy, min_se=4000, record_route=False)
    bob = lab.user_agent("sip:bob@biloxi.example.com", "Bob", min_se=90)
    bob.on_call = lambda call: call.answer()
    alice.outbound = first
    place(second, bob)
    call = alice.call(str(bob.uri))
    yield call.answered
    taken = bob.current_call
    assert taken is not None
    yield lab.env.timeout(2500)  # one refresh, at half of the interval
    alice.crash()
    ending = yield taken.ended
    return {"why": ending.why}
