"""Sessions: every state, every callback, and what is not sent where it does not fit."""

from __future__ import annotations

import pytest
from android_bench import SessionHeard, alone, callbacks, caused_by, two
from bench_pair import messages, said, wire

from sipsim.apis.android import IllegalArgumentException, NullPointerException, SipErrorCode, SipProfile, SipSession
from sipsim.message.codes import reason_phrase

State = SipSession.State
BOB = SipProfile.Builder("bob", "example.com").build()

SD = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP {}\r\n"
VIDEO = SD.format("0") + "m=video 4002 RTP/AVP 34\r\n"


def watched(lab, session) -> list[int]:
    """The states that a session goes through, as it is after each step of the clock."""
    states = [session.getState()]

    def look(_: object) -> None:
        if session.getState() != states[-1]:
            states.append(session.getState())

    lab.trace.subscribe(look)
    return states


@pytest.mark.covers("AN31")
def test_the_numbers_of_the_states():
    assert (State.READY_TO_CALL, State.REGISTERING, State.DEREGISTERING, State.INCOMING_CALL) == (0, 1, 2, 3)
    assert (State.INCOMING_CALL_ANSWERING, State.OUTGOING_CALL, State.OUTGOING_CALL_RING_BACK) == (4, 5, 6)
    assert (State.OUTGOING_CALL_CANCELING, State.IN_CALL, State.PINGING, State.ENDING_CALL) == (7, 8, 9, 10)
    assert State.NOT_DEFINED == 101
    assert [State.toString(n) for n in (0, 4, 7, 101, 55)] == [
        "READY_TO_CALL", "INCOMING_CALL_ANSWERING", "OUTGOING_CALL_CANCELING", "NOT_DEFINED", "NOT_DEFINED",
    ]  # fmt: skip


@pytest.mark.covers("AN30", "AN31", "AN33", "AN34", "AN35")
def test_a_session_calls_rings_back_stands_and_ends():
    lab, alice, _bob = alone()
    session, heard = alice.session()
    assert session.getState() == State.READY_TO_CALL and session.getCallId() is None
    assert session.getPeerProfile() is None and session.getLocalProfile() is alice.profile
    states = watched(lab, session)
    session.makeCall(BOB, None, 30)
    assert session.getState() == State.OUTGOING_CALL and heard.names == []  # callbacks come later
    lab.run(until=3.0)
    assert session.isInCall() and session.getPeerProfile() is BOB
    assert session.getLocalIp() == alice.agent.address.host
    assert session.getCallId() == messages(lab.trace, "INVITE", "alice")[0].call_id
    session.endCall()
    lab.run()
    assert heard.names == ["onCalling", "onRingingBack", "onCallEstablished", "onCallEnded"]
    established = heard.told[2][1]
    assert established[0] is session and "m=audio" in established[1]
    assert [*states, session.getState()] == [
        State.READY_TO_CALL, State.OUTGOING_CALL, State.OUTGOING_CALL_RING_BACK, State.IN_CALL, State.ENDING_CALL,
        State.READY_TO_CALL,
    ]  # fmt: skip
    assert wire(lab.trace, "alice")[-1] == "alice>proxy BYE"
    for name, message in (("onRingingBack", "180 INVITE"), ("onCallEstablished", "200 INVITE")):
        (record,) = callbacks(lab.trace, name)
        assert said(caused_by(lab.trace, record)) == message
    (calling,) = callbacks(lab.trace, "onCalling")
    assert lab.trace[calling.cause].data["name"] == "makeCall" == lab.trace[lab.trace.message(1).cause].data["name"]


@pytest.mark.covers("AN31", "AN34", "AN35")
def test_a_session_cancels():
    lab, alice, bob = alone()
    bob.ignores()
    session, heard = alice.session()
    states = watched(lab, session)
    session.makeCall(BOB)
    lab.run(until=2.0)
    session.endCall()
    lab.run()
    assert "alice>proxy CANCEL" in wire(lab.trace) and heard.names[-1] == "onCallEnded"
    assert states[-3:] == [State.OUTGOING_CALL_RING_BACK, State.OUTGOING_CALL_CANCELING, State.READY_TO_CALL]
    (ended,) = callbacks(lab.trace, "onCallEnded")
    assert said(caused_by(lab.trace, ended)) == "487 INVITE"


