"""Messages on a stream: the same however octets arrive, and a clear end where they make no sense."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import sample
from sip_octets import BUSY, EXAMPLES, INVITE, OK, RARE, REGISTER, many_accidents

from sipsim.errors import SipParseError
from sipsim.message.framing import Framer
from sipsim.message.message import Request, parse

BUSY_ALONE = BUSY[: BUSY.index(b" and more")]
WHOLE = [INVITE, OK, REGISTER, BUSY_ALONE, RARE]
MANIFEST = json.loads((Path(__file__).parents[1] / "data" / "torture_manifest.json").read_text(encoding="utf-8"))
TORTURE = {entry["name"]: entry for part in ("rfc4475", "rfc5118") for entry in MANIFEST[part]}


def torture(name: str) -> bytes:
    return sample(f"vectors/{TORTURE[name]['file']}").read_bytes()


def drained(framer: Framer, data: bytes) -> tuple[list[bytes], SipParseError | None]:
    """What comes out for what goes in, and the error that ends it."""
    out = []
    try:
        for message in framer.feed(data):
            out.append(bytes(message))
    except SipParseError as error:
        return out, error
    return out, None


def test_one_message():
    framer = Framer()
    assert list(framer.feed(INVITE[:100])) == []
    (invite,) = framer.feed(INVITE[100:])
    assert isinstance(invite, Request) and bytes(invite) == INVITE and invite.body == parse(INVITE).body
    invite.check()
    framer.ended()


def test_all_at_once_and_octet_by_octet():
    framer = Framer()
    assert drained(framer, b"".join(WHOLE)) == (WHOLE, None)
    slow = Framer()
    out = [message for octet in b"".join(WHOLE) for message in slow.feed(bytes([octet]))]
    assert [bytes(message) for message in out] == WHOLE
    slow.ended()


@given(
    st.lists(st.sampled_from([*WHOLE, b"\r\n", b"\r\n\r\n"]), max_size=8), st.lists(st.integers(0, 3000), max_size=12)
)
def test_any_pieces(sent: list[bytes], cuts: list[int]):
    stream = b"".join(sent)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    framer = Framer()
    out = [bytes(m) for start, end in itertools.pairwise(edges) for m in framer.feed(stream[start:end])]
    assert out == [octets for octets in sent if octets.strip()]
    framer.ended()


def test_what_is_not_asked_for_waits():
    framer = Framer()
    first = next(framer.feed(INVITE + OK))
    assert (bytes(first), drained(framer, b"")) == (INVITE, ([OK], None))


@pytest.mark.parametrize(
    ("pieces", "pings"),
    [
        ([b"\r\n\r\n"], 1),
        ([b"\r", b"\n\r", b"\n"], 1),
        ([b"\r\n"], 0),
        ([b"\r\n", INVITE, b"\r\n"], 0),
        ([INVITE + b"\r\n\r\n" + OK + b"\r\n\r\n\r\n\r\n"], 3),
    ],
)
def test_keep_alives(pieces: list[bytes], pings: int):
    """RFC 3261 §7.5: they are no messages. RFC 5626 §3.5.1: two CRLFs want one back."""
    framer = Framer()
    out = [message for piece in pieces for message in framer.feed(piece)]
    assert (len(out), framer.pings) == (b"".join(pieces).count(b"CSeq"), pings)
    framer.ended()


@pytest.mark.parametrize(
    ("octets", "why", "status"),
    [
        (INVITE.replace(b"Content-Length: 114\r\n", b""), "a message on a stream has one", 400),
        (INVITE.replace(b"Content-Length: 114", b"l: 114\r\nContent-Length: 114"), "only one", 400),
        (INVITE.replace(b"114", b"-1"), "length is no number", 400),
        (INVITE.replace(b"114", b"65535"), "65535 are allowed", 513),
        (INVITE.replace(b"114", b"4294967296"), "above", 400),
    ],
)
def test_the_end_of_a_message_that_cannot_be_told(octets: bytes, why: str, status: int):
    """Its sender can be told so, and that is the last that can be done with the stream."""
    framer = Framer()
    out, error = drained(framer, OK + octets + OK)
    assert out == [OK] and error is not None and error.status == status
    assert why in error.reason
    assert framer.refused is not None and framer.refused.call_id == "1@192.0.2.1"
    again = drained(framer, OK)
    assert again == ([], error)


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"INVITE sip:a SIP/3.0\r\n\r\n", 505),
        (b"\n\r\n\r\n", 400),
        (b"INVITE sip:a SIP/2.0\r\nno colon\r\n\r\n", 400),
        (b"x" * 17_000, 513),
        (b"INVITE sip:a SIP/2.0\r\n" + b"X: y\r\n" * 300 + b"\r\n", 513),
    ],
)
def test_octets_that_are_no_message(octets: bytes, status: int):
    framer = Framer()
    out, error = drained(framer, octets)
    assert out == [] and error is not None and error.status == status
    assert framer.refused is None


def test_a_stream_that_ends_too_early():
    framer = Framer()
    list(framer.feed(INVITE[:-1]))
    with pytest.raises(SipParseError, match=f"{len(INVITE) - 1} octets into a message"):
        framer.ended()
    Framer().ended()


# ---- torture


def says_its_length(entry: dict[str, Any]) -> bool:
    return entry["syntax"] == "valid" and entry["content_length"] == [str(entry["body_octets"])]


@pytest.mark.parametrize("name", [name for name, entry in TORTURE.items() if says_its_length(entry)])
def test_valid_torture(name: str):
    data = torture(name)
    assert drained(Framer(), OK + data + OK) == ([OK, data, OK], None)


def test_dblreq_is_two_messages_and_a_rest():
    """What a datagram may leave over is the next message here; and that one says that its body is too short."""
    stream = Framer().feed(torture("dblreq"))
    assert [next(stream).cseq.method, next(stream).cseq.method] == ["REGISTER", "INVITE"]
    with pytest.raises(SipParseError):
        next(stream)


@pytest.mark.parametrize("name", ["ncl", "mcl01"])
def test_torture_lengths_end_the_stream(name: str):
    framer = Framer()
    out, error = drained(framer, torture(name))
    assert out == [] and error is not None and error.status == 400
    assert isinstance(framer.refused, Request)


def test_clerr_waits_for_more_and_then_closes():
    framer = Framer()
    assert drained(framer, torture("clerr")) == ([], None)
    with pytest.raises(SipParseError):
        framer.ended()


# ---- any octets


@settings(max_examples=1500)
@given(st.integers(0, 2**64 - 1))
def test_after_many_accidents(seed: int):
    """Messages or SipParseError, the same ones however the octets are cut."""
    stream = many_accidents(INVITE + EXAMPLES[seed % len(EXAMPLES)], seed) + OK
    out, error = drained(Framer(), stream)
    cut, other = Framer(), None
    pieces: list[bytes] = []
    for start in range(0, len(stream), 61):
        more, other = drained(cut, stream[start : start + 61])
        pieces += more
        if other:
            break
    assert pieces == out and str(other) == str(error)


@given(st.binary(max_size=300))
def test_noise(data: bytes):
    drained(Framer(), data)


@pytest.mark.parametrize("octets", [b"\r\n" * 40_000, INVITE * 300, b"x" * 80_000], ids=["blank", "messages", "noise"])
def test_time_in_proportion(octets: bytes):
    begun = time.process_time()
    framer = Framer()
    for start in range(0, len(octets), 7):
        drained(framer, octets[start : start + 7])
    assert time.process_time() - begun < 2
