"""Whom a server of digest authentication does not let in: replays, foreign nonces, guesses (RFC 7616 §§3.4, 5)."""

from __future__ import annotations

import pytest
from digest_bench import (
    HERE,
    PASSWORD,
    REALM,
    asked_for,
    client,
    logged_in,
    request,
    server,
    shown,
    signed,
    status,
    verdicts,
)

from sipsim.message.message import Request
from sipsim.protocol.digest_server import Verdict
from sipsim.protocol.guesses import Guesses

# Being refused


def refused_when(asked: Request, **changes: str | None) -> Verdict:
    biloxi = server("SHA-256")
    return biloxi.check(signed(asked, biloxi.check(asked, HERE, 0.0), **changes), HERE, 0.0)


def test_a_replay_is_refused() -> None:
    biloxi, bob = server(), client()
    first = logged_in(bob, biloxi, request())
    assert biloxi.check(first, HERE, 0.0).user == "bob"
    again = biloxi.check(first, HERE, 0.1)
    assert "replay" in again.why and not asked_for(again)[0].stale
    second = bob.prepare(request())
    assert biloxi.check(second, HERE, 0.2).user == "bob"
    assert "replay" in biloxi.check(first, HERE, 0.3).why
    assert "replay" in biloxi.check(second, HERE, 0.3).why


def test_a_count_may_leave_gaps_and_not_fall_behind_them() -> None:
    biloxi, bob = server(), client()
    first = logged_in(bob, biloxi, request())
    second, third = bob.prepare(request()), bob.prepare(request())
    assert [biloxi.check(asked, HERE, 0.0).user for asked in (first, third, second)] == ["bob", "bob", None]


def test_a_count_of_zero_is_none() -> None:
    assert "replay" in refused_when(request(), nc="00000000").why


def test_a_replay_without_count_is_refused_too() -> None:
    """A client of RFC 2069 gets one request out of a nonce; that its nonce is used up is told as stale."""
    biloxi = server("MD5")
    old = signed(request(), biloxi.check(request(), HERE, 0.0), qop=None, nc=None, cnonce=None)
    assert biloxi.check(old, HERE, 0.0).user == "bob"
    assert asked_for(biloxi.check(old, HERE, 0.0))[0].stale


def test_a_nonce_used_with_count_is_not_open_to_clients_without() -> None:
    biloxi = server("MD5")
    asked = biloxi.check(request(), HERE, 0.0)
    assert biloxi.check(signed(request(), asked, qop=None, nc=None, cnonce=None), HERE, 0.0).user == "bob"
    assert biloxi.check(signed(request(), asked, nc="ffffffff"), HERE, 0.0).user is None


@pytest.mark.parametrize("nonce", ["", "0-1-00000000", "n", "-", "é", "\udcff", "0" * 5000, "\u0660-\u0661-00000000"])
def test_a_foreign_nonce_is_refused(nonce: str) -> None:
    verdict = refused_when(request(), nonce=nonce)
    assert "nonce" in verdict.why and not asked_for(verdict)[0].stale


def test_a_nonce_of_another_server_is_refused() -> None:
    biloxi, other = server(secret=b"1"), server(secret=b"2")
    verdict = biloxi.check(signed(request(), other.check(request(), HERE, 0.0)), HERE, 0.0)
    assert "nonce" in verdict.why and not asked_for(verdict)[0].stale


def test_an_old_nonce_is_stale_if_the_digest_was_right() -> None:
    biloxi, bob = server(max_age=60), client()
    asked = logged_in(bob, biloxi, request())
    late = biloxi.check(asked, HERE, 60.1)
    assert asked_for(late)[0].stale
    wrong = biloxi.check(signed(request(), biloxi.check(request(), HERE, 0.0), "wrong"), HERE, 60.1)
    assert not asked_for(wrong)[0].stale
    assert biloxi.check(asked, HERE, 60.0).user == "bob"


def test_another_method_is_refused() -> None:
    biloxi, bob = server(), client()
    value = shown(logged_in(bob, biloxi, request("REGISTER")))
    verdict = biloxi.check(request("INVITE").with_header("Authorization", value), HERE, 0.0)
    assert "wrong" in verdict.why and asked_for(verdict)


@pytest.mark.parametrize("uri", ["sip:evil.example", "sip:bob@evil.example", "", "nonsense", "tel:+1", "\udcff"])
def test_another_uri_is_refused(uri: str) -> None:
    """Though the digest is right for it, which is all that some servers look at."""
    assert status(refused_when(request(), uri=uri)) == 400


def test_an_equivalent_uri_will_do() -> None:
    verdict = refused_when(request("INVITE", "sip:alice@BILOXI.com"), uri="sip:%61lice@biloxi.com")
    assert verdict.user == "bob"


