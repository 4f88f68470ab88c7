"""The error numbers of Symbian's SIP Client API, and leaving: how a call of it fails at once.

What goes wrong later is told to an observer by `ErrorOccured`, with the same numbers.
"""

from __future__ import annotations

from sipsim.errors import UsageError

KErrNone = 0
KErrNotFound = -1
KErrNotSupported = -5
KErrArgument = -6
KErrAlreadyExists = -11
KErrInUse = -14
KErrNotReady = -18
KErrTimedOut = -33
KErrCouldNotConnect = -34
KErrPermissionDenied = -46
KErrSIPMalformedMessage = -17700
KErrSIPInvalidRegistrarResponse = -17701
KErrSIPRequestPending = -17702
KErrSIPInvalidTransactionState = -17703
KErrSIPInvalidDialogState = -17704
KErrSIPInvalidDialogRequest = -17705
KErrSIPInvalidDialogResponse = -17706
KErrSIPTransportFailure = -17707
KErrSIPNoAckReceived = -17708
KErrSIPInvalidRegistrationState = -17709
KErrSIPInvalidContact = -17710
KErrSIPResourceNotAvailable = -17711
KErrSIPResolvingFailure = -17712
KErrSIPForbidden = -17713
KErrSIPMaxCompartmentsInUse = -17714
KErrSIPTerminatedWithResponse = -17715
KErrSIPOutboundProxyNotResponding = -17716
KErrSIPInvalidURIType = -17717
KErrSIPICMPFailure = -17718

NAMES = {value: name for name, value in list(globals().items()) if name.startswith("KErr")}
"""Number -> name."""


class Leave(UsageError):
    """A call of the API left with an error: `code` is its number, `name` the original's name for it."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        self.name = NAMES[code]
        super().__init__(code, text)

    def __str__(self) -> str:
        return f"{self.name} ({self.code}): {self.args[1]}"


def expect(name: str, value: object, *kinds: type) -> None:
    """Leave with KErrArgument for an argument of another type than these; True and False are no numbers."""
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        wanted = " or ".join(kind.__name__ for kind in kinds if kind is not type(None))
        raise Leave(KErrArgument, f"{name}: {value!r} is no {wanted}")
