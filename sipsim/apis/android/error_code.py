"""`SipErrorCode`: how calls and registrations fail, in the numbers of the original."""

from __future__ import annotations

from collections.abc import Iterable

from sipsim.elements.agents.attempts import NOWHERE
from sipsim.errors import CallFailed, RegistrationFailed

CHALLENGES = (401, 407)


class SipErrorCode:
    """Error codes; `toString` gives a code's name.

    The original spells one of them TRANSACTION_TERMINTED; both spellings are here.
    """

    NO_ERROR = 0
    SOCKET_ERROR = -1
    SERVER_ERROR = -2
    TRANSACTION_TERMINTED = -3
    TRANSACTION_TERMINATED = -3
    CLIENT_ERROR = -4
    TIME_OUT = -5
    INVALID_REMOTE_URI = -6
    PEER_NOT_REACHABLE = -7
    INVALID_CREDENTIALS = -8
    IN_PROGRESS = -9
    DATA_CONNECTION_LOST = -10
    CROSS_DOMAIN_AUTHENTICATION = -11
    SERVER_UNREACHABLE = -12

    @staticmethod
    def toString(errorCode: int) -> str:
        """The name of a code, "UNKNOWN" for what is none."""
        return NAMES.get(errorCode, "UNKNOWN")

    @staticmethod
    def ofStatus(status: int) -> int:
        """The code for a final response above 399 that asks for no credentials."""
        return STATUSES.get(status, SipErrorCode.CLIENT_ERROR if status < 500 else SipErrorCode.SERVER_ERROR)


NAMES = {
    value: name
    for name, value in vars(SipErrorCode).items()
    if isinstance(value, int) and name != "TRANSACTION_TERMINATED"
}

STATUSES = dict.fromkeys((403, 404, 406, 410, 480, 488), SipErrorCode.PEER_NOT_REACHABLE)
STATUSES |= dict.fromkeys((414, 484, 485), SipErrorCode.INVALID_REMOTE_URI)
STATUSES[408] = SipErrorCode.TIME_OUT


def code_of(error: CallFailed | RegistrationFailed, domain: str, realms: Iterable[str] | None = None) -> int:
    """The code for a failure; `realms` are those that asked for credentials last, `domain` is the user's own.

    Where nothing was asked in a way that could be answered, it's the server's fault; None: nobody looked.
    """
    if error.status in CHALLENGES:
        if realms is None:
            return SipErrorCode.INVALID_CREDENTIALS
        if not (realms := tuple(realms)):
            return SipErrorCode.SERVER_ERROR
        others = [realm for realm in realms if realm != domain]
        return SipErrorCode.CROSS_DOMAIN_AUTHENTICATION if others else SipErrorCode.INVALID_CREDENTIALS
    if error.status == 503 and error.reason.endswith(NOWHERE):
        return SipErrorCode.SERVER_UNREACHABLE
    if error.status == 503 and error.reason == "transport error":
        return SipErrorCode.SOCKET_ERROR
    return SipErrorCode.ofStatus(error.status)


def told(error: CallFailed | RegistrationFailed) -> str:
    """What a listener is told in words."""
    return f"{error.reason} ({error.status})"
