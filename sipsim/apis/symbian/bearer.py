"""A bearer: what carries an access point's packets, and the monitor that watches it and can bring it back."""

from __future__ import annotations

from collections.abc import Callable

from sipsim.apis.symbian.errors import KErrNone, KErrNotSupported, Leave

TIME_TO_COME_BACK = 0.5
"""Seconds from the wish to have the bearer back until it is; a number of ours."""


class Bearer:
    """The bearer of one access point: "up", "suspended", "down" or "gone".

    `monitored` says whether there is a bearer monitor, without which nothing can be refreshed. A story changes the
    state by `set`, with the error number that tells why.
    """

    def __init__(self, monitored: bool) -> None:
        self.later: Callable[..., object] = lambda delay, fn: None
        self.monitored = monitored
        self.state = "up"
        self.error = KErrNone
        self.changed: Callable[[], None] = lambda: None

    def set(self, state: str, error: int = KErrNone) -> None:
        """Be in another state, for this reason."""
        if state not in ("up", "suspended", "down", "gone"):
            raise Leave(KErrNotSupported, f"a bearer is up, suspended, down or gone, never {state!r}")
        self.state, self.error = state, error
        self.changed()

    def refresh(self) -> None:
        """Ask the monitor to bring the bearer back; leaves with KErrNotSupported where there is no monitor."""
        if not self.monitored:
            raise Leave(KErrNotSupported, "there is no bearer monitor at this access point")
        self.later(TIME_TO_COME_BACK, self._back)

    def _back(self) -> None:
        if self.state == "down":
            self.set("up")
