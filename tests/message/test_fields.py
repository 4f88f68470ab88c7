"""Values of header fields: what their text says, and how they write themselves."""

from __future__ import annotations

import pytest

from sipsim.errors import SipParseError
from sipsim.message.fields import STAR, CSeq, MediaType, NameAddr, Via, call_id, contact, seconds
from sipsim.message.uri import Uri


def test_via():
    via = Via.parse("SIP/2.0/udp Pc.example.com;branch=z9hG4bK1;received=192.0.2.1;rport=5061;ttl=1")
    assert (via.transport, via.host, via.port) == ("UDP", "Pc.example.com", None)
    assert (via.branch, via.received, via.rport, via.sent_by) == ("z9hG4bK1", "192.0.2.1", 5061, "pc.example.com:5060")
    assert str(via) == "SIP/2.0/UDP Pc.example.com;branch=z9hG4bK1;received=192.0.2.1;rport=5061;ttl=1"


def test_what_a_via_leaves_open():
    """An RFC 2543 hop has no branch; `rport` without value asks for one; TLS has a port of its own."""
    assert Via.parse("SIP/2.0/UDP a").branch is None
    assert (Via.parse("SIP/2.0/UDP a").rport, Via.parse("SIP/2.0/UDP a;rport").rport) == (None, 0)
    assert Via.parse("SIP/2.0/TLS [2001:DB8::1]").sent_by == "[2001:db8::1]:5061"
    assert Via.parse("SIP/2.0/TCP a:05070").sent_by == "a:5070"


def test_a_hop_notes_where_a_request_came_from():
    via = Via("UDP", "pc.example.com", None, (("rport", None), ("branch", "b")))
    stamped = via.with_param("received", "192.0.2.1").with_param("rport", "40000")
    assert str(stamped) == "SIP/2.0/UDP pc.example.com;rport=40000;branch=b;received=192.0.2.1"


@pytest.mark.parametrize("text", ["", "SIP/2.0/UDP", "SIP/2.0 a", "UDP a", "SIP/2.0/UDP a:", "SIP/2.0/UDP a:99999"])
def test_text_that_is_no_via(text: str):
    with pytest.raises(SipParseError) as refused:
        Via.parse(text)
    assert refused.value.status == 400


def test_a_via_of_another_version():
    with pytest.raises(SipParseError) as refused:
        Via.parse("SIP/3.0/UDP a")
    assert refused.value.status == 505


@pytest.mark.parametrize(
    ("text", "display", "uri", "params", "written"),
    [
        ("<sip:a@b>", "", "sip:a@b", (), "<sip:a@b>"),
        ("sip:a@b;tag=1", "", "sip:a@b", (("tag", "1"),), "<sip:a@b>;tag=1"),
        ("sip:a@b ; tag = 1", "", "sip:a@b", (("tag", "1"),), "<sip:a@b>;tag=1"),
        ("Bob <sip:a@b;lr>;x", "Bob", "sip:a@b;lr", (("x", None),), "Bob <sip:a@b;lr>;x"),
        ("Bob the\tBuilder<sip:b>", "Bob the\tBuilder", "sip:b", (), '"Bob the\tBuilder" <sip:b>'),
        (r'"Bob \"B\", jr." <sip:b>', 'Bob "B", jr.', "sip:b", (), r'"Bob \"B\", jr." <sip:b>'),
        ('"" <sip:b>', "", "sip:b", (), "<sip:b>"),
        ("Zoë <sip:b>", "Zoë", "sip:b", (), '"Zoë" <sip:b>'),
        ("< sip:b >", "", "sip:b", (), "<sip:b>"),
        ("<mailto:a@b?c=d>", "", "mailto:a@b?c=d", (), "<mailto:a@b?c=d>"),
    ],
)
def test_addresses(text: str, display: str, uri: str, params: tuple[tuple[str, str | None], ...], written: str):
    address = NameAddr.parse(text)
    assert address == NameAddr(display, Uri.parse(uri), params)
    assert str(address) == written


@pytest.mark.parametrize(
    "text",
    [
        *("", "*", "Bob", "<>", "<sip:a", "sip:a>", '"Bob <sip:a>', 'Bob" <sip:a>', "Bob, B <sip:a>"),
        *("<sip:a>,", "<sip:a>x", "sip:a?b=c", "sip:a,b", "a@b", "<<sip:a>>"),
        *("B:b <sip:a>", "\x01 <sip:a>", "<sip:a>;tag=", "sip:a b"),
    ],
)
def test_text_that_is_no_address(text: str):
    with pytest.raises(SipParseError):
        NameAddr.parse(text)


def test_what_a_contact_says():
    bare, full = contact("<sip:a>"), contact('<sip:a>;q=0.75;expires=60;+sip.instance="<urn:x>"')
    assert (bare.q, bare.expires, bare.tag, bare.param("x"), bare.param("x", "y")) == (1.0, None, None, None, "y")
    assert (full.q, full.expires, full.param("+sip.instance")) == (0.75, 60, "<urn:x>")
    assert contact("*") is STAR and str(STAR) == "*"


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5"])
def test_a_malformed_expiry_counts_as_an_hour(text: str):
    """RFC 3261 §20.10."""
    assert NameAddr("", Uri.parse("sip:a"), (("expires", text),)).expires == 3600


@pytest.mark.parametrize("text", ["2", "-0.1", "0.1234", ".5", "1.1", "x", "1e0", "nan"])
def test_a_preference_that_is_none(text: str):
    with pytest.raises(SipParseError, match="q is"):
        _ = NameAddr.parse(f"<sip:a>;q={text}").q


def test_cseq():
    assert CSeq.parse("0009 \t INVITE") == (9, "INVITE")
    assert str(CSeq(1, "ACK")) == "1 ACK"
    assert CSeq.parse("2147483647 BYE").number == 2**31 - 1
    for text in ("2147483648 BYE", "1", "INVITE", "1 INVITE x", "1INVITE", "1 (", "-1 BYE"):
        with pytest.raises(SipParseError):
            CSeq.parse(text)


def test_media_types():
    assert MediaType.parse("Multipart / Mixed ; boundary=a") == MediaType("multipart", "mixed", (("boundary", "a"),))
    assert str(MediaType("text", "plain", (("charset", "utf-8"),))) == "text/plain;charset=utf-8"
    for text in ("", "text", "text/", "/plain", "text/plain x"):
        with pytest.raises(SipParseError):
            MediaType.parse(text)


def test_time_spans_and_call_ids():
    assert (seconds("0060"), seconds("1" + "0" * 100)) == (60, 2**32 - 1)
    assert call_id("a@b<>") == "a@b<>"
    for text in ("", "a b", "a\tb", "\x01"):
        with pytest.raises(SipParseError):
            call_id(text)
