"""For all users, passwords, algorithms: the right password lets in, anything else does not (RFC 3261 §22.4)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from digest_bench import (
    HERE,
    NAMES,
    client,
    logged_in,
    request,
    server,
    shown,
    status,
    verdicts,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from sipsim.protocol.digest_server import DigestServer
from sipsim.protocol.nonces import Nonces
from sipsim.protocol.users import Users


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("qop", [("auth",), ("auth-int",), ("auth", "auth-int"), ("auth-int", "auth")], ids="/".join)
@pytest.mark.parametrize("proxy", [False, True], ids=["server", "proxy"])
def test_what_the_client_shows_the_server_takes(name: str, qop: tuple[str, ...], proxy: bool) -> None:
    biloxi, bob = server(name, qop=qop, proxy=proxy), client()
    for body in (b"", b"v=0\r\n"):
        last = list(verdicts(bob, biloxi, request("INVITE", body=body)))[-1]
        assert last.user == "bob"
        wrong = verdicts(client("wrong"), biloxi, request("INVITE", body=body))
        assert [verdict.user for verdict in wrong] == [None, None]


LINES = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=10)
NAMES_OF_USERS = LINES.filter(lambda text: ":" not in text)
REALMS = LINES.filter(lambda text: text != "" and text.isprintable())


@settings(max_examples=200)
@given(
    NAMES_OF_USERS, LINES, LINES, REALMS, st.sampled_from(NAMES),
    st.sampled_from([("auth",), ("auth-int",), ("auth-int", "auth")]), st.binary(max_size=20), st.booleans(),
    st.sampled_from(["INVITE", "REGISTER", "MESSAGE"]),
)  # fmt: skip
def test_the_right_password_always_and_a_wrong_one_never(
    name: str, password: str, guess: str, realm: str, algorithm: str, qop: tuple[str, ...], body: bytes, proxy: bool,
    method: str,
) -> None:  # fmt: skip
    users = Users(realm, {name: password})
    biloxi = DigestServer(users, Nonces(b"s"), proxy=proxy, algorithms=[algorithm], qop=qop)
    for word in (password, guess):
        someone = client(None)
        someone.add(realm, name, word)
        last = list(verdicts(someone, biloxi, request(method, body=body)))[-1]
        assert last.user == (name if word == password else None)


@settings(max_examples=300)
@given(
    st.dictionaries(
        st.sampled_from(["username", "realm", "nonce", "uri", "algorithm", "cnonce", "opaque", "qop", "response"]),
        st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from(["\udcff", '"', "\\"]), max_size=8),
        min_size=1, max_size=3,
    ),
    st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_changed_credentials_let_nobody_in(changes: dict[str, str], count: int) -> None:
    biloxi = server("SHA-256", serves=lambda uri: True)
    asked = logged_in(client(), biloxi, request())
    value = shown(asked)
    changed = replace(value, **changes, nc=f"{count:08x}")
    # Not covered by the digest: opaque, which is none of ours, and how algorithm is spelt.
    is_same = replace(changed, opaque=None, algorithm=value.algorithm) == value and changed.algorithm == value.algorithm
    verdict = biloxi.check(asked.with_header("Authorization", changed), HERE, 0.0)
    assert verdict.user == ("bob" if is_same else None)


@settings(max_examples=300)
@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60), min_size=1, max_size=4))
def test_any_text_as_credentials_gets_an_answer(texts: list[str]) -> None:
    verdict = server().check(request().with_header("Authorization", *texts), HERE, 0.0)
    assert status(verdict) in (400, 401)
