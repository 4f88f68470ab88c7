"""States of connections, what ends with them, and the numbers of all errors."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import Wire, messages, said, times, wire
from symbian_bench import Phone, left, pair

from sipsim.apis import symbian
from sipsim.apis.symbian import CSIPConnection, CSIPDialog, CSIPInviteDialogAssoc, CSIPRefresh
from sipsim.lab.lab import Lab
from sipsim.message.presence import Presence, Tuple

SDP = b"v=0\r\no=a 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n"


@pytest.mark.covers("SY11", "SY30", "SY10")
def test_each_change_of_state_is_told_once_and_its_reason_asked_for():
    lab, phone, _ = pair()
    bearer, connection = phone.stack.bearer, phone.connection
    steps = (
        ("suspended", 0, "ESuspended"), ("up", 0, "EActive"), ("down", symbian.KErrSIPTransportFailure, "EInactive"),
        ("up", 0, "EActive"), ("gone", symbian.KErrNotFound, "EUnavailable"),
    )  # fmt: skip
    for state, error, name in steps:
        for _ in range(2):  # the second time is no change
            bearer.set(state, error)
            lab.run(until=lab.env.now + 1.0)
        assert connection.State().name == name and connection.GetConnectionError() == error
        assert phone.app.told[-1][1:] == ("ConnectionStateChanged", (connection.State(),))
    assert phone.app.names == ["ConnectionStateChanged"] * 6  # with the first EActive
    assert left(bearer.set, "asleep") == symbian.KErrNotSupported


STATES = {
    CSIPConnection: (1, "EInit EActive ESuspended EInactive EUnavailable"),
    CSIPDialog: (0, "EInit EEarly EConfirmed ETerminated"),
    CSIPRefresh: (0, "EInactive EActive ETerminated"),
    symbian.CSIPTransactionBase: (0, "ETrying ECalling EProceeding ECompleted EConfirmed ETerminated"),
}


@pytest.mark.covers("SY11", "SY51", "SY61", "SY80")
def test_states_have_the_numbers_of_the_original():
    """A connection's states count from 1, all others from 0."""
    for kind, (first, names) in STATES.items():
        expected = {name: number for number, name in enumerate(names.split(), first)}
        assert {state.name: int(state) for state in kind.TState} == expected  # type: ignore[attr-defined]
        assert {name: int(getattr(kind, name)) for name in expected} == expected


@pytest.mark.covers("SY29", "SY80")
def test_what_others_asked_for_ends_with_the_connection_too():
    """All transactions that use the connection are terminated, those of requests that arrived as well."""
    lab, phone, bob = pair()
    to = f"sip:alice@{phone.stack.host_port}"
    call = bob.call(to)
    call.answered.defused = True
    bob.message(to, "hi").defused = True
    lab.run(until=lab.env.now + 0.2)
    waiting = [what[0] for _, name, what in phone.app.told if name == "IncomingRequest"]
    assert [(one.Type(), one.State().name) for one in waiting] == [("INVITE", "EProceeding"), ("MESSAGE", "ETrying")]
    phone.stack.bearer.set("down")
    for transaction in waiting:
        assert transaction.State() is transaction.ETerminated and not transaction.ResponseAllowed()
        assert left(transaction.SendResponseL, symbian.CSIPResponseElements(200)) == symbian.KErrCouldNotConnect
        transaction.Delete()
    call.hang_up()
    lab.run(until=lab.env.now + 100.0)
    assert phone.app.names[-1] == "ConnectionStateChanged" and "TimedOut" not in phone.app.names


