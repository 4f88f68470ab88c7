"""The three flows of RFC 6228: what a caller hears of phones that rang and are no longer to be reached."""

from __future__ import annotations

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.servers.proxy import Proxy
from sipsim.elements.story import Story
from sipsim.flows.casts import DOMAIN
from sipsim.lab.lab import Lab
from sipsim.lab.scenario import scenario


def phone(lab: Lab, number: int, *, answers: float | None = None, refuses: float | None = None) -> UserAgent:
    """A phone that rings, and then is answered or refuses, or does neither."""
    made = lab.user_agent(f"sip:uas{number}@{DOMAIN}", f"UAS_{number}")
    if answers is not None:
        made.picks_up(answers)
    elif refuses is not None:
        made.ignores()
        made.gives_up(refuses)
    else:
        made.ignores()
    return made


def picks_up_silently(lab: Lab, call: IncomingCall) -> Story:
    """Answer after three seconds, without a word before."""
    yield lab.env.timeout(3.0)
    call.answer()


def caller(lab: Lab) -> UserAgent:
    """Who understands 199."""
    made = lab.user_agent(f"sip:caller@{DOMAIN}", "UAC")
    made.understands(extensions=("199",))
    return made


def bound(proxy: Proxy, *contacts: UserAgent | str) -> None:
    """Give the user of the domain these contacts."""
    for contact in contacts:
        uri = contact if isinstance(contact, str) else contact.contact_uri
        proxy.location.add(f"sip:callee@{DOMAIN}", uri)


@scenario(
    "rfc6228-9.1",
    title="199 Early Dialog Terminated from a forking proxy",
    rfc="RFC 6228 §9.1",
    question="Which tag does a 199 have in To, and what may the caller's phone forget then?",
    codes=(100, 180, 199, 200, 480),
    live=False,
)
def early_dialogs_end(lab: Lab) -> Story:
    """Three phones ring; two give up in turn, of which the caller is told, and the third is answered."""
    alice = caller(lab)
    proxy = lab.proxy(DOMAIN, "P1", sends_199=True)
    bound(proxy, phone(lab, 2, refuses=1.0), phone(lab, 3, refuses=2.0), phone(lab, 4, answers=3.0))
    call = alice.call(f"sip:callee@{DOMAIN}")
    yield call.answered


@scenario(
    "rfc6228-9.2",
    title="Forking, no 199 needed",
    rfc="RFC 6228 §9.2",
    question="Why is there no 199 here, although two phones are told to stop?",
    codes=(100, 180, 200, 487),
    live=False,
)
def answered_first(lab: Lab) -> Story:
    """Three phones ring and one is answered: the 200 says all that there is to be said of the others."""
    alice = caller(lab)
    proxy = lab.proxy(DOMAIN, "P1", sends_199=True)
    bound(proxy, phone(lab, 2), phone(lab, 3), phone(lab, 4, answers=1.0))
    call = alice.call(f"sip:callee@{DOMAIN}")
    yield call.answered


@scenario(
    "rfc6228-9.3",
    title="199 for two legs at once",
    rfc="RFC 6228 §9.3",
    question="Why can only the first proxy say that both dialogs have ended?",
    codes=(100, 180, 199, 200, 480),
    live=False,
)
def two_legs_end(lab: Lab) -> Story:
    """Behind the second proxy both phones give up; the first one, which still rings elsewhere, tells the caller."""
    alice = caller(lab)
    first, second = lab.proxy(DOMAIN, "P1", sends_199=True), lab.proxy("chicago.com", "P2", record_route=False)
    near, one, other = phone(lab, 2), phone(lab, 3, refuses=1.0), phone(lab, 4, refuses=2.0)
    near.on_call = lambda call: picks_up_silently(lab, call)
    bound(first, near, "sip:callee@chicago.com")
    for there in (one, other):
        second.location.add("sip:callee@chicago.com", there.contact_uri)
    call = alice.call(f"sip:callee@{DOMAIN}")
    yield call.answered
