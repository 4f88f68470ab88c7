"""Messages: octets in, readers and edits, the same octets out."""

from __future__ import annotations

from typing import Any

import pytest
from sip_octets import BUSY, EXAMPLES, INVITE, OK, READERS, REGISTER, wire

from sipsim.errors import SipParseError, UsageError
from sipsim.message import names
from sipsim.message.fields import STAR, NameAddr, Via
from sipsim.message.message import Message, Request, Response, parse
from sipsim.message.uri import Uri


def refused(data: bytes | str) -> SipParseError:
    with pytest.raises(SipParseError) as error:
        parse(data if isinstance(data, bytes) else wire(data)).check()
    return error.value


def changed(old: str, new: str, of: bytes = INVITE) -> bytes:
    assert old.encode() in of
    return of.replace(old.encode(), new.encode())


# ---- in and out


@pytest.mark.parametrize("data", EXAMPLES)
def test_a_message_that_nobody_changes_is_the_octets_it_came_as(data: bytes):
    message = parse(data)
    for name in READERS:
        getattr(message, name)
    assert bytes(message) is data


def test_a_request():
    invite = parse(INVITE)
    assert isinstance(invite, Request)
    assert (invite.method, invite.uri_text) == ("INVITE", "sip:bob@example.com")
    assert invite.uri == Uri("sip", "bob", None, "example.com")
    assert (invite.branch, invite.sent_by, invite.cseq, invite.call_id) == (
        "z9hG4bK-alice-1",
        "192.0.2.1:5060",
        (1, "INVITE"),
        "1@192.0.2.1",
    )
    assert (invite.from_tag, invite.to_tag, invite.max_forwards) == ("alice-1", None, 70)
    assert invite.allow == ("INVITE", "ACK", "CANCEL", "OPTIONS", "BYE")
    assert (str(invite.content_type), invite.content_length, len(invite.body)) == ("application/sdp", 114, 114)
    assert repr(invite) == "<INVITE sip:bob@example.com CSeq 1>"


def test_a_response():
    ok = parse(OK)
    assert isinstance(ok, Response)
    assert (ok.status, ok.reason, ok.to_tag, ok.branch) == (200, "OK", "bob-1", "z9hG4bK-proxy-1")
    assert [via.rport for via in ok.vias] == [None, 5060]
    assert [str(route) for route in ok.record_routes] == ["<sip:proxy.example.com;lr>"]
    assert repr(ok) == "<200 OK (INVITE) CSeq 1>"


def test_folded_lines_compact_names_and_lists():
    register = parse(REGISTER)
    assert register.cseq == (2, "REGISTER")
    assert [via.branch for via in register.vias] == ["z9hG4bK7", "z9hG4bK8"]
    assert register.sent_by == "[2001:db8::1]:5061"
    assert register.from_.display == 'Bob "B", junior'
    assert [contact.display for contact in register.contacts] == ["", "Desk, left", ""]
    assert register.contacts[-1] is STAR
    assert (register.contacts[0].q, register.contacts[0].expires, register.expires) == (0.7, 60, 3600)
    assert (register.require, register.proxy_require) == (("path",), ("a", "b"))
    assert [route.uri.host for route in register.routes] == ["p1.example.com", "p2.example.com"]
    assert register.lines[5] == b"cseq: 0002\r\n REGISTER" and register.names[5] == "cseq"


def test_what_a_refusal_says():
    busy = parse(BUSY)
    assert (busy.retry_after, busy.min_expires, busy.unsupported) == (120, 60, ("foo",))
    assert (busy.body, busy.header("subject")) == (b"busy", "Zoë")
    assert (busy.from_.uri.scheme, busy.to.uri.aor) == ("tel", "sip:bob@example.com")


