"""Programs written for pjsua run as they stand: in simulated time, on sockets, in a notebook's loop."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from bench_pair import wire
from samples import sample

import sipsim
from sipsim.apis import pjsua as pj
from sipsim.errors import UsageError
from sipsim.lab.lab import Lab

SNIPPET = (Path(__file__).resolve().parents[1] / "data" / "pjsua_snippet.txt").read_text(encoding="utf-8")
HERE = SNIPPET.replace("import pjsua as pj", "from sipsim.apis import pjsua as pj")
USERS = {"username": "password"}


def on_a_line(text: str) -> str:
    return " ".join(text.split())


def with_registrar(network: str = "memory", domain: str = "sip.example.com", server: str = "registrar") -> Lab:
    lab = Lab(seed=7, network=network)
    getattr(lab, server)(domain, "registrar", users=USERS)
    return lab


def live_program(lab: Lab) -> str:
    """The program with a free port, and the address of the registrar."""
    address = lab.elements["registrar"].address
    return HERE.replace("TransportConfig(5060)", "TransportConfig(0)").replace(
        "sip.example.com", f"{address.host}:{address.port}"
    )


def test_the_program_is_the_published_one():
    assert on_a_line(SNIPPET) in on_a_line(sample("seeds/003_608e5d4584e53a37.txt").read_text(encoding="utf-8"))


@pytest.mark.covers("PJ10", "PJ6", "PJ9", "R18", "R19")
@pytest.mark.parametrize("program", [SNIPPET, HERE], ids=["as published", "import changed"])
def test_the_snippet_registers_and_leaves(program: str, capsys: pytest.CaptureFixture[str]):
    lab = with_registrar()
    trace = pj.run(program, lab, keys=60.0)
    assert wire(trace) == [
        "pjsua>registrar REGISTER", "registrar>pjsua 401 REGISTER",
        "pjsua>registrar REGISTER", "registrar>pjsua 200 REGISTER",
        "pjsua>registrar REGISTER", "registrar>pjsua 200 REGISTER",
    ]  # fmt: skip
    last = trace.select("sent", "pjsua")[-1]
    assert last.time == 60.0 and last.message.expires == 0
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("Reg")] == [
        "Registration status:  200"
    ] * 2
    names = [(r.data["name"], r.data["direction"]) for r in trace.select("api")]
    calls = ["Lib", "init", "create_transport", "start", "create_account"]
    assert names == [
        *((name, "call") for name in calls), ("on_reg_state", "callback"), ("destroy", "call"),
        ("on_reg_state", "callback"),
    ]  # fmt: skip
    assert [record.data["text"] for record in trace.select("note")] == ["Press <ENTER> to quit"]
    assert lab.elements["pjsua"].address.port == 5060


@pytest.mark.covers("PJ10", "PJ3")
@pytest.mark.parametrize("server", ["registrar", "proxy"])
def test_the_snippet_runs_on_sockets(server: str, capsys: pytest.CaptureFixture[str]):
    with with_registrar("udp", "127.0.0.1", server) as lab:
        trace = pj.run(live_program(lab), lab, keys=0.3)
        assert lab.elements["pjsua"].address.port != 0
    assert [r.message.status for r in trace.select("sent", "registrar")] == [401, 200, 200]
    assert capsys.readouterr().out.count("Registration status:  200") == 2


@pytest.mark.covers("R19")
def test_a_notebooks_loop_goes_on_while_the_program_waits_for_a_key():
    ticks: list[float] = []

    async def notebook() -> sipsim.Trace:
        with with_registrar("udp", "127.0.0.1") as lab:
            run = lab.start(pj.story(live_program(lab), keys=0.3))
            while run.state == "running":
                ticks.append(lab.env.now)
                await asyncio.sleep(0.02)
            return await run

    trace = asyncio.run(notebook())
    assert len(ticks) > 5 and trace.result["ok"]
    assert [r.message.status for r in trace.select("sent", "registrar")] == [401, 200, 200]


@pytest.mark.covers("PJ8", "PJ9")
def test_the_snippet_tells_of_an_error_and_lets_go(capsys: pytest.CaptureFixture[str]):
    lab = with_registrar()
    trace = pj.run(SNIPPET.replace("TransportConfig(5060)", "TransportConfig(70000)"), lab)
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Exception")]
    assert told == [
        "Exception: Object: Lib, operation=create_transport(), error=Invalid value or argument (PJ_EINVAL): "
        "port 70000 is none from 0 to 65535"
    ]
    assert trace.result["ok"] and trace.select("api")[-1].data["name"] == "destroy" and not wire(trace)


@pytest.mark.covers("PJ9")
def test_after_destroy_there_may_be_another_library_at_the_same_port():
    lab = Lab(seed=7)
    lab.registrar("sip.example.com")
    again = SNIPPET + "\n" + SNIPPET.partition("\n")[2]
    program = again.replace("TransportConfig(5060)", 'TransportConfig(5060, "192.0.2.77")')
    trace = pj.run(program, lab)
    assert trace.result["ok"] and not trace.select("error")
    assert [str(e.address) for n, e in lab.elements.items() if n.startswith("pjsua")] == ["192.0.2.77:5060"] * 2
    assert sum(record.data["name"] == "on_reg_state" for record in trace.select("api")) == 4


def test_functions_that_wait_may_be_called_and_keys_may_be_typed(capsys: pytest.CaptureFixture[str]):
    program = """
