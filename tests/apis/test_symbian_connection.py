"""CSIP, CSIPConnection and requests alone: starting, sending, receiving, errors, closing."""

from __future__ import annotations

import pytest
from bench_pair import Wire, messages, request, said, times, wire
from symbian_bench import App, Phone, left, pair

from sipsim.apis import symbian
from sipsim.apis.symbian import CSIP, CSIPConnection, CSIPRequestElements, CSIPResponseElements
from sipsim.lab.lab import Lab


@pytest.mark.covers("SY01", "SY02", "SY10", "SY11")
def test_the_server_starts_with_its_first_application_and_each_has_one_csip():
    lab = Lab(seed=7)
    server = symbian.SIPServer(lab, "sip:alice@example.com", iaps=(1, 2), start_up=0.3)
    one, two = App(lab), App(lab)
    csip = CSIP.NewL(1, one, server)
    assert left(CSIP.NewL, 1, one, server) == symbian.KErrAlreadyExists
    connection = CSIPConnection.NewL(csip, 1, one)
    assert connection.State() is CSIPConnection.EInit == 1
    lab.run(until=2.0)
    other = CSIPConnection.NewL(CSIP.NewL(2, two, server), 2, two)
    lab.run(until=4.0)
    assert one.told == [(0.3, "ConnectionStateChanged", (CSIPConnection.EActive,))]
    assert two.told == [(2.001, "ConnectionStateChanged", (CSIPConnection.EActive,))]
    assert connection.State() is other.State() is CSIPConnection.EActive
    assert len([note for note in lab.trace.select("note") if "server starts" in note.data["text"]]) == 1
    with pytest.raises(symbian.Leave, match="MSIPConnectionObserver"):
        CSIPConnection.NewL(csip, 2, object())  # type: ignore[arg-type]


@pytest.mark.covers("SY05", "SY13", "R21")
def test_each_connection_of_an_application_has_an_access_point_of_its_own():
    lab, phone, _ = pair(iaps=(1, 2))
    assert phone.csip.Connection(1) is phone.connection and phone.csip.connection(2) is None
    assert left(CSIPConnection.NewL, phone.csip, 1, phone.app) == symbian.KErrAlreadyExists
    second = CSIPConnection.NewL(phone.csip, 2, phone.app)
    lab.run()
    assert second.State() is CSIPConnection.EActive and second.GetLocalAddr() != phone.connection.GetLocalAddr()
    assert left(CSIPConnection.NewL, phone.csip, 3, phone.app) == symbian.KErrNotFound


@pytest.mark.covers("SY07")
def test_a_capability_that_is_missing_is_an_error_of_permission():
    lab = Lab(seed=7)
    server = symbian.SIPServer(lab, "sip:alice@example.com")
    app = App(lab)
    denied = symbian.KErrPermissionDenied
    with pytest.raises(symbian.Leave, match="WriteDeviceData"):
        CSIP.NewL(1, app, server, platform=("NetworkServices",))
    csip = CSIP.NewL(1, app, server, platform=("WriteDeviceData",))
    connection = CSIPConnection.NewL(csip, 1, app)
    lab.run(until=1.0)
    elements = CSIPRequestElements.NewL("sip:bob@example.com")
    elements.SetMethodL("MESSAGE")
    assert left(connection.SendRequestL, elements) == denied
    _, phone, _ = pair()
    phone.connection.SetOptL("tos", 4)
    phone.csip.platform = frozenset(("NetworkServices", "NetworkControl"))
    assert left(phone.connection.SetOptL, "tos", 4) == denied


@pytest.mark.covers("SY08", "SY81", "SY61")
def test_the_api_cannot_be_extended_and_makes_transactions_and_dialogs_itself():
    kinds = [getattr(symbian, name) for name in symbian.__all__ if name.startswith("CSIP")]
    assert len(kinds) == 17
    for kind in (*kinds, symbian.ProfileAgent, symbian.SIPServer):
        with pytest.raises(TypeError, match="cannot be extended"):
            type("Mine", (kind,), {"__module__": "mine"})
    _, phone, _ = pair()
    for make, arguments in (
        (symbian.CSIPClientTransaction, (None, phone.stack, "MESSAGE", None, None)),
        (symbian.CSIPServerTransaction, (None, phone.stack, phone, None, None)),
        (symbian.CSIPDialog, (None, phone.connection, None, None)),
    ):
        assert left(make, *arguments) == symbian.KErrNotSupported


