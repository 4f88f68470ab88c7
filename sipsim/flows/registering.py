"""Registering: telling the domain where one can be reached."""

from __future__ import annotations

from sipsim.elements.outcome import Outcome
from sipsim.elements.story import Story
from sipsim.errors import RegistrationFailed
from sipsim.flows.casts import DOMAIN
from sipsim.flows.scripted import refused
from sipsim.lab.lab import Lab
from sipsim.lab.scenario import scenario


@scenario(
    title="A phone registers, and takes its registration back",
    rfc="RFC 3261 §10.2",
    question="What does the registrar say in its 200, and what stays the same in the second REGISTER?",
    codes=(200,),
)
def register(lab: Lab, *, expires: int = 3600, stay: float = 60.0) -> Story:
    """Bob's phone registers for `expires` seconds, and removes its binding after `stay` seconds."""
    bob = lab.user_agent(f"sip:bob@{DOMAIN}")
    lab.registrar(DOMAIN)
    registration = yield bob.register(expires)
    granted = registration.expires
    yield lab.env.timeout(stay)
    yield bob.unregister()
    return {"granted": granted}


@scenario(
    title="Not for so short a time",
    rfc="RFC 3261 §10.3",
    question="What would happen to a registrar whose users all registered for a second at a time?",
    codes=(200, 423),
)
def brief(lab: Lab, *, expires: int = 10, least: int = 60) -> Story:
    """Bob's phone asks for a binding of `expires` seconds; none below `least` is granted, so it asks again."""
    bob = lab.user_agent(f"sip:bob@{DOMAIN}")
    lab.registrar(DOMAIN, min_expires=least)
    return (yield from granted(bob.register(expires)))


@scenario(
    title="Mallory registers for Bob",
    rfc="RFC 3261 §10.3",
    question="What could Mallory do if the registrar let this pass?",
    codes=(403,),
)
def register_for_another(lab: Lab) -> Story:
    """Mallory asks the registrar to send Bob's calls to Mallory's phone, and may not."""
    mallory, registrar = lab.scripted_peer(f"sip:mallory@{DOMAIN}"), lab.registrar(DOMAIN)
    request = mallory.draft("REGISTER", f"sip:{DOMAIN}", to=f"<sip:bob@{DOMAIN}>")
    return (yield from refused(mallory, request, registrar))


def granted(registering: Outcome) -> Story:
    """Wait for the end of a registration; gives the seconds granted, or the status of the refusal."""
    try:
        registration = yield registering
    except RegistrationFailed as failure:
        return {"status": failure.status}
    return {"status": 200, "granted": registration.expires}
