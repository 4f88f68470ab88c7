"""What the originals' documents call wrong, by all three APIs, in memory and on sockets: name, number, sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from android_bench import CALL
from bench_pair import wire
from symbian_bench import App

from sipsim.apis import android, symbian
from sipsim.apis import pjsua as pj
from sipsim.apis.symbian import CSIP, CSIPConnection, CSIPInviteDialogAssoc
from sipsim.lab.lab import Lab

NETWORKS = ["memory", "udp"]
STEP = 0.15
"""Seconds that are enough for a few messages on sockets too."""


@pytest.fixture(params=NETWORKS)
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    with Lab(seed=7, network=request.param) as made:
        yield made


class Device:
    """A Symbian phone whose server starts at once, a registrar, and Bob, who answers at once."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.app = App(lab)
        self.server = symbian.SIPServer(lab, "sip:alice@example.com", start_up=0.01)
        self.csip = CSIP.NewL(1, self.app, self.server)
        self.connection = CSIPConnection.NewL(self.csip, 1, self.app)
        self.bob = lab.user_agent("sip:bob@example.com", answers=0.02)
        self.to = f"sip:bob@{self.bob.host_port}"
        self.registrar = f"sip:{lab.registrar('example.com', users={'alice': 'secret'}).host_port}"
        lab.run(until=lab.env.now + STEP)

    def elements(self, method: str = "MESSAGE", to: str = "") -> symbian.CSIPRequestElements:
        made = symbian.CSIPRequestElements.NewL(to or self.to)
        made.SetMethodL(method)
        return made

    def binding(self) -> symbian.CSIPRegistrationBinding:
        return symbian.CSIPRegistrationBinding(self.connection, "sip:alice@example.com", self.registrar)


def second_csip(device: Device) -> None:
    CSIP.NewL(1, device.app, device.server)


def second_connection(device: Device) -> None:
    CSIPConnection.NewL(device.csip, 1, device.app)


def without_capability(device: Device) -> None:
    device.csip.platform = frozenset()
    device.connection.SendRequestL(device.elements())


def not_active(device: Device) -> None:
    device.connection.stack.bearer.set("suspended")
    device.connection.SendRequestL(device.elements())


def refreshed_while_active(device: Device) -> None:
    device.connection.RefreshConnection()


def deleted_too_early(device: Device) -> None:
    device.connection.SendRequestL(device.elements()).Delete()


def deleted_before_invite_completed(device: Device) -> None:
    call = CSIPInviteDialogAssoc(device.connection, device.to)
    invite = call.SendInviteL(
        symbian.CSIPMessageElements(
            (), b"v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
            "application/sdp",
        )
    )  # fmt: skip
    device.lab.run(until=device.lab.env.now + STEP)
    call.SendAckL(invite)
    bye = call.SendByeL()
    device.lab.run(until=device.lab.env.now + STEP)
    assert (invite.status, bye.status, invite.State()) == (200, 200, invite.ETerminated)
    invite.Delete()


def cancelled_message(device: Device) -> None:
    device.connection.SendRequestL(device.elements()).CancelL()


def cancelled_register(device: Device) -> None:
    device.binding().RegisterL().CancelL()


def said_100(device: Device) -> None:
    symbian.CSIPResponseElements.NewL(100)


def malformed(device: Device) -> None:
    device.elements(to="sip:bob@@example.com")


def another_scheme(device: Device) -> None:
    device.elements(to="tel:+4930123456")


def invite_alone(device: Device) -> None:
    device.connection.SendRequestL(device.elements("INVITE"))


def bye_too_early(device: Device) -> None:
    CSIPInviteDialogAssoc(device.connection, device.to).SendByeL()


def bye_as_another_request(device: Device) -> None:
    CSIPInviteDialogAssoc(device.connection, device.to).SendNonTargetRefreshRequestL("BYE")


def made_by_hand(device: Device) -> None:
    symbian.CSIPClientTransaction(None, device.connection.stack, "MESSAGE", None, device.connection)


def no_observer(device: Device) -> None:
    symbian.CSIPHttpDigest.SetCredentialsL(device.csip, "example.com", "alice", "secret")  # type: ignore[arg-type]


def used_after_delete(device: Device) -> None:
    binding = device.binding()
    device.connection.Delete()
    binding.RegisterL()


def by_no_registration(device: Device) -> None:
    device.connection.SendRequestL(device.elements(), device.binding())


def too_brief(device: Device) -> None:
    symbian.CSIPRegistrationBinding(device.connection, "sip:alice@example.com", device.registrar, aExpires=29)


