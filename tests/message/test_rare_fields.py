"""Values of header fields that few messages have: what their text says, and how they write themselves."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipsim.errors import SipParseError
from sipsim.message.fields import CSeq, MediaType
from sipsim.message.rare_fields import (
    Date,
    Parameterised,
    RAck,
    Timestamp,
    WarningValue,
    mime_version,
    priority,
    response_number,
)


def test_a_word_with_parameters():
    state = Parameterised.parse('Terminated ; reason = "time out";retry-after=60; X')
    assert (state.value, state.param("reason"), state.param("retry-after")) == ("Terminated", "time out", "60")
    assert (state.param("x"), state.param("y"), state.param("y", "z")) == ("", None, "z")
    assert str(state) == 'Terminated;reason="time out";retry-after=60;x'
    assert str(Parameterised("active").with_param("expires", "60")) == "active;expires=60"
    for text in ("", ";a=b", "a b", "a/b", "<a>", "a;", "a;=b", '"a"'):
        with pytest.raises(SipParseError):
            Parameterised.parse(text)


def test_preferences():
    assert (Parameterised.parse("gzip").q, Parameterised.parse("gzip;q=0.25").q) == (1.0, 0.25)
    assert (MediaType.parse("a/b").q, MediaType.parse("a/b;q=0").q) == (1.0, 0.0)
    for read in (Parameterised.parse("gzip;q=2"), MediaType.parse("a/b;q=x")):
        with pytest.raises(SipParseError, match="q is"):
            _ = read.q


def test_what_a_range_of_types_takes():
    sdp = MediaType.parse("application/sdp;charset=utf-8")
    assert [MediaType.parse(text).takes(sdp) for text in ("*/*", "Application/*;q=0.1", "application/sdp")] == [
        True
    ] * 3
    assert not MediaType.parse("text/*").takes(sdp) and not MediaType.parse("application/xml").takes(sdp)


def test_warnings():
    warning = WarningValue.parse(r'307 isi.edu:5060 "Session \"x\", not understood"')
    assert warning == (307, "isi.edu:5060", 'Session "x", not understood')
    assert str(warning) == r'307 isi.edu:5060 "Session \"x\", not understood"'
    for text in ("", "307", "307 a", "307 a b", '1812 a "b"', '30 a "b"', '307 "a" "b"', '307 a "b', '٣٠٧ a "b"'):
        with pytest.raises(SipParseError):
            WarningValue.parse(text)


def test_what_a_prack_acknowledges():
    assert RAck.parse("776656  1\tINVITE") == (776656, CSeq(1, "INVITE"))
    assert str(RAck(1, CSeq(2, "INVITE"))) == "1 2 INVITE"
    assert (response_number("1"), response_number("4294967295")) == (1, 2**32 - 1)
    for text in ("", "1", "1 INVITE", "1 2", "4294967296 1 INVITE", "1 2147483648 INVITE", "-1 1 INVITE"):
        with pytest.raises(SipParseError):
            RAck.parse(text)
    for text in ("0", "", "4294967296", "x"):
        with pytest.raises(SipParseError):
            response_number(text)


def test_timestamps():
    assert (Timestamp.parse("54"), Timestamp.parse("54.25 .5")) == ((54.0, None), (54.25, 0.5))
    assert (str(Timestamp(54.0)), str(Timestamp(0.000001, 0.5))) == ("54", "0.000001 0.5")
    assert Timestamp.parse("1.12345678987654321").time == 1.123456789
    for text in ("", ".5", "-1", "1e3", "1 2 3", "inf", "1,5", "1" * 16, "٣"):
        with pytest.raises(SipParseError):
            Timestamp.parse(text)


@given(st.from_regex(r"[0-9]{1,15}(\.[0-9]{0,12})?( [0-9]{1,15}(\.[0-9]{0,12})?)?", fullmatch=True))
def test_timestamps_there_and_back(text: str):
    assert Timestamp.parse(str(Timestamp.parse(text))) == Timestamp.parse(text)


def test_dates():
    date = Date.parse("Sat, 13 Nov 2010 23:29:00 GMT")
    assert date == (2010, 11, 13, 23, 29, 0)
    assert str(date) == "Sat, 13 Nov 2010 23:29:00 GMT"
    assert str(Date.parse("mon, 29 FEB 2000 00:00:59 gmt")) == "Tue, 29 Feb 2000 00:00:59 GMT"


@pytest.mark.parametrize(
    "text",
    [
        *("", "Sat, 13 Nov 2010 23:29:00 EST", "Sat, 13 Nov 2010 23:29:00", "Sat, 3 Nov 2010 23:29:00 GMT"),
        *("Sat, 13 Nov 2010 24:00:00 GMT", "Sat, 13 Nov 2010 23:60:00 GMT", "Sat, 31 Nov 2010 23:29:00 GMT"),
        *("Sat, 29 Feb 1900 23:29:00 GMT", "Sat, 00 Nov 2010 23:29:00 GMT", "13 Nov 2010 23:29:00 GMT"),
    ],
)
def test_text_that_is_no_date(text: str):
    with pytest.raises(SipParseError):
        Date.parse(text)


@given(st.dates())
def test_the_day_of_the_week_is_that_of_the_calendar(day: object):
    year, month, at = day.year, day.month, day.day  # type: ignore[attr-defined]
    date = Date(year, month, at)
    assert date.weekday == calendar.day_abbr[calendar.weekday(year, month, at)]
    assert Date.parse(str(date)) == date


@pytest.mark.covers("P32")
def test_priorities():
    assert [priority(text) for text in ("Emergency", "non-urgent", "x")] == ["emergency", "non-urgent", "x"]
    for text in ("", "very urgent", "urgent;x"):
        with pytest.raises(SipParseError):
            priority(text)


def test_versions_of_mime():
    assert (mime_version("1.0"), mime_version("1 . 0")) == ("1.0", "1.0")
    for text in ("", "1", "1.0 (x)", ".0", "٣.0"):
        with pytest.raises(SipParseError):
            mime_version(text)


@given(st.integers(0, 2**33))
def test_an_instant_has_the_date_that_the_library_finds(seconds: int) -> None:
    assert Date.at(seconds + 0.5) == tuple(datetime.fromtimestamp(seconds, UTC).timetuple()[:6])
