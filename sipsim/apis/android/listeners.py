"""The listeners of sessions and registrations: what an application overrides to hear of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sipsim.apis.android.profile import SipProfile
    from sipsim.apis.android.session import SipSession


class SipRegistrationListener:
    """Hears how the registration of a profile goes; codes are those of `SipErrorCode`."""

    def onRegistering(self, localProfileUri: str) -> None:
        """The registrar is being asked."""

    def onRegistrationDone(self, localProfileUri: str, expiryTime: int) -> None:
        """It said yes, for `expiryTime` seconds."""

    def onRegistrationFailed(self, localProfileUri: str, errorCode: int, errorMessage: str) -> None:
        """It said no, or nothing."""


class SessionListener:
    """Hears what happens to a session; does nothing about it unless a subclass says what. `SipSession.Listener`."""

    def onCalling(self, session: SipSession) -> None:
        """An INVITE is out."""

    def onRinging(self, session: SipSession, caller: SipProfile, sessionDescription: str) -> None:
        """Somebody calls, or wants to change the session of a call."""

    def onRingingBack(self, session: SipSession) -> None:
        """The peer's phone rings."""

    def onCallEstablished(self, session: SipSession, sessionDescription: str) -> None:
        """The session stands, or was changed; the description is the peer's."""

    def onCallEnded(self, session: SipSession) -> None:
        """The call is over."""

    def onCallBusy(self, session: SipSession) -> None:
        """The peer is busy (486)."""

    def onCallTransferring(self, newSession: SipSession, sessionDescription: str) -> None:
        """The peer wants the call to go on with somebody else."""

    def onError(self, session: SipSession, errorCode: int, errorMessage: str) -> None:
        """It did not work; codes are those of `SipErrorCode`."""

    def onCallChangeFailed(self, session: SipSession, errorCode: int, errorMessage: str) -> None:
        """The peer did not want the session changed; it goes on as it was."""

    def onRegistering(self, session: SipSession) -> None:
        """A REGISTER is out."""

    def onRegistrationDone(self, session: SipSession, duration: int) -> None:
        """The registrar said yes, for `duration` seconds; -1 after unregistering."""

    def onRegistrationFailed(self, session: SipSession, errorCode: int, errorMessage: str) -> None:
        """The registrar said no."""

    def onRegistrationTimeout(self, session: SipSession) -> None:
        """The registrar said nothing in time."""


class Inner(SessionListener):
    """A listener of the service's own: what it is told is no callback of the application's."""
