"""Audio calls: sound, hold, keys, listeners; what an application can hear, and in which words it is told."""

from __future__ import annotations

import pytest
from android_bench import CallHeard, SessionHeard, alone, callbacks, two
from bench_pair import messages, said, wire

from sipsim.apis.android import (
    IllegalArgumentException,
    IllegalStateException,
    SipAudioCall,
    SipErrorCode,
    SipException,
    SipProfile,
    SipSession,
)

State = SipSession.State


@pytest.mark.covers("AN40", "AN42", "AN44")
def test_sound_speaker_and_microphone_once_the_call_stands():
    lab, alice, _bob = alone()
    call, heard = alice.call()
    lab.run()
    call.startAudio()
    call.setSpeakerMode(True)
    assert call.isAudioOn() and call.isSpeakerOn() and not call.isMuted() and call.isInCall()
    call.toggleMute()
    assert call.isMuted()
    call.toggleMute()
    assert not call.isMuted()
    call.endCall()
    lab.run()
    assert not call.isAudioOn() and heard.codes() == []


@pytest.mark.covers("AN40", "AN51")
def test_sound_before_the_call_stands_is_a_client_error():
    lab, alice, _bob = alone()
    call, heard = alice.call()
    call.startAudio()
    lab.run(until=0.5)
    assert heard.codes() == [SipErrorCode.CLIENT_ERROR] and not call.isAudioOn()
    lab.run()
    assert call.isInCall()
    call.endCall()
    lab.run()


@pytest.mark.covers("AN44", "AN45")
def test_hold_asks_by_sendonly_is_answered_by_recvonly_and_ends_by_sendrecv():
    lab, alice, _bob = two()
    call, heard = alice.call()
    lab.run(until=1.0)
    call.holdCall(10)
    lab.run(until=2.0)
    assert call.isOnHold() and call.isInCall() and heard.names[-1] == "onCallHeld"
    offer, answer = messages(lab.trace, "INVITE", "alice")[-1], messages(lab.trace, "200 INVITE", "bob")[-1]
    assert b"a=sendonly" in offer.body and b"a=recvonly" in answer.body
    call.holdCall(10)  # once is enough
    lab.run(until=3.0)
    call.continueCall(10)
    lab.run(until=4.0)
    assert not call.isOnHold() and heard.names[-1] == "onCallEstablished"
    assert b"a=sendonly" not in messages(lab.trace, "INVITE", "alice")[-1].body
    assert len(messages(lab.trace, "INVITE", "alice")) == 3
    call.endCall()
    lab.run()


@pytest.mark.covers("AN44", "AN34")
def test_a_peer_that_does_not_want_to_wait_leaves_the_call_as_it_was():
    lab, alice, bob = alone()
    call, heard = alice.call()
    lab.run()
    bob.on_reinvite = lambda change: change.reject(488)
    call.holdCall(10)
    lab.run()
    assert not call.isOnHold() and call.isInCall() and heard.codes() == [SipErrorCode.PEER_NOT_REACHABLE]
    call.endCall()
    lab.run()
    assert heard.names[-1] == "onCallEnded"


@pytest.mark.covers("AN44")
def test_keys_are_sent_in_a_call_only():
    lab, alice, _bob = alone()
    call, _ = alice.call()
    call.sendDtmf(1)
    lab.run()
    assert "alice>proxy INFO" not in wire(lab.trace)
    for code, key in ((0, "0"), (9, "9"), (10, "*"), (11, "#"), (15, "D")):
        call.sendDtmf(code)
        lab.run()
        assert f"Signal={key}".encode() in messages(lab.trace, "INFO", "alice")[-1].body
    for code in (-1, 16, True, "1"):
        with pytest.raises(IllegalArgumentException, match="0 to 15"):
            call.sendDtmf(code)
    call.endCall()
    lab.run()


@pytest.mark.covers("AN44")
def test_a_call_may_be_made_of_parts():
    lab, alice, bob = two(takes=False)
    session = alice.manager.createSipSession(alice.profile, None)
    call, heard = SipAudioCall(alice.context, alice.profile), CallHeard()
    call.setListener(heard, True)
    assert heard.names == ["onReadyToCall"] and call.getState() == State.READY_TO_CALL
    peer = SipProfile.Builder("bob", "example.com").build()
    call.makeCall(peer, session, 30)
    assert call.getLocalProfile() is alice.profile and call.getPeerProfile() is peer
    lab.run(until=1.0)
    taken, told = SipAudioCall(bob.context, bob.profile), CallHeard()
    waiting = bob.manager.getSessionFor(bob.receiver.intents[0])
    taken.attachCall(waiting, waiting.description)
    taken.setListener(told, True)
    assert told.names == ["onRinging"] and told.told[0][1][1].getUriString() == "sip:alice@example.com"
    taken.answerCall(30)
    lab.run(until=2.0)
    assert call.isInCall() and taken.isInCall() and call.getState() == taken.getState() == State.IN_CALL
    taken.endCall()
    lab.run()
    assert heard.names[-1] == "onCallEnded" == told.names[-1]
    with pytest.raises(SipException, match="no call"):
        SipAudioCall(bob.context, bob.profile).answerCall(30)


