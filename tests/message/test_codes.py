"""Status codes: the table, its classes and sections, and what becomes of a code that nobody knows."""

from __future__ import annotations

import re

import pytest
from samples import sample

from sipsim.message.build import reply
from sipsim.message.codes import CLASSES, CODES, REASONS, equivalent, reason_phrase
from sipsim.message.message import Request, Response, parse

SEEN = """
    100 180 181 182 183 200 202 300 301 302 305 380 400 401 402 403 404 405 406 407 408 410 413 414 415 416 420 421 423
    480 481 482 483 484 485 486 487 488 491 493 494 500 501 502 503 504 505 513 600 603 604 606
"""


def test_the_codes_that_every_course_on_sip_names():
    codes = [int(code) for code in SEEN.split()]
    assert len(codes) == 52 and set(codes) <= set(CODES)
    assert all(re.fullmatch(r"RFC \d{4} §\d+(\.\d+)+", CODES[code].section) for code in codes)


@pytest.mark.covers("P30")
def test_the_class_is_the_first_digit():
    assert [CODES[code].kind for code in (100, 202, 305, 494, 513, 606)] == list(CLASSES)
    assert all(100 <= code <= 699 for code in CODES)
    assert list(REASONS) == sorted(REASONS) == list(CODES)


def test_phrases_and_sections_are_those_of_the_rfc():
    text = sample("rfc/rfc3261.txt").read_text(encoding="utf-8")
    there = re.findall(r"^21\.([1-6])\.(\d+) (\d{3}) (.+)$", text, re.MULTILINE)
    told = {int(code): (phrase, f"RFC 3261 §21.{kind}.{at}") for kind, at, code, phrase in there}
    ours = {code.status: (code.phrase, code.section) for code in CODES.values() if "3261" in code.section}
    assert ours == told


@pytest.mark.parametrize(
    ("status", "place"),
    [
        *[(202, "6665 8.3.1"), (412, "3903 11.2.1"), (417, "4412 12.4"), (422, "4028 6"), (424, "6442 4.3")],
        *[(429, "3892 5"), (430, "5626 11.5"), (439, "5626 11.6"), (440, "5393 6.2"), (469, "6086 11.6")],
        *[(489, "6665 8.3.2"), (555, "8599 8.1")],
    ],
)
def test_sections_of_extensions(status: int, place: str):
    rfc, section = place.split()
    assert CODES[status].section == f"RFC {rfc} §{section}"
    text = sample(f"rfc/rfc{rfc}.txt").read_text(encoding="utf-8")
    assert re.search(rf"^{re.escape(section)}\. .*\b{status}\b", text, re.MULTILINE)


@pytest.mark.covers("R17")
@pytest.mark.parametrize(
    ("status", "phrase"),
    [(180, "Ringing"), (183, "Session Progress"), (200, "OK"), (302, "Moved Temporarily"), (401, "Unauthorized"),
     (404, "Not Found"), (407, "Proxy Authentication Required"), (408, "Request Timeout"), (486, "Busy Here"),
     (487, "Request Terminated"), (500, "Server Internal Error"), (504, "Server Time-out"), (603, "Decline")],
)  # fmt: skip
def test_what_is_sent_has_the_phrase_of_the_rfc_and_another_one_that_arrives_means_the_same(status: int, phrase: str):
    asked = parse(
        b"OPTIONS sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
        b"From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"
    )
    assert isinstance(asked, Request)
    sent = bytes(reply(asked, status))
    assert sent.startswith(f"SIP/2.0 {status} {phrase}\r\n".encode())
    for other in ("Anything Else", "", "Nicht gefunden"):
        heard = parse(sent.replace(f" {phrase}\r\n".encode(), f" {other}\r\n".encode(), 1))
        assert isinstance(heard, Response) and (heard.status, heard.reason) == (status, other)


@pytest.mark.covers("R17")
def test_another_phrase_for_500():
    assert (CODES[500].phrase, CODES[500].alias) == ("Server Internal Error", "Internal Server Error")


@pytest.mark.covers("P30")
def test_codes_that_nobody_knows():
    """RFC 3261 §8.1.3.2: a final one is the x00 of its class, a provisional one is 183."""
    assert [equivalent(code) for code in (150, 299, 399, 499, 599, 699)] == [183, 200, 300, 400, 500, 600]
    assert [equivalent(code) for code in (100, 180, 486)] == [100, 180, 486]
    assert (reason_phrase(150), reason_phrase(499)) == ("Session Progress", "Bad Request")
