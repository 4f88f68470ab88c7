"""The events that a story waits for: `call.answered`, `agent.register()` and their like."""

from __future__ import annotations

from typing import Any
from weakref import ref

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


Fact = tuple[Any, Exception | None, int, ref[Outcome] | None]
"""What is known of an outcome: its value, its error, the record that settled it, its event if somebody has that."""


class Outcomes:
    """A thing with outcomes that have names. The event is made when somebody asks for it, which of most nobody does.

    One that is settled is kept as long as somebody else keeps it, and who asks later gets another that is settled too:
    its value may be the thing itself (where none is given), and these two shall not keep each other in memory.
    """

    agent: Any  # with `env` and `trace`

    def __init__(self) -> None:
        self._outcomes: dict[str, Outcome | Fact] = {}

    def outcome(self, name: str, what: str) -> Outcome:
        """The event of this name; `what` is said where it fails."""
        known = self._outcomes.get(name)
        if isinstance(known, Outcome):
            return known
        if known is not None and known[3] is not None:
            kept = known[3]()
            if kept is not None:
                return kept
        event = Outcome(self.agent.env, self.agent.trace, what)
        if known is None:
            self._outcomes[name] = event
        else:
            value, error, cause, _ = known
            self._outcomes[name] = value, error, cause, ref(event)
            self._tell(event, value, error, cause)
        return event

    def is_settled(self, name: str) -> bool:
        return isinstance(self._outcomes.get(name), tuple)

    def settle(self, name: str, value: Any = None, error: Exception | None = None) -> None:
        """Let an outcome succeed with a value, or fail with an error, unless it is known already."""
        event = self._outcomes.get(name)
        cause = self.agent.trace.current
        if event is None:
            self._outcomes[name] = value, error, cause, None
        elif isinstance(event, Outcome):
            self._outcomes[name] = value, error, cause, ref(event)
            self._tell(event, value, error, cause)

    def _tell(self, event: Outcome, value: Any, error: Exception | None, cause: int) -> None:
        if error is not None:
            event.disappoint(error)
        else:
            event.settle(self if value is None else value)
        event.cause = cause
