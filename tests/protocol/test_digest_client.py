"""What a client shows, to whom and when (RFC 3261 §22, RFC 8760 §2.4)."""

from __future__ import annotations

import pytest
from digest_bench import PASSWORD, PROXY, REALM, asks, challenge, client, request, shown

from sipsim.errors import UsageError
from sipsim.message.build import reply
from sipsim.protocol.digest_client import ANY, MOST_SCOPES, credentials_of


def test_credentials_say_what_they_answer() -> None:
    asked = request()
    answered = client().answer(asked, challenge(asked, asks(opaque="o")), [])
    value = shown(answered)
    assert (value.username, value.realm, value.nonce, value.uri) == ("bob", REALM, "n1", "sip:biloxi.com")
    assert (value.algorithm, value.opaque, value.qop) == ("MD5", "o", "auth")
    assert (value.nc, value.cnonce) == ("00000001", "cnonce-1")


def test_all_else_of_the_request_stays() -> None:
    asked = request("INVITE", "sip:alice@biloxi.com", body=b"v=0\r\n")
    answered = client().answer(asked, challenge(asked, asks()), [])
    assert answered.without("Authorization") == asked


@pytest.mark.parametrize("algorithm", [None, "md5", "MD5"])
def test_algorithm_and_opaque_are_echoed_as_they_came(algorithm: str | None) -> None:
    asked = request()
    value = shown(client().answer(asked, challenge(asked, asks(algorithm=algorithm, opaque="")), []))
    assert (value.algorithm, value.opaque) == (algorithm, "")


def test_a_server_of_rfc_2069_gets_no_qop() -> None:
    asked = request()
    value = shown(client().answer(asked, challenge(asked, asks(qop=())), []))
    assert (value.qop, value.nc, value.cnonce) == (None, None, None)


def test_auth_is_preferred_to_auth_int() -> None:
    asked = request()
    for offered, taken in ((("auth-int", "auth"), "auth"), (("x", "auth-int"), "auth-int")):
        assert shown(client().answer(asked, challenge(asked, asks(qop=offered)), [])).qop == taken


# Which challenge


def test_the_topmost_algorithm_that_we_know_is_taken() -> None:
    """RFC 8760 §2.4; whatever stands above it without being understood is passed over."""
    asked = request()
    answered = client().answer(
        asked,
        challenge(
            asked, 'Basic realm="biloxi.com"', "Digest nonsense", asks(algorithm="SHA-1024"), asks(qop=("token",)),
            asks(algorithm="SHA-256-sess", qop=()), asks(algorithm="SHA-256", nonce="n2"), asks(algorithm="MD5"),
        ),
        [],
    )  # fmt: skip
    value = shown(answered)
    assert (value.algorithm, value.nonce) == ("SHA-256", "n2")


def test_the_order_is_the_servers() -> None:
    asked = request()
    answered = client().answer(asked, challenge(asked, asks(algorithm="MD5"), asks(algorithm="SHA-256")), [])
    assert shown(answered).algorithm == "MD5"


@pytest.mark.parametrize("text", ['Basic realm="biloxi.com"', "Digest", 'Digest realm="elsewhere", nonce="n"', "?"])
def test_nothing_to_answer(text: str) -> None:
    asked = request()
    assert client().answer(asked, challenge(asked, text), []) is None


def test_without_an_account_the_user_can_be_asked() -> None:
    asked, nobody = request(), client(None)
    response = challenge(asked, asks(), asks("other"), asks(algorithm="SHA-256"), "Basic x=y")
    assert nobody.answer(asked, response, []) is None
    assert nobody.unknown_realms(response) == (REALM, "other")
    nobody.add("other", "bob", PASSWORD)
    assert nobody.unknown_realms(response) == (REALM,)
    assert shown(nobody.answer(asked, response, [])).realm == "other"


def test_an_account_for_any_realm() -> None:
    asked, anybody = request(), client(realm=ANY)
    anybody.add("special", "robert", PASSWORD)
    answered = anybody.answer(asked, challenge(asked, asks("one"), asks("special")), [])
    assert [value.split('"')[1] for value in answered.values("Authorization")] == ["bob", "robert"]


def test_an_account_can_be_forgotten() -> None:
    asked, bob = request(), client()
    assert bob.answer(asked, challenge(asked, asks()), []) is not None
    bob.forget(REALM)
    assert not bob.knows(REALM)
    assert bob.prepare(asked) is asked
    assert bob.answer(asked, challenge(asked, asks()), []) is None


def test_a_new_password_begins_anew_with_the_same_nonce_too() -> None:
    asked, bob = request(), client("old")
    first = bob.answer(asked, challenge(asked, asks()), [])
    bob.add(REALM, "bob", PASSWORD)
    assert bob.prepare(asked) is asked
    second = bob.answer(asked, challenge(asked, asks()), [])
    assert shown(second).nc == "00000001" and shown(second).response != shown(first).response


def test_passwords_show_nowhere() -> None:
    asked, bob = request(), client()
    bob.answer(asked, challenge(asked, asks()), [])
    assert PASSWORD not in f"{bob!r} {vars(bob)!r}"
    with pytest.raises(UsageError) as caught:
        bob.add(REALM, "bob", "secret\r\n")
    assert "secret" not in str(caught.value)


