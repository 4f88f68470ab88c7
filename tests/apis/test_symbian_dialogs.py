"""Dialogs and their associations: sessions both ways, forks, CANCEL, subscriptions, references."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import Wire, messages, request, said, times, wire
from symbian_bench import Phone, left, pair

from sipsim.apis import symbian
from sipsim.apis.symbian import CSIPDialog, CSIPInviteDialogAssoc, CSIPResponseElements, CSIPSubscribeDialogAssoc
from sipsim.lab.lab import Lab

OFFER = "v=0\r\no=alice 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n"


def offer() -> symbian.CSIPMessageElements:
    return symbian.CSIPMessageElements((("Subject", "lunch"),), OFFER.encode(), "application/sdp")


def calling(lab: Lab, phone: Phone, seconds: float = 2.0) -> tuple[CSIPInviteDialogAssoc, Any]:
    """A call that Bob has answered."""
    association = CSIPInviteDialogAssoc.NewL(phone.connection, "sip:bob@example.com")
    transaction = association.SendInviteL(offer())
    lab.run(until=lab.env.now + seconds)
    return association, transaction


def reply(status: int, tag: str, to: Any, peer: Wire, more: str = "") -> str:
    """A response of a bare peer to a request that it heard."""
    head = "".join(f"{name}: {to.header(name)}\n" for name in ("Via", "From", "Call-ID", "CSeq"))
    return (
        f"SIP/2.0 {status} Said\n{head}To: {to.header('To')};tag={tag}\nContact: <sip:{peer.address}>\n"
        f"{more}Content-Length: 0\n\n"
    )


@pytest.mark.covers("SY63", "SY67", "SY68", "SY24", "SY91", "SY92", "SY80", "SY61")
def test_an_invite_is_answered_and_the_application_acknowledges_it():
    lab, phone, _ = pair()
    association, transaction = calling(lab, phone, 0.5)
    dialog = association.Dialog()
    assert dialog.State() is CSIPDialog.EEarly and association.Type() == "INVITE"
    assert transaction.State() is transaction.EProceeding and transaction.CancelAllowed()
    assert left(association.SendAckL, transaction) == symbian.KErrSIPInvalidTransactionState
    assert left(association.SendInviteL) == symbian.KErrSIPRequestPending
    lab.run(until=lab.env.now + 0.53)
    accepted = next(at for at, name, _ in phone.app.told if name == "IncomingResponse 200")
    assert phone.app.last("IncomingResponse 200") == (transaction, association)
    assert transaction.State() is transaction.ETerminated and left(transaction.Delete) == symbian.KErrInUse
    association.SendAckL(transaction)
    lab.run(until=lab.env.now + 5.0)
    assert dialog.State() is CSIPDialog.EConfirmed and messages(lab.trace, "INVITE", "alice")[0].header("Subject")
    association.SendByeL()
    lab.run()
    assert [line.partition(" ")[2] for line in wire(lab.trace)] == [
        "INVITE", "180 INVITE", "200 INVITE", "ACK", "BYE", "200 BYE",
    ]  # fmt: skip
    assert phone.app.told[-1] == (round(accepted + 32.0, 6), "InviteCompleted", (transaction,))
    transaction.Delete()
    assert dialog.State() is CSIPDialog.ETerminated
    assert left(association.SendByeL) == symbian.KErrSIPInvalidDialogState


@pytest.mark.covers("SY68")
@pytest.mark.breaks("ACK-02")
def test_without_the_applications_ack_the_other_end_repeats_its_200_and_hangs_up():
    lab, phone, _ = pair()
    calling(lab, phone)
    lab.run()
    copies = times(lab.trace, "200 INVITE", "bob")
    assert len(copies) > 8 and 28 < copies[-1] - copies[0] < 33 and "bob>alice BYE" in wire(lab.trace)


@pytest.mark.covers("SY69", "SY82", "SY90")
def test_an_incoming_call_is_answered_and_its_ack_comes_in_a_new_transaction():
    lab, phone, bob = pair()
    call = bob.call(f"sip:alice@{phone.stack.host_port}")
    lab.run(until=lab.env.now + 0.2)
    (transaction,) = phone.app.last("IncomingRequest")
    assert left(transaction.SendResponseL, CSIPResponseElements(200)) == symbian.KErrSIPInvalidDialogState
    association = CSIPInviteDialogAssoc.NewL(transaction)
    transaction.SendResponseL(CSIPResponseElements(180))
    lab.run(until=lab.env.now + 0.2)
    assert association.Dialog().State() is CSIPDialog.EEarly
    answer = CSIPResponseElements(200)
    answer.MessageElements().SetContentL(OFFER, "application/sdp")
    transaction.SendResponseL(answer)
    assert transaction.State() is transaction.ETerminated
    transaction.Delete()
    lab.run(call.answered)
    lab.run(until=lab.env.now + 1.0)
    ack, dialog = phone.app.last("IncomingRequest")
    assert (ack.Type(), ack.ResponseAllowed(), dialog) == ("ACK", False, association.Dialog())
    assert ack is not transaction and dialog.State() is CSIPDialog.EConfirmed
    assert left(ack.SendResponseL, CSIPResponseElements(200)) == symbian.KErrSIPInvalidTransactionState
    call.hang_up()
    lab.run(until=lab.env.now + 1.0)
    bye, _ = phone.app.last("IncomingRequest")
    bye.SendResponseL(CSIPResponseElements(200))
    lab.run()
    assert bye.Type() == "BYE" and dialog.State() is CSIPDialog.ETerminated
    assert wire(lab.trace)[:4] == [
        "bob>alice INVITE",
        "alice>bob 100 INVITE",
        "alice>bob 180 INVITE",
        "alice>bob 200 INVITE",
    ]


@pytest.mark.covers("SY89", "SY100", "SY26")
def test_a_200_that_nobody_acknowledges_is_an_error():
    lab = Lab(seed=7)
    phone, peer = Phone(lab), Wire(lab)
    peer.send(request("INVITE", f"sip:alice@{phone.stack.host_port}"), phone.stack)
    lab.run(until=lab.env.now + 0.1)
    (transaction,) = phone.app.last("IncomingRequest")
    association = CSIPInviteDialogAssoc(transaction)
    answer = CSIPResponseElements(200)
    answer.MessageElements().SetContentL(OFFER, "application/sdp")
    transaction.SendResponseL(answer)
    lab.run()
    assert phone.app.last("ErrorOccured") == (symbian.KErrSIPNoAckReceived, transaction, association)
    assert transaction.State() is transaction.ETerminated
    transaction.Delete()


@pytest.mark.covers("SY90", "SY69")
def test_who_accepts_a_call_and_gives_its_dialog_up_at_once_has_refused_it():
    lab, phone, bob = pair()
    call = bob.call(f"sip:alice@{phone.stack.host_port}")
    call.answered.defused = True
    lab.run(until=lab.env.now + 0.2)
    (transaction,) = phone.app.last("IncomingRequest")
    association = CSIPInviteDialogAssoc(transaction)
    answer = CSIPResponseElements(200)
    answer.MessageElements().SetContentL(OFFER, "application/sdp")
    transaction.SendResponseL(answer)
    association.Delete()  # before the server has sent anything
    lab.run()
    assert wire(lab.trace)[-2:] == ["alice>bob 480 INVITE", "bob>alice ACK"] and not bob.calls
    assert not phone.stack.dialogs and not lab.trace.select("error")


@pytest.mark.covers("SY22")
def test_a_cancel_is_the_stacks_affair():
    lab, phone, bob = pair()
    call = bob.call(f"sip:alice@{phone.stack.host_port}")
    call.answered.defused = True
    lab.run(until=lab.env.now + 0.2)
    (transaction,) = phone.app.last("IncomingRequest")
    CSIPInviteDialogAssoc(transaction)
    transaction.SendResponseL(CSIPResponseElements(180))
    lab.run(until=lab.env.now + 0.2)
    call.hang_up()
    lab.run()
    sent = [said(r.message) for r in lab.trace.select("sent", "alice")]
    assert sent == ["100 INVITE", "180 INVITE", "200 CANCEL", "487 INVITE"]
    assert phone.app.names[1:] == ["IncomingRequest", "InviteCanceled"]
    assert phone.app.last("InviteCanceled") == (transaction,)
    transaction.Delete()


@pytest.mark.covers("SY22")
def test_a_cancel_for_nothing_is_answered_481_and_after_the_answer_200_only():
    lab = Lab(seed=7)
    phone, peer = Phone(lab), Wire(lab)
    to = f"sip:alice@{phone.stack.host_port}"
    cancel = request("CANCEL", to, branch="z9hG4bK-x")
    peer.send(cancel, phone.stack)
    lab.run(until=lab.env.now + 0.1)
    assert peer.statuses == [481] and phone.app.names == ["ConnectionStateChanged"]
    phone.app.reply = 486
    peer.send(request("INVITE", to, branch="z9hG4bK-y", call_id="b"), phone.stack)
    lab.run(until=lab.env.now + 0.1)
    for _ in range(2):
        peer.send(request("CANCEL", to, branch="z9hG4bK-y", call_id="b"), phone.stack)
    lab.run(until=lab.env.now + 0.1)
    assert peer.statuses[1:3] == [100, 486] and set(peer.statuses[3:]) <= {200, 486} and 481 not in peer.statuses[1:]
    assert "InviteCanceled" not in phone.app.names


@pytest.mark.covers("SY16", "SY83", "SY92", "R13")
def test_an_invite_that_rings_is_taken_back():
    lab, phone, bob = pair()
    bob.answers = 20.0
    association, transaction = calling(lab, phone)
    cancel = transaction.CancelL()
    assert cancel.Type() == "CANCEL" and left(transaction.CancelL) == symbian.KErrSIPInvalidTransactionState
    lab.run()
    assert {what[0] for _, name, what in phone.app.told if name == "IncomingResponse 200"} == {cancel}
    assert phone.app.last("IncomingResponse 487") == (transaction, association)
    assert association.Dialog().State() is CSIPDialog.ETerminated
    transaction.Delete()


@pytest.mark.covers("SY23", "SY24")
def test_each_branch_of_a_fork_gets_an_association_of_its_own():
    lab = Lab(seed=7)
    phone, peer = Phone(lab), Wire(lab)
    association = CSIPInviteDialogAssoc(phone.connection, f"sip:bob@{peer.address}")
    transaction = association.SendInviteL(offer())
    lab.run(until=lab.env.now + 0.1)
    invite = peer.heard[0]
    peer.send(reply(180, "one", invite, peer), phone.stack)
    peer.send(reply(180, "two", invite, peer), phone.stack)
    lab.run(until=lab.env.now + 0.1)
    first, second = [what for _, name, what in phone.app.told if name == "IncomingResponse 180"]
    assert first == (transaction, association) and second[0] is transaction and second[1] is not association
    other = second[1]
    assert (association.Dialog().RemoteTag(), other.Dialog().RemoteTag()) == ("one", "two")
    sdp = f"Content-Type: application/sdp\nContent-Length: {len(OFFER)}\n\n{OFFER}"
    peer.send(reply(200, "two", invite, peer).replace("Content-Length: 0\n\n", sdp), phone.stack)
    lab.run(until=lab.env.now + 0.1)
    assert phone.app.last("IncomingResponse 200") == (transaction, other)
    other.SendAckL(transaction)
    lab.run()
    assert phone.app.names[-1] == "InviteCompleted" and association.Dialog().State() is CSIPDialog.ETerminated
    assert other.Dialog().State() is CSIPDialog.EConfirmed


@pytest.mark.covers("SY60", "SY63", "SY70")
def test_what_may_be_sent_in_a_dialog_and_by_whom():
    lab, phone, _ = pair()
    early = CSIPInviteDialogAssoc(phone.connection, "sip:bob@example.com")
    assert left(early.SendByeL) == left(early.SendUPDATEL) == symbian.KErrSIPInvalidDialogState
    association, transaction = calling(lab, phone, 1.1)
    association.SendAckL(transaction)
    lab.run(until=lab.env.now + 1.0)
    for method in ("REGISTER", "INVITE", "BYE", "CANCEL", "ACK", "SUBSCRIBE", "NOTIFY", "UPDATE", "PRACK", "REFER"):
        assert left(association.SendNonTargetRefreshRequestL, method) == symbian.KErrSIPInvalidDialogRequest
    assert left(association.SendPRACKL, transaction) == symbian.KErrSIPInvalidTransactionState
    options = association.SendNonTargetRefreshRequestL("OPTIONS")
    update = association.SendUPDATEL()
    lab.run(until=lab.env.now + 1.0)
    assert options.status == update.status == 200
    assert left(CSIPInviteDialogAssoc, association.Dialog()) == symbian.KErrAlreadyExists
    assert left(association.ReuseInitialRequestData) == symbian.KErrSIPInvalidDialogState
    association.SendByeL()
    lab.run()
    again = association.ReuseInitialRequestData()
    assert again.Dialog().State() is CSIPDialog.EInit


@pytest.mark.covers("SY63")
def test_a_reliable_provisional_response_is_acknowledged_by_the_application():
    lab, phone, bob = pair()
    bob.reliable = "supported"
    association = CSIPInviteDialogAssoc(phone.connection, "sip:bob@example.com")
    elements = offer()
    elements.SetUserHeadersL((("Supported", "100rel"),))
    transaction = association.SendInviteL(elements)
    lab.run(until=lab.env.now + 0.1)
    prack = association.SendPRACKL(transaction)
    lab.run(until=lab.env.now + 1.1)
    assert prack.status == 200 and transaction.status == 200
    association.SendAckL(transaction)
    lab.run(until=lab.env.now + 1.0)
    association.SendByeL()
    lab.run()


@pytest.mark.covers("SY100")
def test_a_200_that_makes_no_dialog_is_an_error():
    lab = Lab(seed=7)
    phone, peer = Phone(lab), Wire(lab)
    association = CSIPInviteDialogAssoc(phone.connection, f"sip:bob@{peer.address}")
    transaction = association.SendInviteL(offer())
    lab.run(until=lab.env.now + 0.1)
    text = reply(200, "one", peer.heard[0], peer).replace(f"Contact: <sip:{peer.address}>\n", "")
    peer.send(text, phone.stack)
    lab.run(until=lab.env.now + 1.0)
    assert phone.app.last("ErrorOccured") == (symbian.KErrSIPInvalidDialogResponse, transaction, association)


class Notifier(Wire):
    """Accepts SUBSCRIBE and REFER, until it is told to say 481."""

    status = 200

    def __init__(self, lab: Lab, phone: Phone) -> None:
        super().__init__(lab)
        self.on_message = lambda got: self.answer(got, phone)

    def answer(self, got: Any, phone: Phone) -> None:
        if hasattr(got, "method"):
            text = reply(self.status, "n", got, self, f"Expires: {got.expires}\n" if got.expires is not None else "")
            self.send(
                text.replace(";tag=n;tag=n", ";tag=n") if not got.to_tag else text.replace(";tag=n\nC", "\nC"),
                phone.stack,
            )


@pytest.mark.covers("SY52", "SY50", "SY51", "SY64", "SY26")
def test_a_refresh_that_is_refused_can_be_followed_to_its_response():
    lab = Lab(seed=7)
    phone = Phone(lab)
    peer = Notifier(lab, phone)
    association = CSIPSubscribeDialogAssoc(phone.connection, f"sip:bob@{peer.address}")
    mine = association.SendSubscribeL(None, symbian.CSIPRefresh(), 100)
    lab.run(until=80.0)
    assert [round(t) for t in times(lab.trace, "SUBSCRIBE", "alice")] == [1, 51]
    assert phone.app.names[1:] == ["IncomingResponse 200"]
    peer.status = 481
    lab.run(until=200.0)
    error, about = phone.app.last("ErrorOccured")
    assert error == symbian.KErrSIPTerminatedWithResponse and about is association and about.Type() == "SUBSCRIBE"
    refresh = about.SIPRefresh()
    assert refresh.State() is symbian.CSIPRefresh.ETerminated
    assert left(refresh.UpdateL) == symbian.KErrNotSupported
    transaction = refresh.SIPTransaction()
    assert transaction is not mine and transaction.ResponseElements().StatusCode() == 481
    assert mine.ResponseElements().StatusCode() == 200 and len(times(lab.trace, "SUBSCRIBE", "alice")) == 3


@pytest.mark.covers("SY64", "R5")
def test_to_unsubscribe_is_a_subscribe_with_expires_0():
    lab = Lab(seed=7)
    phone = Phone(lab)
    peer = Notifier(lab, phone)
    association = CSIPSubscribeDialogAssoc(phone.connection, f"sip:bob@{peer.address}", aEvent="dialog")
    association.SendSubscribeL(None, symbian.CSIPRefresh(), 100)
    lab.run(until=2.0)
    association.send_unsubscribe()
    lab.run(until=200.0)
    sent = messages(lab.trace, "SUBSCRIBE", "alice")
    assert [(m.expires, m.header("Event")) for m in sent] == [(100, "dialog"), (0, "dialog")]
    assert sent[0].call_id == sent[1].call_id and sent[1].to_tag == "n"
    assert left(association.SendSubscribeL, None, None, 0) == symbian.KErrArgument


@pytest.mark.covers("SY62", "SY65")
def test_a_call_a_subscription_and_a_reference_share_a_dialog():
    lab, phone, bob = pair()
    association, transaction = calling(lab, phone, 1.1)
    association.SendAckL(transaction)
    lab.run(until=lab.env.now + 1.0)
    dialog = association.Dialog()
    refer = symbian.CSIPReferDialogAssoc(dialog, aReferTo="sip:carol@example.net")
    subscribe = CSIPSubscribeDialogAssoc(dialog)
    assert dialog.DialogAssociations() == (association, refer, subscribe)
    bob.on_refer = lambda reference: reference.reject(603)
    refer.SendReferL()
    subscribe.SendSubscribeL()
    lab.run(until=lab.env.now + 1.0)
    sent = [m for method in ("INVITE", "REFER", "SUBSCRIBE") for m in messages(lab.trace, method, "alice")]
    assert len({m.call_id for m in sent}) == 1 and [m.cseq.number for m in sent] == [1, 2, 3]
    assert sent[1].header("Refer-To") == "<sip:carol@example.net>" and sent[2].to_tag
    assert left(lambda: symbian.CSIPReferDialogAssoc(dialog, aReferTo="tel:1")) == symbian.KErrSIPInvalidURIType


@pytest.mark.covers("SY66", "SY62")
def test_a_subscriber_is_notified_with_event_and_state():
    lab = Lab(seed=7)
    phone, peer = Phone(lab), Wire(lab)
    more = "Event: presence\nExpires: 600\n"
    peer.send(request("SUBSCRIBE", f"sip:alice@{phone.stack.host_port}", more=more), phone.stack)
    lab.run(until=lab.env.now + 0.1)
    (transaction,) = phone.app.last("IncomingRequest")
    association = symbian.CSIPNotifyDialogAssoc(transaction, aEvent="presence", aState="active;expires=600")
    answer = CSIPResponseElements(200)
    answer.MessageElements().SetUserHeadersL((("Expires", "600"),))
    transaction.SendResponseL(answer)
    lab.run(until=lab.env.now + 0.1)
    association.SendNotifyL()
    lab.run(until=lab.env.now + 0.1)
    notify = messages(lab.trace, "NOTIFY", "alice")[0]
    assert notify.header("Event") == "presence" and notify.header("Subscription-State") == "active;expires=600"
    assert notify.to_tag == "t" and notify.from_tag == peer.heard[0].to_tag
    assert left(association.SetSubscriptionStateL, "asleep") == symbian.KErrArgument