@pytest.mark.covers("SY12", "SY25", "SY100")
def test_nothing_is_sent_unless_the_connection_is_active():
    lab, phone, _ = pair()
    phone.server.stacks[1].bearer.set("suspended")
    assert left(phone.message) == symbian.KErrCouldNotConnect
    phone.server.stacks[1].bearer.set("up")
    assert left(phone.message) == 0
    assert left(phone.message, "no uri") == symbian.KErrSIPMalformedMessage
    assert left(phone.message, "tel:+4930123") == symbian.KErrSIPInvalidURIType
    assert left(lambda: phone.message(method="INVITE")) == symbian.KErrArgument
    lab.run()
    assert wire(lab.trace) == ["alice>bob MESSAGE", "bob>alice 200 MESSAGE"]


@pytest.mark.covers("SY14", "SY17", "SY85", "SY82", "SY80")
def test_a_request_is_handed_over_first_and_looked_up_and_sent_later():
    lab, phone, _ = pair()
    start = lab.env.now
    transaction = phone.message()
    assert not lab.trace.select("sent") and not lab.trace.select("dns")
    assert transaction.RequestElements().Method() == "MESSAGE" == transaction.Type()
    assert transaction.State() is symbian.CSIPClientTransaction.ETrying and transaction.ResponseElements() is None
    lab.run(until=start + 0.002)
    assert times(lab.trace, "MESSAGE", "alice") == [start + 0.001] and lab.trace.select("dns")[0].time > start
    assert transaction.RequestElements() is None
    lab.run()
    assert phone.app.told[-1][1:] == ("IncomingResponse 200", (transaction,))
    assert transaction.ResponseElements().ReasonPhrase() == "OK"
    assert transaction.State() in (symbian.CSIPClientTransaction.ECompleted, symbian.CSIPClientTransaction.ETerminated)


@pytest.mark.covers("SY15", "SY27", "SY26", "SY87")
def test_what_fails_later_is_told_by_its_number():
    lab, phone, bob = pair()
    lost = phone.message("sip:bob@nowhere.example")
    lab.run()
    assert phone.app.last("ErrorOccured") == (symbian.KErrSIPResolvingFailure, lost)
    assert lost.State() is symbian.CSIPClientTransaction.ETerminated
    bob.crash()
    late = phone.message()
    lab.run()
    assert phone.app.last("ErrorOccured") == (symbian.KErrTimedOut, late) and late.error == symbian.KErrTimedOut
    gone = phone.message("sip:bob@10.0.0.99")
    lab.run()
    assert phone.app.last("ErrorOccured")[0] in (symbian.KErrSIPICMPFailure, symbian.KErrTimedOut)
    gone.Delete()


@pytest.mark.covers("SY16", "SY83", "R13")
def test_only_an_invite_that_proceeds_can_be_cancelled():
    lab, phone, _ = pair()
    transaction = phone.message()
    assert not transaction.CancelAllowed()
    with pytest.raises(symbian.Leave, match=r"§9\.1") as raised:
        transaction.CancelL()
    assert raised.value.code == symbian.KErrSIPInvalidTransactionState
    lab.run()


@pytest.mark.covers("SY18", "SY84", "SY87", "SY86")
def test_a_provisional_response_is_replaced_by_the_next_and_a_final_one_frees_the_transaction():
    lab = Lab(seed=7)
    phone = Phone(lab)
    peer = Wire(lab)
    transaction = phone.message(f"sip:bob@{peer.address}")
    lab.run(until=lab.env.now + 0.1)
    got = peer.heard[0]
    answer = (
        "SIP/2.0 {status}\nVia: " + got.header("Via") + "\nFrom: " + got.header("From") + "\nTo: " + got.header("To")  # type: ignore[operator]
        + ";tag=p\nCall-ID: " + got.call_id + "\nCSeq: 1 MESSAGE\nContent-Length: 0\n\n"
    )  # fmt: skip
    lab.run(until=lab.env.now + 4.0)
    peer.send(answer.format(status="100 Trying"), phone.stack)
    lab.run(until=lab.env.now + 0.1)
    first = transaction.ResponseElements()
    assert phone.app.names[-1] == "IncomingResponse 100" and left(transaction.Delete) == symbian.KErrInUse
    assert transaction.State() is symbian.CSIPClientTransaction.EProceeding
    peer.send(answer.format(status="200 OK"), phone.stack)
    lab.run()
    assert transaction.ResponseElements().StatusCode() == 200
    assert left(first.StatusCode) == symbian.KErrSIPResourceNotAvailable
    transaction.Delete()
    assert left(transaction.State) == symbian.KErrSIPResourceNotAvailable


