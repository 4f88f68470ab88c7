"""Every method that the guide names goes out by Symbian's API and is answered: in memory and on sockets."""

from __future__ import annotations

from typing import Any

import pytest
from symbian_bench import App

from sipsim.apis import symbian
from sipsim.apis.symbian import CSIP, CSIPConnection, CSIPMessageElements, CSIPResponseElements
from sipsim.lab.lab import Lab
from sipsim.message.message import Response
from sipsim.message.presence import Presence, Tuple

SDP = "v=0\r\no=alice 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n"
STEP = 0.2


class Everything(App):
    """Acknowledges what is reliable, and each 2xx; answers requests; a SUBSCRIBE gets a NOTIFY."""

    def IncomingResponse(self, *what: Any) -> None:
        super().IncomingResponse(*what)
        transaction, *where = what
        status = transaction.ResponseElements().StatusCode()
        if transaction.Type() == "INVITE" and 100 < status < 200:
            where[0].SendPRACKL(transaction)
        elif transaction.Type() == "INVITE" and status == 200:
            where[0].SendAckL(transaction)

    def IncomingRequest(self, *what: Any) -> None:
        transaction = what[0]
        if transaction.Type() != "SUBSCRIBE":
            self.reply = 200
            super().IncomingRequest(*what)
            return
        watched = symbian.CSIPNotifyDialogAssoc(transaction, aEvent="presence", aState="active;expires=60")
        elements = CSIPResponseElements.NewL(200)
        elements.MessageElements().SetUserHeadersL((("Expires", "60"),))
        transaction.SendResponseL(elements)
        watched.SendNotifyL()


@pytest.mark.covers("P22", "SY60", "SY63", "SY64", "SY65", "SY66")
@pytest.mark.parametrize("network", ["memory", "udp"])
def test_each_method_is_sent_and_answered(network: str):
    with Lab(seed=7, network=network) as lab:
        server = symbian.SIPServer(lab, "sip:alice@example.com", start_up=0.01)
        app = Everything(lab)
        connection = CSIPConnection.NewL(CSIP.NewL(1, app, server), 1, app)
        bob = lab.user_agent("sip:bob@example.com", answers=0.05, reliable="supported")
        bob.tells("presence", Presence("sip:bob@example.com", (Tuple("desk", "open", "sip:bob@example.com"),)))
        bob.on_refer = lambda reference: reference.accept()
        to = f"sip:bob@{bob.host_port}"
        lab.run(until=lab.env.now + STEP)
        elements = symbian.CSIPRequestElements.NewL(to)
        elements.SetMethodL("MESSAGE")
        elements.MessageElements().SetContentL("Lunch?", "text/plain")
        connection.SendRequestL(elements)
        call = symbian.CSIPInviteDialogAssoc(connection, to)
        sdp = SDP.format(connection.GetLocalAddr()).encode()
        call.SendInviteL(CSIPMessageElements((("Supported", "100rel"),), sdp, "application/sdp"))
        lab.run(until=lab.env.now + 2 * STEP)
        call.SendUPDATEL()
        call.SendNonTargetRefreshRequestL("INFO")
        symbian.CSIPReferDialogAssoc(call.Dialog(), aReferTo="sip:carol@example.com").SendReferL()
        subscription = symbian.CSIPSubscribeDialogAssoc(connection, to)
        subscription.SendSubscribeL(None, None, 60)
        bob.subscribe(f"sip:alice@{connection.stack.host_port}", "presence", expires=60)
        lab.run(until=lab.env.now + 2 * STEP)
        subscription.SendUnsubscribeL()
        call.SendByeL()
        lab.run(until=lab.env.now + STEP)
        sent = [record.message for record in lab.trace.select("sent", "bob")]
        answered = {
            message.cseq.method for message in sent if isinstance(message, Response) and 200 <= message.status < 300
        }  # fmt: skip
        assert answered == {
            "MESSAGE", "INVITE", "PRACK", "UPDATE", "INFO", "REFER", "SUBSCRIBE", "NOTIFY", "BYE",
        }  # fmt: skip
        assert not lab.trace.select("error") and "ErrorOccured" not in app.names
