"""Links between nodes, and the way a packet takes over them: least delay through a graph, or one link between any two."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from sipsim.errors import UsageError
from sipsim.simulation.impairments import Impairment

if TYPE_CHECKING:
    from random import Random

    import networkx

    from sipsim.simulation.streams import Streams

PARAMETERS = tuple(Impairment.__dataclass_fields__)


class _Parameter:
    """A parameter of a link, read from its impairment and set by replacing that."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, link: Link, owner: type | None = None) -> float:
        value: float = getattr(link.impairment, self.name)
        return value

    def __set__(self, link: Link, value: float) -> None:
        link.set(**{self.name: value})


class Link:
    """A link between two nodes, alike in both directions. Its parameters (see `Impairment`) may be set at any time.

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

    def __init__(self, a: str, b: str, impairment: Impairment, changed: Callable[[], None]) -> None:
        self.nodes = (a, b)
        self.impairment = impairment
        self.is_cut = False
        self._changed = changed

    def set(self, **parameters: Any) -> Link:
        """Change some parameters at once; `UsageError` for an unknown one or a value out of range."""
        self.impairment = changed_impairment(self.impairment, parameters)
        self._changed()
        return self

    def cut(self) -> Link:
        """Let nothing pass any more; in a graph, packets take another way when there is one."""
        return self._cut(True)

    def heal(self) -> Link:
        """Undo `cut`."""
        return self._cut(False)

    def _cut(self, cut: bool) -> Link:
        self.is_cut = cut
        self._changed()
        return self

    def __repr__(self) -> str:
        differs = [f"{n}={getattr(self.impairment, n):g}" for n in PARAMETERS if getattr(self.impairment, n)]
        return f"<Link {' - '.join(self.nodes)}{', cut' if self.is_cut else ''}: {' '.join(differs)}>"


class Wire:
    """One direction of a link: its own random stream, and when its line is free again."""

    def __init__(self, link: Link, source: str, destination: str, streams: Streams) -> None:
        self.link = link
        self.name = f"{source} -> {destination}"
        self._streams = streams
        self._free = 0.0

    @property
    def rng(self) -> Random:
        return self._streams.get(f"link {self.name}")

    def delays(self, size: int, now: float) -> list[float]:
        """When, from now, the copies of a packet come out at the other end; none when it is lost."""
        impairment = self.link.impairment
        delays = impairment.delays(size, self.rng) if impairment.draws else [impairment.delay]
        if impairment.bandwidth:
            self._free = max(self._free, now) + size * 8 / impairment.bandwidth
            delays = [delay + self._free - now for delay in delays]
        return delays

    def carried(self, data: bytes) -> bytes:
        """The octets as they come out at the other end."""
        impairment = self.link.impairment
        return impairment.corrupted(data, self.rng) if impairment.corrupt else data


class Route(NamedTuple):
    """The way from a node to another: the wires that do more than delay, and the plain delays (s) before and after each of them."""

    pauses: tuple[float, ...]
    wires: tuple[Wire, ...]
    broken: str = ""  # why nothing passes


class Topology:
    """All links of a network, and the routes over them, worked out when first asked for and again after a change."""

    def __init__(self, streams: Streams, default: Impairment, graph: networkx.Graph[Any] | None, changed: Callable[[], None]) -> None:
        self.default = default
        self.links: dict[tuple[str, str], Link] = {}
        self._streams = streams
        self._wires: dict[tuple[str, str], Wire] = {}
        self._paths: dict[str, dict[str, list[str]]] = {}
        self._told = changed
        self._nodes: tuple[str, ...] | None = None
        if graph is not None:
            self._read(graph)

    @property
    def nodes(self) -> tuple[str, ...] | None:
        """The graph's nodes, None when any two nodes are one link apart."""
        return self._nodes

    def link(self, a: str, b: str) -> Link:
        """The link between two nodes; without a graph it is made of the default's parameters when first asked for."""
        found = self.links.get((a, b)) or self.links.get((b, a))
        if found is None:
            if self._nodes is not None:
                there = ", ".join(" - ".join(pair) for pair in self.links)
                raise UsageError(f"link({a!r}, {b!r}): the graph has no such edge; it has {there}")
            found = self.links[a, b] = Link(a, b, self.default, self._changed)
        return found

    def route(self, a: str, b: str) -> Route:
        """The way from `a` to `b`."""
        if self._nodes is None:
            steps = [(a, b)]
        elif a == b:
            return Route((self.default.delay,), ())
        else:
            path = self._all_paths(a).get(b)
            if path is None:
                return Route((), (), f"no way from {a} to {b}")
            steps = list(zip(path, path[1:], strict=False))
        return self._compiled(steps)

    def _compiled(self, steps: list[tuple[str, str]]) -> Route:
        pauses, wires = [0.0], []
        for a, b in steps:
            wire = self._wire(a, b)
            if wire.link.is_cut:
                return Route((), (), f"the link {' - '.join(wire.link.nodes)} is cut")
            if wire.link.impairment.plain:
                pauses[-1] += wire.link.impairment.delay
            else:
                wires.append(wire)
                pauses.append(0.0)
        return Route(tuple(pauses), tuple(wires))

    def _wire(self, a: str, b: str) -> Wire:
        wire = self._wires.get((a, b))
        if wire is None:
            wire = self._wires[a, b] = Wire(self.link(a, b), a, b, self._streams)
        return wire

    def _read(self, graph: networkx.Graph[Any]) -> None:
        if graph.is_multigraph():
            raise UsageError("graph: a Graph or DiGraph, with at most one edge between two nodes each way")
        self._nodes = tuple(map(str, graph.nodes))
        self._directed = graph.is_directed()
        for a, b, data in graph.edges(data=True):
            parameters = {name: data[name] for name in PARAMETERS if name in data}
            impairment = changed_impairment(self.default, parameters)
            self.links[str(a), str(b)] = Link(str(a), str(b), impairment, self._changed)

    def _all_paths(self, source: str) -> dict[str, list[str]]:
        """The paths of least delay from a node to all that it reaches."""
        paths = self._paths.get(source)
        if paths is None:
            import networkx

            graph = networkx.DiGraph() if self._directed else networkx.Graph()
            graph.add_nodes_from(self._nodes or ())
            graph.add_weighted_edges_from((*ab, link.delay) for ab, link in self.links.items() if not link.is_cut)
            paths = self._paths[source] = networkx.single_source_dijkstra_path(graph, source)
        return paths

    def _changed(self) -> None:
        self._paths.clear()
        self._told()


def changed_impairment(impairment: Impairment, parameters: dict[str, Any]) -> Impairment:
    """An impairment with some parameters replaced; `UsageError` for an unknown one."""
    for name in parameters:
        if name not in PARAMETERS:
            raise UsageError(f"{name}: not a parameter of a link; those are {', '.join(PARAMETERS)}")
    return Impairment(**{name: parameters.get(name, getattr(impairment, name)) for name in PARAMETERS})
