"""`SipManager`: where an Android application begins with SIP."""

from __future__ import annotations

from sipsim.apis.android.audio_call import SipAudioCall
from sipsim.apis.android.audio_listener import AudioListener
from sipsim.apis.android.auto_registration import Relay
from sipsim.apis.android.context import Context
from sipsim.apis.android.errors import (
    NullPointerException,
    ParseException,
    SipException,
    optional,
    required,
    seconds,
    whole_seconds,
)
from sipsim.apis.android.intents import Intent, PendingIntent
from sipsim.apis.android.listeners import SessionListener, SipRegistrationListener
from sipsim.apis.android.manifest import SIP, VOIP
from sipsim.apis.android.profile import SipProfile
from sipsim.apis.android.session import SipSession
from sipsim.apis.android.session_group import (
    EXTRA_CALL_ID,
    EXTRA_OFFER_SD,
    INCOMING_CALL_RESULT_CODE,
    SessionGroup,
)
from sipsim.apis.android.session_state import State


class SipManager:
    """Opens and closes profiles, places and takes calls. `SipManager.newInstance(context)` makes one.

    Whatever a device without a data connection, or an application without permission, can't do is a `SipException`.
    """

    INCOMING_CALL_RESULT_CODE = INCOMING_CALL_RESULT_CODE
    EXTRA_CALL_ID = EXTRA_CALL_ID
    EXTRA_OFFER_SD = EXTRA_OFFER_SD

    def __init__(self, context: Context) -> None:
        self._context = context

    @staticmethod
    def newInstance(context: Context) -> SipManager | None:
        """A manager; None where the device does not support SIP, or lacks what the manifest requires."""
        required("context", context, Context)
        fits = context.manifest.fits(context.features, context.sdk)
        return SipManager(context) if fits and SipManager.isApiSupported(context) else None

    @staticmethod
    def isApiSupported(context: Context) -> bool:
        """Whether the device has this API."""
        return SIP in context.features

    @staticmethod
    def isVoipSupported(context: Context) -> bool:
        """Whether the device can call by it."""
        return VOIP in context.features and SipManager.isApiSupported(context)

    @staticmethod
    def isSipWifiOnly(context: Context) -> bool:
        """Whether the device uses SIP over Wi-Fi only."""
        return context.wifi_only

    @staticmethod
    def isIncomingCallIntent(intent: Intent | None) -> bool:
        """Whether an intent tells of an incoming call."""
        return SipManager.getCallId(intent) is not None and SipManager.getOfferSessionDescription(intent) is not None

    @staticmethod
    def getCallId(incomingCallIntent: Intent | None) -> str | None:
        """The Call-ID in an intent, None where there is none."""
        optional("incomingCallIntent", incomingCallIntent, Intent)
        return incomingCallIntent.getStringExtra(EXTRA_CALL_ID) if incomingCallIntent is not None else None

    @staticmethod
    def getOfferSessionDescription(incomingCallIntent: Intent | None) -> str | None:
        """The caller's session description in an intent, None where there is none."""
        optional("incomingCallIntent", incomingCallIntent, Intent)
        return incomingCallIntent.getStringExtra(EXTRA_OFFER_SD) if incomingCallIntent is not None else None

    # Profiles

    def open(self, localProfile: SipProfile, *incoming: PendingIntent | SipRegistrationListener | None) -> None:
        """`open(profile)` for placing calls; `open(profile, pendingIntent, listener)` for taking calls too.

        The second registers the profile, unless its automatic registration is off. The listener may be None, the
        intent may not: `NullPointerException`.
        """
        required("localProfile", localProfile)
        intent, listener = (*incoming, None, None)[:2]
        optional("incomingCallPendingIntent", intent, PendingIntent)
        optional("listener", listener, SipRegistrationListener)
        if incoming and intent is None:
            raise NullPointerException("incomingCallPendingIntent: is None; open(profile) is for placing calls only")
        group = self._group(localProfile, "open")
        with group.lane.calling("open", localProfile, *incoming):
            group.open(intent, listener)  # type: ignore[arg-type]

    def close(self, localProfileUri: str | None) -> None:
        """Give a profile up: its calls end, and it is unregistered. None, and what is not open, do no harm."""
        group = self._opened(localProfileUri)
        if group is not None:
            with group.lane.calling("close", localProfileUri):
                group.close()

    def isOpened(self, localProfileUri: str) -> bool:
        """Whether a profile is open, for whatever."""
        return self._opened(localProfileUri) is not None

    def isRegistered(self, localProfileUri: str) -> bool:
        """Whether an open profile is registered."""
        group = self._opened(localProfileUri)
        return group is not None and group.registered

    def setRegistrationListener(self, localProfileUri: str, listener: SipRegistrationListener | None) -> None:
        """Tell this one how the registration of an open profile goes, at once how it stands."""
        optional("listener", listener, SipRegistrationListener)
        group = self._opened(localProfileUri)
        if group is not None and group.registration is not None:
            with group.lane.calling("setRegistrationListener", localProfileUri):
                group.registration.set_listener(listener)

    def register(
        self, localProfile: SipProfile, expiryTime: int, listener: SipRegistrationListener | None = None
    ) -> None:
        """Register by hand, for so many seconds; a profile that registers by itself may come in the way of it."""
        whole_seconds("expiryTime", expiryTime)
        optional("listener", listener, SipRegistrationListener)
        group = self._group(localProfile, "register")
        with group.lane.calling("register", localProfile, expiryTime):
            SipSession(group, Relay(group, listener)).ask(State.REGISTERING, expiryTime)

    def unregister(self, localProfile: SipProfile, listener: SipRegistrationListener | None = None) -> None:
        """Take that back; a profile that registers by itself will soon be registered again."""
        optional("listener", listener, SipRegistrationListener)
        group = self._group(localProfile, "unregister")
        with group.lane.calling("unregister", localProfile):
            SipSession(group, Relay(group, listener)).ask(State.DEREGISTERING)

    # Calls

    def makeAudioCall(
        self, local: SipProfile | str, peer: SipProfile | str, listener: AudioListener | None, timeout: float
    ) -> SipAudioCall:
        """Call somebody; both ends are profiles or both are addresses.

        A call that does not stand after `timeout` seconds fails with TIME_OUT; 0 or less leaves that to the protocol.
        `SipException` for an address that is none.
        """
        if not self.isVoipSupported(self._context):
            raise SipException("makeAudioCall(): this device can't call")
        optional("listener", listener, AudioListener)
        seconds("timeout", timeout)
        mine, theirs = self._profile("localProfile", local), self._profile("peerProfile", peer)
        group = self._group(mine, "makeAudioCall")
        with group.lane.calling("makeAudioCall", mine, theirs, timeout):
            call = SipAudioCall(self._context, group.profile)
            call.setListener(listener)
            call.begin(theirs, group.session(), timeout)
            return call

    def takeAudioCall(self, incomingCallIntent: Intent | None, listener: AudioListener | None) -> SipAudioCall:
        """Take over the call that an intent tells of; its listener hears `onRinging` before this returns."""
        optional("listener", listener, AudioListener)
        session = self._taken(incomingCallIntent)
        with self._context.lane.calling("takeAudioCall", incomingCallIntent, call=session.getCallId() or ""):
            call = SipAudioCall(self._context, session.getLocalProfile())
            call.attach(session, self.getOfferSessionDescription(incomingCallIntent) or "")
            call.setListener(listener, True)
            return call

    def _taken(self, intent: Intent | None) -> SipSession:
        if intent is None:
            raise SipException("takeAudioCall(): there is no intent")
        if self.getCallId(intent) is None:
            raise SipException("takeAudioCall(): the intent has no Call-ID")
        if self.getOfferSessionDescription(intent) is None:
            raise SipException("takeAudioCall(): the intent has no session description")
        session = self.getSessionFor(intent)
        if session is None:
            raise SipException("takeAudioCall(): no session waits for this intent")
        return session

    def createSipSession(self, localProfile: SipProfile, listener: SessionListener | None) -> SipSession:
        """A session that is ready to call or to register."""
        optional("listener", listener, SessionListener)
        group = self._group(localProfile, "createSipSession")
        with group.lane.calling("createSipSession", localProfile):
            session = group.session()
            session.setListener(listener)
            return session

    def getSessionFor(self, incomingCallIntent: Intent) -> SipSession | None:
        """The session of the call that an intent tells of: once, then None."""
        call_id = self.getCallId(incomingCallIntent) or ""
        found = [group.pending.pop(call_id, None) for group in self._context.groups.values()]
        return next((session for session in found if session is not None), None)

    # Details

    def _group(self, profile: SipProfile, what: str) -> SessionGroup:
        """The group of a profile, made if need be; `SipException` where there can't be one now."""
        required("localProfile", profile, SipProfile)
        context = self._context
        context.manifest.permits(what)
        if not context.network.connected:
            raise SipException(f"{what}(): there is no data connection")
        uri = profile.getUriString()
        group = context.groups.get(uri)
        if group is None:
            group = context.groups[uri] = SessionGroup(context, profile)
        return group

    def _opened(self, uri: str | None) -> SessionGroup | None:
        optional("localProfileUri", uri, str)
        group = self._context.groups.get(uri or "")
        return group if group is not None and group.opened else None

    @staticmethod
    def _profile(name: str, given: SipProfile | str) -> SipProfile:
        required(name, given, SipProfile, str)
        if isinstance(given, SipProfile):
            return given
        try:
            return SipProfile.Builder(given).build()
        except ParseException as error:
            raise SipException(f"{name}: {error}") from None