def property_unknown(device: Device) -> None:
    device.binding().SetProperty(202, True)


def twice_at_once(device: Device) -> None:
    binding = device.binding()
    binding.RegisterL()
    binding.RegisterL()


SYMBIAN: dict[Callable[[Device], None], tuple[str, int]] = {
    second_csip: ("KErrAlreadyExists", -11),
    second_connection: ("KErrAlreadyExists", -11),
    without_capability: ("KErrPermissionDenied", -46),
    not_active: ("KErrCouldNotConnect", -34),
    refreshed_while_active: ("KErrNotReady", -18),
    deleted_too_early: ("KErrInUse", -14),
    deleted_before_invite_completed: ("KErrInUse", -14),
    cancelled_message: ("KErrSIPInvalidTransactionState", -17703),
    cancelled_register: ("KErrSIPInvalidTransactionState", -17703),
    said_100: ("KErrArgument", -6),
    malformed: ("KErrSIPMalformedMessage", -17700),
    another_scheme: ("KErrSIPInvalidURIType", -17717),
    invite_alone: ("KErrArgument", -6),
    bye_too_early: ("KErrSIPInvalidDialogState", -17704),
    bye_as_another_request: ("KErrSIPInvalidDialogRequest", -17705),
    made_by_hand: ("KErrNotSupported", -5),
    no_observer: ("KErrNotFound", -1),
    used_after_delete: ("KErrSIPResourceNotAvailable", -17711),
    by_no_registration: ("KErrSIPInvalidRegistrationState", -17709),
    too_brief: ("KErrArgument", -6),
    property_unknown: ("KErrNotFound", -1),
    twice_at_once: ("KErrSIPRequestPending", -17702),
}


@pytest.mark.covers("SY100", "SY25", "SY01", "SY07", "SY12", "SY13", "SY16", "SY61", "SY91", "SY94")
@pytest.mark.parametrize("act", SYMBIAN, ids=lambda act: act.__name__)
def test_symbian_leaves_with_the_documented_error(lab: Lab, act: Callable[[Device], None]):
    device = Device(lab)
    with pytest.raises(symbian.Leave) as caught:
        act(device)
    name, number = SYMBIAN[act]
    assert (caught.value.name, caught.value.code) == (name, number) == (name, getattr(symbian, name))
    told, _, sentence = str(caught.value).partition(": ")
    assert told == f"{name} ({number})" and len(sentence.split()) >= 3
    device.connection.stack.bearer.set("up")
    lab.run(until=lab.env.now + STEP)
    assert not lab.trace.select("error")


@pytest.mark.covers("SY96", "SY15")
@pytest.mark.parametrize(("what", "name", "number"), [
    ("nobody has its name", "KErrSIPResolvingFailure", -17712), ("no digest", "KErrSIPForbidden", -17713),
])  # fmt: skip
def test_symbian_tells_later_of_what_only_shows_later(lab: Lab, what: str, name: str, number: int):
    device = Device(lab)
    if what == "no digest":
        device.binding().RegisterL()
    else:
        device.connection.SendRequestL(device.elements(to="sip:bob@nowhere.example"))
    lab.run(until=lab.env.now + STEP)
    assert device.app.last("ErrorOccured")[0] == getattr(symbian, name) == number
    assert f"ErrorOccured({name}," in lab.trace.ladder().to_text(200)


# Android


class Phone:
    """An Android device that has opened a profile for calls, without a server."""

    def __init__(self, lab: Lab, **context: Any) -> None:
        self.lab = lab
        self.context = android.Context(lab, "alice", **context)
        manager = android.SipManager.newInstance(self.context)
        assert manager is not None
        self.manager = manager
        self.profile = android.SipProfile.Builder("alice", "example.com").setAutoRegistration(False).build()
        self.bob = lab.user_agent("sip:bob@example.com", answers=0.02)
        self.to = f"sip:bob@{self.bob.host_port}"

    def open(self) -> None:
        intent = android.PendingIntent.getBroadcast(self.context, 0, android.Intent(CALL), 0)
        self.manager.open(self.profile, intent, None)

    def call(self, to: str = "") -> android.SipAudioCall:
        return self.manager.makeAudioCall(self.profile.getUriString(), to or self.to, None, 30)


def without_permission(phone: Phone) -> None:
    phone.context.manifest = android.Manifest(permissions=("android.permission.INTERNET",))
    phone.open()


def without_connection(phone: Phone) -> None:
    phone.context.network.set_connected(False)
    phone.call()


