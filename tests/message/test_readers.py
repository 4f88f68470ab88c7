"""Every header field by its name: typed, in a category, in the compact form too; and strangers' fields verbatim."""

from __future__ import annotations

from typing import Any

import pytest
from sip_octets import BUSY, EXAMPLES, INVITE, OK, PARTS, RARE, READERS, REGISTER

from sipsim.errors import SipParseError, UsageError
from sipsim.message.categories import CATEGORIES, category
from sipsim.message.codes import CANONICAL, COMPACT, LIST_HEADERS
from sipsim.message.fields import CSeq, MediaType, NameAddr
from sipsim.message.headers import LETTERS
from sipsim.message.message import Message, parse
from sipsim.message.rare_fields import Date, Parameterised, RAck, Timestamp, WarningValue
from sipsim.message.uri import Uri

TYPED = """
    Accept Accept-Contact Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Call-ID Call-Info
    Content-Disposition Content-Encoding Content-Language Content-Length Content-Type CSeq Date Error-Info Event
    Expires In-Reply-To Max-Forwards MIME-Version Min-Expires Organization P-Access-Network-Info P-Associated-URI
    Path Priority Proxy-Require RAck Refer-To Reply-To Require Retry-After RSeq Security-Client Security-Server
    Security-Verify Server Service-Route Subject Subscription-State Supported Timestamp To Unsupported User-Agent
    Via Warning
"""
"""Fields whose attribute is their name; four more have the plural or an underscore behind."""


def word(text: str, **params: str | None) -> Parameterised:
    return Parameterised(text, tuple(params.items()))


def address(uri: str, **params: str | None) -> NameAddr:
    return NameAddr("", Uri.parse(uri), tuple(params.items()))


RARE_VALUES: dict[str, Any] = {
    "accept": (MediaType("text", "*", (("q", "0.5"),)), MediaType("application", "sdp")),
    "accept_encoding": (word("gzip", q="1.0"), word("identity")),
    "accept_language": (word("da"), word("en-gb", q="0.8")),
    "accept_contact": (word("*", audio=None, methods='"INVITE,BYE"', require=None),),
    "alert_info": (address("http://a.example.com/ring", appearance="2"),),
    "allow_events": ("presence", "refer"),
    "call_info": (address("http://a.example.com/a,b.png", purpose="icon"), address("cid:x@y")),
    "content_disposition": word("render", handling="optional"),
    "content_encoding": ("gzip", "x-bzip"),
    "content_language": ("de",),
    "content_type": MediaType("multipart", "mixed", (("boundary", "next"),)),
    "date": Date(2010, 11, 13, 23, 29),
    "error_info": (address("sip:sorry@example.com"),),
    "event": word("refer", id="93809824"),
    "in_reply_to": ("1@a", "2@b"),
    "mime_version": "1.0",
    "organization": "Boxes, Ltd.",
    "p_access_network_info": (Parameterised("IEEE-802.11b", (("i-wlan-node-id", '"a,b"'),)),),
    "p_associated_uri": (address("sip:a@b"), address("tel:+1201")),
    "path": (NameAddr.parse("<sip:p;lr>"),),
    "priority": "urgent",
    "rack": RAck(776656, CSeq(1, "INVITE")),
    "rseq": 988789,
    "refer_to": NameAddr.parse('"A, B" <sip:c@d?Replaces=x>'),
    "reply_to": address("sip:e@f", x=None),
    "security_client": (Parameterised("digest", (("d-alg", "MD5"),)),),
    "security_server": (word("tls", q="0.2"), word("ipsec-ike", q="0.1")),
    "security_verify": (word("tls", q="0.2"),),
    "server": "proxy/1 (here)",
    "service_route": (NameAddr.parse("<sip:q;lr>"),),
    "subject": "Lunch",
    "subscription_state": Parameterised("terminated", (("reason", "timeout"), ("retry-after", "60"))),
    "timestamp": Timestamp(54.25, 0.5),
    "user_agent": "phone/2.0",
    "warning": (WarningValue(370, "a.example.com:5060", 'Too "little", sorry'), WarningValue(399, "b", "x")),
}


@pytest.mark.parametrize("name", RARE_VALUES)
def test_what_they_say(name: str):
    assert getattr(parse(RARE), name) == RARE_VALUES[name]


@pytest.mark.parametrize("name", RARE_VALUES)
def test_what_they_say_is_what_they_are_set_to(name: str):
    value = RARE_VALUES[name]
    field = name.replace("_", "-")
    values = value if isinstance(value, tuple) and field in LIST_HEADERS else (value,)
    message = parse(OK).with_header(field, *values)
    assert getattr(parse(bytes(message)), name) == value
    if field in LIST_HEADERS:
        in_one_line = parse(OK).with_header(field, ", ".join(map(str, values)))
        assert getattr(in_one_line, name) == value


