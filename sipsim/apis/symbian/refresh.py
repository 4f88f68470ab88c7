"""CSIPRefresh: has the stack send a request again before what it asked for runs out."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

from sipsim.apis.symbian.errors import (
    KErrArgument,
    KErrCouldNotConnect,
    KErrInUse,
    KErrNotSupported,
    KErrSIPResourceNotAvailable,
    Leave,
    expect,
)
from sipsim.apis.symbian.lifetime import Deletable
from sipsim.elements.alarm import Alarm
from sipsim.message.message import Response
from sipsim.simulation.environment import Timer

if TYPE_CHECKING:
    from sipsim.apis.symbian.client_transaction import CSIPClientTransaction
    from sipsim.apis.symbian.connection import CSIPConnection


LONGEST = 1e8
"""Seconds: a refresh is never later than that, three years, whatever was granted."""


class RefreshState(IntEnum):
    """States of a refresh, in the numbers of the original."""

    EInactive = 0
    EActive = 1
    ETerminated = 2


class Owner(Protocol):
    """Whose request is refreshed: a binding, an association, or the request alone."""

    kind: str

    def again(self, expires: int | None = None) -> CSIPClientTransaction:
        """Send it once more."""
        ...


class CSIPRefresh(Deletable):
    """The refresh of a REGISTER, a SUBSCRIBE or a request alone (the original's CSIPRefresh).

    `UpdateL` and `TerminateL` are for a request alone: a binding and an association update and end theirs themselves.
    """

    TState = RefreshState
    EInactive, EActive, ETerminated = RefreshState.EInactive, RefreshState.EActive, RefreshState.ETerminated

    def __init__(self) -> None:
        self._state = RefreshState.EInactive
        self._interval = 0
        self.wished: int | None = None  # by SetIntervalL
        self._owner: Owner | None = None
        self._connection: CSIPConnection | None = None
        self._transaction: CSIPClientTransaction | None = None
        self._alarm: Alarm | Timer | None = None

    @classmethod
    def NewL(cls) -> CSIPRefresh:
        """A refresh that serves nobody yet."""
        return cls()

    def __str__(self) -> str:
        return "refresh"

    def State(self) -> RefreshState:
        """The state it is in."""
        self.usable()
        return self._state

    def SIPTransaction(self) -> CSIPClientTransaction | None:
        """The transaction of the latest refresh, never the one that the application got for its own request."""
        self.usable()
        return self._transaction

    def IntervalL(self) -> int:
        """Seconds that were granted; leaves with KErrSIPResourceNotAvailable unless the refresh is active."""
        self._active()
        return self._interval

    def SetIntervalL(self, aInterval: int) -> None:
        """Ask for another time from the next refresh on; a registration is not asked for less than its minimum."""
        connection = self._active()
        least = connection.stack.server.policy.min if self._owner is not None and self._owner.kind == "binding" else 1
        expect("aInterval", aInterval, int)
        if not least <= aInterval < 2**32:
            raise Leave(KErrArgument, f"aInterval: {aInterval!r}; at least {least} s can be asked for")
        with connection.stack.lane.calling("SetIntervalL", aInterval):
            self._interval = self.wished = aInterval
            self._arm()

    def UpdateL(self, aInterval: int | None = None) -> CSIPClientTransaction:
        """Refresh a request alone now; leaves with KErrNotSupported where a binding or an association owns this."""
        with self._alone().stack.lane.calling("CSIPRefresh.UpdateL"):
            return self._send(aInterval)

    def TerminateL(self) -> CSIPClientTransaction:
        """Send a request alone for the last time, with Expires 0, and end its refresh."""
        with self._alone().stack.lane.calling("CSIPRefresh.TerminateL"):
            transaction = self._send(0)
            self.end()
            return transaction

    Interval, SetInterval, Update, Terminate = IntervalL, SetIntervalL, UpdateL, TerminateL

    def _active(self) -> CSIPConnection:
        self.usable()
        if self._connection is None or self._state is not RefreshState.EActive:
            raise Leave(KErrSIPResourceNotAvailable, f"the refresh is {self._state.name}")
        if self._connection.State() is self._connection.ESuspended:
            raise Leave(KErrCouldNotConnect, "the connection is suspended")
        return self._connection

    def _alone(self) -> CSIPConnection:
        self.usable()
        if self._owner is not None and self._owner.kind != "standalone":
            raise Leave(KErrNotSupported, f"this refresh is updated and ended by its {self._owner.kind}")
        connection = self._active()
        connection.must_be_active()
        return connection

    # The stack's side

    def serve(self, owner: Owner, connection: CSIPConnection) -> None:
        """Belong to somebody, once."""
        self.usable()
        if self._owner is not None and self._owner is not owner:
            raise Leave(KErrInUse, f"this refresh serves a {self._owner.kind} already")
        self._owner, self._connection = owner, connection

    def begin(self) -> None:
        """What was ended may be begun anew, by its owner's next request."""
        if self._state is RefreshState.ETerminated:
            self._state = RefreshState.EInactive

    def granted(self, transaction: CSIPClientTransaction, response: Response, seconds: int | None = None) -> None:
        """Go on for so long as a 2xx says."""
        if seconds is None:
            seconds = response.expires if response.expires is not None else transaction_expires(transaction)
        if self._state is RefreshState.ETerminated or not seconds:
            self.end()
            return
        self._state, self._interval = RefreshState.EActive, seconds
        self._arm()

    def _arm(self) -> None:
        self._disarm()
        assert self._connection is not None
        stack = self._connection.stack
        stack.refreshes[self] = None
        due = min(stack.server.policy.due(self._interval), LONGEST)
        self._alarm = stack.alarm("refresh", due, self._due, lingering=True)

    def _disarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _due(self) -> None:
        self._alarm = None
        self._send(self._interval)

    def _send(self, expires: int | None) -> CSIPClientTransaction:
        assert self._owner is not None
        self._disarm()
        transaction = self._owner.again(expires)
        transaction.refresh, transaction.periodic = self, True
        self._transaction = transaction
        return transaction

    def broken(self, transaction: CSIPClientTransaction) -> None:
        """A request was refused, or got lost: there is nothing to be refreshed any more."""
        if transaction.periodic:
            self._transaction = transaction
        self.end()

    def belongs_to(self, connection: CSIPConnection) -> bool:
        """Whether it goes by this connection."""
        return self._connection is connection

    def end(self) -> None:
        """Stop."""
        self._disarm()
        self._state = RefreshState.ETerminated
        if self._connection is not None:
            self._connection.stack.refreshes.pop(self, None)

    def Delete(self) -> None:
        """Delete it, which ends it."""
        self.usable()
        self.end()
        self.deleted = True


def transaction_expires(transaction: Any) -> int:
    """Seconds that a request asked for; an hour where it said nothing."""
    exchange = transaction.exchange
    asked = exchange.request.expires if exchange is not None else None
    return 3600 if asked is None else int(asked)
