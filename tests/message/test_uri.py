"""URIs: their parts, their text, which two name the same resource."""

from __future__ import annotations

from itertools import combinations

import pytest

from sipsim.errors import SipParseError
from sipsim.message.uri import Uri

TEXTS = [
    "sip:alice@example.com",
    "sips:alice:secret@example.com:5061;transport=tcp;lr?Subject=a%20b&Priority=urgent",
    "sip:example.com",
    "sip:192.0.2.1:5070",
    "sip:[2001:db8::1]:5070;maddr=239.255.255.1;ttl=15",
    "sip:+1-201-555-0123;phone-context=x@gw.example.com;user=phone",
    "sip:*98$,&=/?@h-1.example.com",
    "sip:a@b;x;y=",
    "sip:alice@example.com;method=REGISTER?to=sip:bob%40example.com",
    "tel:+1-201-555-0123",
    "tel:7042;phone-context=example.com",
    "mailto:alice@example.com",
    "http://example.com/a?b#c",
    "urn:service:sos",
]


@pytest.mark.covers("P12")
@pytest.mark.parametrize("text", TEXTS)
def test_text_to_parts_and_back(text: str):
    assert str(Uri.parse(text)) == text


@pytest.mark.covers("P12")
def test_the_parts():
    uri = Uri.parse("SIPS:al%69ce:pw@Example.COM:5061;Transport=TCP;lr?Subject=hi")
    assert uri == Uri(
        "sips",
        "al%69ce",
        "pw",
        "Example.COM",
        5061,
        (("Transport", "TCP"), ("lr", None)),
        (("Subject", "hi"),),
    )
    assert (uri.param("transport"), uri.param("lr")) == ("TCP", "")
    assert (uri.param("maddr"), uri.param("ttl", "1")) == (None, "1")
    assert Uri.parse("tel:+1201").user == "+1201"
    assert Uri.parse("MAILTO:a@b") == Uri("mailto", opaque="a@b")
    assert str(uri.with_(host="h", port=None, params=(), headers=())) == "sips:al%69ce:pw@h"


@pytest.mark.parametrize(
    "text",
    [
        *("", "sip", "sip:", "sip:@b", "alice@example.com", ":a", "1a:b", "sip:a@"),
        *("sip:a@b@c", "sip:a b@c", "sip:a@b c", "sip:a@b:", "sip:a@b:x", "sip:a@b:65536"),
        *("sip:2001:db8::1", "sip:[::1", "sip:a@[g]"),
        *("sip:a@b;=c", "sip:a@b;a=b=c", "sip:a@b?", "sip:a@b?c", "sip:a@b?=d", "sip:%4@b", "sip:a@b;c=%"),
        *("sip:<a@b>", 'sip:"a"@b', "sip:é@b", "tel:", "tel:+", "tel:+a", "tel:-", "tel:1 2", "x:", "x:a b", "x:<a>"),
        *("sip:a@b;", "sip:a@b;;lr", "sip:%zz@b", "sip:a\0@b", "sip:a@b\r\nc", "sip:a@b\n", "sip:a@b#c"),
        "sip:" + "a" * 3000,
    ],
)
def test_text_that_is_no_uri(text: str):
    with pytest.raises(SipParseError) as refused:
        Uri.parse(text)
    assert refused.value.status == 400


SAME = [  # RFC 3261 §19.1.4
    ("sip:%61lice@example.com;transport=TCP", "sip:alice@EXAMPLE.com;Transport=tcp"),
    ("sip:alice@example.com", "sip:alice@example.com;newparam=5"),
    ("sip:alice@example.com", "sip:alice@example.com;security=on"),
    ("sip:b;transport=tcp;method=REGISTER?to=sip:b%40c", "sip:b;method=REGISTER;transport=tcp?to=sip:b%40c"),
    ("sip:a@example.com?subject=project%20x&priority=urgent", "sip:a@example.com?priority=urgent&subject=project%20x"),
    ("sip:a@example.com;%6Cr", "sip:a@example.com;lr"),
    ("tel:+1-201-555-0123", "tel:+1(201)5550123"),
    ("tel:7042;phone-context=Example.com", "tel:70-42;PHONE-context=example.com"),
    ("tel:7042;ext=1-2;phone-context=+31-20", "tel:7042;ext=12;phone-context=+3120"),
]
DIFFERENT = [
    ("sip:ALICE@example.com", "sip:alice@example.com"),
    ("sip:alice@example.com", "sips:alice@example.com"),
    ("sip:alice@example.com", "sip:example.com"),
    ("sip:alice@example.com", "sip:alice:@example.com"),
    ("sip:alice@example.com", "sip:alice@example.com:5060"),
    ("sip:alice@example.com", "sip:alice@example.com;transport=udp"),
    ("sip:alice@example.com", "sip:alice@example.com:6000;transport=tcp"),
    ("sip:alice@example.com", "sip:alice@example.com?Subject=next%20meeting"),
    ("sip:alice@example.com", "sip:alice@192.0.2.1"),
    ("sip:a@example.com;security=on", "sip:a@example.com;security=off"),
    ("sip:a%3Bb@example.com", "sip:a;b@example.com"),
    ("sip:a@example.com?a=1", "sip:a@example.com?a=2"),
    *[("sip:a@example.com", f"sip:a@example.com;{name}=x") for name in ("user", "ttl", "method", "maddr")],
    ("tel:+1201", "tel:1201"),
    ("tel:7042;phone-context=example.com", "tel:7042"),
    ("tel:7042;phone-context=ex-ample.com", "tel:7042;phone-context=example.com"),
    ("tel:+1201", "sip:+1201@example.com;user=phone"),
    ("mailto:a@b", "sip:a@b"),
]


@pytest.mark.covers("P12")
@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_resource(one: str, other: str):
    assert Uri.parse(one).matches(Uri.parse(other)) and Uri.parse(other).matches(Uri.parse(one))


@pytest.mark.covers("P12")
@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_resource(one: str, other: str):
    assert not Uri.parse(one).matches(Uri.parse(other)) and not Uri.parse(other).matches(Uri.parse(one))


def test_a_uri_matches_itself_and_no_other():
    for one, other in combinations(map(Uri.parse, TEXTS), 2):
        assert one.matches(one) and not one.matches(other)


@pytest.mark.parametrize(
    ("text", "aor"),
    [
        ("sip:Alice@Example.COM:5060;transport=tcp?a=b", "sip:Alice@example.com"),
        ("sip:%41lice:secret@example.com", "sip:Alice@example.com"),
        ("sip:a%3bb%2fc@example.com", "sip:a%3Bb%2Fc@example.com"),
        ("sip:%00@example.com", "sip:%00@example.com"),
        ("SIPS:a@example.com", "sips:a@example.com"),
        ("sip:EXAMPLE.com", "sip:example.com"),
        ("tel:+1(201)555-0123;ext=7", "tel:+12015550123"),
        ("mailto:A@b", "mailto:A@b"),
    ],
)
def test_the_address_of_record(text: str, aor: str):
    assert Uri.parse(text).aor == aor
