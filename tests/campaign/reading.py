"""The messages of a trace, each text parsed once."""

from __future__ import annotations

from functools import lru_cache

from sipsim.errors import SipParseError
from sipsim.message.message import Message, parse
from sipsim.trace.record import Record


def message_of(record: Record) -> Message | None:
    """The message of a record as it was sent, or as it arrived; None where it can't be read."""
    return _read(record.raw)


@lru_cache(maxsize=2048)
def _read(raw: bytes) -> Message | None:
    try:
        message = parse(raw)
        message.check()
    except SipParseError:
        return None
    return message
