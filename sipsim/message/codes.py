"""Tables of words: methods, status codes, header field names, their compact forms, which of them hold lists.

From RFC 3261 §§7.3.3, 20 and 21, and from the registry for the extensions that this package knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

METHODS = (
    *("INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS"),
    *("PRACK", "UPDATE", "INFO", "SUBSCRIBE", "NOTIFY", "REFER", "MESSAGE", "PUBLISH"),
)
"""The six of RFC 3261, then those of RFC 3262, 3311, 6086, 6665, 3515, 3428 and 3903."""

_RFC_3261 = """
    100 Trying|180 Ringing|181 Call Is Being Forwarded|182 Queued|183 Session Progress
    200 OK
    300 Multiple Choices|301 Moved Permanently|302 Moved Temporarily|305 Use Proxy|380 Alternative Service
    400 Bad Request|401 Unauthorized|402 Payment Required|403 Forbidden|404 Not Found|405 Method Not Allowed
    406 Not Acceptable|407 Proxy Authentication Required|408 Request Timeout|410 Gone
    413 Request Entity Too Large|414 Request-URI Too Long|415 Unsupported Media Type|416 Unsupported URI Scheme
    420 Bad Extension|421 Extension Required|423 Interval Too Brief|480 Temporarily Unavailable
    481 Call/Transaction Does Not Exist|482 Loop Detected|483 Too Many Hops|484 Address Incomplete|485 Ambiguous
    486 Busy Here|487 Request Terminated|488 Not Acceptable Here|491 Request Pending|493 Undecipherable
    500 Server Internal Error|501 Not Implemented|502 Bad Gateway|503 Service Unavailable|504 Server Time-out
    505 Version Not Supported|513 Message Too Large
    600 Busy Everywhere|603 Decline|604 Does Not Exist Anywhere|606 Not Acceptable
"""
"""Every code of RFC 3261 §21, in its order: the n-th of class c stands in §21.c.n."""

_EXTENSIONS = """
    199 Early Dialog Terminated|RFC 6228 §11.1
    202 Accepted|RFC 6665 §8.3.1
    204 No Notification|RFC 5839
    412 Conditional Request Failed|RFC 3903 §11.2.1
    417 Unknown Resource-Priority|RFC 4412 §12.4
    422 Session Interval Too Small|RFC 4028 §6
    424 Bad Location Information|RFC 6442 §4.3
    428 Use Identity Header|RFC 8224
    429 Provide Referrer Identity|RFC 3892 §5
    430 Flow Failed|RFC 5626 §11.5
    433 Anonymity Disallowed|RFC 5079
    436 Bad Identity-Info|RFC 8224
    437 Unsupported Certificate|RFC 8224
    438 Invalid Identity Header|RFC 8224
    439 First Hop Lacks Outbound Support|RFC 5626 §11.6
    440 Max-Breadth Exceeded|RFC 5393 §6.2
    469 Bad Info Package|RFC 6086 §11.6
    470 Consent Needed|RFC 5360
    489 Bad Event|RFC 6665 §8.3.2
    494 Security Agreement Required|RFC 3329 §2.3.1
    555 Push Notification Service Not Supported|RFC 8599 §8.1
    580 Precondition Failure|RFC 3312
    607 Unwanted|RFC 8197
    608 Rejected|RFC 8688
"""

CLASSES = ("provisional", "success", "redirection", "client error", "server error", "global failure")
"""The classes of status codes, 1xx to 6xx (RFC 3261 §7.2)."""

_ALIASES = {500: "Internal Server Error"}
"""Phrases that are in use beside the RFC's."""


class Code(NamedTuple):
    """A status code: its phrase, where it is defined, and another phrase that is met for it, None for most."""

    status: int
    phrase: str
    section: str
    alias: str | None = None

    @property
    def kind(self) -> str:
        """Its class in words, one of CLASSES."""
        return CLASSES[self.status // 100 - 1]


def _codes() -> Iterator[Code]:
    places = [0] * 7
    for entry in _RFC_3261.strip().replace("\n", "|").split("|"):
        status, _, phrase = entry.strip().partition(" ")
        kind = int(status[0])
        places[kind] += 1
        yield Code(int(status), phrase, f"RFC 3261 §21.{kind}.{places[kind]}", _ALIASES.get(int(status)))
    for line in _EXTENSIONS.strip().splitlines():
        entry, _, section = line.strip().partition("|")
        yield Code(int(entry[:3]), entry[4:], section)


CODES = {code.status: code for code in sorted(_codes())}
"""Status code -> what is known of it, in the order of the codes."""

REASONS = {status: code.phrase for status, code in CODES.items()}
"""Status code -> the phrase that its RFC gives it. It is for people: nothing may depend on it (RFC 3261 §7.2)."""


def equivalent(status: int) -> int:
    """The known code that a code is to be taken for: itself, else 183, or the x00 of its class (RFC 3261 §8.1.3.2)."""
    if status in CODES:
        return status
    return 183 if status < 200 else status // 100 * 100


def reason_phrase(status: int) -> str:
    """The phrase for a status code from 100 to 699; an unknown code has that of its `equivalent`."""
    return REASONS[equivalent(status)]


_SPELLINGS = """
    Accept Accept-Contact Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Authentication-Info
    Authorization Call-ID Call-Info Contact Content-Disposition Content-Encoding Content-Language
    Content-Length Content-Type CSeq Date Diversion Error-Info Event Expires From History-Info Identity
    Identity-Info Info-Package In-Reply-To Join Max-Forwards MIME-Version Min-Expires Min-SE Organization
    P-Access-Network-Info P-Asserted-Identity P-Associated-URI P-Preferred-Identity Path Priority Privacy
    Proxy-Authenticate Proxy-Authorization Proxy-Require RAck Reason Record-Route Recv-Info Refer-Sub Refer-To
    Referred-By Reject-Contact Replaces Reply-To Request-Disposition Require Retry-After Route RSeq
    Security-Client Security-Server Security-Verify Server Service-Route Session-Expires SIP-ETag
    SIP-If-Match Subject Subscription-State Supported Target-Dialog Timestamp To Unsupported User-Agent Via
    Warning WWW-Authenticate
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
    content-encoding content-language diversion error-info history-info in-reply-to p-access-network-info
    p-asserted-identity p-associated-uri p-preferred-identity path proxy-require reason record-route recv-info
    reject-contact require route security-client security-server security-verify service-route supported
    unsupported via warning
"""
LIST_HEADERS = frozenset(_LISTS.split())
"""Folded names of the fields whose value is a comma list, on one line or on several (RFC 3261 §7.3.1)."""
