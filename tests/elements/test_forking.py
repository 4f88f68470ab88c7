"""How a proxy forks: at once, one after another, in groups of equal q; and what it makes of the answers."""

from __future__ import annotations

import pytest
from bench_pair import Wire, messages, octets, request, said, times, wire

from sipsim import CallFailed, Lab, Proxy, UsageError, UserAgent, parse
from sipsim.message import build

ALICE, BOB, CAROL = "sip:alice@example.com", "sip:bob@example.com", "sip:carol@example.com"


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def domain(lab: Lab, *liked: float, **how: object) -> tuple[UserAgent, Proxy, list[UserAgent]]:
    """Alice, the proxy of example.com, and a phone of Bob for each q."""
    alice = lab.user_agent(ALICE)
    proxy = lab.proxy("example.com", **how)  # type: ignore[arg-type]
    bobs = [lab.user_agent(BOB, f"bob{n}") for n in range(1, len(liked) + 1)]
    for bob, q in zip(bobs, liked, strict=True):
        proxy.location.add(BOB, bob.contact_uri, q=q)
    return alice, proxy, bobs


def outcome(lab: Lab, alice: UserAgent, target: str = BOB) -> int:
    """Call; the status that it ends with, when all has come to rest."""
    try:
        lab.run(alice.call(target).answered)
    except CallFailed as failure:
        lab.run()
        return failure.status
    lab.run()
    return 200


def invited(lab: Lab, proxy: str = "proxy") -> list[tuple[float, str]]:
    """When the proxy first sent an INVITE to whom."""
    found: dict[str, float] = {}
    for record in lab.trace.select("sent", proxy):
        if said(record.message) == "INVITE":
            found.setdefault(record.peer, record.time)
    return [(time, peer) for peer, time in found.items()]


# One after another


@pytest.mark.covers("L2")
def test_a_sequential_search_goes_by_q_and_stops_at_the_first_answer(lab: Lab) -> None:
    alice, _, bobs = domain(lab, 0.2, 0.9, 0.5, forking="sequential")
    bobs[1].rejects(486)
    assert outcome(lab, alice) == 200
    assert [peer for _, peer in invited(lab)] == ["bob2", "bob3"]


@pytest.mark.covers("L2")
def test_a_target_that_only_rings_is_cancelled_after_the_ring_time(lab: Lab) -> None:
    alice, _, bobs = domain(lab, 1.0, 0.5, forking="sequential", ring_time=10)
    bobs[0].ignores()
    assert outcome(lab, alice) == 200
    assert times(lab.trace, "CANCEL", "proxy") == [10.005]
    assert [line for line in wire(lab.trace) if "bob1" in line] == [
        "proxy>bob1 INVITE", "bob1>proxy 180 INVITE", "proxy>bob1 CANCEL",
        "bob1>proxy 200 CANCEL", "bob1>proxy 487 INVITE", "proxy>bob1 ACK",
    ]  # fmt: skip
    assert invited(lab)[1] == (10.015, "bob2")  # when the 487 has come, so that no two phones ring


@pytest.mark.covers("L1")
def test_a_target_that_says_nothing_is_left_after_the_ring_time_too(lab: Lab) -> None:
    alice, _, bobs = domain(lab, 1.0, 0.5, forking="sequential", ring_time=5)
    bobs[0].crash()
    assert outcome(lab, alice) == 200
    assert invited(lab)[1] == (5.005, "bob2")


def test_a_search_that_nobody_answers_ends_with_408_and_not_with_487(lab: Lab) -> None:
    alice, _, bobs = domain(lab, 1.0, 0.5, forking="sequential", ring_time=5)
    for bob in bobs:
        bob.ignores()
    assert outcome(lab, alice) == 408


def test_a_phone_that_wakes_up_after_its_time_is_told_that_it_is_over(lab: Lab) -> None:
    alice, proxy, bobs = domain(lab, 1.0, 0.5, forking="sequential", ring_time=6)
    bobs[0].ignores()
    bobs[1].answers = 4
    lab.link(proxy, bobs[0]).cut()
    lab.env.call_later(6.5, lab.link(proxy, bobs[0]).heal)
    assert outcome(lab, alice) == 200
    assert [said(r.message) for r in lab.trace.select("sent", "bob1")] == ["180 INVITE", "200 CANCEL", "487 INVITE"]


