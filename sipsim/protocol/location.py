"""The location service: which addresses a user is at just now (RFC 3261 §10).

A registrar writes it, proxies and redirect servers read it, and each may share it with others. Time is an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import ceil, inf
from typing import NamedTuple

from sipsim.errors import SipParseError, UsageError
from sipsim.message.fields import NameAddr
from sipsim.message.uri import Uri

DEFAULT_EXPIRES = 3600
"""Seconds that a binding lasts when the request names no other time (RFC 3261 §10.2)."""

NEVER = 2**32 - 1
"""What stands in `expires` for a binding without end: the largest value there is (RFC 3261 §20.19)."""

REMEMBERED = 120.0
"""Seconds for which a binding that is over is kept in mind, so that a REGISTER from before its end changes nothing."""


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

    def is_of(self, contact: Uri) -> bool:
        """Whether it is for this address, by the comparison rules (§10.3 step 7, §19.1.4)."""
        return self.contact == contact or self.contact.matches(contact)


class LocationService:
    """Bindings by address of record.

    `known` tells users for whom somebody has registered at some time from those nobody has heard of.
    """

    def __init__(self) -> None:
        self._bindings: dict[str, list[Binding]] = {}
        self._known: set[str] = set()
        self.on_add: list[Callable[[str, Binding], object]] = []
        """Who hears of a binding that was placed directly, and for whom (RFC 3680 §4.7.1: created)."""

    def __len__(self) -> int:
        return sum(1 for bindings in self._bindings.values() if bindings)

    def __repr__(self) -> str:
        return f"<LocationService of {len(self)} users>"

    def known(self, aor: str | Uri) -> bool:
        """Whether a binding was placed, or a REGISTER accepted, for this user at some time."""
        return aor_of(aor) in self._known

    def look_up(self, aor: str | Uri, now: float) -> tuple[Binding, ...]:
        """The bindings of a user that have not expired, the best liked first."""
        return alive(self._bindings.get(aor_of(aor), ()), now)

    def add(self, aor: str | Uri, contact: str | Uri, *, q: float = 1.0, expires_at: float = inf) -> None:
        """Place a binding directly, without a REGISTER; `UsageError` where an address is none."""
        key, binding = aor_of(aor), Binding(as_uri("contact", contact), q, expires_at, "", 0)
        self.commit(key, with_binding(self._bindings.get(key, ()), binding))
        for hears in self.on_add:
            hears(key, binding)

    def remembered(self, aor: str, now: float) -> list[Binding]:
        """All that is kept of a user: bindings that stand, and those that ended not long ago. A list to work on."""
        return [binding for binding in self._bindings.get(aor, ()) if binding.expires_at > now - REMEMBERED]

    def commit(self, aor: str, bindings: list[Binding]) -> None:
        """Let these be what is kept of a user from now on, all at once (§10.3 step 7)."""
        self._known.add(aor)
        self._bindings[aor] = bindings

    def holds(self, aor: str, binding: Binding) -> bool:
        """Whether exactly this binding is kept, unchanged since, expired or not."""
        return binding in self._bindings.get(aor, ())

    def clear(self) -> None:
        """Forget every binding and user, as a registrar without a store does when it crashes."""
        self._bindings.clear()
        self._known.clear()


def alive(bindings: Sequence[Binding], now: float) -> tuple[Binding, ...]:
    """Those that have not expired, the best liked first."""
    standing = [binding for binding in bindings if binding.expires_at > now]
    return tuple(sorted(standing, key=lambda binding: -binding.q)) if len(standing) > 1 else tuple(standing)


def with_binding(bindings: Sequence[Binding], new: Binding) -> list[Binding]:
    """A user's bindings with one more, in place of the one for the same address."""
    changed = list(bindings)
    for i, old in enumerate(changed):
        if old.is_of(new.contact):
            changed[i] = new
            return changed
    changed.append(new)
    return changed


def as_uri(name: str, text: str | Uri) -> Uri:
    """An address that a caller of ours gave; `UsageError`, which names the parameter, where it is none."""
    if isinstance(text, Uri):
        return text
    if not isinstance(text, str):
        raise UsageError(f"{name}: {text!r} is no URI; write it as sip:user@domain")
    try:
        return Uri.parse(text)
    except SipParseError as error:
        raise UsageError(f"{name}: {text!r} is no URI ({error.reason}); write it as sip:user@domain") from None


def as_contacts(contacts: Iterable[str | Uri]) -> tuple[NameAddr, ...]:
    """Contact values that a caller of ours gave, URIs or `<uri>;q=0.5`; `UsageError` for one that is none."""
    if isinstance(contacts, str):
        raise UsageError(f"contacts: {contacts!r} is one address; give a list of them")
    if not isinstance(contacts, Iterable):
        raise UsageError(f"contacts: {contacts!r} is no list of addresses")
    try:
        return tuple(NameAddr.parse(text if "<" in text else f"<{text}>") for text in map(str, contacts))
    except SipParseError as error:
        raise UsageError(f"contacts: {error.reason}; write one as sip:user@host, or <sip:user@host>;q=0.5") from None


def aor_of(address: str | Uri, name: str = "aor") -> str:
    """The canonical text of an address of record (§10.3 step 5); `name` is that of a parameter, for errors."""
    return as_uri(name, address).aor
