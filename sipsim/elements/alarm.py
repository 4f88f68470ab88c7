"""A timer of an element that the trace knows: set, fired or stopped, each with its cause."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Protocol

from sipsim.simulation.environment import Environment, Timer
from sipsim.trace.trace import Trace

if TYPE_CHECKING:
    from sipsim.elements.element import Element


class Host(Protocol):
    """What an alarm needs of the element that sets it."""

    env: Environment
    name: str
    trace: Trace


def set_alarm(
    host: Host, name: str, delay: float, machine: str, branch: str, lingering: bool,
    fn: Callable[..., object], *args: Any,
) -> Alarm | Timer:  # fmt: skip
    """An alarm; a bare timer where the trace keeps no timers, so that nothing is paid for what nobody sees."""
    if host.trace.everything:
        return Alarm(host, name, delay, machine, branch, lingering, fn, *args)
    return host.env.call_later(delay, fn, *args, lingering=lingering)


class Alarm:
    """Calls `fn(*args)` after `delay` seconds, unless it is cancelled first.

    `name` is the timer's letter or name, `machine` what it belongs to, `branch` the transaction, if it is one's.
    A lingering alarm does not keep a run going (see `Environment.quiet`).
    """

    __slots__ = ("_args", "_fn", "_host", "_noted", "_timer", "branch", "delay", "machine", "name")

    def __init__(
        self, host: Host, name: str, delay: float, machine: str, branch: str, lingering: bool,
        fn: Callable[..., object], *args: Any,
    ) -> None:  # fmt: skip
        self._host = host
        self.name = name
        self.delay = delay
        self.machine = machine
        self.branch = branch
        self._fn = fn
        self._args = args
        self._noted = self._note("set")
        self._timer = host.env.call_later(delay, self._fire, lingering=lingering)

    @property
    def active(self) -> bool:
        """Whether it is still to go off."""
        return self._timer.active

    def cancel(self) -> None:
        """Stop it; no effect on one that has fired or was stopped before."""
        if self._timer.active:
            self._timer.cancel()
            self._note("stopped")

    def _fire(self) -> None:
        trace = self._host.trace
        trace.current = self._noted
        trace.current = self._note("fired")
        try:
            self._fn(*self._args)
        finally:
            trace.current = 0

    def _note(self, event: str) -> int:
        host = self._host
        return host.trace.timer(host.env.now, host.name, event, self.name, self.delay, self.machine, self.branch)


class Alarms(dict[Hashable, "Alarm | Timer"]):
    """What is to happen by itself, by the names of the timers or what they are for: one set stops another before it."""

    __slots__ = ("_element",)

    def __init__(self, element: Element) -> None:
        self._element = element

    def set(
        self, name: Hashable, delay: float, fn: Callable[..., object], *args: Any, called: str = "",
        lingering: bool = False,
    ) -> None:  # fmt: skip
        """Call `fn(*args)` after `delay` seconds; the trace knows the timer by its name, or by what it is `called`."""
        if name in self:
            self[name].cancel()
        self[name] = self._element.alarm(called or f"{name}", delay, fn, *args, lingering=lingering)

    def stop(self, *names: Hashable) -> None:
        """Stop those of these names that are set."""
        for name in names:
            if name in self:
                self.pop(name).cancel()

    def stop_all(self) -> None:
        for alarm in self.values():
            alarm.cancel()
        self.clear()
