"""How long an Android call waits: for its answer to be acknowledged, for a change to be answered, for a transfer."""

from __future__ import annotations

from typing import Any

import pytest
from android_bench import CallHeard, alone, callbacks, two
from bench_pair import messages, times, wire

from sipsim.apis.android import SipErrorCode, SipProfile, SipSession

State = SipSession.State


@pytest.mark.covers("AN41", "AN10")
@pytest.mark.parametrize(("timeout", "code", "after"), [(5, "TIME_OUT", 5.0), (0, "TRANSACTION_TERMINATED", 32.0)])
def test_an_answer_waits_so_long_for_its_acknowledgement(timeout: float, code: str, after: float):
    lab, alice, bob = two(takes=False)
    lab.network.drop("ACK", times=100)
    alice.call()
    lab.run(until=1.0)
    heard = CallHeard()
    call = bob.manager.takeAudioCall(bob.receiver.intents[0], heard)
    assert call.getState() == State.INCOMING_CALL
    call.answerCall(timeout)
    assert call.getState() == State.INCOMING_CALL_ANSWERING
    lab.run(until=60.0)
    assert heard.codes() == [getattr(SipErrorCode, code)] and "onCallEstablished" not in heard.names
    (failed,) = callbacks(lab.trace, "onError", "bob")
    assert failed.time == pytest.approx(1.0 + after, abs=0.2) and not call.isInCall()


@pytest.mark.covers("AN41")
def test_an_answer_that_is_acknowledged_in_time_is_no_error_later():
    lab, alice, bob = two(takes=False)
    placed, _ = alice.call()
    lab.run(until=1.0)
    heard = CallHeard()
    bob.manager.takeAudioCall(bob.receiver.intents[0], heard).answerCall(5)
    lab.run(until=20.0)
    assert heard.names == ["onRinging", "onCallEstablished"]
    placed.endCall()
    lab.run()


@pytest.mark.covers("AN44", "AN34", "AN51")
@pytest.mark.parametrize("act", ["holdCall", "continueCall"])
def test_a_hold_or_its_end_that_is_not_answered_in_time_leaves_the_call_as_it_was(act: str):
    lab, alice, bob = alone()
    call, heard = alice.call()
    lab.run(until=3.0)
    if act == "continueCall":
        call.holdCall(5)
        lab.run(until=4.0)
    before, start = call.isOnHold(), lab.env.now
    changes: list[Any] = []
    bob.on_reinvite = changes.append  # nobody decides
    getattr(call, act)(3)
    lab.run(until=start + 2.9)
    assert len(changes) == 1 and SipErrorCode.TIME_OUT not in heard.codes()
    lab.run(until=start + 3.1)
    assert heard.codes() == [SipErrorCode.TIME_OUT] and call.isOnHold() is before and call.isInCall()
    changes[0].accept()
    lab.run(until=start + 5.0)
    call.endCall()
    lab.run()
    assert heard.names[-1] == "onCallEnded"


@pytest.mark.covers("AN34", "AN60")
def test_a_transfer_to_somebody_who_does_not_answer_is_given_up_after_15_seconds():
    lab, alice, bob = alone()
    carol = lab.user_agent("sip:carol@example.com")
    carol.ignores()
    lab.elements["proxy"].location.add("sip:carol@example.com", carol.contact_uri)
    call, heard = alice.call()
    lab.run(until=3.0)
    bob.current_call.transfer("sip:carol@example.com", leaves="never")
    lab.run(until=30.0)
    (at,) = times(lab.trace, "CANCEL", "alice")
    assert at == pytest.approx(18.0, abs=0.2) and not carol.calls
    assert call.isInCall() and call.getPeerProfile().getUserName() == "bob" and heard.codes() == []
    call.endCall()
    lab.run()


@pytest.mark.covers("AN30", "AN33")
def test_a_session_stands_for_one_transaction_alone_or_for_a_dialog_and_may_be_used_again():
    lab, alice, _bob = alone()
    session, heard = alice.session()
    session.register(60)
    lab.run()
    assert session.getCallId() is None and session.getState() == State.READY_TO_CALL
    assert wire(lab.trace) == ["alice>proxy REGISTER", "proxy>alice 200 REGISTER"]
    session.makeCall(SipProfile.Builder("bob", "example.com").build())
    lab.run(until=lab.env.now + 3.0)
    first = session.getCallId()
    assert first in {message.call_id for message in messages(lab.trace, "INVITE", "alice")} and session.isInCall()
    session.endCall()
    lab.run()
    assert session.getState() == State.READY_TO_CALL and session.getCallId() is None
    assert heard.names[-1] == "onCallEnded"
