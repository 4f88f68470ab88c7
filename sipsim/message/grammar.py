"""The small pieces that SIP's grammar is made of: tokens, quoted strings, parameters, lists (RFC 3261 §25.1).

Everything here works on ASCII tables and in linear time. Python's own text functions know too much: `int()` takes
underscores and Arabic digits, `str.strip()` eats U+2028, `str.lower()` turns the Kelvin sign into a k. So digits
are `[0-9]`, white space is space and tab, and every pattern is compiled with `re.ASCII`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Self

from sipsim.errors import SipParseError, UsageError

Params = tuple[tuple[str, str | None], ...]
"""Parameters in the order on the wire: (name, value), value None where there is no `=`."""

TOKEN = r"[A-Za-z0-9\-.!%*_+`'~]+"
HOST = r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._\-]+"
QUOTED = r'"(?:[^"\\]|\\.)*"'
BLANK = r"[ \t]*"
FLAGS = re.ASCII | re.DOTALL
WHITE = " \t"

MOST_PARAMS = 64
"""Parameters of one value; a robustness limit of ours, no rule of the RFC."""

_TOKEN = re.compile(TOKEN, FLAGS)
_DIGITS = re.compile(r"[0-9]+", FLAGS)
_PARAM = re.compile(rf";{BLANK}({TOKEN}){BLANK}(?:={BLANK}([^\x00-\x20\x7f;,\"<>]+|{QUOTED}){BLANK})?", FLAGS)
_LIST_PIECE = re.compile(rf'[^",<]+|{QUOTED}|<[^>]*>|(,)', FLAGS)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})", FLAGS)
_QUOTED_PAIR = re.compile(r"\\(.)", FLAGS)
_Q = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?", FLAGS)
_TO_QUOTE = re.compile(r'(["\\\x00-\x08\x0a-\x1f\x7f])', FLAGS)


def excerpt(text: str, at: int = 0) -> str:
    """At most 60 characters of `text` from offset `at` on, escaped, to show in an error."""
    return ascii(text[at : at + 60])[1:-1][:60]


def refuse(reason: str, text: str, at: int = 0, status: int = 400) -> SipParseError:
    """The error for `text`, which went wrong at offset `at`; for the caller to raise."""
    return SipParseError(reason, status, column=at + 1, excerpt=excerpt(text, at))


def matched(match: Callable[[str], re.Match[str] | None], text: str, otherwise: str) -> re.Match[str]:
    """What a pattern's `match` or `fullmatch` finds in `text`; SipParseError `otherwise`."""
    found = match(text)
    if found is None:
        raise refuse(otherwise, text)
    return found


