"""Which packets a scripted fault is about: "200 INVITE", "INVITE", "4xx", or a function of the packet."""

from __future__ import annotations

import re
from collections.abc import Callable

from sipsim.errors import SipParseError, UsageError
from sipsim.message.codes import METHODS
from sipsim.message.message import Response, parse
from sipsim.simulation.network import Packet

Pattern = str | Callable[[Packet], object]
Test = Callable[[Packet], object]

_STATUS = re.compile(r"[1-6](?:\d\d|xx)")
_ALLOWED = 'allowed: a method ("INVITE"), a status ("200", "4xx"), both ("200 INVITE": the responses to it), "*", or a function'


def packet_test(pattern: Pattern) -> Test:
    """A function that says whether a packet matches; `UsageError` for a pattern that can't match anything."""
    if callable(pattern):
        return pattern
    if not isinstance(pattern, str):
        raise UsageError(f"pattern={pattern!r}: {_ALLOWED}")
    if pattern == "*":
        return lambda packet: True
    status, _, method = pattern.strip().partition(" ") if pattern[:1].isdigit() else ("", "", pattern.strip())
    if (status and not _STATUS.fullmatch(status)) or (method and method not in METHODS) or not (status or method):
        raise UsageError(f"pattern={pattern!r}: {_ALLOWED}")
    return lambda packet: _matches(packet.data, status, method)


def _matches(data: bytes, status: str, method: str) -> bool:
    """Whether octets are a request of this method, or with a status a response that has it (to this method, when given)."""
    try:
        message = parse(data)
        if not isinstance(message, Response):
            return not status and message.cseq.method == method
        have = str(message.status)
        return bool(status) and status in (have, f"{have[0]}xx") and method in ("", message.cseq.method)
    except SipParseError:
        return False
