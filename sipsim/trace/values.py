"""How a trace writes what is no text: octets, addresses, and whatever values a record is given."""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from sipsim.errors import SipError

_ATOMS = frozenset((str, int, bool, type(None)))
_encode = json.JSONEncoder(separators=(",", ":")).encode


def address_text(address: tuple[str, int]) -> str:
    """An address as it is written: `192.0.2.1:5060`, `[2001:db8::1]:5060`."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def address_from(text: str) -> tuple[str, int]:
    """The host and port that `address_text` wrote; anything else is a `SipError`."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if port.isascii() and port.isdigit() and len(port) <= 5 and address_text((host, int(port))) == text:
        return host, int(port)
    raise SipError(f"{text[:60]!r} is no address: host:port or [IPv6 address]:port is")


def octets(raw: bytes) -> dict[str, str]:
    """A message's octets as JSON holds them: `message` where they are UTF-8, else `message_base64`."""
    try:
        return {"message": raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {"message_base64": b64encode(raw).decode("ascii")}


def octets_from(row: Mapping[str, Any]) -> bytes | None:
    """Take the octets that `octets` wrote; None where there are none."""
    try:
        if "message" in row:
            return str(row["message"]).encode("utf-8")
        return b64decode(row["message_base64"], validate=True) if "message_base64" in row else None
    except (ValueError, TypeError) as error:
        raise SipError(f"octets that can't be read: {error}") from None


def plain(value: object, digits: int | None = None) -> Any:
    """`value` as JSON has it: dicts with text keys, lists, text, numbers; floats cut to `digits` decimals."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        cut = value if digits is None else round(value, digits)
        return float(cut) if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item, digits) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, digits) for item in value]
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


def encoded(values: Iterable[object]) -> str:
    """The values as the text of a JSON list, floats with 6 decimals."""
    return _encode([value if type(value) in _ATOMS else plain(value, digits=6) for value in values])
