"""Which call an INVITE takes the place of, and whether it may (RFC 3891 §3)."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Any

from sipsim.message.message import Request
from sipsim.protocol.dialog import DialogKey
from sipsim.protocol.inspection import Refusal, refusal

if TYPE_CHECKING:
    from sipsim.elements.calls.call import Call

_RFC = "RFC 3891 §3"
MISPLACED = refusal(400, "Replaces stands in an INVITE, and once", rfc=_RFC)
UNKNOWN = refusal(481, "no such call here that could be replaced", rfc=_RFC)
NOT_OURS = refusal(481, "a call that rings here is not replaced", rfc=_RFC)
OVER = refusal(603, "the call that was to be replaced is over", rfc=_RFC)
ANSWERED = refusal(486, "the call that was to be replaced has been answered", rfc=_RFC)


def replaced_by(
    request: Request, dialogs: Mapping[DialogKey, Any], past: Container[DialogKey]
) -> Call | Refusal:  # fmt: skip
    """The call that a request with Replaces is for, or why there is none."""
    wanted = request.replaces
    if wanted is None or request.method != "INVITE" or request.names.count("replaces") > 1 or request.to_tag:
        return MISPLACED
    key = wanted.call_id, wanted.to_tag, wanted.from_tag
    found = dialogs.get(key)
    state = getattr(found, "state", "")
    if key in past or state in ("ending", "ended"):
        return OVER
    if found is not None and state == "answered":
        return ANSWERED if wanted.early_only else found
    if found is None or state not in ("calling", "ringing"):
        return UNKNOWN
    return found if found.owns_call_id else NOT_OURS
