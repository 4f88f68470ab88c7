"""What goes between two phones while they talk: the voice as RTP packets, and keys pressed among it."""

from __future__ import annotations

from typing import Annotated

from sipsim.elements.media.keys import checked
from sipsim.elements.story import Story
from sipsim.flows.casts import phones_and_proxy
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Allowed, Seconds, either
from sipsim.lab.scenario import scenario

How = Annotated[str, either("packets", "flow")]
By = Annotated[str, either("rtp", "info")]
Keys = Annotated[str, Allowed(lambda name, value: checked(value))]


@scenario(
    title="The voice itself: packets between the phones",
    rfc="RFC 3550 §6.4.1",
    question="How many packets should have arrived, how does Bob's phone know, and do they pass the proxy?",
    codes=(100, 180, 200),
)
def media(lab: Lab, *, how: How = "packets", ring: Seconds = 1.0, talk: Seconds = 5.0) -> Story:
    """Both phones send a packet every 20 ms straight to each other; with `loss` and `jitter` both see what it does."""
    alice, _, bob = phones_and_proxy(lab)
    alice.media = bob.media = how
    bob.answers = ring
    call = alice.call(str(bob.uri))
    yield call.answered
    yield lab.env.timeout(talk)
    theirs = bob.current_call
    yield call.hang_up()
    heard = theirs.statistics if theirs is not None else call.statistics
    return {"sent": call.statistics.sent, "received": heard.received, "missing": heard.lost, "jitter": heard.jitter}


@scenario(
    title="Press 1 for English: keys in a call",
    rfc="RFC 4733 §2.5",
    question="Why is the last packet of a key sent three times, and what would an INFO for each key cost?",
    codes=(100, 180, 200),
)
def dtmf(lab: Lab, *, keys: Keys = "12#", by: By = "rtp", ring: Seconds = 1.0, talk: Seconds = 1.0) -> Story:
    """Alice presses keys after `talk` seconds; Bob's phone hears them among the voice, or is told by INFO."""
    alice, _, bob = phones_and_proxy(lab)
    for phone in (alice, bob):
        phone.media, phone.codecs = "packets", ["PCMU", "telephone-event"]
    bob.answers = ring
    call = alice.call(str(bob.uri))
    yield call.answered
    yield lab.env.timeout(talk)
    theirs = bob.current_call
    yield call.send_dtmf(keys, by=by)
    yield lab.env.timeout(talk)
    yield call.hang_up()
    return {"digits": theirs.digits if theirs is not None else ""}
