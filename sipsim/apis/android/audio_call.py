"""`SipAudioCall`: an audio call, which does by itself what a `SipSession` leaves to the application."""

from __future__ import annotations

from typing import TypeAlias

from sipsim.apis.android.audio_listener import AudioListener
from sipsim.apis.android.context import Context
from sipsim.apis.android.descriptions import Wanted
from sipsim.apis.android.error_code import SipErrorCode
from sipsim.apis.android.errors import (
    IllegalArgumentException,
    IllegalStateException,
    SipException,
    optional,
    required,
    seconds,
)
from sipsim.apis.android.listeners import Inner
from sipsim.apis.android.profile import SipProfile
from sipsim.apis.android.session import SipSession
from sipsim.apis.android.session_state import State
from sipsim.apis.lane import Because, Lane

KEYS = "0123456789*#ABCD"
"""The keys of `sendDtmf` by their numbers."""

TRANSFER_WAITS = 15.0
"""Seconds for the other one to answer when a call is transferred."""

OVER = (State.READY_TO_CALL, State.ENDING_CALL, State.OUTGOING_CALL_CANCELING)

AT_ONCE = {
    State.READY_TO_CALL: "onReadyToCall", State.INCOMING_CALL: "onRinging", State.OUTGOING_CALL: "onCalling",
    State.OUTGOING_CALL_RING_BACK: "onRingingBack",
}  # fmt: skip
"""What a listener that is set late hears, by the session's state, before the call stands."""


