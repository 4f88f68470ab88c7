"""What the panel prints is Python: on a fresh lab its script brings about the same messages at the same times."""

from __future__ import annotations

import asyncio

from panel_bench import bench, click, opened, registered, said, until

from sipsim.lab.lab import Lab


def replayed(script: str, lab: Lab) -> list[tuple[float, bytes]]:
    exec(script, {"lab": lab})
    return messages(lab)


def messages(lab: Lab) -> list[tuple[float, bytes]]:
    return [(record.time, record.raw) for record in lab.trace.select("sent")]


def test_a_session_of_clicks_is_a_script():
    async def session() -> None:
        async with opened() as panel:
            await click(panel, "alice.register", "desk.register", "mobile.register", "links.set")
            await until(lambda: registered(panel, "mobile"))
            await click(panel, "alice.call")
            await until(lambda: panel.phones["mobile"].ringing)
            await click(panel, "desk.answer")
            await until(lambda: "in a call" in panel.phones["alice"].status)
            await click(panel, "alice.hold")
            await until(lambda: "on hold" in panel.phones["alice"].status)
            panel.interceptor.which.write("BYE")
            await click(panel, "intercept.stop_these", "alice.hang_up")
            panel.tabs.choose("Intercept")
            await until(lambda: panel.interceptor.editor.value)
            panel.interceptor.editor.value = panel.interceptor.editor.value.replace("70", "69", 1)
            await click(panel, "intercept.let_go", "intercept.release_all")
            panel.servers["proxy"].settings["forking"].value = "sequential"
            panel._faults.which.write("200 INVITE")
            await click(panel, "network.drop_next", "mobile.unregister", "alice.call")
            await until(lambda: panel.phones["desk"].ringing)
            await click(panel, "desk.answer", "clock.quiet")
            await until(lambda: not panel._clock.hurries)
            await click(panel, "desk.hang_up", "proxy.crash", "proxy.restart", "clock.quiet")
            await until(lambda: not panel._clock.hurries)
            assert not [done.problem for done in panel.clicks.done if done.problem]
            fresh = bench(Lab(seed=7))
            assert replayed(panel.script, fresh) == messages(panel.lab)
            assert "panel." not in panel.script
            fresh.drain()

    asyncio.run(session())


def test_a_click_comes_after_all_that_is_due_at_its_instant():
    """As the script has it, wherever the clock was made to stand among events of one instant."""

    async def session() -> None:
        async with opened() as panel:
            await click(panel, "clock.pause", "alice.register", "desk.register")
            while not panel.lab.trace.select("delivered"):
                panel._clock.run.step()
            assert panel.lab.env.peek() == panel.lab.env.now
            await click(panel, "alice.call", "clock.quiet")
            await until(lambda: not panel._clock.hurries)
            fresh = bench(Lab(seed=7))
            assert replayed(panel.script, fresh) == messages(panel.lab)

    asyncio.run(session())


def test_a_click_that_failed_is_a_remark():
    async def session() -> None:
        async with opened() as panel:
            panel.buttons["desk.answer"].click()
            await until(lambda: panel.clicks.done)
            assert "# desk.current_call.answer()  # nothing rings at desk" in panel.script
            replayed(panel.script, bench(Lab(seed=7)))

    asyncio.run(session())


def test_a_live_session_is_a_script_too():
    async def session() -> str:
        async with opened(Lab(seed=7, network="udp"), speed=1.0) as panel:
            await click(panel, "desk.register", "alice.call", "desk.answer")
            await until(lambda: "in a call" in panel.phones["alice"].status)
            return panel.script

    script = asyncio.run(session())
    with bench(Lab(seed=7, network="udp")) as lab:
        assert [raw.split()[0] for _, raw in replayed(script, lab)].count(b"ACK") == 2
        lab.drain()


def test_a_way_of_ones_own_is_kept_in_the_script():
    """A fresh lab has no panel to ask for it."""

    def lab_that_is_busy() -> Lab:
        lab = Lab(seed=7)
        lab.user_agent("sip:bob@example.com", "other").on_call = lambda call: call.reject(600)
        return lab

    async def session() -> None:
        async with opened(lab_that_is_busy()) as panel:
            await click(panel, "other.register")
            await until(lambda: registered(panel, "other"))
            panel.phones["other"].way.value = "answers"
            await until(lambda: 'other.on_call = panel.phones["other"].own_way' in said(panel))
            await click(panel, "alice.call", "clock.quiet")
            await until(lambda: not panel._clock.hurries)
            assert "panel." not in panel.script
            fresh = bench(lab_that_is_busy())
            assert replayed(panel.script, fresh) == messages(panel.lab)
            assert any(raw.startswith(b"SIP/2.0 600") for _, raw in messages(fresh))

    asyncio.run(session())
