"""The first line of a message: request lines and status lines (RFC 3261 §§7.1, 7.2)."""

from __future__ import annotations

import re
from functools import lru_cache

from sipsim.errors import UsageError
from sipsim.message.codes import METHODS, reason_phrase
from sipsim.message.grammar import decode, encode, is_token, refuse

_REQUEST = re.compile(rb"([A-Z]+) ([!-~]+) SIP/2\.0").fullmatch
_ANY_REQUEST = re.compile(rb"([^ ]+) ([!-~]+) SIP/2\.0", re.IGNORECASE).fullmatch
_STATUS = re.compile(rb"SIP/2\.0 ([1-6][0-9]{2})(?: ([^\x00-\x08\x0a-\x1f\x7f]*))?", re.IGNORECASE).fullmatch
_OTHER_VERSION = re.compile(r"(.* )?SIP/(?!2\.0\b)[0-9]+\.[0-9]+( .*)?", re.ASCII | re.IGNORECASE | re.DOTALL)
_URI_TEXT = re.compile(r"[!-~]+").fullmatch
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]").search


@lru_cache(maxsize=256)
def read_request_line(line: bytes) -> tuple[str, str] | None:
    """Method and Request-URI of a request line in its usual spelling; None for any other line. Kept, as below."""
    found = _REQUEST(line)
    return (found[1].decode(), found[2].decode()) if found else None


@lru_cache(maxsize=256)
def read_status_line(line: bytes) -> tuple[int, str] | None:
    """Status code and reason phrase; None for what is no status line. Few are in use, so they are kept."""
    found = _STATUS(line)
    return (int(found[1]), decode(found[2] or b"")) if found else None


def read_odd_request_line(line: bytes) -> tuple[str, str]:
    """Method and Request-URI in any spelling; SipParseError, with status 505 for another version of SIP."""
    found = _ANY_REQUEST(line)
    if found and is_token(found[1].decode("latin-1")):
        return found[1].decode(), found[2].decode()
    text = decode(line)
    raise refuse("no start line of SIP/2.0", text, status=505 if _OTHER_VERSION.fullmatch(text) else 400)


@lru_cache(maxsize=256)
def request_line(method: str, uri_text: str) -> bytes:
    """The start line of a request; UsageError for a method or a URI that can't stand in one."""
    if method not in METHODS and not is_token(method):
        raise UsageError(f"method {method!r} is no token: letters, digits and -.!%*_+`'~ are allowed")
    if _URI_TEXT(uri_text) is None:
        raise UsageError(f"uri {uri_text!r} is no URI: visible ASCII characters without blanks are allowed")
    return f"{method} {uri_text} SIP/2.0".encode()


@lru_cache(maxsize=256)
def status_line(status: int, reason: str | None) -> tuple[bytes, str]:
    """The start line of a response, and its reason phrase, by default the usual one.

    UsageError for a status outside 100 to 699 and for a reason with control characters.
    """
    if not 100 <= status <= 699:
        raise UsageError(f"status {status!r}: 100 to 699 are allowed")
    if reason is None:
        reason = reason_phrase(status)
    elif not isinstance(reason, str) or _CONTROL(reason):
        raise UsageError(f"reason {reason!r} has control characters: it is one line of text")
    return b"SIP/2.0 %d %s" % (status, encode(reason)), reason
