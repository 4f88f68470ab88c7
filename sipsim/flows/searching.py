"""Looking for someone: how a proxy goes through the addresses that it knows, and what ends the search."""

from __future__ import annotations

from typing import Annotated, Any

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.servers.proxy import Proxy
from sipsim.elements.story import Story
from sipsim.errors import CallFailed
from sipsim.flows.acts import talk_until_hung_up
from sipsim.flows.casts import DOMAIN, phones_and_proxy
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Allowed, RingTime, Seconds, either
from sipsim.lab.scenario import scenario
from sipsim.protocol.options import whole
from sipsim.protocol.target_set import FORKING

BOB = f"sip:bob@{DOMAIN}"

Forking = Annotated[str, either(*FORKING)]
Server = Annotated[str, either("proxy", "redirect server")]
Users = Annotated[int, Allowed(whole, 1, 10)]


def phones_liked(lab: Lab, *liked: float, **how: Any) -> tuple[UserAgent, Proxy, list[UserAgent]]:
    """Alice, the proxy, and a phone of Bob for each q."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    proxy = lab.proxy(DOMAIN, **how)
    bobs = [lab.user_agent(BOB, f"bob-{n}") for n in range(1, len(liked) + 1)]
    for phone, q in zip(bobs, liked, strict=True):
        proxy.location.add(BOB, phone.contact_uri, q=q)
    return alice, proxy, bobs


@scenario(
    title="One phone after another",
    rfc="RFC 3261 §16.6",
    question="In which order does the proxy try Bob's phones, and when does the second one ring?",
    codes=(100, 180, 200, 486, 487),
)
def sequential_search(lab: Lab, *, ring_time: RingTime = 5.0, talk: Seconds = 5.0) -> Story:
    """The phone that Bob likes best is busy, the next one only rings and is cancelled; he answers the third."""
    alice, _, bobs = phones_liked(lab, 0.2, 0.9, 0.5, forking="sequential", ring_time=ring_time)
    bobs[1].rejects(486)
    bobs[2].ignores()
    call = alice.call(BOB)
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="Two phones at once, then two others",
    rfc="RFC 3261 §16.6",
    question="Which INVITEs go out at the same time, and what do the phones of a group have in common?",
    codes=(100, 180, 200, 487),
)
def search_by_groups(lab: Lab, *, ring_time: RingTime = 5.0, talk: Seconds = 5.0) -> Story:
    """The phones of equal q ring together; when nobody has answered for a while the next group does."""
    alice, _, bobs = phones_liked(lab, 1.0, 1.0, 0.5, 0.5, forking="q-groups", ring_time=ring_time)
    for phone in bobs[:3]:
        phone.ignores()
    call = alice.call(BOB)
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="An address where nobody is any more",
    rfc="RFC 3261 §16.7",
    question="How often is the INVITE for the phone that is gone sent, and what does Alice notice of it?",
    codes=(100, 180, 200),
)
def stale_contact(
    lab: Lab, *, forking: Forking = "sequential", ring_time: RingTime = 4.0, talk: Seconds = 5.0
) -> Story:
    """One of Bob's bindings leads to a phone that crashed; the search goes on when it has said nothing for long."""
    alice, _, bobs = phones_liked(lab, 1.0, 0.5, forking=forking, ring_time=ring_time)
    bobs[0].crash()
    call = alice.call(BOB)
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="The same addresses, known to a proxy or to a redirect server",
    rfc="RFC 3261 §8.3",
    question="Who tries Bob's phones, and how many of Alice's messages does it take?",
    codes=(100, 180, 200, 486),
)
def same_addresses(lab: Lab, *, server: Server = "proxy", talk: Seconds = 5.0) -> Story:
    """With `server` "proxy" the network searches for Bob; with "redirect server" Alice's phone does."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    knows = lab.redirect_server(DOMAIN) if server == "redirect server" else lab.proxy(DOMAIN, forking="sequential")
    for n, q in ((1, 0.9), (2, 0.5)):
        phone = lab.user_agent(BOB, f"bob-{n}")
        knows.location.add(BOB, phone.contact_uri, q=q)
        if n == 1:
            phone.rejects(486)
    call = alice.call(BOB)
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="Two proxies that point at each other",
    rfc="RFC 5393 §4",
    question="By what does a proxy know that it has seen the INVITE before, though its Via and Max-Forwards differ?",
    codes=(100, 482),
)
def routing_loop(lab: Lab, *, users: Users = 1) -> Story:
    """Each believes Bob to be at the other; with several users each fork feeds the other's, and still it ends."""
    alice = lab.user_agent("sip:alice@elsewhere.com")
    here, there = lab.proxy("here.com", "here"), lab.proxy("there.com", "there")
    for one, other in ((here, there), (there, here)):
        for n in range(users):
            for m in range(users):
                one.location.add(f"sip:bob{n}@{one.domain}", f"sip:bob{m}@{other.domain}")
    try:
        yield alice.call("sip:bob0@here.com").answered
    except CallFailed as failure:
        return {"status": failure.status}
    return {"status": 200}


@scenario(
    title="A proxy that remembers nothing",
    rfc="RFC 3261 §16.11",
    question="Who says 100 to Alice, and how does the proxy give each copy of a request the same branch?",
    codes=(180, 200),
)
def stateless_proxy(lab: Lab, *, talk: Seconds = 5.0) -> Story:
    """Every message goes through as it comes: there is no 100, and what gets lost only its sender repeats."""
    alice, _, bob = phones_and_proxy(lab, stateful=False)
    call = alice.call(str(bob.uri))
    yield from talk_until_hung_up(lab, call, call, talk)