class SipAudioCall(Inner):
    """A call with one audio stream, made by `SipManager.makeAudioCall` or `takeAudioCall`; simulated, so without sound.

    It is its session's listener, and tells its own. After `close()` it can't be used any more.
    """

    Listener: TypeAlias = AudioListener

    def __init__(self, context: Context, localProfile: SipProfile) -> None:
        self._context = context
        self._profile = localProfile
        self._listener: AudioListener | None = None
        self._session: SipSession | None = None
        self._transferring: SipSession | None = None
        self._peer: SipProfile | None = None
        self._in_call = self._on_hold = self._muted = self._speaker = self._audio = self._closed = False
        self._described = False
        self._error = (SipErrorCode.NO_ERROR, "")

    def __str__(self) -> str:
        return "SipAudioCall"

    # Listening

    def setListener(self, listener: AudioListener | None, callbackImmediately: bool = False) -> None:
        """Tell this one from now on; `callbackImmediately` at once how things stand."""
        optional("listener", listener, AudioListener)
        self._listener = listener
        if listener is None or not callbackImmediately:
            return
        state = self.getState()
        if self._error[0] != SipErrorCode.NO_ERROR:
            self._tell("onError", *self._error)
        elif self._in_call:
            self._tell("onCallHeld" if self._on_hold else "onCallEstablished")
        elif state == State.INCOMING_CALL:
            self._tell("onRinging", self.getPeerProfile())
        elif state in AT_ONCE:
            self._tell(AT_ONCE[state])

    def attachCall(self, session: SipSession, sessionDescription: str) -> None:
        """Take over an incoming call's session, with what the caller offered."""
        self._usable("attachCall")
        required("session", session, SipSession)
        with session.lane.calling("attachCall", session, call=session.getCallId() or ""):
            self.attach(session, sessionDescription)

    def attach(self, session: SipSession, description: str) -> None:
        """This is the call's session from now on."""
        self._session, self._described = session, bool(description)
        self._peer = session.getPeerProfile()
        session.setListener(self)

    # Calling

    def makeCall(self, peerProfile: SipProfile, sipSession: SipSession, timeout: float = 0) -> None:
        """Call somebody in a session that is ready; `timeout` in seconds, 0 for the protocol's own."""
        self._usable("makeCall")
        required("peerProfile", peerProfile, SipProfile)
        required("sipSession", sipSession, SipSession)
        seconds("timeout", timeout)
        with sipSession.lane.calling("makeCall", peerProfile):
            self.begin(peerProfile, sipSession, timeout)

    def begin(self, peer: SipProfile, session: SipSession, timeout: float) -> None:
        """Call in this session."""
        self._session, self._peer = session, peer
        session.setListener(self)
        session.place(peer, Wanted(), timeout)

    def answerCall(self, timeout: float = 0) -> None:
        """Take the call; a second time, while that is under way, does nothing."""
        session = self._with_session("answerCall")
        seconds("timeout", timeout)
        with self._calling("answerCall", timeout):
            session.take(Wanted(), timeout)

    def endCall(self) -> None:
        """End the call, in whatever state it is."""
        self._usable("endCall")
        if self._session is not None:
            with self._calling("endCall"):
                self._audio = False
                self._session.end()

    def holdCall(self, timeout: float = 0) -> None:
        """Let the peer wait: it may not send any more (a=sendonly)."""
        session = self._with_session("holdCall")
        seconds("timeout", timeout)
        with self._calling("holdCall", timeout):
            if not self._on_hold and session.change(Wanted(direction="sendonly"), timeout):
                self._on_hold = True

    def continueCall(self, timeout: float = 0) -> None:
        """Go on with a call that was on hold."""
        session = self._with_session("continueCall")
        seconds("timeout", timeout)
        with self._calling("continueCall", timeout):
            if self._on_hold and session.change(Wanted(direction="sendrecv"), timeout):
                self._on_hold = False

    def close(self) -> None:
        """End the call if there is one, and let everything go: the object can't be used any more."""
        if not self._closed:
            with self._calling("close"):
                self._let_go()

    def _let_go(self) -> None:
        session, self._session = self._session, None
        self._closed, self._in_call, self._on_hold, self._audio = True, False, False, False
        if session is not None:
            session.setListener(None)
            if session.getState() not in OVER:
                session.end()

    # Audio

    def startAudio(self) -> None:
        """Let sound through, once the peer's description is there; before, the listener hears CLIENT_ERROR."""
        self._usable("startAudio")
        with self._calling("startAudio"):
            if self._described:
                self._audio = True
            else:
                text = "startAudio(): nothing is known of the peer's audio yet"
                self._lane.soon(self._fails, SipErrorCode.CLIENT_ERROR, text)

    def setSpeakerMode(self, speakerMode: bool) -> None:
        """Sound from the loudspeaker, or not."""
        self._usable("setSpeakerMode")
        with self._calling("setSpeakerMode", speakerMode):
            self._speaker = speakerMode

    def toggleMute(self) -> None:
        """Switch the microphone off, or on again."""
        self._usable("toggleMute")
        with self._calling("toggleMute"):
            self._muted = not self._muted

    def isMuted(self) -> bool:
        return self._muted

    def isSpeakerOn(self) -> bool:
        return self._speaker

    def isAudioOn(self) -> bool:
        """Whether sound is let through."""
        return self._audio

    def sendDtmf(self, code: int) -> None:
        """Press a key: 0 to 9, 10 for star, 11 for hash, 12 to 15 for A to D. Only in a call."""
        session = self._with_session("sendDtmf")
        if isinstance(code, bool) or not isinstance(code, int) or not 0 <= code <= 15:
            raise IllegalArgumentException(f"code: {code!r}; allowed are 0 to 15")
        with self._calling("sendDtmf", code):
            if session.isInCall():
                session.press(KEYS[code])

    # What it says of itself

    def isInCall(self) -> bool:
        return self._in_call

    def isOnHold(self) -> bool:
        return self._on_hold

    def getState(self) -> int:
        """The session's state, READY_TO_CALL without one."""
        return self._session.getState() if self._session is not None else State.READY_TO_CALL

    def getLocalProfile(self) -> SipProfile:
        return self._profile

    def getPeerProfile(self) -> SipProfile | None:
        return self._peer

    # What the session tells

    def onCalling(self, session: SipSession) -> None:
        if session is self._session:
            self._tell("onCalling")

    def onRinging(self, session: SipSession, caller: SipProfile, sessionDescription: str) -> None:
        """The peer wants to change the session: so it shall be."""
        session.take(Wanted(), 0)

    def onRingingBack(self, session: SipSession) -> None:
        if session is self._session:
            self._tell("onRingingBack")

    def onCallTransferring(self, newSession: SipSession, sessionDescription: str) -> None:
        """Call whom the peer speaks of; the call goes on there as soon as that one answers."""
        self._transferring = newSession
        newSession.setListener(self)
        peer = newSession.getPeerProfile()
        assert peer is not None
        newSession.place(peer, Wanted(), TRANSFER_WAITS)

    def onCallEstablished(self, session: SipSession, sessionDescription: str) -> None:
        old = self._session
        if session is self._transferring and old is not None:
            self._session, self._transferring, self._peer = session, None, session.getPeerProfile()
            old.setListener(None)
            if old.isInCall():
                old.end()
        self._in_call, self._described = True, True
        self._tell("onCallHeld" if self._on_hold else "onCallEstablished")

    def onCallEnded(self, session: SipSession) -> None:
        if self._is_mine(session):
            self._ends("onCallEnded")

    def onCallBusy(self, session: SipSession) -> None:
        if self._is_mine(session):
            self._ends("onCallBusy")

    def onCallChangeFailed(self, session: SipSession, errorCode: int, errorMessage: str) -> None:
        self._on_hold = not self._on_hold
        self._fails(errorCode, errorMessage)

    def onError(self, session: SipSession, errorCode: int, errorMessage: str) -> None:
        if not self._is_mine(session):
            return
        self._fails(errorCode, errorMessage)
        if errorCode == SipErrorCode.DATA_CONNECTION_LOST or session.getState() == State.READY_TO_CALL:
            self._let_go()

    # Details

    def _is_mine(self, session: SipSession) -> bool:
        """Whether it's about the call as it is; a transfer that came to nothing leaves that alone."""
        if session is self._transferring:
            self._transferring = None
            return False
        return True

    def _ends(self, name: str) -> None:
        self._in_call = self._audio = False
        self._tell(name)
        self._let_go()

    def _fails(self, code: int, why: str) -> None:
        self._error = code, why
        self._tell("onError", code, why)

    def _tell(self, name: str, *arguments: object) -> None:
        listener = self._listener
        if listener is not None:
            self._lane.back(getattr(listener, name), self, *arguments, name=name, call=self._call_id)

    @property
    def _lane(self) -> Lane:
        return self._session.lane if self._session is not None else self._context.lane

    @property
    def _call_id(self) -> str:
        return (self._session.getCallId() or "") if self._session is not None else ""

    def _calling(self, name: str, *arguments: object) -> Because:
        return self._lane.calling(name, *arguments, call=self._call_id)

    def _with_session(self, name: str) -> SipSession:
        self._usable(name)
        if self._session is None:
            raise SipException(f"{name}(): there is no call")
        return self._session

    def _usable(self, name: str) -> None:
        if self._closed:
            raise IllegalStateException(f"{name}(): the call was closed")
