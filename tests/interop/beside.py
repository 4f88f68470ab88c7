"""Foreign programs beside a live lab: both on this machine, and one loop waits for both.

async with going(lab), program_beside("sipp", ...) as sipp:
    assert await sipp.end() == 0, sipp.output
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from peers import program

from sipsim.lab.lab import Lab
from sipsim.live.driver import Run

HOST = "127.0.0.1"
DEADLINE = 30.0
"""Seconds of wall time after which anything foreign is given up."""
DATA = Path(__file__).parent / "data"


@asynccontextmanager
async def going(lab: Lab, speed: float = 1.0) -> AsyncIterator[Run[Any]]:
    """A live lab whose clock goes while the block runs; what went wrong in it is raised at the block's end."""
    run = lab.start(speed=speed)
    try:
        yield run
    finally:
        run.stop()
    await run


class Beside:
    """A foreign program that was started; `output` is what it said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.output = ""

    async def end(self) -> int:
        """Wait for its end; gives its exit status."""
        out, _ = await asyncio.wait_for(self.process.communicate(), DEADLINE)
        self.output = out.decode("utf-8", "replace")
        assert self.process.returncode is not None
        return self.process.returncode


@asynccontextmanager
async def program_beside(name: str, *arguments: object, cwd: Path) -> AsyncIterator[Beside]:
    """A program that runs in a folder of its own; it, and what it started, is gone at the block's end."""
    process = await asyncio.create_subprocess_exec(
        program(name), *map(str, arguments), cwd=cwd, start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield Beside(process)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                await asyncio.wait_for(process.communicate(), 5)
            except TimeoutError:
                os.killpg(process.pid, signal.SIGKILL)
                await process.communicate()


def free_port() -> int:
    """A UDP port of loopback that nobody has at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


async def listening(port: int) -> None:
    """Wait until some program has this UDP port."""
    async with asyncio.timeout(DEADLINE):
        while not is_taken(port):
            await asyncio.sleep(0.02)


def is_taken(port: int) -> bool:
    """Whether the system lists a socket there; to try and bind it could get in that program's way (Linux only)."""
    lines = Path("/proc/net/udp").read_text().splitlines()[1:]
    return any(int(line.split()[1].rpartition(":")[2], 16) == port for line in lines)
