"""The two examples of RFC 3261 §24: a registration, and a call over two domains whose proxies leave the path."""

from __future__ import annotations

from sipsim.elements.story import Story
from sipsim.flows.casts import place
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Expiry, Seconds
from sipsim.lab.scenario import scenario


@scenario(
    "rfc3261-24.1",
    title="Registration example",
    rfc="RFC 3261 §24.1",
    question="For whom is the REGISTER, and for how long is the binding granted?",
    codes=(200,),
)
def registration_example(lab: Lab, *, expires: Expiry = 7200) -> Story:
    """Bob's phone tells the registrar of biloxi.com where he can be reached; nobody asks who he is."""
    bob = lab.user_agent("sip:bob@biloxi.com", "Bob")
    lab.registrar("biloxi.com", "Registrar")
    registration = yield bob.register(expires)
    return {"granted": registration.expires}


@scenario(
    "rfc3261-24.2",
    title="Session setup example",
    rfc="RFC 3261 §24.2",
    question="Why do ACK and BYE go from phone to phone, past both proxies?",
    codes=(100, 180, 200),
)
def session_setup(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 10.0) -> Story:
    """The trapezoid: the INVITE crosses two proxies, which do not record-route, and Bob hangs up."""
    alice = lab.user_agent("sip:alice@atlanta.com", "Alice")
    atlanta = lab.proxy("atlanta.com", "atlanta.com proxy", record_route=False)
    biloxi = lab.proxy("biloxi.com", "biloxi.com proxy", record_route=False)
    bob = lab.user_agent("sip:bob@biloxi.com", "Bob", answers=ring)
    alice.outbound = atlanta
    place(biloxi, bob)
    call = alice.call(str(bob.uri))
    yield call.answered
    yield lab.env.timeout(talk)
    yield bob.hang_up()
    yield call.ended
