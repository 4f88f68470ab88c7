"""The events that a story waits for: `call.answered`, `agent.register()` and their like."""

from __future__ import annotations

from typing import Any

import simpy
from simpy.events import PENDING

from sipsim.trace.trace import Trace


class Outcome(simpy.Event):
    """A SimPy event that knows what it stands for, and what caused it.

    `what` says it in words, for the error of a story that waits for what can no longer happen. `cause` is the trace
    record that settled it: whatever the story does next was caused by it. A failure that nobody waits for is no error
    (SimPy would end the run): it is told only where it is awaited.
    """

    def __init__(self, env: simpy.Environment, trace: Trace, what: str) -> None:
        super().__init__(env)
        self.what = what
        self.cause = 0
        self._trace = trace

    def settle(self, value: Any = None) -> None:
        """Succeed with a value, unless the outcome is known already."""
        if self._value is PENDING:
            self.cause = self._trace.current
            if self.callbacks:
                self.succeed(value)
            else:
                self._be_over(True, value)

    def disappoint(self, error: Exception) -> None:
        """Fail with an error, unless the outcome is known already."""
        if not self.triggered:
            self.cause = self._trace.current
            self.defused = True
            if self.callbacks:
                self.fail(error)
            else:
                self._be_over(False, error)

    def _be_over(self, ok: bool, value: Any) -> None:
        """Be processed at once, without a turn on SimPy's queue: nobody waits."""
        self._ok, self._value, self.callbacks = ok, value, None  # type: ignore[assignment]

    def __repr__(self) -> str:
        state = "settled" if self.triggered else "open"
        return f"<{self.what}: {state}>"
