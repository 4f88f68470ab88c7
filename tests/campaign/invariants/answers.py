"""I9: no answer from nowhere. A response answers a request that came, an ACK a final response; nothing answers those.

Where octets are altered on the way nobody can tell, since what was altered may be the names of calls and transactions.
"""

from __future__ import annotations

from collections.abc import Iterator

from campaign.reading import message_of
from campaign.stage import Stage

from sipsim.message.message import Message, Request
from sipsim.trace.record import Record

Known = set[tuple[object, ...]]


def no_answer_from_nowhere(stage: Stage) -> Iterator[str]:
    """In the order of the trace: what each element has got explains what it sends."""
    came: Known = set()
    if "corrupt" in stage.plan.link:
        return
    for record in stage.lab.trace:
        if record.kind == "delivered" and (message := message_of(record)) is not None:
            came |= _explains(record.element, message)
        elif record.kind == "sent" and (sent := message_of(record)) is not None:
            yield from _unexplained(record.element, sent, came) if not _refuses(stage, record) else ()


def _explains(element: str, message: Message) -> Known:
    """What an arrival allows: the answer to a request, the ACK for a response; an ACK itself, being passed on."""
    method, number = message.cseq.method, message.cseq.number
    if method == "ACK" or (method == "INVITE" and not isinstance(message, Request) and message.status >= 200):
        return {(element, "ACK", message.call_id, number), (element, "ACK", message.branch, number)}
    return {(element, method, message.branch, number)} if isinstance(message, Request) else set()


def _unexplained(element: str, message: Message, came: Known) -> Iterator[str]:
    method, number = message.cseq.method, message.cseq.number
    if isinstance(message, Request):
        ways = {(element, "ACK", message.call_id, number), (element, "ACK", message.branch, number)}
        if method == "ACK" and not ways & came:
            yield f"{element} sends an ACK, and no final response came: {message!r}"
    elif method == "ACK":
        yield f"{element} answers an ACK with {message.status}"
    elif (element, method, message.branch, number) not in came:
        yield f"{element} sends a response to no request: {message!r}"


def _refuses(stage: Stage, record: Record) -> bool:
    """Whether this is said about something that can't be read: then its fields are what the refused one had."""
    cause = stage.lab.trace[record.cause] if record.cause else None
    return cause is not None and cause.kind == "delivered" and message_of(cause) is None
