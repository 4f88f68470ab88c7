"""Keeping a profile registered by itself: what `SipManager.open` begins, and `close` ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sipsim.apis.android.error_code import SipErrorCode
from sipsim.apis.android.listeners import Inner, SipRegistrationListener
from sipsim.apis.android.session import SipSession
from sipsim.apis.android.session_state import State

if TYPE_CHECKING:
    from sipsim.apis.android.session_group import SessionGroup

FINAL = (SipErrorCode.INVALID_CREDENTIALS, SipErrorCode.SERVER_UNREACHABLE, SipErrorCode.CROSS_DOMAIN_AUTHENTICATION)
"""After these another try would fare no better."""

TIMED_OUT = "the registration timed out"


class Relay(Inner):
    """Passes on to a `SipRegistrationListener` what a session's listener hears."""

    def __init__(self, group: SessionGroup, listener: SipRegistrationListener | None) -> None:
        self._group = group
        self.listener = listener

    def tell(self, name: str, *arguments: object) -> None:
        """Call the application back, if it wants to hear."""
        if self.listener is not None:
            self._group.lane.back(getattr(self.listener, name), self._group.uri, *arguments, name=name)

    def onRegistering(self, session: SipSession) -> None:
        self.tell("onRegistering")

    def onRegistrationDone(self, session: SipSession, duration: int) -> None:
        self.tell("onRegistrationDone", duration)

    def onRegistrationFailed(self, session: SipSession, errorCode: int, errorMessage: str) -> None:
        self.tell("onRegistrationFailed", errorCode, errorMessage)

    def onRegistrationTimeout(self, session: SipSession) -> None:
        self.tell("onRegistrationFailed", SipErrorCode.TIME_OUT, TIMED_OUT)

    def onError(self, session: SipSession, errorCode: int, errorMessage: str) -> None:
        self.tell("onRegistrationFailed", errorCode, errorMessage)


class AutoRegistration(Relay):
    """Removes what was bound before, binds, renews half-way, and tries again after failures, in ever longer pauses.

    The listener hears of the beginning, of each success and of each failure. `last` is what it heard last, or would
    have heard: a listener that is set later is told.
    """

    def __init__(self, group: SessionGroup, listener: SipRegistrationListener | None) -> None:
        super().__init__(group, listener)
        self.running = False
        self.last: tuple[str, tuple[Any, ...]] | None = None
        self._session = SipSession(group, self)
        self._failures = 0
        self._until = 0.0
        self._alarm: Any = None

    @property
    def registered(self) -> bool:
        return self.running and self._group.agent.registration.active

    def start(self) -> None:
        """Begin, by removing all bindings of the user."""
        self.running, self._failures = True, 0
        self._session.ask(State.DEREGISTERING, everywhere=True)

    def stop(self) -> None:
        """Do nothing more by itself."""
        self.running = False
        self._stop()

    def forget(self) -> None:
        """The same, and wait for no answer either."""
        self.stop()
        self._session.forget()

    def leave(self) -> None:
        """Stop, and remove the phone's binding."""
        self.stop()
        self._session.setListener(None)
        self._group.unregister()

    def lose_connection(self) -> None:
        """Nothing more can be sent, and nobody can reach the phone."""
        if not self.running:
            return
        self.stop()
        self._session._be_ready()
        self.tell("onRegistrationFailed", SipErrorCode.DATA_CONNECTION_LOST, "the data connection is lost")

    def tell(self, name: str, *arguments: object) -> None:
        self.last = name, arguments
        super().tell(name, *arguments)

    def set_listener(self, listener: SipRegistrationListener | None) -> None:
        """Tell this one from now on, at once how things stand."""
        self.listener = listener
        if self.last is not None:
            self._group.lane.soon(self._tell_again)

    def _tell_again(self) -> None:
        name, arguments = self.last or ("", ())
        if name == "onRegistrationDone":
            arguments = (round(self._until - self._group.agent.env.now),)
        if name:
            super().tell(name, *arguments)

    # What the session hears

    def onRegistering(self, session: SipSession) -> None:
        if self.last is None or self.last[0] != "onRegistering":  # once for removing and binding
            self.tell("onRegistering")

    def onRegistrationDone(self, session: SipSession, duration: int) -> None:
        timers = self._group.device.timers
        if duration < 0:  # what was bound before is gone
            session.ask(State.REGISTERING, timers.expiry)
        elif duration == 0:
            self._again_later()
        else:
            self._failures, self._until = 0, self._group.agent.env.now + duration
            self._in(max(duration / 2, timers.renewal), "renewal of the registration")
            self.tell("onRegistrationDone", duration)

    def onRegistrationFailed(self, session: SipSession, errorCode: int, errorMessage: str) -> None:
        if errorCode in FINAL:
            self.stop()
        else:
            self._again_later()
        self.tell("onRegistrationFailed", errorCode, errorMessage)

    def onRegistrationTimeout(self, session: SipSession) -> None:
        self._again_later()
        self.tell("onRegistrationFailed", SipErrorCode.TIME_OUT, TIMED_OUT)

    def _again_later(self) -> None:
        timers = self._group.device.timers
        pause = min(timers.backoff * 2.0 ** min(self._failures, 30), float(timers.expiry))
        self._failures += 1
        self._in(pause, "another try to register")

    def _in(self, seconds: float, name: str) -> None:
        self._stop()
        self._alarm = self._group.agent.alarm(name, seconds, self._go_on, lingering=True)

    def _go_on(self) -> None:
        if self._group.agent.registration.asking:  # another REGISTER would wait for that one
            self._in(self._group.device.timers.registration, "another try to register")
        elif self.running and self._session.getState() == State.READY_TO_CALL:
            self._session.ask(State.REGISTERING, self._group.device.timers.expiry)

    def _stop(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
