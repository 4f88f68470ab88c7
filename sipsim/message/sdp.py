"""Session descriptions: the media that an end offers or answers, and where it wants them (RFC 8866).

A description is lines of `type=value`: those of the session, then, for each stream, an `m=` line and what follows it.
All lines are kept in order, also those that nobody here looks at, so a parsed description writes itself back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sipsim.errors import SipParseError, UsageError
from sipsim.message.grammar import decode, encode, excerpt, number

Lines = tuple[tuple[str, str], ...]
"""(type letter, value) of lines, in order."""

MOST_LINES = 1000
"""Lines of a description; a robustness limit of ours."""

SHORT = 1000
"""Octets up to which a description is looked up in parts: one phone's differ in nothing but the port."""

_ENDS = re.compile(r"\r\n|\n")
_LINE = re.compile(r"^([A-Za-z])=([^\r\n\0]*)(?:\r\n|\n|\Z)", re.MULTILINE)
_MEDIA = re.compile(r"([^\s]+) ([0-9]+)(?:/([0-9]+))? ([^\s]+) ([^\s].*)", re.ASCII | re.DOTALL)
_CONNECTION = re.compile(r"IN IP[46] ([^\s/]+)(?:/[0-9/]+)?", re.ASCII)
_WORD = re.compile(r"[^\x00-\x20\x7f]+")

_USUAL = re.compile(
    rb"v=0\r\no=[^\s]+ \d+ \d+ IN IP4 [^\s]+\r\ns=[^\r\n\0]*\r\nc=IN IP4 [^\s/]+\r\nt=0 0\r\n"
    rb"m=audio ([1-9]\d{0,4}) RTP/AVP (\d\d?)(?: \d+)*\r\n(?:a=[^\r\n\0]*\r\n)*"
)


@dataclass(frozen=True, slots=True)
class Media:
    """One stream: `kind` is audio, video ..., `port` 0 means refused, `formats` are payload types, as text.

    `count` is the number of ports where the line has one, `lines` are the stream's own lines below its `m=`.
    """

    kind: str
    port: int
    proto: str = "RTP/AVP"
    formats: tuple[str, ...] = ("0",)
    lines: Lines = ()
    count: int | None = None

    @classmethod
    def of(cls, kind: str, port: int, codecs: Sequence[tuple[str, str]]) -> Media:
        """A stream by RTP with these codecs: (payload type, encoding name)."""
        formats, rtpmaps = _formats(tuple(codecs))
        return cls(kind, port, formats=formats, lines=rtpmaps)

    def __str__(self) -> str:
        ports = self.port if self.count is None else f"{self.port}/{self.count}"
        return f"{self.kind} {ports} {self.proto} {' '.join(self.formats)}"

    @property
    def attributes(self) -> tuple[str, ...]:
        """The stream's `a=` lines, without `a=`."""
        return tuple([value for letter, value in self.lines if letter == "a"])

    @property
    def connection(self) -> str | None:
        """The stream's own address; None where the session's counts."""
        return _connection(self.lines)


@dataclass(frozen=True, slots=True)
class Sdp:
    """A session description: the session's own lines and its streams."""

    lines: Lines
    media: list[Media] = field(default_factory=list)

    @classmethod
    def parse(cls, body: bytes) -> Sdp:
        """The description in a message's body, lines ended by CRLF or LF; SipParseError (with line) when it is none."""
        usual = _USUAL.fullmatch(body) if len(body) < SHORT and body.isascii() else None
        if usual is not None and int(usual[1]) < 65536:
            formats, own = _tail(body[usual.end(1) + 1 :])
            return cls(_head(body[: usual.start(1)]), [Media("audio", int(usual[1]), "RTP/AVP", formats, own)])
        text = decode(body)
        count = text.count("\n") + (text[-1:] not in ("\n", ""))
        if count > MOST_LINES:
            raise SipParseError(f"SDP of more than {MOST_LINES} lines", 513)
        lines = _LINE.findall(text)
        if lines[:1] != [("v", "0")] or len(lines) != count:
            lines = _read_lines(text)
        for at, (letter, value) in enumerate(lines, 1):
            if letter == "c" and _CONNECTION.fullmatch(value) is None:
                raise _refuse("no connection", f"c={value}", at)
        starts = [at for at, (letter, _) in enumerate(lines) if letter == "m"]
        media = [
            _read_media(lines[start][1], tuple(lines[start + 1 : end]), start + 1)
            for start, end in zip(starts, [*starts[1:], len(lines)], strict=False)
        ]
        return cls(tuple(lines[: starts[0]] if starts else lines), media)

    @classmethod
    def audio(
        cls, user: str, address: str, port: int, codecs: Sequence[tuple[str, str]] = (("0", "PCMU/8000"),),
        *, version: int = 1, session: int = 1,
    ) -> Sdp:  # fmt: skip
        """A description with one audio stream.

        `address` is an IP address, `codecs` are (payload type, encoding name). `session` and `version` make the
        origin; the version goes up by one with each change (RFC 3264 §8). UsageError for a user or an address
        with blanks.
        """
        return cls(session_lines(user, address, session, version), [Media.of("audio", port, codecs)])

    def __bytes__(self) -> bytes:
        lines = [f"{letter}={value}" for letter, value in self.lines]
        for media in self.media:
            lines.append(f"m={media}")
            lines += [f"{letter}={value}" for letter, value in media.lines]
        text = "\r\n".join(lines)
        if text.isascii() and text.count("\n") == text.count("\r") == len(lines) - 1 and "\0" not in text:
            return f"{text}\r\n".encode()  # as nearly always
        return b"".join([encode(line) + b"\r\n" for line in lines])

    def __str__(self) -> str:
        return decode(bytes(self))

    @property
    def origin(self) -> str | None:
        """The `o=` value: user, session id, version, network and address type, address."""
        return _first(self.lines, "o")

    @property
    def connection(self) -> str | None:
        """The session's address; None where every stream has its own."""
        return _connection(self.lines)


