"""What a server asks for, and whom it lets in (RFC 3261 §22, RFC 8760 §2.3)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from digest_bench import (
    HERE,
    PASSWORD,
    REALM,
    asked_for,
    client,
    request,
    response,
    server,
    signed,
    status,
    verdicts,
)

from sipsim.errors import UsageError
from sipsim.message.auth import Credentials
from sipsim.protocol.digest import require_algorithm
from sipsim.protocol.digest_server import DigestServer, Verdict
from sipsim.protocol.nonces import Nonces
from sipsim.protocol.users import Users

# The challenge


def test_a_challenge_says_all_that_is_needed() -> None:
    biloxi = server("SHA-256", "MD5", qop=("auth", "auth-int"), opaque="o")
    verdict = biloxi.check(request(), HERE, 0.0)
    assert verdict.refusal is not None and verdict.refusal.rfc == "RFC 3261 §22.2"
    assert [name for name, _ in verdict.refusal.headers] == ["WWW-Authenticate"] * 2
    best, other = asked_for(verdict)
    assert (best.algorithm, other.algorithm) == ("SHA-256", "MD5")  # the order of preference, RFC 8760 §2.3
    assert best.qop == other.qop == ("auth", "auth-int")
    assert (best.realm, best.opaque, best.stale) == (REALM, "o", False)


def test_a_proxy_asks_with_407() -> None:
    verdict = server(proxy=True).check(request("INVITE"), HERE, 0.0)
    assert verdict.refusal is not None
    assert (verdict.refusal.status, verdict.refusal.headers[0][0]) == (407, "Proxy-Authenticate")
    assert verdict.refusal.rfc == "RFC 3261 §22.3"


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_ack_and_cancel_are_not_challenged(method: str) -> None:
    verdict = server().check(request(method), HERE, 0.0)
    assert verdict.user is verdict.refusal is None


def test_md5_is_not_offered_unless_asked_for() -> None:
    users, nonces = Users(REALM), Nonces(b"s")
    assert [known.name for known in DigestServer(users, nonces).algorithms] == ["SHA-256"]
    with pytest.raises(UsageError, match="each once"):
        DigestServer(users, nonces, algorithms=("MD5", "md5"))
    with pytest.raises(UsageError, match="'Basic'"):
        DigestServer(users, nonces, algorithms=("Basic",))
    with pytest.raises(UsageError, match="auth-int"):
        DigestServer(users, nonces, qop=("best",))
    with pytest.raises(UsageError):
        DigestServer(users, nonces, qop=())


def test_every_challenge_has_another_nonce_at_the_same_instant_too() -> None:
    biloxi = server()
    nonces = [asked_for(biloxi.check(request(), HERE, 1.0))[0].nonce for _ in range(100)]
    assert len(set(nonces)) == 100


def test_unknown_users_and_wrong_passwords_get_the_same_challenge_as_no_credentials() -> None:
    biloxi = server("SHA-256", "MD5")
    plain = biloxi.check(request(), HERE, 0.0)
    refused = [
        biloxi.check(signed(request(), plain, "wrong"), HERE, 0.0),
        biloxi.check(signed(request(), plain, username="nobody"), HERE, 0.0),
        biloxi.check(request().with_header("Authorization", "Basic Ym9iOnphbnppYmFy"), HERE, 0.0),
    ]
    for verdict in refused:
        assert [replace(challenge, nonce="") for challenge in asked_for(verdict)] == [
            replace(challenge, nonce="") for challenge in asked_for(plain)
        ]


# Being let in


def test_the_right_password_lets_in_and_says_who_it_is() -> None:
    biloxi = server()
    verdict = biloxi.check(signed(request(), biloxi.check(request(), HERE, 0.0)), HERE, 0.0)
    assert (verdict.user, verdict.refusal) == ("bob", None)


def test_a_stored_ha1_does_instead_of_a_password() -> None:
    users = Users(REALM)
    users.add_ha1("bob", "SHA-256-sess", require_algorithm("SHA-256").hash(f"bob:{REALM}:{PASSWORD}"))
    biloxi = DigestServer(users, Nonces(b"s"), algorithms=("SHA-256", "MD5"))
    assert [verdict.user for verdict in verdicts(client(), biloxi, request())] == [None, "bob"]


def test_credentials_for_other_realms_are_passed_over() -> None:
    biloxi = server()
    mine = signed(request(), biloxi.check(request(), HERE, 0.0)).values("Authorization")
    others = [str(Credentials("x", "other.org", "n", "sip:x", "r")), "Nonsense x=y", "Digest broken"]
    both = request().with_header("Authorization", *others, *mine)
    assert biloxi.check(both, HERE, 0.0).user == "bob"
    assert status(biloxi.check(request().with_header("Authorization", *others[:2]), HERE, 0.0)) == 401


def test_another_server_of_the_same_realm_may_have_credentials_in_the_same_request() -> None:
    one, two, bob = server(secret=b"1"), server(secret=b"2"), client()
    asked = request("INVITE")
    refusals = [server.check(asked, HERE, 0.0).refusal for server in (one, two)]
    headers = [header for refusal in refusals if refusal for header in refusal.headers]
    answered = bob.answer(asked, response(asked, Verdict("", refusal=refusals[0]._replace(headers=headers))), [])
    assert answered is not None and len(answered.values("Authorization")) == 2
    assert one.check(answered, HERE, 0.0).user == two.check(answered, HERE, 0.0).user == "bob"


def test_one_of_several_credentials_is_enough() -> None:
    biloxi = server()
    asked = biloxi.check(request(), HERE, 0.0)
    right, *wrong = [signed(request(), asked, word).header("Authorization") for word in (PASSWORD, "a", "b", "c", "d")]
    assert biloxi.check(request().with_header("Authorization", right, *wrong), HERE, 0.0).user == "bob"
    right = signed(request(), asked, nc="00000002").header("Authorization")
    verdict = biloxi.check(request().with_header("Authorization", *wrong[:3], right), HERE, 0.0)
    assert verdict.user == "bob" and verdict.credentials is not None and verdict.credentials.count == 2
    right = signed(request(), asked, nc="00000003").header("Authorization")
    assert biloxi.check(request().with_header("Authorization", *wrong, right), HERE, 0.0).user is None


def test_nothing_is_said_to_those_who_were_not_let_in_or_do_not_ask() -> None:
    biloxi = server("MD5")
    plain = biloxi.check(request(), HERE, 0.0)
    wrong = biloxi.check(signed(request(), plain, "wrong"), HERE, 0.0)
    old = biloxi.check(signed(request(), plain, qop=None, nc=None, cnonce=None), HERE, 0.0)
    assert old.user == "bob"
    assert biloxi.info(plain) is biloxi.info(wrong) is biloxi.info(old) is None


def test_a_proxy_and_a_registrar_in_one_share_users_and_nonces() -> None:
    registrar = server()
    proxy = DigestServer(registrar.users, registrar.nonces, proxy=True)
    bob = client()
    assert [verdict.user for verdict in verdicts(bob, registrar, request())] == [None, "bob"]
    assert [verdict.user for verdict in verdicts(bob, proxy, request("INVITE"))] == [None, "bob"]


def test_a_known_nonce_saves_the_round_trip() -> None:
    biloxi, bob = server(), client()
    assert [verdict.user for verdict in verdicts(bob, biloxi, request())] == [None, "bob"]
    for second in range(1, 61):
        assert [verdict.user for verdict in verdicts(bob, biloxi, request(), float(second))] == ["bob"]
