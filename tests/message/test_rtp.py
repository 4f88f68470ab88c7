"""RTP packets and keys pressed, made and read, whatever the octets are."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipsim.errors import SipParseError
from sipsim.message.rtp import KEYS, KeyEvent, Rtp


def test_the_header_stands_in_the_order_of_the_rfc():
    """RFC 3550 §5.1."""
    packet = Rtp(8, 0x0102, 0x03040506, 0x0708090A, b"abc", marker=True, csrcs=(0x0B0C0D0E,))
    assert bytes(packet).hex(" ") == "81 88 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 61 62 63"


@given(
    st.integers(0, 127), st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.binary(),
    st.booleans(), st.lists(st.integers(0, 2**32 - 1), max_size=15), st.integers(0, 3),
)  # fmt: skip
def test_what_is_written_is_read_again(form, sequence, timestamp, ssrc, payload, marker, csrcs, words):
    extension = b"\xbe\xde" + words.to_bytes(2, "big") + bytes(4 * words) if words else b""
    packet = Rtp(form, sequence, timestamp, ssrc, payload, marker, tuple(csrcs), extension)
    assert Rtp.parse(bytes(packet)) == packet


def test_padding_is_taken_off():
    data = bytearray(bytes(Rtp(0, 1, 2, 3, b"voice" + b"\0\0\3")))
    data[0] |= 0x20
    assert Rtp.parse(bytes(data)).payload == b"voice"


@pytest.mark.parametrize(
    "octets", ["", "80", "80" * 11, "40" + "00" * 11, "82" + "00" * 15, "90" + "00" * 13, "90" + "00" * 11 + "0000ffff",
               "a0" + "00" * 11, "a0" + "00" * 12, "a0" + "00" * 11 + "02"],
)  # fmt: skip
def test_what_is_no_packet_is_refused(octets):
    """Too short, another version, sources, extension or padding beyond the end."""
    with pytest.raises(SipParseError):
        Rtp.parse(bytes.fromhex(octets))


@given(st.binary(max_size=64))
def test_any_octets_are_read_or_refused(data):
    for kind in (Rtp, KeyEvent):
        with suppress(SipParseError):
            assert bytes(kind.parse(data))  # type: ignore[attr-defined]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_its_place_in_the_table(key):
    """RFC 4733 §2.3, §3.2: D is 15."""
    event = KeyEvent(KEYS.index(key), end=True, volume=10, duration=800)
    assert bytes(event) == bytes([KEYS.index(key), 0x8A, 0x03, 0x20])
    assert KeyEvent.parse(bytes(event)) == event
    assert event.key == key


def test_an_event_that_is_no_key_has_none():
    assert KeyEvent.parse(b"\x10\x0a\0\0").key == ""
