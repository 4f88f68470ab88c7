"""Links between nodes, and the routes over them: the least delay through a graph, or one link between any two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from sipsim.errors import UsageError
from sipsim.simulation.impairments import Impairment

if TYPE_CHECKING:
    from random import Random

    import networkx

    from sipsim.simulation.streams import Streams

PARAMETERS = tuple(field.name for field in fields(Impairment))

_ATTRIBUTES = (*PARAMETERS, "nodes", "impairment", "is_cut", "_changed", "_note")

Note = Callable[[str, str], object]


class _Parameter:
    """A parameter of a link: read from its impairment, set by putting another in its place."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, link: Link, owner: type | None = None) -> float:
        value: float = getattr(link.impairment, self.name)
        return value

    def __set__(self, link: Link, value: float) -> None:
        link.set(**{self.name: value})


class Link:
    """A link between two nodes, alike in both directions. Its parameters (see `Impairment`) may be set at any
    time.

    What is on its way already is not affected, not even by `cut`.
    """

    delay = _Parameter()
    jitter = _Parameter()
    loss = _Parameter()
    duplicate = _Parameter()
    reorder = _Parameter()
    corrupt = _Parameter()
    bandwidth = _Parameter()
    mtu = _Parameter()

    def __init__(self, a: str, b: str, impairment: Impairment, changed: Callable[[], None], note: Note) -> None:
        self.nodes = (a, b)
        self.impairment = impairment
        self.is_cut = False
        self._changed = changed
        self._note = note

    if not TYPE_CHECKING:  # type checkers know the attributes, and are to go on telling

        def __setattr__(self, name: str, value: Any) -> None:
            if name not in _ATTRIBUTES:
                raise UsageError(f"{name}: not a parameter of a link; those are {', '.join(PARAMETERS)}")
            object.__setattr__(self, name, value)

    @property
    def name(self) -> str:
        return " - ".join(self.nodes)

    def set(self, **parameters: Any) -> Link:
        """Change some parameters at once; `UsageError` for an unknown one or a value out of range."""
        self.impairment = changed_impairment(self.impairment, parameters)
        self._changed()
        return self

    def cut(self) -> Link:
        """Let nothing pass any more; in a graph, packets take another way where there is one."""
        if not self.is_cut:
            self.is_cut = True
            self._changed()
            self._note("cut", f"the link {self.name} is cut")
        return self

    def heal(self) -> Link:
        """Undo `cut`."""
        if self.is_cut:
            self.is_cut = False
            self._changed()
            self._note("heal", f"the link {self.name} is whole again")
        return self

    def __repr__(self) -> str:
        values = [f"{name}={value:g}" for name in PARAMETERS if (value := getattr(self.impairment, name))]
        return f"<Link {self.name}{', cut' if self.is_cut else ''}: {' '.join(values) or 'ideal'}>"


class Wire:
    """One direction of a link: it has a random stream of its own, and knows when its line is free again."""

    def __init__(self, link: Link, source: str, destination: str, streams: Streams) -> None:
        self.link = link
        self.name = f"{source} -> {destination}"
        self._streams = streams
        self._rng: Random | None = None
        self._free = 0.0

    @property
    def rng(self) -> Random:
        """The stream, made when it is first drawn from."""
        if self._rng is None:
            self._rng = self._streams.get(f"link {self.name}")
        return self._rng

    def delays(self, size: int, now: float) -> list[float]:
        """When (s from now) the copies of a packet of `size` octets come out at the other end; none if it is lost."""
        impairment = self.link.impairment
        delays = impairment.delays(size, self.rng) if impairment.draws else [impairment.delay]
        if impairment.bandwidth:
            self._free = max(self._free, now) + size * 8 / impairment.bandwidth
            delays = [delay + self._free - now for delay in delays]
        return delays

    def carried(self, data: bytes) -> bytes:
        """The octets as they come out at the other end: the same object, unless they are corrupted."""
        impairment = self.link.impairment
        return impairment.corrupted(data, self.rng) if impairment.corrupt else data


class Route(NamedTuple):
    """The way from one node to another: the wires that do more than delay, and the plain delays (s) around
    them.

    `pauses` has one more than `wires`: the delay before the first, between two, and after the last.
    """

    pauses: tuple[float, ...]
    wires: tuple[Wire, ...]
    broken: str = ""  # why nothing passes


