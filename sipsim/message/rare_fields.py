"""Values of header fields that few messages have, one class for each shape of value (RFC 3261 §20 and extensions).

Most are a word with parameters. As in `fields`, each has `parse(text)` for one value and `str()` for the way back.
"""

from __future__ import annotations

import re
from calendar import monthrange, weekday
from dataclasses import dataclass
from typing import NamedTuple

from sipsim.message.fields import LATEST, CSeq
from sipsim.message.grammar import (
    BLANK,
    FLAGS,
    QUOTED,
    TOKEN,
    Params,
    WithPreference,
    is_token,
    matched,
    number,
    quote,
    read_params,
    refuse,
    unquote,
    write_params,
)

_WORD = re.compile(rf"({TOKEN}){BLANK}", FLAGS)
_WARNING = re.compile(rf"([0-9]{{3}})[ \t]+([!#-~]+)[ \t]+({QUOTED})", FLAGS)
_RACK = re.compile(r"([0-9]+)[ \t]+(.*)", FLAGS)
_TIMESTAMP = re.compile(
    r"([0-9]{1,15})(?:\.([0-9]*))?(?:[ \t]+([0-9]{0,15})(?:\.([0-9]*))?)?", FLAGS
)  # fmt: skip
_MIME_VERSION = re.compile(rf"([0-9]{{1,9}}){BLANK}\.{BLANK}([0-9]{{1,9}})", FLAGS)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DATE = re.compile(
    rf"(?:{'|'.join(_WEEKDAYS)}), ([0-9]{{2}}) ({'|'.join(_MONTHS)}) ([0-9]{{4}})"
    r" ([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]) GMT",
    FLAGS | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Parameterised(WithPreference):
    """A word with parameters: Event, Subscription-State, Content-Disposition, Accept-Language, Security-Client ...

    `value` is the word as on the wire, since those of Event are compared with case (RFC 6665 §8.2.1).
    """

    value: str
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> Parameterised:
        """`word;name=value`; SipParseError when it is none."""
        found = matched(_WORD.match, text, "no word")
        return cls(found[1], read_params(text, found.end()))

    def __str__(self) -> str:
        return self.value + write_params(self.params)


class WarningValue(NamedTuple):
    """What a server says beside its status code: `code` 300 to 399, who says it, and text (RFC 3261 §20.43)."""

    code: int
    agent: str
    text: str

    @classmethod
    def parse(cls, text: str) -> WarningValue:
        """`370 agent "text"`; SipParseError when it is none, as for a code that has not three digits."""
        found = matched(_WARNING.fullmatch, text, "no code, agent and quoted text")
        return cls(int(found[1]), found[2], unquote(found[3]))

    def __str__(self) -> str:
        return f"{self.code:03} {self.agent} {quote(self.text)}"


class RAck(NamedTuple):
    """Which response a PRACK acknowledges: its RSeq, and the CSeq of both request and response (RFC 3262 §7.2)."""

    rseq: int
    cseq: CSeq

    @classmethod
    def parse(cls, text: str) -> RAck:
        """`776656 1 INVITE`; SipParseError when it is none."""
        found = matched(_RACK.fullmatch, text, "no two numbers and method")
        return cls(number(found[1], LATEST, "response number"), CSeq.parse(found[2]))

    def __str__(self) -> str:
        return f"{self.rseq} {self.cseq}"


class Timestamp(NamedTuple):
    """When a request was sent, by its sender's clock, and how long its server kept it; seconds (RFC 3261 §20.38)."""

    time: float
    delay: float | None = None

    @classmethod
    def parse(cls, text: str) -> Timestamp:
        """`54.21 0.5`, of which decimals beyond the ninth are left out; SipParseError when it is none."""
        found = matched(_TIMESTAMP.fullmatch, text, "no time")
        delay = None if found[3] is None else _decimal(found[3], found[4])
        return cls(_decimal(found[1], found[2]), delay)

    def __str__(self) -> str:
        return " ".join([f"{span:.9f}".rstrip("0").rstrip(".") for span in self if span is not None])


def _decimal(whole: str, rest: str | None) -> float:
    return float(f"{whole or '0'}.{(rest or '0')[:9]}")


class Date(NamedTuple):
    """A point in time, in GMT (RFC 3261 §20.17). The day of the week is worked out, never believed."""

    year: int
    month: int
    day: int
    hour: int = 0
    minute: int = 0
    second: int = 0

    @classmethod
    def parse(cls, text: str) -> Date:
        """`Sat, 13 Nov 2010 23:29:00 GMT`; SipParseError for any other form, other time zones included."""
        found = matched(_DATE.fullmatch, text, "no date in GMT")
        day, year = int(found[1]), int(found[3])
        month = 1 + _MONTHS.index(found[2].title())
        if not 1 <= day <= monthrange(year, month)[1]:
            raise refuse(f"no such day in {found[2]} {year}", text)
        return cls(year, month, day, int(found[4]), int(found[5]), int(found[6]))

    @classmethod
    def at(cls, seconds: float) -> Date:
        """The instant so many seconds after 1970 began; years are counted from March, when leap days are over."""
        days, clock = divmod(int(seconds), 86400)
        era, day = divmod(days + 719468, 146097)  # since 1 March of the year 0, in rounds of 400 years
        year = (day - day // 1460 + day // 36524 - day // 146096) // 365
        day -= 365 * year + year // 4 - year // 100
        month = (5 * day + 2) // 153
        rest = day - (153 * month + 2) // 5 + 1
        turn = month >= 10
        return cls(
            400 * era + year + turn, month - 9 if turn else month + 3, rest, clock // 3600, clock // 60 % 60, clock % 60
        )

    def __str__(self) -> str:
        day = f"{self.weekday}, {self.day:02} {_MONTHS[self.month - 1]} {self.year:04}"
        return f"{day} {self.hour:02}:{self.minute:02}:{self.second:02} GMT"

    @property
    def weekday(self) -> str:
        """Mon to Sun."""
        return _WEEKDAYS[weekday(self.year, self.month, self.day)]


def priority(text: str) -> str:
    """How urgent a request is, in lower case: emergency, urgent, normal, non-urgent, or a word of the sender's own."""
    if not is_token(text):
        raise refuse("no word", text)
    return text.lower()


def response_number(text: str) -> int:
    """The number of a reliable provisional response, from 1 on (RFC 3262 §7.1)."""
    value = number(text, LATEST, "response number")
    if value == 0:
        raise refuse("response numbers begin with 1", text)
    return value


def mime_version(text: str) -> str:
    """The version of MIME that a body keeps to: `1.0` (RFC 3261 §20.24)."""
    found = matched(_MIME_VERSION.fullmatch, text, "no version")
    return f"{found[1]}.{found[2]}"
