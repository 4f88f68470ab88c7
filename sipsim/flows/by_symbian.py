"""The figures of the guide to Symbian's SIP Client API, as programs, with each call and callback in a lane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from sipsim.apis.symbian import (
    CSIP,
    CSIPConnection,
    CSIPInviteDialogAssoc,
    CSIPMessageElements,
    CSIPRefresh,
    CSIPRegistrationBinding,
    CSIPRequestElements,
    CSIPResponseElements,
    CSIPServerTransaction,
    KErrSIPTransportFailure,
    Leave,
    MSIPConnectionObserver,
    MSIPObserver,
    SIPServer,
)
from sipsim.elements.agents.scripted_peer import ScriptedPeer
from sipsim.elements.story import Story
from sipsim.flows.casts import DOMAIN
from sipsim.lab.lab import Lab
from sipsim.lab.parameters import LONGEST, Allowed
from sipsim.lab.scenario import scenario
from sipsim.message import build
from sipsim.protocol.options import whole

SDP = "v=0\r\no=alice 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio {1} RTP/AVP 0\r\n"
SOUND = 49180
"""The port of the application's own sound, of which the stack knows nothing."""

Requested = Annotated[int, Allowed(whole, 30, int(LONGEST))]
"""Seconds that the stack takes for a registration: less than 30 it refuses."""


class Application(MSIPObserver, MSIPConnectionObserver):
    """An application: it starts on a device of Alice's, and does what a scenario asks it to."""

    def __init__(self, lab: Lab) -> None:
        self.server = SIPServer(lab, f"sip:alice@{DOMAIN}", "alice")
        self.codes: list[int] = []
        self.on_response: Callable[..., object] = lambda *what: None
        self.on_request: Callable[..., object] = lambda *what: None
        self.on_state: Callable[..., object] = lambda state: None

    def start(self) -> None:
        """CSIP first, then a connection at access point 1."""
        self.csip = CSIP.NewL(1, self, self.server)
        self.connection = CSIPConnection.NewL(self.csip, 1, self)

    def IncomingResponse(self, aTransaction: Any, aWhere: Any = None) -> None:
        self.codes.append(aTransaction.ResponseElements().StatusCode())
        self.on_response(aTransaction, aWhere)

    def IncomingRequest(self, *what: Any) -> None:
        transaction = next(one for one in what if isinstance(one, CSIPServerTransaction))
        self.on_request(transaction)

    def InviteCompleted(self, aTransaction: Any) -> None:
        aTransaction.Delete()

    def ConnectionStateChanged(self, aState: Any) -> None:
        self.on_state(aState)

    def sdp(self) -> str:
        """What it offers, or answers with; the trace knows whose sound that is."""
        host, stack = self.connection.GetLocalAddr(), self.connection.stack
        stack.trace.register(stack.name, address=(host, SOUND))
        return SDP.format(host, SOUND)


def started(lab: Lab) -> Application:
    """An application whose connection will be active within a second."""
    app = Application(lab)
    app.start()
    return app


@scenario(
    title="Symbian: the client starts",
    rfc="RFC 3261 §8",
    question="What may the application do before it hears of EActive?",
)
def symbian_start(lab: Lab) -> Story:
    """CSIP connects to the server, which starts; the connection is active when that is up."""
    app = started(lab)
    yield lab.env.timeout(1.0)
    return {"state": app.connection.State().name}


@scenario(
    title="Symbian: the order in which a client is closed",
    rfc="RFC 3261 §10",
    question="What does the binding say once its connection is gone, and who tells the registrar?",
    codes=(200,),
)
def symbian_close(lab: Lab) -> Story:
    """What depends on a connection goes before it, and it before CSIP; here the binding is used, and goes, too late."""
    lab.registrar(DOMAIN)
    app = started(lab)
    yield lab.env.timeout(1.0)
    binding = CSIPRegistrationBinding.NewL(app.connection, f"sip:alice@{DOMAIN}")
    app.on_response = lambda transaction, where: transaction.Delete()
    binding.RegisterL()
    yield lab.env.timeout(1.0)
    app.connection.Delete()
    error = ""
    try:
        binding.UpdateL()
    except Leave as left:
        error = left.name
        lab.note(f"UpdateL leaves with {error}")
    binding.Delete()
    app.csip.Delete()
    return {"update": error}


@scenario(
    title="Symbian: a MESSAGE and two responses to it",
    rfc="RFC 4320 §4.1",
    question="Why is the 100 so late, and which of the two responses frees the transaction?",
    codes=(100, 200),
)
def symbian_message_out(lab: Lab) -> Story:
    """SendRequestL returns before anything is sent; then a slow peer says 100 as late as is legal, and 200."""
    bob = lab.scripted_peer(f"sip:bob@{DOMAIN}", "bob")
    lab.names.add(DOMAIN, bob.address)
    app = started(lab)
    yield lab.env.timeout(1.0)
    elements = CSIPRequestElements.NewL(f"sip:bob@{DOMAIN}")
    elements.SetMethodL("MESSAGE")
    elements.MessageElements().SetContentL("Watson, come here.", "text/plain")
    transaction = app.connection.SendRequestL(elements)
    app.on_response = lambda *what: transaction.Delete() if transaction.status >= 200 else None
    yield from slow_answer(lab, bob, app)
    return {"codes": app.codes}


def slow_answer(lab: Lab, bob: ScriptedPeer, app: Application) -> Story:
    """100 when timer E of the client has grown to T2, and 200 a second later."""
    request: Any = yield bob.expect("MESSAGE")
    yield lab.env.timeout(4.0)
    bob.say(build.reply(request, 100), app.connection.stack)
    yield lab.env.timeout(1.0)
    bob.say(build.reply(request, 200, to_tag="bob"), app.connection.stack)
    yield lab.env.timeout(1.0)


