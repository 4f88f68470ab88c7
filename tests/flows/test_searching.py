"""The scenarios about searching: who is asked when, by whom, and how little it takes to end a loop."""

from __future__ import annotations

import pytest
from bench_pair import messages, times, wire

import sipsim


def asked(trace: sipsim.Trace, by: str) -> list[str]:
    """Whom an element sends an INVITE to, each once, in order."""
    return list(dict.fromkeys(line.split()[0] for line in wire(trace, by) if line.split()[1] == "INVITE"))


@pytest.mark.covers("L2")
def test_one_phone_after_another_by_q() -> None:
    trace = sipsim.run("sequential-search")
    assert asked(trace, "proxy") == ["proxy>bob-2", "proxy>bob-3", "proxy>bob-1"]
    assert wire(trace).count("proxy>bob-3 CANCEL") == 1


@pytest.mark.covers("L2")
def test_groups_ring_together() -> None:
    trace = sipsim.run("search-by-groups", ring_time=3.0)
    assert times(trace, "INVITE", "proxy") == pytest.approx([0.005, 0.005, 3.015, 3.015])


@pytest.mark.covers("L1")
@pytest.mark.parametrize("forking", ["parallel", "sequential", "q-groups"])
def test_a_stale_address_costs_time_and_no_call(forking: str) -> None:
    trace = sipsim.run("stale-contact", forking=forking)
    assert trace.result["answered"] == 1
    assert wire(trace).count("proxy>bob-1 INVITE") > 1
    assert (trace.result["setup_time"] > 4) == (forking != "parallel")


@pytest.mark.covers("L4")
def test_the_same_addresses_by_two_kinds_of_server() -> None:
    by_proxy, by_redirect = (sipsim.run("same-addresses", server=kind) for kind in ("proxy", "redirect server"))
    assert asked(by_proxy, "proxy") == ["proxy>bob-1", "proxy>bob-2"]
    assert asked(by_redirect, "alice") == ["alice>redirect", "alice>bob-1", "alice>bob-2"]
    (told,) = messages(by_redirect, "300 INVITE", "redirect")
    assert [contact.q for contact in told.contacts] == [0.9, 0.5]
    assert by_proxy.result["answered"] == by_redirect.result["answered"] == 1


@pytest.mark.parametrize(("users", "status"), [(1, 482), (2, 482), (8, 440)])
def test_a_loop_ends(users: int, status: int) -> None:
    trace = sipsim.run("routing-loop", users=users)
    assert trace.result["status"] == status and trace.result["messages"] < 10_000


def test_nobody_says_100_for_a_proxy_that_remembers_nothing() -> None:
    trace = sipsim.run("stateless-proxy")
    assert not any("100" in line for line in wire(trace)) and trace.result["answered"] == 1
