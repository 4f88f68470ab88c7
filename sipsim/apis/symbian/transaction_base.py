"""What client and server transactions have in common: state, type, latest response, an owner who deletes them."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from sipsim.apis.symbian.lifetime import Deletable, made_by_the_api
from sipsim.apis.symbian.message_elements import CSIPResponseElements

if TYPE_CHECKING:
    from sipsim.apis.symbian.stack import Stack
    from sipsim.elements.exchange import Exchange
    from sipsim.message.message import Response


class TransactionState(IntEnum):
    """States of a transaction, in the numbers of the original."""

    ETrying = 0
    ECalling = 1
    EProceeding = 2
    ECompleted = 3
    EConfirmed = 4
    ETerminated = 5


_S = TransactionState
OF_MACHINE = {
    "calling": _S.ECalling, "trying": _S.ETrying, "proceeding": _S.EProceeding, "completed": _S.ECompleted,
    "confirmed": _S.EConfirmed, "accepted": _S.ETerminated, "terminated": _S.ETerminated,
}  # fmt: skip
"""What the states of the engine's transactions (RFC 3261 §17, RFC 6026) are called here."""


class CSIPTransactionBase(Deletable):
    """A transaction; only the API makes them (the original's CSIPTransactionBase)."""

    TState = TransactionState
    ETrying, ECalling, EProceeding = TransactionState.ETrying, TransactionState.ECalling, TransactionState.EProceeding
    ECompleted, EConfirmed, ETerminated = (
        TransactionState.ECompleted,
        TransactionState.EConfirmed,
        TransactionState.ETerminated,
    )

    def __init__(self, maker: object, stack: Stack, method: str, connection: Any) -> None:
        made_by_the_api(maker, self)
        self.stack = stack
        self.method = method
        self.connection = connection
        self.exchange: Exchange | None = None
        self.error = 0
        self.over = False
        self.status = 0
        self._response: CSIPResponseElements | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.status}" if self.status else self.method

    def Type(self) -> str:
        """The method of its request."""
        self.usable()
        return self.method

    def State(self) -> TransactionState:
        """The state it is in."""
        self.usable()
        if self.over or self.error:
            return TransactionState.ETerminated
        if self.exchange is not None:
            return OF_MACHINE[self.exchange.state]
        return TransactionState.ECalling if self.method == "INVITE" else TransactionState.ETrying

    def ResponseElements(self) -> CSIPResponseElements | None:
        """The most recent response; None where there is none yet."""
        self.usable()
        return self._response

    def hold(self, response: Response) -> None:
        """Hold a response, and delete the one before."""
        if self._response is not None:
            self._response.deleted = True
        self.status = response.status
        self._response = CSIPResponseElements.of(response)

    def reachable(self) -> None:
        """Leave unless this, and the connection that it goes by, can be used."""
        self.usable()
        if self.connection is not None:
            self.connection.must_be_active()

    @property
    def deletable(self) -> bool:
        """Whether its owner may delete it by now."""
        raise NotImplementedError

    def Delete(self) -> None:
        """Delete it; leaves with KErrInUse while the stack still needs it."""
        self.usable()
        if not self.deletable and not (self.connection is not None and self.connection.is_gone):
            self.stack.server.too_early(f"{self} is still under way: it can be deleted once it is over")
        with self.deleting(self.stack.lane):
            pass