def test_every_field_has_an_attribute():
    names = {name.lower().replace("-", "_") for name in TYPED.split()}
    assert names <= set(READERS)
    assert {"contacts", "routes", "record_routes", "from_", "vias"} <= set(READERS)


def test_what_is_missing():
    bare = parse(b"OPTIONS sip:a SIP/2.0\r\n\r\n")
    for name in RARE_VALUES:
        missing = getattr(bare, name)
        assert missing == () if name.replace("_", "-") in LIST_HEADERS else missing is None


def test_a_value_that_breaks_its_grammar_says_where():
    message = parse(OK.replace(b"Content-Length: 0", b"Date: yesterday\r\nSubject: x"))
    with pytest.raises(SipParseError, match="Date: no date in GMT") as refused:
        _ = message.date
    assert refused.value.line == 10
    assert message.subject == "x"


def test_nothing_is_accepted_where_accept_is_empty():
    """RFC 3261 §20.1: not the same as a field that is missing."""
    message = parse(OK).with_header("Accept", "")
    assert message.accept == () and message.has("Accept")


@pytest.mark.covers("P32")
def test_subject_and_priority_are_read_and_set():
    invite = parse(INVITE).with_header("Subject", "Mittagessen, später").with_header("Priority", "urgent")
    again = parse(bytes(invite))
    assert (again.subject, again.priority) == ("Mittagessen, später", "urgent")


# ---- what a field speaks of


@pytest.mark.covers("P31")
def test_categories():
    told = {"To": "general", "From": "general", "Subject": "request", "Priority": "request"}
    told |= {"Unsupported": "response", "Retry-After": "response", "X-Own": "extension"}
    assert {name: category(name) for name in told} == told
    assert (category("s"), category("VIA")) == ("request", "general")
    assert set(CATEGORIES) == set(CANONICAL) and set(CATEGORIES.values()) == {
        "general",
        "request",
        "response",
        "entity",
    }
    with pytest.raises(UsageError):
        category("no name")


@pytest.mark.covers("P31")
def test_the_category_of_a_header_line():
    assert [header.category for header in parse(BUSY).headers] == [
        *["general"] * 5, "response", "response", "response", "request", "entity", "entity",
    ]  # fmt: skip


@pytest.mark.covers("P34")
def test_what_describes_the_body():
    entity = sorted(name for name, told in CATEGORIES.items() if told == "entity")
    assert entity == ["content-disposition", "content-encoding", "content-language", "content-length", "content-type",
                      "mime-version"]  # fmt: skip
    rare = parse(RARE)
    assert (rare.content_type.type, rare.content_length) == ("multipart", len(PARTS))
    assert (rare.content_disposition.value, rare.content_encoding) == ("render", ("gzip", "x-bzip"))


# ---- compact forms


@pytest.mark.covers("P36")
@pytest.mark.parametrize("data", EXAMPLES)
def test_compact_there_and_back(data: bytes):
    """RFC 3261 §7.3.3: one letter for the long name, and nothing else changes."""
    long = parse(data)
    short = parse(bytes(long.compacted()))
    assert short.names == long.names and short.body == long.body
    assert [header.value for header in short.headers] == [header.value for header in long.headers]
    for header, name in zip(short.headers, short.names[1:], strict=True):
        assert header.name == COMPACT_OF[name] if name in COMPACT_OF else len(header.name) > 1
    for name in READERS:
        assert outcome_of(short, name) == outcome_of(long, name)
    assert bytes(short.compacted()) == bytes(short)


COMPACT_OF = {name: letter for letter, name in COMPACT.items()}


def outcome_of(message: Message, name: str) -> object:
    try:
        return getattr(message, name)
    except SipParseError as error:
        return error.reason


@pytest.mark.covers("P36")
def test_compact_forms_are_shorter_and_accepted():
    invite = parse(INVITE)
    text = bytes(invite.compacted()).decode()
    assert text.startswith(
        "INVITE sip:bob@example.com SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-alice-1;rport\r\n"
    )
    assert "\r\nCSeq: 1 INVITE\r\nm: <sip:alice@192.0.2.1:5060>\r\nAllow:" in text
    assert len(text) < len(INVITE) and invite.header("Via") == invite.compacted().header("v")
    parse(text.encode()).check()
    assert len(LETTERS) == len(COMPACT) and parse(REGISTER).header("From") is not None


# ---- extensions


def test_a_strangers_field_stays_as_it_is():
    octets = INVITE.replace(b"Max-Forwards", b"X-Fr\xc3\xa9d: \xff, ;;\r\nMax-Forwards", 1)
    with pytest.raises(SipParseError):  # a name is ASCII
        parse(octets)
    octets = INVITE.replace(b"Max-Forwards", b'x-fred : \xff, ;;"\r\n  and more\r\nMax-Forwards', 1)
    message = parse(octets)
    assert bytes(message) is octets and message.headers[1].category == "extension"
    assert b'\r\nx-fred : \xff, ;;"\r\n  and more\r\n' in bytes(message.with_header("Max-Forwards", 69).compacted())