def test_readers_of_what_is_not_there():
    bare = parse(b"OPTIONS sip:a SIP/2.0\r\n\r\n")
    for name in ("via", "from_", "to", "call_id", "cseq", "branch", "sent_by", "from_tag", "to_tag"):
        with pytest.raises(SipParseError, match=r"no .* header field"):
            getattr(bare, name)
    for name in ("vias", "contacts", "routes", "record_routes", "allow", "supported", "require", "unsupported"):
        assert getattr(bare, name) == ()
    for name in ("max_forwards", "expires", "min_expires", "retry_after", "content_type", "content_length"):
        assert getattr(bare, name) is None
    assert repr(bare) == "<OPTIONS sip:a CSeq ?>"


def test_a_value_is_read_once():
    invite = parse(INVITE)
    assert invite.contacts is invite.contacts and invite.uri is invite.uri


def test_messages_compare_by_octets():
    assert parse(INVITE) == parse(INVITE) != parse(OK)
    assert hash(parse(INVITE)) == hash(parse(INVITE))
    assert parse(INVITE) != INVITE


# ---- by name


def test_names_in_any_spelling():
    register = parse(REGISTER)
    for name in ("From", "from", "FROM", "f", "F"):
        assert register.has(name) and register.header(name) == register.header("f")
    assert register.values("Contact")[-1] == "*" and len(register.values("m")) == 3
    assert register.header("x-none") is None and register.values("x-none") == []
    assert register.headers[4] == ("cseq", "0002 REGISTER")


def test_only_lists_are_split():
    message = parse(changed("Supported: replaces, timer", "Subject: a, b\r\nDate: Sat, 13 Nov 2010 23:29:00 GMT"))
    assert message.values("subject") == ["a, b"] and len(message.values("date")) == 1


def test_strange_names_do_not_fill_the_memory():
    for number in range(2 * names.MOST_REMEMBERED):
        data = f"OPTIONS sip:a SIP/2.0\r\nx-{number}: y\r\n\r\n".encode()
        assert parse(data).names == ["", f"x-{number}"]
    assert len(names.FOLDED) <= names.MOST_REMEMBERED


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\n", "é", "\u212a"])
def test_names_that_are_none(name: str):
    for use in (lambda m: m.header(name), lambda m: m.with_header(name, "x"), lambda m: m.prepend(name, "x")):
        with pytest.raises(UsageError, match="name"):
            use(parse(INVITE))


# ---- refused


@pytest.mark.parametrize(
    ("data", "line", "column", "excerpt"),
    [
        (b"", 1, 1, ""),
        (b"\r\n\r\n", 1, 1, r"\r\n\r\n"),
        (b"INVITE sip:a SIP/2.0\r\nVia: x\r\n", 1, 1, r"INVITE sip:a SIP/2.0\r\nVia: x\r\n"),
        (b"INVITE sip:a SIP/2.0\r\nVia x\r\n\r\n", 2, 1, "Via x"),
        (b"INVITE sip:a SIP/2.0\r\nVia\r\n\r\n", 2, 1, "Via"),
        (b"INVITE sip:a SIP/2.0\r\nA: b\r\n c\r\n: x\r\n\r\n", 4, 1, ": x"),
        (b"INVITE sip:a SIP/2.0\r\nA b: x\r\n\r\n", 2, 1, "A b: x"),
        (b"INVITE sip:a SIP/2.0\r\nA: x\nB: y\r\n\r\n", 2, 5, ""),
        (b"INVITE sip:a SIP/2.0\r\nA: x\nB: y\r\r\n\r\n", 2, 5, ""),
        (b"INVITE sip:a SIP/2.0\r\n x\r\n\r\n", 1, 1, r"INVITE sip:a SIP/2.0\r\n x"),
    ],
)
def test_where_the_trouble_is(data: bytes, line: int, column: int, excerpt: str):
    error = refused(data)
    assert (error.status, error.line, error.column, error.excerpt) == (400, line, column, excerpt)


