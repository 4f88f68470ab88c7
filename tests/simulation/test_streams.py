"""Random streams by name, and identifiers that count."""

from __future__ import annotations

import re
import secrets

from hypothesis import example, given
from hypothesis import strategies as st

from sipsim.simulation.streams import Identifiers, SecretIdentifiers, Streams

TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")  # RFC 3261 §25.1


def test_a_stream_depends_on_seed_and_name_alone() -> None:
    one, other = Streams(7), Streams(7)
    other.get("other").random()
    assert [one.get("loss").random() for _ in range(5)] == [other.get("loss").random() for _ in range(5)]
    assert one.get("loss") is one.get("loss")
    first = {Streams(seed).get(name).random() for seed in (7, 8) for name in ("loss", "delay")}
    assert len(first) == 4


def test_a_stream_gives_the_same_numbers_on_every_python() -> None:
    """Worked out once, with several versions of Python."""
    assert f"{Streams(7).get('link a -> b').getrandbits(64):016x}" == "03cc9e7d28947c76"


def test_identifiers_count_for_each_name_and_purpose() -> None:
    ids = Identifiers()
    assert [ids.tag("alice"), ids.tag("alice"), ids.tag("bob")] == ["alice-1", "alice-2", "bob-1"]
    assert [ids.branch("alice"), ids.branch("alice")] == ["z9hG4bK-alice-1", "z9hG4bK-alice-2"]
    assert ids.call_id("alice", "192.0.2.1") == "alice-1@192.0.2.1"
    assert ids.call_id("alice", "192.0.2.9") == "alice-2@192.0.2.9"


@given(st.lists(st.text(max_size=12), max_size=20))
@example(["Alice", "alice", "ALICE"])
@example(["a b", "a-b", "a%20b", "", "x"])
def test_identifiers_are_tokens_and_never_the_same(names: list[str]) -> None:
    """Tokens are compared without case (RFC 3261 §7.3.1)."""
    ids = Identifiers()
    for make in (ids.tag, ids.branch):
        made = [make(name) for name in names]
        assert all(TOKEN.fullmatch(identifier) for identifier in made)
        assert len({identifier.lower() for identifier in made}) == len(names)


def test_secret_identifiers_tell_nothing_and_are_long_enough() -> None:
    """A tag has at least 32 random bits (RFC 3261 §19.3)."""
    ids = SecretIdentifiers(secrets.token_hex)
    made = [ids.tag("alice"), ids.branch("alice"), ids.call_id("alice", "127.0.0.1")]
    assert all(len(identifier) >= 16 and "alice" not in identifier for identifier in made)
    assert made[1].startswith("z9hG4bK")
    assert made[2].endswith("@127.0.0.1")
    assert ids.tag("alice") != made[0]
