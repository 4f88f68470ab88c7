"""Registrations: in which order their listener hears what, how they are kept up, and all codes of errors."""

from __future__ import annotations

from itertools import pairwise

import pytest
from android_bench import CallHeard, Device, RegistrationHeard, alone, callbacks, caused_by, two
from bench_pair import messages, said, times, wire

from sipsim.apis.android import SipErrorCode, SipException, SipProfile, SipSession
from sipsim.lab.lab import Lab
from sipsim.message.codes import reason_phrase

State = SipSession.State


def registered(seed: int = 3, **proxy: object) -> tuple[Lab, Device, RegistrationHeard]:
    lab = Lab(seed=seed)
    lab.proxy("example.com", **proxy)
    alice, heard = Device(lab, "alice", auto=True), RegistrationHeard()
    alice.open(heard)
    return lab, alice, heard


@pytest.mark.covers("AN50", "AN59")
def test_open_removes_old_bindings_binds_and_tells_its_listener_in_order():
    lab, alice, heard = registered()
    old = lab.user_agent("sip:alice@example.com", "old")
    lab.elements["proxy"].location.add(alice.uri, old.contact_uri)
    lab.run(until=1.0)
    assert heard.told == [("onRegistering", (alice.uri,)), ("onRegistrationDone", (alice.uri, 3600))]
    first, second = messages(lab.trace, "REGISTER", "alice")
    assert first.header("Contact") == "*" and first.expires == 0 and second.expires == 3600
    (binding,) = lab.elements["proxy"].location.look_up(alice.uri, lab.env.now)
    assert binding.contact.host == alice.agent.address.host
    done = callbacks(lab.trace, "onRegistrationDone")[0]
    assert said(lab.trace[done.cause].message) == "200 REGISTER"


@pytest.mark.covers("AN59", "R4")
def test_a_registration_is_renewed_half_way_but_not_within_a_minute():
    lab, _alice, heard = registered()
    lab.run(until=4000.0)
    at = times(lab.trace, "REGISTER", "alice")
    assert at[2:] == pytest.approx([1800.02, 3600.03], abs=0.1) and heard.names.count("onRegistrationDone") == 3
    lab, _alice, heard = registered(max_expires=90)
    lab.run(until=200.0)
    assert times(lab.trace, "REGISTER", "alice")[2:] == pytest.approx([60.02, 120.03, 180.04], abs=0.1)


@pytest.mark.covers("AN59", "AN51")
def test_failures_are_tried_again_after_10_20_40_seconds_and_so_on():
    lab, alice, heard = registered()
    alice.context.timers.expiry = 60
    proxy = lab.elements["proxy"]
    proxy.on_request = lambda exchange, request: proxy.reply(exchange, 500)
    lab.run(until=300.0)
    pauses = [after - before for before, after in pairwise(times(lab.trace, "REGISTER", "alice"))]
    assert pauses == pytest.approx([10, 20, 40, 60, 60, 60], abs=0.1)
    assert set(heard.codes()) == {SipErrorCode.SERVER_ERROR}


@pytest.mark.covers("AN59", "AN51", "AN52")
@pytest.mark.parametrize(
    ("realm", "code"),
    [(None, SipErrorCode.INVALID_CREDENTIALS), ("elsewhere.net", SipErrorCode.CROSS_DOMAIN_AUTHENTICATION)],
)
def test_a_wrong_password_is_not_tried_again(realm: str | None, code: int):
    lab, alice, heard = registered(users={"alice": "another"}, **({"realm": realm} if realm else {}))
    lab.run(until=100.0)
    assert heard.names == ["onRegistering", "onRegistrationFailed"] and heard.codes() == [code]
    assert len(times(lab.trace, "REGISTER", "alice")) == 3 and not alice.manager.isRegistered(alice.uri)


