"""Reading takes time in proportion to the octets: eight times as many take nowhere near 64 times as long."""

from __future__ import annotations

import time

import pytest
from sip_octets import looked_at, outcome, wire

from sipsim.message.message import parse
from sipsim.message.sdp import Sdp

UNITS = {
    "blanks": " ",
    "tabs": "\t",
    "commas": ",",
    "quotes": '"',
    "escaped quotes": '\\"',
    "backslashes": "\\",
    "quoted commas": '",",',
    "open brackets": "<",
    "brackets": "<>",
    "bracketed commas": "<,>,",
    "addresses": "<sip:a@b>,",
    "addresses without end": "sip:a@b;",
    "letters": "a",
    "words": "a ",
    "letters and tabs": "a \t",
    "digits": "1",
    "zeros": "0",
    "parameters": ";a=b",
    "parameters without name": ";=",
    "parameters with blanks": "; a = b ",
    "semicolons": ";",
    "equals": "=",
    "escapes": "%41",
    "percents": "%",
    "colons": ":",
    "at signs": "@",
    "slashes": "/",
    "slashes with blanks": " / ",
    "folds": "x\r\n ",
    "Vias": "SIP/2.0/UDP a;branch=b,",
    "question marks": "?",
    "ampersands": "a=b&",
    "comments": "(",
    "euro signs": "€",
}
STARTS = ("", "SIP/2.0/UDP ", "1 ", "sip:", '"', "a <", "<sip:a@b;", "<sip:a@b>;a=", "tel:")
FIELDS = ("Via", "From", "To", "Contact", "CSeq", "Call-ID", "Route", "Retry-After", "Content-Type", "Allow")
RARE_FIELDS = (
    "Warning",
    "Timestamp",
    "RAck",
    "Date",
    "Event",
    "Call-Info",
    "Accept",
    "MIME-Version",
    "Content-Disposition",
)


def seconds_for(read: object, data: bytes) -> float:
    """The least of three runs, in time of the processor."""
    times = []
    for _ in range(3):
        begun = time.process_time()
        outcome(lambda: read(data))  # type: ignore[operator]
        times.append(time.process_time() - begun)
    return min(times)


def message_of(unit: str, size: int) -> bytes:
    """One line of each field, a different start for each, filled up with the unit."""
    parts = [
        f"{field}: {start}{unit * (size // len(FIELDS) // len(unit))}x"
        for field, start in zip(FIELDS, STARTS + STARTS, strict=False)
    ]
    return wire("OPTIONS sip:a SIP/2.0\n" + "\n".join(parts).replace("\r", "").replace("\n ", "\n\t") + "\n\n")


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_messages(unit: str):
    for _ in range(3):  # a noisy machine gets another chance, a quadratic pattern needs none
        little, much = (seconds_for(looked_at, message_of(unit, size)) for size in (1_500, 12_000))
        if much < 20 * little + 0.002:
            return
    pytest.fail(f"{little:.6f} s for 1 500 octets, {much:.6f} s for 12 000")


@pytest.mark.parametrize("start", STARTS)
def test_one_long_line(start: str):
    for unit in UNITS.values():
        for field in FIELDS:
            value = start + unit * (8_000 // len(unit.encode())) + "x"
            data = f"OPTIONS sip:a SIP/2.0\r\n{field}: {value}\r\n\r\n".encode()
            assert seconds_for(looked_at, data) < 0.05, (field, start, unit)


@pytest.mark.parametrize("field", RARE_FIELDS)
def test_one_long_line_of_a_rare_field(field: str):
    for unit in UNITS.values():
        for start in ("", "1", '370 a "', "1 1 ", "Sat, 13 Nov 2010 ", "a;", "<x:"):
            value = start + unit * (8_000 // len(unit.encode())) + "x"
            data = f"OPTIONS sip:a SIP/2.0\r\n{field}: {value}\r\n\r\n".encode()
            assert seconds_for(looked_at, data) < 0.05, (field, start, unit)


@pytest.mark.parametrize(
    "unit", ["--b", "\r\n--b", "\r\n--b ", "\r\n--b--x", "\r\n", "--b\r\n", "--b\r\n\r\n", " ", "\r\n--b\r\nA: b"]
)
def test_parts(unit: str):
    head = "OPTIONS sip:a SIP/2.0\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n--b\r\n\r\n"
    for end in ("", "\r\n--b--"):
        assert seconds_for(looked_at, (head + unit * (60_000 // len(unit)) + end).encode()) < 0.05


TOO_MUCH = (b"X: y\r\n" * 4_000, b"a" * 60_000, b"\r\n" * 30_000, b" \r\n" * 20_000, b":" * 60_000)


@pytest.mark.parametrize("data", TOO_MUCH, ids=lambda data: repr(data[:5]))
def test_more_than_there_may_be(data: bytes):
    for whole in (data, b"OPTIONS sip:a SIP/2.0\r\n" + data + b"\r\n\r\n"):
        assert seconds_for(parse, whole) < 0.05


@pytest.mark.parametrize("unit", ["a=b\r\n", "m=audio 1 RTP/AVP 0\r\n", "\n", "v", "m=a 1 b c" + " 0" * 100 + "\n"])
def test_sdp(unit: str):
    little, much = (seconds_for(Sdp.parse, b"v=0\r\n" + unit.encode() * (n // len(unit))) for n in (1_000, 8_000))
    assert much < 20 * little + 0.002
