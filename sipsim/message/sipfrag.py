"""A piece of a SIP message as a body: what came of a reference, as a status line (RFC 3420, RFC 3515 §2.4.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from sipsim.errors import SipParseError
from sipsim.message.codes import reason_phrase
from sipsim.message.event_body import Body

_STATUS = re.compile(rb"SIP/2\.0 ([1-6][0-9]{2}) ([^\r\n\0]*)")


@dataclass(frozen=True)
class Fragment:
    """The status line that begins a fragment."""

    status: int
    reason: str = ""
    content_type: ClassVar[str] = "message/sipfrag;version=2.0"

    @property
    def body(self) -> Body:
        """As it stands in a NOTIFY."""
        reason = self.reason or reason_phrase(self.status)
        return Body(f"SIP/2.0 {self.status} {reason}\r\n".encode(), self.content_type)

    @classmethod
    def read(cls, data: bytes) -> Fragment:
        """The status line of a fragment; SipParseError where it does not begin with one (RFC 3515 §2.4.5)."""
        found = _STATUS.match(data)
        if found is None:
            raise SipParseError("a fragment without a status line", 400)
        return cls(int(found[1]), found[2].decode("utf-8", "replace"))
