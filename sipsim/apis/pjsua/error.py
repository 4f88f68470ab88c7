"""What goes wrong, by the numbers and texts of PJSIP: one exception for all of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sipsim.errors import SipError, SipParseError, UsageError
from sipsim.message.codes import reason_phrase
from sipsim.message.fields import NameAddr
from sipsim.message.uri import Uri

PJ_EUNKNOWN, PJ_EINVAL, PJ_ENOTFOUND, PJ_ETOOMANY = 70001, 70004, 70006, 70010
PJ_ENOTSUP, PJ_EINVALIDOP = 70012, 70013
PJSIP_EINVALIDURI, PJSIP_EUNSUPTRANSPORT = 171039, 171060
PJSIP_ESESSIONTERMINATED, PJSIP_ESESSIONSTATE = 171140, 171141
OF_THE_SYSTEM, OF_SIP = 120_000, 170_000
"""To these the system's error number, or the status of a response, is added."""
EADDRINUSE = OF_THE_SYSTEM + 98

TEXTS = {
    PJ_EUNKNOWN: "Unknown Error (PJ_EUNKNOWN)",
    PJ_EINVAL: "Invalid value or argument (PJ_EINVAL)",
    PJ_ENOTFOUND: "Not found (PJ_ENOTFOUND)",
    PJ_ETOOMANY: "Too many objects of the specified type (PJ_ETOOMANY)",
    PJ_ENOTSUP: "Option/operation is not supported (PJ_ENOTSUP)",
    PJ_EINVALIDOP: "Invalid operation (PJ_EINVALIDOP)",
    PJSIP_EINVALIDURI: "Invalid URI (PJSIP_EINVALIDURI)",
    PJSIP_EUNSUPTRANSPORT: "Unsupported transport (PJSIP_EUNSUPTRANSPORT)",
    PJSIP_ESESSIONTERMINATED: "INVITE session already terminated (PJSIP_ESESSIONTERMINATED)",
    PJSIP_ESESSIONSTATE: "Invalid INVITE session state (PJSIP_ESESSIONSTATE)",
    EADDRINUSE: "Address already in use",
}


class Error(SipError):
    """An operation of the library has failed.

    `op_name` says which, `obj` on what, `err_code` by which number, `err_msg()` in words: PJSIP's text for the number,
    and where this package knows more, a sentence of its own after it.
    """

    def __init__(self, op_name: str, obj: object, err_code: int, err_msg: str = "") -> None:
        self.op_name = op_name
        self.obj = obj
        self.err_code = err_code
        self._err_msg = err_msg
        super().__init__(op_name, obj, err_code, err_msg)

    def err_msg(self) -> str:
        text = strerror(self.err_code) if self.err_code > 0 else ""
        return ": ".join(part for part in (text, self._err_msg) if part) or strerror(self.err_code)

    def __str__(self) -> str:
        return f"Object: {self.obj}, operation={self.op_name}, error={self.err_msg()}"


def strerror(err: int) -> str:
    """PJSIP's text for a number."""
    if err in TEXTS:
        return TEXTS[err]
    if OF_SIP + 100 <= err < OF_SIP + 700:
        return reason_phrase(err - OF_SIP)
    if OF_THE_SYSTEM < err < OF_THE_SYSTEM + 1000:
        return os.strerror(err - OF_THE_SYSTEM)
    return "Success" if err == 0 else f"Unknown error {err}"


@contextmanager
def reported(op_name: str, obj: object, err_code: int = PJ_EINVAL) -> Iterator[None]:
    """Have the engine's refusals of what it was given come out as `Error`, with this number."""
    try:
        yield
    except (UsageError, SipParseError) as error:
        raise Error(op_name, obj, err_code, str(error)) from error


def expect(op_name: str, obj: object, name: str, value: object, *kinds: type) -> None:
    """`Error` for an argument of another type than these; True and False are no numbers."""
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        wanted = " or ".join(kind.__name__ for kind in kinds if kind is not type(None))
        raise Error(op_name, obj, PJ_EINVAL, f"{name}: {value!r} is no {wanted}")


def uri_of(op_name: str, obj: object, text: object) -> Uri:
    """The URI of a name-addr; `Error` for what is none."""
    with reported(op_name, obj, PJSIP_EINVALIDURI):
        if not isinstance(text, str):
            raise UsageError(f"{text!r} is no text")
        return NameAddr.parse(text).uri


def fields_of(op_name: str, obj: object, hdr_list: object) -> tuple[tuple[str, str], ...]:
    """Header fields as pairs of texts; `Error` for what are none."""
    try:
        pairs = tuple([(name, value) for name, value in hdr_list or ()])  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise Error(op_name, obj, PJ_EINVAL, f"hdr_list: {hdr_list!r} are no pairs of name and value") from None
    for name, value in pairs:
        expect(op_name, obj, "name of a header field", name, str)
        expect(op_name, obj, name, value, str)
    return pairs


def unsupported(op_name: str, obj: object, what: str) -> Error:
    """The error for what the original can do and this package can't."""
    return Error(op_name, obj, PJ_ENOTSUP, what)
