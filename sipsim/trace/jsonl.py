"""A trace as JSON Lines: a header line, then one record a line; the same trace always gives the same bytes.

The format is a promise to other programs. Text is UTF-8; a line that holds octets which are no UTF-8 (lone
surrogates in Python) is written with `\\u` escapes instead, and a message like that in base64.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sipsim.errors import SipError
from sipsim.trace.columns import DELIVERED, SENT
from sipsim.trace.record import Record
from sipsim.trace.values import address_from, octets_from, plain

if TYPE_CHECKING:
    from sipsim.trace.trace import Trace


def dump(trace: Trace) -> bytes:
    """The trace as the bytes of a .jsonl file."""
    header = {
        "kind": "header",
        **plain(trace.header),
        **({"result": plain(trace.result)} if trace.result else {}),
        "records": len(trace),
    }
    return b"".join([_encoded(lambda **how: json.dumps(header, **how)), *map(_line, trace)])


def load(data: bytes, trace: Trace) -> None:
    """Fill an empty trace with what `dump` wrote; a `SipError` names the line that is none of it."""
    number = announced = 0
    try:
        for number, line in enumerate(data.rstrip(b"\n").split(b"\n"), 1):
            row = json.loads(line.decode("utf-8"), parse_float=_finite, parse_constant=_finite)
            if not isinstance(row, dict):
                raise SipError("no JSON object")
            if number == 1:
                announced = _read_header(trace, row)
            else:
                _read_record(trace, row)
    except (ValueError, OverflowError, RecursionError, SipError) as error:
        raise SipError(f"line {number} is not of a saved trace: {error}") from None
    if len(trace) < announced:
        trace.header["skipped"] = {"cut short": announced - len(trace)}


def _line(record: Record) -> bytes:
    row = record.as_dict()
    head = f'{{"id": {row.pop("id")}, "time": {row.pop("time"):.6f}, '
    return _encoded(lambda **how: head + json.dumps(row, **how)[1:])


def _encoded(text: Callable[..., str]) -> bytes:
    try:
        return text(ensure_ascii=False).encode("utf-8") + b"\n"
    except UnicodeEncodeError:
        return text(ensure_ascii=True).encode("ascii") + b"\n"


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise SipError(f"{text[:60]} is no number")
    return number


def _read_header(trace: Trace, row: dict[str, Any]) -> int:
    """Take in the header; gives the number of records that it announces, 0 where it says none."""
    if (row.pop("kind", ""), row.get("format"), row.get("version")) != ("header", "sipsim-trace", 1):
        raise SipError('the first line of a saved trace has "kind": "header", "format": "sipsim-trace", "version": 1')
    result, elements = row.pop("result", {}), row.pop("elements", [])
    if not isinstance(result, dict) or not isinstance(elements, list):
        raise SipError('"result" is an object and "elements" a list')
    announced = row.pop("records", 0)
    if type(announced) is not int:
        raise SipError('"records" is a whole number')
    trace.header.update(plain(row))
    trace.result = result
    for element in elements:
        _read_element(trace, element)
    return announced


def _read_element(trace: Trace, element: Any) -> None:
    if not isinstance(element, dict) or not isinstance(name := element.get("name"), str):
        raise SipError("an element is an object with a name")
    known = trace.header["elements"]
    trace.register(name, plain(element.pop("kind", "")))
    if len(known) and known[-1]["name"] != name:
        raise SipError(f"{name!r} is there twice")
    addresses = element.pop("addresses", [])
    if not isinstance(addresses, list):
        raise SipError('"addresses" is a list')
    for text in addresses:
        trace.register(name, address=address_from(str(text)))
    known[-1].update(plain(element))


def _read_record(trace: Trace, row: dict[str, Any]) -> None:
    columns, expected = trace.columns, len(trace) + 1
    id, time, kind, element, cause = (row.pop(name, None) for name in ("id", "time", "kind", "element", "cause"))
    if type(id) is not int or id != expected:
        raise SipError(f'"id" is {expected} here')
    if type(time) not in (int, float):
        raise SipError('"time" is a number of seconds')
    if not isinstance(kind, str) or not isinstance(element, str):
        raise SipError('"kind" and "element" are text')
    if cause is not None and (type(cause) is not int or not 0 < cause < expected):
        raise SipError('"cause" is null or the id of an earlier record')
    number = columns.kind(kind)
    subject, detail = _read_sent(trace, row) if number == SENT else (0, row)
    if number == DELIVERED and (raw := octets_from(row)) is not None:
        detail = raw
    if kind in trace.counts:
        trace.counts[kind] += 1
    columns.append(float(time), number, element, cause or 0, subject, detail)


def _read_sent(trace: Trace, row: dict[str, Any]) -> tuple[int, Any]:
    columns, raw, copy = trace.columns, octets_from(row), row.get("copy", 1)
    if raw is None or row.get("number") != len(columns.sent) + 1:
        raise SipError(f'a sent message has "message" and "number": {len(columns.sent) + 1}')
    if type(copy) is not int or copy < 1:
        raise SipError('"copy" is a number from 2')
    trace.counts["retransmissions"] += copy > 1
    columns.sent.append(len(trace) + 1)
    peer, source, destination, transport = (str(row.get(name, "")) for name in ("peer", "src", "dst", "transport"))
    return columns.intern((address_from(source), address_from(destination), transport, copy, peer)), raw
