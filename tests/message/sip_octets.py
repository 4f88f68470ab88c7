"""Octets for the tests of messages: examples of ours, what is left of them after an accident, and pure noise.

`looked_at` is the one thing that must hold for any octets at all: a message or SipParseError comes out of `parse`, a
value or SipParseError out of every reader, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import strategies as st

from sipsim.errors import SipParseError
from sipsim.message import build
from sipsim.message.attributes import Attribute
from sipsim.message.entity import Entity, Part
from sipsim.message.fields import CSeq, MediaType, NameAddr, Via, contact
from sipsim.message.message import Message, Request, parse, parse_whole
from sipsim.message.rare_fields import Date, Parameterised, RAck, Timestamp, WarningValue
from sipsim.message.sdp import Sdp
from sipsim.message.uri import Uri


def wire(text: str) -> bytes:
    """A message as octets: lines end with CRLF, a blank line ends the header."""
    head, _, body = text.lstrip("\n").partition("\n\n")
    return (head.replace("\n", "\r\n") + "\r\n\r\n" + body.replace("\n", "\r\n")).encode()


INVITE = wire("""
INVITE sip:bob@example.com SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-alice-1;rport
Max-Forwards: 70
From: Alice <sip:alice@example.com>;tag=alice-1
To: Bob <sip:bob@example.com>
Call-ID: 1@192.0.2.1
CSeq: 1 INVITE
Contact: <sip:alice@192.0.2.1:5060>
Allow: INVITE, ACK, CANCEL, OPTIONS, BYE
Supported: replaces, timer
Content-Type: application/sdp
Content-Length: 114

v=0
o=alice 1 1 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=audio 40000 RTP/AVP 0
a=rtpmap:0 PCMU/8000
""")
OK = wire("""
SIP/2.0 200 OK
Via: SIP/2.0/UDP proxy.example.com;branch=z9hG4bK-proxy-1;received=192.0.2.3
Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-alice-1;rport=5060
Record-Route: <sip:proxy.example.com;lr>
From: Alice <sip:alice@example.com>;tag=alice-1
To: Bob <sip:bob@example.com>;tag=bob-1
Call-ID: 1@192.0.2.1
CSeq: 1 INVITE
Contact: <sip:bob@192.0.2.2:5060>
Content-Length: 0

""")
REGISTER = wire("""
REGISTER sip:example.com SIP/2.0
v: SIP/2.0/TLS [2001:db8::1]:5061;branch=z9hG4bK7,SIP/2.0/TCP b.example.com ;branch = z9hG4bK8
f: "Bob \\"B\\", junior" <sips:bob@example.com:5061;transport=tcp>;tag=b
t: sip:bob@example.com
i: 2
cseq: 0002
 REGISTER
m: <sip:bob@192.0.2.2?Subject=hi%20there>;q=0.7;expires=60, "Desk, left" <sip:+12015550123@gw.example.com;user=phone>
m: *
Expires: 3600
Require: path
Proxy-Require: a, b
Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>
l: 0

""")
BUSY = wire("""
SIP/2.0 503 Service Unavailable
Via: SIP/2.0/UDP pc.example.com;branch=z9hG4bK9
From: <tel:+1-201-555-0123;phone-context=example.com>;tag=1
To: <sip:%62ob:secret@example.com>;tag=2
Call-ID: x
CSeq: 7 OPTIONS
Retry-After: 120 (back soon);duration=60
Min-Expires: 60
Unsupported: foo
Subject: Zoë
Content-Type: text/plain; charset=utf-8
Content-Length: 4

busy and more than that
""")
PARTS = wire("""
MIME-Version: 1.0

--next
Content-Type: application/sdp
Content-Disposition: session;handling=required

v=0

--next
Content-Type: multipart/alternative;boundary="in it"

--in it
Content-Language: de, en

Hallo
--in it--
--next--
""").split(b"\r\n\r\n", 1)[1]
RARE = (
    wire(f"""
