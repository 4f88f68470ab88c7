"""The location service: which addresses a user is at just now (RFC 3261 §10.3).

A registrar writes it, proxies and redirect servers read it, and each may share it with others. Time is an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf
from typing import NamedTuple

from sipsim.errors import SipParseError, UsageError
from sipsim.message.fields import STAR, NameAddr
from sipsim.message.message import Request
from sipsim.message.uri import Uri

DEFAULT_EXPIRES = 3600
"""Seconds that a binding lasts when the request names no other time (RFC 3261 §10.2)."""


MOST_EXPIRES = 365 * 24 * 3600
"""The longest that a registrar of ours lets a binding last, in seconds; it may shorten what is asked (§10.3 step 7)."""

NEVER = 2**32 - 1
"""What stands in `expires` for a binding without end: the largest value there is (RFC 3261 §20.19)."""


class Binding(NamedTuple):
    """One address of a user: where, how much it is liked (q), until when, and which REGISTER said so."""

    contact: Uri
    q: float
    expires_at: float
    call_id: str
    cseq: int

    @property
    def field(self) -> str:
        """The binding as a Contact value."""
        return f"<{self.contact}>{'' if self.q == 1.0 else f';q={self.q:g}'}"

    def expiring_field(self, now: float) -> str:
        """The binding as a Contact value with the seconds that are left, rounded up (§10.3 step 8)."""
        left = NEVER if self.expires_at == inf else ceil(round(self.expires_at - now, 6))  # whole microseconds
        return f"{self.field};expires={left}"


class Change(NamedTuple):
    """What a REGISTER did to one binding: `action` is "add", "refresh" or "remove"."""

    action: str
    binding: Binding


class Answer(NamedTuple):
    """The registrar's answer: a status code, and with 200 the changes made and the bindings that stand now."""

    status: int
    changes: tuple[Change, ...] = ()
    bindings: tuple[Binding, ...] = ()


class LocationService:
    """Bindings by address of record.

    `known` tells users who have registered at some time from those nobody has heard of.
    """

    def __init__(self) -> None:
        self._bindings: dict[str, list[Binding]] = {}
        self._known: set[str] = set()

    def __len__(self) -> int:
        return len(self._bindings)

    def __repr__(self) -> str:
        return f"<LocationService of {len(self)} users>"

    def known(self, aor: str | Uri) -> bool:
        """Whether a user has had a binding at some time."""
        return aor_of(aor) in self._known

    def look_up(self, aor: str | Uri, now: float) -> tuple[Binding, ...]:
        """The bindings of a user that have not expired, the best liked first."""
        alive = [binding for binding in self._bindings.get(aor_of(aor), ()) if binding.expires_at > now]
        return tuple(sorted(alive, key=lambda binding: -binding.q)) if len(alive) > 1 else tuple(alive)

    def add(self, aor: str | Uri, contact: str | Uri, *, q: float = 1.0, expires_at: float = inf) -> None:
        """Place a binding directly, without a REGISTER; `UsageError` where an address is none."""
        self._put(aor_of(aor), Binding(as_uri("contact", contact), q, expires_at, "", 0))

    def clear(self) -> None:
        """Forget every binding and user, as a registrar without a store does when it crashes."""
        self._bindings.clear()
        self._known.clear()

    def register(self, request: Request, now: float) -> Answer:
        """Carry out a REGISTER, whole or not at all, as §10.3 says in its steps 6 to 8."""
        aor = request.to.uri.aor
        contacts = request.contacts
        self._sweep(aor, now)
        if any(contact is STAR for contact in contacts):
            if len(contacts) > 1 or request.expires != 0:
                return Answer(400)
            contacts = tuple(NameAddr("", binding.contact, ()) for binding in self.look_up(aor, now))
        wanted = [self._wanted(contact, request, now) for contact in contacts if isinstance(contact, NameAddr)]
        if any(self._is_late(aor, binding) for binding in wanted):
            return Answer(500)
        changes = tuple(self._change(aor, binding, now) for binding in wanted)
        return Answer(200, changes, self.look_up(aor, now))

    def _wanted(self, contact: NameAddr, request: Request, now: float) -> Binding:
        seconds = contact.expires if contact.expires is not None else request.expires
        expires_at = now + (DEFAULT_EXPIRES if seconds is None else min(seconds, MOST_EXPIRES))
        return Binding(contact.uri, contact.q, expires_at, request.call_id, request.cseq.number)

    def _is_late(self, aor: str, wanted: Binding) -> bool:
        """Whether a newer REGISTER of the same Call-ID has already spoken for this binding (step 7)."""
        old = self._find(aor, wanted.contact)
        return old is not None and old.call_id == wanted.call_id and old.cseq >= wanted.cseq

    def _change(self, aor: str, binding: Binding, now: float) -> Change:
        old = self._find(aor, binding.contact)
        if binding.expires_at <= now:
            if old is not None:
                self._bindings[aor].remove(old)
            return Change("remove", binding)
        self._put(aor, binding)
        return Change("refresh" if old is not None and old.expires_at > now else "add", binding)

    def _sweep(self, aor: str, now: float) -> None:
        """Drop a user's bindings that have expired."""
        if aor in self._bindings:
            self._bindings[aor] = [binding for binding in self._bindings[aor] if binding.expires_at > now]

    def _put(self, aor: str, binding: Binding) -> None:
        self._known.add(aor)
        bindings = self._bindings.setdefault(aor, [])
        for i, old in enumerate(bindings):
            if old.contact.matches(binding.contact):
                bindings[i] = binding
                return
        bindings.append(binding)

    def _find(self, aor: str, contact: Uri) -> Binding | None:
        for binding in self._bindings.get(aor, ()):
            if binding.contact.matches(contact):
                return binding
        return None


def as_uri(name: str, text: str | Uri) -> Uri:
    """An address that a caller of ours gave; `UsageError`, which names the parameter, where it is none."""
    if isinstance(text, Uri):
        return text
    try:
        return Uri.parse(text)
    except SipParseError as error:
        raise UsageError(f"{name}: {text!r} is no URI ({error.reason}); write it as sip:user@domain") from None


def aor_of(address: str | Uri) -> str:
    """The canonical text of an address of record (§10.3 step 5)."""
    return as_uri("aor", address).aor


def targets(bindings: Sequence[Binding]) -> list[Uri]:
    """The contacts of bindings as a target set (§16.5)."""
    return [binding.contact for binding in bindings]
