"""Challenges and credentials as attributes of messages; and all 44 header fields of requirement P35, typed."""

from __future__ import annotations

from dataclasses import is_dataclass

import pytest
from sip_octets import BUSY, INVITE, OK, RARE, REGISTER

from sipsim.errors import SipParseError
from sipsim.message.auth import AuthenticationInfo, Challenge, Credentials
from sipsim.message.message import Message, parse

ASKS = 'Digest realm="a.example.com", nonce="1, 2", algorithm=SHA-256, qop="auth,auth-int"'
SHOWS = (
    'Digest username="bob", realm="a.example.com", nonce="1, 2", uri="sip:b", '
    'response="0f", cnonce="c", qop=auth, nc=00000002'
)
INFO = 'qop=auth, rspauth="0f", cnonce="c", nc=00000002'


def asked(data: bytes, **values: str | tuple[str, ...]) -> Message:
    """An example with more header fields, as it arrives."""
    message: Message = parse(data)
    for name, lines in values.items():
        message = message.with_header(name.replace("_", "-"), *((lines,) if isinstance(lines, str) else lines))
    return parse(bytes(message))


def test_each_line_is_one_challenge():
    """RFC 3261 §7.3.1: their commas separate parameters, not values."""
    message = asked(OK, www_authenticate=(ASKS, 'Basic realm="a"'), proxy_authenticate=ASKS)
    first, second = message.www_authenticate
    assert (first.realm, first.nonce, first.algorithm) == ("a.example.com", "1, 2", "SHA-256")
    assert first.qop == ("auth", "auth-int") and (second.scheme, second.foreign) == ("Basic", 'realm="a"')
    assert message.proxy_authenticate == (first,)


def test_each_line_is_one_set_of_credentials():
    message = asked(INVITE, authorization=SHOWS, proxy_authorization=(SHOWS, SHOWS.replace("a.ex", "b.ex")))
    assert [value.realm for value in message.proxy_authorization] == ["a.example.com", "b.example.com"]
    (shown,) = message.authorization
    assert (shown.username, shown.uri, shown.response, shown.count) == ("bob", "sip:b", "0f", 2)


def test_what_a_server_says_of_itself():
    assert asked(OK, authentication_info=INFO).authentication_info == AuthenticationInfo(
        None, "0f", "c", "auth", "00000002"
    )


def test_where_nobody_asks():
    bare = parse(OK)
    assert bare.www_authenticate == bare.proxy_authenticate == bare.authorization == bare.proxy_authorization == ()
    assert bare.authentication_info is None


def test_a_challenge_that_is_none_says_where():
    message = asked(OK, www_authenticate=(ASKS, "Digest nonsense"))
    with pytest.raises(SipParseError, match="WWW-Authenticate: no parameter") as refused:
        _ = message.www_authenticate
    assert refused.value.line == bytes(message).split(b"Digest nonsense")[0].count(b"\n") + 1


# What each of the 44 fields is read from: (example, attribute, what it is made of).
TYPED = {
    "Accept": (RARE, "accept"), "Accept-Contact": (RARE, "accept_contact"),
    "Accept-Encoding": (RARE, "accept_encoding"), "Accept-Language": (RARE, "accept_language"),
    "Allow": (INVITE, "allow"), "Allow-Events": (RARE, "allow_events"),
    "Authentication-Info": (bytes(asked(OK, authentication_info=INFO)), "authentication_info"),
    "Authorization": (bytes(asked(INVITE, authorization=SHOWS)), "authorization"), "Call-ID": (OK, "call_id"),
    "Contact": (OK, "contacts"), "Content-Disposition": (RARE, "content_disposition"),
    "Content-Encoding": (RARE, "content_encoding"), "Content-Length": (RARE, "content_length"),
    "Content-Type": (RARE, "content_type"), "CSeq": (OK, "cseq"), "Event": (RARE, "event"),
    "Expires": (REGISTER, "expires"), "From": (OK, "from_"), "Max-Forwards": (INVITE, "max_forwards"),
    "Min-Expires": (BUSY, "min_expires"), "P-Access-Network-Info": (RARE, "p_access_network_info"),
    "P-Associated-URI": (RARE, "p_associated_uri"),
    "Proxy-Authenticate": (bytes(asked(OK, proxy_authenticate=ASKS)), "proxy_authenticate"),
    "Proxy-Authorization": (bytes(asked(INVITE, proxy_authorization=SHOWS)), "proxy_authorization"),
    "Proxy-Require": (REGISTER, "proxy_require"), "RAck": (RARE, "rack"), "Record-Route": (OK, "record_routes"),
    "Refer-To": (RARE, "refer_to"), "Reply-To": (RARE, "reply_to"), "Require": (REGISTER, "require"),
    "Retry-After": (BUSY, "retry_after"), "Route": (REGISTER, "routes"), "RSeq": (RARE, "rseq"),
    "Security-Client": (RARE, "security_client"), "Security-Server": (RARE, "security_server"),
    "Security-Verify": (RARE, "security_verify"), "Service-Route": (RARE, "service_route"),
    "Subscription-State": (RARE, "subscription_state"), "Supported": (INVITE, "supported"),
    "Timestamp": (RARE, "timestamp"), "To": (OK, "to"), "Unsupported": (BUSY, "unsupported"), "Via": (OK, "vias"),
    "WWW-Authenticate": (bytes(asked(OK, www_authenticate=ASKS)), "www_authenticate"),
}  # fmt: skip
TEXTS = ("Call-ID", "Allow", "Allow-Events", "Content-Encoding", "Proxy-Require", "Require", "Supported", "Unsupported")
"""Those whose values are single words: text, or a tuple of it."""
NUMBERS = ("Content-Length", "Expires", "Max-Forwards", "Min-Expires", "Retry-After", "RSeq")


@pytest.mark.covers("P35")
def test_there_are_44_of_them():
    assert len(TYPED) == 44


@pytest.mark.covers("P35")
@pytest.mark.parametrize("name", TYPED)
def test_every_field_is_typed(name: str):
    data, attribute = TYPED[name]
    message = parse(data)
    assert message.has(name)
    value = getattr(message, attribute)
    members = value if isinstance(value, tuple) and not hasattr(value, "_fields") else (value,)
    assert members
    for member in members:
        if name in TEXTS:
            assert isinstance(member, str)
        elif name in NUMBERS:
            assert isinstance(member, int)
        else:  # an object with parts, or the `*` of Contact
            assert is_dataclass(member) or hasattr(member, "_fields")


@pytest.mark.covers("P35")
@pytest.mark.parametrize("text", [ASKS, 'Basic realm="x"', SHOWS, INFO])
def test_what_was_read_can_be_written_again(text: str):
    kind = {ASKS: Challenge, SHOWS: Credentials, INFO: AuthenticationInfo}.get(text, Challenge)
    assert kind.parse(str(kind.parse(text))) == kind.parse(text)


@pytest.mark.covers("P35")
def test_an_unknown_field_is_kept_to_the_octet():
    line = b"X-Coffee : black ,  two;sugar=\xff\r\n\tand milk"
    data = OK.replace(b"Content-Length", line + b"\r\nContent-Length")
    message = parse(data)
    assert bytes(message) == data
    assert b"\r\n" + line + b"\r\n" in bytes(message.with_header("Subject", "x"))
