"""Which packets a scripted fault is about: "200 INVITE", "INVITE", "4xx", or a function of the packet."""

from __future__ import annotations

import re
from collections.abc import Callable

from sipsim.errors import SipParseError, UsageError
from sipsim.message.codes import METHODS
from sipsim.message.message import Response, parse
from sipsim.simulation.network import Packet

Test = Callable[[Packet], object]
Pattern = str | Test

_PATTERN = re.compile(r"(?P<status>[1-6](?:\d\d|xx))?(?:(?:^| +)(?P<method>[A-Z]+))?")
_ALLOWED = (
    'a method for a request ("INVITE"), a status for a response ("200", "4xx"), both for a response to that method '
    '("200 INVITE"), "*" for any packet, or a function of the packet'
)


def packet_test(pattern: Pattern) -> Test:
    """A function that says whether a packet matches; `UsageError` for a pattern that nothing can match."""
    if callable(pattern):
        return pattern
    if pattern == "*":
        return lambda packet: True
    parts = _PATTERN.fullmatch(pattern) if pattern and isinstance(pattern, str) else None
    if parts is None or parts["method"] not in (None, *METHODS):
        raise UsageError(f"pattern={pattern!r}: give {_ALLOWED}")
    status, method = parts["status"], parts["method"]
    return lambda packet: _matches(packet.data, status, method)


def _matches(data: bytes, status: str | None, method: str | None) -> bool:
    """Whether octets are a request of this method or, when a status is given, a response with it (to this method)."""
    try:
        message = parse(data)
        if not isinstance(message, Response):
            return status is None and message.cseq.method == method
        given = str(message.status)
        return status in (given, f"{given[0]}xx") and method in (None, message.cseq.method)
    except SipParseError:
        return False
