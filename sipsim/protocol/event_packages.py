"""The event packages that are known here: the type of their bodies, and who reads them (RFC 6665 §5.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sipsim.errors import SipParseError, UsageError
from sipsim.message.dialog_info import DialogInfo
from sipsim.message.event_body import Body
from sipsim.message.fields import MediaType
from sipsim.message.message_summary import MessageSummary
from sipsim.message.presence import Presence
from sipsim.message.rare_fields import Parameterised
from sipsim.message.reginfo import Registrations
from sipsim.message.sipfrag import Fragment

KINDS: dict[str, type[Presence] | type[DialogInfo] | type[Registrations] | type[MessageSummary] | type[Fragment]] = {
    "presence": Presence, "dialog": DialogInfo, "reg": Registrations, "message-summary": MessageSummary,
    "refer": Fragment,
}  # fmt: skip
"""What is told of each package (RFC 3856, 4235, 3680, 3842, 3515)."""

TYPES = tuple(kind.content_type.partition(";")[0] for kind in KINDS.values())
"""The types of their bodies."""

_READERS: dict[str, Callable[[bytes], Any]] = {
    kind.content_type.partition(";")[0]: kind.read for kind in KINDS.values()
}


def read_body(body: Body) -> Any:
    """What a body tells, as a value; its octets where nobody knows their type, None for none.

    SipParseError where it is not what its type says.
    """
    if not body.octets:
        return None
    kind = MediaType.parse(body.content_type) if body.content_type else None
    reader = _READERS.get(f"{kind.type}/{kind.subtype}") if kind is not None else None
    return body.octets if reader is None else reader(body.octets)


def as_event(text: str) -> Parameterised:
    """The event that a caller of ours names; `UsageError` for what is none."""
    try:
        return Parameterised.parse(text)
    except (SipParseError, TypeError):
        raise UsageError(f"event: {text!r} is no name of a package; 'presence' is one") from None


def as_body(state: object) -> Body:
    """What a caller of ours wants to be told, as octets; `UsageError` for what has none."""
    found = state if isinstance(state, Body) else getattr(state, "body", None)
    if not isinstance(found, Body):
        raise UsageError(f"state: {state!r} tells nothing; give a Presence, another package's value, or a Body")
    return found
