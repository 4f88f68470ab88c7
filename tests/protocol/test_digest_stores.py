"""What a server of digest authentication keeps: nonces in use, wrong answers by source, users without passwords."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipsim.errors import UsageError
from sipsim.protocol.digest import require_algorithm
from sipsim.protocol.guesses import MOST_SOURCES, Guesses
from sipsim.protocol.nonces import Nonces
from sipsim.protocol.users import Users

# Nonces


def test_nonces_of_the_same_secret_are_the_same_and_of_another_are_not() -> None:
    """In a simulation they repeat; live, where each start draws a secret, no two are alike."""
    times = [0.0, 0.0, 1.5]
    first = [Nonces(b"s", digits=8)]
    made = [[nonces.make(now) for now in times] for nonces in (*first, Nonces(b"s", digits=8), Nonces(b"t", digits=8))]
    assert made[0] == made[1]
    assert not set(made[0]) & set(made[2])
    assert made[0][2].startswith("16e360-3-") and len(made[0][2]) == 17


@given(st.floats(0, 4e9), st.integers(8, 64))
def test_a_nonce_says_when_it_was_made(now: float, digits: int) -> None:
    nonces = Nonces(b"s", digits=digits)
    assert nonces.made_at(nonces.make(now)) == pytest.approx(now, abs=1e-6)


@given(st.data())
def test_a_nonce_with_one_character_changed_is_foreign(data: st.DataObject) -> None:
    nonces = Nonces(b"s")
    nonce = nonces.make(7.0)
    at = data.draw(st.integers(0, len(nonce) - 1))
    changed = nonce[:at] + data.draw(st.characters().filter(lambda char: char != nonce[at])) + nonce[at + 1 :]
    assert nonces.made_at(changed) is None
    assert nonces.is_old(changed, 7.0)
    assert not nonces.use(changed, 1, 7.0)


def test_a_short_seal_is_not_taken_for_a_long_one() -> None:
    long, short = Nonces(b"s", digits=32), Nonces(b"s", digits=8)
    assert long.made_at(short.make(0.0)) is None
    assert short.made_at(long.make(0.0)) is None


def test_a_nonce_ages() -> None:
    nonces = Nonces(b"s", max_age=60)
    nonce = nonces.make(100.0)
    assert [nonces.is_old(nonce, now) for now in (100.0, 160.0, 160.1)] == [False, False, True]


@given(st.lists(st.integers(0, 20)))
def test_counts_rise(counts: list[int]) -> None:
    nonces = Nonces(b"s")
    nonce, highest = nonces.make(0.0), 0
    for count in counts:
        assert nonces.use(nonce, count, 0.0) == (count > highest)
        highest = max(highest, count)


def test_only_nonces_in_use_are_remembered_and_not_for_ever() -> None:
    nonces = Nonces(b"s", max_age=60)
    for _ in range(1000):
        nonces.make(0.0)
    assert len(nonces) == 0
    for second in range(1000):
        assert nonces.use(nonces.make(float(second)), 1, float(second))
        assert len(nonces) <= 62


def test_a_nonce_is_remembered_as_long_as_it_may_be_used() -> None:
    nonces = Nonces(b"s", max_age=60)
    early, late = nonces.make(0.0), nonces.make(50.0)
    assert nonces.use(late, 1, 50.0) and nonces.use(early, 1, 60.0)
    assert nonces.use(nonces.make(110.0), 1, 110.0)
    assert not nonces.use(late, 1, 110.0)


def test_a_nonce_made_before_time_began_is_one_of_the_beginning() -> None:
    nonces = Nonces(b"s")
    assert nonces.made_at(nonces.make(-1.0)) == 0.0


@pytest.mark.parametrize(
    ("secret", "options"), [(b"", {}), (b"s", {"digits": 7}), (b"s", {"digits": 65}), (b"s", {"max_age": 0})]
)
def test_nonces_that_would_be_worthless(secret: bytes, options: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        Nonces(secret, **options)


def test_no_repr_shows_the_secret() -> None:
    assert "hush" not in repr(Nonces(b"hush"))


# Guesses


def test_a_window_slides() -> None:
    guesses = Guesses(limit=2, window=60)
    guesses.note("h", 0.0)
    assert guesses.wait("h", 0.0) == 0.0
    guesses.note("h", 30.0)
    assert guesses.wait("h", 30.0) == 30.0
    assert guesses.wait("other", 30.0) == 0.0
    assert guesses.wait("h", 60.0) == 0.0
    guesses.note("h", 60.0)
    assert guesses.wait("h", 60.0) == 30.0
    guesses.forget()
    assert guesses.wait("h", 60.0) == 0.0


@given(st.lists(st.floats(0, 500), max_size=60).map(sorted))
def test_no_more_than_the_limit_within_any_window(times: list[float]) -> None:
    guesses = Guesses(limit=3, window=60)
    taken = []
    for now in times:
        if not guesses.wait("h", now):
            guesses.note("h", now)
            taken.append(now)
    assert all(later - first >= 60 for first, later in zip(taken, taken[3:], strict=False))


def test_sources_are_forgotten() -> None:
    guesses = Guesses(limit=1, window=60)
    for i in range(100):
        guesses.note(f"h{i}", float(i))
    assert repr(guesses) == "<Guesses: 60 sources>"
    for i in range(MOST_SOURCES + 100):
        guesses.note(f"flood{i}", 100.0)
    assert repr(guesses) == f"<Guesses: {MOST_SOURCES} sources>"
    assert guesses.wait(f"flood{MOST_SOURCES}", 100.0) > 0


@pytest.mark.parametrize(("limit", "window"), [(0, 60.0), (1, 0.0), (1, -1.0)])
def test_a_limit_that_would_let_nobody_or_everybody(limit: int, window: float) -> None:
    with pytest.raises(UsageError):
        Guesses(limit, window)


# Users


def test_users_are_known_by_ha1_and_not_by_password() -> None:
    users = Users("biloxi.com", {"bob": "zanzibar"})
    md5 = require_algorithm("MD5")
    assert users.ha1("bob", md5) == "12af60467a33e8518da5c68bbff12b11"
    assert users.ha1("bob", require_algorithm("MD5-sess")) == users.ha1("bob", md5)
    assert users.ha1("bob", require_algorithm("SHA-256")) != users.ha1("bob", md5)
    assert users.ha1("alice", md5) is None
    assert "zanzibar" not in f"{users!r} {vars(users)!r}"
    assert "bob" in users and "alice" not in users and len(users) == 1
    users.remove("bob")
    assert len(users) == 0


def test_a_stored_ha1_is_for_its_algorithm_only() -> None:
    users = Users("biloxi.com")
    users.add_ha1("bob", "MD5", "12af60467a33e8518da5c68bbff12b11")
    assert users.ha1("bob", require_algorithm("MD5")) == "12af60467a33e8518da5c68bbff12b11"
    assert users.ha1("bob", require_algorithm("SHA-256")) is None


@pytest.mark.parametrize(
    ("algorithm", "ha1"),
    [("MD5", ""), ("MD5", "0" * 31), ("MD5", "g" * 32), ("SHA-256", "0" * 32), ("SHA-1", "0" * 40)],
)
def test_what_is_no_ha1(algorithm: str, ha1: str) -> None:
    with pytest.raises(UsageError) as caught:
        Users("biloxi.com").add_ha1("bob", algorithm, ha1)
    assert len(ha1) < 8 or ha1 not in str(caught.value)


@pytest.mark.parametrize("realm", ["", "a\r\nb", "a\0", "\x7f", "\udcff"])
def test_a_realm_that_no_header_field_holds(realm: str) -> None:
    with pytest.raises(UsageError, match="realm"):
        Users(realm)


@pytest.mark.parametrize("name", ["a:b", "a\nb", "a\0"])
def test_a_name_that_no_user_can_have(name: str) -> None:
    with pytest.raises(UsageError, match="username"):
        Users("biloxi.com", {name: "p"})
    with pytest.raises(UsageError, match="username"):
        Users("biloxi.com").add_ha1(name, "MD5", "0" * 32)