def test_a_server_may_take_the_uris_of_users_whom_it_serves() -> None:
    """RFC 8760 §2.6 item 6: the proxy before it has changed the Request-URI."""
    biloxi = server(serves=lambda uri: uri.host == "biloxi.com")
    arrived = request("INVITE", "sip:bob@192.0.2.4")
    for uri, user in (("sip:bob@biloxi.com", "bob"), ("sip:bob@evil.example", None)):
        assert biloxi.check(signed(arrived, biloxi.check(arrived, HERE, 0.0), uri=uri), HERE, 0.0).user == user


def test_auth_int_keeps_the_body() -> None:
    biloxi, bob = server(qop=("auth-int",)), client()
    asked = logged_in(bob, biloxi, request("INVITE", body=b"v=0\r\n"))
    assert biloxi.check(asked.with_body(b"v=1\r\n"), HERE, 0.0).user is None
    assert biloxi.check(asked, HERE, 0.0).user == "bob"


@pytest.mark.parametrize("changes", [{"qop": None, "nc": None, "cnonce": None}, {}], ids=["none", "auth"])
def test_less_than_the_integrity_that_was_asked_for_is_refused(changes: dict[str, None]) -> None:
    biloxi = server(qop=("auth-int",))
    asked = signed(request(), biloxi.check(request(), HERE, 0.0), **changes)
    assert "qop" in biloxi.check(asked, HERE, 0.0).why


def test_a_session_algorithm_needs_a_qop() -> None:
    biloxi = server("MD5-sess")
    asked = signed(request(), biloxi.check(request(), HERE, 0.0), qop=None, nc=None, cnonce=None)
    assert "qop" in biloxi.check(asked, HERE, 0.0).why


@pytest.mark.parametrize("algorithm", ["MD5", None, "SHA-256-sess", "SHA-1"])
def test_an_algorithm_that_was_not_offered_is_refused(algorithm: str | None) -> None:
    """Going down to MD5 takes the server's consent (RFC 8760 §3)."""
    assert "algorithm" in refused_when(request(), algorithm=algorithm).why


@pytest.mark.parametrize("text", ["Digest", f'Digest realm="{REALM}"', "nonsense", 'Digest username="bob'])
def test_what_can_not_be_read_is_a_bad_request(text: str) -> None:
    assert status(server().check(request().with_header("Authorization", text), HERE, 0.0)) == 400


# Guessing


def test_ten_wrong_answers_a_minute_and_no_more() -> None:
    biloxi = server()
    wrong = signed(request(), biloxi.check(request(), HERE, 0.0), "wrong")
    right = signed(request(), biloxi.check(request(), HERE, 0.0))
    assert [status(biloxi.check(wrong, HERE, i / 10)) for i in range(11)] == [401] * 10 + [403]
    locked = biloxi.check(right, HERE, 2.0)  # the right one tells no more than a wrong one
    assert status(locked) == 403 and "58 s" in locked.why
    assert status(biloxi.check(request(), HERE, 2.0)) == 401
    assert biloxi.check(right, "192.0.2.99", 2.0).user == "bob"
    later = signed(request(), biloxi.check(request(), HERE, 60.0))
    assert biloxi.check(later, HERE, 60.0).user == "bob"


def test_an_unknown_user_is_a_guess_too() -> None:
    biloxi = server(guesses=Guesses(limit=1))
    nobody = signed(request(), biloxi.check(request(), HERE, 0.0), username="nobody")
    assert [status(biloxi.check(nobody, HERE, 0.0)) for _ in range(2)] == [401, 403]


def test_what_honest_clients_do_is_no_guess() -> None:
    biloxi, bob = server(max_age=1, guesses=Guesses(limit=1)), client()
    for second in range(0, 40, 2):  # no credentials, then stale ones each time
        assert list(verdicts(bob, biloxi, request(), float(second)))[-1].user == "bob"
    replayed = bob.prepare(request())
    for _ in range(3):
        biloxi.check(replayed, HERE, 38.5)
    assert list(verdicts(client(), server(guesses=biloxi.guesses), request(), 39.0))[-1].user == "bob"


def test_a_limit_says_where_it_comes_from() -> None:
    biloxi = server(guesses=Guesses(limit=1))
    wrong = signed(request(), biloxi.check(request(), HERE, 0.0), "wrong")
    refusals = [biloxi.check(wrong, HERE, 0.0).refusal, biloxi.check(wrong, HERE, 0.0).refusal]
    assert [refusal.rfc for refusal in refusals if refusal] == ["RFC 3261 §22.2", "RFC 3261 §21.4.4"]
    broken = biloxi.check(request().with_header("Authorization", "broken"), HERE, 0.0).refusal
    assert broken is not None and broken.rfc == "RFC 7616 §3.4"


def test_many_guesses_in_one_request_are_many() -> None:
    biloxi = server(guesses=Guesses(limit=3))
    asked = biloxi.check(request(), HERE, 0.0)
    guesses = [signed(request(), asked, word).header("Authorization") for word in ("a", "b", "c", PASSWORD)]
    assert biloxi.check(request().with_header("Authorization", *guesses), HERE, 0.0).user is None