@pytest.mark.covers("AN52", "AN51")
@pytest.mark.parametrize(("tries", "sent"), [(None, 3), (1, 2)])
def test_a_password_that_is_refused_is_sent_once_more_unless_the_device_obeys_the_rfc(tries: int | None, sent: int):
    lab = Lab(seed=3)
    lab.proxy("example.com", users={"alice": "another", "bob": "b"})
    alice = Device(lab, "alice")
    assert alice.context.password_tries == 2
    alice.context.password_tries = tries or alice.context.password_tries
    session, heard = alice.session()
    session.register(60)
    lab.run()
    asked = messages(lab.trace, "REGISTER", "alice")
    answers = [message.header("Authorization") for message in asked]
    assert len(asked) == sent and answers[0] is None and len(set(answers)) == sent
    assert len(messages(lab.trace, "401 REGISTER", "proxy")) == sent
    assert heard.names == ["onRegistering", "onRegistrationFailed"]
    assert heard.codes() == [SipErrorCode.INVALID_CREDENTIALS]
    call, told = alice.call()
    lab.run()
    assert len(messages(lab.trace, "INVITE", "alice")) == sent and told.names == ["onCalling", "onError"]
    assert told.codes() == [SipErrorCode.INVALID_CREDENTIALS] and not call.isInCall()


@pytest.mark.covers("AN52", "AN51")
@pytest.mark.breaks("AUT-01")
def test_a_challenge_that_nobody_could_answer_is_a_servers_error():
    lab = Lab(seed=3)
    proxy = lab.proxy("example.com")
    proxy.on_request = lambda exchange, request: proxy.reply(exchange, 401)  # type: ignore[method-assign]
    session, heard = Device(lab, "alice").session()
    session.register(60)
    lab.run()
    assert heard.names == ["onRegistering", "onRegistrationFailed"] and heard.codes() == [SipErrorCode.SERVER_ERROR]


@pytest.mark.covers("AN59", "AN51")
def test_a_server_that_nobody_knows_is_not_tried_again():
    lab = Lab(seed=3)
    alice, heard = Device(lab, "alice", auto=True), RegistrationHeard()
    alice.open(heard)
    lab.run(until=100.0)
    assert heard.codes() == [SipErrorCode.SERVER_UNREACHABLE] and wire(lab.trace) == []


@pytest.mark.covers("AN60", "AN51", "AN50")
def test_no_answer_within_five_seconds_is_a_timeout():
    lab, alice, heard = registered()
    lab.elements["proxy"].crash()
    lab.run(until=6.0)
    assert heard.told[1] == ("onRegistrationFailed", (alice.uri, SipErrorCode.TIME_OUT, "the registration timed out"))
    assert callbacks(lab.trace, "onRegistrationFailed")[0].time == pytest.approx(5.0)
    lab.elements["proxy"].restart()
    lab.run(until=60.0)
    assert heard.names[-1] == "onRegistrationDone" and alice.manager.isRegistered(alice.uri)


@pytest.mark.covers("AN06")
def test_a_listener_that_comes_later_hears_at_once_how_things_stand():
    lab, alice, first = registered()
    lab.run(until=0.001)
    second, third = RegistrationHeard(), RegistrationHeard()
    alice.manager.setRegistrationListener(alice.uri, second)
    lab.run(until=0.002)
    assert second.names == ["onRegistering"]
    lab.run(until=600.0)
    assert second.names == ["onRegistering", "onRegistrationDone"] and first.names == ["onRegistering"]
    alice.manager.setRegistrationListener(alice.uri, third)
    assert third.told == []
    lab.run(until=600.1)
    assert third.told == [("onRegistrationDone", (alice.uri, 3000))]  # seconds that are left
    alice.manager.setRegistrationListener("sip:nobody@example.com", third)

    lab, alice, first = registered(users={"alice": "another"})
    lab.run(until=1.0)
    alice.manager.setRegistrationListener(alice.uri, second := RegistrationHeard())
    lab.run(until=1.1)
    assert second.told == [first.told[-1]] and second.codes() == [SipErrorCode.INVALID_CREDENTIALS]


@pytest.mark.covers("AN02", "AN11", "AN08")
def test_registering_by_hand():
    lab = Lab(seed=3)
    server = lab.proxy("example.com")
    alice, heard = Device(lab, "alice"), RegistrationHeard()
    alice.open()
    alice.manager.register(alice.profile, 120, heard)
    lab.run()
    assert heard.told == [("onRegistering", (alice.uri,)), ("onRegistrationDone", (alice.uri, 120))]
    assert alice.manager.isRegistered(alice.uri) and server.location.look_up(alice.uri, lab.env.now)
    alice.manager.unregister(alice.profile, heard)
    lab.run()
    assert heard.told[2:] == [("onRegistering", (alice.uri,)), ("onRegistrationDone", (alice.uri, -1))]
    assert not alice.manager.isRegistered(alice.uri) and not server.location.look_up(alice.uri, lab.env.now)


