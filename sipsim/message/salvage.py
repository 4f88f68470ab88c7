"""What can still be answered of octets that are no message: a request whose sender is known all the same."""

from __future__ import annotations

from sipsim.message.grammar import decode, is_token
from sipsim.message.message import LONGEST_HEAD, Request
from sipsim.message.names import fold_octets


def salvaged(data: bytes) -> Request | None:
    """The request that octets refused by `parse` were meant to be, good for an answer to it and for nothing else.

    It has those header lines that have a name, unfolded ones. None where that makes no request, as for a response.
    """
    start, *lines = data[:LONGEST_HEAD].partition(b"\r\n\r\n")[0].split(b"\r\n")
    method = decode(start.partition(b" ")[0])
    named = [(fold_octets(line.partition(b":")[0]) or "", line) for line in lines]
    whole = [(name, line) for name, line in named if name and not {*b"\r\n\0"} & {*line}]
    if not is_token(method):
        return None
    return Request(method, "", [start, *[line for _, line in whole]], ["", *[name for name, _ in whole]], b"", data)
