"""Calls between SIP phones and ordinary telephones, through a gateway: numbers, causes, announcements, circuits."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.story import Story
from sipsim.elements.telephony.gateway import LAWS, Gateway
from sipsim.elements.telephony.telephone import Telephone
from sipsim.errors import CallFailed
from sipsim.flows.casts import DOMAIN, outcome_of, place
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Allowed, Seconds, either
from sipsim.lab.scenario import scenario
from sipsim.protocol.options import whole

Law = Annotated[str, either(*LAWS)]
Cause = Annotated[int, Allowed(lambda name, value: whole(name, value, 1, 127))]
Refusing = Annotated[int, Allowed(lambda name, value: whole(name, value, 400, 699))]

OFFICE = "+31205550100"
"""The number of the telephone, as the whole world dials it; in its own town it is 555 0100."""
ALICES = "+31205550199"
MOVED = "+31205550101"


def phone_and_telephone(lab: Lab, *, circuits: int = 30, law: str = "PCMA") -> tuple[UserAgent, Gateway, Telephone]:
    """Alice behind her proxy, which knows her by a telephone number too; the gateway; a telephone in the office."""
    proxy = lab.proxy(DOMAIN)
    alice = lab.user_agent(f"sip:alice@{DOMAIN}", outbound=proxy)
    place(proxy, alice)
    proxy.location.add(f"sip:{ALICES}@{DOMAIN}", alice.contact_uri)
    gateway = lab.gateway(f"gw.{DOMAIN}", calls_to=DOMAIN, law=law)
    return alice, gateway, lab.switch(gateway, circuits=circuits).telephone(OFFICE)


def office(gateway: Gateway, number: str = OFFICE) -> str:
    """The URI of a telephone behind the gateway."""
    return f"sip:{number}@{gateway.domain};user=phone"


@scenario(
    "to-a-telephone",
    title="Alice calls a telephone through a gateway",
    rfc="RFC 3398 §7.1.1",
    question="What has become of the number's +31 in the IAM, and which message of the exchange is the 200?",
    codes=(100, 180, 200),
)
def to_a_telephone(lab: Lab, *, law: Law = "PCMA", ring: Seconds = 2.0, talk: Seconds = 5.0) -> Story:
    """INVITE becomes IAM, ACM becomes 180, ANM becomes 200, BYE becomes REL; Alice's codec is translated to `law`."""
    alice, gateway, telephone = phone_and_telephone(lab, law=law)
    alice.codecs = ["PCMU"]
    telephone.picks_up(ring)
    call = alice.call(office(gateway))
    yield call.answered
    yield lab.env.timeout(talk)
    yield call.hang_up()


@scenario(
    "from-a-telephone",
    title="A telephone calls Alice through a gateway",
    rfc="RFC 3398 §8.1.1",
    question="The caller dialled seven digits: who made a whole number of them, and what does Alice's phone show?",
    codes=(100, 180, 200),
)
def from_a_telephone(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 5.0) -> Story:
    """IAM becomes INVITE, 180 becomes ACM, 200 becomes ANM; the telephone hangs up, and REL becomes BYE."""
    alice, _, telephone = phone_and_telephone(lab)
    alice.picks_up(ring)
    yield telephone.call("555 0199")
    yield lab.env.timeout(talk)
    yield telephone.hang_up()


@scenario(
    "telephone-busy",
    title="The telephone is busy: a cause becomes a status",
    rfc="RFC 3398 §7.2.4.1",
    question="Which header field tells Alice's phone what the exchange said? What would cause 1, 21 or 34 become?",
    codes=(100, 486),
)
def telephone_busy(lab: Lab, *, cause: Cause = 17) -> Story:
    """REL brings a cause from 1 to 127; the gateway has a status for it, and says the cause in Reason as well."""
    alice, gateway, telephone = phone_and_telephone(lab)
    telephone.rejects(cause)
    return (yield from outcome_of(alice.call(office(gateway))))


@scenario(
    "phone-busy",
    title="Alice is busy: a status becomes a cause",
    rfc="RFC 3398 §8.2.6.1",
    question="What does the caller hear who never learns that there is SIP? What would a 404 or 603 become?",
    codes=(100, 486),
)
def phone_busy(lab: Lab, *, status: Refusing = 486) -> Story:
    """Her phone refuses with `status`, and the telephone gets the cause that goes with it."""
    alice, _, telephone = phone_and_telephone(lab)
    alice.rejects(status)
    with suppress(CallFailed):
        yield telephone.call("020 555 0199")
    return {"cause": telephone.ended.value}


@scenario(
    "announcement",
    title="The number has changed: an announcement before anybody answers",
    rfc="RFC 3398 §7.1.6",
    question="How can Alice hear it although the call is never answered, and why is it a 183 and no 180?",
    codes=(100, 183, 410),
)
def announcement(lab: Lab, *, cause: Cause = 22, length: Seconds = 3.0) -> Story:
    """ACM says that there is something to hear: 183 with a description, early media, and then the cause's status."""
    alice, gateway, telephone = phone_and_telephone(lab)
    telephone.rejects(cause, announcement=length)
    return (yield from outcome_of(alice.call(office(gateway))))


@scenario(
    "number-changed",
    title="The number has changed, and the exchange knows the new one",
    rfc="RFC 3398 §7.2.4.1",
    question="Who of all these calls the new number, and what would Alice hear had the REL brought no diagnostic?",
    codes=(100, 180, 200, 301),
)
def number_changed(lab: Lab, *, ring: Seconds = 2.0, talk: Seconds = 5.0) -> Story:
    """Cause 22 brings the new number in its diagnostic: 301, with that number in Contact, and so a second call."""
    alice, gateway, telephone = phone_and_telephone(lab)
    telephone.moves_to(MOVED)
    lab.switches["exchange"].telephone(MOVED, answers=ring)
    call = alice.call(office(gateway))
    yield call.answered
    yield lab.env.timeout(talk)
    yield call.hang_up()


@scenario(
    "telephone-put-down",
    title="Who was called puts the receiver down, comes back, and leaves",
    rfc="RFC 3398 §10.2.2",
    question="Alice does nothing: which offers does her phone answer, and why doesn't SUS become a BYE?",
    codes=(100, 180, 200),
)
def telephone_put_down(lab: Lab, *, t6: Seconds = 10.0, away: Seconds = 3.0) -> Story:
    """SUS and RES become re-INVITEs that hold and resume; when T6 is over the exchange releases the call."""
    alice, gateway, telephone = phone_and_telephone(lab)
    call = alice.call(office(gateway))
    yield call.answered
    yield lab.env.timeout(2.0)
    telephone.suspend(t6)
    yield lab.env.timeout(away)
    if telephone.state == "answered":
        telephone.resume()
        yield lab.env.timeout(2.0)
        telephone.suspend(t6)
    yield call.ended


@scenario(
    "no-circuit",
    title="Every circuit is taken: one more call",
    rfc="RFC 3398 §7.2.4.1",
    question="Did the exchange ever hear of the second call, and who made a 500 of the gateway's 503 (RFC 3261 §16.7)?",
    codes=(100, 180, 200, 500, 503),
)
def no_circuit(lab: Lab, *, talk: Seconds = 2.0) -> Story:
    """The trunk has one circuit, in use already: cause 34 becomes 503, and the exchange is not asked."""
    alice, gateway, _ = phone_and_telephone(lab, circuits=1)
    first = alice.call(office(gateway))
    yield first.answered
    result = yield from outcome_of(alice.call(office(gateway, "+442079460000")))
    yield lab.env.timeout(talk)
    yield first.hang_up()
    return result
