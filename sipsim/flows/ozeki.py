"""The eight-step call of an introduction to SIP: invite, locate, ring, answer, acknowledge, talk, hang up, confirm."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.story import Story
from sipsim.flows.acts import talk_until_hung_up
from sipsim.flows.casts import phones_and_proxy
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Seconds, either
from sipsim.lab.scenario import scenario

Progress = Annotated[int, either(180, 183)]


@scenario(
    title="A call through a proxy, in eight steps",
    rfc="RFC 3261 §4",
    question="Which messages pass through the proxy, and why do even ACK and BYE?",
    codes=(100, 180, 200),
)
def ozeki(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 10.0, progress: Progress = 180) -> Story:
    """Alice calls Bob, they talk, Bob hangs up; the proxy record-routes, so it stays in the path.

    `progress` is what Bob's phone says before he answers: 180, or 183 with a session description.
    """
    return call_in_eight_steps(lab, ring, talk, progress, record_route=True)


@scenario(
    title="The same call without Record-Route",
    rfc="RFC 3261 §16.6",
    question="Which messages no longer pass through the proxy?",
    codes=(100, 180, 200),
)
def ozeki_direct(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 10.0) -> Story:
    """The proxy leaves the path once the call stands: ACK and BYE go straight."""
    return call_in_eight_steps(lab, ring, talk, 180, record_route=False)


def call_in_eight_steps(lab: Lab, ring: float, talk: float, progress: int, *, record_route: bool) -> Story:
    alice, _, bob = phones_and_proxy(lab, record_route=record_route)
    bob.answers = ring
    if progress == 183:
        bob.on_call = partial(get_on, ring=ring)
    yield from talk_until_hung_up(lab, alice.call(str(bob.uri)), bob, talk)


def get_on(call: IncomingCall, ring: float) -> Story:
    """Let the caller hear something before the answer."""
    call.ring(183, described=True)
    yield call.agent.env.timeout(ring)
    call.answer()
