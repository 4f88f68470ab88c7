"""What a call costs through a client API, beside the same call placed on `UserAgent`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bench import workload
from bench.figures import Figure, in_turn, microseconds, ratio
from sipsim.apis import android, pjsua, symbian
from sipsim.lab.lab import Lab

CALLS = 1_000

Load = Callable[[Lab, int], None]


def figures() -> Iterator[Figure]:
    """Each API in turn with the bare user agent, on a lab without a trace."""
    sides = {"user agent": workload.by_callbacks, "android": by_android, "pjsua": by_pjsua, "symbian": by_symbian}
    times = in_turn({name: simulated(load) for name, load in sides.items()})
    each = {"us_per_call": microseconds(times, CALLS)}
    for name in list(sides)[1:]:
        yield Figure(f"call by {name} / by user agent", ratio(times, name, "user agent"), "x", most=1.3, more=each)


def simulated(load: Load) -> Callable[[], object]:
    """One run in a lab of its own."""
    return lambda: load(workload.a_lab("off"), CALLS)


class HangsUp(pjsua.CallCallback):
    """Ends its call as soon as it stands."""

    def on_state(self) -> None:
        if self.call.state == pjsua.CallState.CONFIRMED:
            self.call.hangup()


def by_pjsua(lab: Lab, calls: int) -> None:
    """The load of `workload.by_callbacks`, by an account of pjsua."""
    env = lab.env
    workload.ready(lab)
    pjsua.use(lab)
    lib, settings = pjsua.Lib(), pjsua.UAConfig()
    settings.max_calls = calls
    lib.init(settings, pjsua.LogConfig(level=0))
    lib.create_transport(pjsua.TransportType.UDP)
    lib.start()
    config = pjsua.AccountConfig()
    config.id = "<sip:carol@example.com>"
    account = lib.create_account(config)

    def place(left: int) -> None:
        account.make_call(workload.BOB, HangsUp())
        if left > 1:
            env.call_later(workload.EVERY, place, left - 1)

    place(calls)
    lab.run()
    lab.drain()
    assert account.phone.tally.answered == calls and not lab.leftovers() and not account.calls


class Ends(android.SipAudioCall.Listener):
    """The same for Android."""

    def onCallEstablished(self, call: android.SipAudioCall) -> None:
        call.endCall()


def by_android(lab: Lab, calls: int) -> None:
    """The load of `workload.by_callbacks`, by a profile that is open on an Android device."""
    env = lab.env
    workload.ready(lab)
    context = android.Context(lab)
    manager = android.SipManager.newInstance(context)
    assert manager is not None
    profile = android.SipProfile.Builder("carol", "example.com").build()
    peer = android.SipProfile.Builder(workload.BOB).build()
    manager.open(profile)

    def place(left: int) -> None:
        manager.makeAudioCall(profile, peer, Ends(), 30)
        if left > 1:
            env.call_later(workload.EVERY, place, left - 1)

    place(calls)
    lab.run()
    lab.drain()
    (group,) = context.groups.values()
    assert group.agent.tally.answered == calls and not lab.leftovers() and not group.sessions


class Acknowledges(symbian.MSIPObserver, symbian.MSIPConnectionObserver):
    """Sends the ACK for each 200 to an INVITE, and at once a BYE; lets go of what is over."""

    def __init__(self) -> None:
        self.answered = 0

    def IncomingResponse(self, aTransaction: symbian.CSIPClientTransaction, aWhere: Any = None) -> None:
        if aTransaction.ResponseElements().StatusCode() != 200:
            return
        if aTransaction.Type() == "INVITE":
            self.answered += 1
            aWhere.SendAckL(aTransaction)
            aWhere.SendByeL()
        else:
            aWhere.Delete()
            aTransaction.Delete()

    def InviteCompleted(self, aTransaction: symbian.CSIPClientTransaction) -> None:
        aTransaction.Delete()


def by_symbian(lab: Lab, calls: int) -> None:
    """The load of `workload.by_callbacks`, by an application on a Symbian device."""
    env = lab.env
    workload.ready(lab)
    server, app = symbian.SIPServer(lab, "sip:carol@example.com"), Acknowledges()
    csip = symbian.CSIP.NewL(1, app, server)
    connection = symbian.CSIPConnection.NewL(csip, 1, app)
    lab.run(until=env.now + 1.0)
    offer = symbian.CSIPMessageElements((), an_offer(connection.GetLocalAddr()), "application/sdp")

    def place(left: int) -> None:
        symbian.CSIPInviteDialogAssoc(connection, workload.BOB).SendInviteL(offer)
        if left > 1:
            env.call_later(workload.EVERY, place, left - 1)

    place(calls)
    lab.run()
    lab.drain()
    assert app.answered == calls and not lab.leftovers() and not connection.stack.dialogs


def an_offer(host: str) -> bytes:
    """What a user agent offers, as an application writes it."""
    return (
        f"v=0\r\no=carol 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        "m=audio 49180 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    ).encode()
