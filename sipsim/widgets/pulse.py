"""What goes on at this instant, in one line: packets in flight, timers that run, the last thing that happened."""

from __future__ import annotations

from sipsim.lab.lab import Lab
from sipsim.trace.columns import TIMER

LONGEST = 110


class Pulse:
    """Reads the growth of a trace, and says how things stand."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._read = 0
        self._timers: dict[tuple[object, ...], tuple[float, str]] = {}  # when each is due, and what it is called

    def parts(self) -> list[str]:
        """The line in parts; what the trace does not keep is left out."""
        trace = self._lab.trace
        self._catch_up()
        counts, kept = trace.counts, self.stopped
        flying = max(0, counts["sent"] + counts["duplicated"] - counts["delivered"] - counts["lost"] - kept)
        parts = [f"{flying} in flight"] if trace.counting else []
        parts += [f"{kept} stopped"] if kept else []
        if trace.everything:
            parts.append(self._pending())
        if len(trace):
            last = str(trace[len(trace)])
            parts.append(f"last: {last if len(last) <= LONGEST else last[:LONGEST] + '…'}")
        return parts

    @property
    def stopped(self) -> int:
        """Messages that wait for somebody to let them go."""
        network = self._lab.network
        stopped = sum(len(interception.packets) for interception in getattr(network, "interceptions", ()))
        return stopped + len(getattr(network, "held", ()))

    def _pending(self) -> str:
        now = self._lab.env.now
        if not self._timers:
            return "no timer runs"
        due, name = min(self._timers.values())
        count = len(self._timers)
        return f"{count} timer{'s' * (count > 1)} run{'s' * (count == 1)}, next {name} in {max(0.0, due - now):.1f} s"

    def _catch_up(self) -> None:
        trace = self._lab.trace
        kinds = trace.columns.kinds
        for at in range(self._read, len(trace)):
            if kinds[at] == TIMER:
                record = trace[at + 1]
                data = record.data
                key = (record.element, data["machine"], data["name"], data.get("transaction"))
                if data["event"] == "set":
                    self._timers[key] = record.time + data["delay"], f"{data['name']} at {record.element}"
                else:
                    self._timers.pop(key, None)
        self._read = len(trace)
