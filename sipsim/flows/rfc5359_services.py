"""Services of RFC 5359 in which one call takes the place of another: music, parking, picking up, links, clicks."""

from __future__ import annotations

import re
from typing import Annotated

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.calls.call import Call
from sipsim.elements.story import Story
from sipsim.flows.rfc5359 import taken_by
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Allowed, Pause, Seconds
from sipsim.lab.scenario import scenario
from sipsim.message.dialog_info import DialogInfo
from sipsim.message.session_fields import Replaces
from sipsim.message.uri import Uri
from sipsim.protocol.options import seconds
from sipsim.protocol.referring import replacing
from sipsim.protocol.uri_headers import formed

Unanswered = Annotated[float, Allowed(seconds, 0.0, 170.0)]
"""How long a phone rings that somebody else will answer: less than a caller waits."""


def alice_and_bob(lab: Lab, ring: float) -> tuple[UserAgent, UserAgent]:
    """Alice and Bob of RFC 5359, each reached straight at the phone."""
    alice = lab.user_agent("sip:alice@atlanta.example.com", "Alice")
    return alice, lab.user_agent("sip:bob@biloxi.example.com", "Bob", answers=ring)


def server(lab: Lab, user: str, name: str) -> UserAgent:
    """A server that takes calls at once, as the last ones in RFC 5359."""
    return lab.user_agent(f"sip:{user}@server.example.com", name, answers=0.0)


def instead_of(call: Call, peer: UserAgent) -> Uri:
    """The link that has somebody take a call over with this peer."""
    return replacing(Uri.parse(str(peer.contact_uri)), call.replacement())


def watched(info: DialogInfo, *, early_only: bool = False) -> Replaces:
    """How to take over what a phone tells of its dialog: its peer's tag stands first."""
    one = info.dialogs[0]
    return Replaces(one.call_id, one.remote_tag, one.local_tag, early_only)


@scenario(
    "rfc5359-2.3",
    title="Music on Hold",
    rfc="RFC 5359 §2.3",
    question="Alice is on hold, yet no longer in a call with Bob: how does he get her back from the music?",
    codes=(180, 200, 202),
)
def music_on_hold(lab: Lab, *, ring: Seconds = 1.0, talk: Pause = 3.0) -> Story:
    """Bob holds Alice and has a music server take his place; later he takes the place of the music.

    How he has learnt of the server's dialog is left open, as in the RFC.
    """
    alice, bob = alice_and_bob(lab, ring)
    music = server(lab, "music", "Music Server")
    first = alice.call(bob)
    yield first.answered
    yield lab.env.timeout(talk)
    held = taken_by(bob)
    yield held.hold()
    yield bob.refer(music, instead_of(held, alice)).done
    yield held.ended
    yield lab.env.timeout(talk)
    back = bob.call(alice, replaces=taken_by(music).replacement())
    yield back.answered
    yield lab.env.timeout(talk)


@scenario(
    "rfc5359-2.6",
    title="Transfer - Instant Messaging",
    rfc="RFC 5359 §2.6",
    question="What in the link of Bob's message makes Alice end her call with him?",
    codes=(180, 200),
)
def transfer_by_message(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 3.0) -> Story:
    """Bob sends Carol a page with a link to his call with Alice; she clicks on it, and takes his place."""
    alice, bob = alice_and_bob(lab, ring)
    carol = lab.user_agent("sip:carol@chicago.example.com", "Carol")
    carol.understands(types=["application/sdp", "text/html"])
    call = alice.call(bob)
    yield call.answered
    yield lab.env.timeout(talk)
    page = f'<html><a href="{instead_of(taken_by(bob), alice)}">Talk to Alice</a></html>'
    yield bob.message(carol, page, "text/html")
    link = re.search('href="(.*?)"', carol.messages[-1].text)
    assert link is not None
    target, fields = formed(Uri.parse(link[1]))
    yield carol.call(target, replaces=dict(fields)["Replaces"]).answered
    yield call.ended
    yield lab.env.timeout(talk)


@scenario(
    "rfc5359-2.15",
    title="Call Park",
    rfc="RFC 5359 §2.15",
    question="From whom does Carol learn which dialog she is to replace, and how long is she subscribed?",
    codes=(180, 200, 202),
)
def call_park(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 3.0) -> Story:
    """Bob has a park server take his call with Alice; Carol asks that for its dialogs, and takes it over."""
    alice, bob = alice_and_bob(lab, ring)
    park = server(lab, "park", "Park Server")
    carol = lab.user_agent("sip:carol@chicago.example.com", "Carol")
    call = alice.call(bob)
    yield call.answered
    yield lab.env.timeout(talk)
    parked = taken_by(bob)
    yield bob.refer(park, instead_of(parked, alice)).done
    yield parked.ended
    yield lab.env.timeout(talk)
    asked = carol.subscribe(park, "dialog", 0)
    yield asked.ended
    yield carol.call(alice, replaces=watched(asked.value)).answered
    yield lab.env.timeout(talk)


@scenario(
    "rfc5359-2.16",
    title="Call Pickup",
    rfc="RFC 5359 §2.16",
    question="What does early-only keep Bill from doing, should Bob be quicker?",
    codes=(180, 200, 487),
)
def call_pickup(lab: Lab, *, ring: Unanswered = 2.0, talk: Seconds = 3.0) -> Story:
    """Bob's phone rings, and he is not there: Bill asks it for the dialog, and takes the call at his own phone."""
    alice, bob = alice_and_bob(lab, ring)
    bill = lab.user_agent("sip:bill@biloxi.example.com", "Bill")
    bob.ignores()
    first = alice.call(bob)
    yield first.ringing
    yield lab.env.timeout(ring)
    asked = bill.subscribe(bob, "dialog", 0)
    yield asked.ended
    picked = bill.call(alice, replaces=watched(asked.value, early_only=True))
    yield picked.answered
    yield lab.env.timeout(talk)
    yield taken_by(alice).hang_up()


@scenario(
    "rfc5359-2.18",
    title="Click to Dial",
    rfc="RFC 5359 §2.18",
    question="Which header field of the REFER keeps Bob's phone from telling the PC how it went?",
    codes=(180, 200, 202),
)
def click_to_dial(lab: Lab, *, ring: Seconds = 1.0, talk: Seconds = 3.0) -> Story:
    """Bob clicks on Carol's address on his PC: his desk phone is asked to call her, and nobody to report."""
    pc = lab.user_agent("sip:bob@pc.biloxi.example.com", "Bob's PC")
    bob = lab.user_agent("sip:bob@biloxi.example.com", "Bob")
    carol = lab.user_agent("sip:carol@chicago.example.com", "Carol", answers=ring)
    pc.refer(bob, carol, subscribes=False)
    yield lab.env.timeout(ring + talk)
    return {"talking": taken_by(bob).state}