@pytest.mark.covers("AN11")
def test_by_hand_and_by_itself_come_in_each_others_way():
    lab, alice, _heard = registered()
    lab.run(until=1.0)
    alice.manager.unregister(alice.profile, None)
    lab.run(until=2.0)
    assert not alice.manager.isRegistered(alice.uri)
    lab.run(until=1801.0)
    assert alice.manager.isRegistered(alice.uri)


@pytest.mark.covers("AN55", "AN51", "AN02")
def test_without_a_data_connection_there_is_no_sip():
    lab, alice, bob = two()
    auto = Device(lab, "carol", auto=True)
    heard = RegistrationHeard()
    auto.open(heard)
    call, told = alice.call()
    lab.run(until=2.0)
    for device in (alice, auto):
        device.context.network.set_connected(False)
        device.context.network.set_connected(False)
    sent = len(wire(lab.trace))
    lab.run(until=10.0)
    assert told.codes() == [SipErrorCode.DATA_CONNECTION_LOST] == heard.codes()
    assert len(wire(lab.trace)) == sent and not call.isInCall()
    with pytest.raises(SipException, match="no data connection"):
        alice.call()
    for device in (alice, auto):
        device.context.network.set_connected(True)
    lab.run(until=12.0)
    assert heard.names[-2:] == ["onRegistering", "onRegistrationDone"]
    again, told = alice.call(auto.uri)
    lab.run(until=14.0)
    assert again.isInCall()
    again.endCall()
    for taken in bob.receiver.calls:
        taken.endCall()
    lab.run(until=20.0)


@pytest.mark.covers("AN56", "AN51")
def test_each_side_needs_an_account():
    lab = Lab(seed=3)
    lab.proxy("example.com", users={"alice": "secret"})
    alice, mallory = Device(lab, "alice"), Device(lab, "mallory")
    alice.open()
    mallory.open()
    _call, heard = alice.call("sip:nobody@example.com")
    lab.run()
    assert heard.codes() == [SipErrorCode.PEER_NOT_REACHABLE]
    _call, heard = mallory.call("sip:alice@example.com")
    lab.run()
    assert heard.codes() == [SipErrorCode.INVALID_CREDENTIALS]


def failing(name: str) -> list[int]:
    """The codes that the listener of a call hears, which goes wrong in the way of a code's name."""
    lab, alice, bob = alone()
    answers = {"SERVER_ERROR": 500, "INVALID_REMOTE_URI": 484, "PEER_NOT_REACHABLE": 480, "CLIENT_ERROR": 420}
    to = "sip:bob@example.com"
    if name in answers:
        bob.rejects(answers[name])
    elif name == "SOCKET_ERROR":
        to = f"sip:bob@{alice.agent.address.host}:5999"
    elif name == "SERVER_UNREACHABLE":
        to = "sip:bob@nowhere.example.org"
    elif name == "TIME_OUT":
        bob.crash()
    call, heard = alice.call(to, 20)
    lab.run(until=60.0)
    if name == "NO_ERROR":
        assert call.isInCall()
        call.endCall()
        lab.run()
    return heard.codes()


@pytest.mark.covers("AN51")
@pytest.mark.parametrize(
    "name",
    ["NO_ERROR", "SERVER_ERROR", "INVALID_REMOTE_URI", "PEER_NOT_REACHABLE", "SOCKET_ERROR", "SERVER_UNREACHABLE",
     "TIME_OUT", pytest.param("CLIENT_ERROR", marks=pytest.mark.breaks("EXT-08"))],
)  # fmt: skip
def test_a_call_fails_with_each_code(name: str):
    assert failing(name) == ([] if name == "NO_ERROR" else [getattr(SipErrorCode, name)])


@pytest.mark.covers("AN51")
def test_an_answer_that_nobody_acknowledges_is_a_terminated_transaction():
    lab, alice, bob = two(takes=False)
    lab.network.drop("ACK", times=100)
    alice.call()
    lab.run(until=1.0)
    heard = CallHeard()
    bob.manager.takeAudioCall(bob.receiver.intents[0], heard).answerCall(0)
    lab.run()
    assert heard.codes() == [SipErrorCode.TRANSACTION_TERMINTED]