@pytest.mark.covers("SY19", "SY82", "SY88")
def test_a_request_alone_arrives_is_answered_and_its_transaction_deleted():
    lab, phone, bob = pair()
    bob.message(f"sip:alice@{phone.stack.host_port}", "hi")
    lab.run(until=lab.env.now + 0.1)
    (transaction,) = phone.app.last("IncomingRequest")
    assert isinstance(transaction, symbian.CSIPServerTransaction) and transaction.ResponseAllowed()
    elements = transaction.RequestElements()
    assert (elements.Method(), elements.MessageElements().Content()) == ("MESSAGE", b"hi")
    assert left(transaction.Delete) == symbian.KErrInUse
    transaction.SendResponseL(CSIPResponseElements.NewL(200))
    assert left(transaction.SendResponseL, CSIPResponseElements.NewL(200)) == symbian.KErrSIPInvalidTransactionState
    transaction.Delete()
    lab.run()
    assert wire(lab.trace) == ["bob>alice MESSAGE", "alice>bob 200 MESSAGE"]


@pytest.mark.covers("SY03", "SY20")
def test_the_stack_chooses_the_application_that_can_take_a_request():
    lab = Lab(seed=7)
    server = symbian.SIPServer(lab, "sip:alice@example.com")
    apps = {}
    for uid, handles in ((1, symbian.Handles(("INVITE",))), (2, symbian.Handles(("MESSAGE",), ("text/plain",)))):
        apps[uid] = App(lab)
        apps[uid].reply = 200
        CSIPConnection.NewL(CSIP.NewL(uid, apps[uid], server, handles=handles), 1, apps[uid])
    third = App(lab)
    CSIPConnection.NewL(
        CSIP.NewL(3, third, server, handles=symbian.Handles(("MESSAGE",), ("text/plain",), ("+g.game",))), 1, third
    )
    third.reply = 200
    bob = lab.user_agent("sip:bob@example.com")
    lab.run(until=1.0)
    to = f"sip:alice@{server.stacks[1].host_port}"
    bob.message(to, "hi")
    lab.run()
    assert [len(app.told) for app in (*apps.values(), third)] == [1, 2, 1]
    peer = Wire(lab)
    more = "Accept-Contact: *;+g.game\nContent-Type: text/plain\n"
    peer.send(request("MESSAGE", to, more=more), server.stacks[1])
    lab.run()
    assert "IncomingRequest" in third.names and apps[2].names.count("IncomingRequest") == 1
    peer.send(request("OPTIONS", to, branch="z9hG4bK-o"), server.stacks[1])
    lab.run()
    assert peer.statuses == [200, 480]


@pytest.mark.covers("SY06")
def test_a_request_where_there_is_no_connection_goes_to_the_observer_of_the_application():
    lab = Lab(seed=7)
    server = symbian.SIPServer(lab, "sip:alice@example.com")
    app = App(lab)
    CSIP.NewL(1, app, server)
    bob = lab.user_agent("sip:bob@example.com")
    lab.run(until=1.0)
    bob.message(f"sip:alice@{server.stacks[1].host_port}", "hi").defused = True
    lab.run()
    names = [(name, what[0]) for _, name, what in app.told]
    transaction = app.told[0][2][1]
    assert names == [("IncomingRequest", 1), ("TimedOut", transaction)]


