"""What proxies do for users, of the service examples in RFC 5359: forwarding, looking for someone, screening."""

from __future__ import annotations

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.servers.proxy import Proxy, Way
from sipsim.elements.story import Story
from sipsim.flows.acts import talk_until_hung_up
from sipsim.flows.casts import ALICE as KNOWN
from sipsim.flows.casts import outcome_of, published_phone
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import RingTime, Seconds
from sipsim.lab.scenario import scenario
from sipsim.message.message import Request
from sipsim.protocol.inspection import Refusal, refusal

BOB = "sip:bob@biloxi.example.com"


def caller_and_proxy(lab: Lab, *, forking: str = "parallel", ring_time: float = 20.0) -> tuple[UserAgent, Proxy]:
    """Alice of RFC 5359, and the proxy of Bob's domain."""
    alice = published_phone(lab, "sip:alice@atlanta.example.com", "Alice", "client.atlanta.example.com", "192.0.2.103")
    return alice, lab.proxy("biloxi.example.com", "Proxy", forking=forking, ring_time=ring_time)


def bobs_phone(lab: Lab, number: int, ring: float = 1.0) -> UserAgent:
    """One of Bob's phones, at an address of its own."""
    client = f"client{number if number > 1 else ''}.biloxi.example.com"
    return published_phone(lab, BOB, f"User B{number}", client, f"192.0.2.20{number}", ring)


@scenario(
    "rfc5359-2.7",
    title="Call Forwarding Unconditional",
    rfc="RFC 5359 §2.7",
    question="Which address is in the Request-URI of the second INVITE, and which one still in its To?",
    codes=(100, 180, 181, 200),
)
def forwarded_always(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 5.0) -> Story:
    """All calls for Bob go to a gateway of the telephone network; the proxy tells Alice so by 181."""
    alice, proxy = caller_and_proxy(lab)
    number = "sip:+19727293660@gw1.example.com;user=phone"
    published_phone(lab, number, "Gateway", "gw1.example.com", "192.0.2.201", ring)
    proxy.forwards("bob", always=number)
    call = alice.call(BOB)
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    "rfc5359-2.8",
    title="Call Forwarding - Busy",
    rfc="RFC 5359 §2.8",
    question="Who acknowledges the 486, and does Alice ever hear of it?",
    codes=(100, 180, 181, 200, 486),
)
def forwarded_when_busy(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 5.0) -> Story:
    """Bob's phone is busy: the proxy keeps the 486 to itself, and asks another phone."""
    alice, proxy = caller_and_proxy(lab)
    first, second = bobs_phone(lab, 1), bobs_phone(lab, 2, ring)
    proxy.location.add(BOB, first.contact_uri)
    first.rejects(486)
    proxy.forwards("bob", busy=second.contact_uri)
    call = alice.call(BOB)
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    "rfc5359-2.9",
    title="Call Forwarding - No Answer",
    rfc="RFC 5359 §2.9",
    question="Alice hears two 180s with two To tags and a 181 between: which dialog becomes her call?",
    codes=(100, 180, 181, 200, 487),
)
def forwarded_without_answer(lab: Lab, *, after: RingTime = 10.0, ring: Seconds = 1.0, talk: Seconds = 5.0) -> Story:
    """Bob's phone rings for `after` seconds; then the proxy cancels there, and asks another phone."""
    alice, proxy = caller_and_proxy(lab)
    first, second = bobs_phone(lab, 1), bobs_phone(lab, 2, ring)
    proxy.location.add(BOB, first.contact_uri)
    first.ignores()
    proxy.forwards("bob", no_answer=second.contact_uri, after=after)
    call = alice.call(BOB)
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    "rfc5359-2.12",
    title="Find-Me",
    rfc="RFC 5359 §2.12",
    question="What ends the search at each of Bob's phones, and which of it does Alice hear?",
    codes=(100, 180, 200, 480, 486, 487),
)
def find_me(lab: Lab, *, ring_time: RingTime = 5.0, ring: Seconds = 1.0, talk: Seconds = 5.0) -> Story:
    """The proxy looks for Bob at four phones, one after another: no answer, not there, busy, and there he is."""
    alice, proxy = caller_and_proxy(lab, forking="sequential", ring_time=ring_time)
    phones = [bobs_phone(lab, number, ring) for number in (1, 2, 3, 4)]
    for phone, q in zip(phones, (1.0, 0.7, 0.4, 0.1), strict=True):
        proxy.location.add(BOB, phone.contact_uri, q=q)
    phones[0].ignores()
    phones[1].rejects(480)
    phones[2].rejects(486)
    call = alice.call(BOB)
    yield from talk_until_hung_up(lab, call, phones[3], talk)


class ScreeningProxy(Proxy):
    """A proxy that does not let some of its users call some addresses: `barred` has pairs of the two."""

    barred: tuple[tuple[str, str], ...] = ()

    def way(self, request: Request) -> Way | Refusal:
        if request.method == "INVITE" and (request.from_.uri.aor, request.uri.aor) in self.barred:
            return SCREENED
        return super().way(request)


ANNOUNCEMENT = "<sip:screen-fail-orig-ann@announcement.example.com>"
SCREENED = refusal(403, "not from here", ("Error-Info", ANNOUNCEMENT), rfc="RFC 5359 §2.14")


@scenario(
    "rfc5359-2.14",
    title="Call Management (Outgoing Call Screening)",
    rfc="RFC 5359 §2.14",
    question="Why does the proxy ask Alice for her password before it refuses?",
    codes=(403, 407),
)
def screened(lab: Lab) -> Story:
    """Alice may not call Bob: the proxy makes sure that it is her, and says where an announcement can be heard."""
    alice = published_phone(lab, "sip:alice@atlanta.example.com", "Alice", "client.atlanta.example.com", "192.0.2.103")
    proxy = lab.proxy("biloxi.example.com", "Proxy", kind=ScreeningProxy, users=KNOWN, challenges="new")
    bob = published_phone(lab, BOB, "Bob", "client.biloxi.example.com", "192.0.2.201")
    proxy.location.add(BOB, bob.contact_uri)
    assert isinstance(proxy, ScreeningProxy)
    proxy.barred = ((str(alice.uri), BOB),)
    alice.credentials(proxy.domain, password=KNOWN["alice"])
    return (yield from outcome_of(alice.call(BOB)))
