"""The arithmetic of digest authentication: HA1, HA2 and the response that is made of them (RFC 7616 §3.4).

    HA1 = H(username:realm:password)         what a server may store instead of a password
    HA2 = H(method:uri) or H(method:uri:H(body))
    response = H(HA1:nonce:nc:cnonce:qop:HA2) or, in the form of RFC 2069, H(HA1:nonce:HA2)

An algorithm whose name ends in -sess puts nonce and cnonce into HA1 as well. SHA-512-256 is there where `hashlib` has
it.

    >>> md5 = find_algorithm("MD5")
    >>> one = ha1(md5, "bob", "biloxi.com", "zanzibar")
    >>> two = ha2(md5, "INVITE", "sip:bob@biloxi.com")
    >>> digest(md5, one, two, "dcd98b7102dd2f0e8b11d0f600bfb0c093")
    'bf57e4e0d0bffc0fbaedce64d59add5e'
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from sipsim.errors import UsageError
from sipsim.message.auth import Credentials
from sipsim.message.grammar import encode

_HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


class Algorithm(NamedTuple):
    """A digest algorithm (RFC 7616 §3.3, RFC 8760 §2.1).

    `name` is what the header fields say, `family` the same without -sess: HA1 is stored by family. `session` tells
    whether nonce and cnonce are in HA1.
    """

    name: str
    family: str
    session: bool

    def hash(self, data: str | bytes) -> str:
        """H(data) in lower-case hexadecimal digits; text counts as the octets that it has on the wire."""
        octets = data if isinstance(data, bytes) else data.encode("utf-8", "surrogateescape")
        return hashlib.new(_HASHES[self.family], octets, usedforsecurity=False).hexdigest()


ALGORITHMS = {
    name.lower(): Algorithm(name, family, name != family)
    for family, known in _HASHES.items()
    if known in hashlib.algorithms_available
    for name in (family, f"{family}-sess")
}
"""Name in lower case -> algorithm, for all that this Python can compute."""


def find_algorithm(name: str | None) -> Algorithm | None:
    """The algorithm that a header field names, in any case; None for one that we lack. No name means MD5."""
    return ALGORITHMS.get("md5" if name is None else name.lower())


def require_algorithm(name: str) -> Algorithm:
    """The algorithm of this name, for callers who ask for one; UsageError for one that we lack."""
    found = find_algorithm(name)
    if found is None:
        known = ", ".join([known.name for known in ALGORITHMS.values()])
        raise UsageError(f"algorithm {name!r} is not known here: one of {known}")
    return found


def check_account(username: str, password: str) -> None:
    """UsageError for what no header field or HA1 can hold; it doesn't show the password.

    A colon in a user name could be taken for the one that ends it (RFC 7616 §4).
    """
    for what, text in (("username", username), ("password", password)):
        if not isinstance(text, str):
            raise UsageError(f"{what} is no text")
        try:
            encode(text)
        except UsageError:
            raise UsageError(f"{what} has CR, LF, NUL or a lone surrogate: it has to be one line of text") from None
    if ":" in username:
        raise UsageError(f"username {username!r} has a colon: any other character is allowed")


def ha1(algorithm: Algorithm, username: str, realm: str, password: str) -> str:
    """H(A1) without the session's part (RFC 7616 §3.4.2): what may be stored instead of the password."""
    return algorithm.hash(f"{username}:{realm}:{password}")


def session_ha1(algorithm: Algorithm, stored: str, nonce: str, cnonce: str) -> str:
    """H(A1) of a -sess algorithm, from the HA1 that is stored (RFC 7616 §3.4.2)."""
    return algorithm.hash(f"{stored}:{nonce}:{cnonce}")


def ha2(algorithm: Algorithm, method: str, uri: str, qop: str | None = None, body: bytes = b"") -> str:
    """H(A2) (RFC 7616 §3.4.3); no body counts as an empty one (RFC 3261 §22.4 item 7).

    For the rspauth of a server, which says nothing of the method, `method` is "" (RFC 7616 §3.5).
    """
    if qop is not None and qop.lower() == "auth-int":
        return algorithm.hash(f"{method}:{uri}:{algorithm.hash(body)}")
    return algorithm.hash(f"{method}:{uri}")


def digest(algorithm: Algorithm, one: str, two: str, nonce: str, nc: str = "", cnonce: str = "", qop: str = "") -> str:
    """The response from HA1 and HA2 (RFC 7616 §3.4.1); without qop in the form of RFC 2069."""
    middle = f"{nonce}:{nc}:{cnonce}:{qop}" if qop else nonce
    return algorithm.hash(f"{one}:{middle}:{two}")


def response(algorithm: Algorithm, stored: str, shown: Credentials, method: str, body: bytes = b"") -> str:
    """What `shown.response` has to be, from the stored HA1 and everything else that the credentials say.

    With method "" and the body of a response it is the server's rspauth.
    """
    cnonce = shown.cnonce or ""
    one = session_ha1(algorithm, stored, shown.nonce, cnonce) if algorithm.session else stored
    two = ha2(algorithm, method, shown.uri, shown.qop, body)
    return digest(algorithm, one, two, shown.nonce, shown.nc or "", cnonce, shown.qop or "")
