"""What a URI asks of the request that is made from it: its method and its header fields (RFC 3261 §19.1.5)."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

from sipsim.errors import UsageError
from sipsim.message.message import Request
from sipsim.message.uri import Uri

NOT_HONORED = frozenset((
    "accept", "accept-encoding", "accept-language", "allow", "authorization", "body", "call-id", "contact",
    "content-disposition", "content-encoding", "content-language", "content-length", "content-type", "cseq", "date",
    "from", "max-forwards", "mime-version", "organization", "proxy-authorization", "proxy-require", "record-route",
    "require", "route", "supported", "timestamp", "to", "user-agent", "via",
))  # fmt: skip
"""Header fields that a request has for reasons of its own: no URI is to change them (§19.1.5)."""


class Formed(NamedTuple):
    """The address of a request made from a URI, which has neither method nor header fields, and those fields."""

    uri: Uri
    headers: tuple[tuple[str, str], ...] = ()


def formed(uri: Uri) -> Formed:
    """What a request that is made from this URI goes to and brings; nothing but the address for most of them."""
    if not uri.headers and uri.param("method") is None:
        return Formed(uri)
    named = [(unquote(name), unquote(value)) for name, value in uri.headers]
    fields = tuple(field for field in named if _is_safe(*field))
    params = tuple(param for param in uri.params if param[0].lower() != "method")
    return Formed(uri.with_(params=params, headers=()), fields)


def formed_for(method: str, uri: Uri) -> Formed:
    """The same, for a method; `UsageError` where the URI asks for another."""
    wanted = uri.param("method")
    if wanted is not None and wanted.upper() != method:
        raise UsageError(f"target: {uri} asks for the method {wanted}, this is for {method}")
    return formed(uri)


def with_fields(request: Request, headers: tuple[tuple[str, str], ...]) -> Request:
    """The request with these header fields instead of its own of the same names (§8.1.3.4)."""
    for name, value in headers:
        request = request.with_header(name, value)
    return request


def _is_safe(name: str, value: str) -> bool:
    plain = name.isascii() and name.replace("-", "").isalnum()
    return plain and value.isprintable() and name.lower() not in NOT_HONORED