def usual_stream(body: bytes) -> str | None:
    """The first format of a description with a single audio stream that nothing is wrong with; None for all others.

    That is quicker than reading it, for those who want to know no more.
    """
    found = _USUAL.fullmatch(body)
    return None if found is None or int(found[1]) > 65535 else found[2].decode()


@lru_cache(maxsize=1024)  # a phone describes many streams
def session_lines(user: str, address: str, session: int = 1, version: int = 1) -> Lines:
    """The lines of a session before its streams; UsageError for a user or an address with blanks."""
    for name, value in (("user", user), ("address", address)):
        if _WORD.fullmatch(value) is None:
            raise UsageError(f"{name} {value!r}: one word without blanks is allowed")
    host = address.strip("[]")
    where = f"IN IP{6 if ':' in host else 4} {host}"
    return ("v", "0"), ("o", f"{user} {session} {version} {where}"), ("s", "-"), ("c", where), ("t", "0 0")


@lru_cache(maxsize=256)
def _head(text: bytes) -> Lines:
    """The lines of a usual description down to the port of its stream."""
    return tuple([(line[0], line[2:]) for line in text.decode().split("\r\n")[:-1]])


@lru_cache(maxsize=64)
def _tail(text: bytes) -> tuple[tuple[str, ...], Lines]:
    """The formats of a usual description, and the stream's lines: what follows the port."""
    first, *lines = text.decode().split("\r\n")[:-1]
    return tuple(first.split(" ")[1:]), tuple([(line[0], line[2:]) for line in lines])


@lru_cache(maxsize=64)
def _formats(codecs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, ...], Lines]:
    """Codecs as the formats of an `m=` line, and as its `a=rtpmap:` lines."""
    return tuple([form for form, _ in codecs]), tuple([("a", f"rtpmap:{form} {name}") for form, name in codecs])


def _read_lines(text: str) -> list[tuple[str, str]]:
    """The lines one by one; SipParseError for the first that is none."""
    texts = _ENDS.split(text)
    if texts[-1] == "":
        texts.pop()
    if texts[:1] != ["v=0"]:
        raise SipParseError("SDP does not begin with v=0")
    return [_read_line(line, at) for at, line in enumerate(texts, 1)]


def _read_line(text: str, at: int) -> tuple[str, str]:
    found = _LINE.fullmatch(text)
    if found is None:
        raise _refuse("no line x=value", text, at)
    return found[1], found[2]


def _read_media(value: str, lines: Lines, at: int) -> Media:
    found = _MEDIA.fullmatch(value)
    if found is None:
        raise _refuse("no stream", value, at)
    kind, port, count, proto, formats = found.groups()
    try:
        ports = None if count is None else number(count, 65535, "number of ports")
        return Media(kind, number(port, 65535, "port"), proto, tuple(formats.split(" ")), lines, ports)
    except SipParseError as error:
        raise _refuse(error.reason, value, at) from None


def _refuse(reason: str, text: str, at: int) -> SipParseError:
    return SipParseError(f"SDP: {reason}", 400, at, excerpt=excerpt(text))


@lru_cache(maxsize=256)
def _connection(lines: Lines) -> str | None:
    value = _first(lines, "c")
    found = None if value is None else _CONNECTION.fullmatch(value)
    return found[1] if found else None


def _first(lines: Lines, letter: str) -> str | None:
    for known, value in lines:
        if known == letter:
            return value
    return None
