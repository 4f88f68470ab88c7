"""A client and a server of digest authentication without a wire between them, for the tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from sipsim.message import build
from sipsim.message.auth import Challenge, Credentials
from sipsim.message.message import Request, Response, parse
from sipsim.protocol.digest import ALGORITHMS, require_algorithm
from sipsim.protocol.digest import response as right_response
from sipsim.protocol.digest_client import DigestClient, Met
from sipsim.protocol.digest_server import DigestServer, Verdict
from sipsim.protocol.nonces import Nonces
from sipsim.protocol.users import Users

REALM, PASSWORD, HERE = "biloxi.com", "zanzibar", "192.0.2.1"
PROXY = "Proxy-Authenticate"
NAMES = tuple(algorithm.name for algorithm in ALGORITHMS.values())


def request(
    method: str = "REGISTER", uri: str = "sip:biloxi.com", *, to: str = "<sip:bob@biloxi.com>", call_id: str = "c1",
    body: bytes = b"",
) -> Request:  # fmt: skip
    return build.request(
        method, uri, via="SIP/2.0/UDP bobs.example;branch=z9hG4bK1", from_="<sip:bob@biloxi.com>;tag=b", to=to,
        call_id=call_id, cseq=1, body=body,
    )  # fmt: skip


def client(password: str | None = PASSWORD, realm: str = REALM, *, outbound: bool = False) -> DigestClient:
    numbers = count(1)
    made = DigestClient(lambda: f"cnonce-{next(numbers)}")
    if password is not None:
        made.add(realm, "bob", password, outbound=outbound)
    return made


def server(*algorithms: str, max_age: float = 60, secret: bytes = b"s", **options: object) -> DigestServer:
    users, nonces = Users(REALM, {"bob": PASSWORD}), Nonces(secret, digits=8, max_age=max_age)
    return DigestServer(users, nonces, algorithms=algorithms or ("SHA-256",), **options)


def response(asked: Request, verdict: Verdict) -> Response:
    """The refusal as it arrives."""
    assert verdict.refusal is not None
    status, headers, *_ = verdict.refusal
    made = parse(bytes(build.reply(asked, status, to_tag="t", headers=headers)))
    assert isinstance(made, Response)
    return made


def challenge(asked: Request, *challenges: Challenge | str, field: str = "WWW-Authenticate") -> Response:
    """A response with these challenges, as it arrives."""
    status = 401 if field == "WWW-Authenticate" else 407
    made = parse(bytes(build.reply(asked, status, to_tag="t", headers=[(field, str(value)) for value in challenges])))
    assert isinstance(made, Response)
    return made


def verdicts(
    one: DigestClient, other: DigestServer, asked: Request, now: float = 0.0, source: str = HERE
) -> Iterator[Verdict]:
    """What the server says to a request and to all that the client tries after it."""
    met: Met = []
    trying: Request | None = one.prepare(asked)
    while trying is not None:
        arrived = parse(bytes(trying))
        assert isinstance(arrived, Request)
        verdict = other.check(arrived, source, now)
        yield verdict
        if verdict.refusal is None:
            return
        trying = one.answer(trying, response(trying, verdict), met)


def logged_in(one: DigestClient, other: DigestServer, asked: Request, now: float = 0.0) -> Request:
    """The request as the server would let it in, which it has not seen yet."""
    verdict = other.check(asked, HERE, now)
    answered = one.answer(asked, response(asked, verdict), [])
    assert answered is not None
    return answered


def shown(asked: Request, field: str = "Authorization") -> Credentials:
    (value,) = asked.values(field)
    return Credentials.parse(value)


def asked_for(verdict: Verdict) -> list[Challenge]:
    """The challenges of a verdict that is one."""
    assert verdict.user is None and verdict.refusal is not None and verdict.refusal.status in (401, 407)
    return [Challenge.parse(value) for _, value in verdict.refusal.headers]


def status(verdict: Verdict) -> int:
    assert verdict.user is None and verdict.refusal is not None
    return verdict.refusal.status


def signed(
    asked: Request, verdict: Verdict, password: str = PASSWORD, username: str = "bob", **changes: str | None
) -> Request:
    """The request with credentials made by hand, the response fitting all that is changed but the password."""
    first = asked_for(verdict)[0]
    algorithm = require_algorithm(first.algorithm or "MD5")
    value = Credentials(
        username, first.realm, first.nonce, asked.uri_text, "", first.algorithm, "c", first.opaque, "auth", "00000001"
    )
    value = replace(value, **changes)
    stored = algorithm.hash(f"{username}:{first.realm}:{password}")
    return asked.with_header(
        "Authorization", replace(value, response=right_response(algorithm, stored, value, asked.method, asked.body))
    )


def asks(realm: str = REALM, nonce: str = "n1", **options: object) -> Challenge:
    """The challenge of some server: MD5 and auth, if nothing else is said."""
    return Challenge(realm, nonce, **({"algorithm": "MD5", "qop": ("auth",)} | options))  # type: ignore[arg-type]