def test_the_late_2xx_of_a_target_that_was_given_up_still_goes_upstream(lab: Lab) -> None:
    alice, proxy, (bob,) = domain(lab, 1.0, forking="sequential", ring_time=3)
    bob.answers = 0.0
    network = lab.network
    lab.link(proxy, bob).cut()
    lab.env.call_later(5.0, lab.link(proxy, bob).heal)
    network.drop("180 INVITE")  # type: ignore[attr-defined]
    assert outcome(lab, alice) == 408
    sent = [line for line in wire(lab.trace, "proxy") if ">alice" in line]
    assert sent[:3] == ["proxy>alice 100 INVITE", "proxy>alice 408 INVITE", "proxy>alice 200 INVITE"]


def test_the_caller_who_cancels_a_search_gets_487_and_nobody_else_is_asked(lab: Lab) -> None:
    alice, _, bobs = domain(lab, 1.0, 0.9, 0.5, forking="sequential")
    bobs[0].rejects(486)
    bobs[1].ignores()
    call = alice.call(BOB)
    lab.env.call_later(2.0, call.hang_up)
    assert lab.run(call.ended).why == "CANCEL"
    lab.run()
    assert [peer for _, peer in invited(lab)] == ["bob1", "bob2"]


@pytest.mark.covers("L3")
def test_a_6xx_ends_a_search(lab: Lab) -> None:
    alice, _, bobs = domain(lab, 1.0, 0.5, forking="sequential")
    bobs[0].rejects(603)
    assert outcome(lab, alice) == 603
    assert len(invited(lab)) == 1


def test_best_of_a_search_is_the_same_as_of_a_fork(lab: Lab) -> None:
    alice, _, bobs = domain(lab, 1.0, 0.7, 0.5, forking="sequential")
    for bob, status in zip(bobs, (503, 484, 486), strict=True):
        bob.rejects(status)
    assert outcome(lab, alice) == 484


# In groups


@pytest.mark.covers("L2")
def test_groups_of_equal_q_ring_together_one_group_after_another(lab: Lab) -> None:
    alice, _, bobs = domain(lab, 0.5, 1.0, 1.0, 0.5, forking="q-groups", ring_time=8)
    bobs[1].ignores()
    bobs[2].rejects(486)
    bobs[0].ignores()
    assert outcome(lab, alice) == 200
    assert invited(lab) == [(0.005, "bob2"), (0.005, "bob3"), (8.015, "bob1"), (8.015, "bob4")]
    cancelled = [line for line in wire(lab.trace) if "CANCEL" in line and line.startswith("proxy")]
    assert cancelled == ["proxy>bob2 CANCEL", "proxy>bob1 CANCEL"]


def test_ring_times_that_are_none_are_refused(lab: Lab) -> None:
    with pytest.raises(UsageError, match="ring_time: 0 will not do"):
        lab.proxy("example.com", ring_time=0)
    assert not lab.elements


# What goes upstream


@pytest.mark.covers("L3")
def test_challenges_of_all_branches_go_upstream_in_one_response(lab: Lab) -> None:
    _, proxy, _ = domain(lab)
    for n, (status, field) in enumerate(((407, "Proxy-Authenticate"), (401, "WWW-Authenticate"), (486, "Subject"))):
        phone = Wire(lab, f"phone{n}")
        challenge = (field, f'Digest realm="r{n}", nonce="n"')
        phone.on_message = lambda m, p=phone, s=status, h=challenge: (  # type: ignore[misc]
            m.method == "INVITE" and p.send(build.reply(m, s, to_tag=f"t{s}", headers=[h]), proxy)  # type: ignore[attr-defined]
        )
        proxy.location.add(BOB, f"sip:bob@{phone.address.host}")
    tester = Wire(lab)
    tester.send(request("INVITE"), proxy)
    lab.run(until=1)
    assert tester.statuses[:2] == [100, 407]
    final = tester.heard[1]
    assert [final.values(name) for name in ("WWW-Authenticate", "Proxy-Authenticate")] == [
        ['Digest realm="r1", nonce="n"'], ['Digest realm="r0", nonce="n"'],
    ]  # fmt: skip
    assert final.to_tag == "t407"


def test_addresses_of_all_redirects_go_upstream_in_one_response(lab: Lab) -> None:
    """What the RFC calls combining Contact values (§16.7 item 6): each address once, in the best liked response."""
    alice, _, bobs = domain(lab, 1.0, 1.0, 1.0)
    desk, lobby = "sip:bob@desk.example", "sip:bob@lobby.example"
    bobs[0].rejects(302, contacts=[desk])
    bobs[1].rejects(301, contacts=[lobby, desk])
    bobs[2].rejects(486)
    outcome(lab, alice)
    first = next(message for message in messages(lab.trace, "302 INVITE", "proxy"))
    assert [str(contact.uri) for contact in first.contacts] == [desk, lobby]


