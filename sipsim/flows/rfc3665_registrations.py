"""RFC 3665 §2, registrations: Bob and the server of biloxi.example.com, which asks who he is."""

from __future__ import annotations

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.servers.registrar import Registrar
from sipsim.elements.story import Story
from sipsim.flows.casts import BOB, MD5, bob_3665, log_in, published_host
from sipsim.flows.registering import granted
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Expiry
from sipsim.lab.scenario import scenario
from sipsim.protocol.location import NEVER

MAIL = "mailto:bob@biloxi.example.com"


@scenario(
    "rfc3665-2.1",
    title="Successful new registration",
    rfc="RFC 3665 §2.1",
    question="What of the password goes over the wire?",
    codes=(200, 401),
)
def new_registration(lab: Lab, *, expires: Expiry = 3600) -> Story:
    """The server asks Bob's phone for credentials, and grants the binding when it gets them."""
    bob, _ = bob_and_server(lab)
    return (yield from granted(bob.register(expires)))


@scenario(
    "rfc3665-2.2",
    title="Update of contact list",
    rfc="RFC 3665 §2.2",
    question="Why does the 200 list a contact that this REGISTER does not name?",
    codes=(200,),
)
def second_contact(lab: Lab) -> Story:
    """Bob adds a mail address to his phone's, for good; nobody asks for credentials that are there already."""
    bob, server = bob_and_server(lab)
    bind(server, bob, 3600.0)
    log_in(bob, server)
    return (yield from granted(bob.register(None, contacts=[f"<{MAIL}>;expires={NEVER}"])))


@scenario(
    "rfc3665-2.3",
    title="Request for current contact list",
    rfc="RFC 3665 §2.3",
    question="What does a REGISTER without Contact change?",
    codes=(200,),
)
def current_contacts(lab: Lab) -> Story:
    """Bob's phone asks which contacts there are."""
    bob, server = bob_and_server(lab)
    bind(server, bob, 3600.0)
    server.location.add(bob.uri, MAIL)
    log_in(bob, server)
    contacts = yield bob.query_bindings()
    return {"contacts": [str(contact) for contact in contacts]}


@scenario(
    "rfc3665-2.4",
    title="Cancellation of registration",
    rfc="RFC 3665 §2.4",
    question="Which contacts does the star mean, and what must stand beside it?",
    codes=(200,),
)
def no_contacts(lab: Lab) -> Story:
    """Bob's phone removes all contacts at once, its own and the others."""
    bob, server = bob_and_server(lab)
    bind(server, bob, 3600.0)
    server.location.add(bob.uri, MAIL)
    log_in(bob, server)
    yield bob.unregister_all()
    return {"left": len(server.location.look_up(bob.uri, lab.env.now))}


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
    bob.credentials(bob.uri.host, password="forgotten")
    return (yield from granted(bob.register()))


def bob_and_server(lab: Lab) -> tuple[UserAgent, Registrar]:
    """Bob and his registrar, which knows his password and grants bindings without end."""
    bob = bob_3665(lab)
    bob.credentials(bob.uri.host, password=BOB["bob"])
    host = published_host(lab, "192.0.2.222")
    server = lab.registrar(bob.uri.host, "SIP Server", host=host, users=BOB, algorithms=MD5, max_expires=NEVER)
    return bob, server


def bind(server: Registrar, phone: UserAgent, seconds: float) -> None:
    """Give a phone a binding that lasts, without a REGISTER."""
    server.location.add(phone.uri, phone.contact_uri, expires_at=phone.env.now + seconds)
