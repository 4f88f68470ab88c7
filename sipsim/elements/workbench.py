"""What an element stands on: a lab is such a bench, a test may bring its own."""

from __future__ import annotations

from typing import Protocol

from sipsim.protocol.timing import Timing
from sipsim.simulation.names import NameService
from sipsim.simulation.network import Network
from sipsim.simulation.streams import Identifiers, Streams
from sipsim.trace.trace import Trace


class Bench(Protocol):
    """Network, trace, name service, identifiers and timers, which the elements of a run share."""

    network: Network
    trace: Trace
    names: NameService
    identifiers: Identifiers
    timing: Timing
    streams: Streams
    media_ports: dict[str, int]
    """The next free port for media at each host: over sockets all phones share one."""

    epoch: float
    """Seconds from 1970 to the instant 0 of this run; simulated time begins where they do."""

    def report(self, error: Exception, who: str) -> None:
        """Take note of an exception that left a user's own code."""
