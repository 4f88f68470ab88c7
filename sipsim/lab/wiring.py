"""Which network a lab stands on: in memory, on a graph, on live sockets, or one that the caller makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from sipsim.errors import UsageError
from sipsim.simulation.environment import Environment
from sipsim.simulation.links import PARAMETERS
from sipsim.simulation.memory import MemoryNetwork
from sipsim.simulation.network import Network
from sipsim.simulation.streams import Streams
from sipsim.trace.trace import Trace

NETWORKS = ("memory", "udp")
LINK_PARAMETERS = PARAMETERS
TIMERS = ("t1", "t2", "t4")


def made_network(wanted: Any, env: Environment, trace: Trace, streams: Streams, link: dict[str, Any]) -> Network:
    """The network that a lab was asked for; see `Lab`."""
    unknown = [name for name in link if name not in LINK_PARAMETERS]
    if unknown:
        allowed = ", ".join(("seed", "network", "trace", *TIMERS, *LINK_PARAMETERS))
        raise UsageError(f"{unknown[0]}: no such parameter of a lab; there are {allowed}")
    if wanted == "memory":
        return MemoryNetwork(env, trace, streams, **link)
    if wanted == "udp":
        from sipsim.live.udp import UdpNetwork

        return UdpNetwork(env, trace, streams, **link)
    if hasattr(wanted, "adjacency"):
        return MemoryNetwork(env, trace, streams, wanted, **link)
    if callable(wanted):
        return cast(Callable[[Environment, Trace, Streams], Network], wanted)(env, trace, streams)
    raise UsageError(f"network: {wanted!r} is unknown; give 'memory', 'udp', a networkx graph or a function")
