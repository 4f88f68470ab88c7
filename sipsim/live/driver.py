"""The driver: a run of an environment in real time, over a memory network and over real sockets alike.

It lives on an asyncio loop, in a notebook the kernel's own, without a thread. Commands come from anywhere:
which thread and loop run a widget's callback differs between versions of ipykernel, so they are only handed
over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from concurrent.futures import Future
from math import inf, isfinite
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from sipsim.errors import UsageError
from sipsim.live.pacing import Pacer
from sipsim.live.watching import Inject
from sipsim.simulation.environment import Environment

T = TypeVar("T")


@runtime_checkable
class Attachable(Protocol):
    """What a live network offers the driver: its sockets are read on `loop`, always as `inject(read)`.

    Those that media come to are read as `overhear(read)`: no run waits for media.
    """

    def attach(self, loop: asyncio.AbstractEventLoop, inject: Inject, overhear: Inject) -> None: ...

    def detach(self) -> None: ...


class Run(Generic[T]):
    """One stretch of real time of an environment: begun by `start`, awaited for its result.

    The clock goes on from `env.now`, `speed` simulated seconds a second. The run ends when `done()` is true
    (asked after every event; on a live network it must stay true, with no message arriving, for `grace` seconds
    of wall time), or at `stop`. Awaiting it gives `result()`, or raises what that raises. A cell or task
    that is interrupted while it awaits a run stops it.

    `pause`, `resume`, `stop` and `call` may come from any thread, and repeatedly; the rest belongs to the
    loop's thread. An exception that leaves an event, or a function given to `call`, goes to `on_error` (by
    default onto the list `errors`), and the run goes on. Each function in `on_change` is called with the run
    when `state` changes: "new", then "running" and "paused", at last "finished", "stopped", or "failed"
    where `result()` raised.
    """

    def __init__(
        self, env: Environment, *, done: Callable[[], bool], result: Callable[[], T], speed: float = 1.0,
        network: object = None, grace: float = 0.05, until: float = inf,
        on_error: Callable[[Exception], object] | None = None,
    ) -> None:  # fmt: skip
        if not (speed > 0 and isfinite(speed)):
            raise UsageError(f"speed={speed!r}: simulated seconds a second, a finite number above 0")
        self.env, self.speed, self.state = env, speed, "new"
        self.errors: list[Exception] = []
        self.on_change: list[Callable[[Run[T]], object]] = []
        self._done, self._result, self._grace, self._until = done, result, grace, until
        self._network = network if isinstance(network, Attachable) else None
        self._on_error = on_error or self.errors.append
        self._pacer = Pacer(env, self._ends_at, self._finish, self._on_error)
        self._calm_since = inf  # loop time since when the run is done and nothing arrived
        self._outcome: Future[T] = Future()

    @property
    def worst_lag(self) -> float:
        """The longest that an event was late, in seconds of wall time: something kept the loop busy."""
        return self._pacer.worst_lag

    def start(self) -> Run[T]:
        """Begin, on the running loop; returns at once. UsageError without one, or when begun before."""
        if self.state != "new":
            raise UsageError(f"this run is {self.state}: a run starts once")
        loop = running_loop()
        if loop is None:
            raise UsageError("no asyncio loop runs here: use drive(run), or start it inside a coroutine")
        self._loop, self._ended = loop, asyncio.Event()
        self._go_on()
        self._keeper = loop.create_task(self._keep(), name="sipsim run")
        return self

    def pause(self) -> None:
        """Stop the clock; datagrams wait in their sockets meanwhile."""
        self._command(self._pause)

    def resume(self) -> None:
        """Let a paused clock go on from where it stands."""
        self._command(self._resume)

    def stop(self) -> None:
        """End the run now; whoever awaits it is still given the result."""
        self._command(self._end, "stopped")

    def call(self, fn: Callable[..., object], *args: Any) -> None:
        """Call `fn(*args)` at the present instant, after all that is due at it, as a click does.

        UsageError when the run is over.
        """
        if self.state not in ("running", "paused"):
            raise UsageError(f"this run is {self.state}: nothing can be called in it")
        self._command(self._call, fn, args)

    def step(self) -> bool:
        """While paused, in the loop's thread: do what is due next, at once; false when nothing is, or not paused.

        On a live network that is what is due by its clock: datagrams wait until it goes on.
        """
        if self.state != "paused" or self.env.peek() == inf:
            return False
        self._pacer.guarded(self.env.step)
        return True

    async def outcome(self) -> T:
        """Wait for the end, and give or raise what came of it; cancelled meanwhile, stop the run first."""
        if self.state == "new":
            raise UsageError("this run has not begun: start() it first")
        try:
            if not self._outcome.done():
                await asyncio.shield(self._keeper)
        except asyncio.CancelledError:
            self._end("stopped")
            await asyncio.sleep(0)  # the keeper's turn to see that it is over
            raise
        return self._outcome.result()

    def __await__(self) -> Generator[Any, None, T]:
        return self.outcome().__await__()

    def __repr__(self) -> str:
        return f"<run {self.state} at {self.env.now:.6f} s, speed {self.speed:g}>"

    def _command(self, fn: Callable[..., object], *args: object) -> None:
        """Carry out a command: at once where that is safe, else as the next thing in the loop's thread."""
        if self.state == "new" or self._outcome.done() or self._loop.is_closed():
            return
        if running_loop() is self._loop and not self._pacer.busy:
            fn(*args)
        else:
            self._pacer.halt = True
            self._loop.call_soon_threadsafe(self._obey, fn, args)

    def _obey(self, fn: Callable[..., object], args: tuple[object, ...]) -> None:
        self._pacer.halt = False
        self._pacer.guarded(fn, *args)
        self._pacer.pump()

    def _call(self, fn: Callable[..., object], args: tuple[Any, ...]) -> None:
        if self.state == "running":
            self._calm_since = inf
            self._pacer.call(fn, *args)
        elif self.state == "paused":
            self._pacer.settle()
            self._pacer.guarded(fn, *args)

    def _arrive(self, fn: Callable[..., object], *args: Any) -> None:
        """A datagram comes from outside."""
        self._calm_since = inf
        self._pacer.inject(fn, *args)

    def _go_on(self) -> None:
        if self._network is not None:
            self._network.attach(self._loop, self._arrive, self._pacer.inject)
        self._pacer.go(self._loop, self.speed)
        self._enter("running")

    def _stand_still(self) -> None:
        self._pacer.stand()
        if self._network is not None:
            self._network.detach()

    def _pause(self) -> None:
        if self.state == "running":
            self._pacer.advance()
            self._stand_still()
            self._enter("paused")

    def _resume(self) -> None:
        if self.state == "paused":
            self._go_on()

    def _ends_at(self) -> float:
        """The loop time at which the run is over, as far as can be said now."""
        if self.env.now >= self._until:
            return -inf
        if not self._is_done():
            self._calm_since = inf
        elif self._network is None:
            return -inf
        elif self._calm_since == inf:
            self._calm_since = self._loop.time()
        return self._calm_since + self._grace

    def _is_done(self) -> bool:
        """`done()`; where it raises, nobody could say any more when to end, so that is the end too."""
        try:
            return self._done()
        except Exception as error:
            self._on_error(error)
            self._done = lambda: True
            return True

    def _finish(self) -> None:
        self._end("finished")

    def _end(self, state: str) -> None:
        if self._outcome.done():
            return
        self._stand_still()
        try:
            self._outcome.set_result(self._result())
        except Exception as error:
            self._outcome.set_exception(error)
            state = "failed" if state == "finished" else state
        self._ended.set()
        self._enter(state)

    def _enter(self, state: str) -> None:
        self.state = state
        for fn in list(self.on_change):
            self._pacer.guarded(fn, self)

    async def _keep(self) -> None:
        """A task that only waits: a loop that is shut down under the run cancels it, and so ends the run."""
        try:
            await self._ended.wait()
        finally:
            self._end("stopped")


def drive(run: Run[T]) -> T:
    """Start a run on a loop of its own and wait for its result: for scripts.

    The loop is a selector loop on every system: it is the kind that says when a socket can be read.
    UsageError where a loop runs already, as in a notebook.
    """
    refuse_running_loop()

    async def to_the_end() -> T:
        return await run.start()

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(to_the_end())


def refuse_running_loop() -> None:
    """UsageError where a loop runs already: a run that brings its own can't begin there."""
    if running_loop() is not None:
        raise UsageError("a loop is running here, as in a notebook: use: await lab.start(story)")


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The asyncio loop that runs in this thread, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
