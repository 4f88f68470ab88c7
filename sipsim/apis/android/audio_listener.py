"""`SipAudioCall.Listener`: what an application overrides to hear of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sipsim.apis.android.audio_call import SipAudioCall
    from sipsim.apis.android.profile import SipProfile


class AudioListener:
    """Hears what happens to a call: whatever a subclass does not override, but errors, comes to `onChanged`."""

    def onReadyToCall(self, call: SipAudioCall) -> None:
        """It may call."""
        self.onChanged(call)

    def onCalling(self, call: SipAudioCall) -> None:
        """The INVITE is out."""
        self.onChanged(call)

    def onRinging(self, call: SipAudioCall, caller: SipProfile) -> None:
        """Somebody calls."""
        self.onChanged(call)

    def onRingingBack(self, call: SipAudioCall) -> None:
        """The peer's phone rings."""
        self.onChanged(call)

    def onCallEstablished(self, call: SipAudioCall) -> None:
        """The call stands, or goes on after it was on hold."""
        self.onChanged(call)

    def onCallEnded(self, call: SipAudioCall) -> None:
        """It is over."""
        self.onChanged(call)

    def onCallBusy(self, call: SipAudioCall) -> None:
        """The peer is busy."""
        self.onChanged(call)

    def onCallHeld(self, call: SipAudioCall) -> None:
        """The call is on hold."""
        self.onChanged(call)

    def onError(self, call: SipAudioCall, errorCode: int, errorMessage: str) -> None:
        """It did not work; codes are those of `SipErrorCode`."""

    def onChanged(self, call: SipAudioCall) -> None:
        """Something happened that nothing else is overridden for."""