# Several servers and proxies


def test_each_challenge_is_answered_in_the_header_field_that_belongs_to_it() -> None:
    asked, bob = request("INVITE"), client(realm=ANY)
    headers = [("WWW-Authenticate", asks("u")), (PROXY, asks("p1")), (PROXY, asks("p2"))]
    response = reply(asked, 401, to_tag="t", headers=[(name, str(value)) for name, value in headers])
    answered = bob.answer(asked, response, [])
    assert [name for name, _ in credentials_of(answered)] == [
        "Authorization", "Proxy-Authorization", "Proxy-Authorization",
    ]  # fmt: skip
    assert [text.split('realm="')[1][:2].rstrip('"') for _, text in credentials_of(answered)] == ["u", "p1", "p2"]


def test_credentials_for_the_first_proxy_stay_when_the_second_asks() -> None:
    """RFC 3665 §3.3: the third INVITE has both, the first proxy's with the next count."""
    asked, bob, met = request("INVITE"), client(realm=ANY), []
    first = bob.answer(asked, challenge(asked, asks("p1"), field=PROXY), met)
    second = bob.answer(first, challenge(first, asks("p2"), field=PROXY), met)
    one, two = second.values("Proxy-Authorization")
    assert 'realm="p1"' in one and "nc=00000002" in one
    assert 'realm="p2"' in two and "nc=00000001" in two


def test_two_servers_of_one_realm_behind_a_fork_both_get_an_answer() -> None:
    """RFC 3261 §22.3. One server asks with different algorithms, so equal ones come from several."""
    asked = request("INVITE")
    answered = client().answer(
        asked,
        challenge(
            asked, asks(algorithm="SHA-256", nonce="a"), asks(nonce="a"), asks(algorithm="SHA-256", nonce="b"),
            asks(nonce="b"),
        ),
        [],
    )  # fmt: skip
    nonces = [text.split('nonce="')[1][0] for text in answered.values("Authorization")]
    assert nonces == ["a", "b"]
    assert all("SHA-256" in text for text in answered.values("Authorization"))


def test_what_others_put_in_stays() -> None:
    asked, bob = request().with_header("Authorization", "Basic x=y", 'Digest realm="else"', "?"), client()
    answered = bob.answer(asked, challenge(asked, asks()), [])
    assert answered.values("Authorization")[:3] == asked.values("Authorization")
    assert len(bob.prepare(answered).values("Authorization")) == 4


# Before being asked


def test_the_next_request_for_the_same_destination_brings_credentials() -> None:
    asked, bob = request(), client()
    bob.answer(asked, challenge(asked, asks()), [])
    assert [shown(bob.prepare(request(call_id=f"c{i}"))).nc for i in range(3)] == ["00000002", "00000003", "00000004"]
    assert not bob.prepare(request(to="<sip:carol@biloxi.com>")).has("Authorization")


def test_a_proxys_credentials_are_for_the_call_and_not_for_others() -> None:
    """RFC 3261 §22.3."""
    asked, bob = request("INVITE", call_id="c1"), client()
    bob.answer(asked, challenge(asked, asks(), field=PROXY), [])
    assert shown(bob.prepare(request("BYE", "sip:x", call_id="c1")), "Proxy-Authorization").nc == "00000002"
    assert not bob.prepare(request("INVITE", call_id="c2")).has("Proxy-Authorization")


def test_the_outbound_proxys_are_for_all_requests() -> None:
    asked, bob = request("INVITE", call_id="c1"), client(outbound=True)
    bob.answer(asked, challenge(asked, asks(), field=PROXY), [])
    other = request("MESSAGE", "sip:x@elsewhere", to="<sip:x@elsewhere>", call_id="c2")
    assert shown(bob.prepare(other), "Proxy-Authorization").nc == "00000002"


def test_ack_repeats_the_invites_and_cancel_has_none() -> None:
    """RFC 3261 §22.1: neither is counted."""
    asked, bob = request("INVITE"), client()
    invite = bob.answer(asked, challenge(asked, asks()), [])
    for method in ("ACK", "CANCEL"):
        plain = request(method)
        assert bob.prepare(plain) is plain
    assert credentials_of(invite) == (("Authorization", invite.header("Authorization")),)
    assert shown(bob.prepare(request())).nc == "00000002"


def test_a_server_that_has_one_nonce_for_all_is_counted_across_calls() -> None:
    bob = client()
    for call in range(1, 4):
        asked = request("INVITE", call_id=f"c{call}")
        answered = bob.answer(asked, challenge(asked, asks(nonce="fixed"), field=PROXY), [])
        assert shown(answered, "Proxy-Authorization").count == call


def test_old_calls_are_forgotten_at_last() -> None:
    bob = client()
    for call in range(MOST_SCOPES + 1):
        asked = request("INVITE", call_id=f"c{call}")
        bob.answer(asked, challenge(asked, asks(nonce=f"n{call}"), field=PROXY), [])
    assert not bob.prepare(request("BYE", call_id="c0")).has("Proxy-Authorization")
    assert bob.prepare(request("BYE", call_id="c1")).has("Proxy-Authorization")
