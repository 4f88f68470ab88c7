"""Phones on the panel: refusals, several calls told apart, hold, cancel, typed addresses; servers' settings."""

from __future__ import annotations

import asyncio

import pytest
from panel_bench import ALICE, BOB, click, opened, registered, said, sent, until

from sipsim.lab.lab import Lab


def test_register_and_unregister():
    async def session() -> None:
        async with opened() as panel:
            await click(panel, "desk.register", "desk.unregister")
            await until(lambda: "not registered" in panel.phones["desk"].status)
            assert said(panel) == ["desk.register()", "desk.unregister()"]
            await until(lambda: "knows nobody" in panel.servers["proxy"].status)

    asyncio.run(session())


def test_a_refusal_has_the_code_that_was_chosen():
    async def session() -> None:
        async with opened() as panel:
            await click(panel, "desk.register", "alice.call")
            panel.phones["desk"].code.value = 603
            await click(panel, "desk.reject")
            await until(lambda: "603 Decline" in panel.phones["alice"].status)
            assert said(panel)[-1] == "desk.current_call.reject(603)"

    asyncio.run(session())


def test_an_address_can_be_typed():
    async def session() -> None:
        async with opened() as panel:
            panel.phones["alice"].whom.write("sip:carol@example.com;transport=tcp")
            await click(panel, "alice.call")
            assert said(panel) == ['call = alice.call("sip:carol@example.com;transport=tcp")']
            panel.phones["alice"].whom.write("no address \"at' all")
            panel.buttons["alice.call"].click()
            await until(lambda: panel.clicks.problem.value)
            assert panel.clicks.done[-1].problem and panel.run.state == "running"

    asyncio.run(session())


def test_hold_and_resume():
    async def session() -> None:
        async with opened() as panel:
            alice = panel.phones["alice"]
            await click(panel, "desk.register", "alice.call", "desk.answer", "alice.hold")
            await until(lambda: "on hold with bob" in alice.status)
            await click(panel, "alice.resume")
            await until(lambda: "in a call with bob" in alice.status)
            assert said(panel)[-2:] == ["call.hold()", "call.resume()"]

    asyncio.run(session())


def test_a_call_is_taken_back():
    async def session() -> None:
        async with opened() as panel:
            await click(panel, "desk.register", "alice.call")
            await until(lambda: panel.phones["desk"].ringing)
            await click(panel, "alice.cancel")
            await until(lambda: "last call: CANCEL" in panel.phones["desk"].status)
            assert "CANCEL" in [line.split()[0] for line in sent(panel, "desk")]

    asyncio.run(session())


def test_of_several_calls_the_chosen_one_is_meant():
    async def session() -> None:
        async with opened() as panel:
            desk = panel.phones["desk"]
            await click(panel, "alice.register", "desk.register", "mobile.register")
            await click(panel, "alice.call", "desk.answer")
            await until(lambda: "in a call" in desk.status)
            desk.whom.write(str(panel.phones["mobile"].agent.contact_uri))
            await click(panel, "desk.call")
            await until(lambda: len(desk.which.options) == 2 and desk.which.layout.display is None)
            first, second = (call for _, call in desk.which.options)
            desk.which.value = first
            await click(panel, "desk.hang_up")
            assert said(panel)[-1] == "[*desk.calls.values()][0].hang_up()"
            await until(lambda: first.state == "ended")
            assert second.state == "ringing"
            await until(lambda: desk.which.layout.display == "none")
            await click(panel, "desk.hang_up")
            assert said(panel)[-1] == "call2.hang_up()"

    asyncio.run(session())


def test_while_in_a_call_what_rings_can_be_answered():
    async def session() -> None:
        lab = Lab(seed=7)
        lab.user_agent("sip:carol@example.com")
        async with opened(lab) as panel:
            await click(panel, "alice.register", "desk.register")
            panel.phones["carol"].whom.write(ALICE)
            panel.phones["alice"].whom.write(BOB)
            await click(panel, "alice.call", "desk.answer", "carol.call")
            await until(lambda: panel.phones["alice"].ringing)
            await click(panel, "alice.answer")
            await until(lambda: "in a call with alice" in panel.phones["carol"].status)
            assert len(panel.phones["alice"].calls) == 2

    asyncio.run(session())


def test_how_a_proxy_works_can_be_changed():
    async def session() -> None:
        async with opened() as panel:
            proxy = panel.servers["proxy"]
            proxy.settings["forking"].value = "sequential"
            proxy.settings["record_route"].value = False
            proxy.settings["queue_limit"].value = 5
            proxy.settings["service_time"].value = 0.05
            await until(lambda: len(panel.clicks.done) == 4)
            element = proxy.element
            assert (element.forking, element.record_route, element.queue_limit) == ("sequential", False, 5)
            assert said(panel) == [
                'proxy.forking = "sequential"'.replace('"', "'"), "proxy.record_route = False", "proxy.queue_limit = 5",
                "proxy.service_time = 0.05",
            ]  # fmt: skip
            element.forking, element.service_time = "q-groups", 0.123  # as a cell of the notebook may
            await until(lambda: proxy.settings["forking"].value == "q-groups")
            assert proxy.settings["service_time"].value == 0.123 and len(panel.clicks.done) == 4

    asyncio.run(session())


@pytest.mark.parametrize("name", ["<b>x</b>", "a\u202eb", "q\"'\\"])
def test_a_hostile_name_is_text_in_every_line(name: str):
    async def session() -> None:
        lab = Lab(seed=7)
        lab.user_agent("sip:x@example.com", name)
        async with opened(lab) as panel:
            panel.tabs.choose("Python")
            await click(panel, f"{name}.register")
            await until(lambda: registered(panel, name))
            assert "<b>" not in panel.clicks.list.value.replace("<b>alice", "")
            compile(panel.script, "script", "exec")
            for page in ("States", "Message", "Intercept"):
                panel.tabs.choose(page)
                await asyncio.sleep(0.12)
            assert "<b>x" not in panel.inspector.text.value

    asyncio.run(session())
