"""A network over a networkx graph: packets take the way of least delay, and each edge does its own to them."""

from __future__ import annotations

from math import sqrt
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_bench import Bench, numbered

from sipsim.errors import UsageError
from sipsim.simulation.network import Address


def square() -> nx.Graph[str]:
    """alice - left - bob is quick, alice - right - bob slow."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_edge("alice", "left", delay=0.01)
    graph.add_edge("left", "bob", delay=0.02)
    graph.add_edge("alice", "right", delay=0.1)
    graph.add_edge("right", "bob", delay=0.2)
    return graph


def test_packets_take_the_way_of_least_delay() -> None:
    bench = Bench("alice", "bob", "right", graph=square())
    bench.send("alice", "bob")
    bench.send("bob", "right")
    assert bench.run().arrived == [(0.03, "alice", "bob", b"hello"), (0.13, "bob", "right", b"hello")]


def test_a_cut_edge_is_avoided_and_used_again_when_healed() -> None:
    bench = Bench("alice", "bob", graph=square())
    link = bench.network.link("left", "alice")
    for change in (link.cut, link.heal):
        change()
        bench.send("alice", "bob")
    assert bench.run().times() == [0.03, 0.3]
    bench.network.link("alice", "right").cut()
    link.cut()
    bench.send("alice", "bob")
    assert bench.run().lost() == ["there is no way from alice to bob"]


def test_a_changed_delay_may_change_the_way() -> None:
    bench = Bench("alice", "bob", graph=square())
    bench.network.link("left", "bob").delay = 0.5
    bench.send("alice", "bob")
    assert bench.run().times() == [0.3]


@settings(max_examples=60)
@given(st.integers(0, 10_000))
def test_the_delay_is_that_of_the_shortest_path_in_any_graph(seed: int) -> None:
    from random import Random

    dice = Random(seed)
    graph: nx.Graph[str] = nx.relabel_nodes(nx.gnp_random_graph(7, 0.4, seed=seed), str)
    for a, b in graph.edges:
        graph.edges[a, b]["delay"] = int(dice.random() * 50) / 1000
    bench = Bench(*graph.nodes, graph=graph)
    for name in graph.nodes:
        bench.send("0", name)
    bench.run()
    lengths = nx.single_source_dijkstra_path_length(graph, "0", weight="delay")
    took = {receiver: time for time, _, receiver, _ in bench.arrived}
    assert took == pytest.approx({"0": 0.005} | {name: d for name, d in lengths.items() if name != "0"})
    assert bench.balanced()


def test_every_edge_on_the_way_loses_its_share() -> None:
    graph: nx.Graph[str] = nx.path_graph(["alice", "r1", "r2", "r3", "bob"])
    for a, b in graph.edges:
        graph.edges[a, b].update(delay=0.001, loss=0.1)
    bench, n, p = Bench("alice", "bob", graph=graph), 10_000, 1 - 0.9**4
    bench.send_all("alice", "bob", numbered(n))
    bench.run()
    assert abs(len(bench.lost()) - n * p) <= 4 * sqrt(n * p * (1 - p))
    assert set(bench.times()) == {0.004}
    assert set(bench.lost()) == {f"lost on the way {a} -> {b}" for a, b in graph.edges}
    instants = {record.data["why"]: record.time for record in bench.trace.select("lost")}
    assert instants["lost on the way r3 -> bob"] == 0.003


def test_delays_before_between_and_after_impaired_edges_add_up() -> None:
    graph: nx.Graph[str] = nx.path_graph(["alice", "r1", "r2", "r3", "r4", "bob"])
    for number, (a, b) in enumerate(graph.edges):
        graph.edges[a, b].update(delay=10.0**-number, duplicate=number % 2)
    bench = Bench("alice", "bob", graph=graph)
    bench.send("alice", "bob")
    assert bench.run().times() == 4 * [1.1111]
    assert bench.balanced()


def test_a_line_that_two_senders_share_serves_who_is_there_first() -> None:
    """alice's packet comes to the narrow edge at 1.0 s; the router's own, sent later but nearer, is there before."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_edge("alice", "router", delay=1.0)
    graph.add_edge("router", "bob", delay=0.0, bandwidth=8000)
    bench = Bench("alice", "router", "bob", graph=graph)
    bench.send("alice", "bob", bytes(100))
    bench.env.run(until=0.5)
    bench.send("router", "bob", bytes(600))
    bench.run()
    assert [(time, sender) for time, sender, *_ in bench.arrived] == [(1.1, "router"), (1.2, "alice")]


def test_edges_have_the_networks_parameters_where_they_have_none() -> None:
    graph: nx.Graph[str] = nx.path_graph(["alice", "bob", "carol"])
    graph.edges["alice", "bob"]["loss"] = 0
    bench = Bench("alice", "bob", "carol", graph=graph, delay=0.05, loss=1)
    bench.send("alice", "bob")
    bench.send("bob", "carol")
    assert bench.run().arrived == [(0.05, "alice", "bob", b"hello")]


def test_the_callers_graph_is_never_changed() -> None:
    graph = square()
    before = nx.to_dict_of_dicts(nx.Graph(graph))
    bench = Bench("alice", "bob", graph=graph, loss=0.5)
    bench.network.link("alice", "left", delay=0.3).cut()
    bench.send_all("alice", "bob", numbered(20))
    bench.run()
    assert nx.to_dict_of_dicts(graph) == before


def test_a_directed_graph_has_one_way_links() -> None:
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edge("alice", "bob", delay=0.1)
    graph.add_edge("bob", "alice", delay=0.3, loss=0)
    graph.add_edge("bob", "carol", delay=0.1)
    bench = Bench("alice", "bob", "carol", graph=graph)
    bench.network.link("alice", "bob").delay = 0.2
    for hop in [("alice", "carol"), ("bob", "alice"), ("carol", "bob")]:
        bench.send(*hop)
    assert bench.run().times() == [0.3, 0.3]
    assert bench.lost() == ["there is no way from carol to bob"]
    with pytest.raises(UsageError, match="no such edge"):
        bench.network.link("carol", "bob")


def test_nodes_may_be_hosts() -> None:
    graph: nx.Graph[str] = nx.Graph()
    graph.add_edge("192.0.2.1", "bob", delay=0.07)
    bench = Bench(graph=graph)
    bench.add("phone", Address("192.0.2.1", 5060))
    bench.add("bob")
    bench.send("phone", "bob")
    assert bench.run().times() == [0.07]


def test_who_is_not_in_the_graph_is_told_so() -> None:
    with pytest.raises(UsageError, match="node='carol': not in the graph; its nodes are alice, left, bob, right"):
        Bench("carol", graph=square())
    bench = Bench("alice", "bob", graph=square())
    with pytest.raises(UsageError, match=r"no such edge; its edges are alice - left, alice - right"):
        bench.network.link("alice", "bob")


@pytest.mark.parametrize("edge", [{"delay": -1}, {"loss": 1.5}])
def test_an_edge_out_of_range_is_refused(edge: dict[str, Any]) -> None:
    graph = square()
    graph.edges["alice", "left"].update(edge)
    with pytest.raises(UsageError, match=f"{next(iter(edge))}="):
        Bench(graph=graph)


def test_a_multigraph_is_refused() -> None:
    with pytest.raises(UsageError, match="multigraph"):
        Bench(graph=nx.MultiGraph(square()))
