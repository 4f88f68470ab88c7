"""Where one message ends and the next begins on a stream, such as a TCP connection (RFC 3261 §18.3).

No input and no output here: octets go in as they arrive, in pieces of any size, and messages come out.
"""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.errors import SipParseError
from sipsim.message.message import LARGEST, LONGEST_HEAD, Request, Response, parse

_BLANK = b"\r\n\r\n"


class Framer:
    """One direction of one stream.

    Once it is known no longer where a message ends, each further look raises the same SipParseError, and the
    connection is good for nothing but an answer and its end.
    """

    __slots__ = ("_buffer", "_crlfs", "_end", "_head", "_lost", "_searched", "pings", "refused")

    def __init__(self) -> None:
        self.pings = 0
        """Keep-alives so far: two CRLFs between messages, each of which asks for one back (RFC 5626 §3.5.1)."""
        self.refused: Request | Response | None = None
        """The message that was there, as far as its head, when its length made the stream unreadable."""
        self._buffer = bytearray()
        self._searched = 0  # octets in which no end of a head was found
        self._crlfs = 0
        self._head: Request | Response | None = None
        self._end = 0
        self._lost: SipParseError | None = None

    def feed(self, data: bytes) -> Iterator[Request | Response]:
        """Take octets from the stream; the messages that are whole now, one by one.

        What is not asked for stays for the next time. SipParseError, behind the messages before it, for one without
        readable head, without one Content-Length of its own or over a limit: 65 535 octets, 16 384 of them head.
        """
        if self._lost is None:
            self._buffer += data
        return self._messages()

    def ended(self) -> None:
        """Say that the stream has ended; SipParseError where it did so in the middle of a message."""
        if self._buffer.strip(b"\r\n"):
            self.refused = self._head
            self._lost = SipParseError(f"stream ended {len(self._buffer)} octets into a message")
            raise self._lost

    def _messages(self) -> Iterator[Request | Response]:
        while (message := self._next()) is not None:
            yield message

    def _next(self) -> Request | Response | None:
        """The next message; None until there are more octets."""
        if self._lost is not None:
            raise self._lost.with_traceback(None)
        try:
            if self._head is None:
                self._head = self._read_head()
            if self._head is None or len(self._buffer) < self._end:
                return None
            return self._cut()
        except SipParseError as error:
            self._lost = error
            self._buffer.clear()
            raise

    def _read_head(self) -> Request | Response | None:
        """The next message without its body, once its head is whole; `_end` is then where the body ends."""
        self._skip_keep_alives()
        blank = self._buffer.find(_BLANK, max(0, self._searched - 3))
        if blank < 0:
            self._searched = len(self._buffer)
            if self._searched > LONGEST_HEAD:
                raise SipParseError(f"head of more than {LONGEST_HEAD} octets", 513)
            return None
        start = blank + len(_BLANK)
        head = parse(bytes(self._buffer[:start]))
        self._end = start + self._length(head)
        return head

    def _length(self, head: Request | Response) -> int:
        """Octets of the body; SipParseError where that can't be told, or is too much."""
        self.refused = head
        if head.names.count("content-length") != 1:
            raise SipParseError("Content-Length: a message on a stream has one, and only one")
        length = head.content_length or 0
        if len(bytes(head)) + length > LARGEST:
            raise SipParseError(f"body of {length} octets, messages of {LARGEST} are allowed", 513)
        self.refused = None
        return length

    def _cut(self) -> Request | Response:
        """Take the message that is whole out of the buffer."""
        message = parse(bytes(self._buffer[: self._end]))
        del self._buffer[: self._end]
        self._head, self._searched = None, 0
        return message

    def _skip_keep_alives(self) -> None:
        """Empty lines before a start line mean nothing (RFC 3261 §7.5), but two in a row want an answer."""
        while self._buffer.startswith(b"\r\n"):
            del self._buffer[:2]
            self._searched = 0
            self._crlfs += 1
            if self._crlfs == 2:
                self.pings += 1
                self._crlfs = 0
        if self._buffer and self._buffer != b"\r":
            self._crlfs = 0