@pytest.mark.covers("AN31", "AN34", "AN35")
def test_an_incoming_session_rings_is_answered_or_refused_with_486():
    lab, alice, bob = two(takes=False)
    placed, told = alice.session()
    placed.makeCall(BOB)
    lab.run(until=1.0)
    heard = SessionHeard()
    taken = bob.manager.getSessionFor(bob.receiver.intents[0])
    taken.setListener(heard)
    assert taken.getState() == State.INCOMING_CALL
    assert taken.getPeerProfile().getUriString() == "sip:alice@example.com"
    taken.answerCall(None, 30)
    assert taken.getState() == State.INCOMING_CALL_ANSWERING
    lab.run(until=2.0)
    assert taken.isInCall() and placed.isInCall() and heard.names == ["onCallEstablished"]
    placed.endCall()
    lab.run(until=3.0)
    assert heard.names == ["onCallEstablished", "onCallEnded"] and taken.getState() == State.READY_TO_CALL
    again, told = alice.session()
    again.makeCall(BOB)
    lab.run(until=4.0)
    refusing = bob.manager.getSessionFor(bob.receiver.intents[1])
    refusing.endCall()
    lab.run()
    assert "bob>proxy 486 INVITE" in wire(lab.trace) and told.names == ["onCalling", "onRingingBack", "onCallBusy"]


@pytest.mark.covers("AN34")
def test_a_caller_who_gives_up_ends_the_incoming_session():
    lab, alice, bob = two(takes=False)
    placed, _ = alice.session()
    placed.makeCall(BOB)
    lab.run(until=1.0)
    heard = SessionHeard()
    taken = bob.manager.getSessionFor(bob.receiver.intents[0])
    taken.setListener(heard)
    placed.endCall()
    lab.run()
    assert heard.names == ["onCallEnded"]
    assert said(caused_by(lab.trace, callbacks(lab.trace, "onCallEnded", "bob")[0])) == "CANCEL"


@pytest.mark.covers("AN36")
def test_486_before_the_call_stands_is_busy_and_no_error():
    lab, alice, bob = alone()
    bob.rejects(486)
    session, heard = alice.session()
    session.makeCall(BOB)
    lab.run()
    assert heard.names == ["onCalling", "onCallBusy"]
    bob.rejects(600)
    session.makeCall(BOB)
    lab.run()
    assert heard.names[2:] == ["onCalling", "onError"]


@pytest.mark.covers("AN37")
@pytest.mark.parametrize("status", [180, 181, 182, 183])
def test_any_18x_is_ringing_back_once(status: int):
    lab, alice, bob = alone()

    def rings(call):
        call.ring(status)
        yield lab.env.timeout(0.5)
        call.ring(180)
        yield lab.env.timeout(0.5)
        call.answer()

    bob.on_call = rings
    session, heard = alice.session()
    session.makeCall(BOB)
    lab.run()
    assert heard.names == ["onCalling", "onRingingBack", "onCallEstablished"]
    assert caused_by(lab.trace, callbacks(lab.trace, "onRingingBack")[0]).status == status
    session.endCall()
    lab.run()


@pytest.mark.covers("AN32", "AN51")
def test_what_does_not_fit_the_state_is_an_error_and_sends_nothing():
    lab, alice, _bob = alone()
    session, heard = alice.session()
    for act in (session.endCall, lambda: session.answerCall(None, 5), lambda: session.changeCall(SD.format("0"), 5)):
        act()
        lab.run()
        assert heard.codes()[-1] == SipErrorCode.IN_PROGRESS and "READY_TO_CALL" in heard.told[-1][1][2]
    assert wire(lab.trace) == []
    session.makeCall(BOB)
    lab.run()
    assert session.isInCall()
    sent, before = len(wire(lab.trace)), len(heard.told)
    for act in (
        lambda: session.makeCall(BOB), lambda: session.register(60), session.unregister,
        lambda: session.answerCall(None, 5),
    ):  # fmt: skip
        act()
        lab.run()
    assert heard.codes()[-4:] == [SipErrorCode.IN_PROGRESS] * 4 and len(heard.told) == before + 4
    assert len(wire(lab.trace)) == sent and session.isInCall()
    with pytest.raises(NullPointerException, match="callee"):
        session.makeCall(None)
    session.endCall()
    lab.run()