@pytest.mark.covers("SY29", "SY12")
@pytest.mark.parametrize("state", ["down", "gone"])
def test_registration_call_subscription_and_refreshes_end_with_the_connection_by_one_callback(state: str):
    lab = Lab(seed=7)
    lab.proxy("example.com")
    bob = lab.user_agent("sip:bob@example.com", answers=0.1)
    bob.register()
    phone = Phone(lab)
    phone.app.reply = 200
    binding = phone.bind(refresh=True, aExpires=100)
    binding.RegisterL()
    call = CSIPInviteDialogAssoc(phone.connection, "sip:bob@example.com")
    invite = call.SendInviteL(symbian.CSIPMessageElements((), SDP, "application/sdp"))
    subscription = symbian.CSIPSubscribeDialogAssoc(phone.connection, "sip:bob@example.com")
    subscription.SendSubscribeL(None, CSIPRefresh(), 100)
    lab.run(until=1.2)
    call.SendAckL(invite)
    lab.run(until=2.0)
    assert binding.IsContextActive() and len(phone.stack.dialogs) == 2 and len(phone.stack.refreshes) == 2
    pending, told = phone.message(), len(phone.app.told)
    phone.stack.bearer.set(state)
    sent = len(times(lab.trace, "REGISTER", "alice"))
    lab.run(until=200.0)
    assert phone.app.names[told:] == ["ConnectionStateChanged"]
    assert not binding.IsContextActive() and binding.SIPRefresh().State() is CSIPRefresh.ETerminated  # type: ignore[union-attr]
    assert subscription.SIPRefresh().State() is CSIPRefresh.ETerminated  # type: ignore[union-attr]
    assert {one.Dialog().State() for one in (call, subscription)} == {CSIPDialog.ETerminated}
    assert not phone.stack.dialogs and not phone.stack.refreshes
    assert len(times(lab.trace, "REGISTER", "alice")) == sent and "alice>proxy MESSAGE" not in wire(lab.trace)
    for act in (phone.message, binding.RegisterL, call.SendByeL, subscription.SendUnsubscribeL):
        assert left(act) == symbian.KErrCouldNotConnect
    for transaction in (pending, invite):
        transaction.Delete()
    bob.hang_up()
    lab.run(until=240.0)


@pytest.mark.covers("SY32", "SY07")
def test_what_a_connection_can_be_asked_for():
    lab = Lab(seed=7)
    lab.registrar("example.com")
    phone = Phone(lab, iaps=(1, 2))
    connection = phone.connection
    second = CSIPConnection.NewL(phone.csip, 2, phone.app)
    lab.run(until=2.0)
    assert (connection.IapId(), second.IapId()) == (1, 2)
    assert connection.GetLocalAddr() == phone.stack.address.host != second.GetLocalAddr()
    binding = phone.bind(aExpires=60)
    assert connection.FetchRegistrationsL() == ()
    binding.RegisterL()
    lab.run(until=3.0)
    assert connection.FetchRegistrationsL() == (binding,) and second.FetchRegistrationsL() == ()
    lab.run(until=70.0)
    assert connection.FetchRegistrationsL() == ()  # it has lapsed
    connection.SetOptL("IP_TOS", 46)
    assert connection.options == {"IP_TOS": 46} and second.options == {}
    phone.stack.bearer.set("suspended")
    assert left(connection.GetLocalAddr) == left(connection.SetOptL, "IP_TOS", 0) == symbian.KErrCouldNotConnect


@pytest.mark.covers("SY54", "SY28")
def test_a_second_423_is_the_last_word():
    lab = Lab(seed=7)
    phone, peer = Phone(lab), Wire(lab)

    def brief(got: Any) -> None:
        head = "".join(f"{name}: {got.header(name)}\n" for name in ("Via", "From", "Call-ID", "CSeq"))
        least = 60 * len(peer.heard)
        more = f"To: {got.header('To')};tag=p\nMin-Expires: {least}\nContent-Length: 0\n\n"
        peer.send(f"SIP/2.0 423 Interval Too Brief\n{head}{more}", phone.stack)

    peer.on_message = brief
    binding = symbian.CSIPRegistrationBinding(
        phone.connection, "sip:alice@example.com", f"sip:{peer.address}", None, CSIPRefresh(), aExpires=30
    )
    transaction = binding.RegisterL()
    lab.run(until=60.0)
    assert [m.contacts[0].expires for m in messages(lab.trace, "REGISTER", "alice")] == [30, 60]
    assert phone.app.names[1:] == ["IncomingResponse 423"] and transaction.status == 423
    assert not binding.IsContextActive() and binding.SIPRefresh().State() is CSIPRefresh.ETerminated  # type: ignore[union-attr]


