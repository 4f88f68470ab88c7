"""The network as a graph, and its picture with the messages that are on their way at an instant."""

from __future__ import annotations

from itertools import pairwise
from math import cos, fsum, hypot, pi, sin
from typing import TYPE_CHECKING, Any, NamedTuple

from sipsim.errors import UsageError
from sipsim.message.message import Response
from sipsim.pictures.charts.axes import PLAIN, axes_for, shown, tone
from sipsim.pictures.charts.choosing import instant
from sipsim.pictures.display import FAMILIES
from sipsim.pictures.ladder.ladder import Ladder
from sipsim.trace.sentences import label
from sipsim.trace.trace import Trace

if TYPE_CHECKING:
    import networkx
    from matplotlib.axes import Axes

    Graph = networkx.Graph[Any]

Point = tuple[float, float]
KINDS = (("proxy", "orange"), ("registrar", "purple"), ("redirect", "green"), ("user agent", "sky"))
"""The tone of each kind of element, by a word in its name."""
OFF = 0.28  # which share of its way is hidden by the nodes at each end, with their names
ASIDE = 0.13  # how far from its line a message goes: to the right hand, as on a road


class Flight(NamedTuple):
    """A message on its way: from whom to whom, what it is, and how much of the way lies behind it (0 to 1)."""

    source: str
    target: str
    text: str
    family: str
    done: float


def topology(source: Any) -> Graph:
    """The network of a trace, or of a lab, as a networkx graph.

    Nodes are elements, with `kind` and `addresses`, and whatever else the network has between them. Edges are links,
    with `delay` (s), `loss` and the other parameters that aren't zero. Where the run had a graph, its edges are those;
    else any two that exchanged messages have one. `messages` counts what an edge's two ends sent each other.
    UsageError: neither a trace nor a lab nor a graph.
    """
    import networkx

    if isinstance(source, networkx.Graph):
        return source
    trace = source if isinstance(source, Trace) else getattr(source, "trace", None)
    if not isinstance(trace, Trace):
        raise UsageError(f"source: {type(source).__name__} is no network; give a trace, a lab or a networkx graph")
    header = trace.header
    graph: Graph = networkx.Graph()
    elements = {str(entry.get("name")): entry for entry in header["elements"]}
    order = [column.name for column in Ladder(trace).columns]
    for name in [*order, *(name for name in elements if name not in order)]:
        entry = elements.get(name, {})
        graph.add_node(name, kind=str(entry.get("kind") or ""), addresses=list(entry.get("addresses") or ()))
    default = _links(graph, header["links"])
    _talk(graph, trace, default)
    return graph


