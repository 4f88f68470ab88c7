"""The clock of the panel: next event, next message, until quiet; the line that says how things stand."""

from __future__ import annotations

import asyncio

from panel_bench import bench, click, opened, registered, said, sent, until

from sipsim.lab.lab import Lab


def test_message_by_message():
    async def session() -> None:
        async with opened() as panel:
            clock = panel._clock
            await click(panel, "clock.pause", "desk.register")
            seen = []
            for _ in range(4):
                await click(panel, "clock.message")
                await until(lambda: not clock.hurries)
                seen.append((panel.lab.trace.counts["sent"], panel.lab.trace.counts["delivered"]))
                assert panel.run.state == "paused"
            assert seen == [(2, 1), (2, 2), (2, 2), (2, 2)]  # arrived, and answered at once; then nothing is left
            await until(lambda: registered(panel, "desk"))
            assert set(said(panel)[2:]) == {"panel.next_message()"}

    asyncio.run(session())


def test_event_by_event():
    async def session() -> None:
        async with opened() as panel:
            await click(panel, "clock.pause", "desk.register")
            for _ in range(3):
                before = len(panel.lab.trace)
                await click(panel, "clock.step")
                await until(lambda: not panel._clock.hurries)
                assert len(panel.lab.trace) > before and panel.run.state == "paused"

    asyncio.run(session())


def test_until_nothing_is_on_its_way():
    """A call to somebody who is not there takes 32 seconds; nobody has to wait for them."""

    async def session() -> None:
        async with opened(speed=1.0) as panel:
            await click(panel, "links.cut", "alice.call", "clock.quiet")
            await until(lambda: not panel._clock.hurries and panel.run.state == "paused")
            await until(lambda: "last call: 408" in panel.phones["alice"].status)
            assert panel.lab.env.now > 32
            await click(panel, "clock.start", "links.heal", "desk.register")
            await until(lambda: registered(panel, "desk"))

    asyncio.run(session())


def test_pause_ends_a_hurry_that_has_no_end():
    async def session() -> None:
        lab, over = Lab(seed=7), []

        def forever():
            while not over:
                yield lab.env.timeout(1)

        lab.env.process(forever())
        async with opened(lab) as panel:
            await click(panel, "clock.quiet")
            await until(lambda: lab.env.now > 1000)
            await click(panel, "clock.pause")
            then = lab.env.now
            await asyncio.sleep(0.05)
            assert lab.env.now == then and panel.run.state == "paused"
            over.append(True)

    asyncio.run(session())


def test_steps_of_a_live_run():
    async def session() -> None:
        async with opened(Lab(seed=7, network="udp"), speed=1.0) as panel:
            await click(panel, "clock.pause", "desk.register", "clock.quiet")
            await until(lambda: panel.run.state == "paused" and not panel._clock.hurries)
            assert [line.split()[0] for line in sent(panel, "proxy", "desk")] == ["REGISTER", "SIP/2.0"]

    asyncio.run(session())


def test_how_things_stand():
    async def session() -> None:
        async with opened() as panel:
            status = panel._bar.status
            await click(panel, "clock.pause", "desk.register")
            await until(lambda: "1 in flight" in status.value)
            assert "next E at desk in 0.5 s" in status.value and "last: " in status.value
            await click(panel, "clock.quiet")
            await until(lambda: "0 in flight" in status.value)

    asyncio.run(session())


def test_what_a_trace_does_not_keep_is_not_told():
    async def session() -> None:
        async with opened(Lab(trace="off")) as panel:
            await click(panel, "desk.register")
            await asyncio.sleep(0.2)
            assert "in flight" not in panel._bar.status.value and "timer" not in panel._bar.status.value

    asyncio.run(session())


def test_a_bench_by_itself_is_quiet():
    assert bench(Lab(seed=7)).run().counts["sent"] == 0
