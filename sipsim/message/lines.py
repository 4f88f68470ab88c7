"""From a header line to its value: for every field that an element looks at all the time a fast reader too.

A fast reader knows the shape that nearly all lines have, by one strict pattern over the octets, and leaves every
other line to the typed value. Both say the same for all octets, refused ones included; a property test holds them
to it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from sipsim.message.fields import CSeq, MediaType, NameAddr, Via, call_id, seconds
from sipsim.message.grammar import WHITE, decode, number, refuse, split_list


def value_of(line: bytes) -> str:
    """The value on a header line: behind the colon, unfolded, stripped."""
    text = decode(line.partition(b":")[2])
    return (text.replace("\r\n", "") if "\r" in text else text).strip(WHITE)


def via_of(line: bytes) -> Via:
    """The first value on a Via line."""
    return Via.parse(split_list(value_of(line))[0])


def address_of(line: bytes) -> NameAddr:
    """The value on a From or To line; SipParseError for an empty tag too, to which a reply would add another.

    And for two of them, or one in quotes: who reads the one and who the other would not know the same dialog.
    """
    text = value_of(line)
    address = NameAddr.parse(text)
    tags = [value or "" for name, value in address.params if name == "tag"]
    if len(tags) > 1:
        raise refuse("more than one tag", text)
    if tags and tags[0] in ("", '""'):
        raise refuse("tag without value", text)
    if tags and tags[0][0] == '"':
        raise refuse("tag in quotes", text)
    return address


@lru_cache(maxsize=64)
def media_type_of(line: bytes) -> MediaType:
    """The value on a Content-Type line."""
    return MediaType.parse(value_of(line))


def retry_after_of(line: bytes) -> int:
    """The seconds of `120 (comment);duration=60` on a Retry-After line (RFC 3261 §20.33)."""
    return seconds(value_of(line).partition("(")[0].partition(";")[0].rstrip(WHITE))


# Fast readers. Their patterns take less than the grammar, and what they take means the same to both. The last lines are
# kept with their values: most lines of a message come again, in the next hop, in its response, in its retransmission.
# That is soon: more of them would only push other things out of the processor's own memory.

KEPT = 256

_WORD = rb"([A-Za-z0-9.\-_+~*!']{1,255})"
_VIA = re.compile(
    rb"[A-Za-z]+: SIP/2\.0/(?:UDP|TCP) ([A-Za-z0-9.\-]{1,255}(?::[1-9][0-9]{0,3})?)(?:;rport)?"
    rb";branch=" + _WORD + rb"(?:;(?:rport|received)(?:=[0-9.]{1,15})?)*"
).fullmatch
_ADDRESS = re.compile(
    rb"[A-Za-z]+: (?:\"[A-Za-z0-9 .\-]*\" ?|[A-Za-z0-9.\- ]*)"
    rb"<sips?:(?:[A-Za-z0-9.\-_+]{1,255}@)?[A-Za-z0-9.\-]{1,255}(?::[1-9][0-9]{0,3})?>"
    rb"(?:;tag=" + _WORD + rb")?"
).fullmatch
_CALL_ID = re.compile(rb"[A-Za-z\-]+: ?([!-~]+)").fullmatch
_CSEQ = re.compile(rb"[A-Za-z]+: ?([0-9]{1,9}) ([A-Z]+)").fullmatch
_HOPS = re.compile(rb"[A-Za-z\-]+: ?([0-9]{1,2})").fullmatch
_LENGTH = re.compile(rb"[A-Za-z\-]+: ?([0-9]{1,5})").fullmatch


@lru_cache(maxsize=KEPT)
def hop_of(line: bytes) -> tuple[str | None, str]:
    """Branch and sent-by of the first value on a Via line."""
    found = _VIA(line)
    if found is None:
        via = via_of(line)
        return via.branch, via.sent_by
    host = found[1].lower().decode()
    return found[2].decode(), host if ":" in host else f"{host}:5060"


def branch_of(line: bytes) -> str | None:
    """The branch of the first value on a Via line."""
    return hop_of(line)[0]


def sent_by_of(line: bytes) -> str:
    """The sent-by of the first value on a Via line."""
    return hop_of(line)[1]


@lru_cache(maxsize=KEPT)
def tag_of(line: bytes) -> str | None:
    """The tag on a From or To line."""
    found = _ADDRESS(line)
    if found is None:
        return address_of(line).tag
    return found[1].decode() if found[1] else None


@lru_cache(maxsize=KEPT)
def cseq_of(line: bytes) -> CSeq:
    """The value on a CSeq line. Few lines, `CSeq: 1 INVITE` above all, make up most traffic, so they are kept."""
    found = _CSEQ(line)
    return CSeq.parse(value_of(line)) if found is None else CSeq(int(found[1]), found[2].decode())


@lru_cache(maxsize=KEPT)
def call_id_of(line: bytes) -> str:
    """The value on a Call-ID line."""
    found = _CALL_ID(line)
    return call_id(value_of(line)) if found is None else found[1].decode()


@lru_cache(maxsize=KEPT)
def max_forwards_of(line: bytes) -> int:
    """The value on a Max-Forwards line: hops that are left, 0 to 255 (RFC 3261 §20.22)."""
    found = _HOPS(line)
    return number(value_of(line), 255, "number of hops") if found is None else int(found[1])


@lru_cache(maxsize=KEPT)
def content_length_of(line: bytes) -> int:
    """The value on a Content-Length line: octets (RFC 3261 §20.14)."""
    found = _LENGTH(line)
    return number(value_of(line), 2**32 - 1, "length") if found is None else int(found[1])
