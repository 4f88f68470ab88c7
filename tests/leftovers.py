"""What a test may leave behind by mistake: sockets, files, threads, child processes, tasks; transactions in a lab.

`Snapshot.take()` before the test, `leftovers_since(snapshot)` after it. Tasks are looked for at the moment
when their loop is closed (`watch_loops`), because `asyncio.run` cancels those that its main coroutine forgot,
and they would never be seen. A lab in memory is drained first; what it still holds after that is a leak.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import math
import os
import stat
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

DESCRIPTORS = Path("/dev/fd")
KINDS = {stat.S_IFSOCK: "socket", stat.S_IFREG: "file", stat.S_IFIFO: "pipe"}
KEPT = f"{os.sep}mpl-data{os.sep}fonts{os.sep}"
"""matplotlib keeps the fonts open that it has used once: a few files for the whole process."""
GRACE = 1.0
"""Seconds of wall time that a thread or a child gets to come to its end."""
LABS = 20
"""How many labs of a test are looked at, the last ones; property tests make thousands."""

Descriptor = tuple[str, int, int]
"""Kind, number, inode: a number that was closed and given out again is another descriptor."""


class Snapshot(NamedTuple):
    """What this process holds at one moment."""

    descriptors: frozenset[Descriptor]
    threads: frozenset[threading.Thread]
    children: frozenset[int]

    @classmethod
    def take(cls) -> Snapshot:
        return cls(frozenset(open_descriptors()), frozenset(threading.enumerate()), frozenset(children()))


def open_descriptors() -> Iterator[Descriptor]:
    """Sockets, files and pipes; nothing on systems that do not list them (Windows)."""
    numbers = [int(name) for name in os.listdir(DESCRIPTORS)] if DESCRIPTORS.is_dir() else []  # noqa: PTH208
    for number in numbers:
        try:
            status = os.fstat(number)
        except OSError:  # the listing's own descriptor is closed by now
            continue
        kind = KINDS.get(stat.S_IFMT(status.st_mode))
        if kind and not (kind == "file" and KEPT in target(number)):
            yield kind, number, status.st_ino


def children() -> Iterator[int]:
    """Process ids of this process's children, those that nobody waited for included; Linux only."""
    for listing in Path("/proc/self/task").glob("*/children"):
        try:
            yield from map(int, listing.read_text().split())
        except OSError:  # the thread has ended meanwhile
            continue


def leftovers_since(before: Snapshot) -> list[str]:
    """What is there now and was not then, in words. Waits `GRACE` seconds for it to go away."""
    deadline = time.monotonic() + GRACE
    while left := describe(before, Snapshot.take()):
        if time.monotonic() > deadline:
            return left
        gc.collect()  # what only a cycle of references holds is nobody's fault
        time.sleep(0.02)
    return []


def describe(before: Snapshot, after: Snapshot) -> list[str]:
    """The difference between two snapshots, in words."""
    new = sorted(after.descriptors - before.descriptors)
    threads = sorted(thread.name for thread in after.threads - before.threads if thread.is_alive())
    return [
        *(f"{kind} {number} ({target(number)})" for kind, number, _ in new),
        *(f"thread {name}" for name in threads),
        *(f"child process {number}" for number in sorted(after.children - before.children)),
    ]


def target(number: int) -> str:
    """What a descriptor stands for, where the system tells."""
    try:
        return os.readlink(f"/proc/self/fd/{number}")  # noqa: PTH115
    except OSError:
        return "?"


@contextmanager
def watch_loops() -> Iterator[list[str]]:
    """Collects, while it is entered, the tasks that were pending when their event loop was closed."""
    pending: list[str] = []

    def watched(close: Callable[..., None], loop_of: Callable[..., Any]) -> Callable[..., None]:
        def closing(self: object) -> None:
            loop = loop_of(self)
            if not loop.is_closed():
                pending.extend(f"task {task.get_name()}" for task in asyncio.all_tasks(loop))
            close(self)

        return closing

    runner, loop = asyncio.Runner, asyncio.BaseEventLoop
    with (
        mock.patch.object(runner, "close", watched(runner.close, runner.get_loop)),
        mock.patch.object(loop, "close", watched(loop.close, lambda self: self)),
    ):
        yield pending


@contextmanager
def watch_labs() -> Iterator[deque[Any]]:
    """Collects, while it is entered, the last labs that were made; none where nobody has imported labs."""
    made: deque[Any] = deque(maxlen=LABS)
    module = sys.modules.get("sipsim.lab.lab")
    if module is None:
        yield made
        return
    make = module.Lab.__init__

    @functools.wraps(make)
    def noted(self: Any, *args: Any, **keywords: Any) -> None:
        make(self, *args, **keywords)
        made.append(self)

    with mock.patch.object(module.Lab, "__init__", noted):
        yield made


def left_in(lab: Any) -> list[str]:
    """What a lab in memory holds when its calls are forgotten and its timers have run out: should be nothing."""
    if lab.network.live:
        return []
    lab.drain()
    return [*lab.leftovers(), *(["an event without end"] if lab.env.peek() < math.inf else [])]
