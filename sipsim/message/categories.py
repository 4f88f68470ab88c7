"""What a header field speaks of: the message, the request, the response, or the body (RFC 3261 §20, RFC 2543 §6).

RFC 3261 dropped the four words but kept the matter, in the column "where" of its tables 2 and 3.
"""

from __future__ import annotations

from typing import NamedTuple

from sipsim.message.codes import CANONICAL
from sipsim.message.names import fold

_ONLY_IN = {
    "request": """
        accept-contact authorization event identity identity-info in-reply-to join max-forwards
        priority proxy-authorization proxy-require rack refer-to referred-by
        reject-contact replaces request-disposition route security-client security-verify sip-if-match subject
        subscription-state target-dialog
    """,
    "response": """
        authentication-info error-info min-expires p-associated-uri proxy-authenticate retry-after rseq
        security-server server service-route sip-etag unsupported warning www-authenticate
    """,
    "entity": """
        content-disposition content-encoding content-language content-length content-type mime-version
    """,
}
CATEGORIES = dict.fromkeys(CANONICAL, "general") | {
    name: category for category, names in _ONLY_IN.items() for name in names.split()
}
"""Folded name -> request, response (where it stands in these alone), entity (it describes the body) or general."""


def category(name: str) -> str:
    """general, request, response or entity; "extension" for a name that is not in the table.

    Such a field is carried along as it is (RFC 3261 §7.3.1). UsageError when `name` is no token.
    """
    return CATEGORIES.get(fold(name), "extension")


class Header(NamedTuple):
    """One header line: the name as on the wire, and the value, unfolded and stripped."""

    name: str
    value: str

    @property
    def category(self) -> str:
        """general, request, response, entity or extension."""
        return category(self.name)
