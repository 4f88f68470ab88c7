"""The server's side of digest authentication: who sent this request, or what to answer it with (RFC 3261 §22).

    server = DigestServer(Users("example.com", {"alice": "secret"}), Nonces(secret))
    verdict = server.check(request, source, now)
    verdict.user       # "alice", if it is her
    verdict.refusal    # else the response to give: 401 or 407 with challenges, 400 or 403

A registrar, a user agent and a redirect server ask with 401, a proxy with 407; both kinds may share users and nonces.

The answer to a wrong password, an unknown user and no credentials is the same challenge. `stale` is in it only where
the digest was right and the nonce merely old. An nc that was there before is a replay (RFC 7616 §3.4). Basic is never
taken.
Whether this user may do what they ask, register for somebody else for example, is for the caller to decide (403).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from typing import NamedTuple

from sipsim.errors import SipParseError, UsageError
from sipsim.message.auth import AuthenticationInfo, Challenge, Credentials
from sipsim.message.message import Request
from sipsim.message.uri import Uri
from sipsim.protocol.digest import Algorithm, find_algorithm, require_algorithm, response
from sipsim.protocol.guesses import Guesses
from sipsim.protocol.inspection import Refusal
from sipsim.protocol.nonces import Nonces
from sipsim.protocol.users import Users

MOST_CREDENTIALS = 4
"""Values with a nonce of ours that are looked at in one request. Honest ones have one, or two for two elements."""

USED_UP = 2**32
"""The count of a nonce that was used without nc, which makes it good for one request: above all that nc can say."""


class Verdict(NamedTuple):
    """What a server thinks of a request: `user` if it is known who sent it, or else the `refusal` to answer with.

    For ACK and CANCEL, which nobody may challenge, there is neither. `why` is for people. `credentials` are those that
    the verdict is about.
    """

    why: str
    user: str | None = None
    refusal: Refusal | None = None
    credentials: Credentials | None = None


OPEN = Verdict("nobody is asked here")
EXEMPT = Verdict("ACK and CANCEL are not asked")


class DigestServer:
    """One server's authentication of requests.

    `algorithms` and `qop` are what is offered, best first (RFC 8760 §2.3): MD5 only for those who ask for it. `proxy`
    says that it asks with 407. The uri of the credentials has to be the Request-URI, or one that `serves(uri)` is true
    for (RFC 8760 §2.6 item 6): a server behind a proxy that changes Request-URIs names its own domains there.
    `guesses` limits wrong answers; servers that share it have one limit.
    """

    def __init__(
        self, users: Users, nonces: Nonces, *, proxy: bool = False, algorithms: Iterable[str] = ("SHA-256",),
        qop: Iterable[str] = ("auth",), opaque: str | None = None, serves: Callable[[Uri], bool] = lambda uri: False,
        guesses: Guesses | None = None,
    ) -> None:  # fmt: skip
        self.users = users
        self.nonces = nonces
        self.proxy = proxy
        self.qop = tuple(qop)
        self.algorithms = check_offer(tuple(algorithms), self.qop)
        self.opaque = opaque
        self.serves = serves
        self.guesses = guesses if guesses is not None else Guesses()

    def __repr__(self) -> str:
        return f"<DigestServer of {self.users.realm} with {', '.join([known.name for known in self.algorithms])}>"

    def challenges(self, now: float, stale: bool = False) -> tuple[tuple[str, str], ...]:
        """(name, value) of the header fields to ask with, one for each algorithm, with a new nonce."""
        name, nonce = "Proxy-Authenticate" if self.proxy else "WWW-Authenticate", self.nonces.make(now)
        realm, qop = self.users.realm, self.qop
        asked = [Challenge(realm, nonce, known.name, qop, self.opaque, stale) for known in self.algorithms]
        return tuple([(name, str(challenge)) for challenge in asked])

    def check(self, request: Request, source: str, now: float) -> Verdict:
        """Who sent a request that came from `source` (a host) at `now` (seconds), or how to refuse it.

        Credentials for other realms are others' business (RFC 3261 §22.3). Of several for ours one is enough.
        """
        if request.method in ("ACK", "CANCEL"):
            return EXEMPT
        shown, broken = self._shown(request)
        if not shown:
            return self._refuse(400, broken) if broken else self._ask("no credentials", now)
        known = [value for value in shown if self.nonces.made_at(value.nonce) is not None]
        if not known:
            return self._ask("nonce is not one of ours", now)
        verdict = EXEMPT
        for credentials in known[:MOST_CREDENTIALS]:
            verdict = self._judge(credentials, request, source, now)._replace(credentials=credentials)
            if verdict.user is not None:
                break
        return verdict

    def info(self, verdict: Verdict, body: bytes = b"") -> AuthenticationInfo | None:
        """What may be added to the 2xx, with this body, for a request that was let in (RFC 7616 §3.5).

        It proves that we know the password too. None where nobody was let in, or without qop.
        """
        shown = verdict.credentials
        algorithm = find_algorithm(shown.algorithm) if shown is not None else None
        if verdict.user is None or shown is None or shown.qop is None or algorithm is None:
            return None
        proof = response(algorithm, self.users.ha1(shown.username, algorithm) or "", shown, "", body)
        return AuthenticationInfo(None, proof, shown.cnonce, shown.qop, shown.nc)

    def _shown(self, request: Request) -> tuple[list[Credentials], str]:
        """The credentials for our realm, and what was wrong with those that can't be read."""
        shown, broken = [], ""
        for text in request.values("Proxy-Authorization" if self.proxy else "Authorization"):
            try:
                shown.append(Credentials.parse(text))
            except SipParseError as error:
                broken = broken or f"credentials that can't be read: {error}"
        return [value for value in shown if (value.scheme, value.realm) == ("Digest", self.users.realm)], broken

    # ---- one value

    def _judge(self, shown: Credentials, request: Request, source: str, now: float) -> Verdict:
        """First what tells nothing about passwords, then the digest, last what only a right one is told."""
        algorithm = find_algorithm(shown.algorithm)
        if algorithm not in self.algorithms or algorithm is None:
            return self._ask(f"algorithm {shown.algorithm or 'MD5'} was not offered", now)
        if not self._takes_qop(shown, algorithm):
            return self._ask(f"qop {shown.qop or 'none'} was not offered", now)
        if not self._is_for(shown.uri, request):
            return self._refuse(400, "credentials are for another uri")
        wait = self.guesses.wait(source, now)
        if wait:
            return self._refuse(403, f"too many wrong answers from {source}: no verdict for {wait:.0f} s")
        if not self._is_right(shown, algorithm, request):
            self.guesses.note(source, now)
            return self._ask("wrong user or password", now)
        return self._admit(shown, now)

    def _admit(self, shown: Credentials, now: float) -> Verdict:
        """The verdict on a digest that is right."""
        if self.nonces.is_old(shown.nonce, now):
            return self._ask("nonce is old", now, stale=True)
        if self.nonces.use(shown.nonce, shown.count if shown.qop else USED_UP, now):
            return Verdict("digest is right", shown.username)
        if shown.qop:
            return self._ask(f"replay: nc {shown.nc} is not above the last one", now)
        return self._ask("nonce is used up", now, stale=True)  # an honest client of RFC 2069 can't count

    def _takes_qop(self, shown: Credentials, algorithm: Algorithm) -> bool:
        """None is taken too, from clients of RFC 2069, if `auth` is enough for us (RFC 3261 §22.4 item 8)."""
        return "auth" in self.qop and not algorithm.session if shown.qop is None else shown.qop.lower() in self.qop

    def _is_for(self, text: str, request: Request) -> bool:
        """Whether the uri of credentials is that of their request, or of a user whom we serve."""
        if text == request.uri_text:
            return True
        try:
            uri = Uri.parse(text)
            return uri.matches(request.uri) or self.serves(uri)
        except SipParseError:
            return False

    def _is_right(self, shown: Credentials, algorithm: Algorithm, request: Request) -> bool:
        """Whether the digest is that of a user's password; as long in coming if there is no such user."""
        stored = self.users.ha1(shown.username, algorithm)
        expected = response(algorithm, stored or "", shown, request.method, request.body)
        is_equal = hmac.compare_digest(expected.encode(), shown.response.encode("utf-8", "surrogateescape"))
        return is_equal and stored is not None

    # ---- what to answer

    def _ask(self, why: str, now: float, stale: bool = False) -> Verdict:
        status, rfc = (407, "RFC 3261 §22.3") if self.proxy else (401, "RFC 3261 §22.2")
        return Verdict(why, refusal=Refusal(status, self.challenges(now, stale), rfc))

    def _refuse(self, status: int, why: str) -> Verdict:
        return Verdict(why, refusal=Refusal(status, (), "RFC 3261 §21.4.4" if status == 403 else "RFC 7616 §3.4"))


def check_offer(algorithms: tuple[str, ...], qop: tuple[str, ...]) -> list[Algorithm]:
    """The algorithms of these names; `UsageError` for what a server can't offer."""
    known = [require_algorithm(name) for name in algorithms]
    if not known or len(set(known)) < len(known):
        raise UsageError(f"algorithms {[one.name for one in known]!r}: one or more, each once")
    if not qop or not {"auth", "auth-int"}.issuperset(qop):
        raise UsageError(f"qop {qop!r} is not one or both of auth, auth-int")
    return known
