"""One authentication session of a client: an account, the challenge that it answers, and how often (RFC 7616 §3.6)."""

from __future__ import annotations

from dataclasses import replace

from sipsim.message.auth import Challenge, Credentials
from sipsim.message.message import Request
from sipsim.protocol.digest import Algorithm, check_account, find_algorithm, ha1, response

QOPS = ("auth", "auth-int")
"""What we choose from, best first: a middlebox that mends an SDP body makes auth-int fail."""


class Account:
    """Who we are in a realm. The password shows in no repr."""

    def __init__(self, username: str, password: str, outbound: bool) -> None:
        check_account(username, password)
        self.username = username
        self.password = password
        self.outbound = outbound

    def __repr__(self) -> str:
        return f"<Account {self.username}>"


class Session:
    """An authentication session: a challenge that was answered, and the count of answers (RFC 7616 §3.6)."""

    def __init__(self, account: Account, challenge: Challenge, algorithm: Algorithm, cnonce: str) -> None:
        self.username = account.username
        self.challenge = challenge
        self.algorithm = algorithm
        self.ha1 = ha1(algorithm, account.username, challenge.realm, account.password)
        self.qop = chosen_qop(challenge)
        self.cnonce = cnonce if challenge.qop else None
        self.count = 0

    def __repr__(self) -> str:
        return f"<Session of {self.username} in {self.challenge.realm}, {self.count} answers>"

    def credentials(self, request: Request) -> Credentials:
        """The credentials for one more request; each has a higher count (RFC 7616 §3.4)."""
        self.count += 1
        asked = self.challenge
        shown = Credentials(
            self.username, asked.realm, asked.nonce, request.uri_text, "", asked.algorithm, self.cnonce, asked.opaque,
            self.qop, f"{self.count:08x}" if self.qop else None,
        )  # fmt: skip
        return replace(shown, response=response(self.algorithm, self.ha1, shown, request.method, request.body))

    def rspauth(self, shown: Credentials, body: bytes) -> str:
        """What a server that knows the password too says about a response with this body (RFC 7616 §3.5)."""
        return response(self.algorithm, self.ha1, shown, "", body)

    def go_on_with(self, nonce: str) -> None:
        """Count anew with the server's next nonce (RFC 7616 §3.5)."""
        self.challenge = replace(self.challenge, nonce=nonce, stale=False)
        self.count = 0


def is_answerable(challenge: Challenge) -> bool:
    """Whether we know the algorithm and a qop; -sess needs a qop (RFC 3261 §22.4 item 8)."""
    algorithm = find_algorithm(challenge.algorithm)
    if algorithm is None or (challenge.qop and chosen_qop(challenge) is None):
        return False
    return bool(challenge.qop) or not algorithm.session


def chosen_qop(challenge: Challenge) -> str | None:
    """The best qop that both sides know; None without one."""
    return next((qop for qop in QOPS if qop in challenge.qop), None)
