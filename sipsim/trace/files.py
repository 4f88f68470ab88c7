"""Reading files: a saved trace, a capture or the text of one message, told apart by what is in them."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from sipsim.errors import SipError, SipParseError, UsageError
from sipsim.message.message import parse
from sipsim.trace import captures, jsonl, pcap
from sipsim.trace.frames import Datagram
from sipsim.trace.saving import reason
from sipsim.trace.trace import Trace


def load(path: str | PathLike[str]) -> Trace:
    """Read a trace: a saved one, a capture (pcap, pcapng), or a text file with one SIP message.

    Raises `UsageError` where the file can't be opened, `SipError` where its content is none of these.
    """
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise UsageError(f"path={str(path)!r}: can't be read: {reason(error)}") from None
    return read(data)


def read(data: bytes) -> Trace:
    """The trace that a file with these bytes holds; `SipError` where it holds none."""
    trace = Trace()
    if pcap.is_capture(data):
        captures.load(data, trace)
    elif data[:1] == b"{":
        jsonl.load(data, trace)
    else:
        _one_message(data, trace)
    return trace


def _one_message(data: bytes, trace: Trace) -> None:
    """A text file with one message; its lines may end as those of text files do (RFC 3261 §7 wants CRLF)."""
    octets = data if b"\r\n" in data else data.replace(b"\n", b"\r\n")
    try:
        parse(octets)
    except SipParseError as error:
        raise SipError(f"neither a saved trace nor a capture nor a SIP message: {error}") from error
    ends = ("192.0.2.1", captures.SIP_PORT), ("192.0.2.2", captures.SIP_PORT)
    for name, address in zip(("sender", "receiver"), ends, strict=True):
        trace.register(name, "host", address)
    captures.add(trace, 0.0, Datagram(octets, *ends))
