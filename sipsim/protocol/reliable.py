"""Provisional responses that have to arrive: their numbers, and what acknowledges them (RFC 3262)."""

from __future__ import annotations

from collections.abc import Callable

from sipsim.message.message import Request, Response
from sipsim.protocol.inspection import Fields, refusal

TAG = "100rel"
"""The option tag."""

RELIABLE = ("no", "supported", "required")
"""What a phone may think of it."""

AGAIN_AFTER = 150.0
"""Seconds after which a reliable provisional response is followed by another, so that no proxy gives up (§3)."""

UNMATCHED = refusal(481, "no provisional response of ours waits for this PRACK", rfc="RFC 3262 §3")
NEVER_ACKNOWLEDGED = refusal(500, "no PRACK came", rfc="RFC 3262 §3")
LACKING = refusal(421, "nothing goes without reliable provisional responses", ("Require", TAG), rfc="RFC 3262 §3")

REQUIRED: Fields = (("Require", TAG),)


def is_asked_for(request: Request) -> bool:
    """Whether an INVITE's sender can acknowledge provisional responses, or insists on it (§3)."""
    return TAG in request.supported or TAG in request.require


def is_reliable(response: Response) -> bool:
    """Whether a provisional response wants a PRACK (§4)."""
    return "rseq" in response.names and TAG in response.require


def first_number(draw: Callable[[], float]) -> int:
    """The first RSeq: from 1 to 2**31 - 1, any of them as likely (§3)."""
    return 1 + int(draw() * (2**31 - 1))


def numbered(response: Response, number: int) -> Response:
    """A provisional response as it is sent reliably (§3)."""
    return response.with_header("Require", TAG).with_header("RSeq", str(number))


def acknowledges(prack: Request, response: Response) -> bool:
    """Whether a PRACK is for this response (§3, §7.2)."""
    rack = prack.rack
    return rack is not None and (rack.rseq, rack.cseq) == (response.rseq, response.cseq)


def what_is_acknowledged(response: Response) -> Fields:
    """The RAck of the PRACK for a response (§7.2)."""
    return (("RAck", f"{response.rseq} {response.cseq.number} {response.cseq.method}"),)
