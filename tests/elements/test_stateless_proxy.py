"""A proxy without state: what it forwards twice, what it leaves to others, and how little it may decide."""

from __future__ import annotations

import pytest
from bench_pair import Wire, messages, octets, request, said, wire

from sipsim import CallFailed, Lab, Proxy, Response, UserAgent, parse
from sipsim.flows.casts import place
from sipsim.message import build

ALICE, BOB = "sip:alice@example.com", "sip:bob@example.com"


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def domain(lab: Lab, **how: object) -> tuple[UserAgent, Proxy, UserAgent]:
    alice = lab.user_agent(ALICE)
    proxy = lab.proxy("example.com", stateful=False, **how)  # type: ignore[arg-type]
    bob = lab.user_agent(BOB)
    place(proxy, bob)
    return alice, proxy, bob


def test_a_call_through_it_has_no_100_and_works_like_any_other(lab: Lab) -> None:
    alice, _, _ = domain(lab)
    call = alice.call(BOB)
    lab.run(call.answered)
    call.hang_up()
    assert wire(lab.run(), "proxy") == [
        "proxy>bob INVITE", "proxy>alice 180 INVITE", "proxy>alice 200 INVITE", "proxy>bob ACK", "proxy>bob BYE",
        "proxy>alice 200 BYE",
    ]  # fmt: skip
    assert not lab.elements["proxy"].servers and not lab.elements["proxy"].clients


def test_phones_register_with_it_as_with_any_registrar(lab: Lab) -> None:
    _, _, bob = domain(lab)
    assert lab.run(bob.register())
    assert messages(lab.trace, "200 REGISTER", "proxy")


def test_each_copy_of_a_request_goes_on_and_is_the_same(lab: Lab) -> None:
    alice, _, bob = domain(lab)
    lab.network.drop("INVITE", times=2, dst=bob.name)  # type: ignore[attr-defined]
    lab.run(alice.call(BOB).answered)
    copies = messages(lab.trace, "INVITE", "proxy")
    assert len(copies) == 3 and copies[0] == copies[1] == copies[2]
    assert copies[0].via.branch.startswith("z9hG4bK")


def test_cancel_and_its_ack_take_the_branch_of_their_invite(lab: Lab) -> None:
    alice, _, bob = domain(lab)
    bob.ignores()
    call = alice.call(BOB)
    lab.env.call_later(1.0, call.hang_up)
    lab.run(call.ended)
    lab.run()
    (invite,), (cancel,), (ack,) = (messages(lab.trace, what, "proxy") for what in ("INVITE", "CANCEL", "ACK"))
    assert invite.via == cancel.via == ack.via and invite.uri_text == cancel.uri_text
    assert "alice>proxy CANCEL" in wire(lab.trace) and "proxy>alice 487 INVITE" in wire(lab.trace)


def test_requests_of_different_transactions_have_different_branches(lab: Lab) -> None:
    alice, _, _ = domain(lab)
    for _ in range(2):
        call = alice.call(BOB)
        lab.run(call.answered)
        call.hang_up()
        lab.run()
    branches = [m.via.branch for what in ("INVITE", "BYE", "ACK") for m in messages(lab.trace, what, "proxy")]
    assert len(set(branches)) == 6


def test_of_several_contacts_only_the_first_is_asked(lab: Lab) -> None:
    alice, proxy, bob = domain(lab)
    proxy.location.add(BOB, "sip:bob@192.0.2.99", q=0.5)
    lab.run(alice.call(BOB).answered)
    assert next(line for line in wire(lab.trace, "proxy") if "INVITE" in line) == f"proxy>{bob.name} INVITE"
    assert len(messages(lab.trace, "INVITE", "proxy")) == 1


@pytest.mark.parametrize(("target", "hops", "status"), [("sip:nobody@example.com", 70, 404), (BOB, 0, 483)])
def test_what_it_refuses_has_one_tag_and_the_ack_ends_here(lab: Lab, target: str, hops: int, status: int) -> None:
    _, proxy, _ = domain(lab)
    tester = Wire(lab)
    text = request("INVITE", target).replace("Max-Forwards: 70", f"Max-Forwards: {hops}")
    tester.send(text, proxy)
    lab.run(until=0.1)
    tester.send(text, proxy)
    lab.run(until=0.2)
    assert tester.statuses == [status, status] and len({m.to_tag for m in tester.heard}) == 1
    tester.send(request("ACK", target, to_tag=tester.heard[0].to_tag or ""), proxy)
    lab.run(until=1)
    assert wire(lab.trace, "proxy")[2:] == []


@pytest.mark.parametrize("stateful", [True, False])
def test_what_only_a_proxy_has_to_read_and_can_not_is_a_bad_request_for_both_kinds(lab: Lab, stateful: bool) -> None:
    proxy, tester = lab.proxy("example.com", stateful=stateful), Wire(lab)
    tester.send(request("OPTIONS").replace("Max-Forwards: 70", "Max-Forwards: many"), proxy)
    lab.run(until=0.1)
    assert tester.statuses == [400] and len(lab.trace.select("refused", "proxy")) == 1