def test_another_service_is_not_an_address_of_the_user(lab: Lab) -> None:
    """305 and 380 say other things than where the user is: they stay as they came (§21.3.4, §21.3.5)."""
    alice, _, bobs = domain(lab, 1.0, 1.0)
    bobs[0].rejects(305, contacts=["sip:proxy.example"])
    bobs[1].rejects(302, contacts=["sip:bob@desk.example"])
    outcome(lab, alice)
    said = [m for status in (302, 305) for m in messages(lab.trace, f"{status} INVITE", "proxy")]
    assert len(said) == 1 and len(said[0].contacts) == 1


@pytest.mark.covers("L6")
def test_two_answers_that_cross_both_reach_the_caller_who_keeps_one(lab: Lab) -> None:
    alice, _, bobs = domain(lab, 1.0, 1.0)
    for bob in bobs:
        bob.answers = 1.0
    assert outcome(lab, alice) == 200
    sent = wire(lab.trace, "proxy")
    assert sent.count("proxy>alice 200 INVITE") == 2
    assert len([line for line in wire(lab.trace, "alice") if "ACK" in line]) == 2
    assert len([line for line in wire(lab.trace, "alice") if "BYE" in line]) == 1


def test_each_early_dialog_reaches_the_caller_and_100_never_does(lab: Lab) -> None:
    alice, _, bobs = domain(lab, 1.0, 1.0)
    bobs[0].ignores()
    assert outcome(lab, alice) == 200
    ringing = messages(lab.trace, "180 INVITE", "proxy")
    assert len({message.to_tag for message in ringing}) == 2
    assert len(messages(lab.trace, "100 INVITE", "proxy")) == 1


def test_an_option_request_with_no_hops_left_is_answered_here(lab: Lab) -> None:
    _, proxy, _ = domain(lab)
    tester = Wire(lab)
    tester.send(request("OPTIONS").replace("Max-Forwards: 70", "Max-Forwards: 0"), proxy)
    lab.run(until=1)
    assert tester.statuses == [200]


@pytest.mark.parametrize("forking", ["parallel", "sequential"])
def test_nobody_hears_of_a_request_other_than_invite_that_came_to_nothing(lab: Lab, forking: str) -> None:
    """RFC 4320: no 408, but a 100 when the client has slowed down."""
    _, proxy, (bob,) = domain(lab, 1.0, forking=forking)
    bob.crash()
    tester = Wire(lab)
    tester.send(request("OPTIONS"), proxy)
    lab.run(until=100)
    assert tester.statuses == [100]
    assert times(lab.trace, "100 OPTIONS", "proxy") == [3.505]
    assert not lab.leftovers()


def test_each_request_that_waits_gets_its_100_at_its_own_time(lab: Lab) -> None:
    _, proxy, _ = domain(lab)
    slow, quick, tester = Wire(lab, "slow"), lab.user_agent("sip:quick@example.com"), Wire(lab)
    proxy.location.add(BOB, f"sip:bob@{slow.address.host}")
    proxy.location.add("sip:quick@example.com", quick.contact_uri)
    for number, delay in enumerate((0, 0.5, 0.5, 1)):
        to_quick = request("OPTIONS", "sip:quick@example.com", branch=f"z9hG4bK-q{number}", call_id=f"q{number}@HERE")
        to_slow = request("OPTIONS", branch=f"z9hG4bK-s{number}", call_id=f"s{number}@HERE")
        lab.env.call_later(delay, tester.send, to_quick, proxy)
        lab.env.call_later(delay, tester.send, to_slow, proxy)
    lab.run(until=20)
    assert times(lab.trace, "100 OPTIONS", "proxy") == [3.505, 4.005, 4.005, 4.505]
    assert sorted(tester.statuses) == [100] * 4 + [200] * 4


def test_a_408_from_downstream_is_not_passed_on_but_for_invite(lab: Lab) -> None:
    _, proxy, _ = domain(lab)
    phone, tester = Wire(lab, "phone"), Wire(lab)
    proxy.location.add(BOB, f"sip:bob@{phone.address.host}")
    phone.on_message = lambda m: m.method != "ACK" and phone.send(build.reply(m, 408, to_tag="x"), proxy)  # type: ignore[attr-defined]
    tester.send(request("OPTIONS"), proxy)
    tester.send(request("INVITE", branch="z9hG4bK-2", call_id="other@HERE"), proxy)
    lab.run(until=1)
    assert [said(message) for message in tester.heard][:2] == ["100 INVITE", "408 INVITE"]
    assert "408 OPTIONS" not in wire(lab.trace, "proxy")


