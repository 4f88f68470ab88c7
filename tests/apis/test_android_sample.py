"""The sample of the guide runs as it stands there: in memory, and on sockets with our own registrar and proxy."""

from __future__ import annotations

import pytest
from bench_pair import messages, wire

import sipsim
from sipsim.apis.android import IntentFilter, Manifest, Receiver, SipAudioCall
from sipsim.flows.by_android import ACTION, IncomingCallReceiver, WalkieTalkieActivity
from sipsim.lab.lab import Lab
from sipsim.lab.run import run

REGISTERED = ["Registering with SIP Server...", "Ready"]


def activity(lab: Lab, user: str, password: str = "secret", domain: str = "example.com") -> WalkieTalkieActivity:
    app = WalkieTalkieActivity(lab, user)
    app.onCreate(user, domain, password)
    return app


@pytest.mark.covers("AN02", "AN41", "AN42", "AN53", "AN61", "R10")
@pytest.mark.parametrize("network", ["memory", "udp"])
def test_the_walkie_talkie_registers_calls_answers_and_hangs_up(network: str):
    how = {"speed": 5.0} if network == "udp" else {}
    trace = run("walkie-talkie", network=network, talk=1.0, **how)
    assert trace.result["registered"] == 1 and trace.result["in_call"]
    assert trace.result["alice"] == REGISTERED and trace.result["bob"] == [*REGISTERED, "alice@example.com"]
    said = [record.data["name"] for record in trace.select("api", "alice")]
    assert said == [
        "open", "setRegistrationListener", "onRegistering", "onRegistrationDone", "makeAudioCall", "onCalling",
        "onCallEstablished", "startAudio", "setSpeakerMode", "toggleMute", "endCall", "onCallEnded", "close",
    ]  # fmt: skip
    assert [record.data["name"] for record in trace.select("api", "bob")][4:] == [
        "onReceive", "takeAudioCall", "onRinging", "answerCall", "answerCall", "startAudio", "setSpeakerMode",
        "onCallEstablished", "onCallEnded", "close",
    ]  # fmt: skip
    assert sum(line == "bob>proxy 200 INVITE" for line in wire(trace)) == 1
    assert [message.expires for message in messages(trace, "REGISTER", "bob")][-1] == 0


@pytest.mark.covers("AN53", "AN40", "R10")
def test_the_second_answer_of_the_sample_is_logged_and_changes_nothing():
    """R10: the receiver answers in `onRinging` and once more after `takeAudioCall`."""
    lab = Lab(seed=2)
    lab.proxy("example.com")
    alice, bob = activity(lab, "alice"), activity(lab, "bob")
    lab.run(until=1.0)
    alice.initiateCall("sip:bob@example.com")
    lab.run(until=3.0)
    assert isinstance(bob.call, SipAudioCall) and bob.call.isInCall() and bob.call.isAudioOn()
    assert alice.call.isMuted() and alice.call.isSpeakerOn() and not bob.call.isMuted()
    assert any("answered already" in line for line in bob.logcat("W")) and not bob.logcat("E")
    assert len(messages(lab.trace, "200 INVITE", "bob")) == 1


@pytest.mark.covers("AN61", "AN50")
def test_the_status_line_says_that_the_registration_failed():
    lab = Lab(seed=2)
    lab.proxy("example.com", users={"alice": "other"})
    alice = activity(lab, "alice", "wrong")
    lab.run(until=5.0)
    assert alice.statuses == ["Registering with SIP Server...", "Registration failed. Please check settings."]
    assert alice.screen == alice.statuses[-1]


@pytest.mark.covers("AN53", "AN54")
def test_the_receiver_may_stand_in_the_manifest_instead():
    """In the guide a receiver's filter is given in the manifest or in code."""

    class Declared(WalkieTalkieActivity):
        def registerReceiver(self, receiver: object, filter: IntentFilter) -> None:
            """Leave it to the manifest."""

    lab = Lab(seed=2)
    lab.proxy("example.com")
    alice = activity(lab, "alice")
    manifest = Manifest(receivers=(Receiver(IncomingCallReceiver, IntentFilter(ACTION), "Call Receiver"),))
    bob = Declared(lab, "bob", manifest=manifest)
    bob.onCreate("bob", "example.com", "secret")
    lab.run(until=1.0)
    alice.initiateCall("sip:bob@example.com")
    lab.run(until=3.0)
    assert alice.call.isInCall() and bob.call.isInCall()


def test_the_sample_is_in_the_catalogue():
    assert sipsim.catalogue()["walkie-talkie"].live
