"""Applications that make a mistake in every callback: each is in the trace, and the messages are the same.

The same program runs twice, once with listeners that do their work, and once with listeners that raise after it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from android_bench import CALL, Device, keeping, two
from bench_pair import wire
from pjsua_bench import config
from symbian_bench import App, Phone

from sipsim.apis import pjsua as pj
from sipsim.apis import symbian
from sipsim.apis.android import Intent, PendingIntent, SipAudioCall, SipRegistrationListener, SipSession
from sipsim.lab.lab import Lab
from sipsim.message.presence import Presence, Tuple

WORD = "no such window"


class Clumsy:
    """Raises in whatever it does, once it has done it."""

    raises = False

    def __getattribute__(self, name: str) -> Any:
        found = object.__getattribute__(self, name)
        if not name[:2].isalpha() or not callable(found) or not object.__getattribute__(self, "raises"):
            return found
        if not (name.startswith("on") or name[0].isupper()):
            return found

        def clumsily(*arguments: Any) -> Any:
            found(*arguments)
            raise LookupError(WORD)

        clumsily.__name__ = name
        return clumsily


def clumsy(kind: type, raises: bool) -> Any:
    """An object of a listener's class that raises, or doesn't."""
    made = type(f"Clumsy{kind.__name__}", (Clumsy, kind), {})()
    made.raises = raises
    return made


def by_android(raises: bool) -> Lab:
    """Registrations by itself and by hand, a call that is held and ended, a session that calls."""
    lab, alice, bob = two()
    carol = Device(lab, "carol", auto=True)
    bob.receiver.heard = clumsy(keeping(SipAudioCall.Listener), raises)
    intent = PendingIntent.getBroadcast(carol.context, 0, Intent(CALL), Intent.FILL_IN_DATA)
    carol.manager.open(carol.profile, intent, clumsy(keeping(SipRegistrationListener), raises))
    session = alice.manager.createSipSession(alice.profile, clumsy(keeping(SipSession.Listener), raises))
    call = alice.manager.makeAudioCall(alice.uri, bob.uri, clumsy(keeping(SipAudioCall.Listener), raises), 30)
    lab.run(until=2.0)
    session.register(60)
    call.holdCall(5)
    lab.run(until=4.0)
    call.endCall()
    lab.run(until=6.0)
    session.makeCall(alice.manager.createSipSession(carol.profile, None).getLocalProfile())
    lab.run(until=8.0)
    session.endCall()
    for device in (alice, bob, carol):
        device.manager.close(device.uri)
    lab.run(until=12.0)
    return lab


def by_symbian(raises: bool) -> Lab:
    """A registration with a refresh, a subscription, a call each way, a message, a failure, a bearer that goes down."""
    lab = Lab(seed=7)
    lab.proxy("example.com", users={"alice": "secret", "bob": "b"})
    bob = lab.user_agent("sip:bob@example.com", password="b", answers=0.2)
    bob.tells("presence", Presence("sip:bob@example.com", (Tuple("desk", "open", "sip:bob@example.com"),)))
    bob.register()
    phone = Phone(lab)
    app: Any = type("ClumsyApp", (Clumsy, App), {})(lab)
    app.raises, app.reply = raises, 200
    phone.connection.observer = phone.csip.observer = phone.app = app

    class Observer(Clumsy, symbian.MSIPHttpDigestChallengeObserver):
        def ChallengeReceived(self, aRealm: str) -> None:
            digest.SetCredentialsL(aRealm, "alice", "secret")

    observer = Observer()
    observer.raises = raises
    digest = symbian.CSIPHttpDigest.NewL(phone.csip, observer)
    phone.bind(refresh=True, aExpires=60).RegisterL()
    lab.run(until=2.0)
    phone.message()
    symbian.CSIPSubscribeDialogAssoc(phone.connection, "sip:bob@example.com").SendSubscribeL(None, None, 60)
    phone.message("sip:bob@nowhere.example")
    lab.run(until=5.0)
    app.reply = None
    call = bob.call("sip:alice@example.com")
    call.answered.defused = True
    lab.run(until=6.0)
    call.hang_up()
    lab.run(until=40.0)
    phone.stack.bearer.set("down")
    lab.run(until=50.0)
    return lab


def by_pjsua(raises: bool) -> Lab:
    """An account that registers and publishes, two calls, a message, a buddy's presence."""
    lab = Lab(seed=7)
    lab.registrar("example.com")
    pj.use(lab, "alice")
    lib = pj.Lib()
    lib.init(log_cfg=pj.LogConfig(level=0))
    lib.create_transport(pj.TransportType.UDP)
    lib.start()

    class Account(Clumsy, pj.AccountCallback):
        def on_incoming_call(self, call: pj.Call) -> None:
            call.set_callback(clumsy(pj.CallCallback, raises))
            call.answer(200)

    cb = Account()
    cb.raises = raises
    settings = config()
    settings.reg_uri = "sip:example.com"
    account = lib.create_account(settings, cb=cb)
    bob = lab.user_agent("sip:bob@example.com")
    bob.tells("presence", Presence("sip:bob@example.com", (Tuple("desk", "open", "sip:bob@example.com"),)))
    call = account.make_call(f"<{bob.contact_uri}>", clumsy(pj.CallCallback, raises))
    lab.run(until=3.0)
    call.hold()
    call.send_pager("Lunch?")
    lab.run(until=4.0)
    bob.message(account.phone, "Yes")
    buddy = account.add_buddy(str(bob.contact_uri), clumsy(pj.BuddyCallback, raises))
    buddy.subscribe()
    buddy.send_pager("When?")
    lab.run(until=5.0)
    call.hangup()
    lab.run(until=6.0)
    bob.call(account.phone)
    lab.run(until=9.0)
    lib.destroy()
    lab.run(until=15.0)
    return lab


@pytest.mark.covers("AN46")
@pytest.mark.parametrize(("program", "least"), [(by_android, 8), (by_symbian, 6), (by_pjsua, 6)])
def test_a_mistake_in_every_callback_changes_no_message(program: Callable[[bool], Lab], least: int):
    well, badly = program(False), program(True)
    assert [(r.time, line) for r, line in zip(well.trace.select("sent"), wire(well.trace), strict=True)] == [
        (r.time, line) for r, line in zip(badly.trace.select("sent"), wire(badly.trace), strict=True)
    ]
    assert not well.trace.select("error")
    errors = badly.trace.select("error")
    told = {badly.trace[error.cause].data["name"] for error in errors}
    assert len(told) >= least, sorted(told)
    for error in errors:
        callback = badly.trace[error.cause]
        assert callback.kind == "api" and callback.data["direction"] == "callback"
        assert error.data["text"] == f"{callback.data['name']}() of the application: LookupError: {WORD}"


@pytest.mark.covers("AN46")
def test_an_exception_in_a_receiver_is_logged():
    lab, alice, bob = two()
    bob.receiver.onReceive = lambda context, intent: 1 / 0  # type: ignore[method-assign]
    call, heard = alice.call()
    lab.run(until=2.0)
    assert heard.names == ["onCalling", "onRingingBack"]
    assert any("onReceive() of the application: ZeroDivisionError" in line for line in bob.context.logcat("E"))
    call.endCall()
    lab.run()
