"""Who may log in at a server: HA1 by user name and algorithm, no passwords (RFC 7616 §5.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sipsim.errors import UsageError
from sipsim.protocol.digest import ALGORITHMS, Algorithm, check_account, ha1, require_algorithm

_HEX = re.compile(r"[0-9a-f]+", re.ASCII)


class Users:
    """The users of one realm. A password is made into HA1s at once and not kept; no repr shows either.

    Whoever has an HA1 can log in with it in this realm, so a store of them is to be guarded like passwords.
    """

    def __init__(self, realm: str, passwords: Mapping[str, str] | None = None) -> None:
        check_realm(realm)
        self.realm = realm
        self._ha1s: dict[str, dict[str, str]] = {}
        if passwords is not None and not isinstance(passwords, Mapping):
            raise UsageError(f"users: {type(passwords).__name__} will not do; give passwords by name, or Users")
        for username, password in (passwords or {}).items():
            self.add(username, password)

    def __contains__(self, username: object) -> bool:
        return username in self._ha1s

    def __len__(self) -> int:
        return len(self._ha1s)

    def __repr__(self) -> str:
        return f"<Users of {self.realm}: {len(self)}>"

    def add(self, username: str, password: str) -> None:
        """Take a user with a password, instead of what was known of this user.

        UsageError for a name with a colon and for CR, LF, NUL.
        """
        check_account(username, password)
        families = [algorithm for algorithm in ALGORITHMS.values() if not algorithm.session]
        self._ha1s[username] = {known.family: ha1(known, username, self.realm, password) for known in families}

    def add_ha1(self, username: str, algorithm: str, ha1: str) -> None:
        """Take a user's HA1 from a store, for an algorithm with and without -sess; others of this user stay.

        UsageError for an unknown algorithm and for what is no HA1 of it.
        """
        check_account(username, "")
        known = require_algorithm(algorithm)
        length = len(known.hash(b""))
        if len(ha1) != length or _HEX.fullmatch(ha1) is None:
            raise UsageError(f"ha1 for {known.family} is not {length} hexadecimal digits in lower case")
        self._ha1s.setdefault(username, {})[known.family] = ha1

    def remove(self, username: str) -> None:
        """Forget a user, known or not."""
        self._ha1s.pop(username, None)

    def ha1(self, username: str, algorithm: Algorithm) -> str | None:
        """What a user's digests are made of; None for an unknown user, or one without HA1 for this algorithm."""
        return self._ha1s.get(username, {}).get(algorithm.family)


def check_realm(realm: str) -> None:
    """UsageError for a realm that is empty or that no header field can hold."""
    if not realm or not realm.isprintable():
        raise UsageError(f"realm {realm!r} is empty or has control characters: a domain name is usual")
