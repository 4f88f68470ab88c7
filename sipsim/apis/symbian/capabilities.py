"""What an application says that it can do, by which the stack chooses whom a request is for (S1, RFC 3841)."""

from __future__ import annotations

from dataclasses import dataclass

from sipsim.message.message import Request

PLATFORM = frozenset(("NetworkServices", "WriteDeviceData", "NetworkControl", "Location", "ReadDeviceData"))
"""The platform's capabilities that this API asks for."""


@dataclass(frozen=True, slots=True)
class Handles:
    """Methods (Allow), media types (Accept) and feature tags (Accept-Contact) of an application; empty: any."""

    methods: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    features: tuple[str, ...] = ()

    def score(self, request: Request) -> int | None:
        """How well a request fits, the more the better; None where it does not."""
        points = 0
        for known, asked in (
            (self.methods, request.method),
            (self.accept, (request.header("Content-Type") or "").partition(";")[0].strip()),
        ):
            if known and asked and asked not in known:
                return None
            points += bool(known and asked)
        wanted = [tag.strip() for text in request.values("Accept-Contact") for tag in text.split(";")[1:]]
        matching = sum(tag in self.features for tag in wanted)
        if "require" in wanted and matching < len([tag for tag in wanted if tag not in ("require", "explicit")]):
            return None
        return points + 2 * matching
