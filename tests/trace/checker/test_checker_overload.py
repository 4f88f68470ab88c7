"""What servers without state or without room may do (§8.2.7, §16.11), and whoever tries another transport (§18.1.1)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sipsim import Lab

BOB = "sip:bob@example.com"


def findings(lab: Lab) -> list[str]:
    return [f"{finding.rule} {finding.element}" for finding in lab.trace.check() if finding.element != "eve"]


def test_a_proxy_without_state_passes_100_on() -> None:
    lab = Lab(seed=1)
    lab.proxy("example.com", stateful=False)
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent(BOB, answers=0)
    lab.run(bob.register())
    call = alice.call(BOB)
    lab.run(call.answered)
    bob.on_reinvite = lambda change: lab.env.call_later(2.0, change.accept) and None
    lab.run(call.reinvite())
    passed = [r for r in lab.trace.select("sent", "proxy") if r.raw.startswith(b"SIP/2.0 100")]
    assert passed and findings(lab) == []


@pytest.mark.parametrize("method", ["REGISTER", "BYE", "INVITE"])
def test_what_was_turned_away_is_served_when_it_comes_again(method: str) -> None:
    """The 503 is no answer of a transaction; the copy of the request begins one."""
    lab = Lab(seed=1, delay=0.6)  # so that a copy is on its way before the answer comes
    proxy = lab.proxy("example.com")
    alice, bob = lab.user_agent("sip:alice@example.com", outbound=proxy), lab.user_agent(BOB, answers=0)
    eve = lab.scripted_peer("sip:eve@example.com")
    lab.run(bob.register())
    act: dict[str, Callable[[], object]] = {"REGISTER": alice.register, "INVITE": lambda: alice.call(BOB)}
    if method == "BYE":
        call = alice.call(BOB)
        lab.run(call.answered)
        lab.run(until=lab.env.now + 10)
        act["BYE"] = call.hang_up
    proxy.queue_limit, proxy.service_time = 1, 0.3
    for _ in range(2):  # these keep it busy while the first copy arrives
        eve.say(eve.draft("OPTIONS", "sip:nobody@example.com"), proxy)
    act[method]()
    lab.run()
    said = [r.raw for r in lab.trace.select("sent", "proxy") if f" {method}\r".encode() in r.raw]
    statuses = [raw[8:11] for raw in said if raw.startswith(b"SIP/2.0 ")]
    assert b"503" in statuses and b"200" in statuses
    assert findings(lab) == []


def test_a_large_request_that_goes_by_udp_after_tcp_was_refused_is_no_second_one() -> None:
    """The proxy tries the same server in another way, with another branch (RFC 3261 §18.1.1, RFC 3263 §4.3)."""
    lab = Lab(seed=1)
    lab.proxy("example.com")
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent(BOB, answers=0)
    lab.run(bob.register())
    lab.network.unbind(bob.address, "TCP")
    call = alice.call(f"{BOB}?Subject={'x' * 1500}")
    lab.run(call.answered)
    lab.run()
    forwarded = [r.message.via.transport for r in lab.trace.select("sent", "proxy") if r.raw.startswith(b"INVITE ")]
    assert forwarded == ["TCP", "UDP"] and findings(lab) == []
