"""Values of header fields of sessions beyond a plain call: how long they last, and which they replace."""

from __future__ import annotations

from typing import NamedTuple

from sipsim.errors import SipParseError, UsageError
from sipsim.message.fields import seconds
from sipsim.message.grammar import find_param, read_params, refuse

REFRESHERS = ("uac", "uas")


class SessionExpires(NamedTuple):
    """Seconds after which a session ends that nobody refreshes, and who is to do that, if it says (RFC 4028 §4)."""

    seconds: int
    refresher: str | None = None

    @classmethod
    def parse(cls, text: str) -> SessionExpires:
        """`1800;refresher=uac`; SipParseError when it is none."""
        time, semicolon, _ = text.partition(";")
        params = read_params(text, len(time)) if semicolon else ()
        refresher = find_param(params, "refresher", None)
        if refresher is not None and refresher.lower() not in REFRESHERS:
            raise refuse("a refresher that is neither uac nor uas", text)
        return cls(seconds(time.strip(" \t")), None if refresher is None else refresher.lower())

    def __str__(self) -> str:
        return f"{self.seconds}" if self.refresher is None else f"{self.seconds};refresher={self.refresher}"


def least_seconds(text: str) -> int:
    """The fewest seconds that a session may be given: Min-SE, without its parameters (RFC 4028 §5)."""
    return SessionExpires.parse(text).seconds


class Replaces(NamedTuple):
    """The dialog that an INVITE takes the place of, by its Call-ID and tags, as its receiver knows them.

    `early_only`: not one that is answered already (RFC 3891 §6.1).
    """

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False

    @classmethod
    def parse(cls, text: str) -> Replaces:
        """`id@host;to-tag=1;from-tag=2;early-only`; SipParseError when it is none, or a tag is missing or twice."""
        call_id, semicolon, _ = text.partition(";")
        params = read_params(text, len(call_id)) if semicolon else ()
        names = [name.lower() for name, _ in params]
        to_tag, from_tag = find_param(params, "to-tag", None), find_param(params, "from-tag", None)
        if not call_id.strip() or not to_tag or not from_tag or names.count("to-tag") + names.count("from-tag") != 2:
            raise refuse("no Call-ID with a to-tag and a from-tag", text)
        return cls(call_id.strip(), to_tag, from_tag, "early-only" in names)

    def __str__(self) -> str:
        only = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{only}"


def checked_replaces(value: Replaces | str) -> Replaces:
    """What a caller gives to be replaced; `UsageError` for what names no dialog."""
    try:
        return value if isinstance(value, Replaces) else Replaces.parse(value)
    except (SipParseError, TypeError, AttributeError):
        raise UsageError(f"replaces: {value!r} is no dialog; write id@host;to-tag=...;from-tag=...") from None
