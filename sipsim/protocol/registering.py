"""What a registrar decides about a REGISTER: RFC 3261 §10.3, steps 6 to 8, as functions of request, table and time."""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple

from sipsim.errors import UsageError
from sipsim.message.fields import STAR, NameAddr
from sipsim.message.message import Request
from sipsim.message.uri import Uri
from sipsim.protocol.location import DEFAULT_EXPIRES, NEVER, Binding, LocationService, alive, with_binding
from sipsim.protocol.options import whole

ONE_HOUR = 3600
"""Seconds: an interval as long as this, or longer, is never too brief (§10.3 step 7)."""


class Limits(NamedTuple):
    """What a registrar grants, in seconds: when nothing is asked for, at least, at most; and how many per user.

    What is shorter than `min_expires`, and than an hour, is refused with 423; what is longer than `max_expires`
    (a year) is shortened. 4294967295 seconds are without end.
    """

    default_expires: int = DEFAULT_EXPIRES
    min_expires: int = 0
    max_expires: int = 365 * 24 * 3600
    most_bindings: int = 100

    @classmethod
    def of(cls, **chosen: Any) -> Limits:
        """These limits, the others as usual; `UsageError` for an unknown name and for a value out of range."""
        for name, value in chosen.items():
            if name not in cls._fields:
                raise UsageError(f"{name}: is no limit of a registrar; allowed are {', '.join(cls._fields)}")
            whole(name, value)
        limits = cls(**chosen)
        whole("most_bindings", limits.most_bindings, 1)
        if limits.max_expires < max(1, limits.min_expires):
            raise UsageError(f"max_expires: {limits.max_expires} is less than 1, or than min_expires")
        # whoever names no time is granted one, whatever the limits (§10.2.8)
        whole("default_expires", limits.default_expires, max(1, min(limits.min_expires, ONE_HOUR)))
        return limits


USUAL = Limits()


class Change(NamedTuple):
    """What a REGISTER did to one binding: `action` is "add", "refresh" or "remove", `before` what stood there."""

    action: str
    binding: Binding
    before: Binding | None = None


class Answer(NamedTuple):
    """The registrar's answer: a status code; with 200 what changed, and what stands now; else why not."""

    status: int
    changes: tuple[Change, ...] = ()
    bindings: tuple[Binding, ...] = ()
    why: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def register(location: LocationService, request: Request, now: float, limits: Limits = USUAL) -> Answer:
    """Carry out a REGISTER, whole or not at all."""
    aor = request.to.uri.aor
    if not request.has("contact"):
        return Answer(200, bindings=location.look_up(aor, now))
    table = location.remembered(aor, now)
    if len(request.contacts) > limits.most_bindings:
        return Answer(500, why=f"more than {limits.most_bindings} contacts at once")
    if any(contact is STAR for contact in request.contacts):
        if len(request.contacts) > 1 or request.expires != 0:
            return Answer(400, why="Contact * does not stand alone, or without Expires: 0")
        wanted = _removals(table, request, now)
    else:
        wanted = [_wanted(contact, request, now, limits) for contact in request.contacts]
        if any(_too_brief(binding.expires_at - now, limits) for binding in wanted):
            least = limits.min_expires
            return Answer(423, why=f"less than {least} s are asked for", headers=(("Min-Expires", str(least)),))
    return _carried_out(location, aor, table, wanted, now, limits)


def _wanted(contact: NameAddr, request: Request, now: float, limits: Limits) -> Binding:
    """What one Contact value asks for; `SipParseError` for a q that is none."""
    seconds = contact.expires if contact.expires is not None else request.expires
    granted = min(limits.default_expires if seconds is None else seconds, limits.max_expires)
    until = inf if granted == NEVER else now + granted
    return Binding(contact.uri, contact.q, until, request.call_id, request.cseq.number)


def _removals(table: list[Binding], request: Request, now: float) -> list[Binding]:
    """The end of every binding; a star of the Call-ID, over as well, keeps in mind when that was asked for."""
    star = Binding(Uri("*", opaque=request.call_id), 1.0, now, request.call_id, request.cseq.number)
    return [star._replace(contact=binding.contact) for binding in alive(table, now)] + [star]


def _too_brief(seconds: float, limits: Limits) -> bool:
    return 0 < round(seconds, 6) < min(limits.min_expires, ONE_HOUR)


def _carried_out(
    location: LocationService, aor: str, table: list[Binding], wanted: list[Binding], now: float, limits: Limits
) -> Answer:
    """Change a copy of the table, and commit it if every change can be made (step 7)."""
    after, changes = table, []
    for binding in wanted:
        if _is_late(table, binding):
            return Answer(500, why=f"CSeq {binding.cseq} came after a later one of the same Call-ID")
        after = with_binding(after, binding)
        if binding.contact.scheme != "*":
            changes.append(_change(table, binding, now))
    standing = alive(after, now)
    if len(standing) > limits.most_bindings and any(change.action == "add" for change in changes):
        return Answer(500, why=f"more than {limits.most_bindings} bindings of one user")
    if len(after) > 2 * limits.most_bindings:  # nobody's memory is endless
        over = [binding for binding in after if binding.expires_at <= now]
        after = [*standing, *over[-limits.most_bindings :]]
    location.commit(aor, after)
    return Answer(200, tuple(changes), standing)


def _is_late(table: list[Binding], wanted: Binding) -> bool:
    """Whether a REGISTER of the same Call-ID, not older than this one, has spoken for the address, or for all."""
    return any(
        known.call_id == wanted.call_id
        and known.cseq >= wanted.cseq
        and (known.contact.scheme == "*" or known.is_of(wanted.contact))
        for known in table
    )


def _change(table: list[Binding], binding: Binding, now: float) -> Change:
    before = next((known for known in table if known.is_of(binding.contact)), None)
    if binding.expires_at <= now:
        return Change("remove", binding, before)
    return Change("refresh" if before is not None and before.expires_at > now else "add", binding, before)