@pytest.mark.covers("SY62", "SY64")
def test_a_subscription_outlives_the_call_whose_dialog_it_shares():
    lab, phone, bob = pair()
    bob.answers = 0.1
    bob.tells("presence", Presence("sip:bob@example.com", (Tuple("desk", "open", "sip:bob@example.com"),)))
    phone.app.reply = 200
    call = CSIPInviteDialogAssoc(phone.connection, "sip:bob@example.com")
    invite = call.SendInviteL(symbian.CSIPMessageElements((), SDP, "application/sdp"))
    lab.run(until=lab.env.now + 0.2)
    call.SendAckL(invite)
    dialog = call.Dialog()
    subscription = symbian.CSIPSubscribeDialogAssoc(dialog)
    subscription.SendSubscribeL(None, None, 600)
    lab.run(until=lab.env.now + 1.0)
    call.SendByeL()
    lab.run(until=lab.env.now + 1.0)
    assert dialog.State() is CSIPDialog.EConfirmed  # the dialog stands, its call is over
    for act in (call.SendByeL, call.SendInviteL, call.SendUPDATEL):
        assert left(act) == symbian.KErrSIPInvalidDialogState
    subscription.SendUnsubscribeL()
    lab.run(until=lab.env.now + 1.0)
    last = [said(m) for m in messages(lab.trace, "SUBSCRIBE", "alice")]
    assert len(last) == 2 and dialog.State() is CSIPDialog.ETerminated and not phone.stack.dialogs


@pytest.mark.covers("SY62", "SY66")
def test_the_end_of_one_subscription_in_a_dialog_is_not_that_of_another():
    lab, phone, bob = pair()
    bob.answers = 0.1
    for event in ("presence", "dialog"):
        bob.tells(event, Presence("sip:bob@example.com", ()))
    phone.app.reply = 200
    first = symbian.CSIPSubscribeDialogAssoc(phone.connection, "sip:bob@example.com", aEvent="presence")
    first.SendSubscribeL(None, CSIPRefresh(), 600)
    lab.run(until=lab.env.now + 1.0)
    second = symbian.CSIPSubscribeDialogAssoc(first.Dialog(), aEvent="dialog")
    second.SendSubscribeL(None, CSIPRefresh(), 600)
    lab.run(until=lab.env.now + 1.0)
    (watch,) = [one for one in bob.watches if one.event.value == "dialog"]
    watch.end("noresource")
    lab.run(until=lab.env.now + 1.0)
    assert first.SIPRefresh().State() is CSIPRefresh.EActive and second.SIPRefresh().State() is CSIPRefresh.ETerminated
    assert first.Dialog().State() is CSIPDialog.EConfirmed
    assert left(second.SendSubscribeL) == symbian.KErrSIPInvalidDialogState
    first.SendUnsubscribeL()
    lab.run(until=lab.env.now + 1.0)
    assert first.Dialog().State() is CSIPDialog.ETerminated


NUMBERS = {
    "KErrNone": 0, "KErrNotFound": -1, "KErrNotSupported": -5, "KErrArgument": -6, "KErrAlreadyExists": -11,
    "KErrInUse": -14, "KErrNotReady": -18, "KErrTimedOut": -33, "KErrCouldNotConnect": -34,
    "KErrPermissionDenied": -46, "KErrSIPMalformedMessage": -17700, "KErrSIPInvalidRegistrarResponse": -17701,
    "KErrSIPRequestPending": -17702, "KErrSIPInvalidTransactionState": -17703, "KErrSIPInvalidDialogState": -17704,
    "KErrSIPInvalidDialogRequest": -17705, "KErrSIPInvalidDialogResponse": -17706, "KErrSIPTransportFailure": -17707,
    "KErrSIPNoAckReceived": -17708, "KErrSIPInvalidRegistrationState": -17709, "KErrSIPInvalidContact": -17710,
    "KErrSIPResourceNotAvailable": -17711, "KErrSIPResolvingFailure": -17712, "KErrSIPForbidden": -17713,
    "KErrSIPMaxCompartmentsInUse": -17714, "KErrSIPTerminatedWithResponse": -17715,
    "KErrSIPOutboundProxyNotResponding": -17716, "KErrSIPInvalidURIType": -17717, "KErrSIPICMPFailure": -17718,
}  # fmt: skip


@pytest.mark.covers("SY100")
def test_every_error_has_the_originals_number_and_says_its_name():
    assert {name: getattr(symbian, name) for name in NUMBERS} == NUMBERS
    assert {name for name in dir(symbian) if name.startswith("KErr")} == set(NUMBERS)
    for name, number in NUMBERS.items():
        leave = symbian.Leave(number, "why.")
        assert (leave.code, leave.name, str(leave)) == (number, name, f"{name} ({number}): why.")
