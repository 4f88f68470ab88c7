"""What tests of the panel share: a bench with three phones, a panel on it, and patience."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sipsim.lab.lab import Lab
from sipsim.widgets.panel import Panel

DEADLINE = 5.0
ALICE, BOB = "sip:alice@example.com", "sip:bob@example.com"


@asynccontextmanager
async def opened(lab: Lab | None = None, speed: float = 20.0) -> AsyncIterator[Panel]:
    """A panel on a lab with two users, one of whom has two phones; closed in the end."""
    panel = bench(lab or Lab(seed=7)).panel(speed=speed)
    try:
        yield panel
    finally:
        panel.close()
        await panel.run
        panel.lab.close()


def bench(lab: Lab) -> Lab:
    lab.user_agent(ALICE)
    lab.proxy("example.com")
    lab.user_agent(BOB, "desk")
    lab.user_agent(BOB, "mobile")
    return lab


async def until(happened: Callable[[], object]) -> None:
    """Wait for something to happen, for a while."""
    async with asyncio.timeout(DEADLINE):
        while not happened():
            await asyncio.sleep(0.01)


async def click(panel: Panel, *names: str) -> None:
    """Press buttons one after another, each when it can be pressed."""
    for name in names:
        await until(lambda name=name: not panel.buttons[name].disabled)
        done = len(panel.clicks.done)
        panel.buttons[name].click()
        await until(lambda done=done: len(panel.clicks.done) > done)


def registered(panel: Panel, name: str) -> bool:
    return ">registered<" in panel.phones[name].status


def sent(panel: Panel, *to: str) -> list[str]:
    """The start lines of what was sent to these elements."""
    records = [record for record in panel.lab.trace.select("sent") if record.peer in to]
    return [bytes(record.raw).split(b"\r\n")[0].decode() for record in records]


def said(panel: Panel) -> list[str]:
    """The lines of Python so far."""
    return [click.line.text for click in panel.clicks.done]
