"""What becomes of a call that the callee, or a server on the way, does not simply connect."""

from __future__ import annotations

from typing import Annotated

from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.story import Story
from sipsim.flows.acts import talk_until_hung_up
from sipsim.flows.casts import DOMAIN, outcome_of, phones_and_proxy, place
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Allowed, Count, Seconds, either
from sipsim.lab.scenario import scenario
from sipsim.protocol.options import number

Service = Annotated[float, Allowed(number, 0.0, 181.0)]
CHOICES = (402, 403, 410, 480, 486, 600, 603, 604)
"""What a user may have a phone say: pay first, don't ask, gone, away, busy; and the same for all their phones."""


@scenario(
    title="The user says no",
    rfc="RFC 3261 §13.3.1.3",
    question="Which of these refusals would keep a proxy from trying Bob's other phones?",
    codes=(100, 180, 603),
)
def refused(lab: Lab, *, status: Annotated[int, either(*CHOICES)] = 603, ring: Seconds = 2.0) -> Story:
    """Bob's phone rings, and he refuses the call by the button for `status`."""
    alice, _, bob = phones_and_proxy(lab)

    def decide(call: IncomingCall) -> Story:
        call.ring()
        yield lab.env.timeout(ring)
        call.reject(status)

    bob.on_call = decide
    return (yield from outcome_of(alice.call(str(bob.uri))))


@scenario(
    title="Please hold the line: a queue",
    rfc="RFC 3261 §21.1.4",
    question="What may a 182 say that a 180 does not?",
    codes=(100, 180, 182, 200),
)
def queued(lab: Lab, *, wait: Seconds = 5.0, talk: Seconds = 5.0) -> Story:
    """Bob takes calls in turn: Alice's waits `wait` seconds in the queue before his phone rings."""
    alice, _, bob = phones_and_proxy(lab)

    def queue(call: IncomingCall) -> Story:
        call.ring(182)
        yield lab.env.timeout(wait)
        call.answer_after(bob.answers)

    bob.on_call = queue
    call = alice.call(str(bob.uri))
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="The call goes on, but nothing rings: session progress",
    rfc="RFC 3261 §21.1.5",
    question="What can Alice hear before anybody answers, and what tells her phone where it comes from?",
    codes=(100, 183, 200),
)
def progress(lab: Lab, *, wait: Seconds = 2.0, talk: Seconds = 5.0) -> Story:
    """Bob's side says that the call makes progress, with its session description; `wait` seconds later he answers."""
    alice, _, bob = phones_and_proxy(lab)

    def proceed(call: IncomingCall) -> Story:
        call.ring(183, described=True)
        yield lab.env.timeout(wait)
        call.answer()

    bob.on_call = proceed
    call = alice.call(str(bob.uri))
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="Nobody there",
    rfc="RFC 3261 §21.4.5",
    question="Who says that Carol is not to be found, and how does it know?",
    codes=(404,),
)
def nobody(lab: Lab, *, status: Annotated[int, either(404, 480)] = 404) -> Story:
    """Alice calls Carol, whom the proxy has never heard of (404), or who is just not registered (480)."""
    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    lab.proxy(DOMAIN, unknown=status)
    return (yield from outcome_of(alice.call(f"sip:carol@{DOMAIN}")))


@scenario(
    title="Silence",
    rfc="RFC 3261 §16.8",
    question="How often does the proxy send the INVITE, and when does it give up?",
    codes=(100, 408),
)
def silence(lab: Lab) -> Story:
    """Bob's phone is dead, and nobody has told the proxy: it waits for 64*T1."""
    alice, _, bob = phones_and_proxy(lab)
    bob.crash()
    return (yield from outcome_of(alice.call(str(bob.uri))))


@scenario(
    title="The call goes to somebody else instead",
    rfc="RFC 3261 §21.1.3",
    question="Who sends the 181, and to which dialog does its To tag belong?",
    codes=(100, 180, 181, 200, 486),
)
def forwarded(lab: Lab, *, talk: Seconds = 5.0) -> Story:
    """Bob is busy; his proxy sends the call on to Carol, and tells Alice so."""
    alice, proxy, bob = phones_and_proxy(lab)
    carol = lab.user_agent(f"sip:carol@{DOMAIN}")
    place(proxy, carol)
    bob.rejects(486)
    proxy.forwards(bob.uri, busy=carol.uri)
    call = alice.call(str(bob.uri))
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="Trouble behind the gateway",
    rfc="RFC 3261 §21.5.3",
    question="Who is to blame for the failure, and how does its status say so?",
    codes=(100, 302, 502),
)
def gateway(lab: Lab, *, trouble: Annotated[str, either("nonsense", "silence")] = "nonsense") -> Story:
    """A proxy relays calls to a server that answers with nonsense (502), or falls silent ("silence", 504)."""
    alice, server = lab.user_agent(f"sip:alice@{DOMAIN}"), lab.scripted_peer(f"sip:server@{DOMAIN}")
    lab.proxy(DOMAIN, relay_to=server)
    call = alice.call(f"sip:bob@{DOMAIN}")
    invite = yield server.expect("INVITE")
    if trouble == "nonsense":
        server.respond(invite, 302, headers=(("Contact", "nonsense <"),))
    return (yield from outcome_of(call))


@scenario(
    title="Too many calls at once",
    rfc="RFC 3261 §21.5.4",
    question="What do the phones that were turned away do after Retry-After, and why not all at once?",
    codes=(100, 486, 503),
    live=False,
)
def overload(lab: Lab, *, callers: Count = 4, service: Service = 0.004, room: Count = 2) -> Story:
    """All phones call at the same moment, and the proxy has room for a few requests only: it turns the others away."""
    phones = [lab.user_agent(f"sip:alice-{n}@{DOMAIN}") for n in range(1, callers + 1)]
    proxy = lab.proxy(DOMAIN, queue_limit=room, service_time=service)
    bob = lab.user_agent(f"sip:bob@{DOMAIN}")
    place(proxy, bob)
    bob.rejects(486)
    calls = [phone.call(str(bob.uri)) for phone in phones]
    for call in calls:
        yield from outcome_of(call)
