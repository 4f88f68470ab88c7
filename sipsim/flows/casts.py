"""Casts: the phones and servers that several scenarios share, and the beginning of their calls."""

from __future__ import annotations

from typing import Any

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.calls.call import Call
from sipsim.elements.calls.outgoing_call import OutgoingCall
from sipsim.elements.servers.proxy import Proxy
from sipsim.elements.servers.registrar import Registrar
from sipsim.elements.story import Story
from sipsim.errors import CallFailed
from sipsim.lab.lab import Lab
from sipsim.message import build

DOMAIN = "example.com"


def phones_and_proxy(lab: Lab, **how: Any) -> tuple[UserAgent, Proxy, UserAgent]:
    """Alice and Bob with one proxy between them, both registered already; columns stand in this order."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    proxy = lab.proxy(DOMAIN, **how)
    bob = lab.user_agent(f"sip:bob@{DOMAIN}")
    for phone in (alice, bob):
        place(proxy, phone)
    return alice, proxy, bob


def trapezoid(lab: Lab) -> tuple[UserAgent, Proxy, Proxy, UserAgent]:
    """Alice and Bob in two domains, each behind a proxy of their own (RFC 3261 §4, figure 1)."""
    atlanta = lab.proxy("atlanta.com", "atlanta")
    alice = lab.user_agent("sip:alice@atlanta.com", outbound=atlanta)
    biloxi = lab.proxy("biloxi.com", "biloxi")
    bob = lab.user_agent("sip:bob@biloxi.com", outbound=biloxi)
    place(atlanta, alice)
    place(biloxi, bob)
    return alice, atlanta, biloxi, bob


def holding(call: Call) -> Story:
    """Let the peer wait, and say in Contact that nothing is heard here meanwhile (RFC 4235 §5.2, RFC 5359 §2.1)."""
    call.agent.contact_params = ';+sip.rendering="no"'
    yield call.hold()
    call.agent.contact_params = ""


def published_host(lab: Lab, host: str) -> str:
    """The address that an RFC's examples give an element; on sockets whichever is free."""
    return "" if lab.network.live else host


def published_phone(
    lab: Lab, uri: str, name: str, contact: str, host: str, ring: float = 2.0, transport: str = "udp"
) -> UserAgent:
    """A phone as an RFC publishes it: its Contact has a host name, which leads to its address."""
    phone = lab.user_agent(uri, name, host=published_host(lab, host), answers=ring, transport=transport)
    lab.names.add(contact, phone.address)
    phone.contact_uri = phone.contact_uri.with_(host=contact, port=None)
    return phone


ALICE, BOB = {"alice": "31337"}, {"bob": "zanzibar"}
"""Who may log in, with which password."""

MD5 = ("MD5",)
"""What the servers of the examples ask for."""


def alice_3665(lab: Lab) -> UserAgent:
    """Alice of RFC 3665, in Atlanta."""
    return published_phone(lab, "sip:alice@atlanta.example.com", "Alice", "client.atlanta.example.com", "192.0.2.101")


def bob_3665(lab: Lab, *, ring: float = 2.0) -> UserAgent:
    """Bob of RFC 3665, in Biloxi."""
    return published_phone(lab, "sip:bob@biloxi.example.com", "Bob", "client.biloxi.example.com", "192.0.2.201", ring)


def proxy_1(lab: Lab) -> Proxy:
    """Proxy 1 of RFC 3665, in Atlanta: it asks Alice who she is."""
    host = published_host(lab, "192.0.2.111")
    return lab.proxy("atlanta.example.com", "Proxy 1", host=host, users=ALICE, algorithms=MD5)


def proxy_2(lab: Lab, **options: Any) -> Proxy:
    """Proxy 2 of RFC 3665, in Biloxi."""
    return lab.proxy("biloxi.example.com", "Proxy 2", host=published_host(lab, "192.0.2.222"), **options)


def trapezoid_3665(lab: Lab, *, ring: float = 2.0, known: bool = True) -> tuple[UserAgent, Proxy, Proxy, UserAgent]:
    """Alice, Proxy 1, Proxy 2 and Bob of RFC 3665: her calls go out through Proxy 1, and Proxy 2 knows where he is.

    `known` says that Proxy 1 has asked her for credentials before.
    """
    alice, first, second, bob = alice_3665(lab), proxy_1(lab), proxy_2(lab), bob_3665(lab, ring=ring)
    alice.outbound = first
    alice.credentials(first.domain, password=ALICE["alice"], outbound=True)
    if known:
        log_in(alice, first, proxy=True)
    place(second, bob)
    return alice, first, second, bob


def log_in(phone: UserAgent, server: Registrar, *, proxy: bool = False) -> None:
    """Let a phone have a server's challenge without a message: flows may begin where it was asked long ago."""
    assert phone.digest is not None and server.gate is not None
    address = f"<{phone.uri}>"
    request = build.request("REGISTER", phone.uri, via="", from_=address, to=address, call_id="before", cseq=1)
    challenges = server.gate.challenges(phone.env.now, proxy=proxy)
    phone.digest.expect(request, build.reply(request, 407 if proxy else 401, headers=challenges))


def place(server: Registrar, phone: UserAgent) -> None:
    """Give a phone a binding without a REGISTER: flows that begin with a call take registrations for granted."""
    server.location.add(phone.uri.aor, phone.contact_uri)


def outcome_of(call: OutgoingCall) -> Story:
    """Wait until a call is answered or refused; gives which of them, as a status, for the story's result."""
    try:
        yield call.answered
    except CallFailed as failure:
        return {"status": failure.status}
    return {"status": 200}
