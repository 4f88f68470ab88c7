"""What two phones offer and answer: pictures that the other can't show, and tones before the answer."""

from __future__ import annotations

from typing import Annotated

from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.story import Story
from sipsim.flows.acts import talk_until_hung_up
from sipsim.flows.casts import phones_and_proxy
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import Seconds, either
from sipsim.lab.scenario import scenario

Camera = Annotated[str, either("H264", "none")]


@scenario(
    title="Pictures for those who have a camera",
    rfc="RFC 3264 §6",
    question="How does Bob's phone say that it has no camera, and why does the stream keep its line?",
    codes=(100, 180, 200),
)
def video_call(lab: Lab, *, camera: Camera = "none", ring: Seconds = 1.0, talk: Seconds = 5.0) -> Story:
    """Alice offers sound and pictures; Bob's phone takes what it can, and refuses the rest by port 0."""
    alice, _, bob = phones_and_proxy(lab)
    alice.video = ["H264", "VP8"]
    bob.video, bob.answers = None if camera == "none" else [camera], ring
    call = alice.call(str(bob.uri))
    yield from talk_until_hung_up(lab, call, call, talk)
    return {"streams": len(call.streams)}


@scenario(
    title="Please hold the line: tones before the answer",
    rfc="RFC 3261 §13.2.1",
    question="From when on can Alice hear something, and which message ends the ringing?",
    codes=(100, 183, 200),
)
def early_media(lab: Lab, *, announcement: Seconds = 4.0, talk: Seconds = 5.0) -> Story:
    """Bob's 183 describes his side already, so that Alice hears an announcement until he answers."""
    alice, _, bob = phones_and_proxy(lab)

    def announce(call: IncomingCall) -> Story:
        call.ring(183, described=True)
        yield lab.env.timeout(announcement)
        call.answer()

    bob.on_call = announce
    call = alice.call(str(bob.uri))
    yield from talk_until_hung_up(lab, call, call, talk)
