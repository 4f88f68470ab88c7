"""Agreeing on security with the first hop (RFC 3329), as the server's side decides it.

    421   the client says nothing of sec-agree, and here nothing goes without it
    494   it does, but has not shown yet that it got the server's list unchanged
    502   the request has been through another proxy already, so this is not its first hop

Whoever repeats the list in Security-Verify has it from here, unless somebody on the way can break what was agreed on.
"""

from __future__ import annotations

from sipsim.message.message import Request
from sipsim.protocol.inspection import Refusal, refusal

OPTION = "sec-agree"

AGREEMENT_FIELDS = ("Security-Client", "Security-Verify")


def judge(request: Request, mechanisms: tuple[str, ...]) -> Refusal | None:
    """Why a request may not go on without an agreement on one of our mechanisms, None where it may (§2.3).

    A mechanism is a Security-Server value such as `ipsec-man;q=0.1`. ACK and CANCEL can't be refused, and are let go.
    """
    if request.method in ("ACK", "CANCEL"):
        return None
    if len(request.vias) > 1:
        return refusal(502, "this is not its first hop", rfc="RFC 3329 §2.3")
    offer = (*(("Security-Server", mechanism) for mechanism in mechanisms), ("Require", OPTION))
    if OPTION not in (*request.require, *request.proxy_require, *request.supported):
        return refusal(421, "nothing goes without an agreement", *offer, rfc="RFC 3329 §2.3")
    shown = [str(mechanism) for mechanism in request.security_verify]
    if shown != list(mechanisms) or OPTION not in request.require:
        return refusal(494, "our list has not come back unchanged", *offer, rfc="RFC 3329 §2.3")
    return None


def agreed(request: Request) -> Request:
    """What a proxy forwards once it agrees: what concerned the first hop only is taken away (§2.3.1)."""
    for field in ("Require", "Proxy-Require"):
        if request.has(field):
            left = [tag for tag in request.values(field) if tag != OPTION]
            request = request.with_header(field, ", ".join(left)) if left else request.without(field)
    for field in AGREEMENT_FIELDS:
        request = request.without(field)
    return request
