"""How many messages wait for somebody: new and old, urgent ones in brackets (RFC 3842 §5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from sipsim.errors import SipParseError
from sipsim.message.event_body import LARGEST, Body

_COUNT = re.compile(
    r"([A-Za-z-]+)-Message:\s*(\d{1,9})\s*/\s*(\d{1,9})(?:\s*\(\s*(\d{1,9})\s*/\s*(\d{1,9})\s*\))?\s*", re.A
)


@dataclass(frozen=True)
class Waiting:
    """The messages of one kind, "voice" for one: new and old, and how many of them are urgent."""

    kind: str = "voice"
    new: int = 0
    old: int = 0
    urgent: tuple[int, int] | None = None


@dataclass(frozen=True)
class MessageSummary:
    """The messages that wait for `account`, a URI, by kind."""

    account: str = ""
    counts: tuple[Waiting, ...] = ()
    content_type: ClassVar[str] = "application/simple-message-summary"

    @property
    def waiting(self) -> bool:
        """Whether there is anything new."""
        return any(one.new for one in self.counts)

    @property
    def body(self) -> Body:
        """The text, the same octets for the same messages."""
        lines = [f"Messages-Waiting: {'yes' if self.waiting else 'no'}"]
        lines += [f"Message-Account: {self.account}"] * bool(self.account)
        for one in self.counts:
            urgent = "" if one.urgent is None else f" ({one.urgent[0]}/{one.urgent[1]})"
            lines.append(f"{one.kind.capitalize()}-Message: {one.new}/{one.old}{urgent}")
        return Body("".join([f"{line}\r\n" for line in lines]).encode(), self.content_type)

    @classmethod
    def read(cls, data: bytes) -> MessageSummary:
        """The messages that a text tells of; SipParseError where it is no summary."""
        if len(data) > LARGEST:
            raise SipParseError(f"a summary of {len(data)} octets", 513)
        lines = data.decode("utf-8", "replace").splitlines()
        if not lines or re.fullmatch(r"Messages-Waiting:\s*(yes|no)\s*", lines[0], re.IGNORECASE) is None:
            raise SipParseError("no Messages-Waiting", 400)
        account, counts = "", []
        for line in lines[1:]:
            if (found := _COUNT.fullmatch(line)) is not None:
                urgent = None if found[4] is None else (int(found[4]), int(found[5]))
                counts.append(Waiting(found[1].lower(), int(found[2]), int(found[3]), urgent))
            elif line.lower().startswith("message-account:"):
                account = line.partition(":")[2].strip()
        return cls(account, tuple(counts))
