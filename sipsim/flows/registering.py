"""Registering: telling the domain where one can be reached."""

from __future__ import annotations

from sipsim.elements.story import Story
from sipsim.flows.casts import DOMAIN
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
