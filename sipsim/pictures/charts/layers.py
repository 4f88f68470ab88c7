"""A layered layout for small graphs: nodes in ranks from top to bottom, and room for the words on every edge.

The words of an edge are a node of their own between two ranks, and where an edge passes a rank it takes a place there;
so nothing is ever written upon anything else. After Sugiyama, Tagawa and Toda (1981), as far as a few states need it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import fsum

SWEEPS = 12
APART = 22.0  # between neighbours in a rank
GAP = 26.0  # between ranks
PASSING = 10.0  # how wide an edge is that only passes
CLOSE = 10.0  # between neighbours where that makes a line straight


@dataclass(eq=False, slots=True)
class Node:
    """A box of a size; `x` is its left edge, `y` its top, `anchor` where an edge passes it, from the left."""

    width: float
    height: float
    anchor: float
    rank: int = 0
    x: float = 0.0
    y: float = 0.0
    above: list[Node] = field(default_factory=list)
    below: list[Node] = field(default_factory=list)

    @property
    def at(self) -> float:
        """Where an edge passes it."""
        return self.x + self.anchor


@dataclass(eq=False, slots=True)
class Edge:
    """From one node to another, by way of its words; `points` is its line, from its source to its target."""

    source: Node
    target: Node
    words: Node
    chain: list[Node] = field(default_factory=list)
    points: list[tuple[float, float]] = field(default_factory=list)
    up: bool = False  # it leads back to an earlier rank


def place(nodes: Sequence[Node], edges: Sequence[Edge], left: float, top: float) -> tuple[float, float]:
    """Give every node its place and every edge its line; returns the right and the bottom end."""
    _rank(nodes, edges)
    ranks = _ranks(nodes, edges)
    _order(ranks)
    _spread(ranks)
    for edge in sorted(edges, key=lambda edge: -len(edge.chain)):
        _straighten(edge, ranks)
    shift = left - min(node.x for rank in ranks for node in rank)
    y = top
    for rank in ranks:
        height = max(node.height for node in rank)
        for node in rank:
            node.x += shift
            node.y = y + (height - node.height) / 2
        y += height + GAP
    for edge in edges:
        _line(edge, ranks)
    return max(node.x + node.width for rank in ranks for node in rank), y - GAP


def _rank(nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
    """Even ranks for nodes, the longest way from the first one; an edge that would close a circle leads up."""
    leaving: dict[int, list[Edge]] = {id(node): [] for node in nodes}
    for edge in edges:
        leaving[id(edge.source)].append(edge)
    order: list[Node] = []
    open_, seen = set[int](), set[int]()

    def visit(node: Node) -> None:
        seen.add(id(node))
        open_.add(id(node))
        for edge in leaving[id(node)]:
            edge.up = id(edge.target) in open_
            if id(edge.target) not in seen:
                visit(edge.target)
        open_.discard(id(node))
        order.append(node)

    for node in nodes:
        if id(node) not in seen:
            visit(node)
    for node in reversed(order):
        for edge in leaving[id(node)]:
            if not edge.up:
                edge.target.rank = max(edge.target.rank, node.rank + 2)


def _ends(edge: Edge) -> tuple[Node, Node]:
    """Its upper and its lower node."""
    return (edge.target, edge.source) if edge.up else (edge.source, edge.target)


def _ranks(nodes: Sequence[Node], edges: Sequence[Edge]) -> list[list[Node]]:
    """All ranks with the words and passing places of the edges; words go where there is most room."""
    ranks: list[list[Node]] = [[] for _ in range(max(node.rank for node in nodes) + 1)]
    for node in nodes:
        ranks[node.rank].append(node)
    for edge in sorted(edges, key=lambda edge: abs(edge.target.rank - edge.source.rank)):
        upper, lower = _ends(edge)
        free = range(upper.rank + 1, lower.rank, 2)
        edge.words.rank = min(free, key=lambda rank: fsum(node.width + APART for node in ranks[rank]))
        previous = upper
        for rank in range(upper.rank + 1, lower.rank):
            node = edge.words if rank == edge.words.rank else Node(PASSING, 0.0, PASSING / 2, rank)
            ranks[rank].append(node)
            edge.chain.append(node)
            _join(previous, node)
            previous = node
        _join(previous, lower)
    return ranks


def _join(upper: Node, lower: Node) -> None:
    upper.below.append(lower)
    lower.above.append(upper)


def _order(ranks: list[list[Node]]) -> None:
    """Put the nodes of each rank into an order with few crossings, from two beginnings: the better one stands."""
    other = [sorted(rank, key=lambda node: (node.height > 0.0, -rank.index(node))) for rank in map(list, ranks)]
    first, second = _sorted(ranks), _sorted(other)
    ranks[:] = second if _crossings(second) < _crossings(first) else first


def _sorted(ranks: list[list[Node]]) -> list[list[Node]]:
    """Sort the ranks by the middle of their neighbours, down and up again, and give the best order on the way."""
    best, least = [list(rank) for rank in ranks], _crossings(ranks)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for above, rank in pairwise(ranks if down else ranks[::-1]):
            places = {id(node): place for place, node in enumerate(above)}
            before = {id(node): place for place, node in enumerate(rank)}
            middles = {id(n): _middle(n.above if down else n.below, places, before[id(n)]) for n in rank}
            rank.sort(key=lambda node: (middles[id(node)], before[id(node)]))
        _swap(ranks)
        if (count := _crossings(ranks)) < least:
            best, least = [list(rank) for rank in ranks], count
    return best


def _swap(ranks: list[list[Node]]) -> None:
    """Exchange neighbours where that makes fewer crossings."""
    for i, rank in enumerate(ranks):
        near = ranks[max(0, i - 1) : i + 2]
        for j in range(len(rank) - 1):
            before = _crossings(near)
            rank[j], rank[j + 1] = rank[j + 1], rank[j]
            if _crossings(near) >= before:
                rank[j], rank[j + 1] = rank[j + 1], rank[j]


def _middle(neighbours: list[Node], places: dict[int, int], otherwise: float) -> float:
    return fsum(places[id(node)] for node in neighbours) / len(neighbours) if neighbours else otherwise


def _crossings(ranks: list[list[Node]]) -> int:
    count = 0
    for above, rank in pairwise(ranks):
        places = {id(node): place for place, node in enumerate(rank)}
        ends = [places[id(node)] for upper in above for node in sorted(upper.below, key=lambda n: places[id(n)])]
        count += sum(a > b for i, a in enumerate(ends) for b in ends[i + 1 :])
    return count


def _spread(ranks: list[list[Node]]) -> None:
    """Give the nodes their x: close to their neighbours, in order, and apart from each other."""
    for rank in ranks:
        x = -fsum(node.width + APART for node in rank) / 2
        for node in rank:
            node.x = x
            x += node.width + APART
    for sweep in range(SWEEPS * 4):
        for rank in ranks if sweep % 2 == 0 else ranks[::-1]:
            wanted = [_wanted(node) for node in rank]
            for node, x in zip(rank, _apart(wanted, rank), strict=True):
                node.x = x


def _wanted(node: Node) -> float:
    """Where a node's left edge would best be: its anchor in the middle of its neighbours' anchors, above and below."""
    means = [fsum(n.at for n in side) / len(side) for side in (node.above, node.below) if side]
    return fsum(means) / len(means) - node.anchor if means else node.x


def _apart(wanted: list[float], rank: list[Node]) -> list[float]:
    """The places nearest to the wanted ones, in the least squares, where nothing overlaps (pool adjacent violators)."""
    offsets = [0.0]
    for node in rank[:-1]:
        offsets.append(offsets[-1] + node.width + APART)
    pools: list[tuple[float, int]] = []  # mean, and how many
    for want, offset in zip(wanted, offsets, strict=True):
        mean, count = want - offset, 1
        while pools and pools[-1][0] >= mean:
            other, more = pools.pop()
            mean, count = (mean * count + other * more) / (count + more), count + more
        pools.append((mean, count))
    means = [mean for mean, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _line(edge: Edge, ranks: list[list[Node]]) -> None:
    """From the upper node down through the edge's places to the lower one; turned round where the edge leads up."""
    upper, lower = _ends(edge)
    points = [(_port(upper, edge.chain[0], upper.below), upper.y + upper.height)]
    for node in edge.chain:
        middle = _middle_of(ranks[node.rank])
        half = max(other.height for other in ranks[node.rank]) / 2
        points += [(node.at, middle - half), (node.at, middle + half)]
    points.append((_port(lower, edge.chain[-1], lower.above), lower.y))
    edge.points = points[::-1] if edge.up else points