@pytest.mark.covers("AN51", "R12")
def test_codes_have_the_numbers_and_names_of_the_original():
    """R12: the misspelling of the original, and the name that was meant."""
    names = (
        "NO_ERROR", "SOCKET_ERROR", "SERVER_ERROR", "TRANSACTION_TERMINTED", "CLIENT_ERROR", "TIME_OUT",
        "INVALID_REMOTE_URI", "PEER_NOT_REACHABLE", "INVALID_CREDENTIALS", "IN_PROGRESS", "DATA_CONNECTION_LOST",
        "CROSS_DOMAIN_AUTHENTICATION", "SERVER_UNREACHABLE",
    )  # fmt: skip
    assert [getattr(SipErrorCode, name) for name in names] == [-number for number in range(13)]
    assert [SipErrorCode.toString(-number) for number in range(13)] == list(names)
    assert SipErrorCode.TRANSACTION_TERMINATED == -3 and SipErrorCode.toString(7) == "UNKNOWN"


@pytest.mark.covers("AN24")
def test_no_message_of_a_registration_has_the_password_in_clear():
    lab, _alice, _ = registered(users={"alice": "secret"})
    lab.run(until=1.0)
    assert SipProfile.Builder("alice", "example.com").setPassword("secret").build().getPassword() == "secret"
    assert all("secret" not in str(bytes(record.message)) for record in lab.trace.select("sent"))


@pytest.mark.covers("AN34", "AN32")
@pytest.mark.parametrize(
    ("status", "code"),
    [(403, SipErrorCode.PEER_NOT_REACHABLE), (500, SipErrorCode.SERVER_ERROR), (400, SipErrorCode.CLIENT_ERROR)],
)
def test_a_bare_session_hears_that_its_registration_failed(status: int, code: int):
    lab, alice, _bob = alone()
    proxy = lab.elements["proxy"]
    proxy.on_request = lambda exchange, request: proxy.reply(exchange, status)
    for act, state in (("register", State.REGISTERING), ("unregister", State.DEREGISTERING)):
        session, heard = alice.session()
        getattr(session, act)(*([60] if act == "register" else []))
        assert session.getState() == state
        lab.run()
        assert heard.names == ["onRegistering", "onRegistrationFailed"] and session.getState() == State.READY_TO_CALL
        told, error, words = heard.told[1][1]
        assert told is session and error == code and words == f"{reason_phrase(status)} ({status})"
        (failed,) = list(callbacks(lab.trace, "onRegistrationFailed"))[-1:]
        assert said(caused_by(lab.trace, failed)) == f"{status} REGISTER"


@pytest.mark.covers("AN32", "AN55", "AN51")
def test_a_session_asks_for_nothing_where_there_is_no_data_connection():
    lab, alice, _bob = alone()
    session, heard = alice.session()
    alice.context.network.set_connected(False)
    bob = SipProfile.Builder("bob", "example.com").build()
    for act in (lambda: session.register(60), session.unregister, lambda: session.makeCall(bob), session.endCall):
        act()
        lab.run()
        assert heard.names[-1] == "onError" and heard.codes()[-1] == SipErrorCode.DATA_CONNECTION_LOST
        assert "no data connection" in heard.told[-1][1][2] and session.getState() == State.READY_TO_CALL
    assert len(heard.told) == 4 and wire(lab.trace) == []
    alice.context.network.set_connected(True)
    session.makeCall(bob)
    lab.run()
    assert session.isInCall()
    session.endCall()
    lab.run()


@pytest.mark.covers("AN34", "AN55")
def test_a_bare_session_that_registers_hears_that_the_connection_is_lost():
    lab, alice, _bob = alone()
    session, heard = alice.session()
    session.register(60)
    lab.run(until=0.001)
    alice.context.network.set_connected(False)
    lab.run()
    assert heard.names == ["onRegistering", "onRegistrationFailed"]
    assert heard.codes() == [SipErrorCode.DATA_CONNECTION_LOST] and session.getState() == State.READY_TO_CALL