@pytest.mark.covers("AN32", "AN34")
def test_register_and_unregister():
    lab, alice, _bob = alone()
    session, heard = alice.session()
    states = watched(lab, session)
    session.register(120)
    lab.run()
    session.unregister()
    lab.run()
    assert [(name, arguments[1:]) for name, arguments in heard.told] == [
        ("onRegistering", ()), ("onRegistrationDone", (120,)), ("onRegistering", ()), ("onRegistrationDone", (-1,)),
    ]  # fmt: skip
    assert states == [0, State.REGISTERING, 0, State.DEREGISTERING, 0]
    assert [message.expires for message in messages(lab.trace, "REGISTER", "alice")] == [120, 0]
    assert said(caused_by(lab.trace, callbacks(lab.trace, "onRegistrationDone")[0])) == "200 REGISTER"


@pytest.mark.covers("AN34", "AN60")
def test_a_registration_fails_or_times_out_after_five_seconds():
    lab, alice, _bob = alone()
    proxy = lab.elements["proxy"]
    session, heard = alice.session()
    proxy.crash()
    session.register(60)
    lab.run(until=40.0)
    (timeout,) = callbacks(lab.trace, "onRegistrationTimeout")
    assert timeout.time == pytest.approx(5.0) and heard.names == ["onRegistering", "onRegistrationTimeout"]
    assert session.getState() == State.READY_TO_CALL
    proxy.restart()
    session.register(10)
    lab.run()
    assert heard.names[2:] == ["onRegistering", "onRegistrationDone"]


@pytest.mark.covers("AN60")
def test_cancel_and_bye_wait_three_seconds_for_their_answers():
    lab, alice, bob = alone()
    bob.ignores()
    session, heard = alice.session()
    session.makeCall(BOB)
    lab.run(until=1.0)
    lab.elements["proxy"].crash()
    session.endCall()
    lab.run(until=10.0)
    (error,) = callbacks(lab.trace, "onError")
    assert error.time == pytest.approx(4.0) and heard.codes() == [SipErrorCode.TIME_OUT]
    assert session.getState() == State.READY_TO_CALL

    lab, alice, bob = alone()
    session, heard = alice.session()
    session.makeCall(BOB)
    lab.run(until=3.0)
    bob.crash()
    lab.elements["proxy"].crash()
    states = watched(lab, session)
    session.endCall()
    lab.run(until=5.9)
    assert states[-1] == State.ENDING_CALL and heard.names[-1] == "onCallEnded"
    lab.run(until=6.1)
    assert session.getState() == State.READY_TO_CALL


@pytest.mark.covers("AN60", "AN31", "AN23")
def test_a_profile_that_keeps_alive_sends_options_in_calls_each_ten_seconds():
    lab, alice, bob = alone()
    heard = SessionHeard()
    builder = SipProfile.Builder("carol", "example.com").setSendKeepAlive(True)
    session = alice.manager.createSipSession(builder.build(), heard)
    session.makeCall(BOB)
    lab.run(until=35.0)
    sent = [r.time for r in lab.trace.select("sent", "carol") if said(r.message) == "OPTIONS"]
    assert sent == pytest.approx([11.04, 21.06, 31.08], abs=0.1)
    bob.crash()
    lab.run(until=90.0)
    assert heard.codes() == [SipErrorCode.TIME_OUT] and session.getState() == State.READY_TO_CALL


def test_the_timers_of_a_device_can_be_changed():
    lab, alice, _bob = alone()
    alice.context.timers.registration = 1.0
    lab.elements["proxy"].crash()
    session, heard = alice.session()
    session.register(60)
    lab.run(until=2.0)
    assert heard.names[-1] == "onRegistrationTimeout"


@pytest.mark.covers("AN32", "AN34")
def test_change_call_changes_codecs_and_direction():
    lab, alice, bob = alone()
    session, heard = alice.session()
    session.makeCall(BOB, SD.format("0"), 30)
    lab.run()
    assert [line for line in str(messages(lab.trace, "INVITE", "alice")[0].body).split("\\r\\n") if "m=" in line]
    session.changeCall(SD.format("8") + "a=sendonly\r\n", 30)
    assert session.getState() == State.OUTGOING_CALL
    lab.run()
    changed = messages(lab.trace, "INVITE", "alice")[-1].body.decode()
    assert "RTP/AVP 8" in changed and "a=sendonly" in changed
    assert heard.names[-1] == "onCallEstablished" and "a=recvonly" in heard.told[-1][1][1] and session.isInCall()
    bob.on_reinvite = lambda change: change.reject(488)
    session.changeCall(SD.format("0"), 30)
    lab.run()
    assert heard.names[-1] == "onCallChangeFailed" and heard.codes() == [SipErrorCode.PEER_NOT_REACHABLE]
    assert said(caused_by(lab.trace, callbacks(lab.trace, "onCallChangeFailed")[0])) == "488 INVITE"
    assert session.isInCall()
    session.endCall()
    lab.run()


