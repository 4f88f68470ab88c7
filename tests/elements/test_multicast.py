"""Parties are found by unicast, and registrars by multicast too, where RFC 3261 §10.2.6 and §18.1.1 allow it."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import messages, wire

from sipsim import Lab, Registrar, RegistrationFailed, UsageError, UserAgent
from sipsim.message.uri import Uri
from sipsim.simulation.network import Address

GROUP = "224.0.1.75"
"""All SIP servers: sip.mcast.net."""


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def group_of(lab: Lab, group: str = GROUP) -> tuple[Registrar, Registrar, UserAgent]:
    one, two = (lab.registrar("example.com", name) for name in ("one", "two"))
    for registrar in (one, two):
        lab.network.join(GROUP, registrar.address)
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    bob.registrar = Uri.parse(f"sip:example.com;maddr={group};ttl=1")
    return one, two, bob


@pytest.mark.covers("P37")
def test_a_register_by_multicast_is_sent_once_and_reaches_all_registrars(lab: Lab) -> None:
    one, two, bob = group_of(lab)
    assert lab.run(bob.register()).active
    lab.run()
    assert wire(lab.trace, "bob") == [f"bob>{GROUP}:5060 REGISTER"]
    assert len(one.location) == len(two.location) == 1
    (register,) = messages(lab.trace, "REGISTER", "bob")
    assert str(register.via).endswith(f";maddr={GROUP};ttl=1")
    assert not lab.trace.check() and not lab.trace.select("lost")


@pytest.mark.covers("P37")
def test_the_same_parties_are_reached_by_unicast(lab: Lab) -> None:
    """Whom the REGISTER came to by multicast sends calls on, and everything after that goes from one to one."""
    one, _, bob = group_of(lab)
    lab.proxy("example.com", location=one.location)
    lab.run(bob.register())
    alice = lab.user_agent("sip:alice@example.com")
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    lab.run(call.hang_up())
    assert not any(GROUP in line for line in wire(lab.trace)[3:])


def test_the_well_known_name_leads_to_the_group(lab: Lab) -> None:
    one, _, bob = group_of(lab, "sip.mcast.net")
    lab.names.add("sip.mcast.net", Address(GROUP, 5060))
    assert lab.run(bob.register()).active and len(one.location) == 1
    assert str(messages(lab.trace, "REGISTER", "bob")[0].via).endswith(";maddr=sip.mcast.net;ttl=1")


def test_a_registrar_that_is_down_is_made_up_for_by_the_other(lab: Lab) -> None:
    one, two, bob = group_of(lab)
    one.crash()
    assert lab.run(bob.register()).active and len(two.location) == 1


def test_each_copy_has_its_own_way(lab: Lab) -> None:
    one, two, bob = group_of(lab)
    lab.network.link("bob", "one", loss=1.0)
    assert lab.run(bob.register()).active
    assert (len(one.location), len(two.location)) == (0, 1) and len(lab.trace.select("lost")) == 1


def test_where_nobody_listens_the_register_times_out(lab: Lab) -> None:
    one, two, bob = group_of(lab)
    one.crash()
    two.crash()
    with pytest.raises(RegistrationFailed) as failed:
        lab.run(bob.register())
    assert failed.value.status == 408


@pytest.mark.parametrize("group", ["192.0.2.1", "224.0.1.256", "sip.mcast.net", ""])
def test_a_group_has_a_multicast_address(lab: Lab, group: str) -> None:
    with pytest.raises(UsageError, match="multicast"):
        lab.network.join(group, lab.registrar("example.com").address)


@pytest.mark.parametrize(
    ("group", "address", "told"),
    [
        (GROUP, "192.0.2.1", "address='192.0.2.1': is none; give the address of an element"),
        (None, Address("192.0.2.1", 5060), "group=None: is no multicast address"),
        (3, Address("192.0.2.1", 5060), "group=3: is no multicast address"),
    ],
)
def test_what_is_no_group_or_address_is_told(lab: Lab, group: Any, address: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        lab.network.join(group, address)


def test_sockets_say_that_they_know_no_multicast() -> None:
    with Lab(network="udp") as lab, pytest.raises(UsageError, match="works in memory only"):
        lab.network.join(GROUP, lab.registrar("example.com").address)


@pytest.mark.parametrize(("params", "sent"), [("", ";ttl=1"), (";ttl=3", ";ttl=3")])
def test_a_via_names_the_group_whatever_the_uri_says_of_ttl(lab: Lab, params: str, sent: str) -> None:
    """RFC 3261 §18.1.1: who sends to a group must say so in the Via, and should by ttl how far it goes."""
    *_, bob = group_of(lab)
    bob.registrar = Uri.parse(f"sip:example.com;maddr={GROUP}{params}")
    assert lab.run(bob.register()).active
    (register,) = messages(lab.trace, "REGISTER", "bob")
    assert str(register.via).endswith(f";maddr={GROUP}{sent}")


def test_a_host_that_is_asked_instead_is_no_group(lab: Lab) -> None:
    one, _, bob = group_of(lab)
    bob.registrar = Uri.parse(f"sip:example.com;maddr={one.address.host};ttl=1")
    assert lab.run(bob.register()).active
    (register,) = messages(lab.trace, "REGISTER", "bob")
    assert "maddr" not in str(register.via)
