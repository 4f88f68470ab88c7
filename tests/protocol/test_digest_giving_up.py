"""When a client has tried enough, and what it makes of Authentication-Info (RFC 3261 §22.1, RFC 7616 §3.5)."""

from __future__ import annotations

import pytest
from digest_bench import PROXY, asks, challenge, client, logged_in, request, server, shown
from hypothesis import given, settings
from hypothesis import strategies as st

from sipsim.message.auth import AuthenticationInfo, Challenge
from sipsim.message.build import reply
from sipsim.message.message import Request, Response, parse
from sipsim.protocol.digest import ALGORITHMS
from sipsim.protocol.digest_client import ANY, MOST_ANSWERS, credentials_of

# Giving up


def test_a_password_refused_once_is_not_tried_again() -> None:
    """RFC 3665 §2.5: the second 401 is the end, though its nonce is new."""
    asked, bob, met = request(), client(), []
    first = bob.answer(asked, challenge(asked, asks(nonce="n1")), met)
    assert bob.answer(first, challenge(first, asks(nonce="n2")), met) is None
    assert bob.prepare(request()) == request()  # not even unasked


@pytest.mark.parametrize("stale", [False, True])
def test_credentials_are_not_repeated_with_the_same_nonce(stale: bool) -> None:
    asked, bob = request(), client()
    first = bob.answer(asked, challenge(asked, asks(nonce="n1")), [])
    assert bob.answer(first, challenge(first, asks(nonce="n1", stale=stale)), []) is None


def test_stale_is_retried_once() -> None:
    asked, bob, met = request(), client(), []
    first = bob.answer(asked, challenge(asked, asks(nonce="n1")), met)
    second = bob.answer(first, challenge(first, asks(nonce="n2", stale=True)), met)
    assert (shown(second).nonce, shown(second).nc) == ("n2", "00000001")
    assert bob.answer(second, challenge(second, asks(nonce="n3", stale=True)), met) is None


def test_what_was_shown_unasked_may_be_answered_anew() -> None:
    """The server may have been restarted: it can't know that the nonce was once good."""
    asked, bob, met = request(), client(), []
    bob.answer(asked, challenge(asked, asks(nonce="n1")), [])
    early = bob.prepare(request())
    assert shown(early).nonce == "n1"
    again = bob.answer(early, challenge(early, asks(nonce="n2")), met)
    assert (shown(again).nonce, shown(again).nc) == ("n2", "00000001")
    assert bob.answer(again, challenge(again, asks(nonce="n3")), met) is None


def test_one_realm_refused_does_not_keep_another_from_its_answer() -> None:
    asked, bob, met = request(), client(realm=ANY), []
    first = bob.answer(asked, challenge(asked, asks("a", "n1")), met)
    second = bob.answer(first, challenge(first, asks("a", "n2"), asks("b", "n3")), met)
    assert shown(second).realm == "b"


def test_a_server_that_thinks_of_ever_new_realms_is_left_at_last() -> None:
    asked, bob, met = request(), client(realm=ANY), []
    tries = 0
    while asked is not None:
        asked, tries = bob.answer(asked, challenge(asked, asks(f"r{tries}", f"n{tries}")), met), tries + 1
    assert tries == MOST_ANSWERS + 1


HOSTILE = st.lists(
    st.builds(
        asks, st.sampled_from(["a", "b"]), st.sampled_from(["n1", "n2", "n3"]), stale=st.booleans(),
        algorithm=st.sampled_from([None, "MD5", "SHA-256", "nonsense"]), qop=st.sampled_from([(), ("auth",), ("x",)]),
    )
    | st.sampled_from(["Digest", "Basic a=b", "Digest realm=a, nonce=b", 'Digest realm="\\\udcff", nonce=""']),
    max_size=4,
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.tuples(HOSTILE, st.sampled_from(["WWW-Authenticate", PROXY])), min_size=12, max_size=12))
def test_no_server_keeps_a_client_busy(responses: list[tuple[list[Challenge | str], str]]) -> None:
    """Two realms in two header fields, at most twice each; never the same credentials twice."""
    bob, met, asked = client(realm=ANY), [], request()
    seen: list[tuple[str, str]] = []
    tries = 0
    for challenges, field in responses:
        answered = bob.answer(asked, challenge(asked, *challenges, field=field), met)
        if answered is None:
            break
        tries += 1
        asked = answered
        seen += [text for text in credentials_of(asked) if "qop" in text[1]]
    assert tries <= 8
    assert len(seen) == len(set(seen))


# Authentication-Info


def accepted(asked: Request, info: object, body: bytes = b"") -> Response:
    made = parse(bytes(reply(asked, 200, to_tag="t", headers=[("Authentication-Info", str(info))], body=body)))
    assert isinstance(made, Response)
    return made


@pytest.mark.parametrize("name", [algorithm.name for algorithm in ALGORITHMS.values()])
@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_a_server_proves_that_it_knows_the_password(name: str, qop: str) -> None:
    bob, biloxi = client(), server(name, qop=(qop,))
    answered = logged_in(bob, biloxi, request())
    verdict = biloxi.check(answered, "h", 0)
    assert bob.learn(answered, accepted(answered, biloxi.info(verdict, b"body"), b"body")) is True
    info = biloxi.info(verdict, b"other")
    assert bob.learn(answered, accepted(answered, info, b"body")) is (qop == "auth")


def test_a_server_without_the_password_is_found_out() -> None:
    asked, bob = request(), client()
    answered = bob.answer(asked, challenge(asked, asks()), [])
    assert bob.learn(answered, accepted(answered, 'rspauth="00", nextnonce="n9"')) is False
    assert shown(bob.prepare(request())).nonce == "n1"


def test_the_next_nonce_is_used_and_counted_anew() -> None:
    asked, bob = request(), client()
    answered = bob.answer(asked, challenge(asked, asks()), [])
    assert bob.learn(answered, accepted(answered, AuthenticationInfo("n2"))) is None
    value = shown(bob.prepare(request()))
    assert (value.nonce, value.nc) == ("n2", "00000001")


@pytest.mark.parametrize("text", ["", "nonsense", 'rspauth="1", cnonce="another"', "qop=auth"])
def test_other_authentication_info_says_nothing(text: str) -> None:
    asked, bob = request(), client()
    answered = bob.answer(asked, challenge(asked, asks()), [])
    assert bob.learn(answered, accepted(answered, text)) is None
    assert bob.learn(request(), accepted(answered, 'rspauth="1"')) is None
    assert bob.learn(answered, reply(answered, 200)) is None
