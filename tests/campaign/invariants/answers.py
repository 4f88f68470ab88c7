"""I9: no answer from nowhere. A response answers a request that came, an ACK a final response; nothing answers those.

And one final answer for each request, as often as it is due.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from campaign.reading import message_of
from campaign.stage import Stage

from sipsim.message.message import Message, Request, Response
from sipsim.protocol.matching import stateless_tag
from sipsim.trace.record import Record

Known = set[tuple[object, ...]]
Key = tuple[object, ...]


def no_answer_from_nowhere(stage: Stage) -> Iterator[str]:
    """In the order of the trace: what each element has got explains what it sends.

    Where octets are altered on the way a proxy may pass a response on whose next Via is another by now: phones alone
    are asked then.
    """
    came: Known = set()
    invited: dict[Key, Key] = {}  # by element and branch: Call-ID and CSeq number, which the answer may have altered
    asked = stage.phones if "corrupt" in stage.plan.link else stage.lab.elements
    for record in stage.lab.trace:
        message = message_of(record) if record.kind in ("delivered", "sent") else None
        if message is None:
            continue
        if record.kind == "delivered":
            came |= _explains(record.element, message, invited)
        elif record.element in asked:
            if isinstance(message, Request) and message.method == "INVITE":
                invited[record.element, message.branch] = (message.call_id, message.cseq.number)
            yield from _unexplained(record.element, message, came) if not _refuses(stage, record) else ()


def _explains(element: str, message: Message, invited: dict[Key, Key]) -> Known:
    """What an arrival allows: the answer to a request, the ACK for a response; an ACK itself, being passed on."""
    method, number = message.cseq.method, message.cseq.number
    if method == "ACK" or (method == "INVITE" and not isinstance(message, Request) and message.status >= 200):
        call_id, number = invited.get((element, message.branch), (message.call_id, number))
        return {(element, "ACK", call_id, number), (element, "ACK", message.branch, number)}
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


def one_answer(stage: Stage) -> Iterator[str]:
    """A request has one final response, sent as often as it came itself, or as an INVITE's refusal is repeated.

    More than one 2xx of an INVITE are answers of several phones, which a proxy passes on, after a refusal too. What is
    turned away without a transaction may be served when it comes again (§8.2.7).
    """
    if "corrupt" in stage.plan.link:
        return  # what was altered may be the name of a transaction
    came: Counter[Key] = Counter()
    finals: dict[Key, Counter[str]] = {}
    begun: dict[Key, float] = {}
    closed = {r.cause for r in stage.lab.trace.select("lost") if r.data["why"] == "its connection is closed"}
    for record in stage.lab.trace:
        if record.kind == "fault" and record.data["what"] == "crash":
            finals = {key: said for key, said in finals.items() if key[0] != record.element}
        message = message_of(record) if record.kind in ("delivered", "sent") else None
        if message is None or message.cseq.method == "ACK" or is_turned_away(stage, record, message):
            continue
        key = (record.element, message.cseq.method, message.branch, message.via.sent_by, message.cseq.number)
        if isinstance(message, Request) and record.kind == "delivered":
            if record.time >= begun.setdefault(key, record.time) + 64 * stage.lab.timing.t1:
                begun[key] = record.time  # it is another one by now
                finals.pop(key, None)
                came.pop(key, None)
            came[key] += 1
        elif isinstance(message, Response) and record.kind == "sent" and message.status >= 200:
            if record.id in closed:
                continue  # it goes another way, and that is the one
            finals.setdefault(key, Counter())[f"{message.status} {message.to_tag}"] += 1
            yield from _too_many(stage, key, finals[key], came[key])


def is_turned_away(stage: Stage, record: Record, message: Message) -> bool:
    """Whether a server remembers nothing of this: it has no memory, or no room; for that it answers by a given tag."""
    element = stage.lab.elements[record.element]
    if element.kind == "stateless proxy":
        return True
    refused = isinstance(message, Response) and message.status == 503 and element.queue_limit is not None
    if record.kind == "delivered" or not refused or not record.cause:
        return False
    asked = message_of(stage.lab.trace[record.cause])
    return isinstance(asked, Request) and (bool(asked.to_tag) or message.to_tag == stateless_tag(asked))


def _too_many(stage: Stage, key: Key, said: Counter[str], came: int) -> Iterator[str]:
    """What is wrong with the final responses to one request so far."""
    element, method = str(key[0]), key[1]
    accepted = [answer for answer in said if answer.startswith("2")]
    refused = len(said) - len(accepted)
    several = method == "INVITE" and element not in stage.phones
    if refused > 1 or (len(said) > 1 and not several):
        yield f"{element} answers an {method} with {', '.join(said)}"
    if method != "INVITE" and said.total() > came:
        yield f"{element} answers {came} copies of a {method} {said.total()} times"