@scenario(
    title="Symbian: a MESSAGE arrives",
    rfc="RFC 3428 §7",
    question="Who makes the server transaction, and when may the application delete it?",
    codes=(200,),
)
def symbian_message_in(lab: Lab) -> Story:
    """The connection makes elements and a transaction, the application answers and deletes it."""
    app = started(lab)
    bob = lab.user_agent(f"sip:bob@{DOMAIN}")

    def answer(transaction: CSIPServerTransaction) -> None:
        transaction.SendResponseL(CSIPResponseElements.NewL(200))
        transaction.Delete()

    app.on_request = answer
    yield lab.env.timeout(1.0)
    yield bob.message(f"sip:alice@{app.connection.stack.host_port}", "Watson, come here.")


@scenario(
    title="Symbian: an INVITE arrives and becomes a session",
    rfc="RFC 3261 §13.3",
    question="Which of the messages that Alice's device sends did the application not send?",
    codes=(100, 180, 200),
)
def symbian_invite_in(lab: Lab) -> Story:
    """The stack says 100; the application makes an association, rings and answers; the ACK has its own transaction."""
    app = started(lab)
    bob = lab.user_agent(f"sip:bob@{DOMAIN}")

    def answer(transaction: CSIPServerTransaction) -> None:
        if transaction.Type() == "INVITE":
            CSIPInviteDialogAssoc.NewL(transaction)
            transaction.SendResponseL(CSIPResponseElements.NewL(180))
            app.connection.stack.later(2.0, accept, transaction)
        elif transaction.ResponseAllowed():
            transaction.SendResponseL(CSIPResponseElements.NewL(200))

    def accept(transaction: CSIPServerTransaction) -> None:
        elements = CSIPResponseElements.NewL(200)
        elements.MessageElements().SetContentL(app.sdp(), "application/sdp")
        transaction.SendResponseL(elements)
        transaction.Delete()

    app.on_request = answer
    yield lab.env.timeout(1.0)
    call = bob.call(f"sip:alice@{app.connection.stack.host_port}")
    yield call.answered
    yield lab.env.timeout(5.0)
    yield call.hang_up()


@scenario(
    title="Symbian: a registration that the stack refreshes",
    rfc="RFC 3261 §10.2.4",
    question="Which REGISTER did the application not ask for, and why does it hear of one 200 only?",
    codes=(200,),
)
def symbian_register(lab: Lab, *, expires: Requested = 120) -> Story:
    """A refresh, a binding with it, RegisterL; half-way to the end the stack registers again."""
    lab.registrar(DOMAIN)
    app = started(lab)
    yield lab.env.timeout(1.0)
    refresh = CSIPRefresh.NewL()
    binding = CSIPRegistrationBinding.NewL(
        app.connection, f"sip:alice@{DOMAIN}", f"sip:{DOMAIN}", None, refresh, aExpires=expires
    )
    app.on_response = lambda transaction, where: transaction.Delete()
    binding.RegisterL()
    yield lab.env.timeout(expires * 0.75)
    return {"active": binding.IsContextActive(), "refresh": refresh.State().name}


@scenario(
    title="Symbian: INVITE, 180, 200 and ACK",
    rfc="RFC 3261 §13.2.2.4",
    question="When, and why so late, may the transaction of the INVITE be deleted?",
    codes=(180, 200),
)
def symbian_invite_out(lab: Lab, *, acknowledges: bool = True) -> Story:
    """The application acknowledges the 200 itself, unless it forgets to; then it awaits InviteCompleted."""
    bob = lab.user_agent(f"sip:bob@{DOMAIN}", answers=2.0)
    lab.names.add(DOMAIN, bob.address)
    app = started(lab)
    yield lab.env.timeout(1.0)
    association = CSIPInviteDialogAssoc.NewL(app.connection, f"sip:bob@{DOMAIN}")
    elements = CSIPMessageElements.NewL()
    elements.SetUserHeadersL((("Subject", "Lunch"),))
    elements.SetContentL(app.sdp(), "application/sdp")

    def acknowledge(transaction: Any, where: Any) -> None:
        if acknowledges and transaction.Type() == "INVITE" and transaction.status == 200:
            where.SendAckL(transaction)

    app.on_response = acknowledge
    association.SendInviteL(elements)
    yield lab.env.timeout(10.0)
    association.SendByeL()
    yield lab.env.timeout(30.0)
    return {"dialog": association.Dialog().State().name}


@scenario(
    title="Symbian: a connection is refreshed",
    rfc="RFC 3261 §18",
    question="What became of the MESSAGE that was under way, and who told the application?",
    codes=(200,),
)
def symbian_connection(lab: Lab) -> Story:
    """The bearer goes down, which ends all; the application asks its monitor, and writes again once it is active."""
    bob = lab.user_agent(f"sip:bob@{DOMAIN}")
    lab.names.add(DOMAIN, bob.address)
    app = started(lab)
    yield lab.env.timeout(1.0)

    def again(state: Any) -> None:
        if state is CSIPConnection.EInactive:
            app.connection.RefreshConnection()
        else:
            write(app)

    app.on_state = again
    write(app)
    yield lab.env.timeout(0.003)
    app.server.stack(1).bearer.set("down", KErrSIPTransportFailure)
    error = app.connection.GetConnectionError()
    yield lab.env.timeout(2.0)
    return {"reason": error, "codes": app.codes}


def write(app: Application) -> None:
    """Send Bob a MESSAGE."""
    elements = CSIPRequestElements.NewL(f"sip:bob@{DOMAIN}")
    elements.SetMethodL("MESSAGE")
    elements.MessageElements().SetContentL("Are you there?", "text/plain")
    app.connection.SendRequestL(elements)
