"""Links, drops and repetitions on the panel, and the tab that intercepts."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from panel_bench import click, opened, registered, said, until

from sipsim.lab.lab import Lab
from sipsim.widgets.octets import octets, written
from sipsim.widgets.parts import area, entry


def test_a_link_is_made_worse_cut_and_healed():
    async def session() -> None:
        async with opened() as panel:
            wires = panel._wires
            await until(lambda: wires.fields["delay"].value == 5)
            wires.which.value = ("alice", "proxy")
            await asyncio.sleep(0.02)
            wires.fields["loss"].value, wires.fields["delay"].value = 100.0, 20.0
            await click(panel, "links.set")
            link = panel.lab.link("alice", "proxy")
            assert (link.loss, link.delay) == (1.0, 0.02)
            await until(lambda: "alice – proxy: loses 100 %" in wires.status)
            await click(panel, "links.cut")
            await until(lambda: "alice – proxy: cut" in wires.status)
            await click(panel, "links.heal")
            assert said(panel) == [
                'lab.link("alice", "proxy", loss=1, delay=0.02, jitter=0)', 'lab.link("alice", "proxy").cut()',
                'lab.link("alice", "proxy").heal()',
            ]  # fmt: skip

    asyncio.run(session())


def test_every_link_at_once():
    async def session() -> None:
        async with opened() as panel:
            await click(panel, "links.cut", "desk.register")
            await until(lambda: panel.lab.trace.counts["lost"])
            await click(panel, "links.heal")
            await until(lambda: registered(panel, "desk"))
            assert said(panel)[0].startswith('for a, b in [("alice", "proxy"), ') and said(panel)[0].endswith(".cut()")

    asyncio.run(session())


def test_only_the_edges_of_a_graph_are_links():
    async def session() -> None:
        import networkx as nx

        graph = nx.Graph([("alice", "proxy"), ("proxy", "desk"), ("proxy", "mobile")])
        async with opened(Lab(seed=7, network=graph)) as panel:
            await until(lambda: len(panel._wires.which.options) == 4)

    asyncio.run(session())


def test_the_next_message_arrives_twice():
    async def session() -> None:
        async with opened() as panel:
            panel._faults.which.write("REGISTER")
            await click(panel, "network.duplicate_next", "desk.register")
            await until(lambda: registered(panel, "desk"))
            assert panel.lab.trace.counts["duplicated"] == 1
            panel._faults.which.write("no such thing")
            await click(panel, "network.drop_next")
            assert "pattern=" in panel.clicks.done[-1].problem

    asyncio.run(session())


async def catch(panel, pattern: str) -> None:
    """Stop the next REGISTER, and wait until it is on the tab."""
    panel.tabs.choose("Intercept")
    panel.interceptor.which.write(pattern)
    await click(panel, "intercept.stop_these", "desk.register")
    await until(lambda: panel.interceptor.waiting.value is not None and panel.interceptor.editor.value)


def test_a_message_is_stopped_edited_and_let_go():
    async def session() -> None:
        async with opened(speed=1.0) as panel:
            tab = panel.interceptor
            await catch(panel, "REGISTER")
            assert "REGISTER desk → proxy" in tab.waiting.label and tab.editor.value.startswith("REGISTER sip:")
            await until(lambda: panel.tabs.buttons["Intercept"].description == "Intercept (1)")
            tab.editor.value = tab.editor.value.replace("Max-Forwards: 70", "Max-Forwards: 70\nSubject: lunch")
            await until(lambda: "it can be read" in tab.verdict.value)
            await click(panel, "intercept.let_go")
            await until(lambda: len(panel.clicks.done) == 4 and registered(panel, "desk"))
            assert said(panel)[0] == 'held = lab.network.intercept("REGISTER")'
            assert said(panel)[2].startswith("held.packets[0].edit(b'REGISTER sip:")
            assert said(panel)[3] == "held.packets[0].let_go()"
            assert b"Subject: lunch" in panel.lab.trace.select("delivered", "proxy")[0].raw

    asyncio.run(session())


def test_what_can_not_be_edited_waits_on():
    """Rather than that it goes as it was."""

    async def session() -> None:
        async with opened(speed=1.0) as panel:
            await catch(panel, "REGISTER")
            panel.interceptor.editor.value = ""
            await click(panel, "intercept.let_go")
            await until(lambda: "it waits on" in panel.clicks.problem.value)
            assert [packet.state for packet in panel.interceptor.interceptions[0].packets] == ["stopped"]
            assert not panel.lab.trace.counts["delivered"]

    asyncio.run(session())


@pytest.mark.parametrize("name", ["area", "entry"])
def test_halves_of_characters_become_octets(name: str):
    """No message to a browser could carry them, so that what was typed would be lost."""
    made = {"area": lambda: area("x", "tip", 3), "entry": lambda: entry("x", "tip")}[name]()
    made.set_state({"value": "a\ud800b\U0001f600"})
    assert made.value == "a\\xed\\xa0\\x80b\U0001f600"
    assert not made.trait_metadata("value", "echo_update", default=True)
    assert octets(made.value).decode("utf-8", "surrogatepass") == "a\ud800b\U0001f600"
    made.close()


def test_what_can_not_be_read_is_told_and_may_be_sent_on_purpose():
    async def session() -> None:
        async with opened(speed=1.0) as panel:
            tab = panel.interceptor
            await catch(panel, "REGISTER")
            tab.editor.value = tab.editor.value.replace("CSeq: 1 REGISTER", "CSeq: one REGISTER")
            await until(lambda: "CSeq: no number and method" in tab.verdict.value)
            await click(panel, "intercept.let_go")
            await until(lambda: panel.lab.trace.counts["unparsable"])

    asyncio.run(session())


def test_drop_duplicate_and_delay():
    async def session() -> None:
        async with opened(speed=1.0) as panel:
            tab = panel.interceptor
            await catch(panel, "REGISTER")
            await click(panel, "clock.pause", "intercept.duplicate")
            await until(lambda: len(tab.waiting.options) == 2)
            await click(panel, "intercept.drop")
            await until(lambda: len(tab.waiting.options) == 1)
            tab.delay.value = 2000
            await click(panel, "intercept.let_go", "intercept.release_all", "clock.quiet")
            await until(lambda: not panel._clock.hurries and registered(panel, "desk"))
            lines = [line for line in said(panel) if line.startswith("held.")]
            decided = [f"held.packets[0].{what}" for what in ("duplicate()", "drop()", "let_go(delay=2)")]
            assert lines == [*decided, "held.release()"]
            assert panel.lab.trace.counts["duplicated"] == 1

    asyncio.run(session())


def test_what_a_script_stopped_is_on_the_tab_too():
    async def session() -> None:
        async with opened(speed=1.0) as panel:
            panel.lab.network.intercept("REGISTER", times=1)
            panel.tabs.choose("Intercept")
            await click(panel, "desk.register", "intercept.let_go")
            await until(lambda: registered(panel, "desk"))
            assert said(panel)[-1] == "lab.network.interceptions[0].packets[0].let_go()"

    asyncio.run(session())


def test_it_intercepts_in_front_of_sockets():
    async def session() -> None:
        async with opened(Lab(seed=7, network="udp"), speed=1.0) as panel:
            await catch(panel, "REGISTER")
            await click(panel, "intercept.let_go")
            await until(lambda: registered(panel, "desk"))

    asyncio.run(session())


@given(st.binary())
def test_any_octets_survive_the_editor(data: bytes):
    assert octets(written(data)) == data


def test_a_message_in_the_editor_is_readable():
    assert (
        written(b"INVITE sip:b\xc3\xb6b@x SIP/2.0\r\nA: \\\x00\xff\r\n")
        == "INVITE sip:böb@x SIP/2.0\nA: \\\\\\x00\\xff\n"
    )
