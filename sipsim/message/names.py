"""Header field names: folded to look them up, spelled for the wire, both remembered (RFC 3261 §7.3.1, §7.3.3).

A folded name is lower case and long: `v`, `VIA` and `Via` fold to `via`. Folding works on octets, where lower case
is a matter of ASCII alone, and each spelling is folded once.
"""

from __future__ import annotations

import sys

from sipsim.errors import UsageError
from sipsim.message.codes import CANONICAL, COMPACT
from sipsim.message.grammar import is_token

MOST_REMEMBERED = 4096
"""Spellings that are kept; those that strangers invent beyond are folded afresh each time."""

FOLDED: dict[bytes, str] = {}
"""What stands before a colon on the wire -> folded name. Filled as spellings are met."""

_NAMED: dict[str, tuple[str, bytes]] = {}


def fold_octets(raw: bytes) -> str | None:
    """The folded name for what stands before a colon; None when that is no name."""
    name = raw.rstrip(b" \t").lower().decode("latin-1")
    if not is_token(name):
        return None
    folded = sys.intern(COMPACT.get(name, name))
    if len(FOLDED) < MOST_REMEMBERED:
        FOLDED[raw] = folded
    return folded


def named(name: str) -> tuple[str, bytes]:
    """(folded name, `Name: ` as we write it); UsageError when `name` is no token."""
    known = _NAMED.get(name)
    if known is not None:
        return known
    if not is_token(name):
        raise UsageError(f"name {name!r} is no header field name: letters, digits and -.!%*_+`'~ are allowed")
    folded = sys.intern(COMPACT.get(name.lower(), name.lower()))
    known = folded, f"{CANONICAL.get(folded, name)}: ".encode()
    if len(_NAMED) < MOST_REMEMBERED:
        _NAMED[name] = known
    return known


def fold(name: str) -> str:
    """The folded name for a name in any spelling; UsageError when it is no token."""
    known = _NAMED.get(name)
    return known[0] if known is not None else named(name)[0]


for _name in [*CANONICAL.values(), *COMPACT, *[name.upper() for name in COMPACT]]:
    fold_octets(_name.encode())
