"""What can go wrong, in two families: the caller's fault and the bytes' fault.

Everything that sipsim raises on purpose is a `SipError`. A `UsageError` says that a call of ours was given
something it can't work with; a `SipParseError` says that octets from somewhere are no SIP, and carries the
status code to answer them with. The other two tell a story's author how a call or a registration came out.
"""

from __future__ import annotations


class SipError(Exception):
    """The base of every error that sipsim raises on purpose."""


class UsageError(SipError, ValueError):
    """A parameter, name or state that the called function can't work with; the text says what is allowed."""


class SipParseError(SipError):
    """Octets that are no SIP message, or a header field value that breaks its grammar.

    `status` is the response code that a server answers a request like this with, `line` and `column` (both
    from 1) say where the trouble is, `excerpt` shows the octets there, escaped, at most 60 characters.
    """

    def __init__(self, reason: str, status: int = 400, line: int = 1, column: int = 1, excerpt: str = "") -> None:
        self.reason = reason
        self.status = status
        self.line = line
        self.column = column
        self.excerpt = excerpt
        super().__init__(reason, status, line, column, excerpt)

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}"
        return f"{self.reason} ({where}: {self.excerpt})" if self.excerpt else f"{self.reason} ({where})"


class Stalled(SipError):
    """A story, or `lab.run(event)`, waits for what can no longer happen: nothing is under way that could settle it."""


class _Failed(SipError):
    """A final response above 299, or what stands for one (RFC 3261 §8.1.3.1).

    408 stands for a timeout, 503 for a transport error.
    """

    def __init__(self, status: int, reason: str, tried: tuple[str, ...] = ()) -> None:
        self.status = status
        self.reason = reason
        self.tried = tried
        super().__init__(status, reason, tried)  # SimPy and pickle make copies of an error from its arguments

    def __str__(self) -> str:
        tried = f"; tried: {', '.join(self.tried)}" if self.tried else ""
        return f"{self.status} {self.reason}{tried}"


class CallFailed(_Failed):
    """A call that came to nothing: `status` and `reason` of the final response, or of what stands for one.

    `tried` says what was done before, try by try, to get another one: credentials shown, other addresses called ...
    """


class RegistrationFailed(_Failed):
    """A registration that the registrar refused or never answered: as in `CallFailed`."""
