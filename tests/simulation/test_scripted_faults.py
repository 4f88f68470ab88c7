"""Faults by script: drop, hold and release, partition and heal, a function that sees every packet."""

from __future__ import annotations

from typing import Any

import pytest
from wire_bench import Bench

from sipsim.errors import UsageError
from sipsim.simulation.network import Packet


def message(start: str, cseq: str) -> bytes:
    lines = (start, "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-1", "From: <sip:a@x>;tag=1", "To: <sip:b@x>")
    return "\r\n".join((*lines, "Call-ID: 1", f"CSeq: 1 {cseq}", "Content-Length: 0", "", "")).encode()


INVITE = message("INVITE sip:b@x SIP/2.0", "INVITE")
ACK = message("ACK sip:b@x SIP/2.0", "ACK")
BYE = message("BYE sip:b@x SIP/2.0", "BYE")
RINGING = message("SIP/2.0 180 Ringing", "INVITE")
OK_INVITE = message("SIP/2.0 200 OK", "INVITE")
OK_BYE = message("SIP/2.0 200 OK", "BYE")
BUSY = message("SIP/2.0 486 Busy Here", "INVITE")
JUNK = b"\x00\x01 no SIP"
ALL = {
    "INVITE": INVITE, "ACK": ACK, "BYE": BYE, "180 I": RINGING, "200 I": OK_INVITE, "200 B": OK_BYE, "486 I": BUSY,
    "junk": JUNK,
}  # fmt: skip


def spared(bench: Bench) -> list[str]:
    """Which of all kinds of packets get from alice to bob."""
    for data in ALL.values():
        bench.send("alice", "bob", data)
    bench.run()
    return [name for name, data in ALL.items() if data in bench.octets()]


@pytest.mark.parametrize(
    ("pattern", "dropped"),
    [
        ("INVITE", "INVITE"),
        ("ACK", "ACK"),
        ("200", "200 I, 200 B"),
        ("2xx", "200 I, 200 B"),
        ("200 INVITE", "200 I"),
        ("2xx BYE", "200 B"),
        ("4xx INVITE", "486 I"),
        ("1xx", "180 I"),
        ("CANCEL", ""),
        ("*", ", ".join(ALL)),
        (lambda packet: packet.data == JUNK, "junk"),
    ],
)
def test_a_pattern_means_these_packets(pattern: Any, dropped: str) -> None:
    bench = Bench("alice", "bob")
    bench.network.drop(pattern, times=None)
    assert ", ".join(name for name in ALL if name not in spared(bench)) == dropped
    assert bench.balanced()


@pytest.mark.parametrize("pattern", ["", "200 OK", "OK", "invite", "20", "2000", "INVITE 200", "700", None, 200])
def test_a_pattern_that_means_nothing_is_refused(pattern: Any) -> None:
    with pytest.raises(UsageError, match=r"pattern=.*200 INVITE"):
        Bench("alice", "bob").network.drop(pattern)


@pytest.mark.parametrize("times", [0, -1, 1.5, True])
def test_a_number_of_times_that_is_none_is_refused(times: Any) -> None:
    with pytest.raises(UsageError, match="times:"):
        Bench("alice", "bob").network.drop("INVITE", times=times)


def test_only_so_many_are_dropped_and_the_trace_says_why() -> None:
    bench = Bench("alice", "bob")
    rule = bench.network.drop("200 INVITE", times=2)
    for _ in range(3):
        bench.send("bob", "alice", OK_INVITE)
        bench.send("bob", "alice", RINGING)
    assert bench.run().octets() == [RINGING, RINGING, OK_INVITE, RINGING]
    assert bench.lost() == 2 * ["dropped by the script: 200 INVITE"]
    assert (rule.count, rule.active) == (2, False)


def test_a_drop_may_be_for_one_sender_or_one_receiver_only() -> None:
    bench = Bench("alice", "proxy", "bob")
    bench.network.drop("INVITE", times=None, src="proxy", dst="bob")
    bench.network.drop("ACK", times=None, dst="proxy")
    hops = [("alice", "proxy"), ("proxy", "bob"), ("alice", "bob")]
    for data in (INVITE, ACK):
        for hop in hops:
            bench.send(*hop, data)
    bench.run()
    assert [hop for hop in hops if not any((*hop, INVITE) == got[1:] for got in bench.arrived)] == [hops[1]]
    assert [hop for hop in hops if not any((*hop, ACK) == got[1:] for got in bench.arrived)] == [hops[0]]
    with pytest.raises(UsageError, match="'nobody': no such node"):
        bench.network.drop("ACK", src="nobody")


