"""A run depends on its seed alone: not on hash seeds, not on the order of a process's other work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

RUN = """
import hashlib, networkx
from wire_bench import Bench

graph = networkx.random_geometric_graph(12, 0.6, seed=1)
graph = networkx.relabel_nodes(graph, {i: "node %d" % i for i in graph})
for number, (a, b) in enumerate(graph.edges):
    graph.edges[a, b].update(delay=0.001 * (number % 5), loss=0.05, duplicate=0.05, reorder=0.05, corrupt=0.05)
seen = hashlib.sha256()
for wires in (graph, None):
    bench = Bench(*sorted(graph), seed=5, graph=wires, jitter=0.01, loss=0.1, corrupt=0.1)
    for i in range(400):
        bench.send("node %d" % (i % 12), "node %d" % (i * 7 % 12), b"packet %d" % i)
        bench.env.call_later(0.001 * (i % 50), bench.send, "node 1", "node 2", b"timer %d" % i)
    bench.network.partition(["node 1", "node 3"], ["node 2"])
    bench.run()
    seen.update(repr((bench.arrived, bench.lost(), bench.streams)).encode())
print(seen.hexdigest())
"""


def fingerprint(hash_seed: str) -> str:
    paths = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", RUN], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_other_hash_seeds_give_the_same_run() -> None:
    fingerprints = [fingerprint(hash_seed) for hash_seed in ("0", "1", "random")]
    assert len(fingerprints[0]) == 64
    assert fingerprints == [fingerprints[0]] * 3
