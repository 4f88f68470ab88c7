"""Tables of words: methods, reason phrases, header field names, their compact forms, which of them hold lists.

From RFC 3261 §§7.3.3, 20 and 21, and from the registry for the extensions that this package knows.
"""

from __future__ import annotations

METHODS = (
    *("INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS"),
    *("PRACK", "UPDATE", "INFO", "SUBSCRIBE", "NOTIFY", "REFER", "MESSAGE", "PUBLISH"),
)
"""The six of RFC 3261, then those of RFC 3262, 3311, 6086, 6665, 3515, 3428 and 3903."""

_REASONS = """
    100 Trying|180 Ringing|181 Call Is Being Forwarded|182 Queued|183 Session Progress|199 Early Dialog Terminated
    200 OK|202 Accepted|204 No Notification
    300 Multiple Choices|301 Moved Permanently|302 Moved Temporarily|305 Use Proxy|380 Alternative Service
    400 Bad Request|401 Unauthorized|402 Payment Required|403 Forbidden|404 Not Found|405 Method Not Allowed
    406 Not Acceptable|407 Proxy Authentication Required|408 Request Timeout|410 Gone
    412 Conditional Request Failed|413 Request Entity Too Large|414 Request-URI Too Long
    415 Unsupported Media Type|416 Unsupported URI Scheme|417 Unknown Resource-Priority|420 Bad Extension
    421 Extension Required|422 Session Interval Too Small|423 Interval Too Brief|424 Bad Location Information
    428 Use Identity Header|429 Provide Referrer Identity|430 Flow Failed|433 Anonymity Disallowed
    436 Bad Identity-Info|437 Unsupported Certificate|438 Invalid Identity Header
    439 First Hop Lacks Outbound Support|440 Max-Breadth Exceeded|469 Bad Info Package|470 Consent Needed
    480 Temporarily Unavailable|481 Call/Transaction Does Not Exist|482 Loop Detected|483 Too Many Hops
    484 Address Incomplete|485 Ambiguous|486 Busy Here|487 Request Terminated|488 Not Acceptable Here
    489 Bad Event|491 Request Pending|493 Undecipherable|494 Security Agreement Required
    500 Server Internal Error|501 Not Implemented|502 Bad Gateway|503 Service Unavailable|504 Server Time-out
    505 Version Not Supported|513 Message Too Large|555 Push Notification Service Not Supported
    580 Precondition Failure
    600 Busy Everywhere|603 Decline|604 Does Not Exist Anywhere|606 Not Acceptable|607 Unwanted|608 Rejected
"""
REASONS = {
    int(entry[:3]): entry[4:] for line in _REASONS.strip().splitlines() for entry in line.strip().split("|")
}
"""Status code -> the phrase that its RFC gives it."""


def reason_phrase(status: int) -> str:
    """The phrase for a status code; an unknown code counts as the x00 of its class (RFC 3261 §8.1.3.2)."""
    return REASONS.get(status) or REASONS.get(status // 100 * 100, "Unknown")


_SPELLINGS = """
    Accept Accept-Contact Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Authentication-Info
    Authorization Call-ID Call-Info Contact Content-Disposition Content-Encoding Content-Language
    Content-Length Content-Type CSeq Date Diversion Error-Info Event Expires From History-Info Identity
    Identity-Info In-Reply-To Join Max-Forwards MIME-Version Min-Expires Min-SE Organization
    P-Asserted-Identity P-Preferred-Identity Path Priority Privacy Proxy-Authenticate Proxy-Authorization
    Proxy-Require RAck Reason Record-Route Refer-Sub Refer-To Referred-By Reject-Contact Replaces Reply-To
    Request-Disposition Require Retry-After Route RSeq Security-Client Security-Server Security-Verify Server
    Service-Route Session-Expires SIP-ETag SIP-If-Match Subject Subscription-State Supported Target-Dialog
    Timestamp To Unsupported User-Agent Via Warning WWW-Authenticate
"""
CANONICAL = {name.lower(): name for name in _SPELLINGS.split()}
"""Folded name -> the spelling that we send."""

_COMPACT = """
    a:accept-contact b:referred-by c:content-type d:request-disposition e:content-encoding f:from i:call-id
    j:reject-contact k:supported l:content-length m:contact n:identity-info o:event r:refer-to s:subject t:to
    u:allow-events v:via x:session-expires y:identity
"""
COMPACT = {entry[0]: entry[2:] for entry in _COMPACT.split()}
"""One-letter name -> folded long name."""

_LISTS = """
    accept accept-contact accept-encoding accept-language alert-info allow allow-events call-info contact
    content-encoding content-language diversion error-info history-info in-reply-to p-asserted-identity
    p-preferred-identity path proxy-require reason record-route reject-contact require route security-client
    security-server security-verify service-route supported unsupported via warning
"""
LIST_HEADERS = frozenset(_LISTS.split())
"""Folded names of the fields whose value is a comma list, on one line or on several (RFC 3261 §7.3.1)."""
