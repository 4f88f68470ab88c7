"""Who are you? Digest authentication: passwords that never go over the wire (RFC 3261 §22)."""

from __future__ import annotations

from typing import Annotated

from sipsim.elements.story import Story
from sipsim.errors import CallFailed, RegistrationFailed
from sipsim.flows.acts import talk_until_hung_up
from sipsim.flows.casts import DOMAIN, place
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Seconds, either
from sipsim.lab.scenario import scenario
from sipsim.protocol.digest import ALGORITHMS

USERS = {"alice": "wonderland", "bob": "zanzibar"}

Algorithm = Annotated[str, either(*(known.name for known in ALGORITHMS.values()))]


@scenario(
    title="A registration with a password",
    rfc="RFC 3261 §22.2",
    question="What is new in the second REGISTER, what is as in the first, and why is the last not refused?",
    codes=(200, 401),
)
def password(lab: Lab, *, algorithm: Algorithm = "SHA-256", stay: Seconds = 20.0) -> Story:
    """Bob's phone is asked who it is, answers, and is let in; taking its binding back it answers unasked."""
    bob = lab.user_agent(f"sip:bob@{DOMAIN}", password=USERS["bob"])
    lab.registrar(DOMAIN, users=USERS, algorithms=(algorithm,))
    yield bob.register()
    yield lab.env.timeout(stay)
    yield bob.unregister()


@scenario(
    title="A wrong password",
    rfc="RFC 3261 §22.1",
    question="How does the phone know that another try with the same password is of no use?",
    codes=(401,),
)
def wrong_password(lab: Lab) -> Story:
    """The second challenge is not stale: the answer to the first was wrong, and is not given again."""
    bob = lab.user_agent(f"sip:bob@{DOMAIN}", password="timbuktu")
    lab.registrar(DOMAIN, users=USERS)
    try:
        yield bob.register()
    except RegistrationFailed as failure:
        return {"status": failure.status, "tried": len(failure.tried)}
    return {"status": 200}


@scenario(
    title="A nonce that is too old",
    rfc="RFC 7616 §3.3",
    question="Which word in the second 401 tells the phone that its password was right?",
    codes=(200, 401),
)
def stale_nonce(lab: Lab, *, pause: Seconds = 90.0) -> Story:
    """After `pause` seconds Bob registers again, and the nonce that he knows is used up; nobody asks him anything."""
    bob = lab.user_agent(f"sip:bob@{DOMAIN}", password=USERS["bob"])
    lab.registrar(DOMAIN, users=USERS)
    yield bob.register()
    yield lab.env.timeout(pause)
    yield bob.register()


@scenario(
    title="A call through a proxy that asks for a password",
    rfc="RFC 3261 §22.3",
    question="Which ACK has the credentials of the INVITE, which has none, and why does Bob get none to see?",
    codes=(100, 180, 200, 407),
)
def proxy_password(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 5.0) -> Story:
    """Alice's first INVITE is refused with 407; the second one, with her credentials, reaches Bob."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}", password=USERS["alice"])
    proxy = lab.proxy(DOMAIN, users=USERS)
    bob = lab.user_agent(f"sip:bob@{DOMAIN}", answers=ring)
    for phone in (alice, bob):
        place(proxy, phone)
    call = alice.call(str(bob.uri))
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="Two proxies, two realms",
    rfc="RFC 3261 §22.3",
    question="How many credentials has the third INVITE, and how many of them does each proxy leave in it?",
    codes=(100, 180, 200, 407),
)
def two_realms(lab: Lab, *, known: bool = True, ring: Seconds = 1.0) -> Story:
    """Both proxies ask Alice, each for its own realm. Unless she is `known` to the second, the call ends there."""
    atlanta = lab.proxy("atlanta.com", "atlanta", users={"alice": "wonderland"})
    alice = lab.user_agent("sip:alice@atlanta.com", outbound=atlanta)
    biloxi = lab.proxy("biloxi.com", "biloxi", users={"alice": "rabbit"}, challenges="new")
    bob = lab.user_agent("sip:bob@biloxi.com", answers=ring)
    place(biloxi, bob)
    alice.credentials("atlanta.com", "alice", "wonderland")
    if known:
        alice.credentials("biloxi.com", "alice", "rabbit")
    call = alice.call(str(bob.uri))
    try:
        yield call.answered
    except CallFailed as failure:
        return {"status": failure.status}
    yield call.hang_up()
    return {"status": 200}
