"""The lane of a client API: each call that an application makes, and each callback that it gets, is a record.

What a call sets off has the call's record as its cause; a callback's cause is what it tells of: a message that arrived,
a timer. So the trace leads from every message to the line of the application that wanted it, and back.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any

from sipsim.elements.outcome import Outcome
from sipsim.simulation.environment import Environment
from sipsim.trace.trace import Trace

LONGEST = 60  # characters of an argument that a record shows


class Lane:
    """The application's side of the element `name`, which may get another name as long as nothing was recorded.

        with lane.calling("makeCall", uri):           # what the application calls
            call = agent.call(uri)
        lane.follow(call.answered, self._answered)    # what the engine says, when it says so
        lane.back(listener.onCallEstablished, call)   # what the application is told

    `on_mistake` is told of an exception that left a listener, with the callback's name. It goes no further: an
    application's mistake is an `error` record in the trace, and the stack goes on.
    """

    def __init__(self, env: Environment, trace: Trace, name: str) -> None:
        self.env = env
        self.trace = trace
        self.name = name
        self.on_mistake: Callable[[str, Exception], object] | None = None

    def calling(self, name: str, *arguments: object, call: str = "", text: str = "") -> Because:
        """Record a call of the API, and make it the cause of all that happens within the `with`.

        `call` is the Call-ID where there is one, `text` what a ladder shows in place of "name(arguments)".
        """
        trace = self.trace
        if not trace.everything:
            return Because(trace, trace.current)
        return Because(trace, trace.api(self.env.now, self.name, name, "call", shown(arguments), text, call))

    def back(
        self, fn: Callable[..., Any], *arguments: object, name: str = "", call: str = "", text: str = ""
    ) -> Any:  # fmt: skip
        """Call the application back, and give what it returns, None where it raises; `name` is the function's."""
        trace = self.trace
        name = name or getattr(fn, "__name__", "callback")
        cause = trace.current
        if trace.everything:
            cause = trace.api(self.env.now, self.name, name, "callback", shown(arguments), text, call)
        with Because(trace, cause):
            try:
                return fn(*arguments)
            except Exception as error:
                self.mistaken(name, error)

    def follow(
        self, outcome: Outcome, done: Callable[[Any], object], failed: Callable[[Any], object] | None = None
    ) -> None:
        """Have `done(value)` or `failed(error)` called once an outcome is known, and never before this returns.

        Their cause is the record that settled it.
        """
        tell = partial(self._tell, done, failed)
        if outcome.callbacks is None:
            self.env.call_later(0.0, tell, outcome)
        else:
            outcome.callbacks.append(tell)

    def soon(self, fn: Callable[..., object], *arguments: object) -> None:
        """Call `fn` at this instant, after what is going on now, for the same cause."""
        self.env.call_later(0.0, self._later, self.trace.current, fn, arguments)

    def _later(self, cause: int, fn: Callable[..., object], arguments: tuple[object, ...]) -> None:
        with Because(self.trace, cause):
            fn(*arguments)

    def _tell(
        self, done: Callable[[Any], object], failed: Callable[[Any], object] | None, outcome: Outcome
    ) -> None:  # fmt: skip
        with Because(self.trace, outcome.cause):
            if outcome.ok:
                done(outcome.value)
            elif failed is not None:
                failed(outcome.value)

    def mistaken(self, name: str, error: Exception) -> None:
        """Record a mistake that the application made in a callback."""
        text = f"{name}() of the application: {type(error).__name__}: {error}"
        self.trace.add("error", self.env.now, self.name, who=f"{self.name}.{name}", text=text)
        if self.on_mistake is not None:
            self.on_mistake(name, error)


class Because:
    """While it lasts, what happens has this record as its cause."""

    __slots__ = ("_before", "_cause", "_trace")

    def __init__(self, trace: Trace, cause: int) -> None:
        self._trace = trace
        self._cause = cause

    def __enter__(self) -> None:
        self._before = self._trace.current
        self._trace.current = self._cause

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._trace.current = self._before


def shown(arguments: tuple[object, ...]) -> list[object]:
    """Arguments as a record keeps them: numbers and texts as they are, if short; other things by what they are."""
    return [value if value is None or isinstance(value, (bool, int, float)) else _word(value) for value in arguments]


def _word(value: object) -> str:
    kind = type(value)
    if kind.__str__ is object.__str__:  # its repr may tell where in memory it is
        return str(getattr(value, "__name__", kind.__name__))
    text = str(value)
    line = text.partition("\n")[0].rstrip("\r")
    return line if len(line) <= LONGEST and line == text else line[: LONGEST - 1] + "…"
