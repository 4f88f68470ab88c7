"""Registering: telling the domain where one can be reached."""

from __future__ import annotations

from typing import Annotated, Any

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.outcome import Outcome
from sipsim.elements.servers.registrar import Registrar
from sipsim.elements.story import Story
from sipsim.errors import RegistrationFailed
from sipsim.flows.casts import DOMAIN
from sipsim.flows.scripted import refused
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Allowed, Count, Expiry, Seconds, either
from sipsim.lab.scenario import scenario
from sipsim.message.uri import Uri
from sipsim.protocol.options import number
from sipsim.protocol.refreshing import RULES, RefreshPolicy

Rule = Annotated[str, either(*RULES)]
Hours = Annotated[float, Allowed(number, 0.0, 168.0)]


@scenario(
    title="A phone registers, and takes its registration back",
    rfc="RFC 3261 §10.2",
    question="What does the registrar say in its 200, and what stays the same in the second REGISTER?",
    codes=(200,),
)
def register(lab: Lab, *, expires: Expiry = 3600, stay: Seconds = 60.0) -> Story:
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
def brief(lab: Lab, *, expires: Expiry = 10, least: Expiry = 60) -> Story:
    """Bob's phone asks for a binding of `expires` seconds; none below `least` is granted, so it asks again."""
    bob = lab.user_agent(f"sip:bob@{DOMAIN}")
    lab.registrar(DOMAIN, min_expires=least)
    return (yield from granted(bob.register(expires)))


@scenario(
    title="One user, two phones, and one of them leaves",
    rfc="RFC 3261 §10.2.2",
    question="How does the registrar tell the two phones apart, though both register the same address of record?",
    codes=(100, 180, 200),
)
def two_phones(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 5.0) -> Story:
    """Bob's desk phone and his mobile are both registered; the desk phone leaves, and only the mobile rings."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    proxy = lab.proxy(DOMAIN)
    desk = lab.user_agent(f"sip:bob@{DOMAIN}", "bob-desk", answers=ring)
    mobile = lab.user_agent(f"sip:bob@{DOMAIN}", "bob-mobile", answers=ring)
    yield desk.register()
    yield mobile.register()
    yield desk.unregister()
    call = alice.call(f"sip:bob@{DOMAIN}")
    yield call.answered
    yield lab.env.timeout(talk)
    yield call.hang_up()
    return {"bindings": len(proxy.location.look_up(desk.uri, lab.env.now))}


@scenario(
    title="Who am I? Asking for bindings, and removing all of them",
    rfc="RFC 3261 §10.2.3",
    question="Bob's new phone knows nothing of the old ones; how can it sign them off?",
    codes=(200,),
)
def bindings(lab: Lab, *, phones: Count = 2) -> Story:
    """Bob has phones and a mailbox; a phone asks what is registered, removes it all, and asks again."""
    lab.registrar(DOMAIN)
    bobs = [lab.user_agent(f"sip:bob@{DOMAIN}", f"bob-{n}") for n in range(1, phones + 1)]
    for phone in bobs:
        yield phone.register()
    yield bobs[0].register(contacts=[f"mailto:bob@{DOMAIN}"], q=0.1)
    before = yield bobs[-1].query_bindings()
    yield bobs[-1].unregister_all()
    after = yield bobs[-1].query_bindings()
    return {"before": [str(contact) for contact in before], "after": len(after)}


@scenario(
    title="Still here: a registration over hours",
    rfc="RFC 3261 §10.2.4",
    question="How many REGISTERs does each rule send, and how long is Bob out of reach when the registrar forgets him?",
    codes=(200,),
    live=False,
)
def refresh(
    lab: Lab, *, rule: Rule = "symbian", expires: Expiry = 3600, hours: Hours = 4.0, crash: Seconds = 0.0
) -> Story:
    """Bob's phone keeps its registration up: by the rule of Symbian, of Android, or never.

    After `crash` seconds, if it is not 0, the registrar loses what it knows, and learns it again by the next refresh.
    """
    bob = lab.user_agent(f"sip:bob@{DOMAIN}")
    registrar = lab.registrar(DOMAIN)
    yield bob.register(expires, refresh=RefreshPolicy(when=rule))
    end = lab.env.now + 3600 * hours
    if crash:
        yield lab.env.timeout(crash)
        registrar.crash()
        registrar.restart()
    absent = yield from seconds_absent(lab, registrar, bob, end)
    return {"registers": bob.registration.sequence, "absent": absent}


def seconds_absent(lab: Lab, registrar: Registrar, bob: UserAgent, end: float, step: float = 1.0) -> Story:
    """Look every second whether Bob could be called; gives the seconds in which he could not."""
    absent = 0.0
    while lab.env.now < end:
        yield lab.env.timeout(step)
        absent += 0.0 if registrar.location.look_up(bob.uri, lab.env.now) else step
    return absent


@scenario(
    title="To all registrars at once",
    rfc="RFC 3261 §10.2.6",
    question="Bob's phone sends one REGISTER and gets two answers; what becomes of the second one?",
    codes=(200,),
    live=False,
)
def multicast(lab: Lab) -> Story:
    """Bob's phone does not know its registrar: it asks all SIP servers that hear a multicast, and there are two."""
    registrars = [lab.registrar(DOMAIN, name) for name in ("left", "right")]
    network: Any = lab.network
    for registrar in registrars:
        network.join("224.0.1.75", registrar.address)  # sip.mcast.net
    bob = lab.user_agent(f"sip:bob@{DOMAIN}")
    bob.registrar = Uri.parse(f"sip:{DOMAIN};maddr=224.0.1.75;ttl=1")
    yield bob.register()
    return {"bindings": sum(len(registrar.location) for registrar in registrars)}


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
