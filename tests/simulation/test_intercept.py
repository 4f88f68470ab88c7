"""Messages stopped on their way: looked at, edited, dropped, repeated, let go; each packet stays accounted for."""

from __future__ import annotations

import pytest
from test_scripted_faults import ACK, BYE, INVITE, JUNK, OK_INVITE
from wire_bench import Bench

from sipsim.errors import UsageError
from sipsim.lab.lab import Lab
from sipsim.message.message import Request


def stopped(bench: Bench, data: bytes = INVITE):
    """One message from alice to bob, stopped."""
    held = bench.network.intercept("*")
    bench.send("alice", "bob", data)
    (packet,) = held.packets
    return packet


def test_what_matches_is_stopped_and_the_rest_passes() -> None:
    bench = Bench("alice", "bob", "carol")
    held = bench.network.intercept("INVITE", dst="bob")
    bench.send_all("alice", "bob", [INVITE, ACK])
    bench.send("alice", "carol", INVITE)
    bench.run()
    assert [(name, data) for _, _, name, data in bench.arrived] == [("bob", ACK), ("carol", INVITE)]
    assert [(p.label, p.source, p.destination, p.time, p.data) for p in held.packets] == [
        ("INVITE", "alice", "bob", 0.0, INVITE)
    ]
    assert isinstance(held.packets[0].message, Request)
    assert repr(held) == "<Interception of INVITE: 1 wait, 1 so far>"
    assert repr(held.packets[0]).startswith("<Stopped INVITE alice -> bob: stopped, ")


def test_let_go_it_takes_its_way_over_the_link_as_ever() -> None:
    bench = Bench("alice", "bob", delay=0.02)
    packet = stopped(bench)
    bench.env.run(until=1.0)
    packet.let_go()
    bench.run()
    assert bench.arrived == [(1.02, "alice", "bob", INVITE)] and bench.balanced()
    assert packet.state == "let go" and not bench.packets[0].altered


def test_let_go_later() -> None:
    bench = Bench("alice", "bob")
    stopped(bench).let_go(delay=0.5)
    assert bench.run().times() == [0.505]


@pytest.mark.parametrize("delay", [-1, float("nan"), float("inf"), True, "soon"])
def test_a_delay_that_is_none(delay: float) -> None:
    packet = stopped(Bench("alice", "bob"))
    with pytest.raises(UsageError, match="delay:"):
        packet.let_go(delay)
    assert packet.state == "stopped"


def test_dropped_it_is_lost_and_the_trace_says_so() -> None:
    bench = Bench("alice", "bob")
    stopped(bench).drop()
    bench.run()
    assert not bench.arrived and bench.lost() == ["dropped by hand"] and bench.balanced()


def test_a_second_one_goes_its_own_way() -> None:
    bench = Bench("alice", "bob")
    packet = stopped(bench)
    twin = packet.duplicate()
    twin.let_go(delay=0.1)
    packet.let_go()
    bench.run()
    assert bench.times() == [0.005, 0.105] and bench.octets() == [INVITE, INVITE] and bench.balanced()


def test_other_octets_arrive_in_their_place() -> None:
    bench = Bench("alice", "bob")
    packet = stopped(bench)
    assert isinstance(packet.message, Request)
    packet.edit(packet.message.with_header("Subject", "lunch")).let_go()
    bench.run()
    assert b"Subject: lunch\r\n" in bench.octets()[0] and packet.original == INVITE
    assert bench.packets[0].altered
    (fault,) = bench.trace.select("fault")
    assert fault.data["what"] == "edited" and fault.cause == packet.record
    assert bench.trace.message(1).raw == INVITE  # what was sent stays what was sent


def test_bad_octets_are_told_but_may_go_on() -> None:
    bench = Bench("alice", "bob")
    packet = stopped(bench)
    assert not packet.problem
    packet.edit(INVITE.replace(b"CSeq: 1 INVITE\r\n", b""))
    assert "CSeq" in packet.problem
    packet.edit(JUNK)
    assert packet.problem and packet.message is None and packet.label == "not SIP"
    packet.let_go()
    assert bench.run().octets() == [JUNK]


@pytest.mark.parametrize("nothing", [b"", None, "INVITE", 7])
def test_what_is_no_message_at_all_is_refused(nothing: bytes) -> None:
    packet = stopped(Bench("alice", "bob"))
    with pytest.raises(UsageError, match="octets, or a message"):
        packet.edit(nothing)
    assert packet.data == INVITE