def port_out_of_range(phone: Phone) -> None:
    android.SipProfile.Builder("alice", "example.com").setPort(70000)


def no_protocol(phone: Phone) -> None:
    android.SipProfile.Builder("alice", "example.com").setProtocol("TLS")


def malformed_profile(phone: Phone) -> None:
    android.SipProfile.Builder("bob@@example.com")


def malformed_callee(phone: Phone) -> None:
    phone.call("sip:bob@@example.com")


def no_intent(phone: Phone) -> None:
    phone.manager.open(phone.profile, None, None)


def an_intent_of_nothing(phone: Phone) -> None:
    phone.manager.takeAudioCall(android.Intent(CALL), None)


def used_after_close(phone: Phone) -> None:
    call = phone.call()
    call.close()
    call.startAudio()


def no_key(phone: Phone) -> None:
    phone.call().sendDtmf(16)


def with_video(phone: Phone) -> None:
    session = phone.manager.createSipSession(phone.profile, None)
    description = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 4002 RTP/AVP 34\r\n"
    session.makeCall(android.SipProfile.Builder(phone.to).build(), description, 5)


ANDROID: dict[Callable[[Phone], None], tuple[type[Exception], str]] = {
    without_permission: (android.SipException, "android.permission.USE_SIP"),
    without_connection: (android.SipException, "no data connection"),
    port_out_of_range: (android.IllegalArgumentException, "1000 to 65535"),
    no_protocol: (android.IllegalArgumentException, "UDP, TCP"),
    malformed_profile: (android.ParseException, "is no SIP address"),
    malformed_callee: (android.SipException, "peerProfile"),
    no_intent: (android.NullPointerException, "incomingCallPendingIntent"),
    an_intent_of_nothing: (android.SipException, "no Call-ID"),
    used_after_close: (android.IllegalStateException, "was closed"),
    no_key: (android.IllegalArgumentException, "0 to 15"),
    with_video: (android.IllegalArgumentException, "audio only"),
}


@pytest.mark.covers("AN05", "AN10", "AN22", "AN23", "AN43", "AN54", "AN55", "AN57")
@pytest.mark.parametrize("act", ANDROID, ids=lambda act: act.__name__)
def test_android_raises_the_documented_exception(lab: Lab, act: Callable[[Phone], None]):
    phone = Phone(lab)
    kind, words = ANDROID[act]
    with pytest.raises(kind) as caught:
        act(phone)
    assert type(caught.value) is kind and words in str(caught.value) and len(str(caught.value).split()) >= 3
    for group in phone.context.groups.values():
        group.close()
    lab.run(until=lab.env.now + STEP)
    assert not lab.trace.select("error")


@pytest.mark.covers("AN32", "AN40", "AN51")
def test_android_tells_a_listener_of_a_wrong_state_by_code(lab: Lab):
    told: list[tuple[int, str]] = []

    class Listener(android.SipAudioCall.Listener):
        def onError(self, call: android.SipAudioCall, errorCode: int, errorMessage: str) -> None:
            told.append((errorCode, errorMessage))

    class Session(android.SipSession.Listener):
        def onError(self, session: android.SipSession, errorCode: int, errorMessage: str) -> None:
            told.append((errorCode, errorMessage))

    phone = Phone(lab)
    phone.manager.createSipSession(phone.profile, Session()).endCall()
    call = phone.manager.makeAudioCall(phone.profile.getUriString(), phone.to, Listener(), 30)
    call.startAudio()
    lab.run(until=lab.env.now + STEP)
    codes = android.SipErrorCode
    assert [(code, codes.toString(code)) for code, _ in told] == [(-9, "IN_PROGRESS"), (-4, "CLIENT_ERROR")]
    assert all(len(words.split()) >= 3 for _, words in told) and call.isInCall()
    call.endCall()
    lab.run(until=lab.env.now + STEP)


# pjsua


class Program:
    """A program for pjsua that has started, with an account that does not register."""

    def __init__(self, lab: Lab) -> None:
        pj.use(lab, "alice")
        self.lib = pj.Lib()
        self.lib.init(log_cfg=pj.LogConfig(level=0))
        self.transport = self.lib.create_transport(pj.TransportType.UDP)
        self.lib.start()
        settings = pj.AccountConfig()
        settings.id = "<sip:alice@example.com>"
        self.account = self.lib.create_account(settings)
        self.bob = lab.user_agent("sip:bob@example.com", answers=0.02)

    def call(self) -> pj.Call:
        return self.account.make_call(f"<{self.bob.contact_uri}>")