@pytest.mark.covers("P30")
@pytest.mark.parametrize(
    "start",
    [
        *("INVITE", "INVITE sip:a", "INVITE  sip:a SIP/2.0", "INVITE sip:a SIP/2.0 ", " INVITE sip:a SIP/2.0"),
        *("INVITE sip:a b SIP/2.0", "INVITE sip:a\tSIP/2.0", "INVITE sip:\xe9 SIP/2.0", "INVITE sip:a SIP/2"),
        *("INV(ITE sip:a SIP/2.0", "SIP/2.0 OK", "SIP/2.0 99 x", "SIP/2.0 700 x", "SIP/2.0 2000 x"),
        *("SIP/2.0 200OK", "SIP/2.0  200 OK", "SIP/2.0 200 a\x07", "GET / HTTP/1.1"),
    ],
)
def test_start_lines_that_are_none(start: str):
    error = refused(start.encode("latin-1") + b"\r\nVia: SIP/2.0/UDP a\r\n\r\n")
    assert (error.status, error.line) == (400, 1)


@pytest.mark.parametrize("start", ["INVITE sip:a SIP/7.0", "SIP/1.0 200 OK", "A sip:a SIP/2.1", "A sip:a SIP/2.00"])
def test_another_version_of_sip(start: str):
    assert refused(start.encode() + b"\r\n\r\n").status == 505


@pytest.mark.covers("P30")
def test_spellings_of_start_lines():
    assert parse(b"Invite! sip:a sip/2.0\r\n\r\n").method == "Invite!"
    assert (parse(b"sip/2.0 200\r\n\r\n").status, parse(b"SIP/2.0 200 \r\n\r\n").reason) == (200, "")
    assert parse("SIP/2.0 486 Besetzt, später".encode() + b"\r\n\r\n").reason == "Besetzt, später"


@pytest.mark.parametrize(
    "data",
    [
        b"INVITE sip:a SIP/2.0\r\n\r\n" + b"x" * 65_536,
        b"INVITE sip:a SIP/2.0\r\n" + b"A: b\r\n" * 257 + b"\r\n",
        b"INVITE sip:a SIP/2.0\r\nA: " + b"b" * 8_200 + b"\r\n\r\n",
        b"INVITE sip:a SIP/2.0\r\n" + (b"A: " + b"b" * 5_500 + b"\r\n") * 3 + b"\r\n",
    ],
)
def test_too_much(data: bytes):
    assert refused(data).status == 513


def test_as_much_as_may_be():
    head = b"INVITE sip:a SIP/2.0\r\n" + b"A: b\r\n" * 256 + b"\r\n"
    assert len(parse(head + b"x" * (65_535 - len(head))).names) == 257


def test_the_line_of_a_value_counts_folds():
    message = parse(changed("CSeq: 1 INVITE", "X: a\r\n b\r\n c\r\nCSeq: x INVITE"))
    with pytest.raises(SipParseError, match="CSeq") as error:
        message.check()
    assert (error.value.line, error.value.excerpt) == (10, "x INVITE")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        *[(changed(f"\r\n{name}:", "\r\nX:"), name) for name in ("Via", "From", "To", "Call-ID", "CSeq")],
        *[(changed(f"\r\n{name}:", f"\r\n{name}: x\r\n{name}:"), name) for name in ("From", "To", "Call-ID", "CSeq")],
        (changed("CSeq: 1 INVITE", "CSeq: 1 BYE"), "method"),
        (changed("CSeq: 1 INVITE", "CSeq: 2147483648 INVITE"), "CSeq"),
        (changed("To: Bob <", "To: Bob, B <"), "To"),
        (changed("From: Alice <sip:", "From: Alice <"), "From"),
        (changed("tag=alice-1", "tag"), "tag without value"),
        (changed("tag=alice-1", 'tag=""'), "tag without value"),
        (changed("tag=alice-1", 'tag="alice-1"'), "tag in quotes"),
        (changed("tag=alice-1", "tag=alice-1;tag=alice-2"), "more than one tag"),
        (changed("Call-ID: 1", "Call-ID: 1 2"), "Call-ID"),
        (changed("SIP/2.0/UDP 192", "SIP/2.0/UDP/192"), "Via"),
        (changed("Via: ", "Via: x, "), "Via"),
        (changed("Length: 114", "Length: 115"), "Content-Length"),
        (changed("Length: 114", "Length: -1"), "Content-Length"),
        (changed("Length: 114", "Length: 114\r\nl: 114"), "Content-Length"),
        (changed("INVITE sip:bob@example.com", "INVITE <sip:bob@example.com>"), "Request-URI"),
        (changed("INVITE sip:bob@example.com", "INVITE sip:bob@example.com?a=b"), "Request-URI"),
        (changed("Via:", "Via: SIP/2.0/UDP a\r\n" * 71 + "Via:"), "Via"),
    ],
)
def test_check(data: bytes, why: str):
    error = refused(data)
    assert error.status == 400 and why in error.reason


