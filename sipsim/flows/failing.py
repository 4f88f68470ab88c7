"""Calls that come to nothing, and calls that survive trouble."""

from __future__ import annotations

from typing import Any

from sipsim.elements.agents.scripted_peer import ScriptedPeer
from sipsim.elements.story import Story
from sipsim.flows.acts import talk_until_hung_up
from sipsim.flows.casts import DOMAIN, outcome_of, phones_and_proxy
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Count, Refusal, Seconds
from sipsim.lab.scenario import scenario


@scenario(
    title="The line is busy",
    rfc="RFC 3261 §21.4.24",
    question="Who acknowledges the 486, and how often does an ACK cross the proxy?",
    codes=(100, 486),
)
def busy(lab: Lab, *, status: Refusal = 486) -> Story:
    """Bob's phone refuses at once; each hop acknowledges the refusal by itself."""
    alice, _, bob = phones_and_proxy(lab)
    bob.rejects(status)
    return (yield from outcome_of(alice.call(str(bob.uri))))


@scenario(
    title="The caller changes her mind",
    rfc="RFC 3261 §9",
    question="Which final response does the INVITE get, and which one the CANCEL?",
    codes=(100, 180, 200, 487),
)
def cancel(lab: Lab, *, patience: Seconds = 4.0) -> Story:
    """Bob's phone rings; after `patience` seconds Alice hangs up."""
    alice, _, bob = phones_and_proxy(lab)
    bob.ignores()
    call = alice.call(str(bob.uri))
    yield lab.env.timeout(patience)
    yield call.hang_up()


@scenario(
    title="The 200 that got lost",
    rfc="RFC 3261 §13.3.1.4",
    question="Who sends the 200 again, after how long, and why does the INVITE transaction not do it?",
    codes=(100, 180, 200),
    live=False,
)
def lost_200(lab: Lab, *, times: Count = 1, talk: Seconds = 5.0) -> Story:
    """The proxy's 200 never reaches Alice; Bob, who hears no ACK, repeats it until he does."""
    alice, proxy, bob = phones_and_proxy(lab)
    network: Any = lab.network
    network.drop("200 INVITE", times=times, src=proxy.name, dst=alice.name)
    call = alice.call(str(bob.uri))
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="A proxy crashes in mid-call, and comes back",
    rfc="RFC 3261 §12.2.1.1",
    question="Why do the two still hear each other, and how does the BYE reach Bob after all?",
    codes=(100, 180, 200),
)
def proxy_crash(lab: Lab, *, talk: Seconds = 5.0, down: Seconds = 3.0) -> Story:
    """The proxy is away while Alice hangs up; it stands in the route set, so her BYE is repeated until it is back."""
    alice, proxy, bob = phones_and_proxy(lab)
    call = alice.call(str(bob.uri))
    yield call.answered
    yield lab.env.timeout(talk)
    proxy.crash()
    over = call.hang_up()
    yield lab.env.timeout(down)
    proxy.restart()
    yield over


@scenario(
    title="A message is stopped on its way, and goes on as another one",
    rfc="RFC 3261 §26.1.3",
    question="To whom does Bob's voice go, and by what could he have known?",
    codes=(100, 180, 200),
    live=False,
)
def intercepted(lab: Lab, *, delay: Seconds = 0.8, talk: Seconds = 5.0) -> Story:
    """Mallory stops the INVITE for Bob, writes his own address into its SDP, lets it go, and drops what is repeated."""
    alice, proxy, bob = phones_and_proxy(lab)
    mallory = lab.user_agent(f"sip:mallory@{DOMAIN}")
    network: Any = lab.network
    held = network.intercept("INVITE", src=proxy.name, dst=bob.name)
    call = alice.call(str(bob.uri))
    invite = yield held.next()
    yield lab.env.timeout(delay)
    for copy in held.packets[1:]:
        copy.drop()
    invite.edit(invite.data.replace(f"c=IN IP4 {alice.address[0]}".encode(), f"c=IN IP4 {mallory.address[0]}".encode()))
    invite.let_go()
    yield from talk_until_hung_up(lab, call, call, talk)


@scenario(
    title="A partner that keeps to no rule",
    rfc="RFC 3261 §17.1.3",
    question="Which of Carol's messages does Alice's phone pay no attention to, and by what does it know them?",
    codes=(180, 200, 486),
    breaks=("VIA-09", "SYN-01", "ACK-05"),
)
def rude_partner(lab: Lab, *, talk: Seconds = 5.0) -> Story:
    """Carol's script sends octets that are no SIP, an answer to nothing that was asked, and her 200 twice."""

    def script(peer: ScriptedPeer) -> Story:
        invite = yield peer.receive("INVITE")
        peer.send(b"Hello? Hello!\r\n\r\n")
        peer.send(invite.reply(486).with_header("Via", invite.via.with_param("branch", "z9hG4bK-made-up")))
        peer.send(invite.reply(180))
        accepted = invite.reply(200, body=peer.description)
        for _ in range(2):
            peer.send(accepted)
            yield peer.receive("ACK")
        bye = yield peer.receive("BYE")
        peer.send(bye.reply(200))

    alice = lab.user_agent(f"sip:alice@{DOMAIN}")
    carol = lab.peer("carol", script)
    call = alice.call(str(carol.uri))
    yield from talk_until_hung_up(lab, call, call, talk)