def test_a_stray_response_is_dropped(lab: Lab) -> None:
    """RFC 6026 §7.3: a stateful proxy forwards no response that it has no transaction for."""
    _, proxy, _ = domain(lab)
    tester = Wire(lab)
    answer = build.reply(parse(octets(request("INVITE").replace("HERE", tester.address.host))), 200, to_tag="x")  # type: ignore[arg-type]
    tester.send(answer.prepend("Via", f"SIP/2.0/UDP {proxy.host_port};branch=z9hG4bK-no"), proxy)
    lab.run(until=1)
    assert not tester.heard and lab.trace.select("ignored", "proxy")


def test_a_cancel_for_a_call_that_the_proxy_has_forgotten_goes_on(lab: Lab) -> None:
    """It belongs to nothing here, and may still mean something to whoever comes next (§16.10)."""
    _, proxy, (bob,) = domain(lab, 1.0)
    tester = Wire(lab)
    tester.send(request("CANCEL"), proxy)
    lab.network.drop("481 CANCEL", src=bob.name)  # type: ignore[attr-defined]
    lab.env.call_later(0.5, tester.send, request("CANCEL"), proxy)
    tester.send(request("CANCEL", "sip:nobody@example.com", branch="z9hG4bK-t2"), proxy)
    lab.run(until=1)
    first, again = messages(lab.trace, "CANCEL", "proxy")
    assert first == again and first.via.branch != "z9hG4bK-t1"
    assert messages(lab.trace, "481 CANCEL", bob.name)
    assert tester.statuses == [481]  # for nobody; Bob's answer finds no transaction here (RFC 6026 §7.3)


def test_a_proxy_rings_on_from_the_last_provisional_response(lab: Lab) -> None:
    """Timer C starts anew with each (§16.7 item 2)."""
    _, proxy, _ = domain(lab)
    phone = Wire(lab, "phone")
    proxy.location.add(BOB, f"sip:bob@{phone.address.host}")

    def ring(message: object) -> None:
        if said(message) == "INVITE":  # type: ignore[arg-type]
            for at in (0.0, 100.0):
                lab.env.call_later(at, phone.send, build.reply(message, 180, to_tag="x"), proxy)  # type: ignore[arg-type]

    phone.on_message = ring
    tester = Wire(lab)
    tester.send(request("INVITE"), proxy)
    lab.run(until=300)
    assert times(lab.trace, "CANCEL", "proxy")[0] == 281.015


# Policies


@pytest.mark.covers("P13")
@pytest.mark.parametrize(
    ("how", "unknown", "gone"), [({}, 404, 480), ({"unknown": 604, "unregistered": 410}, 604, 410)]
)
def test_what_callers_of_absent_users_hear_is_a_matter_of_policy(
    lab: Lab, how: dict[str, int], unknown: int, gone: int
) -> None:
    alice, _, _ = domain(lab, **how)
    bob = lab.user_agent(BOB)
    assert outcome(lab, alice) == unknown
    lab.run(bob.register())
    lab.run(bob.unregister())
    assert outcome(lab, alice) == gone


@pytest.mark.parametrize("status", [200, 700, True, "404"])
def test_a_policy_is_a_refusal(lab: Lab, status: object) -> None:
    with pytest.raises(UsageError, match=r"unknown: .* will not do; allowed are whole numbers from 400 to 699"):
        lab.proxy("example.com", unknown=status)  # type: ignore[arg-type]


def test_a_proxy_may_change_its_mind_about_searching(lab: Lab) -> None:
    alice, proxy, bobs = domain(lab, 1.0, 0.5)
    bobs[0].rejects(486)
    proxy.forking = "sequential"
    with pytest.raises(UsageError, match="forking: 'sideways' will not do"):
        proxy.forking = "sideways"
    assert outcome(lab, alice) == 200
    (first, _), (second, _) = invited(lab)
    assert first < second


def test_a_proxy_may_begin_to_relay_and_end_it(lab: Lab) -> None:
    alice, proxy, (bob,) = domain(lab, 1.0)
    proxy.relay_to = server = lab.scripted_peer("sip:server@biloxi.example.com")
    assert str(proxy.relay_to) == f"sip:{server.host_port};lr"
    assert outcome(lab, alice) == 504
    proxy.relay_to = None
    assert outcome(lab, alice) == 200
    with pytest.raises(UsageError, match="relay_to: 'nowhere'"):
        proxy.relay_to = "nowhere"
    with pytest.raises(UsageError, match="outbound: 'nowhere'"):
        bob.outbound = "nowhere"
