"""Requests and replies made from scratch: what RFC 3261 asks of them, and that nothing can be smuggled in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sip_octets import INVITE, OK, REGISTER, wire

from sipsim.errors import UsageError
from sipsim.message import build
from sipsim.message.codes import REASONS, reason_phrase
from sipsim.message.fields import NameAddr, Via
from sipsim.message.message import Message, Request, parse
from sipsim.message.sdp import Sdp
from sipsim.message.uri import Uri

USUAL: dict[str, Any] = {
    "via": "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-1",
    "from_": "<sip:alice@example.com>;tag=a",
    "to": "<sip:bob@example.com>",
    "call_id": "1@192.0.2.1",
    "cseq": 1,
}


def made(**changes: Any) -> Request:
    return build.request("INVITE", "sip:bob@example.com", **(USUAL | changes))


def invite() -> Request:
    message = parse(INVITE)
    assert isinstance(message, Request)
    return message


def same_when_parsed(message: Message) -> bool:
    again = parse(bytes(message))
    again.check()
    same = (again.lines, again.names, again.body) == (message.lines, message.names, message.body)
    return same and again.content_length == len(message.body)


# ---- requests


def test_a_request():
    message = made(
        contact="<sip:alice@192.0.2.1>",
        routes=["<sip:p1;lr>", "<sip:p2;lr>"],
        headers=[("Supported", "path"), ("x-own", 1)],
        body=b"v=0\r\n",
        content_type="application/sdp",
    )
    assert bytes(message) == wire("""
INVITE sip:bob@example.com SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-1
Max-Forwards: 70
From: <sip:alice@example.com>;tag=a
To: <sip:bob@example.com>
Call-ID: 1@192.0.2.1
CSeq: 1 INVITE
Route: <sip:p1;lr>
Route: <sip:p2;lr>
Contact: <sip:alice@192.0.2.1>
Supported: path
x-own: 1
Content-Type: application/sdp
Content-Length: 5

v=0
""")
    assert same_when_parsed(message)


def test_values_may_be_what_writes_itself():
    message = made(via=Via("UDP", "a"), to=NameAddr("Bob, B", Uri.parse("sip:bob@b")), max_forwards=0)
    assert (message.header("via"), message.to.display, message.max_forwards) == ("SIP/2.0/UDP a", "Bob, B", 0)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"cseq": -1}, "cseq"),
        ({"cseq": 2**31}, "cseq"),
        ({"max_forwards": 256}, "max_forwards"),
        ({"call_id": "\n"}, "value"),
    ],
)
def test_a_request_that_can_not_be(changes: dict[str, Any], named: str):
    with pytest.raises(UsageError, match=named):
        made(**changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"cseq": "1"}, "cseq"), ({"cseq": 1.5}, "cseq"), ({"cseq": True}, "cseq"), ({"cseq": None}, "cseq"),
        ({"max_forwards": "70"}, "max_forwards"), ({"body": "v=0"}, "body"), ({"body": None}, "body"),
        ({"headers": "Subject: tea"}, "headers"), ({"headers": {"Subject": "tea"}}, "headers"),
        ({"headers": [("Subject",)]}, "headers"), ({"headers": 3}, "headers"), ({"headers": [(3, "tea")]}, "headers"),
        ({"routes": "<sip:p;lr>"}, "routes"), ({"routes": None}, "routes"), ({"via": None}, "via"),
        ({"call_id": "\ud800"}, "surrogate"), ({"to": "<sip:\ud800@b>"}, "surrogate"),
        ({"contact": "<sip:\ud800@b>"}, "surrogate"), ({"headers": [("Subject", "\ud800")]}, "surrogate"),
    ],
)  # fmt: skip
def test_what_is_of_another_kind_is_the_callers_fault(changes: dict[str, Any], named: str):
    with pytest.raises(UsageError, match=named):
        build.request("INVITE", "sip:b", **{**USUAL, **changes})


@pytest.mark.parametrize(
    ("method", "uri"),
    [(None, "sip:b"), (b"BYE", "sip:b"), (["BYE"], "sip:b"), ("INVITE", None), ("INVITE", b"sip:b"), ("INVITE", [])],
)
def test_a_method_and_a_uri_are_text(method: Any, uri: Any):
    with pytest.raises(UsageError, match=r"method|uri"):
        build.request(method, uri, **USUAL)


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "200"},
        {"status": 200.0},
        {"status": [200]},
        {"reason": 5},
        {"reason": ["OK"]},
        {"body": "v=0"},
        {"to_tag": "\ud800"},
    ],
)
def test_a_reply_of_other_kinds_is_the_callers_fault(wrong: dict[str, Any]):
    with pytest.raises(UsageError):
        build.reply(invite(), **{"status": 200, **wrong})
    with pytest.raises(UsageError, match="body"):
        invite().with_body("v=0")  # type: ignore[arg-type]


def test_a_method_and_a_uri_that_can_not_be():
    for method in ("", "INV ITE", "INVITE\r\n", "é"):
        with pytest.raises(UsageError, match="method"):
            build.request(method, "sip:a", **USUAL)
    for uri in ("", "sip:a b", "sip:a\r\nVia: x"):
        with pytest.raises(UsageError, match="uri"):
            build.request("INVITE", uri, **USUAL)


# ---- replies (RFC 3261 §8.2.6)


def test_a_reply_repeats_what_it_must():
    reply = build.reply(invite(), 180, to_tag="bob-1")
    assert bytes(reply) == wire("""