@pytest.mark.covers("SY21", "R20")
def test_an_application_sends_no_100_and_the_stack_sends_one_at_once():
    for status in (100, 99, 700, "200"):
        assert left(CSIPResponseElements.NewL, status) == symbian.KErrArgument
    lab, phone, bob = pair()
    call = bob.call(f"sip:alice@{phone.stack.host_port}")
    call.answered.defused = True
    lab.run(until=lab.env.now + 0.1)
    assert times(lab.trace, "100 INVITE", "alice")[0] - times(lab.trace, "INVITE", "bob")[0] < 0.2
    call.hang_up()
    lab.run()


@pytest.mark.covers("SY29", "SY30", "SY92")
def test_a_connection_that_goes_down_ends_all_with_one_callback():
    lab, phone, bob = pair()
    bob.crash()
    transaction = phone.message()
    association = symbian.CSIPInviteDialogAssoc(phone.connection, "sip:bob@example.com")
    invite = association.SendInviteL()
    lab.run(until=lab.env.now + 0.2)
    told = len(phone.app.told)
    phone.server.stacks[1].bearer.set("down", symbian.KErrSIPTransportFailure)
    lab.run()
    assert phone.app.names[told:] == ["ConnectionStateChanged"]
    assert phone.connection.State() is CSIPConnection.EInactive
    assert phone.connection.GetConnectionError() == symbian.KErrSIPTransportFailure
    assert transaction.State() is invite.State() is symbian.CSIPClientTransaction.ETerminated
    assert association.Dialog().State() is symbian.CSIPDialog.ETerminated
    invite.Delete()


@pytest.mark.covers("SY31")
def test_a_bearer_monitor_brings_a_connection_back():
    lab, phone, _ = pair()
    assert left(phone.connection.RefreshConnection) == symbian.KErrNotReady
    phone.server.stacks[1].bearer.set("down")
    phone.connection.RefreshConnection()
    lab.run()
    assert [what[0].name for _, name, what in phone.app.told if name == "ConnectionStateChanged"] == [
        "EActive", "EInactive", "EActive",
    ]  # fmt: skip
    phone.message()
    lab.run()
    assert phone.app.names[-1] == "IncomingResponse 200"
    lone = Phone(Lab(seed=7), monitored=())
    lone.server.stacks[1].bearer.set("down")
    assert left(lone.connection.RefreshConnection) == symbian.KErrNotSupported


@pytest.mark.covers("SY33")
def test_a_connection_is_not_deleted_in_a_callback():
    lab, phone, _ = pair()
    codes: list[int] = []
    phone.app.IncomingResponse = lambda *what: codes.append(left(phone.connection.Delete))  # type: ignore[method-assign]
    phone.message()
    lab.run()
    assert codes == [symbian.KErrInUse]
    phone.connection.Delete()


@pytest.mark.covers("SY93", "SY94")
def test_what_depends_on_a_deleted_connection_says_so():
    lab, phone, _ = pair()
    binding = phone.bind()
    transaction = phone.message()
    association = symbian.CSIPInviteDialogAssoc(phone.connection, "sip:bob@example.com")
    lab.run()
    phone.connection.Delete()
    gone = symbian.KErrSIPResourceNotAvailable == -17711
    assert gone
    for call in (binding.RegisterL, binding.UpdateL, association.SendInviteL, phone.message, phone.connection.State):
        assert left(call) == symbian.KErrSIPResourceNotAvailable
    transaction.Delete()
    phone.csip.Delete()
    assert left(CSIPConnection.NewL, phone.csip, 1, phone.app) == symbian.KErrSIPResourceNotAvailable
    again = CSIP.NewL(1, phone.app, phone.server)
    CSIPConnection.NewL(again, 1, phone.app).Delete()


def test_a_mistake_in_an_observer_does_not_break_the_stack():
    lab, phone, _ = pair()
    phone.app.IncomingResponse = lambda *what: 1 / 0  # type: ignore[method-assign]
    phone.message()
    lab.run()
    (error,) = lab.trace.select("error")
    assert "ZeroDivisionError" in error.data["text"]
    assert said(messages(lab.trace, "200 MESSAGE", "bob")[0]) == "200 MESSAGE"