def test_check_takes_what_is_whole():
    for data in EXAMPLES:
        parse(data).check()
    parse(changed("sip:bob@example.com SIP", "unheard.of:bob SIP")).check()


def test_a_request_uri_that_is_too_long():
    assert refused(changed("INVITE sip:bob", "INVITE sip:" + "b" * 2100)).status == 414


def test_more_hops_in_one_line_than_max_forwards_allows():
    message = parse(changed("Via: ", "Via: " + "SIP/2.0/UDP a," * 71))
    with pytest.raises(SipParseError, match="71"):
        _ = message.vias


# ---- the body


@pytest.mark.parametrize(
    ("length", "body"),
    [("l: 3", b"abc"), ("l: 0", b""), ("l: 9", b"abcdef"), ("l: x", b"abcdef"), ("X: 1", b"abcdef")],
)
def test_a_body_ends_where_content_length_says(length: str, body: bytes):
    message = parse(f"MESSAGE sip:a SIP/2.0\r\n{length}\r\n\r\nabcdef".encode())
    assert message.body == body
    assert bytes(message.with_header("X", 1)).partition(b"\r\n\r\n")[2] == body


def test_another_body():
    message = parse(INVITE).with_body(b"hello", "text/plain")
    assert (message.body, message.content_length, message.header("c")) == (b"hello", 5, "text/plain")
    assert parse(bytes(message)).body == b"hello"
    assert parse(OK).with_body(b"x").headers[-1] == ("Content-Length", "1")
    assert message.with_body(b"").with_header("X", "y").body == b""


# ---- edits


def lines_of(message: Message) -> list[str]:
    assert parse(bytes(message)).names == message.names
    return [line.decode() for line in message.lines]


def test_an_edit_leaves_the_message_as_it_was():
    invite = parse(INVITE)
    edits: list[Any] = [
        invite.with_header("Max-Forwards", 69),
        invite.prepend("Via", "SIP/2.0/UDP p;branch=z9hG4bKp"),
        invite.without("Allow"),
        invite.without_first("Via"),
        invite.with_body(b""),
        invite.with_uri("sip:bob@192.0.2.2"),
    ]
    assert bytes(invite) is INVITE and parse(INVITE).names == invite.names
    assert all(type(edit) is Request and edit != invite and edit.method == "INVITE" for edit in edits)