SIP/2.0 180 Ringing
Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-alice-1;rport
From: Alice <sip:alice@example.com>;tag=alice-1
To: Bob <sip:bob@example.com>;tag=bob-1
Call-ID: 1@192.0.2.1
CSeq: 1 INVITE
Content-Length: 0

""")
    assert same_when_parsed(reply)


def test_vias_stay_in_order_on_their_lines():
    request = parse(REGISTER)
    assert isinstance(request, Request)
    assert [v.branch for v in build.reply(request, 200).vias] == [v.branch for v in request.vias]


def test_a_tag_is_added_where_there_is_none():
    tagged = invite().with_header("To", "<sip:bob@example.com>;tag=old")
    assert build.reply(tagged, 200, to_tag="new").to_tag == "old"
    bare = invite().with_header("To", "sip:bob@example.com")
    assert build.reply(bare, 200, to_tag="new").to_tag == "new"
    assert build.reply(invite(), 100).to_tag is None


@pytest.mark.parametrize(
    ("method", "status", "repeated"),
    [
        *(("INVITE", 200, 2), ("INVITE", 183, 2), ("SUBSCRIBE", 200, 2), ("REFER", 202, 2)),
        *(("INVITE", 100, 0), ("INVITE", 486, 0), ("INVITE", 302, 0), ("BYE", 200, 0)),
    ],
)
def test_record_route_is_repeated_where_a_dialog_is_made(method: str, status: int, repeated: int):
    request = build.request(method, "sip:b", **USUAL).with_header("Record-Route", "<sip:p2;lr>", "<sip:p1;lr>")
    routes = [str(route) for route in build.reply(request, status).record_routes]
    assert routes == ["<sip:p2;lr>", "<sip:p1;lr>"][:repeated]


def test_trying_repeats_the_timestamp():
    request = made(headers=[("Timestamp", "54")])
    assert build.reply(request, 100).header("Timestamp") == "54"
    assert not build.reply(request, 180).has("Timestamp")


def test_a_reply_says_more():
    sdp = Sdp.audio("bob", "192.0.2.2", 40000)
    reply = build.reply(
        invite(),
        200,
        "Fine",
        contact="<sip:bob@192.0.2.2>",
        headers=[("Allow", "BYE")],
        body=bytes(sdp),
        content_type="application/sdp",
    )
    assert (reply.status, reply.reason, reply.allow, Sdp.parse(reply.body)) == (200, "Fine", ("BYE",), sdp)
    assert same_when_parsed(reply)


@pytest.mark.parametrize("status", [0, 99, 700, -200])
def test_a_status_that_is_none(status: int):
    with pytest.raises(UsageError, match="status"):
        build.reply(invite(), status)


@pytest.mark.parametrize("reason", ["a\r\nb", "\0", "a\x07", "\x1b[2J"])
def test_a_reason_is_one_line(reason: str):
    with pytest.raises(UsageError, match="reason"):
        build.reply(invite(), 200, reason)


def test_a_reply_to_what_is_no_whole_request():
    """Its sender is told so, with what can be told."""
    broken = parse(b"INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nTo: Bob, B <sip:b>\r\nTo: x\r\n\r\n")
    assert isinstance(broken, Request)
    assert build.reply(broken, 400, to_tag="us").lines == [
        b"SIP/2.0 400 Bad Request",
        b"Via: SIP/2.0/UDP a",
        b"To: Bob, B <sip:b>",
        b"Content-Length: 0",
    ]


def test_reason_phrases():
    assert (reason_phrase(486), reason_phrase(199)) == ("Busy Here", "Early Dialog Terminated")
    assert (reason_phrase(150), reason_phrase(299)) == ("Session Progress", "OK")
    assert (reason_phrase(499), reason_phrase(699)) == ("Bad Request", "Busy Everywhere")
    assert list(REASONS) == sorted(REASONS)


# ---- ACK and CANCEL


def test_the_ack_of_a_refusal():
    """RFC 3261 §17.1.1.3: To is the response's; Request-URI, top Via, From, Call-ID, number and Route the INVITE's."""
    two_hops = "SIP/2.0/UDP p;branch=z9hG4bKtop, SIP/2.0/UDP q"
    request = invite().with_header("Route", "<sip:p;lr>").prepend("Via", two_hops)
    ack = build.ack(request, build.reply(request, 486, to_tag="bob-1"))
    assert bytes(ack) == wire("""