@pytest.mark.covers("AN44")
def test_a_listener_that_comes_late_may_hear_at_once_how_things_stand():
    lab, alice, bob = alone()

    def now(call: SipAudioCall) -> list[str]:
        heard = CallHeard()
        call.setListener(CallHeard())
        call.setListener(heard, True)
        return heard.names

    call, _ = alice.call()
    assert now(call) == ["onCalling"]
    lab.run(until=0.5)
    assert now(call) == ["onRingingBack"]
    lab.run(until=2.0)
    assert now(call) == ["onCallEstablished"]
    call.holdCall(5)
    lab.run(until=3.0)
    assert now(call) == ["onCallHeld"]
    bob.on_reinvite = lambda change: change.reject(488)
    call.continueCall(5)
    lab.run(until=4.0)
    assert now(call) == ["onError"]
    call.endCall()
    lab.run()


@pytest.mark.covers("AN43")
def test_a_call_that_is_closed_ends_and_can_not_be_used_any_more():
    lab, alice, _bob = alone()
    call, heard = alice.call()
    lab.run()
    call.close()
    call.close()
    lab.run()
    assert wire(lab.trace)[-2:] == ["bob>proxy 200 BYE", "proxy>alice 200 BYE"] or "alice>bob BYE" in wire(lab.trace)
    assert heard.names[-1] == "onCallEstablished"  # nothing is heard any more
    for act in (
        call.startAudio, call.toggleMute, call.endCall, call.holdCall, call.continueCall, call.answerCall,
        lambda: call.setSpeakerMode(True), lambda: call.sendDtmf(1), lambda: call.makeCall(None, None),
        lambda: call.attachCall(None, ""),
    ):  # fmt: skip
        with pytest.raises(IllegalStateException, match="closed"):
            act()
    assert call.getState() == State.READY_TO_CALL and not call.isInCall()


@pytest.mark.covers("AN43")
def test_a_call_that_is_closed_while_it_rings_is_refused_or_taken_back():
    lab, alice, bob = two(takes=False)
    call, _ = alice.call()
    lab.run(until=1.0)
    call.close()
    lab.run()
    assert "alice>proxy CANCEL" in wire(lab.trace)
    call, heard = alice.call()
    lab.run(until=lab.env.now + 1.0)
    bob.manager.takeAudioCall(bob.receiver.intents[-1], None).close()
    lab.run()
    assert "bob>proxy 486 INVITE" in wire(lab.trace) and heard.names[-1] == "onCallBusy"


@pytest.mark.covers("AN45")
def test_what_is_not_overridden_comes_to_on_changed_but_errors_do_not():
    class Counting(SipAudioCall.Listener):
        changes = 0

        def onChanged(self, call: SipAudioCall) -> None:
            self.changes += 1

    lab, alice, bob = alone()
    listener = Counting()
    call = alice.manager.makeAudioCall(alice.uri, "sip:bob@example.com", listener, 30)
    call.startAudio()  # an error
    lab.run()
    assert listener.changes == 3  # calling, ringing back, established
    call.holdCall(5)
    lab.run()
    call.endCall()
    lab.run()
    assert listener.changes == 5
    bob.rejects(486)
    alice.manager.makeAudioCall(alice.uri, "sip:bob@example.com", listener, 30)
    lab.run()
    assert listener.changes == 7  # calling, busy
    listener.onReadyToCall(call)
    listener.onRinging(call, alice.profile)
    assert listener.changes == 9


@pytest.mark.covers("AN46")
def test_an_exception_in_a_listener_is_logged_and_the_call_goes_on():
    class Clumsy(SipAudioCall.Listener):
        def onCallEstablished(self, call: SipAudioCall) -> None:
            raise ZeroDivisionError("one, by nothing")

    lab, alice, _bob = alone()
    call = alice.manager.makeAudioCall(alice.uri, "sip:bob@example.com", Clumsy(), 30)
    lab.run()
    assert call.isInCall()
    (error,) = lab.trace.select("error", "alice")
    assert lab.trace[error.cause] == callbacks(lab.trace, "onCallEstablished")[0]
    assert any("ZeroDivisionError: one, by nothing" in line for line in alice.context.logcat("E"))
    assert "one, by nothing" in lab.trace.ladder().to_text(160)
    call.endCall()
    lab.run()
    assert wire(lab.trace, "alice")[-1].endswith(" BYE")


