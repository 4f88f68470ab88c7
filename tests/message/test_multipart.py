"""Bodies of several parts: split where the boundary says, octets untouched, built again (RFC 2046 §5.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import sample
from sip_octets import INVITE, PARTS, RARE

from sipsim.errors import SipParseError, UsageError
from sipsim.message.entity import Part, multipart
from sipsim.message.fields import MediaType
from sipsim.message.message import Message, parse
from sipsim.message.sdp import Sdp


def with_body(body: bytes, content_type: object = "multipart/mixed;boundary=b") -> Message:
    return parse(bytes(parse(INVITE).with_body(body, content_type)))


def test_parts_in_parts():
    sdp, alternative = parse(RARE).parts
    assert str(sdp.content_type) == "application/sdp" and sdp.content_disposition.param("handling") == "required"
    assert sdp.body == b"v=0\r\n"
    (hallo,) = alternative.parts
    assert (hallo.body, hallo.content_language, hallo.content_type) == (b"Hallo", ("de", "en"), None)
    assert (sdp.depth, hallo.depth, hallo.parts) == (1, 2, ())
    assert repr(sdp) == "<part 'application/sdp', 5 octets>"


def test_the_body_of_a_type():
    rare = parse(RARE)
    assert rare.find("application/SDP") == rare.parts[0] and rare.find("text/plain") is None
    assert rare.find("multipart/alternative") is rare.parts[1]
    invite = parse(INVITE)
    assert invite.find("application/sdp") is invite and Sdp.parse(invite.find("application/sdp").body).media


def test_a_body_that_is_none_of_these_has_no_parts():
    assert parse(INVITE).parts == () == with_body(PARTS, "text/plain;boundary=next").parts


def test_any_octets_but_the_boundary():
    """A NUL, CR and LF alone, and lines that nearly are the boundary."""
    inside = b"\0\r\n--\r\r\n\n--b\r\n--bc\r\n --b\r\n--b x\r\n-b"
    message = with_body(b"preamble\r\n--b \t\r\n\r\n" + inside + b"\r\n--b--\r\nepilogue\r\n--b\r\n")
    (part,) = message.parts
    assert (part.body, part.names, bytes(part)) == (inside, [""], b"\r\n" + inside)


def test_parts_without_body_and_without_anything():
    one, two, three = with_body(b"--b\r\nContent-ID: x\r\n--b\r\n\r\n\r\n--b\r\n--b--").parts
    assert (one.header("content-id"), one.body) == ("x", b"")
    assert (two.names, two.body, three.body) == ([""], b"", b"")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "does not end"),
        (b"--b--", "does not end"),
        (b"--b\r\n\r\nx", "does not end"),
        (b"x--b\r\n\r\nx\r\n--b--", "does not end"),
        (b"--b\r\n\r\nx\r\n--b--x", "does not end"),
        (b"--b\r\nno colon\r\n\r\nx\r\n--b--", "part 1: no header field name"),
        (b"--b\r\n\r\n\r\n--b\r\n folded: x\r\n\r\nx\r\n--b--", "part 2: no header field name"),
        (b"--b\r\nA: b\nC: d\r\n\r\nx\r\n--b--", "part 1: CR or LF alone"),
    ],
)
def test_bodies_that_fall_apart(body: bytes, why: str):
    message = with_body(body)
    message.check()  # the message is whole
    with pytest.raises(SipParseError, match=why) as refused:
        _ = message.parts
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "boundary", ["", ";boundary", ';boundary=""', ';boundary="b "', ';boundary="é"', ";boundary=" + "b" * 71]
)
def test_boundaries_that_are_none(boundary: str):
    with pytest.raises(SipParseError, match="without boundary"):
        _ = with_body(b"--b--", "multipart/mixed" + boundary).parts


def nested(depth: int) -> Message:
    body, kind = b"x", MediaType("text", "plain")
    for level in range(depth):
        body, kind = multipart([Part.of(body, kind)], f"b{level}")
    return with_body(body, kind)


def test_limits():
    """Four deep, 32 parts: a robustness limit of ours."""
    assert nested(4).find("text/plain") is not None
    with pytest.raises(SipParseError) as deep:
        nested(5).find("text/plain")
    with pytest.raises(SipParseError) as many:
        _ = with_body(b"--b\r\n\r\n\r\n" * 33 + b"--b--").parts
    assert deep.value.status == many.value.status == 513
    assert len(with_body(b"--b\r\n\r\n\r\n" * 32 + b"--b--").parts) == 32


def test_building():
    sdp = bytes(Sdp.audio("alice", "192.0.2.1", 40000))
    parts = [Part.of(sdp, "application/sdp"), Part.of(b"\xff", "image/png", [("Content-ID", "<1@a>")])]
    message = parse(INVITE).with_body(*multipart(parts, "next one", "related"))
    assert message.header("Content-Type") == 'multipart/related;boundary="next one"'
    again = parse(bytes(message))
    again.check()
    assert list(again.parts) == parts and again.find("application/sdp").body == sdp
    assert again.parts[1].header("content-id") == "<1@a>"
    assert again.body.startswith(b"--next one\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n")


def test_a_part_is_edited_as_a_message_is():
    part = parse(RARE).parts[0]
    edited = part.with_header("Content-Disposition", "render").without("content-type")
    assert bytes(edited) == b"Content-Disposition: render\r\n\r\nv=0\r\n" and part.content_type is not None
    assert edited.depth == part.depth == 1


def test_what_no_body_can_be_built_of():
    part = Part.of(b"a\r\n--b\r\n", "text/plain")
    for parts, boundary in (
        ([], "b"),
        ([part] * 33, "c"),
        ([part], "b"),
        ([part], ""),
        ([part], "c "),
        ([part], "c\r\n"),
    ):
        with pytest.raises(UsageError):
            multipart(parts, boundary)
    with pytest.raises(UsageError):
        Part.of(b"", "text/plain\r\nX: y")


@given(st.lists(st.binary(max_size=30).filter(lambda data: b"--b" not in data), min_size=1, max_size=5))
def test_octets_survive(bodies: list[bytes]):
    body, kind = multipart([Part.of(data, "application/octet-stream") for data in bodies], "b")
    assert [part.body for part in with_body(body, kind).parts] == bodies


def test_mpart01_of_the_torture_messages():
    message = parse(sample("vectors/rfc4475/mpart01.dat").read_bytes())
    text, signature = message.parts
    assert (str(text.content_type), text.body) == ("text/plain", b"Hello")
    assert (
        str(signature.content_type) == "application/octet-stream;charset=binary" or signature.content_type is not None
    )
    assert signature.header("Content-Transfer-Encoding") == "binary"
    assert b"\0" in signature.body and len(text.body) + len(signature.body) < len(message.body)
