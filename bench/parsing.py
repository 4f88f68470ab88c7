"""Parsing a message and looking at what an element needs of it, beside other parsers where they are installed.

Looked at are the start line, the branch of the top Via, CSeq, Call-ID and both tags. The messages are an INVITE and its
200, of one call after another, as a proxy gets them; what it remembers of one call is of no use for the next.
`pip install .[bench]` brings the other parsers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bench.figures import Figure, in_turn, microseconds, ratio
from bench.floor import SDP
from sipsim.message.message import Request, parse, parse_whole

MESSAGES = 4_000

INVITE = (
    "INVITE sip:bob@biloxi.example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP client{n}.atlanta.example.com:5060;branch=z9hG4bK74bf9a{n};rport\r\n"
    "Max-Forwards: 70\r\nFrom: Alice <sip:alice@atlanta.example.com>;tag=9fxced{n}\r\n"
    "To: Bob <sip:bob@biloxi.example.com>\r\n"
    "Call-ID: 3848276298220188511{n}@atlanta.example.com\r\nCSeq: {n} INVITE\r\n"
    "Contact: <sip:alice@client{n}.atlanta.example.com:5060>\r\nAllow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER\r\n"
    "Supported: replaces, timer\r\nUser-Agent: bench/1\r\n"
)
OK = (
    "SIP/2.0 200 OK\r\n"
    "Via: SIP/2.0/UDP ss{n}.atlanta.example.com:5060;branch=z9hG4bK2d4790.{n};received=192.0.2.111\r\n"
    "Via: SIP/2.0/UDP client{n}.atlanta.example.com:5060;branch=z9hG4bK74bf9a{n};rport=5060;received=192.0.2.101\r\n"
    "Record-Route: <sip:ss{n}.atlanta.example.com;lr>\r\nFrom: Alice <sip:alice@atlanta.example.com>;tag=9fxced{n}\r\n"
    "To: Bob <sip:bob@biloxi.example.com>;tag=314159{n}\r\nCall-ID: 3848276298220188511{n}@atlanta.example.com\r\n"
    "CSeq: {n} INVITE\r\nContact: <sip:bob@client{n}.biloxi.example.com:5060>\r\n"
)
BODY = f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n".encode() + SDP


def figures() -> Iterator[Figure]:
    """How long sipsim takes, and how many times longer others do."""
    readers = {"sipsim": looked_at, "sipsim with check": checked, "sipsim, split when asked": first_look, **others()}
    texts = [text.format(n=n) for n in range(1_000, 1_000 + MESSAGES // 2) for text in (INVITE, OK)]
    messages = [text.encode() + BODY for text in texts]
    times = in_turn({name: every(read, messages) for name, read in readers.items()})
    each = microseconds(times, MESSAGES)
    yield Figure("look at a message", each["sipsim"], "us", more={"us_per_message": each})
    for name in others():
        yield Figure(f"look at a message, {name} / sipsim", ratio(times, name, "sipsim"), "x", least=3.0)
    readers = {"sipsim": there_and_back, "sipsim, a line changed": changed, **there_and_back_by_others()}
    times = in_turn({name: every(read, messages) for name, read in readers.items()})
    more = {"us_per_message": microseconds(times, MESSAGES)}
    for name in there_and_back_by_others():
        yield Figure(f"parse and serialise, {name} / sipsim", ratio(times, name, "sipsim"), "x", least=5.0, more=more)


def every(read: Callable[[bytes], object], messages: list[bytes]) -> Callable[[], None]:
    def run() -> None:
        for data in messages:
            read(data)

    return run


def looked_at(data: bytes) -> tuple[Any, ...]:
    """What sipsim's elements look at."""
    message = parse_whole(data)
    start = message.method if isinstance(message, Request) else message.status
    return start, message.branch, message.cseq, message.call_id, message.from_tag, message.to_tag


def checked(data: bytes) -> tuple[Any, ...]:
    """The same after the check of a message that its elements make."""
    message = parse_whole(data)
    message.check()
    start = message.method if isinstance(message, Request) else message.status
    return start, message.branch, message.cseq, message.call_id, message.from_tag, message.to_tag


def first_look(data: bytes) -> tuple[Any, ...]:
    """The same as users of `sipsim.parse` see it: nothing is split before they look."""
    message = parse(data)
    start = message.method if isinstance(message, Request) else message.status
    return start, message.branch, message.cseq, message.call_id, message.from_tag, message.to_tag


def there_and_back(data: bytes) -> bytes:
    """Parsed and written again."""
    return bytes(parse(data))


def changed(data: bytes) -> bytes:
    """Parsed and written again with another line: the rest is only handed back."""
    return bytes(parse(data).with_header("Max-Forwards", "69"))


def there_and_back_by_others() -> dict[str, Callable[[bytes], bytes]]:
    """The same by sipmessage, where it is installed."""
    try:
        from sipmessage import Message
    except ImportError:
        return {}
    return {"sipmessage": lambda data: bytes(Message.parse(data))}


def others() -> dict[str, Callable[[bytes], object]]:
    """The other parsers that are installed."""
    found: dict[str, Callable[[bytes], object]] = {}
    try:
        from sippy.SipRequest import SipRequest
        from sippy.SipResponse import SipResponse
    except ImportError:
        pass
    else:

        def by_sippy(data: bytes) -> object:
            text = data.decode()
            return (SipResponse if text.startswith("SIP/2.0 ") else SipRequest)(text).getTId(True, True, True)

        found["sippy"] = by_sippy
    try:
        from sipmessage import Message
    except ImportError:
        pass
    else:

        def by_sipmessage(data: bytes) -> object:
            message = Message.parse(data)
            start = getattr(message, "method", None) or getattr(message, "code", None)
            tags = message.from_address.parameters.get("tag"), message.to_address.parameters.get("tag")
            return start, message.via[0].parameters["branch"], message.cseq, message.call_id, tags

        found["sipmessage"] = by_sipmessage
    return found