def _straighten(edge: Edge, ranks: list[list[Node]]) -> None:
    """Let as much of an edge as there is room for go straight down, at one of the places where it passes now."""

    def movable(x: float) -> list[Node]:
        return [node for node in edge.chain if _has_room(node, x - node.anchor, ranks[node.rank])]

    x = max((node.at for node in edge.chain), key=lambda x: len(movable(x)))
    for node in movable(x):
        node.x = x - node.anchor


def _has_room(node: Node, x: float, rank: list[Node]) -> bool:
    i = next(i for i, other in enumerate(rank) if other is node)
    left = rank[i - 1].x + rank[i - 1].width + CLOSE if i else x
    right = rank[i + 1].x - CLOSE if i + 1 < len(rank) else x + node.width
    return left <= x and x + node.width <= right


def _middle_of(rank: list[Node]) -> float:
    return rank[0].y + rank[0].height / 2


def _port(node: Node, neighbour: Node, neighbours: list[Node]) -> float:
    """Where on the edge of a box a line begins or ends: in the order of the neighbours, straight where that may be."""
    order = sorted(neighbours, key=lambda other: other.at)
    index = next(i for i, other in enumerate(order) if other is neighbour)
    margin = min(16.0, node.width / 2)
    room = node.width - 2 * margin
    step = min(18.0, room / len(order))
    low, high = margin + index * step, node.width - margin - (len(order) - 1 - index) * step
    return node.x + max(low, min(neighbour.at - node.x, high))