PJSUA: dict[str, tuple[Callable[[Program], object], int, str]] = {
    "a second library": (lambda program: pj.Lib(), -1, "Library instance already exist"),
    "initialised twice": (lambda program: program.lib.init(), 70013, "PJ_EINVALIDOP"),
    "a port out of range": (
        lambda program: program.lib.create_transport(1, pj.TransportConfig(65536)), 70004, "PJ_EINVAL",
    ),
    "TLS": (lambda program: program.lib.create_transport(pj.TransportType.TLS), 171060, "PJSIP_EUNSUPTRANSPORT"),
    "a malformed URI": (lambda program: program.account.make_call("sip:bob@@example.com"), 171039, "PJSIP_EINVALIDURI"),
    "a port that is taken": (
        lambda program: program.lib.create_transport(
            1, pj.TransportConfig(program.transport.info().port, program.transport.info().host)
        ), 120098, "Address already in use",
    ),
    "held before it stands": (lambda program: program.call().hold(), 171141, "PJSIP_ESESSIONSTATE"),
    "answered by who called": (lambda program: program.call().answer(), 70013, "PJ_EINVALIDOP"),
    "another transport": (lambda program: program.account.set_transport(program.transport), 70012, "PJ_ENOTSUP"),
    "a changed account": (lambda program: program.lib.modify_account(0, pj.AccountConfig()), 70012, "PJ_ENOTSUP"),
    "a deleted account": (lambda program: (program.account.delete(), program.account.info()), -1, "Invalid account"),
    "a destroyed library": (lambda program: (program.lib.destroy(), program.lib.start()), 70013, "PJ_EINVALIDOP"),
    "no registrar": (lambda program: program.account.set_registration(True), 70013, "PJ_EINVALIDOP"),
}  # fmt: skip


@pytest.mark.covers("PJ1", "PJ3", "PJ8", "PJ9", "PJ11")
@pytest.mark.parametrize("name", PJSUA)
def test_pjsua_raises_its_error_with_pjsips_number_and_text(lab: Lab, name: str):
    program = Program(lab)
    act, number, words = PJSUA[name]
    with pytest.raises(pj.Error) as caught:
        act(program)
    error = caught.value
    assert error.err_code == number and words in error.err_msg() and "()" in error.op_name
    assert str(error) == f"Object: {error.obj}, operation={error.op_name}, error={error.err_msg()}"
    program.lib.destroy()
    lab.run(until=lab.env.now + STEP)
    assert not lab.trace.select("error")


# Listeners that raise


@pytest.mark.covers("AN46")
@pytest.mark.parametrize("api", ["android", "symbian", "pjsua"])
def test_a_mistake_in_a_listener_is_logged_shows_in_the_ladder_and_the_call_goes_on(lab: Lab, api: str):
    def raises(*arguments: Any) -> None:
        raise LookupError("no such window")

    if api == "android":
        phone = Phone(lab)
        listener = type("Clumsy", (android.SipAudioCall.Listener,), {"onCallEstablished": raises})()
        call = phone.manager.makeAudioCall(phone.profile.getUriString(), phone.to, listener, 30)
        lab.run(until=lab.env.now + STEP)
        assert call.isInCall() and any("LookupError: no such window" in line for line in phone.context.logcat("E"))
        call.endCall()
    elif api == "pjsua":
        lines: list[str] = []
        program = Program(lab)
        program.lib.log = type(program.lib.log)(
            lab.env, pj.LogConfig(level=1, callback=lambda level, text, length: lines.append(text))
        )
        call = program.account.make_call(
            f"<{program.bob.contact_uri}>", type("Clumsy", (pj.CallCallback,), {"on_state": raises})()
        )
        lab.run(until=lab.env.now + STEP)
        assert call.state == pj.CallState.CONFIRMED and "LookupError: no such window" in lines[0]
        program.lib.destroy()
    else:
        device = Device(lab)
        device.app.IncomingResponse = raises  # type: ignore[method-assign]
        transaction = device.connection.SendRequestL(device.elements())
        lab.run(until=lab.env.now + STEP)
        assert transaction.status == 200
    lab.run(until=lab.env.now + STEP)
    errors = lab.trace.select("error", "alice")
    assert errors and all("LookupError: no such window" in record.data["text"] for record in errors)
    assert "no such window" in lab.trace.ladder().to_text(160) and wire(lab.trace)[-1].partition(" ")[2].startswith(
        "200"
    )
