"""How long a session lasts unless somebody refreshes it: who asks for what, and what comes of it (RFC 4028)."""

from __future__ import annotations

from typing import NamedTuple

from sipsim.message.message import Message, Request, Response
from sipsim.protocol.inspection import Fields, Refusal, refusal

TAG = "timer"
"""The option tag."""

LEAST = 90
"""Seconds that a session is given at least (§4)."""


class Terms(NamedTuple):
    """What one end has agreed to: after so many seconds the session is over, and whether it is to refresh it.

    `least` is the Min-SE of later requests, 0 for none.
    """

    seconds: int
    refreshes: bool
    least: int = 0

    @property
    def gives_up(self) -> float:
        """Seconds after which the session is ended where no refresh came: a little early (§10)."""
        return self.seconds - min(32.0, self.seconds / 3)


def knowing(request: Request) -> Request:
    """A request of somebody who knows session timers, and says so in each but an ACK (§7.1)."""
    known = request.supported
    return request if TAG in known else request.with_header("Supported", ", ".join([*known, TAG]))


def asked(seconds: int | None, least: int | None, refresher: str | None) -> Fields:
    """What a first INVITE asks for (§7.1)."""
    fields: list[tuple[str, str]] = []
    if seconds is not None:
        fields.append(("Session-Expires", f"{seconds};refresher={refresher}" if refresher else str(seconds)))
    if least is not None and least > LEAST:
        fields.append(("Min-SE", str(least)))
    return tuple(fields)


def too_small(request: Request, least: int) -> Refusal | None:
    """The refusal of a session interval below what is taken here, of a client that can do something about it (§9)."""
    if "session-expires" not in request.names or request.session_expires is None:
        return None
    if request.session_expires.seconds >= least or TAG not in request.supported:
        return None
    return refusal(422, f"a session interval below {least} s", ("Min-SE", str(least)), rfc="RFC 4028 §9")


def granted(request: Request, seconds: int | None, least: int) -> tuple[Fields, Terms] | None:
    """What a server's 2xx says, and what it means to the server; None for no timer (§9, table 2).

    `seconds` is what it would like itself, `least` what it takes.
    """
    wanted = request.session_expires if "session-expires" in request.names else None
    if wanted is None and seconds is None:
        return None
    floor = max(least, LEAST, request.min_se or 0 if "min-se" in request.names else 0)
    time = max(min([one for one in (wanted and wanted.seconds, seconds) if one is not None]), floor)
    knows = TAG in request.supported
    refresher = ((wanted and wanted.refresher) or "uac") if knows else "uas"
    fields: list[tuple[str, str]] = [("Session-Expires", f"{time};refresher={refresher}")]
    if refresher == "uac":
        fields.append(("Require", TAG))
    return tuple(fields), Terms(time, refresher == "uas", floor if floor > LEAST else 0)


def accepted(request: Request, response: Response) -> Terms | None:
    """What a 2xx means to the client, None for a session without a timer (§7.2)."""
    found = response.session_expires if "session-expires" in response.names else None
    if found is None:
        return None
    least = request.min_se or 0 if "min-se" in request.names else 0
    return Terms(found.seconds, found.refresher != "uas", least)


def refreshing(terms: Terms) -> Fields:
    """What a request says that refreshes the session, the roles staying as they are (§7.4)."""
    fields = [
        ("Supported", TAG),
        ("Session-Expires", f"{terms.seconds};refresher={'uac' if terms.refreshes else 'uas'}"),
    ]
    return (*fields, *([("Min-SE", str(terms.least))] if terms.least else []))


def raised(request: Request, response: Response) -> Request | None:
    """The request after a 422: at least what its Min-SE says, None where that says nothing (§7.3)."""
    if "min-se" not in response.names:
        return None
    own = request.min_se or 0 if "min-se" in request.names else 0
    least = max(own, response.min_se or 0)
    wanted = request.session_expires if "session-expires" in request.names else None
    if wanted is None or wanted.seconds >= least:
        return None
    longer = wanted._replace(seconds=least)
    return request.with_header("Session-Expires", str(longer)).with_header("Min-SE", str(least))


def knows_update(message: Message) -> bool:
    """Whether the sender says that it knows UPDATE."""
    return "allow" in message.names and "UPDATE" in message.allow
