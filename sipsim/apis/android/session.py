"""`SipSession`: a dialog, or one transaction outside of any, as an application sees it.

Every method records its call, checks the state and asks the engine; what comes of it, the listener hears later. What
does not fit the state is not sent: the listener hears IN_PROGRESS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from sipsim.apis.android.descriptions import Wanted, wanted
from sipsim.apis.android.error_code import SipErrorCode, told
from sipsim.apis.android.errors import optional, required, seconds, whole_seconds
from sipsim.apis.android.listeners import Inner, SessionListener
from sipsim.apis.android.profile import SipProfile
from sipsim.apis.android.session_state import State
from sipsim.apis.lane import Lane
from sipsim.elements.calls.call import Call
from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.calls.incoming_change import IncomingChange
from sipsim.elements.events.referring import Reference
from sipsim.errors import CallFailed, RegistrationFailed

if TYPE_CHECKING:
    from sipsim.apis.android.session_group import SessionGroup

RINGING = (State.OUTGOING_CALL, State.OUTGOING_CALL_RING_BACK)
ASKED = (State.INCOMING_CALL, State.INCOMING_CALL_ANSWERING)
BUSY_HERE = 486


class SipSession:
    """A session of an open profile; `SipManager` makes it. One listener hears of it, the last that was set."""

    State = State
    Listener: TypeAlias = SessionListener

    def __init__(self, group: SessionGroup, listener: SessionListener | None = None) -> None:
        self._group = group
        self._listener = listener
        self._state = State.READY_TO_CALL
        self._call: Call | None = None
        self._change: IncomingChange | None = None
        self._peer: SipProfile | None = None
        self._timer: Any = None
        self._reference: Reference | None = None  # of a REFER that this session follows
        self._asked = 0  # how many REGISTERs: of an older one nothing is heard any more

    def __str__(self) -> str:
        return f"SipSession({State.toString(self._state)})"

    # What it says of itself

    def getState(self) -> int:
        return self._state

    def isInCall(self) -> bool:
        return self._state == State.IN_CALL

    @property
    def lane(self) -> Lane:
        return self._group.lane

    def getLocalIp(self) -> str:
        return self._group.agent.address.host

    def getLocalProfile(self) -> SipProfile:
        return self._group.profile

    def getPeerProfile(self) -> SipProfile | None:
        """The other end, None before there is one."""
        return self._peer

    def getCallId(self) -> str | None:
        """The Call-ID of the call, None before there is one."""
        return self._call.call_id if self._call is not None else None

    def setListener(self, listener: SessionListener | None) -> None:
        """Tell this one from now on, and no other."""
        optional("listener", listener, SessionListener)
        self._listener = listener

    @property
    def description(self) -> str:
        """The peer's session description, "" before there is one."""
        remote = self._call.remote_sdp if self._call is not None else None
        return "" if remote is None else str(remote)

    # Registering

    def register(self, duration: int) -> None:
        """Bind the phone's address at the registrar for so many seconds."""
        whole_seconds("duration", duration)
        with self._group.lane.calling("register", duration):
            if self._is(State.READY_TO_CALL, "register"):
                self.ask(State.REGISTERING, duration)

    def unregister(self) -> None:
        """Remove the phone's binding."""
        with self._group.lane.calling("unregister"):
            if self._is(State.READY_TO_CALL, "unregister"):
                self.ask(State.DEREGISTERING)

    def ask(self, state: int, duration: int = 0, everywhere: bool = False) -> None:
        """Send the REGISTER; `everywhere` removes the bindings of all phones of the user, as an automatic one does."""
        group = self._group
        self._state = state
        self._asked += 1
        group.asking[self] = None
        self._tell_soon("onRegistering", self)
        self._wait(group.device.timers.registration, "no answer to REGISTER", self._registration_timeout)
        agent = group.agent
        number = self._asked
        outcome = agent.register(duration) if duration else agent.unregister_all() if everywhere else agent.unregister()
        group.lane.follow(
            outcome, lambda _: self._registered(number, state), lambda error: self._not_registered(number, error)
        )

    def _registered(self, number: int, state: int) -> None:
        if self._is_awaited(number):
            self._be_ready()
            expires = self._group.agent.registration.expires
            self._tell("onRegistrationDone", self, expires if state == State.REGISTERING else -1)

    def _not_registered(self, number: int, error: RegistrationFailed) -> None:
        if self._is_awaited(number):
            self._be_ready()
            self._tell("onRegistrationFailed", self, self._group.code(error), told(error))

    def _registration_timeout(self) -> None:
        self._be_ready()
        self._tell("onRegistrationTimeout", self)

    def _is_awaited(self, number: int) -> bool:
        return number == self._asked and self._state in (State.REGISTERING, State.DEREGISTERING)

    # Calling

    def makeCall(self, callee: SipProfile, sessionDescription: str | None = None, timeout: float = 0) -> None:
        """Call somebody; of the description, its codecs count. `timeout` is in seconds, 0 for the protocol's own."""
        required("callee", callee, SipProfile)
        seconds("timeout", timeout)
        wishes = wanted(sessionDescription)
        with self._group.lane.calling("makeCall", callee):
            self.place(callee, wishes, timeout)

    def place(self, callee: SipProfile, wishes: Wanted, timeout: float) -> None:
        """Send the INVITE, if that fits the state."""
        if not self._is(State.READY_TO_CALL, "makeCall"):
            return
        agent = self._group.agent
        if wishes.codecs:
            agent.codecs = wishes.codecs
        self._peer, self._state = callee, State.OUTGOING_CALL
        self._tell_soon("onCalling", self)
        call = agent.call(callee.getUriString())
        self.follow(call)
        if timeout > 0:
            self._wait(timeout, "the call was not established in time", self._time_out)
        self._group.lane.follow(call.ringing, self._rang, lambda error: None)

    def follow(self, call: Call) -> None:
        """This is the session's call now."""
        self._call = call
        self._group.sessions[call] = self
        lane = self._group.lane
        lane.follow(call.answered, self._answered, lambda error: self._failed(call, error))
        lane.follow(call.ended, lambda ending: self._over(call))

    def rings(self, call: IncomingCall, caller: SipProfile) -> None:
        """A call has come in."""
        self._peer, self._state = caller, State.INCOMING_CALL
        self.follow(call)

    def answerCall(self, sessionDescription: str | None = None, timeout: float = 0) -> None:
        """Take the call that rings, or the change of its session that the peer wants."""
        wishes = wanted(sessionDescription)
        seconds("timeout", timeout)
        with self._group.lane.calling("answerCall", timeout, call=self.getCallId() or ""):
            self.take(wishes, timeout)

    def take(self, wishes: Wanted, timeout: float) -> None:
        """Answer with 200, if that fits the state; while that is under way, nothing happens."""
        if self._state == State.INCOMING_CALL_ANSWERING:
            self._group.device.log.w("SipSession", "answerCall(): the call is being answered already")
        elif self._is(State.INCOMING_CALL, "answerCall"):
            self._answer(wishes, timeout)

    def _answer(self, wishes: Wanted, timeout: float) -> None:
        call, change = self._call, self._change
        assert isinstance(call, IncomingCall) or change is not None
        self._state = State.INCOMING_CALL_ANSWERING
        if change is not None:
            self._change = None
            change.accept()
            self._group.lane.soon(self._changed)
        elif isinstance(call, IncomingCall):
            if wishes.codecs:
                self._group.agent.codecs = wishes.codecs
            if timeout > 0:
                self._wait(timeout, "the call was not established in time", self._time_out)
            call.answer()

    def endCall(self) -> None:
        """End the call: BYE where it stands, CANCEL where we have called, 486 where we are being called."""
        with self._group.lane.calling("endCall", call=self.getCallId() or ""):
            self.end()

    def end(self) -> None:
        """Send whatever ends it."""
        call, state = self._call, self._state
        if state == State.INCOMING_CALL and self._change is not None:
            self._change.reject(BUSY_HERE)
            self._change, self._state = None, State.IN_CALL
        elif call is None or state not in (*RINGING, *ASKED, State.IN_CALL):
            self._refuse("endCall")
        elif state in RINGING and not call.is_settled("answered"):
            self._state = State.OUTGOING_CALL_CANCELING
            self._wait(self._group.device.timers.cancel, "no answer to CANCEL", self._time_out)
            call.hang_up()
        elif state == State.INCOMING_CALL and isinstance(call, IncomingCall):
            self._be_ready()
            self._tell_soon("onCallEnded", self)
            call.reject(BUSY_HERE)
        else:
            self._state = State.ENDING_CALL
            self._wait(self._group.device.timers.end_call, "no answer to BYE", self._be_ready)
            self._tell_soon("onCallEnded", self)
            call.hang_up()

    def changeCall(self, sessionDescription: str, timeout: float = 0) -> None:
        """Change the session of a call that stands, by a re-INVITE, to the codecs and direction of a description."""
        wishes = wanted(sessionDescription)
        seconds("timeout", timeout)
        with self._group.lane.calling("changeCall", sessionDescription, call=self.getCallId() or ""):
            self.change(wishes, timeout)

    def change(self, wishes: Wanted, timeout: float) -> bool:
        """Ask the peer for another session, if that fits the state; says whether it did."""
        call, lane = self._call, self._group.lane
        if not self._is(State.IN_CALL, "changeCall") or call is None:
            return False
        self._state = State.OUTGOING_CALL
        if timeout > 0:
            self._wait(timeout, "the change was not answered in time", self._change_timeout)
        outcome = call.reinvite(codecs=wishes.codecs or None, direction=wishes.direction)
        lane.follow(outcome, lambda _: self._changed(), self._not_changed)
        return True

    def press(self, key: str) -> None:
        """Send a key to the peer, by INFO."""
        if self._call is not None and self._call.state == "answered":
            self._call.send_dtmf(key, by="info")

    def transfer(self, reference: Reference) -> None:
        """The peer wants the call to go on with somebody else, in a session of its own: the listener may call there."""
        reference.accept()
        new = SipSession(self._group)
        new._peer, new._reference = SipProfile(reference.to), reference
        self._tell("onCallTransferring", new, self.description)

    def _report(self, status: int) -> None:
        """Tell who wanted the transfer how it went."""
        if self._reference is not None:
            self._reference.tell(status)
            self._reference = None

    # What the engine says

    def _rang(self, call: Call) -> None:
        if self._state == State.OUTGOING_CALL and call.state == "ringing" and call is self._call:
            self._state = State.OUTGOING_CALL_RING_BACK
            self._tell("onRingingBack", self)

    def _answered(self, call: Call) -> None:
        if call is self._call and self._state in (*RINGING, *ASKED):
            self._stop()
            self._state = State.IN_CALL
            self._report(200)
            self._tell("onCallEstablished", self, self.description)
            self._group.keep_alive(self)

    def _failed(self, call: Call, error: CallFailed) -> None:
        state = self._state
        if call is not self._call or state == State.ENDING_CALL:
            return
        self._be_ready()
        self._report(error.status)
        if state == State.OUTGOING_CALL_CANCELING or (state in ASKED and error.status == 487):
            self._tell("onCallEnded", self)
        elif state in RINGING and error.status == BUSY_HERE:
            self._tell("onCallBusy", self)
        elif state in ASKED and error.status == 408:
            self._tell("onError", self, SipErrorCode.TRANSACTION_TERMINATED, told(error))
        else:
            self._tell("onError", self, self._group.code(error), told(error))

    def _over(self, call: Call) -> None:
        """The call has ended; whoever ended it here has been told already."""
        if call is not self._call:
            return
        state = self._state
        self._be_ready()
        if state != State.ENDING_CALL:
            self._tell("onCallEnded", self)

    def asked_to_change(self, change: IncomingChange) -> None:
        """The peer wants another session: the listener hears of it as of a call that rings."""
        self._change, self._state = change, State.INCOMING_CALL
        offered = "" if change.offered is None else str(change.offered)
        if self._listener is None:
            self.take(Wanted(), 0)
        else:
            self._tell("onRinging", self, self._peer, offered)

    def _changed(self) -> None:
        if self._call is not None and self._state in (State.OUTGOING_CALL, State.INCOMING_CALL_ANSWERING):
            self._stop()
            self._state = State.IN_CALL
            self._tell("onCallEstablished", self, self.description)

    def _not_changed(self, error: CallFailed) -> None:
        if self._call is not None and self._state == State.OUTGOING_CALL:
            self._stop()
            self._state = State.IN_CALL
            self._tell("onCallChangeFailed", self, self._group.code(error), told(error))

    def _change_timeout(self) -> None:
        self._not_changed(CallFailed(408, "the change was not answered in time"))

    def _time_out(self) -> None:
        self.fail(SipErrorCode.TIME_OUT, "the session timed out")

    def fail(self, code: int, why: str) -> None:
        """End whatever goes on, and say why."""
        call, state = self._call, self._state
        self._be_ready()
        if call is not None and state != State.OUTGOING_CALL_CANCELING:
            call.hang_up()
        self._tell("onError", self, code, why)

    def forget(self) -> None:
        """Do nothing more by itself, and wait for nothing."""
        self._listener = None
        self._be_ready()

    def lose_connection(self) -> None:
        """Without a data connection nothing can be sent any more, not even BYE."""
        call, state = self._call, self._state
        self._be_ready()
        if call is not None:
            call.lost()
        code, why = SipErrorCode.DATA_CONNECTION_LOST, "the data connection is lost"
        if state in (State.REGISTERING, State.DEREGISTERING):
            self._tell("onRegistrationFailed", self, code, why)
        elif state != State.READY_TO_CALL:
            self._tell("onError", self, code, why)

    # Details

    def _is(self, state: int, what: str) -> bool:
        fits = self._state == state and self._group.device.network.connected
        if not fits:
            self._refuse(what)
        return fits

    def _refuse(self, what: str) -> None:
        code, text = SipErrorCode.IN_PROGRESS, f"{what}() does not fit the state {State.toString(self._state)}"
        if not self._group.device.network.connected:
            code, text = SipErrorCode.DATA_CONNECTION_LOST, f"{what}(): there is no data connection"
        self._tell_soon("onError", self, code, text)

    def _be_ready(self) -> None:
        self._stop()
        self._state, self._change = State.READY_TO_CALL, None
        self._group.asking.pop(self, None)
        if self._call is not None:
            self._group.sessions.pop(self._call, None)
            self._call = None

    def _wait(self, seconds: float, name: str, fn: Any) -> None:
        self._stop()
        self._timer = self._group.agent.alarm(name, seconds, fn, lingering=True)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell_soon(self, name: str, *arguments: object) -> None:
        self._group.lane.soon(self._tell, name, *arguments)

    def _tell(self, name: str, *arguments: object) -> None:
        listener = self._listener
        if listener is None:
            return
        if isinstance(listener, Inner):
            getattr(listener, name)(*arguments)
        else:
            self._group.lane.back(getattr(listener, name), *arguments, name=name, call=self.getCallId() or "")
