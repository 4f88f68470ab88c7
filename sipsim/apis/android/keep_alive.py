"""OPTIONS in a call, now and then, to hear whether the peer is still there (`setSendKeepAlive`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sipsim.apis.android.error_code import told
from sipsim.apis.android.session_state import State
from sipsim.errors import CallFailed

if TYPE_CHECKING:
    from sipsim.apis.android.session import SipSession
    from sipsim.apis.android.session_group import SessionGroup


class KeepAlive:
    """Goes on as long as the call stands; a peer that does not answer ends the session with an error."""

    def __init__(self, group: SessionGroup, session: SipSession) -> None:
        self._group = group
        self._session = session
        self._call_id = session.getCallId()
        self.probe = group.session()
        self._wait()

    def _wait(self) -> None:
        self.probe._state = State.READY_TO_CALL
        if self._stands:
            self._group.agent.alarm("keep-alive", self._group.device.timers.keep_alive, self._ping, lingering=True)

    @property
    def _stands(self) -> bool:
        return self._call_id is not None and self._session.getCallId() == self._call_id

    def _ping(self) -> None:
        peer = self._session.getPeerProfile()
        if self._stands and peer is not None and not self._group.agent.down:
            self.probe._state = State.PINGING
            self._group.lane.follow(
                self._group.agent.options(peer.getUriString()), lambda _: self._wait(), self._silent
            )

    def _silent(self, error: CallFailed) -> None:
        self.probe._state = State.READY_TO_CALL
        if self._stands:
            self._session.fail(self._group.code(error), told(error))
