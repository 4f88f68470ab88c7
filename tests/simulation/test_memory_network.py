"""Packets over links in memory: when they arrive, how they are lost, and that each of them is accounted for."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_bench import ANY, Bench, numbered

from sipsim.errors import UsageError
from sipsim.simulation.network import Address, Packet

# Addresses


def test_hosts_are_given_away_from_the_blocks_for_examples() -> None:
    bench = Bench(*(f"node {i}" for i in range(3 * 254 + 2)))
    given = list(bench.addresses.values())
    assert given[0] == Address("192.0.2.1", 5060)
    assert given[253] == Address("192.0.2.254", 5060)
    assert given[254] == Address("198.51.100.1", 5060)
    assert given[508] == Address("203.0.113.1", 5060)
    assert given[-1] == Address("10.0.0.2", 5060)
    assert len(set(given)) == len(given)


def test_a_host_that_someone_asked_for_is_not_given_away() -> None:
    bench = Bench()
    assert bench.add("alice", Address("192.0.2.1", 5070)) == Address("192.0.2.1", 5070)
    assert bench.add("bob") == Address("192.0.2.2", 5060)
    assert bench.add("carol", Address("192.0.2.1", 0)) == Address("192.0.2.1", 5060)
    assert bench.add("dave", Address("192.0.2.1", 0)) == Address("192.0.2.1", 5061)


def test_an_address_can_be_had_once_for_each_transport() -> None:
    bench = Bench("alice")
    address = bench.addresses["alice"]
    with pytest.raises(UsageError, match=r"192\.0\.2\.1:5060: taken, alice"):
        bench.add("bob", address)
    bench.network.bind(address, "TCP", print, print, node="alice")
    bench.network.unbind(address, "UDP")
    assert bench.add("bob", address) == address


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_out_of_range_is_refused(port: int) -> None:
    with pytest.raises(UsageError, match=f"port={port}"):
        Bench().add("alice", Address("", port))


def test_an_address_reads_as_in_a_uri() -> None:
    assert str(Address("192.0.2.1", 5060)) == "192.0.2.1:5060"
    assert str(Address("2001:db8::1", 5060)) == "[2001:db8::1]:5060"


# Plain delivery


def test_a_packet_arrives_after_the_delay_with_the_very_same_octets() -> None:
    bench = Bench("alice", "bob", delay=0.02)
    packet = bench.send("alice", "bob", b"INVITE")
    bench.run()
    assert bench.arrived == [(0.02, "alice", "bob", b"INVITE")]
    assert bench.packets == [packet]
    assert bench.packets[0].data is packet.data


def test_packets_stay_in_order_on_a_plain_link() -> None:
    bench = Bench("alice", "bob")
    bench.send_all("alice", "bob", numbered(100))
    assert bench.run().octets() == numbered(100)


def test_an_ideal_network_draws_nothing() -> None:
    bench = Bench("alice", "bob")
    bench.send_all("alice", "bob", numbered(10))
    bench.run()
    assert "none drawn from" in repr(bench.streams)


def test_a_node_may_send_to_itself() -> None:
    bench = Bench("alice")
    bench.send("alice", "alice")
    assert bench.run().times() == [0.005]


def test_a_packet_to_nobody_is_lost_and_the_sender_hears_of_it() -> None:
    bench = Bench("alice")
    bench.send("alice", Address("192.0.2.77", 5060))
    bench.run()
    assert bench.lost() == ["no one listens at 192.0.2.77:5060"]
    assert bench.failures == [(0.005, "alice", "no one listens at 192.0.2.77:5060")]
    assert bench.balanced()


def test_a_packet_under_way_finds_nobody_when_its_receiver_left() -> None:
    bench = Bench("alice", "bob")
    bench.send("alice", "bob")
    bench.network.unbind(bench.addresses["bob"], "UDP")
    bench.run()
    assert not bench.arrived
    assert bench.failures == [(0.005, "alice", f"no one listens at {bench.addresses['bob']}")]


def test_a_packet_under_way_finds_who_came_back_to_the_address() -> None:
    bench = Bench("alice", "bob")
    bench.send("alice", "bob")
    bench.network.unbind(bench.addresses["bob"], "UDP")
    bench.add("bob", bench.addresses["bob"])
    assert len(bench.run().arrived) == 1


def test_a_closed_network_delivers_nothing() -> None:
    bench = Bench("alice", "bob")
    bench.send("alice", "bob")
    bench.network.hold("*")
    bench.send("alice", "bob")
    bench.network.close()
    assert not bench.run().arrived
    assert "the network was closed" in bench.lost()
    assert bench.balanced()


# Impairments


def arrivals(seed: int, n: int = 200, **default: float) -> Bench:
    bench = Bench("alice", "bob", seed=seed, **default)
    bench.send_all("alice", "bob", numbered(n))
    return bench.run()


def test_loss_is_as_frequent_as_asked_for() -> None:
    n, p = 20_000, 0.1
    bench = arrivals(3, n, loss=p)
    assert abs(len(bench.lost()) - n * p) <= 4 * sqrt(n * p * (1 - p))
    assert set(bench.lost()) == {"lost on the way alice -> bob"}
    assert bench.balanced()


def test_the_copies_of_a_packet_are_packets_of_their_own() -> None:
    """An element may keep something in a packet that it got; the other copy still knows where it came from."""
    bench = arrivals(1, 5, duplicate=1)
    assert sorted(bench.octets()) == sorted(2 * numbered(5))
    assert len({id(packet) for packet in bench.packets}) == 10
    assert all(record.cause for record in bench.trace.select("delivered"))
    assert bench.trace.counts["duplicated"] == 5


def test_a_reordered_packet_is_overtaken() -> None:
    bench = Bench("alice", "bob", seed=5, reorder=0.2)
    bench.send_all("alice", "bob", numbered(100), every=0.01)
    got = [int(data) for data in bench.run().octets()]
    assert got != sorted(got)
    assert sorted(got) == list(range(100))


def test_jitter_spreads_the_delays() -> None:
    times = arrivals(2, 2000, delay=0.1, jitter=0.05).times()
    assert 0.1 <= min(times) < 0.101
    assert 0.149 < max(times) <= 0.15


def test_corrupted_packets_arrive_and_the_trace_has_what_arrived() -> None:
    bench = arrivals(4, 500, corrupt=0.3)
    altered = [packet for packet in bench.packets if packet.altered]
    assert 100 < len(altered) < 200
    assert all(packet.data not in numbered(500) or len(packet.data) < 4 for packet in altered)
    records = bench.trace.select("delivered")
    assert [record.raw for record in records] == bench.octets()
    assert bench.balanced()


def test_a_narrow_link_sends_one_packet_after_another() -> None:
    """1 000 octets at 80 kbit/s take 0.1 s each; the other direction has a line of its own."""
    bench = Bench("alice", "bob", delay=0.01, bandwidth=80_000)
    bench.send_all("alice", "bob", [bytes(1000)] * 3)
    bench.send("bob", "alice", bytes(500))
    bench.run()
    assert bench.times() == [0.06, 0.11, 0.21, 0.31]
    bench.send("alice", "bob", bytes(1000))
    assert bench.run().times()[-1] == 0.42
    assert "none drawn from" in repr(bench.streams)


def test_each_direction_of_each_link_has_dice_of_its_own() -> None:
    def pattern(*others: str) -> list[bytes]:
        """What bob gets of what alice sends, with other traffic in between."""
        bench = Bench("alice", "bob", "carol", seed=9, loss=0.5)
        for data in numbered(50):
            bench.send("alice", "bob", data)
            for other in others:
                bench.send(*other.split(), b"other")  # type: ignore[arg-type]
        bench.run()
        return [data for _, sender, receiver, data in bench.arrived if (sender, receiver) == ("alice", "bob")]

    assert pattern() == pattern("bob alice", "carol bob", "alice carol")
    assert 10 < len(pattern()) < 40


def test_a_node_has_its_dice_by_name_also_when_it_came_late() -> None:
    bench = Bench("alice", loss=0.1)
    bench.send("alice", Address("192.0.2.2", 5060))
    assert repr(bench.streams) == "<Streams of seed 1: link alice -> 192.0.2.2>"
    bench.add("bob", Address("192.0.2.2", 5060))
    bench.send("alice", "bob")
    assert repr(bench.streams) == "<Streams of seed 1: link alice -> 192.0.2.2, link alice -> bob>"


def test_a_stream_is_made_when_it_is_first_drawn_from() -> None:
    bench = Bench("alice", "bob", loss=0.1)
    bench.send("alice", "bob")
    assert repr(bench.streams) == "<Streams of seed 1: link alice -> bob>"


def test_the_same_seed_gives_the_same_run_and_another_one_another() -> None:
    worst: dict[str, Any] = {"loss": 0.2, "duplicate": 0.2, "reorder": 0.2, "corrupt": 0.2, "jitter": 0.1}
    one, again, other = (arrivals(seed, **worst).arrived for seed in (1, 1, 2))
    assert one == again != other


# Links


def test_a_link_can_be_changed_at_any_time() -> None:
    bench = Bench("alice", "bob", "carol")
    link = bench.network.link("alice", "bob", delay=0.5)
    bench.send("alice", "bob")
    link.delay = 0.1
    bench.send("bob", "alice")
    bench.send("alice", "carol")
    link.loss = 1
    bench.send("alice", "bob")
    assert bench.run().times() == [0.005, 0.1, 0.5]
    assert bench.network.link("bob", "alice") is link
    assert (link.delay, link.loss, link.jitter) == (0.1, 1, 0)
    assert bench.lost() == ["lost on the way alice -> bob"]


def test_a_cut_link_lets_nothing_pass_until_it_is_healed() -> None:
    bench = Bench("alice", "bob")
    link = bench.network.link("alice", "bob")
    bench.send("alice", "bob", b"under way")
    link.cut()
    bench.send("alice", "bob", b"1")
    bench.send("bob", "alice", b"2")
    link.heal()
    bench.send("alice", "bob", b"3")
    assert bench.run().octets() == [b"under way", b"3"]
    assert bench.lost() == 2 * ["the link alice - bob is cut"]
    assert not bench.failures  # nothing tells the sender
    assert [record.data["what"] for record in bench.trace.select("fault")] == ["cut", "heal"]


def test_links_by_host_mean_the_node_there() -> None:
    bench = Bench("alice", "bob")
    assert bench.network.link("192.0.2.1", "192.0.2.2") is bench.network.link("alice", "bob")


def test_unknown_nodes_and_parameters_are_refused_with_what_there_is() -> None:
    bench = Bench("alice", "bob")
    with pytest.raises(UsageError, match="'alise': no such node; there are alice, bob"):
        bench.network.link("alise", "bob")
    with pytest.raises(UsageError, match="los: not a parameter of a link; those are delay, jitter, loss"):
        bench.network.link("alice", "bob", los=0.1)
    with pytest.raises(UsageError, match="loss=2"):
        Bench(loss=2)


def test_the_trace_begins_with_the_links() -> None:
    bench = Bench("alice", "bob", loss=0.1)
    bench.network.link("alice", "bob", delay=0.05)
    default = {"between": ["*", "*"], "delay": 0.005, "loss": 0.1}
    assert bench.trace.header["links"] == [default, {"between": ["alice", "bob"], "delay": 0.05, "loss": 0.1}]


# Conservation

chances = st.sampled_from((0.0, 0.0, 0.1, 0.5))
names = st.sampled_from(("alice", "proxy", "bob"))
events = st.one_of(
    st.tuples(st.just("send"), names, names),
    st.tuples(st.just("send"), names, names),
    st.tuples(st.just("stray"), names),
    st.tuples(st.just("wait"), st.sampled_from((0.001, 0.01, 0.2))),
    st.tuples(st.just("link"), names, names, st.sampled_from(("loss", "duplicate", "corrupt")), chances),
    st.tuples(st.sampled_from(("cut", "heal", "partition", "unbind", "hold", "drop")), names, names),
    st.tuples(st.sampled_from(("release", "whole"))),
)


def happen(bench: Bench, what: str, *args: Any) -> None:
    network = bench.network
    if what == "send":
        bench.send(*args)
    elif what == "stray":
        bench.send(args[0], Address("10.9.9.9", 5060))
    elif what == "wait":
        bench.env.run(until=bench.env.now + args[0])
    elif what == "link":
        network.link(args[0], args[1], **{args[2]: args[3]})
    elif what in ("cut", "heal"):
        getattr(network.link(*args), what)()
    elif what == "partition":
        network.partition(*args)
    elif what == "unbind":
        network.unbind(bench.addresses[args[0]], "UDP")
        if args[0] != args[1]:
            bench.add(args[0], bench.addresses[args[0]])
    elif what in ("hold", "drop"):
        getattr(network, what)("*", times=2, src=args[0], dst=args[1])
    elif what == "release":
        network.release()
    else:
        network.heal()


@settings(max_examples=300)
@given(
    st.integers(0, 99), st.booleans(), st.lists(events, max_size=60),
    st.fixed_dictionaries(dict.fromkeys(("loss", "duplicate", "reorder", "corrupt", "jitter"), chances)),
    st.sampled_from((0, 64_000)),
)  # fmt: skip
def test_every_packet_is_delivered_lost_or_held(
    seed: int, with_graph: bool, plan: list[tuple[Any, ...]], chances: dict[str, float], bandwidth: float
) -> None:
    graph = None
    if with_graph:
        import networkx

        graph = networkx.Graph([("alice", "proxy"), ("proxy", "bob"), ("bob", "alice")])
        plan = [event for event in plan if not (event[0] in ("link", "cut", "heal") and event[1] == event[2])]
    bench = Bench("alice", "proxy", "bob", seed=seed, graph=graph, bandwidth=bandwidth, **chances)
    for event in plan:
        happen(bench, *event)
    bench.run()
    assert bench.balanced()
    assert bench.trace.counts["delivered"] == len(bench.arrived)
    bench.network.release()
    bench.run()
    assert not bench.network.held
    assert bench.balanced()


def test_any_packet_can_be_printed() -> None:
    packet = Packet(b"abc", ANY, Address("192.0.2.1", 5060))
    assert repr(packet) == "<Packet :0 -> 192.0.2.1:5060 UDP, 3 octets>"