def test_a_hop_forwards_a_request():
    invite = parse(INVITE)
    assert isinstance(invite, Request) and invite.max_forwards
    via = Via("UDP", "proxy.example.com", None, (("branch", "z9hG4bK-p"),))
    forwarded = (
        invite.prepend("via", via)
        .with_header("Max-Forwards", invite.max_forwards - 1)
        .with_uri(Uri("sip", "bob", None, "192.0.2.2"))
    )
    assert lines_of(forwarded)[:4] == [
        "INVITE sip:bob@192.0.2.2 SIP/2.0",
        "Via: SIP/2.0/UDP proxy.example.com;branch=z9hG4bK-p",
        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-alice-1;rport",
        "Max-Forwards: 69",
    ]
    assert (forwarded.branch, forwarded.uri.host, forwarded.max_forwards) == ("z9hG4bK-p", "192.0.2.2", 69)
    assert forwarded.body == invite.body
    assert forwarded.without_first("Via").with_header("Max-Forwards", 70).with_uri(invite.uri) == invite


def test_with_header_replaces_all_in_the_place_of_the_first():
    ok = parse(OK)
    assert [line[:5] for line in lines_of(ok.with_header("Via", "a", "b", "c"))[1:5]] == ["Via: "] * 3 + ["Recor"]
    assert lines_of(ok.with_header("v", "a"))[1] == "Via: a" and lines_of(ok.with_header("v", "a"))[2][:6] == "Record"
    assert not ok.with_header("Via").has("Via")
    assert lines_of(ok.with_header("x-New", "1", "2"))[-2:] == ["x-New: 1", "x-New: 2"]


def test_prepend_puts_above_the_first_or_below_the_start_line():
    ok = parse(OK)
    assert lines_of(ok.prepend("Record-Route", "<sip:q>"))[3] == "Record-Route: <sip:q>"
    assert lines_of(ok.prepend("Route", "<sip:q>"))[1] == "Route: <sip:q>"


def test_without_first_takes_one_value():
    register = parse(REGISTER)
    once = register.without_first("Via")
    assert lines_of(once)[1] == "v: SIP/2.0/TCP b.example.com ;branch = z9hG4bK8"
    assert not once.without_first("Via").has("via")
    assert once.without_first("Via").without_first("Via").names == once.without_first("Via").names
    assert [contact.display for contact in register.without_first("Contact").contacts] == ["Desk, left", ""]
    assert parse(OK).without_first("via").branch == "z9hG4bK-alice-1"
    assert register.without_first("From").has("from") is False


def test_octets_that_came_in_go_out_again():
    """A NUL in quotes is allowed, a setter would not take it."""
    message = parse(b'OPTIONS sip:a SIP/2.0\r\nContact: <sip:a>, "\\\0\xff" <sip:b>\r\n\r\n')
    assert bytes(message.without_first("Contact")) == b'OPTIONS sip:a SIP/2.0\r\nContact: "\\\0\xff" <sip:b>\r\n\r\n'


@pytest.mark.parametrize("bad", ["a\r\nb", "a\n", "\r", "\0"])
def test_setters_refuse_what_would_end_the_line(bad: str):
    invite = parse(INVITE)
    assert isinstance(invite, Request)
    for edit in (
        lambda: invite.with_header("Subject", bad),
        lambda: invite.with_header("Via", "x", bad),
        lambda: invite.prepend("Via", bad),
        lambda: invite.with_body(b"", bad),
        lambda: invite.with_uri(f"sip:{bad}"),
        lambda: invite.with_header("To", NameAddr(bad, invite.uri)),
        lambda: invite.with_uri(Uri("sip", bad, None, "a")),
    ):
        with pytest.raises(UsageError):
            edit()


@pytest.mark.parametrize("text", ["", "sip:a b", "sip:é", "sip:a\t"])
def test_a_request_uri_is_visible_ascii(text: str):
    with pytest.raises(UsageError, match="uri"):
        parse(INVITE).with_uri(text)  # type: ignore[union-attr]


def test_a_message_as_text_is_what_is_on_the_wire_without_tricks_for_the_terminal():
    octets = b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nX-A: \x1b[2J\xff\xe2\x80\xae\r\n\r\n"
    octets += b"body"
    assert str(parse(octets)) == (
        "OPTIONS sip:a@b SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nX-A: \\x1b[2J\\xff\\u202e\n\nbody"
    )