def test_a_caller_hears_of_an_unknown_user_once(lab: Lab) -> None:
    alice, _, _ = domain(lab)
    with pytest.raises(CallFailed, match="404"):
        lab.run(alice.call("sip:nobody@example.com").answered)
    lab.run()
    assert wire(lab.trace, "alice") == ["alice>proxy INVITE", "alice>proxy ACK"]


def test_responses_go_by_their_via_and_foreign_ones_nowhere(lab: Lab) -> None:
    _, proxy, _ = domain(lab)
    tester = Wire(lab)
    text = request("OPTIONS").replace("HERE", tester.address.host)
    ours: Response = build.reply(parse(octets(text)), 200, to_tag="2")  # type: ignore[arg-type]
    for host in (proxy.address.host, "192.0.2.200"):
        tester.send(ours.prepend("Via", f"SIP/2.0/UDP {host};branch=z9hG4bK-2"), proxy)
    tester.send(ours.without_first("Via").prepend("Via", f"SIP/2.0/UDP {proxy.host_port};branch=z9hG4bK-3"), proxy)
    lab.run(until=1)
    assert [said(message) for message in tester.heard] == ["200 OPTIONS"]
    assert len(tester.heard[0].vias) == 1
    assert len(lab.trace.select("ignored", "proxy")) == 2


@pytest.mark.parametrize(("users", "status"), [(1, 482), (80, 483)])
def test_two_of_them_that_point_at_each_other_are_stopped(lab: Lab, users: int, status: int) -> None:
    """A loop by its mark; a spiral, each time for another user, after 70 hops."""
    alice = lab.user_agent("sip:alice@a.com")
    for here, there in (("a", "b"), ("b", "a")):
        proxy = lab.proxy(f"{here}.com", here, stateful=False, record_route=False)
        for n in range(users):
            proxy.location.add(f"sip:u{n}@{here}.com", f"sip:u{(n + 1) % users}@{there}.com")
    with pytest.raises(CallFailed, match=str(status)):
        lab.run(alice.call("sip:u0@a.com").answered)
    lab.run()
    assert lab.trace.counts["sent"] < 500  # 70 hops, three copies, and back


def test_it_stays_in_the_path_when_it_wants_to(lab: Lab) -> None:
    alice, proxy, _ = domain(lab, record_route=False)
    call = alice.call(BOB)
    lab.run(call.answered)
    call.hang_up()
    lab.run()
    assert "alice>bob BYE" in wire(lab.trace)
    assert proxy.record_route is False


@pytest.mark.parametrize("beyond", ["phone", "proxy", "relay"])
def test_an_ack_for_a_refusal_takes_the_way_of_its_invite_to_wherever_the_proxy_is_outbound_for(
    lab: Lab, beyond: str
) -> None:
    """RFC 3261 §16.11, §17.1.1.3: the same branch and hop, though the Request-URI is not of the proxy's domain."""
    there = lab.proxy("there.com", "there") if beyond != "phone" else None
    proxy = lab.proxy("here.com", stateful=False, relay_to=there if beyond == "relay" else None)
    alice, bob = lab.user_agent("sip:alice@here.com", outbound=proxy), lab.user_agent("sip:bob@there.com")
    if there is not None:
        place(there, bob)
    bob.rejects(486)
    call = alice.call("sip:bob@there.com" if there is not None else bob)
    with pytest.raises(CallFailed, match="486"):
        lab.run(call.answered)
    lab.run()
    invite, ack = messages(lab.trace, "INVITE", "proxy")[0], messages(lab.trace, "ACK", "proxy")[0]
    assert invite.via.branch == ack.via.branch
    assert lab.trace.counts["retransmissions"] == 0 and len(messages(lab.trace, "486 INVITE", "bob")) == 1
    assert lab.trace.check() == []


def test_a_cancelled_call_to_another_domain_is_acknowledged_through_it(lab: Lab) -> None:
    proxy = lab.proxy("here.com", stateful=False)
    alice, bob = lab.user_agent("sip:alice@here.com", outbound=proxy), lab.user_agent("sip:bob@there.com")
    bob.ignores()
    call = alice.call(bob)
    lab.env.call_later(1.0, call.hang_up)
    lab.run(call.ended)
    lab.run()
    sent = [messages(lab.trace, what, "proxy") for what in ("INVITE", "CANCEL", "ACK")]
    assert [len(copies) for copies in sent] == [1, 1, 1]
    assert len({copies[0].via.branch for copies in sent}) == 1
    assert lab.trace.counts["retransmissions"] == 0 and lab.trace.check() == []
