"""A device's data connection: without one there is no SIP, and whoever is in a call hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sipsim.apis.android.context import Context


class DataConnection:
    """Mobile data or Wi-Fi, of all phones of a device: `context.network.set_connected(False)`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.connected = True

    def set_connected(self, connected: bool) -> None:
        """Lose the connection or get it back; sessions end with DATA_CONNECTION_LOST, open profiles register anew."""
        if connected == self.connected:
            return
        self.connected = connected
        context = self._context
        # to everybody else a phone without a connection is one that crashed
        what, how = ("restart", "is connected again") if connected else ("crash", "has no data connection")
        with context.lane.calling("set_connected", connected):
            for group in context.groups.values():
                agent = group.agent
                context.lab.trace.add("fault", context.lab.env.now, agent.name, what=what, text=f"{agent.name} {how}")
                if connected:
                    agent.down = False
                    group.on_connected()
                else:
                    group.on_disconnected()
                    agent.down = True
