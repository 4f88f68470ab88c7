"""What an application implements to hear of events: one method for each, which does nothing where it is left out.

The original overloads some by the types of what they bring; here one method gets them all, (error, object, ...), and
an application looks at the types. The original's spelling is the one that is called; the correct one is an alias.
"""

from __future__ import annotations

from typing import Any


class MSIPObserver:
    """Events that belong to no connection (of the original's class of this name)."""

    def IncomingRequest(self, aIapId: int, aTransaction: Any) -> None:
        """A request arrived at an access point for which this application has no connection."""

    def TimedOut(self, aTransaction: Any) -> None:
        """The application let that request wait for too long."""


class MSIPConnectionObserver:
    """Events of a connection and of all that goes by it (of the original's class of this name)."""

    def IncomingRequest(self, aTransaction: Any, aDialog: Any = None) -> None:
        """A request outside of a dialog, or inside of `aDialog`."""

    def TimedOut(self, aTransaction: Any) -> None:
        """The application let a server transaction wait for too long."""

    def IncomingResponse(self, aTransaction: Any, aWhere: Any = None) -> None:
        """A response: to a request alone, for a dialog association (a new one where a fork made it), for a binding."""

    def ErrorOccured(self, aError: int, *aWhat: Any) -> None:
        """Something failed later: a transaction, with its binding or association; a refresh, binding, association."""
        self.ErrorOccurred(aError, *aWhat)

    def ErrorOccurred(self, aError: int, *aWhat: Any) -> None:
        """The same in correct spelling."""

    def InviteCompleted(self, aTransaction: Any) -> None:
        """No more responses to this INVITE can come: its transaction may be deleted."""

    def InviteCanceled(self, aTransaction: Any) -> None:
        """The caller took its INVITE back; all was answered already."""
        self.InviteCancelled(aTransaction)

    def InviteCancelled(self, aTransaction: Any) -> None:
        """The same in correct spelling."""

    def ConnectionStateChanged(self, aState: Any) -> None:
        """The connection is in another state; `GetConnectionError` says why."""


class MSIPHttpDigestChallengeObserver:
    """Hears of challenges, by realm."""

    def ChallengeReceived(self, aRealm: str) -> None:
        """A server of this realm wants a password: `SetCredentialsL` or `IgnoreChallengeL`."""


class MSIPHttpDigestChallengeObserver2:
    """Hears of challenges, by the transaction or the refresh that was challenged."""

    def ChallengeReceived(self, aWhat: Any) -> None:
        """A request was challenged, by one realm or by several (`CSIPHttpDigest.ChallengedRealms`)."""
