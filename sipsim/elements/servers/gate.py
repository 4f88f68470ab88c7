"""A gate: lets requests pass whose sender has proved who they are, and asks the others (RFC 3261 §22).

What is asked and what is proved is decided in `protocol.digest_server`; the gate answers for its element, and records
why somebody was not let in. It forgets with its element: after a restart nonces from before are nobody's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sipsim.elements.element import Element
from sipsim.elements.exchange import Exchange
from sipsim.errors import SipParseError, UsageError
from sipsim.message.auth import Credentials
from sipsim.message.message import Request
from sipsim.message.uri import Uri
from sipsim.protocol.digest_server import DigestServer, Verdict
from sipsim.protocol.guesses import Guesses
from sipsim.protocol.nonces import Nonces
from sipsim.protocol.users import Users
from sipsim.simulation.streams import Identifiers

ALGORITHMS, QOP = ("SHA-256",), ("auth",)
"""What is offered where nothing else is said: MD5 is for those who ask for it (RFC 8760 §2.3)."""


class Gate:
    """The gate of the element of this name: for a registrar, a redirect server or a phone it asks with 401, for a proxy
    with 407.

    `users` are passwords by name, or `Users`, which several elements may share; `realm` is what the users are asked a
    password for. `serves` says which URIs besides the Request-URI credentials may be for.
    """

    def __init__(
        self, name: str, identifiers: Identifiers, users: Mapping[str, str] | Users, realm: str | None = None, *,
        algorithms: Iterable[str] = ALGORITHMS, qop: Iterable[str] = QOP,
        serves: Callable[[Uri], bool] = lambda uri: False,
    ) -> None:  # fmt: skip
        self._name = name
        self._identifiers = identifiers
        known = known_users(users, realm)
        self.realm = known.realm
        nonces, guesses, algorithms, qop = self._nonces(), Guesses(), tuple(algorithms), tuple(qop)
        self._server, self._proxy = (
            DigestServer(
                known, nonces, proxy=proxy, algorithms=algorithms, qop=qop, serves=serves, guesses=guesses
            )
            for proxy in (False, True)
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<Gate of {self._name} for {self.realm}>"

    def check(self, element: Element, exchange: Exchange, request: Request, *, proxy: bool = False) -> Verdict:
        """Who sent this to the element; where the verdict has a refusal, that has been sent.

        The verdict is a record, and what comes of it has that as its cause.
        """
        server = self._proxy if proxy else self._server
        verdict = server.check(request, exchange.remote.address.host, element.env.now)
        trace, refusal = element.trace, verdict.refusal
        told = verdict.why if refusal is None else f"{verdict.why} ({refusal.rfc})"
        text = f"{verdict.user if refusal is None else refusal.status}: {told}"
        before = trace.current
        trace.current = trace.add("gate", element.env.now, element.name, text=text) or before
        if refusal is not None:
            element.reply(exchange, refusal.status, *refusal.headers)
            trace.current = before
        return verdict

    def challenges(self, now: float, *, proxy: bool = False) -> tuple[tuple[str, str], ...]:
        """What it asks with at this time (seconds): names and values of header fields, with a new nonce."""
        return (self._proxy if proxy else self._server).challenges(now)

    def thanks(self, verdict: Verdict) -> list[tuple[str, str]]:
        """What a 2xx without a body may say to whom this verdict has let in: we know the password too."""
        info = self._server.info(verdict)
        return [("Authentication-Info", str(info))] if info is not None else []

    def without_ours(self, request: Request) -> Request:
        """The request without the credentials that were for this realm's proxies; no others (RFC 3261 §22.3)."""
        texts = request.values("Proxy-Authorization")
        others = [text for text in texts if not self._is_ours(text)]
        if len(others) == len(texts):
            return request
        return request.with_header("Proxy-Authorization", *others) if others else request.without("Proxy-Authorization")

    def forget(self) -> None:
        """Begin anew with another secret, as a restart does."""
        self._server.nonces = self._proxy.nonces = self._nonces()
        self._server.guesses.forget()

    def _nonces(self) -> Nonces:
        return Nonces(self._identifiers.secret(self._name), digits=self._identifiers.seal)

    def _is_ours(self, text: str) -> bool:
        try:
            return Credentials.parse(text).realm == self.realm
        except SipParseError:
            return False


def known_users(users: Mapping[str, str] | Users, realm: str | None) -> Users:
    """The users of a realm; `UsageError` for what are none, or those of another realm."""
    if not isinstance(users, Users):
        return Users(realm or "", users)
    if realm is not None and users.realm != realm:
        raise UsageError(f"users: they are those of realm {users.realm!r}, not of {realm!r}")
    return users
