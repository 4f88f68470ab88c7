"""Live runs in a real notebook kernel: begun in one cell, steered from the next, interrupted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager
from live_bench import DEADLINE

SETUP = """
import asyncio, socket, threading
from sipsim.live.driver import Run, drive
from sipsim.live.udp import UdpNetwork
from sipsim.simulation.environment import Environment
from sipsim.simulation.network import Address
from sipsim.simulation.streams import Streams
from sipsim.trace.trace import Trace

env, trace = Environment(), Trace()
network = UdpNetwork(env, trace, Streams(1))
arrived = []
bob = network.bind(Address("", 0), "UDP", lambda packet: arrived.append(packet.data), print)
peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
run = Run(env, done=lambda: b"bye" in arrived, result=lambda: arrived, network=network)
"""

Cell = Callable[..., str]


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cell]:
    """Runs a cell in a kernel and gives what it shows, or the name of the error; may interrupt it on its way."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()

    def execute(code: str, interrupted: bool = False) -> str:
        cell, shown = client.execute(code), ""
        deadline = time.monotonic() + DEADLINE
        while True:
            message = client.get_iopub_msg(timeout=max(0.0, deadline - time.monotonic()))
            if message["parent_header"].get("msg_id") != cell:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream" and interrupted:  # the cell says that it waits
                manager.interrupt_kernel()
            elif kind == "execute_result":
                shown = content["data"]["text/plain"]
            elif kind == "error":
                shown = content["ename"]
            elif kind == "status" and content["execution_state"] == "idle":
                return shown

    try:
        client.wait_for_ready(timeout=DEADLINE)
        execute(SETUP)
        yield execute
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.context.destroy()


@pytest.mark.leaves("ZeroMQ keeps threads for its sockets")
def test_a_run_in_a_notebook(cell: Cell) -> None:
    assert cell("run.start().state") == "'running'"
    cell("peer.sendto(b'hello', bob)")
    assert cell("run.call(arrived.append, b'click'); sorted(arrived)") in ("[b'click']", "[b'click', b'hello']")
    assert cell("await asyncio.to_thread(run.pause); await asyncio.sleep(0); run.state") == "'paused'"
    assert cell("drive(run)") == "UsageError"
    assert cell("run.resume(); peer.sendto(b'bye', bob); sorted(await run)") == "[b'bye', b'click', b'hello']"
    assert cell("run = Run(env, done=lambda: False, result=lambda: 7, network=network); run.start().state")
    assert cell("print('waiting'); await run", interrupted=True) == "CancelledError"
    assert cell("run.state, await run") == "('stopped', 7)"
    assert cell("[task for task in asyncio.all_tasks() if task.get_name() == 'sipsim run']") == "[]"
