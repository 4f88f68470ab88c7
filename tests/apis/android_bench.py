"""The bench for tests of the Android API: devices in a lab, and listeners that keep what they hear."""

from __future__ import annotations

from typing import Any

from sipsim.apis.android import (
    BroadcastReceiver,
    Context,
    Intent,
    IntentFilter,
    PendingIntent,
    SipAudioCall,
    SipManager,
    SipProfile,
    SipRegistrationListener,
    SipSession,
)
from sipsim.lab.lab import Lab
from sipsim.message.message import Message
from sipsim.trace.record import Record
from sipsim.trace.trace import Trace

CALL = "android.SipDemo.INCOMING_CALL"


class Heard:
    """Whatever is called on it is kept, in order: names in `names`, with arguments in `told`."""

    def __init__(self) -> None:
        self.told: list[tuple[str, tuple[Any, ...]]] = []

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.told]

    def codes(self) -> list[int]:
        """The codes of errors, of calls and of registrations."""
        failed = ("onError", "onRegistrationFailed", "onCallChangeFailed")
        return [arguments[-2] for name, arguments in self.told if name in failed]


def keeping(listener: type) -> type:
    """The class of a listener all of whose methods keep that they were called."""

    def keep(name: str) -> Any:
        return lambda self, *arguments: self.told.append((name, arguments))

    names = [name for name in dir(listener) if name.startswith("on") and name != "onChanged"]
    return type(f"Heard{listener.__name__}", (Heard, listener), {name: keep(name) for name in names})


SessionHeard = keeping(SipSession.Listener)
CallHeard = keeping(SipAudioCall.Listener)
RegistrationHeard = keeping(SipRegistrationListener)


class Taking(BroadcastReceiver):
    """Keeps the intents of incoming calls, and takes the calls where it is told to."""

    def __init__(self, manager: SipManager, takes: bool) -> None:
        self.manager = manager
        self.takes = takes
        self.intents: list[Intent] = []
        self.calls: list[SipAudioCall] = []
        self.heard = CallHeard()

    def onReceive(self, context: Context, intent: Intent) -> None:
        self.intents.append(intent)
        if self.takes:
            call = self.manager.takeAudioCall(intent, self.heard)
            self.calls.append(call)
            call.answerCall(30)


class Device:
    """A device with one account at example.com, and an application on it."""

    def __init__(self, lab: Lab, user: str, *, takes: bool = True, auto: bool = False, **context: Any) -> None:
        self.lab = lab
        self.context = Context(lab, **context)
        self.manager = SipManager.newInstance(self.context)
        assert self.manager is not None
        builder = SipProfile.Builder(user, "example.com").setPassword("secret").setAutoRegistration(auto)
        self.profile = builder.build()
        self.uri = self.profile.getUriString()
        self.receiver = Taking(self.manager, takes)
        self.context.registerReceiver(self.receiver, IntentFilter(CALL))

    def open(self, listener: SipRegistrationListener | None = None) -> None:
        intent = PendingIntent.getBroadcast(self.context, 0, Intent(CALL), Intent.FILL_IN_DATA)
        self.manager.open(self.profile, intent, listener)

    @property
    def agent(self) -> Any:
        return self.context.groups[self.uri].agent

    def session(self) -> tuple[SipSession, Any]:
        heard = SessionHeard()
        return self.manager.createSipSession(self.profile, heard), heard

    def call(self, to: str = "sip:bob@example.com", timeout: float = 30) -> tuple[SipAudioCall, Any]:
        heard = CallHeard()
        return self.manager.makeAudioCall(self.uri, to, heard, timeout), heard


def two(seed: int = 5, **bob: Any) -> tuple[Lab, Device, Device]:
    """Alice and Bob, both open for calls and found at the proxy without having registered."""
    lab = Lab(seed=seed)
    server = lab.proxy("example.com")
    devices = Device(lab, "alice"), Device(lab, "bob", **bob)
    for device in devices:
        device.open()
        server.location.add(device.uri, device.agent.contact_uri)
    return lab, *devices


def alone(seed: int = 5) -> tuple[Lab, Device, Any]:
    """Alice's device, and a phone of ours that she calls at example.com."""
    lab = Lab(seed=seed)
    server = lab.proxy("example.com")
    bob = lab.user_agent("sip:bob@example.com", answers=1.0)
    alice = Device(lab, "alice")
    alice.open()
    for uri, phone in ((alice.uri, alice.agent), ("sip:bob@example.com", bob)):
        server.location.add(uri, phone.contact_uri)
    return lab, alice, bob


def callbacks(trace: Trace, name: str, element: str = "alice") -> list[Record]:
    """The records of a callback."""
    return [
        record for record in trace.select("api", element)
        if record.data["name"] == name and record.data["direction"] == "callback"
    ]  # fmt: skip


def caused_by(trace: Trace, record: Record) -> Message:
    """The message that a callback was about."""
    return next(cause.message for cause in trace.why(record) if cause.kind == "delivered")