NOTIFY sip:a SIP/2.0
Via: SIP/2.0/UDP a;branch=z9hG4bK9
From: <sip:b>;tag=b
To: <sip:a>;tag=a
Call-ID: y
CSeq: 1 NOTIFY
Accept: text/*;q=0.5, application/sdp
Accept-Encoding: gzip;q=1.0, identity
Accept-Language: da, en-gb;q=0.8
a: *;audio;methods="INVITE,BYE";require
Alert-Info: <http://a.example.com/ring>;appearance=2
u: presence, refer
Call-Info: <http://a.example.com/a,b.png>;purpose=icon, <cid:x@y>
Content-Disposition: render;handling=optional
e: gzip, x-bzip
Content-Language: de
Date: Sat, 13 Nov 2010 23:29:00 GMT
Error-Info: <sip:sorry@example.com>
o: refer;id=93809824
In-Reply-To: 1@a, 2@b
MIME-Version: 1.0
Organization: Boxes, Ltd.
P-Access-Network-Info: IEEE-802.11b;i-wlan-node-id="a,b"
P-Associated-URI: <sip:a@b>, <tel:+1201>
Path: <sip:p;lr>
Priority: Urgent
RAck: 776656 1 INVITE
RSeq: 988789
r: "A, B" <sip:c@d?Replaces=x>
Reply-To: sip:e@f;x
Security-Client: digest;d-alg=MD5
Security-Server: tls;q=0.2, ipsec-ike;q=0.1
Security-Verify: tls;q=0.2
Server: proxy/1 (here)
Service-Route: <sip:q;lr>
s: Lunch
Subscription-State: terminated;reason=timeout;retry-after=60
Timestamp: 54.25 0.5
User-Agent: phone/2.0
Warning: 370 a.example.com:5060 "Too \\"little\\", sorry", 399 b "x"
Content-Type: multipart/mixed;boundary=next
Content-Length: {len(PARTS)}

""")
    + PARTS
)
EXAMPLES = (INVITE, OK, REGISTER, BUSY, RARE)

FRAGMENTS = [
    *(b"\r\n", b"\r\n ", b"\r\n\t", b"\r\n\r\n", b"\r", b"\n", b" ", b"\t", b"\0", b":", b";", b",", b"=", b'"'),
    *(b"<", b">", b"\\", b"?", b"@", b"%", b"%00", b"%zz", b"[", b"]", b"*", b"/", b"&", b"(", b")", b"+", b"-1"),
    *(b"\xff", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x84\xaa", b"\xc5\xbf", b"\xc2\xb2", b"\xd9\xa3", b"1_0", b"0"),
    *(b"4294967296", b"99999999999999999999", b"256", b"65536", b"2147483648", b"SIP/2.0", b"SIP/3.0", b"z9hG4bK"),
    *(b"SIP/2.0/UDP a;branch=b", b";branch=", b";tag=", b";rport", b";received=[::1]", b";q=", b";expires=x"),
    *(b"sip:", b"tel:", b"mailto:", b"<sip:a@b>", b"sip:a@b:5060;lr", b"\r\nVia: x", b"\r\nTo: y", b"v=0\r\nm=a 1 b c"),
    *(b"\r\n--next", b"--next\r\n", b"--next--", b"boundary=", b"multipart/", b" GMT", b"31 Feb", b"00:", b"e: "),
    *(b"\r\nContent-Length: 9", b"\r\nl: 3", b"\r\nMax-Forwards: 1", b"\r\nExpires: 1", b"\r\nRoute: <sip:a;lr>, b"),
]
"""What does harm in the right place."""


@st.composite
def accidents(draw: st.DrawFn, octets: bytes) -> bytes:
    """Octets of which up to four pieces were cut out, repeated, or replaced by a fragment or by noise."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(octets)))
        end = min(len(octets), start + draw(st.sampled_from((0, 0, 1, 1, 2, 5, 20, 100))))
        piece = draw(st.sampled_from(FRAGMENTS) | st.binary(max_size=3) | st.just(octets[start:end] * 2))
        octets = octets[:start] + piece + octets[end:]
    return octets


def nearly_messages() -> st.SearchStrategy[bytes]:
    """Our examples after an accident."""
    return st.sampled_from(EXAMPLES).flatmap(accidents)


def many_accidents(octets: bytes, seed: int) -> bytes:
    """The same by a seed: quicker to draw than `accidents`, but no smaller example can be found for a failure."""
    dice = Random(seed)
    for _ in range(1 + dice.getrandbits(2)):
        start = int(dice.random() * (len(octets) + 1))
        end = start + (0, 0, 1, 1, 2, 5, 20, 100)[dice.getrandbits(3)]
        noise = (bytes([dice.getrandbits(8)]), octets[start:end] * 2, b"")[int(dice.random() * 3)]
        piece = FRAGMENTS[int(dice.random() * len(FRAGMENTS))] if dice.getrandbits(1) else noise
        octets = octets[:start] + piece + octets[end:]
    return octets


def soup() -> st.SearchStrategy[bytes]:
    """A start line, then fragments in any order."""
    starts = st.sampled_from((b"OPTIONS sip:a@b SIP/2.0\r\n", b"SIP/2.0 200 OK\r\n", b""))
    names = st.sampled_from((b"Via: ", b"From: ", b"t: ", b"m: ", b"CSeq: ", b"Route: ", b"X: ", b"Expires:"))
    pieces = st.lists(st.sampled_from(FRAGMENTS) | names | st.binary(max_size=2), max_size=25)
    return st.builds(lambda start, middle: start + b"".join(middle) + b"\r\n\r\n", starts, pieces)


READERS = tuple(
    [name for kind in reversed(Message.__mro__) for name, value in vars(kind).items() if isinstance(value, Attribute)]
)
"""Every attribute of a message that is read from its lines."""


def outcome(read: Callable[[], Any]) -> Any:
    """What `read()` gives, or how it refuses; any other exception goes through."""
    try:
        return read()
    except SipParseError as error:
        assert error.status in (400, 414, 505, 513) and error.line >= 1 and error.column >= 1
        assert len(error.excerpt) <= 60 and error.excerpt.isascii() and error.excerpt.isprintable()
        return ("refused", error.reason, error.status, error.line, error.column)


def shape(parse: Callable[[bytes], Message], data: bytes) -> Any:
    """What a parser makes of octets: the message's kind, start line, lines, names and body, or how it refuses them."""
    message = outcome(lambda: parse(data))
    if isinstance(message, tuple):
        return message
    start = (message.method, message.uri_text) if isinstance(message, Request) else (message.status, message.reason)
    return bytes(message), start, message.names, message.lines, type(message), message.body


def looked_at(data: bytes) -> Message | None:
    """The message that `data` is, after a look at everything that it has; None where it is refused."""
    assert shape(parse, data) == shape(parse_whole, data)
    try:
        message = parse(data)
    except SipParseError as error:
        assert outcome(lambda: parse(data)) == ("refused", error.reason, error.status, error.line, error.column)
        return None
    assert bytes(message) is data
    repr(message).encode()
    for name in READERS:
        value = outcome(lambda name=name: getattr(message, name))
        for part in value if isinstance(value, tuple) else (value,):
            look_into(part)
    look_into_parts(message)
    for header in message.headers:
        assert header.category in ("general", "request", "response", "entity", "extension")
    for name in (*message.names[1:], "via", "Contact", "r", "x-none"):
        outcome(lambda name=name: message.values(name))
        assert message.has(name) == (message.header(name) is not None)
    outcome(lambda: Sdp.parse(message.body))
    outcome(message.check)
    if len(data) < 16_000 and len(message.names) < 250:  # below the limits there is room for an edit
        edit_everything(message)
    return message


def look_into(value: object) -> None:
    """A typed value says everything about itself, and writes itself so that it is read again as the same."""
    if isinstance(value, Via):
        outcome(lambda: (value.branch, value.received, value.rport, value.sent_by))
        assert Via.parse(str(value)) == value
    elif isinstance(value, NameAddr):
        outcome(lambda: (value.tag, value.q, value.expires))
        assert contact(str(value)) == value
        assert value.uri.matches(value.uri) and value.uri.aor and value.uri.param("lr", "") is not None
        assert str(value) == "*" or Uri.parse(str(value.uri)) == value.uri
    elif isinstance(value, CSeq | MediaType | Parameterised | WarningValue | RAck | Timestamp | Date):
        assert type(value).parse(str(value)) == value
        if isinstance(value, MediaType | Parameterised):
            outcome(lambda: value.q)
            assert value.param("x", "") is not None


def look_into_parts(entity: Entity, depth: int = 1) -> None:
    """Parts are slices of the body around them, at most four deep, and say no more than SipParseError."""
    parts = outcome(lambda: entity.parts)
    outcome(lambda: entity.find("application/sdp"))
    if not parts or parts[0] == "refused":
        return
    assert depth <= 4 and len(parts) <= 32
    at = 0
    for part in parts:
        assert isinstance(part, Part) and repr(part).isascii()
        at = entity.body.index(bytes(part), at) + len(bytes(part))
        for name in ("content_type", "content_disposition", "content_language", "content_encoding", "content_length"):
            look_into(outcome(lambda part=part, name=name: getattr(part, name)))
        assert part.with_header("Content-ID", "<x>").body == part.body
        look_into_parts(part, depth + 1)


def edit_everything(message: Message) -> None:
    """Edits and replies work for whatever was parsed, and give something that is parsed again."""
    for name in ("via", "contact", "route", "to", "x-none"):
        outcome(lambda name=name: bytes(message.without_first(name)))
    assert parse(bytes(message.compacted())).names == message.names
    edited = message.prepend("Via", "SIP/2.0/UDP p;branch=z9hG4bK").with_header("Max-Forwards", 1).without("Route")
    again = parse(bytes(edited))
    assert again.names == edited.names and again.lines == edited.lines
    if isinstance(message, Request):
        reply = build.reply(message, 400, to_tag="us")
        assert parse(bytes(reply)).names == reply.names
        outcome(lambda: message.uri)
        if message.names.count("to") and not isinstance(outcome(message.check), tuple):
            assert parse(bytes(build.cancel(message))).branch == message.branch
            assert parse(bytes(build.ack(message, reply))).to_tag == (message.to_tag or "us")