@pytest.mark.covers("AN34")
def test_the_peers_change_rings_in_a_session_that_has_its_own_listener():
    lab, alice, bob = alone()
    session, heard = alice.session()
    session.makeCall(BOB)
    lab.run()
    bob.current_call.hold()
    lab.run(until=lab.env.now + 1.0)
    name, (told, caller, offered) = heard.told[-1]
    assert name == "onRinging" and told is session and "a=sendonly" in offered
    assert caller.getUriString() == "sip:bob@example.com" and session.getState() == State.INCOMING_CALL
    session.answerCall(None, 5)
    lab.run()
    assert heard.names[-1] == "onCallEstablished" and session.isInCall()
    bob.current_call.resume()
    lab.run(until=lab.env.now + 1.0)
    session.endCall()  # no, it shall stay as it is
    lab.run()
    assert "alice>bob 486 INVITE" in wire(lab.trace) or "alice>proxy 486 INVITE" in wire(lab.trace)
    assert session.isInCall()
    session.endCall()
    lab.run()


@pytest.mark.covers("AN33")
def test_only_the_last_listener_is_told():
    lab, alice, _bob = alone()
    session, first = alice.session()
    second = SessionHeard()
    session.setListener(second)
    session.makeCall(BOB)
    lab.run()
    assert first.told == [] and second.names[-1] == "onCallEstablished"
    session.setListener(None)
    session.endCall()
    lab.run()
    assert second.names[-1] == "onCallEstablished"


@pytest.mark.covers("AN57")
def test_video_is_refused():
    lab, alice, _bob = alone()
    session, heard = alice.session()
    for act in (lambda: session.makeCall(BOB, VIDEO, 5), lambda: session.answerCall(VIDEO, 5),
                lambda: session.changeCall(VIDEO, 5)):  # fmt: skip
        with pytest.raises(IllegalArgumentException, match="video"):
            act()
    with pytest.raises(IllegalArgumentException, match="sessionDescription"):
        session.makeCall(BOB, "no description", 5)
    lab.run()
    assert wire(lab.trace) == [] and heard.told == []


@pytest.mark.covers("AN57")
def test_a_caller_with_a_camera_gets_audio_only():
    lab, _alice, _bob = two()
    camera = lab.user_agent("sip:carol@example.com", video=["H264"])
    call = camera.call("sip:bob@example.com")
    lab.run()
    answer = messages(lab.trace, "200 INVITE", "bob")[0].body.decode()
    assert "m=video 0 " in answer and [stream.kind for stream in call.streams if stream.remote[1]] == ["audio"]
    call.hang_up()
    lab.run()


@pytest.mark.covers("AN52")
@pytest.mark.parametrize(
    "status",
    [
        403,
        404,
        406,
        410,
        480,
        488,
        414,
        484,
        485,
        400,
        408,
        482,
        500,
        501,
        503,
        505,
        600,
        603,
        604,
        606,
        pytest.param(405, marks=pytest.mark.breaks("EXT-10")),
        pytest.param(420, marks=pytest.mark.breaks("EXT-08")),
    ],
)
def test_a_refusal_has_the_code_of_its_status(status: int):
    """The table, and each row of it by a call that is refused so."""
    expected = {414: SipErrorCode.INVALID_REMOTE_URI, 484: SipErrorCode.INVALID_REMOTE_URI,
                485: SipErrorCode.INVALID_REMOTE_URI, 408: SipErrorCode.TIME_OUT}  # fmt: skip
    expected |= dict.fromkeys((403, 404, 406, 410, 480, 488), SipErrorCode.PEER_NOT_REACHABLE)
    code = expected.get(status, SipErrorCode.SERVER_ERROR if status >= 500 else SipErrorCode.CLIENT_ERROR)
    assert SipErrorCode.ofStatus(status) == code
    lab, alice, bob = alone()
    bob.rejects(status)
    session, heard = alice.session()
    session.makeCall(SipProfile.Builder(f"bob@{bob.host_port}").build())
    lab.run()
    assert heard.codes() == [code] and reason_phrase(status) in heard.told[-1][1][2]
