"""HA1, HA2 and response: published and computed vectors, and the forms that they have none for (RFC 7616 §3.4)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from sipsim.errors import UsageError
from sipsim.message.auth import Credentials
from sipsim.protocol.digest import (
    ALGORITHMS,
    check_account,
    digest,
    find_algorithm,
    ha1,
    ha2,
    require_algorithm,
    response,
    session_ha1,
)

DATA = Path(__file__).parents[1] / "data" / "digest_vectors.json"
VECTORS = json.loads(DATA.read_text(encoding="utf-8"))["vectors"]
NAMES = ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"]


def credentials(vector: dict[str, Any]) -> Credentials:
    return Credentials(
        vector["user"], vector["realm"], vector["nonce"], vector["uri"], "", vector.get("algorithm"),
        vector.get("cnonce"), None, vector.get("qop"), vector.get("nc"),
    )  # fmt: skip


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['response'][:8]}-{v.get('algorithm', 'none')}")
def test_vector(vector: dict[str, Any]) -> None:
    algorithm = find_algorithm(vector.get("algorithm"))
    if algorithm is None:
        pytest.skip(f"this Python's hashlib lacks {vector['algorithm']}")
    stored = ha1(algorithm, vector["user"], vector["realm"], vector["password"])
    assert response(algorithm, stored, credentials(vector), vector["method"]) == vector["response"]


def test_there_are_vectors_for_each_family() -> None:
    families = {str(vector.get("algorithm", "MD5")).removesuffix("-sess") for vector in VECTORS}
    assert families == {"MD5", "SHA-256", "SHA-512-256"}


def test_sha_512_256_is_there_if_hashlib_has_it_and_the_others_always() -> None:
    has_it = "sha512_256" in hashlib.algorithms_available
    assert [algorithm.name for algorithm in ALGORITHMS.values()] == NAMES[: 6 if has_it else 4]


@pytest.mark.parametrize("name", [algorithm.name for algorithm in ALGORITHMS.values()])
def test_an_algorithm_is_found_in_any_case(name: str) -> None:
    found = find_algorithm(name)
    assert found == find_algorithm(name.upper()) == find_algorithm(name.lower()) == require_algorithm(name)
    assert found is not None and found.name == name
    assert found.session == name.endswith("-sess") and found.family == name.removesuffix("-sess")


def test_no_algorithm_means_md5_and_an_unknown_one_is_none() -> None:
    assert find_algorithm(None) == find_algorithm("MD5")
    assert find_algorithm("") is find_algorithm("SHA-1") is find_algorithm("AKAv1-MD5") is None
    with pytest.raises(UsageError, match=r"'SHA-1'.*MD5"):
        require_algorithm("SHA-1")


@pytest.mark.parametrize(
    ("name", "empty"),
    [
        ("MD5", "d41d8cd98f00b204e9800998ecf8427e"),  # RFC 3261 §22.4 item 7
        ("SHA-256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),  # RFC 8760 §2.6 item 7
    ],
)
def test_no_body_counts_as_an_empty_one(name: str, empty: str) -> None:
    algorithm = require_algorithm(name)
    assert algorithm.hash(b"") == empty
    assert ha2(algorithm, "BYE", "sip:a", "auth-int") == algorithm.hash(f"BYE:sip:a:{empty}")


def test_auth_int_covers_the_body_and_auth_does_not() -> None:
    algorithm = require_algorithm("SHA-256")
    assert ha2(algorithm, "INVITE", "sip:a", "auth-int", b"1") != ha2(algorithm, "INVITE", "sip:a", "auth-int", b"2")
    assert ha2(algorithm, "INVITE", "sip:a", "auth", b"1") == ha2(algorithm, "INVITE", "sip:a", None, b"2")
    assert ha2(algorithm, "INVITE", "sip:a", "AUTH-INT", b"1") == ha2(algorithm, "INVITE", "sip:a", "auth-int", b"1")


def test_a_session_has_both_nonces_in_ha1() -> None:
    algorithm = require_algorithm("MD5-sess")
    stored = ha1(algorithm, "bob", "biloxi.com", "zanzibar")
    assert stored == ha1(require_algorithm("MD5"), "bob", "biloxi.com", "zanzibar")
    assert session_ha1(algorithm, stored, "n", "c") == algorithm.hash(f"{stored}:n:c")


def test_the_form_of_rfc_2069_has_neither_count_nor_cnonce() -> None:
    algorithm = require_algorithm("MD5")
    assert digest(algorithm, "1", "2", "n", "00000001", "c") == algorithm.hash("1:n:2")


def test_what_is_no_utf_8_counts_as_the_octets_on_the_wire() -> None:
    assert require_algorithm("MD5").hash("\udcff") == hashlib.md5(b"\xff").hexdigest()
    assert require_algorithm("MD5").hash("é") == hashlib.md5(b"\xc3\xa9").hexdigest()


@pytest.mark.parametrize("password", ["a\rb", "a\nb", "a\0b", "a\ud800b"])
def test_a_password_that_can_not_be_is_refused_without_being_shown(password: str) -> None:
    with pytest.raises(UsageError, match="password") as caught:
        check_account("bob", password)
    assert "a" + password[1:] not in str(caught.value) and repr(password)[1:-1] not in str(caught.value)


def test_a_colon_would_end_the_user_name() -> None:
    check_account("bob", "with:colon")
    with pytest.raises(UsageError, match="bob:by"):
        check_account("bob:by", "")