class Topology:
    """All links of a network and the routes over them, which are worked out when asked for and again after a
    change.

    `changed()` is called when routes may have changed, `note(what, text)` when a link is cut or healed.
    """

    def __init__(
        self, streams: Streams, default: Impairment, graph: networkx.Graph[Any] | None, changed: Callable[[], None],
        note: Note = lambda what, text: None,
    ) -> None:  # fmt: skip
        self.default = default
        self.links: dict[tuple[str, str], Link] = {}
        self.nodes: tuple[str, ...] | None = None  # the graph's; without one any two nodes are a link apart
        self._directed = False
        self._streams = streams
        self._wires: dict[tuple[str, str], Wire] = {}
        self._paths: dict[str, dict[str, list[str]]] = {}
        self._routes: dict[tuple[str, str], Route] = {}
        self._partitions: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        self._tell, self._note = changed, note
        if graph is not None:
            self._read(graph)

    def link(self, a: str, b: str) -> Link:
        """The link between two nodes; without a graph it is made when first asked for, like the default link."""
        found = self.links.get((a, b))
        if found is None and not self._directed:
            found = self.links.get((b, a))
        if found is None:
            if self.nodes is not None:
                there = ", ".join(link.name for link in self.links.values())
                raise UsageError(f"link({a!r}, {b!r}): the graph has no such edge; its edges are {there}")
            found = self._add(a, b, self.default)
        return found

    def route(self, a: str, b: str) -> Route:
        """The way from `a` to `b`. What a node of a graph sends to itself takes the default delay."""
        found = self._routes.get((a, b))
        if found is None:
            found = self._routes[a, b] = self._found(a, b)
        return found

    def _found(self, a: str, b: str) -> Route:
        for one, other in self._partitions:
            if (a in one and b in other) or (a in other and b in one):
                return Route((), (), f"a partition between {a} and {b}")
        if self.nodes is None:
            return self._compiled([(a, b)])
        if a == b:
            return Route((self.default.delay,), ())
        path = self._paths_from(a).get(b)
        if path is None:
            return Route((), (), f"there is no way from {a} to {b}")
        return self._compiled(list(pairwise(path)))

    def partition(self, one: tuple[str, ...], other: tuple[str, ...]) -> None:
        """Let nothing pass between the nodes of two groups, whichever links there are."""
        self._partitions.append((one, other))
        self._changed()
        self._note("partition", f"nothing passes between {', '.join(one)} and {', '.join(other)}")

    def heal(self) -> None:
        """End every partition, and heal every link that is cut."""
        if self._partitions:
            self._partitions.clear()
            self._changed()
            self._note("heal", "the partition is over")
        for link in self.links.values():
            link.heal()

    def described(self) -> list[dict[str, Any]]:
        """The default link and those that differ from it, for the head of a trace; of a graph, its edges."""
        entries = [(["*", "*"], self.default)] if self.nodes is None else []
        entries += [(list(link.nodes), link.impairment) for link in self.links.values()]
        return [
            {"between": nodes} | {name: value for name in PARAMETERS if (value := getattr(impairment, name))}
            for number, (nodes, impairment) in enumerate(entries)
            if number == 0 or impairment != self.default or self.nodes is not None
        ]

    def _compiled(self, steps: list[tuple[str, str]]) -> Route:
        pauses: list[float] = [0.0]
        wires: list[Wire] = []
        for step in steps:
            wire = self._wires.get(step)
            if wire is None:
                wire = self._wires[step] = Wire(self.link(*step), *step, self._streams)
            if wire.link.is_cut:
                return Route((), (), f"the link {wire.link.name} is cut")
            if wire.link.impairment.plain:
                pauses[-1] += wire.link.impairment.delay
            else:
                wires.append(wire)
                pauses.append(0.0)
        return Route(tuple(pauses), tuple(wires))

    def _read(self, graph: networkx.Graph[Any]) -> None:
        if graph.is_multigraph():
            raise UsageError("graph: a multigraph; give a Graph or a DiGraph, one edge between two nodes")
        self._directed = graph.is_directed()
        self.nodes = tuple(map(str, graph.nodes))
        for a, b, data in graph.edges(data=True):
            parameters = {name: data[name] for name in PARAMETERS if name in data}
            self._add(str(a), str(b), changed_impairment(self.default, parameters))

    def _add(self, a: str, b: str, impairment: Impairment) -> Link:
        link = self.links[a, b] = Link(a, b, impairment, self._changed, self._note)
        return link

    def _paths_from(self, source: str) -> dict[str, list[str]]:
        """The paths of least delay from a node to all nodes that it reaches."""
        paths = self._paths.get(source)
        if paths is None:
            import networkx

            graph: networkx.Graph[str] = networkx.DiGraph() if self._directed else networkx.Graph()
            graph.add_nodes_from(self.nodes or ())
            whole = [(*nodes, link.delay) for nodes, link in self.links.items() if not link.is_cut]
            graph.add_weighted_edges_from(whole)
            paths = self._paths[source] = networkx.single_source_dijkstra_path(graph, source)
        return paths

    def _changed(self) -> None:
        self._paths.clear()
        self._routes.clear()
        self._tell()


def changed_impairment(impairment: Impairment, parameters: dict[str, Any]) -> Impairment:
    """An impairment with some parameters replaced; `UsageError` for an unknown one or one out of range."""
    for name in parameters:
        if name not in PARAMETERS:
            raise UsageError(f"{name}: not a parameter of a link; those are {', '.join(PARAMETERS)}")
    return Impairment(**{name: parameters.get(name, getattr(impairment, name)) for name in PARAMETERS})
