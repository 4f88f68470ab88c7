"""What the telephone network's ISUP says, in SIP's words, and the other way round: tables (RFC 3398)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sipsim.message.rare_fields import Parameterised, WarningValue

Parameters = Mapping[str, object]
"""What a message says, by name: "called", "cause" ..."""
NOTHING: Parameters = {}

CHANGED, REDIRECTED, UNSPECIFIED, ANOTHER_CIRCUIT = 22, 23, 31, 44

CALL = {
    "connection": "no satellite circuit, no continuity check", "forward": "no interworking, ISUP used all the way",
    "category": "ordinary subscriber",
}  # fmt: skip
"""What an IAM has to say besides the called number and the bearer (RFC 3398 §7.2.1.1)."""

CAUSES = {
    1: ("unallocated number", 404), 2: ("no route to network", 404), 3: ("no route to destination", 404),
    16: ("normal call clearing", 480), 17: ("user busy", 486), 18: ("no user responding", 408),
    19: ("no answer from the user", 480), 20: ("subscriber absent", 480), 21: ("call rejected", 403),
    22: ("number changed", 410), 23: ("redirection to new destination", 410), 25: ("exchange routing error", 500),
    26: ("non-selected user clearing", 404), 27: ("destination out of order", 502), 28: ("address incomplete", 484),
    29: ("facility rejected", 501), 31: ("normal, unspecified", 480), 34: ("no circuit available", 503),
    38: ("network out of order", 503), 41: ("temporary failure", 503), 42: ("switching equipment congestion", 503),
    44: ("requested circuit not available", 500), 47: ("resource unavailable", 503),
    55: ("incoming calls barred within CUG", 403),
    57: ("bearer capability not authorized", 403), 58: ("bearer capability not presently available", 503),
    63: ("service or option unavailable", 500), 65: ("bearer capability not implemented", 488),
    70: ("only restricted digital information", 488), 79: ("service or option not implemented", 501),
    87: ("user not member of CUG", 403), 88: ("incompatible destination", 503), 102: ("recovery on timer expiry", 504),
    111: ("protocol error", 500), 127: ("interworking, unspecified", 500),
}  # fmt: skip
"""By cause value: its name, and the status of an INVITE that ends by it (RFC 3398 §7.2.4.1).

16 usually becomes a BYE; where a response is due all the same it gets that of 31. After 44 another circuit is tried.
"""

STATUSES = {
    400: 41, 401: 21, 402: 21, 403: 21, 404: 1, 405: 63, 406: 79, 407: 21, 408: 102, 410: 22, 413: 127, 414: 127,
    415: 79, 416: 127, 420: 127, 421: 127, 423: 127, 480: 18, 481: 41, 482: 25, 483: 25, 484: 28, 485: 1, 486: 17,
    500: 41, 501: 79, 502: 38, 503: 41, 504: 102, 505: 127, 513: 127, 600: 17, 603: 21, 604: 1,
}  # fmt: skip
"""By the status of a final response: the cause of the REL (RFC 3398 §8.2.6.1)."""

HEARD = {
    "subscriber free": 180, "alerting": 180, "call forwarded": 181, "call forwarded, line busy": 181,
    "call forwarded, no reply": 181,
}  # fmt: skip
"""The provisional response for an ACM's called party status or a CPG's event; 183 for all others (RFC 3398 §7.2.9)."""

EVENTS = {180: "alerting", 181: "call forwarded"}
"""The event of a CPG for a provisional response; "progress" for all others (RFC 3398 §8.2.3)."""


def status_of(cause: int, said: Parameters = NOTHING) -> int:
    """The status of a final response for a cause: 500 for one that nobody knows (RFC 3398 §7.2.4.1).

    What else the REL has `said` counts too: it is 603 where it was the user who rejected, and 301 where the diagnostic
    has the number to which one that has changed was changed.
    """
    if cause == CHANGED and "diagnostic" in said:
        return 301
    return 603 if cause == 21 and said.get("location") == "user" else CAUSES.get(cause, ("", 500))[1]


def cause_of(status: int, warnings: Iterable[WarningValue] = ()) -> int:
    """The cause for a final response; 31, normal, for one that is not listed (RFC 3398 §8.2.6.1).

    With 488 and 606 the Warning says whether it was the speech that would not do: 65.
    """
    media = status in (488, 606) and any(304 <= warning.code <= 307 for warning in warnings)
    return 65 if media else STATUSES.get(status, UNSPECIFIED)


def reason(cause: int) -> str:
    """The cause as a Reason header field has it (RFC 3326 §2, RFC 6432)."""
    return f'Q.850;cause={cause};text="{name_of(cause)}"'


def cause_in(reasons: Iterable[Parameterised], otherwise: int) -> int:
    """The cause that somebody gave in a Reason header field, if it is one."""
    given = [one.param("cause") or "" for one in reasons if one.value.upper() == "Q.850"]
    return next((int(text) for text in given if text in map(str, range(1, 128))), otherwise)


def name_of(cause: int) -> str:
    """What a cause is called."""
    return CAUSES.get(cause, ("unknown cause", 0))[0]


def progress(parameters: Parameters) -> int:
    """The provisional response for an ACM or a CPG (RFC 3398 §7.2.5, §7.2.6, §7.2.9)."""
    return HEARD.get(str(parameters.get("status") or parameters.get("event")), 183)


def label(name: str, parameters: Parameters) -> str:
    """A message on its arrow: its name with what matters most of it, `REL 17 user busy`."""
    words = [str(parameters[key]) for key in ("called", "status", "event", "notification") if key in parameters]
    cause, new = parameters.get("cause"), f" to {parameters['diagnostic']}" if "diagnostic" in parameters else ""
    why = [f"{cause} {name_of(cause)}{new}"] if isinstance(cause, int) and not words else []
    return " ".join([name, *words, *why])
