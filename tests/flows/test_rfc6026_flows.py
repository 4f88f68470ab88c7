"""The six situations of RFC 6026 happen in their scenarios: who repeats what, what passes through, what is kept."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from bench_pair import messages, times, wire

import sipsim

T1 = 0.5


def states(trace: sipsim.Trace, element: str) -> list[str]:
    """What became of the INVITE that an element was sent."""
    return [r.data["after"] for r in trace.select("state", element) if r.data["machine"] == "INVITE server"]


def test_a_late_invite_begins_no_second_call() -> None:
    trace = sipsim.run("rfc6026-1")
    sent = Counter(wire(trace))
    assert trace.result["at_bob"] == 1 and trace.result["answered"] == 1
    assert sent["alice>bob INVITE"] == 2 and sent["bob>alice 180 INVITE"] == 1  # its repetition is not answered
    late, accepted = times(trace, "INVITE", "alice")[1], times(trace, "200 INVITE", "bob")[0]
    assert late > accepted  # it came to a transaction that was past its 2xx
    assert times(trace, "200 INVITE", "bob") == pytest.approx([accepted, accepted + T1])  # by its own timer, no sooner
    assert "accepted" in states(trace, "bob") and not trace.select("refused")


def test_each_200_has_its_ack() -> None:
    trace = sipsim.run("rfc6026-2")
    accepted = times(trace, "200 INVITE", "bob")
    assert accepted == pytest.approx([accepted[0], accepted[0] + T1, accepted[0] + 3 * T1])
    assert len(messages(trace, "ACK", "alice")) == 3 and not trace.select("ignored")
    assert len({message.branch for message in messages(trace, "ACK", "alice")}) == 1  # one ACK, repeated (§13.2.2.4)


def test_both_200s_of_a_fork_reach_the_caller() -> None:
    trace = sipsim.run("rfc6026-3")
    passed = messages(trace, "200 INVITE", "proxy")
    assert len({message.to_tag for message in passed}) == 2
    assert {message.to_tag for message in messages(trace, "ACK", "alice")} == {m.to_tag for m in passed}
    assert Counter(wire(trace))["proxy>attic BYE"] == Counter(wire(trace))["proxy>kitchen BYE"] == 1
    one, other = times(trace, "BYE", "alice")
    assert other - one == pytest.approx(2.0)  # the second call is ended at once, the first after the talk


@pytest.mark.parametrize("network", ["memory", "udp"])
def test_a_response_to_nothing_is_kept_back(network: str) -> None:
    trace = sipsim.run("rfc6026-4", network=network, speed=10.0) if network == "udp" else sipsim.run("rfc6026-4")
    assert wire(trace) == ["mallory>proxy 200 INVITE"] and trace.result["heard"] == 0
    assert len(trace.select("ignored", "proxy")) == 1


@pytest.mark.parametrize("network", ["memory", "udp"])
def test_the_ack_of_a_200_passes_through_a_transaction_that_goes_on(network: str) -> None:
    how: dict[str, Any] = {"network": network, "speed": 10.0} if network == "udp" else {}
    trace = sipsim.run("rfc6026-5", **how)
    (invite,), (ack,) = messages(trace, "INVITE", "proxy"), messages(trace, "ACK", "proxy")
    assert ack.branch != invite.branch and ack.to_tag
    assert states(trace, "bob")[0] == "accepted"
    assert Counter(wire(trace))["bob>proxy 200 INVITE"] == 1 and trace.result["answered"] == 1


def test_a_response_that_can_not_be_sent_ends_nothing() -> None:
    trace = sipsim.run("rfc6026-6")
    assert trace.result["at_bob"] == 1
    assert len(trace.select("lost")) == 1 and "can't be reached" in str(trace.select("ignored", "bob")[0])
    first, again = messages(trace, "180 INVITE", "bob")
    assert bytes(first) == bytes(again)  # the same transaction says it, to the repeated INVITE
    assert wire(trace)[-1] == "bob>alice 200 BYE"
