"""Any octets at all give a message or SipParseError, from `parse` and from every reader of what it gave."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sip_octets import EXAMPLES, looked_at, many_accidents, nearly_messages, outcome, soup

from sipsim.message.message import parse
from sipsim.message.sdp import Sdp
from sipsim.message.uri import Uri


@pytest.mark.parametrize("data", EXAMPLES)
def test_the_examples_are_messages(data: bytes):
    message = looked_at(data)
    assert message is not None and parse(data) == message


@settings(max_examples=2500)
@given(nearly_messages())
def test_messages_after_an_accident(data: bytes):
    looked_at(data)


@settings(max_examples=10_000)
@given(st.integers(0, 2**64 - 1))
def test_messages_after_many_accidents(seed: int):
    looked_at(many_accidents(EXAMPLES[seed % len(EXAMPLES)], seed))


@settings(max_examples=2000)
@given(soup())
def test_fragments_in_any_order(data: bytes):
    looked_at(data)


@settings(max_examples=1000)
@given(st.binary(max_size=200))
@example(b"")
@example(b"\r\n\r\n")
@example(b"\0" * 70_000)
def test_noise(data: bytes):
    looked_at(data)


@pytest.mark.parametrize("data", EXAMPLES)
def test_every_prefix(data: bytes):
    """A datagram that was cut off anywhere, and one that lost its beginning."""
    for at in range(len(data)):
        looked_at(data[:at])
        outcome(lambda at=at: parse(data[at:]))


@settings(max_examples=700)
@given(st.text(max_size=40) | st.from_regex(r"(sips?|tel|x):[a-z%0-9:@;=?&\[\].+-]{0,30}", fullmatch=True))
def test_text_as_a_uri(text: str):
    uri = outcome(lambda: Uri.parse(text))
    if isinstance(uri, Uri):
        assert Uri.parse(str(uri)) == uri and uri.matches(uri) and Uri.parse(uri.aor).aor == uri.aor


@settings(max_examples=700)
@given(st.lists(st.sampled_from(("v=0", "m=", "c=IN IP4 ", "a=", "\r\n", "\n", "audio 1 RTP/AVP 0", "x", "=", "\0"))))
def test_text_as_sdp(pieces: list[str]):
    body = "".join(pieces).encode()
    sdp = outcome(lambda: Sdp.parse(body))
    if isinstance(sdp, Sdp):
        assert Sdp.parse(bytes(sdp)) == sdp
