"""CSIPHttpDigest: the application's answers to challenges, and the stack's memory of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sipsim.apis.symbian.client_transaction import CSIPClientTransaction
from sipsim.apis.symbian.errors import KErrArgument, KErrNotFound, KErrSIPForbidden, Leave, expect
from sipsim.apis.symbian.lifetime import Deletable
from sipsim.apis.symbian.observers import MSIPHttpDigestChallengeObserver, MSIPHttpDigestChallengeObserver2
from sipsim.apis.symbian.refresh import CSIPRefresh

if TYPE_CHECKING:
    from sipsim.apis.symbian.csip import CSIP
    from sipsim.apis.symbian.sending import Sending


class CSIPHttpDigest(Deletable):
    """The digest settings of an application (the original's CSIPHttpDigest).

    Credentials are kept for each realm, and answer later challenges unasked. With an observer of the first kind each
    realm is asked for by its name, with one of the second kind by the transaction, or the refresh, that was challenged.
    The methods may be called as the class's own too, with the CSIP first: `CSIPHttpDigest.SetCredentialsL(csip, ...)`
    (an older form of the API).
    """

    def __init__(self, aSIP: CSIP, aObserver: Any) -> None:
        self.observer = _observer(aObserver)
        aSIP.usable()
        self.csip = aSIP
        self.waiting: dict[Sending, None] = {}
        with self._calling("CSIPHttpDigest.NewL"):
            aSIP.http_digest = self

    @classmethod
    def NewL(cls, aSIP: CSIP, aObserver: Any) -> CSIPHttpDigest:
        """Take challenges from now on."""
        return cls(aSIP, aObserver)

    def SetObserver(self, aObserver: Any) -> None:
        """Ask somebody else from now on."""
        self.usable()
        self.observer = _observer(aObserver)

    def ask(self, sending: Sending) -> None:
        """Tell the observer of a challenge that nothing answers yet."""
        self.waiting[sending] = None
        stack, transaction = sending.transaction.stack, sending.transaction
        tell = self.observer.ChallengeReceived
        if isinstance(self.observer, MSIPHttpDigestChallengeObserver2):
            about = transaction.refresh if transaction.periodic else transaction
            stack.lane.back(tell, about, name="ChallengeReceived")
        else:
            for realm in sending.realms():
                stack.lane.back(tell, realm, name="ChallengeReceived")

    def ChallengedRealms(self, aWhat: Any) -> tuple[str, ...]:
        """The realms that ask for a password for a transaction or a refresh."""
        self.usable()
        return tuple(dict.fromkeys([realm for sending in self._about(aWhat) for realm in sending.realms()]))

    def _about(self, what: Any) -> list[Sending]:
        return [
            sending for sending in self.waiting
            if what is None or sending.transaction is what or sending.transaction.refresh is what
            or what in sending.realms()
        ]  # fmt: skip

    def SetCredentialsL(self, *aArguments: Any) -> None:
        """Answer a challenge: ([what,] [outbound proxy,] realm, user name, password). Kept for the realm.

        `what` is the transaction or the refresh that an observer of the second kind was told of. The password of an
        outbound proxy goes with each request from now on, unasked. Leaves with KErrArgument for an empty text.
        """
        digest = _instance(self)
        if not 3 <= len(aArguments) <= 5:
            raise Leave(KErrArgument, "SetCredentialsL takes ([what,] [outbound proxy,] realm, user name, password)")
        *about, realm, user, password = aArguments
        proxy = about.pop() if about and isinstance(about[-1], str) else ""
        for name, text in (("aRealm", realm), ("aUsername", user), ("aPasswd", password)):
            _text(name, text)
        what = _challenged(*about) if about else realm
        with digest._calling("SetCredentialsL", realm, user):
            for stack in digest.csip.server.stacks.values():
                stack.digest.add(realm, user, password, outbound=bool(proxy))
            for sending in digest._about(what):
                sending.transaction.stack.soon(digest._retry, sending)

    def _retry(self, sending: Sending) -> None:
        if sending not in self.waiting:
            return
        digest = sending.transaction.stack.digest
        if all(digest.knows(realm) for realm in sending.realms()):
            del self.waiting[sending]
            if not sending.try_again():
                sending.fail(KErrSIPForbidden)

    def IgnoreChallengeL(self, aWhat: Any, aRealm: str | None = None) -> None:
        """Reject a challenge, of a realm, a transaction or a refresh: what was challenged fails (KErrSIPForbidden).

        Of a transaction or a refresh, the realm may be named as well.
        """
        digest = _instance(self)
        if isinstance(aWhat, str):
            _text("aRealm", aWhat)
        else:
            _challenged(aWhat)
        challenged = [one for one in digest._about(aWhat) if aRealm is None or aRealm in one.realms()]
        if not challenged:
            raise Leave(KErrNotFound, "nothing of this was challenged")
        with digest._calling("IgnoreChallengeL", aWhat):
            for sending in challenged:
                del digest.waiting[sending]
                sending.transaction.stack.soon(sending.fail, KErrSIPForbidden)

    def RemoveCredentialsL(self, aRealm: str | None = None) -> None:
        """Forget the credentials of a realm, or all."""
        digest = _instance(self)
        if aRealm is not None:
            _text("aRealm", aRealm)
        with digest._calling("RemoveCredentialsL", aRealm):
            for stack in digest.csip.server.stacks.values():
                stack.digest.forget(aRealm)

    SetCredentials, IgnoreChallenge, RemoveCredentials = SetCredentialsL, IgnoreChallengeL, RemoveCredentialsL

    def _calling(self, name: str, *arguments: Any) -> Any:
        return self.csip.server.first.lane.calling(name, *arguments)

    def Delete(self) -> None:
        """Take no more challenges: they are refusals from now on."""
        with self.deleting(self.csip.server.first.lane):
            self.csip.http_digest = None
            for sending in list(self.waiting):
                sending.transaction.stack.soon(sending.fail, KErrSIPForbidden)
            self.waiting.clear()


def _instance(what: Any) -> CSIPHttpDigest:
    """The settings meant: themselves, or those of a CSIP."""
    found = what if isinstance(what, CSIPHttpDigest) else getattr(what, "http_digest", None)
    if found is None:
        raise Leave(KErrNotFound, "this application has no CSIPHttpDigest, and so no observer of challenges")
    found.usable()
    found.csip.usable()
    return found


def _observer(given: Any) -> Any:
    """Leave with KErrArgument for what is no observer of challenges."""
    if not isinstance(given, (MSIPHttpDigestChallengeObserver, MSIPHttpDigestChallengeObserver2)):
        raise Leave(KErrArgument, "aObserver: an observer of challenges is needed")
    return given


def _challenged(what: Any) -> Any:
    """Leave with KErrArgument for what can't have been challenged."""
    expect("what was challenged", what, CSIPClientTransaction, CSIPRefresh)
    return what


def _text(name: str, value: Any) -> None:
    """Leave with KErrArgument for what is no text, or an empty one."""
    expect(name, value, str)
    if not value:
        raise Leave(KErrArgument, f"{name}: is empty")