def test_what_has_gone_can_not_be_caught_again() -> None:
    packet = stopped(Bench("alice", "bob"))
    packet.let_go()
    for act in (packet.let_go, packet.drop, packet.duplicate, lambda: packet.edit(BYE)):
        with pytest.raises(UsageError, match="let go already"):
            act()


def test_release_lets_all_go_in_order_and_stops_no_more() -> None:
    bench = Bench("alice", "bob")
    held = bench.network.intercept()
    bench.send_all("alice", "bob", [INVITE, ACK, BYE])
    assert held.release() == 3 and not held.active and not held.packets
    bench.send("alice", "bob", OK_INVITE)
    assert bench.run().octets() == [INVITE, ACK, BYE, OK_INVITE]


def test_so_many_times_and_no_more() -> None:
    bench = Bench("alice", "bob")
    held = bench.network.intercept("INVITE", times=1)
    bench.send_all("alice", "bob", [INVITE, INVITE])
    assert len(held.packets) == held.count == 1 and not held.active
    assert bench.run().octets() == [INVITE]


def test_a_story_waits_for_each_of_them_in_turn() -> None:
    bench = Bench("alice", "bob")
    held = bench.network.intercept()
    seen: list[tuple[float, str]] = []

    def story():
        for _ in range(3):
            packet = yield held.next()
            seen.append((bench.env.now, packet.label))

    bench.env.process(story())
    bench.send_all("alice", "bob", [INVITE, ACK, BYE], every=0.1)
    bench.run()
    assert seen == [(0.0, "INVITE"), (0.1, "ACK"), (0.2, "BYE")]


def test_the_next_one_arrives_twice() -> None:
    bench = Bench("alice", "bob", delay=0.02)
    bench.network.duplicate("INVITE")
    bench.send_all("alice", "bob", [INVITE, ACK, INVITE])
    bench.run()
    assert bench.octets() == [INVITE, INVITE, ACK, INVITE] and bench.balanced()


def test_hold_and_intercept_do_not_mind_each_other() -> None:
    bench = Bench("alice", "bob")
    bench.network.hold("ACK")
    held = bench.network.intercept("INVITE")
    bench.send_all("alice", "bob", [INVITE, ACK])
    assert bench.network.release() == 1
    assert held.active and len(held.packets) == 1
    assert bench.run().octets() == [ACK]


def test_a_closed_network_loses_what_it_has_stopped() -> None:
    bench = Bench("alice", "bob")
    packet = stopped(bench)
    bench.network.close()
    assert bench.lost() == ["the network was closed"] and packet.state == "dropped"


def test_the_answer_to_a_call_is_edited_by_a_script() -> None:
    """A man in the middle: alice hears of a server that bob's phone never named."""
    lab = Lab(seed=7)
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=0.0)
    held = lab.network.intercept("200 INVITE", times=1)
    call = alice.call(bob)
    packet = lab.run(held.next())
    assert (packet.source, packet.destination) == ("bob", "alice")
    packet.edit(packet.message.with_header("Server", "somebody else")).let_go()
    lab.run(call.answered)
    arrived = [r.raw for r in lab.trace.select("delivered", "alice") if r.raw.startswith(b"SIP/2.0 200")]
    assert b"Server: somebody else" in arrived[0]
    lab.run()
    lab.drain()


def test_over_tcp_a_message_is_stopped_and_what_follows_waits_behind_it() -> None:
    lab = Lab(seed=7)
    alice = lab.user_agent("sip:alice@example.com", transport="tcp")
    bob = lab.user_agent("sip:bob@example.com", answers=0.0, transport="tcp")
    held = lab.network.intercept("INVITE", times=1)
    call = alice.call(bob)
    packet = lab.run(held.next())
    with pytest.raises(UsageError, match="arrives twice"):
        packet.duplicate()
    with pytest.raises(UsageError, match="one segment"):
        packet.edit(packet.data + b"x" * 1460)
    packet.edit(packet.message.with_header("Subject", "lunch")).let_go()
    lab.run(call.answered)
    assert b"Subject: lunch" in lab.trace.select("delivered", "bob")[0].raw
    lab.run()
    lab.drain()


def test_dropped_over_tcp_it_comes_late() -> None:
    lab = Lab(seed=7)
    alice = lab.user_agent("sip:alice@example.com", transport="tcp")
    bob = lab.user_agent("sip:bob@example.com", answers=0.0, transport="tcp")
    held = lab.network.intercept("INVITE", times=1)
    call = alice.call(bob)
    lab.run(held.next()).drop()
    lab.run(call.answered)
    assert lab.env.now > 1.0
    lab.run()
    lab.drain()