@pytest.mark.covers("SY91", "SY86")
@pytest.mark.breaks("ACK-02")
def test_too_early_a_delete_is_a_note_where_the_device_is_lenient_and_nothing_more_is_told():
    lab, phone, _ = pair(strict=False)
    phone.message().Delete()
    lab.run()
    assert any("still under way" in note.data["text"] for note in lab.trace.select("note"))
    assert phone.app.names == ["ConnectionStateChanged"] and "bob>alice 200 MESSAGE" in wire(lab.trace)
    association = symbian.CSIPInviteDialogAssoc(phone.connection, "sip:bob@example.com")
    invite = association.SendInviteL()
    lab.run(until=lab.env.now + 0.5)
    assert phone.app.names[1:] == ["IncomingResponse 180"]
    invite.Delete()  # and with it the way to acknowledge
    lab.run()
    assert left(association.SendAckL, invite) == symbian.KErrSIPResourceNotAvailable
    assert "InviteCompleted" not in phone.app.names and "IncomingResponse 200" not in phone.app.names
    assert len(times(lab.trace, "200 INVITE", "bob")) > 8 and not lab.trace.select("error")


@pytest.mark.covers("SY85", "SY42")
def test_every_client_transaction_holds_its_request_until_the_server_side_has_it():
    lab, phone, _ = pair()
    lab.registrar("example.net")
    binding = symbian.CSIPRegistrationBinding(phone.connection, "sip:alice@example.net")
    sdp = "v=0\r\no=a 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n"
    body = symbian.CSIPMessageElements((("Subject", "lunch"),), sdp.encode(), "application/sdp")
    to = "sip:bob@example.com"
    call = symbian.CSIPInviteDialogAssoc(phone.connection, to)
    made = [
        binding.RegisterL(body), call.SendInviteL(body),
        symbian.CSIPSubscribeDialogAssoc(phone.connection, to).SendSubscribeL(body),
        symbian.CSIPReferDialogAssoc(phone.connection, to, aReferTo="sip:carol@example.com").SendReferL(body),
    ]  # fmt: skip
    for transaction in made:
        held = transaction.RequestElements()
        assert held.Method() == transaction.Type() and held.MessageElements() is body
        assert str(held.RemoteURI()) == ("sip:example.net" if transaction is made[0] else to)
    lab.run(until=lab.env.now + 0.002)
    assert [transaction.RequestElements() for transaction in made] == [None] * 4
    lab.run(until=lab.env.now + 1.1)
    call.SendAckL(made[1])
    bye = call.SendByeL()
    assert bye.RequestElements().Method() == "BYE"
    lab.run(until=lab.env.now + 1.0)
    assert bye.RequestElements() is None and bye.status == 200
    phone.connection.Delete()


@pytest.mark.covers("SY04")
def test_security_is_agreed_on_with_a_first_hop_that_asks_for_it():
    _, phone, _ = pair()
    assert phone.csip.supported_security_mechanisms() == ("digest",)
    assert left(phone.csip.NegotiatedSecurityMechanismL, "sip:example.com") == symbian.KErrNotFound


@pytest.mark.covers("SY32")
def test_options_addresses_and_registrations_can_be_asked_for():
    _, phone, _ = pair()
    assert phone.connection.IapId() == 1 and phone.connection.GetLocalAddr() == phone.stack.address.host
    assert phone.connection.FetchRegistrationsL() == ()


@pytest.mark.covers("SY100", "SY15")
@pytest.mark.parametrize(
    ("transport", "error"), [("udp", symbian.KErrSIPICMPFailure), ("tcp", symbian.KErrSIPTransportFailure)]
)
def test_a_port_where_nobody_listens_is_an_error_of_its_transport(transport: str, error: int):
    lab, phone, bob = pair()
    transaction = phone.message(f"sip:bob@{bob.address.host}:5999;transport={transport}")
    lab.run()
    assert phone.app.last("ErrorOccured") == (error, transaction)


@pytest.mark.covers("SY100")
def test_the_numbers_of_the_errors():
    assert [symbian.errors.NAMES[number] for number in (-17711, -17713, -17715)] == [
        "KErrSIPResourceNotAvailable", "KErrSIPForbidden", "KErrSIPTerminatedWithResponse",
    ]  # fmt: skip
    assert sorted(n for n in symbian.errors.NAMES if n < -17000) == list(range(-17718, -17699))
    assert str(symbian.Leave(-17713, "no.")) == "KErrSIPForbidden (-17713): no."
