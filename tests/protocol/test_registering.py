"""The decisions of a registrar, without a wire: what stands after any series of REGISTERs (RFC 3261 §10.3)."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipsim import LocationService, UsageError
from sipsim.message import build
from sipsim.message.message import Request
from sipsim.protocol.registering import Limits, register

BOB = "sip:bob@example.com"


class Said(NamedTuple):
    """A REGISTER in short: a phone (its Call-ID), its CSeq, and the contacts it binds or removes ("*": all)."""

    phone: str
    cseq: int
    contacts: tuple[str, ...]
    binds: bool

    def request(self) -> Request:
        return build.request(
            "REGISTER", "sip:example.com", via="SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", from_=f"<{BOB}>;tag=1",
            to=f"<{BOB}>", call_id=self.phone, cseq=self.cseq, contact=", ".join(map(contact, self.contacts)),
            headers=(("Expires", "60" if self.binds else "0"),),
        )  # fmt: skip


def contact(name: str) -> str:
    return name if name == "*" else f"<sip:{name}@192.0.2.1>"


def names(location: LocationService, now: float) -> set[str]:
    return {binding.contact.user or "" for binding in location.look_up(BOB, now)}


adding = st.builds(lambda names: (tuple(names), True), st.lists(st.sampled_from("abc"), min_size=1, unique=True))
removing = st.builds(lambda names: (tuple(names), False), st.lists(st.sampled_from("abc"), min_size=1, unique=True))
said = st.one_of(adding, removing, st.just((("*",), False)))


@given(st.lists(st.tuples(said, st.integers(0, 20)), max_size=12))
def test_whatever_is_reordered_or_repeated_one_phones_table_is_its_log_in_order(
    wishes: list[tuple[tuple[tuple[str, ...], bool], int]],
) -> None:
    """Of one Call-ID what is accepted, in order of CSeq, makes the table, whatever arrives when, and how often (I8)."""
    sent = [(Said("phone", n, *what), n + late) for n, (what, late) in enumerate(wishes, 1)]
    arriving = [one for one, _ in sorted(sent, key=lambda pair: pair[1])]
    location = LocationService()
    log = [one for one in [*arriving, *arriving] if register(location, one.request(), 1.0).status == 200]
    table: set[str] = set()
    for one in sorted(log, key=lambda one: one.cseq):
        if "*" in one.contacts:
            table.clear()
        elif one.binds:
            table |= set(one.contacts)
        else:
            table -= set(one.contacts)
    assert names(location, 1.0) == table and len({one.cseq for one in log}) == len(log)


@given(st.lists(st.tuples(st.sampled_from(["one", "two"]), said), max_size=12))
def test_the_log_of_several_phones_makes_the_table_in_the_order_of_arrival(
    wishes: list[tuple[str, tuple[tuple[str, ...], bool]]],
) -> None:
    location = LocationService()
    table: set[str] = set()
    for n, (phone, (contacts, binds)) in enumerate(wishes, 1):
        assert register(location, Said(phone, n, contacts, binds).request(), 1.0).status == 200
        table = set() if "*" in contacts else table | set(contacts) if binds else table - set(contacts)
        assert names(location, 1.0) == table


def test_nothing_of_a_refused_register_stands() -> None:
    """One contact is newer than the request, the other unknown: neither changes (§10.3, atomically)."""
    location = LocationService()
    assert register(location, Said("phone", 5, ("a",), True).request(), 0.0).status == 200
    answer = register(location, Said("phone", 4, ("b", "a"), False).request(), 0.0)
    assert answer.status == 500 and not answer.changes and names(location, 0.0) == {"a"}


def test_what_comes_late_does_not_bring_a_removed_binding_back() -> None:
    location = LocationService()
    for one in (Said("phone", 1, ("a",), True), Said("phone", 3, ("a",), False)):
        assert register(location, one.request(), 0.0).status == 200
    assert register(location, Said("phone", 2, ("a",), True).request(), 30.0).status == 500
    assert not names(location, 30.0)


def test_another_boot_of_a_phone_speaks_with_a_call_id_of_its_own() -> None:
    location = LocationService()
    assert register(location, Said("before", 9, ("a",), True).request(), 0.0).status == 200
    assert register(location, Said("after", 1, ("a",), False).request(), 1.0).status == 200
    assert not names(location, 1.0)


def test_addresses_are_compared_by_the_rules_for_uris() -> None:
    """Host without case, the port exactly, unknown parameters of one side not at all (§19.1.4)."""
    location = LocationService()

    def said(contact: str, cseq: int, expires: int) -> set[str]:
        request = Said("phone", cseq, ("a",), True).request().with_header("Contact", f"<{contact}>;expires={expires}")
        assert register(location, request, 0.0).status == 200
        return {str(binding.contact) for binding in location.look_up(BOB, 0.0)}

    assert said("sip:a@Host.example.com;ob", 1, 60) == {"sip:a@Host.example.com;ob"}
    assert said("sip:a@host.EXAMPLE.com", 2, 60) == {"sip:a@host.EXAMPLE.com"}
    assert len(said("sip:a@host.example.com:5060", 3, 60)) == 2
    assert said("SIP:%61@host.example.com", 4, 0) == {"sip:a@host.example.com:5060"}


@pytest.mark.parametrize("wrong", [{"min_expires": True}, {"default_expires": 1.5}, {"most_bindings": 2**32}])
def test_limits_are_whole_numbers(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Limits.of(**wrong)


def test_nobody_fills_the_memory_of_a_registrar() -> None:
    """Neither with many contacts at once, nor with many that come and go."""
    location, limits = LocationService(), Limits(most_bindings=10)
    crowd = tuple(f"c{n}" for n in range(11))
    assert register(location, Said("phone", 1, crowd, True).request(), 0.0, limits).status == 500
    for n in range(200):
        for cseq, binds in ((2 * n + 2, True), (2 * n + 3, False)):
            assert register(location, Said("phone", cseq, (f"c{n}",), binds).request(), 0.0, limits).status == 200
    assert len(location.remembered(BOB, 0.0)) <= 20 and not names(location, 0.0)
    assert register(location, Said("phone", 400, ("c199",), True).request(), 0.0, limits).status == 500  # still known
