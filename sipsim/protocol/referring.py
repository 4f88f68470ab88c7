"""References: what a REFER asks for, and whether it may (RFC 3515 §2.4, RFC 3892, RFC 4488)."""

from __future__ import annotations

from urllib.parse import quote

from sipsim.message.fields import NameAddr
from sipsim.message.message import Request, Response
from sipsim.message.rare_fields import Parameterised
from sipsim.message.session_fields import Replaces
from sipsim.message.uri import SIP_SCHEMES, Uri
from sipsim.protocol.inspection import Fields, Refusal, refusal

LASTS = 60
"""Seconds that the subscription of a REFER is said to last; refreshed until the outcome ends it (RFC 3515 §3.4)."""

NO_CONTACT = refusal(400, "no Contact to notify", rfc="RFC 3515 §2.2")


def reference_in(request: Request) -> Uri | Refusal:
    """Whom a REFER speaks of, or what is wrong with it: there is exactly one Refer-To (RFC 3515 §2.4.2)."""
    count = request.names.count("refer-to")
    if count != 1 or request.refer_to is None:
        return refusal(400, f"{count} Refer-To, and not one", rfc="RFC 3515 §2.4.2")
    uri = request.refer_to.uri
    if uri.scheme not in SIP_SCHEMES:
        return refusal(400, "Refer-To with no SIP URI", rfc="RFC 3515 §2.4.2")
    if (uri.param("method") or "INVITE").upper() != "INVITE":
        return refusal(403, "nothing but calls is made for others here", rfc="RFC 3515 §2.4.2")
    return uri


def wants_no_subscription(message: Request | Response) -> bool:
    """Whether a REFER asks for no subscription, or its 2xx grants that (RFC 4488 §4)."""
    return "refer-sub" in message.names and (message.refer_sub or "").partition(";")[0].strip().lower() == "false"


def refer_event(number: int | None = None) -> Parameterised:
    """The event of a reference; `number` is the CSeq of the second and later REFERs of a dialog (RFC 3515 §2.4.6)."""
    return Parameterised("refer", () if number is None else (("id", str(number)),))


def asking(target: Uri, by: Uri, subscribes: bool) -> Fields:
    """What a REFER says (RFC 3515 §2.1, RFC 3892 §3, RFC 4488 §4)."""
    fields = (("Refer-To", f"<{target}>"), ("Referred-By", str(NameAddr("", by))))
    return fields if subscribes else (*fields, ("Refer-Sub", "false"), ("Supported", "norefersub"))


def replacing(target: Uri, replaces: Replaces) -> Uri:
    """The URI whose INVITE takes the place of a call (RFC 3891 §4, RFC 5359 §2.5)."""
    return target.with_(headers=(("Replaces", quote(str(replaces), safe="")), ("Require", "replaces")))


def call_fields(request: Request, target: Uri) -> Fields:
    """What the call says that follows a REFER: who asked for it, and that it needs Replaces (RFC 3892 §2.2)."""
    asked = {name.lower(): value.lower() for name, value in target.headers}
    fields: Fields = ()
    if "replaces" in asked and asked.get("require") == "replaces":
        fields = (("Require", "replaces"),)
    if "referred-by" in request.names and request.referred_by is not None:
        fields = (*fields, ("Referred-By", str(request.referred_by)))
    return fields