def test_a_rule_can_be_taken_back() -> None:
    bench = Bench("alice", "bob")
    rule = bench.network.drop("*", times=None)
    bench.send("alice", "bob", INVITE)
    rule.cancel()
    rule.cancel()
    bench.send("alice", "bob", ACK)
    assert bench.run().octets() == [ACK]


def test_the_first_rule_that_applies_decides() -> None:
    bench = Bench("alice", "bob")
    first, second = bench.network.drop("INVITE"), bench.network.hold("*")
    bench.send("alice", "bob", INVITE)
    bench.send("alice", "bob", INVITE)
    assert (first.count, second.count) == (1, 1)


def test_held_packets_go_on_when_they_are_released_in_their_order() -> None:
    bench = Bench("alice", "bob")
    bench.network.hold("INVITE")
    for data in (INVITE, ACK, INVITE):
        bench.send("alice", "bob", data)
    bench.run()
    assert bench.octets() == [ACK]
    assert [packet.data for packet in bench.network.held] == [INVITE, INVITE]
    bench.env.run(until=3)
    assert bench.network.release() == 2
    bench.send("alice", "bob", INVITE)
    bench.run()
    assert [time for time, *_ in bench.arrived] == [0.005, 3.005, 3.005, 3.005]
    assert bench.network.release() == 0
    assert bench.balanced()


def test_a_held_packet_takes_the_links_as_they_are_when_it_is_released() -> None:
    bench = Bench("alice", "bob")
    bench.network.hold("*", times=1)
    bench.send("alice", "bob", INVITE)
    bench.network.link("alice", "bob").cut()
    bench.network.release()
    assert bench.run().lost() == ["the link alice - bob is cut"]


def test_a_function_sees_every_packet_and_may_lose_some() -> None:
    bench, seen = Bench("alice", "bob"), list[bytes]()

    def no_ringing(packet: Packet) -> bool | None:
        seen.append(packet.data)
        return False if packet.data == RINGING else None

    rule = bench.network.filter(no_ringing)
    assert spared(bench) == [name for name in ALL if name != "180 I"]
    assert seen == list(ALL.values())
    assert bench.lost() == ["filtered out by no_ringing"]
    rule.cancel()
    bench.send("alice", "bob", RINGING)
    assert bench.run().octets()[-1] == RINGING


def test_rules_apply_on_impaired_links_too() -> None:
    bench = Bench("alice", "bob", duplicate=1)
    bench.network.drop("INVITE", times=None)
    bench.send("alice", "bob", INVITE)
    bench.send("alice", "bob", ACK)
    assert bench.run().octets() == [ACK, ACK]


def test_a_partition_separates_groups_until_it_is_healed() -> None:
    bench = Bench("alice", "proxy", "bob", "carol")
    bench.network.partition(["alice", "proxy"], "bob")
    hops = [("alice", "proxy"), ("alice", "bob"), ("bob", "proxy"), ("carol", "bob"), ("carol", "alice")]
    for hop in hops:
        bench.send(*hop)
    bench.run()
    assert [(sender, receiver) for _, sender, receiver, _ in bench.arrived] == [hops[0], hops[3], hops[4]]
    assert bench.lost() == ["a partition between alice and bob", "a partition between bob and proxy"]
    bench.network.heal()
    bench.send("alice", "bob")
    assert bench.run().arrived[-1][1:3] == ("alice", "bob")
    told = [record.data["text"] for record in bench.trace.select("fault")]
    assert told == ["nothing passes between alice, proxy and bob", "the partition is over"]
    with pytest.raises(UsageError, match="'dave'"):
        bench.network.partition("alice", ["bob", "dave"])


def test_healing_the_network_heals_its_links_too() -> None:
    bench = Bench("alice", "bob")
    link = bench.network.link("alice", "bob").cut()
    bench.network.heal()
    assert not link.is_cut
    bench.send("alice", "bob")
    assert len(bench.run().arrived) == 1
