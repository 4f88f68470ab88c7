"""What exercises look for in a trace: who sent, got and lost which messages."""

from __future__ import annotations

from sipsim.errors import SipParseError
from sipsim.message.message import Message, Response
from sipsim.trace.record import Record
from sipsim.trace.trace import Trace


def named(message: Message | None) -> str:
    """A message in the words of `network.drop`: "INVITE", or "200 INVITE" for the response to one; "" for none."""
    if message is None:
        return ""
    try:
        method = message.cseq.method
    except SipParseError:
        return ""
    return f"{message.status} {method}" if isinstance(message, Response) else method


def records(trace: Trace, kind: str, what: str, element: str | None = None) -> list[Record]:
    """The records of a kind that are about such a message, at any element or at this one."""
    return [record for record in trace.select(kind, element) if named(record.message) == what]


def call_id(record: Record) -> str:
    """The Call-ID of the message that a record is about."""
    message = record.message
    return "" if message is None else message.header("Call-ID") or ""