def decode(data: bytes) -> str:
    """Octets as text: UTF-8, what is none kept as surrogates so that it can be told from text and written again."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """Text as octets for one line of a message.

    UsageError on CR, LF and NUL, which would end the line or hide what follows, and on surrogates that stand for
    no octet.
    """
    if "\n" in text or "\r" in text or "\0" in text:
        raise UsageError(f"value {text!r} has CR, LF or NUL: a header field value is one line of text")
    if text.isascii():  # as nearly always
        return text.encode()
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise UsageError(f"value {text!r} has a surrogate that stands for no octet") from None


def encode_lines(*texts: str) -> list[bytes]:
    """Each of these as `encode` has it."""
    joined = "\n".join(texts)
    if joined.isascii() and "\r" not in joined and "\0" not in joined:
        lines = joined.encode().split(b"\n")
        if len(lines) == len(texts):  # as nearly always
            return lines
    return [encode(text) for text in texts]


def is_token(text: str) -> bool:
    """Whether `text` is a token: a method, a header field name, a parameter name."""
    return _TOKEN.fullmatch(text) is not None


def digits(text: str, what: str) -> str:
    """The ASCII digits that `text` is, without leading zeros; SipParseError naming `what` otherwise.

    To be cut before `int()`, which refuses more than 4300 digits with an error of its own.
    """
    return matched(_DIGITS.fullmatch, text, f"{what} is no number")[0].lstrip("0") or "0"


def number(text: str, most: int, what: str) -> int:
    """A decimal number from 0 to `most`; SipParseError naming `what` otherwise."""
    value = int(digits(text, what)[:20])
    if value > most:
        raise refuse(f"{what} is above {most}", text)
    return value


def split_list(text: str) -> list[str]:
    """The values of a comma list (RFC 3261 §7.3.1); SipParseError for a quote or bracket that nothing closes.

    Commas in quoted strings and in angle brackets separate nothing.
    """
    if "," not in text:
        return [text]
    if '"' not in text and "<" not in text:
        return [value.strip(WHITE) for value in text.split(",")]
    values, start, at = [], 0, 0
    while at < len(text):
        piece = _LIST_PIECE.match(text, at)
        if piece is None:
            raise refuse("quote or bracket that nothing closes", text, at)
        if piece[1]:
            values.append(text[start:at].strip(WHITE))
            start = piece.end()
        at = piece.end()
    values.append(text[start:].strip(WHITE))
    return values


def read_params(text: str, at: int = 0) -> Params:
    """The parameters `;name=value;name` that fill `text` from `at` on; names folded to lower case."""
    params: list[tuple[str, str | None]] = []
    while at < len(text):
        param = _PARAM.match(text, at)
        if param is None:
            raise refuse("no parameter ;name or ;name=value", text, at)
        if len(params) == MOST_PARAMS:
            raise refuse(f"more than {MOST_PARAMS} parameters", text, at)
        params.append((param[1].lower(), param[2]))
        at = param.end()
    return tuple(params)


def write_params(params: Params) -> str:
    """`;name=value;name`, ready to be put behind the value that they belong to."""
    return "".join([f";{name}" if value is None else f";{name}={value}" for name, value in params])


def find_param(params: Params, name: str, default: str | None = None) -> str | None:
    """The value of the first parameter `name`, unquoted; "" for one without value, `default` where there is none."""
    for known, value in params:
        if known == name:
            return unquote(value or "")
    return default


def set_param(params: Params, name: str, value: str | None) -> Params:
    """The parameters with one of them set, in its place or at the end."""
    if any(known == name for known, _ in params):
        return tuple([(known, value if known == name else old) for known, old in params])
    return (*params, (name, value))


class WithParams:
    """A value that has parameters behind it."""

    __slots__ = ()

    params: Params

    def param(self, name: str, default: str | None = None) -> str | None:
        """The value of a parameter (not of a URI's), "" for one without value, `default` where there is none."""
        return find_param(self.params, name, default)

    def with_param(self, name: str, value: str | None) -> Self:
        """A copy with the parameter set, in its place or at the end; value None writes `;name` alone."""
        return replace(self, params=set_param(self.params, name, value))  # type: ignore[type-var]


class WithPreference(WithParams):
    """A value that may be liked more or less than others of its kind."""

    __slots__ = ()

    @property
    def q(self) -> float:
        """Preference, from 0.0 to 1.0, where none is given 1.0; SipParseError for anything else (RFC 3261 §20.10)."""
        text = self.param("q")
        if text is None:
            return 1.0
        return float(matched(_Q.fullmatch, text, "q is no number from 0 to 1 with at most three decimals")[0])


def quote(text: str) -> str:
    """`text` as a quoted string; quotes, backslashes and controls are escaped."""
    return '"' + _TO_QUOTE.sub(r"\\\1", text) + '"'


def unquote(text: str) -> str:
    """What a quoted string says; text that is none comes back as it is."""
    if text[:1] != '"':
        return text
    return _QUOTED_PAIR.sub(r"\1", text[1:-1]) if "\\" in text else text[1:-1]


def normal_escapes(text: str, plain: str) -> str:
    """`text` with each %HH written in one way: decoded for a character of `plain`, upper case for all others."""
    if "%" not in text:
        return text

    def one_way(escape: re.Match[str]) -> str:
        char = chr(int(escape[1], 16))
        return char if char in plain else escape[0].upper()

    return _ESCAPE.sub(one_way, text)
