"""The client's side of digest authentication: a user's passwords, and the challenges met so far (RFC 3261 §22).

    client = DigestClient(cnonce)                    # cnonce() makes the client's own nonces
    client.add("example.com", "alice", "secret")
    request = client.prepare(request)                # before sending: credentials that are expected, nobody asking
    retry = client.answer(request, response, met)    # after 401 or 407; None: nothing more to try

The retry is the request with credentials; CSeq and branch are the caller's to renew (§22.2), and no digest covers them.
`met` is a list of the caller's, one for each request, retries included, empty at first: what was answered already.

Of the challenges of a realm the topmost is answered that we can answer (RFC 8760 §2.4), Basic never. What was refused
is not tried again (RFC 3261 §22.1), unless `tries` says so: a nonce is answered once, a realm twice only if the server
says, and says it once, that the nonce was merely stale. Credentials that a request brought unasked don't count: the
server may have forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar
from weakref import WeakValueDictionary

from sipsim.errors import SipParseError
from sipsim.message.auth import ANSWERS, AuthenticationInfo, Challenge, Credentials
from sipsim.message.message import Message, Request, Response
from sipsim.protocol.digest import Algorithm, find_algorithm, require_algorithm
from sipsim.protocol.digest_session import Account, Session, is_answerable

ANY = "*"
"""Instead of a realm: the user and password for every realm that has none of its own."""

MOST_ANSWERS, MOST_SCOPES = 16, 1000
"""Challenges answered for one request; calls and destinations remembered. Limits of ours."""

Met = list[tuple[str, Challenge]]
"""The challenges that a request has answered: (header field of the answer, challenge)."""

Value = TypeVar("Value")


class DigestClient:
    """What a user agent knows for authenticating itself: an account for each realm, and sessions.

    A server's session counts for the To that it was made for, a proxy's for its Call-ID, and for all requests if the
    account is said to be that of the outbound proxy (RFC 3261 §§22.2, 22.3). `cnonce` returns a nonce of ours at each
    call: numbered in a simulation, from `secrets` where strangers listen.
    """

    def __init__(self, cnonce: Callable[[], str]) -> None:
        self._cnonce = cnonce
        self.tries = 1  # how often a request tries the same password; some clients do it twice
        self.asked_by: tuple[str, ...] = ()  # realms, of the latest challenges
        self._accounts: dict[str, Account] = {}
        self._sessions: dict[tuple[str, str], dict[str, list[Session]]] = {}  # (field, scope) -> realm -> sessions
        self._by_nonce: WeakValueDictionary[tuple[str, str, Algorithm], Session] = WeakValueDictionary()

    def __repr__(self) -> str:
        return f"<DigestClient for {', '.join(self._accounts) or 'no realm'}>"

    # ---- who we are

    def add(self, realm: str, username: str, password: str, *, outbound: bool = False) -> None:
        """Take an account for a realm, or for ANY; UsageError for text with CR, LF or NUL.

        `outbound` says that our outbound proxy asks for this realm, so that every request brings credentials for it.
        """
        self.forget(realm)
        self._accounts[realm] = Account(username, password, outbound)

    def forget(self, realm: str | None = None) -> None:
        """Forget the account of a realm, or all of them, and every session."""
        for known in [realm] if realm is not None else list(self._accounts):
            self._accounts.pop(known, None)
        self.log_out()

    def log_out(self) -> None:
        """Forget every session, as a restart does; the accounts stay."""
        self._sessions.clear()
        self._by_nonce.clear()

    def knows(self, realm: str) -> bool:
        """Whether there is an account for this realm."""
        return self._account(realm) is not None

    def _account(self, realm: str) -> Account | None:
        return self._accounts.get(realm) or self._accounts.get(ANY)

    def unknown_realms(self, response: Response) -> tuple[str, ...]:
        """The realms of a response for which a user would have to be asked (RFC 3261 §22.1)."""
        asked = [challenge for field in ANSWERS for challenge in challenges(response, field)]
        return tuple(dict.fromkeys([challenge.realm for challenge in asked if not self.knows(challenge.realm)]))

    # ---- what to send

    def prepare(self, request: Request) -> Request:
        """The request with credentials of every session that it belongs to, each counted once more.

        ACK and CANCEL come back as they are: nobody may ask them for any (RFC 3261 §22.1).
        """
        if not self._sessions or request.method in ("ACK", "CANCEL"):
            return request
        for field in ANSWERS.values():
            ours = self._known(field, request)
            foreign = [text for text in request.values(field) if not self._is_ours(text)]
            if ours or request.has(field):
                new = [str(session.credentials(request)) for session in ours]
                request = request.with_header(field, *foreign, *new)
        return request

    def take_back(self, request: Request) -> None:
        """The request was not sent after all: its credentials do not count (RFC 7616 §3.4)."""
        for field in ANSWERS.values():
            counts = [(shown.nonce, shown.count) for shown in map(Credentials.parse, request.values(field))]
            for session in self._known(field, request):
                if (session.challenge.nonce, session.count) in counts:
                    session.count -= 1

    def answer(self, request: Request, response: Response, met: Met) -> Request | None:
        """The request with credentials for the challenges of its response; None if there is none to be answered.

        Adds to `met` what it answers. The caller renews CSeq and branch.
        """
        answered = False
        asking_us = [challenge.realm for asking in ANSWERS for challenge in challenges(response, asking)]
        self.asked_by = tuple(dict.fromkeys(asking_us))
        for asking, field in ANSWERS.items():
            for realm, asked in self._by_realm(challenges(response, asking)).items():
                if self._is_worth_it(field, asked, request, met):
                    self._remember(field, request, realm, asked)
                    met += [(field, challenge) for challenge in asked]
                    answered = True
                else:
                    for sessions in self._scopes(field, request):
                        sessions.pop(realm, None)
        return self.prepare(request) if answered else None

    def expect(self, request: Request, response: Response) -> None:
        """Take the challenges of a response as met already: the next requests like this one bring credentials."""
        for asking, field in ANSWERS.items():
            for realm, asked in self._by_realm(challenges(response, asking)).items():
                self._remember(field, request, realm, asked)

    def learn(self, request: Request, response: Response) -> bool | None:
        """Take note of Authentication-Info in a 2xx: the nonce to go on with, and the server's own digest.

        True if the server has proved that it knows our password, False if its digest is wrong, None if it has none.
        """
        text = response.header("Authentication-Info")
        info = _readable(AuthenticationInfo.parse, text or "")
        if info is None:
            return None
        for session, shown in self._shown(request):
            if info.cnonce in (None, shown.cnonce):
                proof = None if info.rspauth is None else info.rspauth == session.rspauth(shown, response.body)
                if info.nextnonce and proof is not False:
                    session.go_on_with(info.nextnonce)
                return proof
        return None

    # ---- challenges

    def _by_realm(self, asked: Iterator[Challenge]) -> dict[str, list[Challenge]]:
        """The challenges to answer, by realm: the topmost that we can, and others that differ in the nonce only.

        One server asks with another algorithm in each, so those come from several servers of one realm behind a fork.
        """
        chosen: dict[str, list[Challenge]] = {}
        for challenge in asked:
            if self.knows(challenge.realm) and is_answerable(challenge):
                same = chosen.setdefault(challenge.realm, [challenge])
                alike = find_algorithm(challenge.algorithm) == find_algorithm(same[0].algorithm)
                if alike and all(challenge.nonce != other.nonce for other in same):
                    same.append(challenge)
        return chosen

    def _is_worth_it(self, field: str, asked: list[Challenge], request: Request, met: Met) -> bool:
        """Whether an answer may fare better than what this request has tried already (RFC 3261 §22.1)."""
        shown = [value.nonce for value in _values(request, field, Credentials.parse) if value.realm == asked[0].realm]
        past = [challenge for where, challenge in met if where == field and challenge.realm == asked[0].realm]
        if len(met) >= MOST_ANSWERS or any(challenge.nonce in shown for challenge in asked):
            return False
        only_stale = any(challenge.stale for challenge in asked) and not any(challenge.stale for challenge in past)
        return len(past) < self.tries or only_stale

    def _is_ours(self, text: str) -> bool:
        """Whether credentials in a request are for us to renew."""
        shown = _readable(Credentials.parse, text)
        return shown is not None and shown.scheme == "Digest" and self.knows(shown.realm)

    # ---- sessions

    def _remember(self, field: str, request: Request, realm: str, asked: list[Challenge]) -> None:
        """Begin sessions with the servers that have asked, instead of those that there were."""
        account = self._account(realm)
        assert account is not None
        self._scope(field, request, realm)[realm] = [self._session(account, challenge) for challenge in asked]

    def _session(self, account: Account, challenge: Challenge) -> Session:
        """A new session, or the one that has this nonce: its count goes on, wherever it is used (RFC 7616 §3.4)."""
        algorithm = require_algorithm(challenge.algorithm or "MD5")
        key = challenge.realm, challenge.nonce, algorithm
        session = self._by_nonce.get(key)
        if session is None:
            session = self._by_nonce[key] = Session(account, challenge, algorithm, self._cnonce())
        return session

    def _scope(self, field: str, request: Request, realm: str) -> dict[str, list[Session]]:
        """The sessions that live as long as one of this realm does; those unused for longest give way."""
        account = self._account(realm)
        everywhere = field == "Proxy-Authorization" and account is not None and account.outbound
        key = (field, "") if everywhere else _own_scope(field, request)
        scope = self._sessions[key] = self._sessions.pop(key, {})
        while len(self._sessions) > MOST_SCOPES:
            del self._sessions[next(iter(self._sessions))]
        return scope

    def _scopes(self, field: str, request: Request) -> list[dict[str, list[Session]]]:
        """The scopes that a request is in: that of every request, and its own."""
        keys = (field, ""), _own_scope(field, request)
        return [self._sessions[key] for key in keys if key in self._sessions]

    def _known(self, field: str, request: Request) -> list[Session]:
        """The sessions that a request belongs to."""
        return [
            session for scope in self._scopes(field, request) for sessions in scope.values() for session in sessions
        ]

    def _shown(self, request: Request) -> Iterator[tuple[Session, Credentials]]:
        """The sessions with servers whose credentials a request has."""
        for shown in _values(request, "Authorization", Credentials.parse):
            for session in self._known("Authorization", request):
                if (session.challenge.realm, session.challenge.nonce) == (shown.realm, shown.nonce):
                    yield session, shown


def challenges(response: Response, field: str) -> Iterator[Challenge]:
    """The Digest challenges of a header field that can be understood; others are passed over (RFC 8760 §2.4)."""
    return (challenge for challenge in _values(response, field, Challenge.parse) if challenge.scheme == "Digest")


def credentials_of(request: Request) -> tuple[tuple[str, str], ...]:
    """(name, value) of all credentials of an INVITE, for its ACK to repeat (RFC 3261 §22.1)."""
    return tuple([(field, text) for field in ANSWERS.values() for text in request.values(field)])


def _own_scope(field: str, request: Request) -> tuple[str, str]:
    return (field, request.to.uri.aor if field == "Authorization" else request.call_id)


def _values(message: Message, field: str, parse: Callable[[str], Value]) -> Iterator[Value]:
    """The values of a header field that can be read."""
    for text in message.values(field):
        value = _readable(parse, text)
        if value is not None:
            yield value


def _readable(parse: Callable[[str], Value], text: str) -> Value | None:
    try:
        return parse(text)
    except SipParseError:
        return None
