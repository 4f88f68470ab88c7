"""Reaching someone: over two domains, at several phones, or by being told another address."""

from __future__ import annotations

from typing import Annotated

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.story import Story
from sipsim.flows.acts import talk_until_hung_up
from sipsim.flows.casts import DOMAIN, outcome_of, place, trapezoid
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Count, Seconds, either
from sipsim.lab.scenario import scenario

Moved = Annotated[int, either(301, 302)]


@scenario(
    title="A call over two domains",
    rfc="RFC 3261 §4",
    question="How many Via values has the INVITE that reaches Bob, and which of them has the 200 that reaches Alice?",
    codes=(100, 180, 200),
)
def two_proxies(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 10.0) -> Story:
    """The SIP trapezoid: each user has a proxy of their own, and both proxies stay in the path."""
    alice, _, _, bob = trapezoid(lab)
    bob.answers = ring
    call = alice.call(str(bob.uri))
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="One user, several phones: a parallel fork",
    rfc="RFC 3261 §16.7",
    question="What do the phones that nobody answered get, and who acknowledges their 487?",
    codes=(100, 180, 200, 487),
)
def fork(lab: Lab, *, phones: Count = 2, ring: Seconds = 2.0, talk: Seconds = 5.0) -> Story:
    """Bob's phones, at least one, all ring; he answers the last of them, and the proxy cancels the others."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    lab.proxy(DOMAIN)
    bobs = [lab.user_agent(f"sip:bob@{DOMAIN}", f"bob-{n}") for n in range(1, phones + 1)]
    for phone in bobs[:-1]:
        phone.ignores()
    bobs[-1].answers = ring
    for phone in bobs:
        yield phone.register()
    call = alice.call(f"sip:bob@{DOMAIN}")
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="Call them there: a redirect server",
    rfc="RFC 3261 §8.3",
    question="Who sends the second INVITE, and what do the two INVITEs share?",
    codes=(180, 200, 302),
)
def redirect(lab: Lab, *, status: Moved = 302, ring: Seconds = 2.0, talk: Seconds = 5.0) -> Story:
    """The server only says where Bob is, for now (302) or for good (301); Alice's phone calls there by itself."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    server = lab.redirect_server(DOMAIN, status=status)
    bob = lab.user_agent(f"sip:bob@{DOMAIN}", answers=ring)
    place(server, bob)
    yield from call_and_talk(lab, alice, bob, talk)


@scenario(
    title="Call one of these: several addresses in a redirect",
    rfc="RFC 3261 §21.3.1",
    question="In which order does Alice's phone try the addresses, and what tells it to?",
    codes=(180, 200, 300, 486),
)
def choices(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 5.0) -> Story:
    """Bob has two phones; Alice's tries the one he likes better, which is busy, and then the other."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    server = lab.redirect_server(DOMAIN)
    desk = lab.user_agent(f"sip:bob@{DOMAIN}", "bob-desk")
    home = lab.user_agent(f"sip:bob@{DOMAIN}", "bob-home", answers=ring)
    desk.rejects(486)
    server.location.add(desk.uri.aor, home.contact_uri, q=0.5)
    server.location.add(desk.uri.aor, desk.contact_uri, q=0.9)
    yield from call_and_talk(lab, alice, home, talk)


@scenario(
    title="Go through that proxy",
    rfc="RFC 3261 §21.3.4",
    question="How does the Contact of a 305 differ from that of a 302?",
    codes=(100, 180, 200, 305),
)
def use_proxy(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 5.0) -> Story:
    """Bob's calls have to go through a certain proxy, and the server names it."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    proxy = lab.proxy(DOMAIN)
    lab.redirect_server(DOMAIN, status=305, contacts=[f"sip:{proxy.host_port}"])
    bob = lab.user_agent(f"sip:bob@{DOMAIN}", answers=ring)
    place(proxy, bob)
    yield from call_and_talk(lab, alice, bob, talk)


@scenario(
    title="No call, but something else",
    rfc="RFC 3261 §21.3.5",
    question="Why does Alice's phone not call anywhere by itself?",
    codes=(380,),
)
def alternative(lab: Lab) -> Story:
    """Bob takes no calls any more; the server tells in words what he does take."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    server = lab.redirect_server(DOMAIN)
    server.move(f"sip:bob@{DOMAIN}", status=380, body=b"Write to bob@example.com", content_type="text/plain")
    return (yield from outcome_of(alice.call(f"sip:bob@{DOMAIN}")))


def call_and_talk(lab: Lab, alice: UserAgent, bob: UserAgent, talk: float) -> Story:
    """Alice calls Bob, they talk, and she hangs up."""
    call = alice.call(str(bob.uri))
    yield from talk_until_hung_up(lab, call, call, talk)