ACK sip:bob@example.com SIP/2.0
Via: SIP/2.0/UDP p;branch=z9hG4bKtop
Max-Forwards: 70
From: Alice <sip:alice@example.com>;tag=alice-1
To: Bob <sip:bob@example.com>;tag=bob-1
Call-ID: 1@192.0.2.1
CSeq: 1 ACK
Route: <sip:p;lr>
Content-Length: 0

""")
    assert same_when_parsed(ack)


def test_a_cancel():
    """RFC 3261 §9.1: as the ACK, but with the INVITE's own To."""
    cancel = build.cancel(invite())
    assert (cancel.method, cancel.cseq, cancel.to_tag) == ("CANCEL", (1, "CANCEL"), None)
    assert (cancel.uri_text, cancel.branch, cancel.call_id) == ("sip:bob@example.com", "z9hG4bK-alice-1", "1@192.0.2.1")
    assert not cancel.has("Supported") and not cancel.has("Contact") and same_when_parsed(cancel)


# ---- smuggling


@settings(max_examples=1500)
@given(
    st.sampled_from(["via", "from_", "to", "call_id", "contact", "content_type", "header", "route", "name", "display"])
    | st.sampled_from(["reason", "to_tag", "uri", "method", "user", "sdp"]),
    st.text(max_size=20)
    | st.sampled_from(["\r\nVia: x", "\n", "\r", "\0", "%0d%0a", "a\r\n b", "\u2028x: y", "\x85", "\udc0a", ";a\r\n"]),
)
def test_nothing_is_smuggled_in(where: str, text: str):
    """Whatever a value is, it is refused, or the message has as many lines as it would have otherwise."""
    try:
        message = placed(where, text)
        data = bytes(message)
    except UsageError:
        return
    again = parse(data)
    assert (again.lines, again.names, again.body) == (message.lines, message.names, message.body)
    assert len(again.names) == len(placed(where, "x").names)


def placed(where: str, text: str) -> Message:
    """A message with the text in one place."""
    if where in ("reason", "to_tag"):
        return build.reply(invite(), 200, **{where: text})
    if where in ("method", "uri"):
        method, uri = (text, "sip:b") if where == "method" else ("INVITE", text)
        return build.request(method, uri, **USUAL)
    more: dict[str, Any] = {
        "header": {"headers": [("Subject", text)]},
        "name": {"headers": [(text, "x")]},
        "route": {"routes": [text]},
        "display": {"to": NameAddr(text, Uri.parse("sip:b"))},
        "user": {"to": NameAddr("", Uri("sip", text, None, "b"))},
        "sdp": {"body": bytes(Sdp.audio("a", "192.0.2.1", 1, (("0", text),))) if where == "sdp" else b""},
    }
    return made(**more.get(where, {where: text}))


def test_the_display_name_is_quoted():
    """What a user calls himself can not become a parameter, a second address or a tag."""
    for name in ('Bob" <sip:mallory@example.com>', "Bob, Eve", "Bob;tag=x", "<sip:x>", "\\", "Zoë"):
        message = made(from_=NameAddr(name, Uri.parse("sip:bob@b"), (("tag", "t"),)))
        assert (message.from_.display, message.from_tag, message.from_.uri.host) == (name, "t", "b")


def test_an_answer_of_the_wire_is_a_reply_of_ours():
    ok = parse(OK)
    assert build.reply(invite(), 200, to_tag="bob-1").to == ok.to