import time
from sipsim.apis import pjsua as pj

def ask(question):
    time.sleep(1.5)
    return input(question)

def main():
    while True:
        choice = ask("Menu: ")
        print("chosen", choice)
        if choice == "q":
            return

if __name__ == "__main__":
    main()
"""
    lab = Lab(seed=7)
    pj.run(program, lab, keys=[(2.0, "m"), (3.0, "q")])
    assert capsys.readouterr().out == "chosen m\nchosen q\n" and lab.env.now == 8.0


def test_what_the_program_raises_is_told_when_the_run_is_over():
    with pytest.raises(ZeroDivisionError) as caught:
        pj.run("import pjsua\nlib = pjsua.Lib()\ninput()\n1 / 0\n", Lab(seed=7))
    assert caught.value.trace.select("error")  # type: ignore[attr-defined]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_program_that_exits_ends_itself_and_not_whoever_runs_it(at_once: bool):
    """As the samples of pjsua do when an `Error` is raised."""
    wait = "" if at_once else "input()\n"
    trace = pj.run(f"import sys\nimport pjsua\nlib = pjsua.Lib()\n{wait}sys.exit(1)\n", Lab(seed=7), keys=3.0)
    (left,) = trace.select("note")
    assert (left.time, left.data["text"]) == (0.0 if at_once else 3.0, "pjsua exits: 1")


def test_a_file_is_given_as_a_path_and_its_name_is_no_program():
    with pytest.raises(UsageError, match=r"program: 'call.py'.*Path\('call.py'\)"):
        pj.run("call.py", Lab(seed=7))


@pytest.mark.parametrize("keys", [-1, "soon", None, [(1.0, 2)], [(1.0, "a", "b")], float("nan")])
def test_keys_that_nobody_can_press_are_named(keys: Any):
    with pytest.raises(UsageError, match="keys: "):
        pj.run("input()\n", Lab(seed=7), keys=keys)


def test_two_programs_on_one_lab_have_a_library_each():
    lab = Lab(seed=7)
    lab.registrar("sip.example.com")

    def both(lab: Lab):
        first = lab.env.process(pj.story(SNIPPET, name="one", keys=5.0)(lab))
        second = lab.env.process(pj.story(SNIPPET.replace('"username"', '"other"'), name="two", keys=3.0)(lab))
        yield first & second

    trace = lab.run(both)
    assert {r.element for r in trace.select("api")} == {"one", "two"} and not trace.select("error")


CALLING = """
import sys
from time import sleep
import pjsua as pj

class MyCallCallback(pj.CallCallback):
    def on_state(self):
        print("Call is", self.call.info().state_text)
    def on_media_state(self):
        if self.call.info().media_state == pj.MediaState.ACTIVE:
            pj.Lib.instance().conf_connect(self.call.info().conf_slot, 0)
            pj.Lib.instance().conf_connect(0, self.call.info().conf_slot)

def main():
    lib = pj.Lib()
    try:
        lib.init(log_cfg=pj.LogConfig(level=0))
        lib.set_null_snd_dev()
        transport = lib.create_transport(pj.TransportType.UDP)
        lib.start()
        acc = lib.create_account_for_transport(transport)
        call = acc.make_call("sip:bob@192.0.2.77", MyCallCallback())
        sleep(1)
        print("typed", repr(sys.stdin.readline()))
        call.hangup()
        sleep(0.5)
    finally:
        lib.destroy()

main()
"""


@pytest.mark.covers("PJ11")
def test_a_program_that_calls_and_connects_sound(capsys: pytest.CaptureFixture[str]):
    lab = Lab(seed=7)
    lab.user_agent("sip:bob@example.com", host="192.0.2.77", answers=1.0)
    trace = pj.run(CALLING, lab, keys=[(5.0, "h")])
    assert capsys.readouterr().out.splitlines() == [
        "Call is CALLING", "Call is EARLY", "Call is CONNECTING", "Call is CONFIRMED", "typed 'h\\n'",
        "Call is DISCONNCTD",
    ]  # fmt: skip
    joined = [record.data["arguments"] for record in trace.select("api") if record.data["name"] == "conf_connect"]
    assert joined == [[1, 0], [0, 1]]


def test_where_a_program_cannot_wait_it_is_told_so():
    program = """
import pjsua
class App:
    def ask(self):
        return input("Now?")
App().ask()
"""
    with pytest.raises(pj.Error, match="callbacks and methods can't wait for a key"):
        pj.run(program, Lab(seed=7))


@pytest.mark.parametrize("name", ["create_player", "create_recorder", "create_playlist"])
def test_there_is_no_sound_to_play_or_record(name: str):
    pj.use(Lab(seed=7))
    lib = pj.Lib()
    assert (lib.enum_snd_dev(), lib.get_snd_dev(), lib.conf_get_max_ports()) == ([], (-99, -99), 32)
    with pytest.raises(pj.Error, match="there is no sound"):
        getattr(lib, name)("a.wav")
    with pytest.raises(pj.Error, match="-1 is no slot"):
        lib.conf_disconnect(-1, 0)