def _links(graph: Graph, links: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Add the links that are named; gives the parameters of the one between any two, None where there is none."""
    default = None
    for entry in links:
        parameters = {name: value for name, value in entry.items() if name != "between"}
        match entry.get("between"):
            case ["*", "*"]:
                default = parameters
            case [a, b]:
                graph.add_edge(str(a), str(b), **parameters, messages=0)
    return {} if default is None and not links else default


def _talk(graph: Graph, trace: Trace, default: dict[str, Any] | None) -> None:
    """Count the messages of each pair; a pair gets an edge where any two have a link."""
    for record in trace.select("sent"):
        a, b = record.element, record.peer
        if a != b and not graph.has_edge(a, b) and default is not None:
            graph.add_edge(a, b, **default, messages=0)
        if graph.has_edge(a, b):
            graph.edges[a, b]["messages"] += 1


def in_flight(trace: Trace, at: float) -> list[Flight]:
    """The messages that are on their way at an instant: sent then or before, not yet arrived or lost."""
    ends: dict[int, float] = {}
    for record in trace:
        if record.kind in ("delivered", "lost") and record.cause is not None:
            ends[record.cause] = max(record.time, ends.get(record.cause, 0.0))
    found = []
    for record in trace.select("sent"):
        end = ends.get(record.id)
        if record.time <= at and end is not None and at < end:
            message = record.message
            family = f"{message.status // 100}xx" if isinstance(message, Response) else "request"
            done = (at - record.time) / (end - record.time)
            found.append(Flight(record.element, record.peer, label(record.raw), family, done))
    return found


def draw_topology(
    source: Any, at: float | None = None, *, pos: dict[str, Point] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the network of a trace, a lab or a networkx graph; returns the axes.

    With `at`, an instant of the trace in seconds, every message that was on its way then stands where it was: requests
    blue, responses in the colour of their class. `pos` maps nodes to places, as networkx has it; else the elements
    stand on an arc in the order of their ladder. UsageError: `at` for a graph, which has no messages; a place missing.
    """
    graph = topology(source)
    trace = source if isinstance(source, Trace) else getattr(source, "trace", None)
    if at is not None and not isinstance(trace, Trace):
        raise UsageError("at: a graph has no messages; give the trace of a run, or its lab")
    at = None if at is None else instant(at)
    if pos is not None and (missing := [str(node) for node in graph if node not in pos]):
        raise UsageError(f"pos: has no place for {', '.join(missing)}")
    places = pos if pos is not None else _places(graph)
    ax = axes_for(ax, 7.0, 4.6)
    for a, b, data in graph.edges(data=True):
        _edge(ax, places[a], places[b], data if at is None else {})
    for node, data in graph.nodes(data=True):
        _node(ax, str(node), places[node], str(data.get("kind") or ""))
    if at is not None and isinstance(trace, Trace):
        _flights(ax, graph, places, in_flight(trace, at))
        ax.set_title(f"{at:.3f} s", loc="left")
    ax.set_aspect("equal")
    _fit(ax, list(places.values()))
    ax.set_axis_off()
    return ax


def _fit(ax: Axes, places: list[Point]) -> None:
    """Room around the nodes for their names, also where there is only one."""
    for limits, values in ((ax.set_xlim, [x for x, _ in places]), (ax.set_ylim, [y for _, y in places])):
        low, high = min(values, default=0.0), max(values, default=0.0)
        room = 0.22 * (high - low) + 0.2
        limits(low - room, high + room)


def _places(graph: Graph) -> dict[Any, Point]:
    """Up to four nodes on an arc, from left over the top to right; more on an oval, in its middle whom all talk to.

    What lies between goes between.
    """
    import networkx

    between = any(not data.get("kind") for _, data in graph.nodes(data=True))
    nodes = list(networkx.dfs_preorder_nodes(graph)) if between and len(graph) else list(graph)
    nodes += [node for node in graph if node not in nodes]
    hub = _hub(graph)
    nodes = [node for node in nodes if node is not hub]
    count = len(nodes)
    if count <= 4 and hub is None:
        angles = [pi - pi * i / max(count - 1, 1) for i in range(count)]
    else:
        angles = [pi - 2 * pi * i / count for i in range(count)]
    places = {node: (1.5 * cos(angle), sin(angle)) for node, angle in zip(nodes, angles, strict=True)}
    return places if hub is None else {hub: (0.0, 0.0), **places}


def _hub(graph: Graph) -> Any:
    """The node that has at least five neighbours, and twice as many as any other; None where there is none."""
    ranked = sorted(((graph.degree(node), -i) for i, node in enumerate(graph)), reverse=True)[:2]
    (most, first), (next_most, _) = (*ranked, (0, 0), (0, 0))[:2]
    return list(graph)[-first] if most >= 5 and most >= 2 * next_most else None


def _edge(ax: Axes, a: Point, b: Point, data: dict[str, Any]) -> None:
    ax.plot(*zip(a, b, strict=True), color=tone("rule"), linewidth=1.6, zorder=1)
    delay, loss = (data.get(name) for name in ("delay", "loss"))
    words = [f"{delay * 1000:g} ms"] if isinstance(delay, (int, float)) else []
    words += [f"loss {loss:.0%}"] if isinstance(loss, (int, float)) and loss else []
    if words:
        middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
        ax.annotate(", ".join(words), middle, fontsize="x-small", ha="center", va="center", bbox=_paper(ax), zorder=2)


def _paper(ax: Axes) -> dict[str, Any]:
    """A patch of the figure's own paper under words."""
    return {"boxstyle": "round,pad=0.2", "facecolor": ax.figure.get_facecolor(), "edgecolor": "none"}


def _halo(ax: Axes) -> list[Any]:
    """Paper around letters, so that lines behind them don't spoil them."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=3.0, foreground=ax.figure.get_facecolor())]


def _node(ax: Axes, name: str, at: Point, kind: str) -> None:
    colour = next((tone for word, tone in KINDS if word in kind), "rule")
    mark = "o" if "user agent" in kind else "s" if kind else "h"
    ax.plot(*at, mark, markersize=19, color=tone(colour), markeredgecolor=tone("faint"), zorder=3)
    below = -1 if at[1] < 0.01 else 1
    words = shown(name) + (f"\n{shown(kind)}" if kind else "")
    ax.annotate(
        words, at, (0, 15 * below), textcoords="offset points", ha="center", va="bottom" if below > 0 else "top",
        fontsize="small", zorder=6, path_effects=_halo(ax), **PLAIN,
    )  # fmt: skip


def _flights(ax: Axes, graph: Graph, places: dict[Any, Point], flights: list[Flight]) -> None:
    for flight in flights:
        way = _way(graph, flight)
        if way is None:
            continue
        (x, y), (dx, dy) = _along([places[node] for node in way], OFF + (1 - 2 * OFF) * flight.done)
        x, y = x + dy * ASIDE, y - dx * ASIDE
        colour = tone(FAMILIES.get(flight.family, "grey"))
        ax.annotate(
            "", (x + dx * 0.09, y + dy * 0.09), (x - dx * 0.09, y - dy * 0.09), zorder=5,
            arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2.2, "mutation_scale": 16},
        )  # fmt: skip
        ax.annotate(
            shown(flight.text), (x, y), (12 * dy, -12 * dx), textcoords="offset points", fontsize="small",
            ha="left" if dy > 0.3 else "right" if dy < -0.3 else "center",
            va="top" if dx > 0.3 else "bottom" if dx < -0.3 else "center", zorder=6, path_effects=_halo(ax), **PLAIN,
        )  # fmt: skip


def _way(graph: Graph, flight: Flight) -> list[Any] | None:
    """The nodes that a message passes: the way of least delay."""
    import networkx

    try:
        return networkx.shortest_path(graph, flight.source, flight.target, weight="delay")
    except (networkx.NetworkXNoPath, networkx.NodeNotFound):
        return None


def _along(points: list[Point], done: float) -> tuple[Point, Point]:
    """The place on a line where a part of it lies behind, and the direction there."""
    lengths = [hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points)]
    left = done * fsum(lengths)
    for (a, b), length in zip(pairwise(points), lengths, strict=True):
        if left <= length and length:
            part = left / length
            direction = ((b[0] - a[0]) / length, (b[1] - a[1]) / length)
            return (a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part), direction
        left -= length
    return points[-1], (1.0, 0.0)
