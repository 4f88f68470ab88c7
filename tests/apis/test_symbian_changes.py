"""Requests that arrive in a dialog of Symbian's API: re-INVITE, UPDATE, a NOTIFY that overtakes the 200."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import Wire, messages, request, times, wire
from symbian_bench import Phone, pair

from sipsim.apis import symbian
from sipsim.apis.symbian import CSIPDialog, CSIPInviteDialogAssoc, CSIPResponseElements, CSIPSubscribeDialogAssoc
from sipsim.lab.lab import Lab

SDP = "v=0\r\no=alice 1 {} IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n"


def in_a_call() -> tuple[Lab, Phone, Any, CSIPInviteDialogAssoc]:
    """Alice has called Bob, and the call stands."""
    lab, phone, bob = pair()
    association = CSIPInviteDialogAssoc(phone.connection, "sip:bob@example.com")
    offer = symbian.CSIPMessageElements((), SDP.format(1).encode(), "application/sdp")
    transaction = association.SendInviteL(offer)
    lab.run(until=lab.env.now + 1.1)
    association.SendAckL(transaction)
    lab.run(until=lab.env.now + 1.0)
    return lab, phone, bob, association


def accepted(transaction: Any, version: int) -> None:
    """Answer a change, accepting it."""
    answer = CSIPResponseElements(200)
    answer.MessageElements().SetContentL(SDP.format(version) + "a=recvonly\r\n", "application/sdp")
    transaction.SendResponseL(answer)


@pytest.mark.covers("SY63", "SY90", "SY26")
def test_a_re_invite_arrives_is_accepted_and_acknowledged():
    lab, phone, bob, association = in_a_call()
    change = bob.current_call.hold()
    lab.run(until=lab.env.now + 0.1)
    transaction, dialog = phone.app.last("IncomingRequest")
    assert (transaction.Type(), dialog) == ("INVITE", association.Dialog())
    assert b"a=sendonly" in transaction.RequestElements().MessageElements().Content()
    assert wire(lab.trace)[-2:] == ["bob>alice INVITE", "alice>bob 100 INVITE"]  # the stack's
    accepted(transaction, 2)
    lab.run(change)
    lab.run(until=lab.env.now + 1.0)
    ack, where = phone.app.last("IncomingRequest")
    assert (ack.Type(), where) == ("ACK", dialog) and ack is not transaction
    assert dialog.State() is CSIPDialog.EConfirmed and len(times(lab.trace, "200 INVITE", "alice")) == 1
    association.SendByeL()
    lab.run()


@pytest.mark.covers("SY63")
def test_a_re_invite_that_is_refused_leaves_the_session():
    lab, phone, bob, association = in_a_call()
    change = bob.current_call.hold()
    change.defused = True
    lab.run(until=lab.env.now + 0.1)
    transaction, dialog = phone.app.last("IncomingRequest")
    transaction.SendResponseL(CSIPResponseElements(488))
    lab.run(until=lab.env.now + 1.0)
    assert dialog.State() is CSIPDialog.EConfirmed and not change.ok and bob.current_call is not None
    bye = association.SendByeL()
    lab.run()
    assert bye.status == 200 and dialog.State() is CSIPDialog.ETerminated


@pytest.mark.covers("SY63")
def test_an_update_arrives_and_is_answered():
    lab, phone, bob, association = in_a_call()
    change = bob.current_call.update(direction="sendonly")
    lab.run(until=lab.env.now + 0.1)
    transaction, dialog = phone.app.last("IncomingRequest")
    assert (transaction.Type(), dialog) == ("UPDATE", association.Dialog()) and transaction.ResponseAllowed()
    accepted(transaction, 2)
    lab.run(change)
    assert wire(lab.trace)[-2:] == ["bob>alice UPDATE", "alice>bob 200 UPDATE"]
    association.SendByeL()
    lab.run()


@pytest.mark.covers("SY60", "SY63")
def test_a_target_that_the_peer_refreshes_is_where_the_next_request_goes():
    lab = Lab(seed=7)
    phone, peer, elsewhere = Phone(lab), Wire(lab), Wire(lab, "elsewhere")
    to = f"sip:alice@{phone.stack.host_port}"
    body = SDP.format(1).replace("\r\n", "\n")
    sdp = f"Content-Type: application/sdp\nContent-Length: {len(body)}"
    peer.send(request("INVITE", to).replace("Content-Length: 0", sdp) + body, phone.stack)
    lab.run(until=lab.env.now + 0.1)
    (transaction,) = phone.app.last("IncomingRequest")
    association = CSIPInviteDialogAssoc(transaction)
    accepted(transaction, 1)
    lab.run(until=lab.env.now + 0.1)
    mine = peer.heard[-1].to_tag or ""
    peer.send(request("ACK", to, branch="z9hG4bK-a", to_tag=mine), phone.stack)
    more = f"Contact: <sip:tester@{elsewhere.address}>\n"
    peer.send(request("OPTIONS", to, branch="z9hG4bK-o", cseq=2, to_tag=mine, more=more), phone.stack)
    lab.run(until=lab.env.now + 0.1)
    update = association.SendUPDATEL()  # OPTIONS refreshes nothing
    lab.run(until=lab.env.now + 0.1)
    assert [m.method for m in peer.heard if hasattr(m, "method")] == ["UPDATE"] and not elsewhere.heard
    peer.send(request("UPDATE", to, branch="z9hG4bK-u", cseq=3, to_tag=mine, more=more), phone.stack)
    lab.run(until=lab.env.now + 0.1)
    phone.app.last("IncomingRequest")[0].SendResponseL(CSIPResponseElements(200))
    association.SendNonTargetRefreshRequestL("INFO")
    lab.run(until=lab.env.now + 0.1)
    assert [m.method for m in elsewhere.heard] == ["INFO"] and update.status == 0  # type: ignore[attr-defined]
    phone.connection.Delete()


class Notifier(Wire):
    """Whoever is asked tells the state first, and accepts the SUBSCRIBE a moment later."""

    def __init__(self, lab: Lab, phone: Phone) -> None:
        super().__init__(lab)
        self.phone = phone
        self.number = 0
        self.on_message = self.answer

    def answer(self, got: Any) -> None:
        if getattr(got, "method", "") != "SUBSCRIBE":
            return
        if not got.to_tag:
            self.notify(got, "active;expires=100")
        to = got.header("To") if got.to_tag else f"{got.header('To')};tag=n"
        head = "".join(f"{name}: {got.header(name)}\n" for name in ("Via", "From", "Call-ID", "CSeq"))
        text = f"SIP/2.0 200 OK\n{head}To: {to}\nContact: <sip:{self.address}>\nExpires: 100\nContent-Length: 0\n\n"
        self.lab.env.call_later(0.3, self.send, text, self.phone.stack)

    def notify(self, subscribe: Any, state: str, tag: str = "n") -> None:
        self.number += 1
        to = subscribe.header("To").partition(";tag")[0]
        self.send(
            f"NOTIFY sip:alice@{self.phone.stack.host_port} SIP/2.0\nVia: SIP/2.0/UDP {self.address};"
            f"branch=z9hG4bK-{tag}{self.number}\nMax-Forwards: 70\nFrom: {to};tag={tag}\n"
            f"To: {subscribe.header('From')}\n"
            f"Call-ID: {subscribe.call_id}\nCSeq: {self.number} NOTIFY\nContact: <sip:{self.address}>\n"
            f"Event: presence\nSubscription-State: {state}\nContent-Length: 0\n\n",
            self.phone.stack,
        )


@pytest.mark.covers("SY66", "SY64")
def test_a_notify_that_comes_before_the_200_makes_the_dialog():
    lab = Lab(seed=7)
    phone = Phone(lab)
    peer = Notifier(lab, phone)
    association = CSIPSubscribeDialogAssoc(phone.connection, f"sip:bob@{peer.address}")
    transaction = association.SendSubscribeL(None, symbian.CSIPRefresh(), 100)
    lab.run(until=1.2)
    notify, dialog = phone.app.last("IncomingRequest")
    assert notify.Type() == "NOTIFY" and dialog is association.Dialog() and transaction.status == 0
    assert dialog.State() is CSIPDialog.EConfirmed and dialog.RemoteTag() == "n"
    notify.SendResponseL(CSIPResponseElements(200))
    lab.run(until=2.0)
    assert phone.app.names[-2:] == ["IncomingRequest", "IncomingResponse 200"]
    assert phone.app.last("IncomingResponse 200") == (transaction, association)
    assert peer.statuses == [200] and len(phone.stack.dialogs) == 1  # one dialog, made once
    lab.run(until=60.0)
    again = messages(lab.trace, "SUBSCRIBE", "alice")[1]
    assert (again.to_tag, again.cseq.number, again.call_id) == ("n", 2, transaction.exchange.request.call_id)


@pytest.mark.covers("SY66", "SY64", "SY52")
def test_a_notify_may_end_the_subscription_and_its_refresh():
    lab = Lab(seed=7)
    phone = Phone(lab)
    phone.app.reply = 200
    peer = Notifier(lab, phone)
    association = CSIPSubscribeDialogAssoc(phone.connection, f"sip:bob@{peer.address}")
    association.SendSubscribeL(None, symbian.CSIPRefresh(), 100)
    lab.run(until=2.0)
    peer.notify(messages(lab.trace, "SUBSCRIBE", "alice")[0], "terminated;reason=noresource")
    lab.run(until=200.0)
    assert len(times(lab.trace, "SUBSCRIBE", "alice")) == 1 and peer.statuses == [200, 200]
    assert association.SIPRefresh().State() is symbian.CSIPRefresh.ETerminated  # type: ignore[union-attr]


@pytest.mark.covers("SY66", "SY65")
def test_notifies_of_a_reference_end_with_the_last_one():
    lab = Lab(seed=7)
    phone, peer = Phone(lab), Wire(lab)
    to = f"sip:alice@{phone.stack.host_port}"
    more = "Refer-To: <sip:carol@example.com>\nContact: <sip:tester@HERE>\n"
    peer.send(request("REFER", to, more=more), phone.stack)
    lab.run(until=1.1)
    (transaction,) = phone.app.last("IncomingRequest")
    association = symbian.CSIPNotifyDialogAssoc(transaction, aEvent="refer", aState="active;expires=60")
    transaction.SendResponseL(CSIPResponseElements(202))
    lab.run(until=1.2)
    for number, (state, line) in enumerate(
        (("active;expires=60", "100 Trying"), ("terminated;reason=noresource", "200 OK"))
    ):
        association.SetSubscriptionStateL(state)
        body = symbian.CSIPMessageElements((), f"SIP/2.0 {line}\r\n".encode(), "message/sipfrag")
        sent = association.SendNotifyL(body)
        lab.run(until=lab.env.now + 0.1)
        got = peer.heard[-1]
        assert got.header("Subscription-State") == state and got.body.startswith(b"SIP/2.0 ")
        assert association.Dialog().State() is CSIPDialog.EConfirmed
        head = "".join(f"{name}: {got.header(name)}\n" for name in ("Via", "From", "To", "Call-ID", "CSeq"))
        peer.send(f"SIP/2.0 200 OK\n{head}Content-Length: 0\n\n", phone.stack)
        lab.run(until=lab.env.now + 0.1)
        assert sent.status == 200 and len(messages(lab.trace, "NOTIFY", "alice")) == number + 1
    assert association.Dialog().State() is CSIPDialog.ETerminated
