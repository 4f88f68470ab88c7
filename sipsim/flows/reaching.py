"""Reaching someone: over two domains, at several phones, or by being told another address."""

from __future__ import annotations

from sipsim.elements.story import Story
from sipsim.flows.casts import DOMAIN, place, trapezoid
from sipsim.lab.lab import Lab
from sipsim.lab.scenario import scenario


@scenario(
    title="A call over two domains",
    rfc="RFC 3261 §4",
    question="How many Via values has the INVITE that reaches Bob, and which of them has the 200 that reaches Alice?",
    codes=(100, 180, 200),
)
def two_proxies(lab: Lab, *, ring: float = 2.0, talk: float = 10.0) -> Story:
    """The SIP trapezoid: each user has a proxy of their own, and both proxies stay in the path."""
    alice, _, _, bob = trapezoid(lab)
    bob.answers = ring
    call = alice.call(str(bob.uri))
    yield call.answered
    yield lab.env.timeout(talk)
    yield call.hang_up()


@scenario(
    title="One user, several phones: a parallel fork",
    rfc="RFC 3261 §16.7",
    question="What do the phones that nobody answered get, and who acknowledges their 487?",
    codes=(100, 180, 200, 487),
)
def fork(lab: Lab, *, phones: int = 2, ring: float = 2.0, talk: float = 5.0) -> Story:
    """Bob's phones, at least one, all ring; he answers the last of them, and the proxy cancels the others."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    lab.proxy(DOMAIN)
    bobs = [lab.user_agent(f"sip:bob@{DOMAIN}", f"bob-{n}") for n in range(1, max(phones, 1) + 1)]
    for phone in bobs[:-1]:
        phone.ignores()
    bobs[-1].answers = ring
    for phone in bobs:
        yield phone.register()
    call = alice.call(f"sip:bob@{DOMAIN}")
    yield call.answered
    yield lab.env.timeout(talk)
    yield call.hang_up()


@scenario(
    title="Call them there: a redirect server",
    rfc="RFC 3261 §8.3",
    question="Who sends the second INVITE, and what do the two INVITEs share?",
    codes=(180, 200, 302),
)
def redirect(lab: Lab, *, ring: float = 2.0, talk: float = 5.0) -> Story:
    """The server only says where Bob is; Alice's phone calls there by itself."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    server = lab.redirect_server(DOMAIN)
    bob = lab.user_agent(f"sip:bob@{DOMAIN}", answers=ring)
    place(server, bob)
    call = alice.call(str(bob.uri))
    yield call.answered
    yield lab.env.timeout(talk)
    yield call.hang_up()
