"""The panel without a page in front of it: its buttons are pressed from Python, on a loop as a kernel has one."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from panel_bench import BOB, bench, click, opened, registered, sent, until

from sipsim.errors import UsageError
from sipsim.lab.lab import Lab


@pytest.mark.covers("B5")
def test_register_fork_answer_cancel_crash_restart():
    async def session() -> None:
        async with opened() as panel:
            phones, proxy = panel.phones, panel.servers["proxy"]
            await click(panel, "alice.register", "desk.register", "mobile.register")
            await until(lambda: "bob@example.com: 2 phones" in proxy.status)
            await click(panel, "alice.call")
            await until(lambda: "alice@example.com calls" in phones["mobile"].status)
            await click(panel, "desk.answer")
            await until(lambda: "in a call with bob@example.com" in phones["alice"].status)
            await until(lambda: "last call: CANCEL" in phones["mobile"].status)
            assert [line.split()[0] for line in sent(panel, "mobile")] == ["SIP/2.0", "INVITE", "CANCEL", "ACK"]
            await click(panel, "proxy.crash")
            await until(lambda: "down" in proxy.status)
            assert "knows nobody" in proxy.status
            await click(panel, "alice.hang_up", "proxy.restart")
            await until(lambda: "last call: BYE" in phones["desk"].status)
            assert [record.data["what"] for record in panel.lab.trace.select("fault")] == ["crash", "restart"]

    asyncio.run(session())


def test_every_click_is_a_line_of_python_and_the_root_of_what_follows():
    async def session() -> None:
        async with opened() as panel:
            await click(panel, "desk.register", "alice.call")
            await until(lambda: "180 Ringing" in str(panel.lab.trace.ladder()))
            await click(panel, "desk.reject")
            await until(lambda: "486" in panel.phones["alice"].status)
            lines = ["desk.register()", f'call = alice.call("{BOB}")', "desk.current_call.reject(486)"]
            trace = panel.lab.trace
            assert [click.line.text for click in panel.clicks.done] == lines
            assert [record.data["text"] for record in trace.select("click")] == lines
            for record in trace.select("sent"):
                root = trace.why(record)[-1]
                assert root.kind == "click" and root.cause is None
            assert [trace.why(record)[-1].data["text"] for record in trace.select("sent", "desk")][-1] == lines[-1]
            panel.tabs.choose("Python")
            await until(lambda: all(line.split("(")[0] in panel.clicks.list.value for line in lines))

    asyncio.run(session())


def test_a_click_that_fails_says_so_and_the_run_goes_on():
    async def session() -> None:
        async with opened() as panel:
            panel.buttons["desk.answer"].click()  # as a click does that was on its way when the call ended
            await until(lambda: "nothing rings at desk" in panel.clicks.problem.value)
            assert panel.clicks.done[-1].problem and panel.run.state == "running"
            await click(panel, "desk.register")
            await until(lambda: registered(panel, "desk"))
            assert not panel.clicks.problem.value

    asyncio.run(session())


def test_any_exception_of_a_click_is_shown(monkeypatch: pytest.MonkeyPatch):
    async def session() -> None:
        async with opened() as panel:
            monkeypatch.setattr(panel.phones["alice"].agent, "register", lambda: 1 / 0)
            await click(panel, "alice.register", "desk.register")
            assert "ZeroDivisionError" in panel.clicks.done[0].problem
            await until(lambda: sent(panel, "desk"))

    asyncio.run(session())


def test_what_cannot_be_done_cannot_be_pressed():
    async def session() -> None:
        async with opened() as panel:
            verbs = ("unregister", "answer", "reject", "hang_up", "cancel", "hold", "resume")
            phones = {f"{name}.{verb}" for name in panel.phones for verb in verbs}
            idle = {f"intercept.{verb}" for verb in ("let_go", "drop", "duplicate", "release_all")}
            panel.tabs.choose("Intercept")
            await until(lambda: panel.buttons["intercept.drop"].disabled)
            off = {name for name, button in panel.buttons.items() if button.disabled}
            assert off == {"proxy.restart", "clock.start"} | phones | idle

    asyncio.run(session())


def test_the_next_message_is_lost():
    async def session() -> None:
        async with opened() as panel:
            panel._faults.which.choice.value = "REGISTER"
            await click(panel, "network.drop_next")
            await until(lambda: "will lose the next REGISTER" in panel._faults.status)
            await click(panel, "desk.register")
            await until(lambda: registered(panel, "desk"))
            await until(lambda: "loses nothing" in panel._faults.status)
            assert panel.clicks.done[0].line.text == 'lab.network.drop("REGISTER")'
            assert panel.lab.trace.counts["lost"] == panel.lab.trace.counts["retransmissions"] == 1

    asyncio.run(session())


def test_a_phone_rings_for_its_user_or_goes_its_own_way():
    async def session() -> None:
        async with opened() as panel:
            desk = panel.phones["desk"]
            own_way = desk.own_way
            await click(panel, "desk.register", "alice.call")
            await until(lambda: desk.ringing)
            await asyncio.sleep(0.3)  # six seconds of the lab, in which it would have answered by itself
            assert desk.ringing
            await click(panel, "alice.hang_up")
            await until(lambda: not desk.calls)
            desk.way.value = "answers"
            await until(lambda: desk.agent.on_call == own_way)
            await click(panel, "alice.call")
            await until(lambda: "in a call" in desk.status)
            assert "desk.picks_up()" in [click.line.text for click in panel.clicks.done]

    asyncio.run(session())


def test_the_ladder_is_drawn_again_but_not_too_often():
    async def session() -> None:
        async with opened(speed=1000) as panel:
            drawn: list[str] = []
            panel.ladder.player.observe(lambda change: drawn.append(str(change.new)), "_news")
            began = asyncio.get_running_loop().time()
            while asyncio.get_running_loop().time() < began + 0.5:
                panel.buttons["desk.register"].click()
                await asyncio.sleep(0.005)
            assert 1 <= len(drawn) <= 6
            await until(lambda: any("REGISTER" in news for news in drawn))

    asyncio.run(session())


def test_pause_start_stop_and_pace():
    async def session() -> None:
        async with opened() as panel:
            bar, clock = panel._bar, panel._clock
            bar.buttons["pause"].click()
            await until(lambda: clock.state == "paused")
            then = panel.lab.env.now
            await click(panel, "desk.register")  # waits in the lab for the clock
            await asyncio.sleep(0.05)
            assert panel.lab.env.now == then and not registered(panel, "desk")
            bar.speed.value = 10.0
            bar.buttons["start"].click()
            await until(lambda: registered(panel, "desk"))
            assert panel.run.speed == 10
            first = panel.run
            bar.buttons["stop"].click()
            assert (await first) is panel.lab.trace
            panel.buttons["desk.register"].click()
            await until(lambda: "Start lets the clock go" in panel.clicks.problem.value)
            bar.buttons["start"].click()
            await until(lambda: clock.state == "running")
            assert panel.run is not first and panel.lab.env.now >= then
            told = [click.line.text for click in panel.clicks.done]
            assert [text for text in told if text.startswith("panel.")] == [
                "panel.run.pause()", "panel.speed = 10", "panel.start()", "panel.stop()", "panel.start()",
            ]  # fmt: skip

    asyncio.run(session())


@pytest.mark.parametrize("speed", [0, -1.0, float("inf"), float("nan")])
def test_a_pace_that_is_none(speed: float):
    async def session() -> None:
        async with opened() as panel:
            with pytest.raises(UsageError, match="speed="):
                panel.speed = speed
            assert panel.speed == panel.run.speed == 20

    asyncio.run(session())


def test_a_second_panel_takes_over():
    async def session() -> None:
        async with opened() as panel:
            own_way = panel.phones["desk"].own_way
            second = panel.lab.panel(speed=3)
            assert second.run is panel.run and second.run.state == "running" and second.run.speed == 3
            assert second.phones["desk"].own_way == own_way
            panel.close()
            assert second.run.state == "running"  # it is not the first one's any more
            second.close()
            assert second.phones["desk"].agent.on_call == own_way

    asyncio.run(session())


def test_a_panel_on_another_lab_lets_this_clock_stand():
    async def session() -> None:
        async with opened() as first, opened() as second:
            assert (first.run.state, second.run.state) == ("paused", "running")

    asyncio.run(session())


def test_a_run_that_goes_already_is_used():
    async def session() -> None:
        lab = bench(Lab(seed=7))
        run = lab.start(speed=5)
        panel = lab.panel(run=run)
        assert panel.run is run
        panel.close()
        await run

    asyncio.run(session())


def test_elements_that_come_later_get_a_card():
    async def session() -> None:
        async with opened() as panel:
            panel.lab.user_agent("sip:carol@example.com")
            await until(lambda: "carol" in panel.phones)
            await until(lambda: ("sip:carol@example.com",) * 2 in panel.phones["alice"].whom.choice.options)
            await click(panel, "carol.register")

    asyncio.run(session())


def test_a_live_lab_has_the_same_panel():
    async def session() -> None:
        async with opened(Lab(seed=7, network="udp"), speed=1.0) as panel:
            await click(panel, "desk.register", "alice.call", "desk.answer")
            await until(lambda: "in a call" in panel.phones["alice"].status)

    asyncio.run(session())


def test_names_are_shown_as_they_are():
    """A name is text, whatever it looks like; so is what comes off the wire."""

    async def session() -> None:
        lab = Lab(seed=7)
        lab.user_agent("sip:x@example.com", "<img src=x onerror=alert(1)>")
        panel = lab.panel(speed=20.0)
        panel.tabs.choose("Python")
        await click(panel, "<img src=x onerror=alert(1)>.call")
        await until(lambda: "img" in panel.clicks.list.value)
        (card,) = panel.phones.values()
        for shown in (panel.clicks.list.value, card._heading.value):
            assert "<img" not in shown and "&lt;img" in shown
        assert panel.clicks.done[0].line.text.startswith('call = lab.elements["<img src=x onerror=alert(1)>"].call(')
        panel.close()
        await panel.run

    asyncio.run(session())


def test_what_a_viewer_without_buttons_shows():
    async def session() -> None:
        async with opened() as panel:
            widget = "application/vnd.jupyter.widget-view+json"
            assert set(panel._repr_mimebundle_()) == {widget, "image/svg+xml", "text/plain"}
            assert set(panel._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}
            assert set(panel._repr_mimebundle_(exclude=[widget])) == {"image/svg+xml", "text/plain"}
            assert repr(panel).startswith("<Panel of <Lab seed=7: alice, proxy, desk, mobile")

    asyncio.run(session())


def test_a_trace_without_messages_has_no_ladder():
    async def session() -> None:
        async with opened(Lab(trace="counters")) as panel:
            await click(panel, "desk.register")
            await until(lambda: registered(panel, "desk"))
            assert "no ladder" in panel.ladder.picture.value

    asyncio.run(session())


def test_outside_of_a_notebook():
    with pytest.raises(UsageError, match="notebook"):
        Lab().panel()


def test_without_ipywidgets():
    code = "import sys; sys.modules['ipywidgets'] = None; import sipsim\nsipsim.Lab().panel()"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        text=True,
    )
    assert "UsageError" in run.stderr and "pip install sipsim[jupyter]" in run.stderr
