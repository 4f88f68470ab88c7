"""Casts: the phones and servers that several scenarios share."""

from __future__ import annotations

from sipsim.elements.proxy import Proxy
from sipsim.elements.registrar import Registrar
from sipsim.elements.user_agent import UserAgent
from sipsim.lab.lab import Lab

DOMAIN = "example.com"


def phones_and_proxy(lab: Lab, *, record_route: bool = True) -> tuple[UserAgent, Proxy, UserAgent]:
    """Alice and Bob with one proxy between them, both registered already; columns stand in this order."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    proxy = lab.proxy(DOMAIN, record_route=record_route)
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


def place(server: Registrar, phone: UserAgent) -> None:
    """Give a phone a binding without a REGISTER: flows that begin with a call take registrations for granted."""
    server.location.add(phone.uri.aor, phone.contact_uri)
