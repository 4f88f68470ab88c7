"""The four tables against the RFC's figures, transcribed by hand in `data/figure*.txt`, and drawn."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from transaction_bench import MACHINES

from sipsim.protocol.machine import Machine, Row
from sipsim.protocol.timing import Timing
from sipsim.protocol.transactions import INVITE_CLIENT, INVITE_SERVER, NON_INVITE_CLIENT, NON_INVITE_SERVER

DATA = Path(__file__).parent / "data"
FIGURES = [
    (INVITE_CLIENT, "figure5_invite_client.txt"),
    (NON_INVITE_CLIENT, "figure6_non_invite_client.txt"),
    (INVITE_SERVER, "figure7_invite_server.txt"),
    (NON_INVITE_SERVER, "figure8_non_invite_server.txt"),
]
DONE = {
    "request sent": "send",
    "response sent": "send",
    "request sent again": "resend",
    "response sent again": "resend",
    "response to TU": "pass",
    "request to TU": "pass",
    "ACK sent": "ack",
    "TU told: timeout": "report timeout",
    "TU told: transport error": "report transport error",
}
ODD = Timing(t1=0.3, t2=2.0, t4=7.0)


class Arrow(NamedTuple):
    """An arrow of a figure: the words are the figure's."""

    before: str
    event: str
    done: str
    timers: str
    after: str
    where: str

    @property
    def input(self) -> str:
        """The event in our words."""
        if self.event.endswith(" fires"):
            return "timer " + self.event.removesuffix(" fires")
        event = self.event.replace("Transport Err", "transport error").replace("300-699", "3xx-6xx")
        return event.replace("TU: ", "send ")

    @property
    def row(self) -> Row:
        """The arrow as a row of ours."""
        actions = tuple(DONE[part.strip()] for part in self.done.split(",") if part)
        where = self.where.split()
        return Row(self.after.lower(), actions, f"RFC {where[0] if where[1:] else 3261} §{where[-1]}")


def figure(name: str) -> tuple[Arrow, list[Arrow]]:
    """The arrow that enters a figure, and all others."""
    lines = (DATA / name).read_text("utf-8").splitlines()
    arrows = [Arrow(*(part.strip() for part in line.split("|"))) for line in lines if not line.startswith("#")]
    return arrows[0], arrows[1:]


@pytest.mark.parametrize(("machine", "name"), FIGURES, ids=lambda value: str(value))
def test_the_table_is_the_figure(machine: Machine, name: str) -> None:
    entry, arrows = figure(name)
    assert machine.initial == entry.after.lower()
    assert machine.entry == entry.row.actions
    drawn = {(arrow.before.lower(), arrow.input): arrow.row for arrow in arrows}
    assert len(drawn) == len(arrows)
    assert machine.rows == drawn


@pytest.mark.parametrize(("machine", "name"), FIGURES, ids=lambda value: str(value))
def test_timers_are_set_where_the_figure_sets_them(machine: Machine, name: str) -> None:
    entry, arrows = figure(name)
    assert list(machine.timers[machine.initial]) == [setting[0] for setting in entry.timers.split()]
    for arrow in arrows:
        step = machine.steps[False][arrow.before.lower()][arrow.input]
        started = [*step.starts, step.again] if step.again else list(step.starts)
        assert started == [setting[0] for setting in arrow.timers.split()], arrow


VALUES = {"T1": 0.3, "T4": 7.0, "64T1": 64 * 0.3, "32s": 32.0}
AGAIN = {"double": [2.0, 3.0, 4.0], "double<=T2": [2.0, 2.0, 2.0], "T2": [2.0, 2.0, 2.0]}


@pytest.mark.parametrize("name", [name for _, name in FIGURES])
def test_timers_are_set_to_what_the_figure_says(name: str) -> None:
    entry, arrows = figure(name)
    for arrow in [entry, *arrows]:
        for setting in arrow.timers.split():
            timer, value = setting.split("=", 1)
            if value in VALUES:
                assert ODD.first(timer, False) == VALUES[value], arrow
            else:
                again = [ODD.again(timer, last, arrow.after.lower()) for last in (1.0, 1.5, 2.0)]
                assert again == AGAIN[value], arrow


@pytest.mark.parametrize("machine", MACHINES, ids=repr)
def test_on_reliable_transports_nothing_is_repeated(machine: Machine) -> None:
    for rows in machine.steps[True].values():
        for step in rows.values():
            timers = {step.again, *step.starts, *(effect[1] for effect in step.closing if effect[0] == "stop")}
            assert not timers & set("AEG")


def reached(start: str, machine: Machine) -> set[str]:
    states = {start}
    for _ in machine.states:
        states |= {row[0] for (state, _), row in machine.rows.items() if state in states}
    return states


@pytest.mark.parametrize("machine", MACHINES, ids=repr)
def test_every_state_is_reachable_and_leads_to_terminated(machine: Machine) -> None:
    assert reached(machine.initial, machine) == set(machine.states)
    assert all("terminated" in reached(state, machine) for state in machine.states)
    assert not any(state == "terminated" for state, _ in machine.rows)


@pytest.mark.parametrize("machine", MACHINES, ids=repr)
def test_every_timer_has_a_row_where_it_is_alive_and_no_other(machine: Machine) -> None:
    alive = {(state, f"timer {name}") for state, names in machine.timers.items() for name in names}
    assert {pair for pair in machine.rows if pair[1].startswith("timer ")} == alive


def test_the_tables_as_text() -> None:
    golden = (DATA / "transaction_tables.txt").read_text("utf-8")
    assert "\n".join(machine.text() for machine in MACHINES) == golden
