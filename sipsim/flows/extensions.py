"""What goes beyond a call: events, references, and an agreement on security. Just as far as its acceptance goes."""

from __future__ import annotations

from sipsim.elements.agents.scripted_peer import ScriptedPeer
from sipsim.elements.servers.agreeing_proxy import AgreeingProxy
from sipsim.elements.story import Story
from sipsim.flows.casts import DOMAIN, place
from sipsim.flows.scripted import invitation, refused, talked
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Expiry, Seconds
from sipsim.lab.scenario import scenario


@scenario(
    title="Go and call her: a REFER is accepted",
    rfc="RFC 3515 §2.4",
    question="Why is the REFER answered with 202 and not with 200, and how does Alice hear that Bob got through?",
    codes=(180, 200, 202),
)
def refer(lab: Lab, *, talk: Seconds = 5.0) -> Story:
    """Alice asks Bob's phone to call Carol, and is told by NOTIFY how that goes."""
    alice = lab.scripted_peer(f"sip:alice@{DOMAIN}")
    bob = lab.user_agent(f"sip:bob@{DOMAIN}")
    carol = lab.user_agent(f"sip:carol@{DOMAIN}")
    alice.say(alice.draft("REFER", bob.contact_uri, headers=(("Refer-To", carol.contact),)), bob)
    yield alice.expect(202)
    yield from told_of(alice, 2)
    yield lab.env.timeout(talk)
    yield bob.hang_up()


@scenario(
    title="May I watch you? A SUBSCRIBE waits for leave",
    rfc="RFC 6665 §4.2",
    question="What does the first NOTIFY say of Bob, and why does one follow every SUBSCRIBE?",
    codes=(200,),
)
def subscribe(lab: Lab, *, expires: Expiry = 600, stay: Seconds = 60.0) -> Story:
    """Alice subscribes to Bob's presence, who has not allowed it yet, and after `stay` seconds takes that back."""
    alice = lab.scripted_peer(f"sip:alice@{DOMAIN}")
    bob = lab.user_agent(f"sip:bob@{DOMAIN}")
    bob.tells("presence", leave="pending")
    fields = (("Event", "presence"), ("Expires", expires))
    request = alice.draft("SUBSCRIBE", bob.contact_uri, headers=fields)
    alice.say(request, bob)
    accepted = yield alice.expect(200)
    yield from told_of(alice, 1)
    if not expires:  # asked once, and not for more (RFC 6665 §4.4.3)
        return
    if stay > accepted.expires - 1:  # then it ends by itself, and Alice is told so
        yield from told_of(alice, 1)
        return
    yield lab.env.timeout(stay)
    end = alice.draft(
        "SUBSCRIBE", bob.contact_uri, headers=(("Event", "presence"), ("Expires", 0)), cseq=2,
        from_=request.header("From"), to=accepted.header("To"), call_id=request.call_id,
    )  # fmt: skip
    alice.say(end, bob)
    yield alice.expect(200)
    yield from told_of(alice, 1)


def told_of(watcher: ScriptedPeer, times: int) -> Story:
    """Hear so many NOTIFYs, and confirm each."""
    for _ in range(times):
        notify = yield watcher.expect("NOTIFY")
        watcher.respond(notify, 200)


@scenario(
    title="First let us agree on security",
    rfc="RFC 3329 §2.3",
    question="How does the proxy learn whether somebody on the way has shortened its list?",
    codes=(100, 180, 200, 421, 494),
)
def agreement(lab: Lab, *, talk: Seconds = 5.0) -> Story:
    """Alice's proxy lets no INVITE pass (421), then names its mechanisms (494); who repeats the list gets through."""
    alice = lab.scripted_peer(f"sip:alice@{DOMAIN}")
    proxy = lab.proxy(DOMAIN, kind=AgreeingProxy)
    bob = lab.user_agent(f"sip:bob@{DOMAIN}")
    place(proxy, bob)
    invite = invitation(alice, bob.uri)
    yield from refused(alice, invite, proxy)
    same = {"call_id": invite.call_id, "from_": invite.header("From")}
    asking = (("Require", "sec-agree"), ("Proxy-Require", "sec-agree"))
    invite = invitation(alice, bob.uri, cseq=2, headers=(*asking, ("Security-Client", "tls, ipsec-man")), **same)
    alice.say(invite, proxy)
    response = yield alice.expect(494)
    alice.acknowledge(invite, response, proxy)
    agreed = (*asking, *(("Security-Verify", str(mechanism)) for mechanism in response.security_server))
    invite = invitation(alice, bob.uri, cseq=3, headers=agreed, **same)
    alice.say(invite, proxy)
    yield from talked(lab, alice, invite, talk, agreed)