@pytest.mark.covers("AN41", "AN10")
def test_the_receiver_answers_and_the_callee_hears_of_the_call():
    lab, alice, bob = two()
    call, _heard = alice.call()
    lab.run(until=2.0)
    (taken,) = bob.receiver.calls
    assert taken.isInCall() and bob.receiver.heard.names == ["onRinging", "onCallEstablished"]
    assert bob.receiver.heard.told[0][1][1].getUserName() == "alice"
    call.endCall()
    lab.run()
    assert bob.receiver.heard.names[-1] == "onCallEnded"


@pytest.mark.covers("AN45", "AN34")
def test_callbacks_have_the_message_that_caused_them():
    lab, alice, _bob = two()
    call, _ = alice.call()
    lab.run(until=2.0)
    call.endCall()
    lab.run()
    for element, name, message in (
        ("alice", "onCallEstablished", "200 INVITE"), ("bob", "onRinging", "INVITE"),
        ("bob", "onCallEstablished", "ACK"), ("bob", "onCallEnded", "BYE"),
    ):  # fmt: skip
        (record,) = callbacks(lab.trace, name, element)
        arrived = next(cause for cause in lab.trace.why(record) if cause.kind == "delivered")
        assert said(arrived.message) == message, name


@pytest.mark.covers("AN58")
def test_logcat_shows_what_was_logged_and_what_was_called():
    lab, alice, _bob = alone()
    call, _ = alice.call()
    lab.run()
    alice.context.log.v("App", "verbose")
    alice.context.log.d("App", "established", ValueError("no"))
    alice.context.log.e("Other", "bad")
    lines = alice.context.logcat()
    assert lines[0].split() == ["0.000", "D/SipApi:", "->", "open(sip:alice@example.com,", *lines[0].split()[4:]]
    assert any(line.endswith("D/SipApi: <- onCallEstablished(SipAudioCall)") for line in lines)
    assert [line.split(" ", 1)[1].strip() for line in alice.context.logcat(tag="App")] == [
        line.split(" ", 1)[1].strip() for line in lines if "/App:" in line
    ]
    assert alice.context.logcat("D", "App") == [line for line in lines if "established (ValueError: no)" in line]
    assert [line[line.index("E/") :] for line in alice.context.logcat("E")] == ["E/Other: bad"]
    with pytest.raises(IllegalArgumentException, match="level"):
        alice.context.logcat("loud")
    call.endCall()
    lab.run()


@pytest.mark.covers("AN34")
def test_a_call_that_the_peer_transfers_goes_on_with_somebody_else():
    lab, alice, bob = alone()
    carol = lab.user_agent("sip:carol@example.com", answers=1.0)
    lab.elements["proxy"].location.add("sip:carol@example.com", carol.contact_uri)
    call, heard = alice.call()
    lab.run()
    referral = bob.current_call.transfer("sip:carol@example.com")
    lab.run()
    assert referral.done.ok and heard.names.count("onCallEstablished") == 2
    assert call.isInCall() and call.getPeerProfile().getUserName() == "carol"
    assert not bob.calls and len(carol.calls) == 1
    call.endCall()
    lab.run()
    assert heard.names[-1] == "onCallEnded" and not carol.calls


@pytest.mark.covers("AN34")
def test_a_session_hears_of_a_transfer_and_one_that_fails_leaves_the_call():
    lab, alice, bob = alone()
    session, heard = alice.session()
    session.makeCall(SipProfile.Builder("bob", "example.com").build())
    lab.run()
    bob.current_call.transfer("sip:nobody@example.com", leaves="never")
    lab.run(until=lab.env.now + 1.0)
    name, (new, described) = heard.told[-1]
    assert name == "onCallTransferring" and "m=audio" in described
    (record,) = callbacks(lab.trace, "onCallTransferring")
    assert lab.trace[record.cause].message.method == "REFER"
    new.setListener(other := SessionHeard())
    new.makeCall(new.getPeerProfile())
    lab.run()
    assert other.codes() == [SipErrorCode.PEER_NOT_REACHABLE] and session.isInCall()
    assert b"404" in messages(lab.trace, "NOTIFY", "alice")[-1].body
    session.endCall()
    lab.run()
