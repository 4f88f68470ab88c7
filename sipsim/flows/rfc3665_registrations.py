"""RFC 3665 §2, registrations: Bob and the server of biloxi.example.com, which asks who he is."""

from __future__ import annotations

from sipsim.elements.registrar import Registrar
from sipsim.elements.story import Story
from sipsim.elements.user_agent import UserAgent
from sipsim.flows.casts import BOB, MD5, bob_3665, published_host
from sipsim.flows.registering import granted
from sipsim.lab.lab import Lab
from sipsim.lab.scenario import scenario


@scenario(
    "rfc3665-2.1",
    title="Successful new registration",
    rfc="RFC 3665 §2.1",
    question="What of the password goes over the wire?",
    codes=(200, 401),
)
def new_registration(lab: Lab, *, expires: int = 3600) -> Story:
    """The server asks Bob's phone for credentials, and grants the binding when it gets them."""
    bob, _ = bob_and_server(lab)
    bob.credentials("biloxi.example.com", password=BOB["bob"])
    return (yield from granted(bob.register(expires)))


@scenario(
    "rfc3665-2.5",
    title="Unsuccessful registration",
    rfc="RFC 3665 §2.5",
    question="How does Bob's phone know that another try would be in vain?",
    codes=(401,),
)
def wrong_password(lab: Lab) -> Story:
    """Bob's phone has a wrong password; the server asks again, and the phone gives up."""
    bob, _ = bob_and_server(lab)
    bob.credentials("biloxi.example.com", password="forgotten")
    return (yield from granted(bob.register()))


def bob_and_server(lab: Lab) -> tuple[UserAgent, Registrar]:
    """Bob and his registrar, with his password."""
    bob = bob_3665(lab)
    host = published_host(lab, "192.0.2.222")
    return bob, lab.registrar(bob.uri.host, "SIP Server", host=host, users=BOB, algorithms=MD5)
