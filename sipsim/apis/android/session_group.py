"""All that a device keeps for one profile: the phone that acts for it, its sessions, its registration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sipsim.apis.android.auto_registration import AutoRegistration
from sipsim.apis.android.error_code import code_of
from sipsim.apis.android.errors import CanceledException
from sipsim.apis.android.intents import Intent, PendingIntent
from sipsim.apis.android.keep_alive import KeepAlive
from sipsim.apis.android.listeners import SipRegistrationListener
from sipsim.apis.android.profile import SipProfile
from sipsim.apis.android.session import SipSession
from sipsim.apis.lane import Lane
from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.calls.call import Call
from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.calls.incoming_change import IncomingChange
from sipsim.elements.events.referring import Reference
from sipsim.errors import CallFailed, RegistrationFailed

if TYPE_CHECKING:
    from sipsim.apis.android.context import Context

INCOMING_CALL_RESULT_CODE = 101
EXTRA_CALL_ID = "android:sipCallID"
EXTRA_OFFER_SD = "android:sipOfferSD"


class SessionGroup:
    """A profile that is in use. `agent` is the engine's user agent that acts for it; `opened` says for what."""

    def __init__(self, device: Context, profile: SipProfile) -> None:
        self.device = device
        self.profile = profile
        self.uri = profile.getUriString()
        self.agent = self._phone(device, profile)
        self.agent.application = device
        if self.agent.digest is not None:
            self.agent.digest.tries = device.password_tries
        self.agent.on_call = self._incoming
        self.agent.on_reinvite = self._asked_to_change
        self.agent.on_refer = self._asked_to_transfer
        device.named(self.agent.name)
        self.lane = Lane(device.lab.env, device.lab.trace, self.agent.name)
        self.lane.on_mistake = lambda name, error: device.log.e("SipSession", f"{name}() raised", error)
        self.sessions: dict[Call, SipSession] = {}
        self.asking: dict[SipSession, None] = {}  # those that wait for the answer to a REGISTER
        self.pending: dict[str, SipSession] = {}  # by Call-ID: calls that nobody took yet
        self.opened = False
        self.intent: PendingIntent | None = None
        self.registration: AutoRegistration | None = None

    @staticmethod
    def _phone(device: Context, profile: SipProfile) -> UserAgent:
        proxy, name = profile.getProxyAddress(), device.name if not device.groups else ""
        return device.lab.user_agent(
            profile.getUriString(), name or None, host=device.host,
            password=profile.getPassword(), username=profile.getAuthUserName(),
            outbound=f"sip:{proxy}" if proxy else None, transport=profile.getProtocol().lower(),
        )  # fmt: skip

    def open(self, intent: PendingIntent | None, listener: SipRegistrationListener | None) -> None:
        """Begin to take calls, where there is an intent for them, and to be registered."""
        self.opened, self.intent = True, intent
        if intent is not None and self.profile.getAutoRegistration():
            if self.registration is not None:
                self.registration.stop()
            self.registration = AutoRegistration(self, listener)
            self.registration.start()

    def close(self) -> None:
        """End calls, unregister, and take no more calls."""
        for session in list(self.sessions.values()):
            session.endCall()
        if self.registration is not None:
            self.registration.leave()
        elif self.agent.registration.active:
            self.unregister()
        self.opened, self.intent, self.registration = False, None, None

    def unregister(self) -> None:
        """Remove the phone's binding, where there is a connection to say so by."""
        if self.device.network.connected:
            self.agent.unregister()

    @property
    def registered(self) -> bool:
        return self.opened and self.agent.registration.active

    def session(self) -> SipSession:
        """A new session, with nobody to listen yet."""
        return SipSession(self)

    def code(self, error: CallFailed | RegistrationFailed) -> int:
        """The `SipErrorCode` of a failure."""
        digest = self.agent.digest
        return code_of(error, self.profile.getSipDomain(), digest.asked_by if digest is not None else None)

    # What arrives

    def _incoming(self, call: IncomingCall) -> None:
        """Ring, and send the application its intent."""
        if self.intent is None:
            call.reject(480)
            return
        caller = call.exchange.request.from_
        peer = SipProfile(caller.uri.with_(params=(), headers=()), displayName=caller.display)
        session = SipSession(self)
        call.ring()
        session.rings(call, peer)
        self.pending[call.call_id] = session
        self.lane.follow(call.ended, lambda _: self.pending.pop(call.call_id, None))
        more = Intent().putExtra(EXTRA_CALL_ID, call.call_id).putExtra(EXTRA_OFFER_SD, session.description)
        try:
            self.intent.send(None, INCOMING_CALL_RESULT_CODE, more)
        except CanceledException as error:
            self.device.log.w("SipSession", "nobody can be told of the call, which is dropped", error)
            session.end()

    def _asked_to_change(self, change: IncomingChange) -> None:
        session = self.sessions.get(change.call)
        if session is None:
            change.reject()
        else:
            session.asked_to_change(change)

    def _asked_to_transfer(self, reference: Reference) -> None:
        """A REFER; outside of a call it is refused."""
        found = [session for call, session in self.sessions.items() if call.call_id == reference.request.call_id]
        if found and found[0].isInCall():
            found[0].transfer(reference)
        else:
            reference.reject()

    def keep_alive(self, session: SipSession) -> None:
        """A call stands: look now and then whether the peer is still there, where the profile wants that."""
        if self.profile.getSendKeepAlive():
            KeepAlive(self, session)

    def forget(self) -> None:
        """Stop whatever would still happen by itself."""
        if self.registration is not None:
            self.registration.forget()
        for session in [*self.sessions.values(), *self.asking]:
            session.forget()

    # The data connection

    def on_disconnected(self) -> None:
        for session in list(self.sessions.values()):
            session.lose_connection()
        if self.registration is not None:
            self.registration.lose_connection()
        for session in list(self.asking):
            session.lose_connection()

    def on_connected(self) -> None:
        if self.registration is not None:
            self.registration.start()
