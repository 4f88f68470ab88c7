"""A machine checks itself, answers questions about its table, and draws it."""

from __future__ import annotations

import pickle
import re
from dataclasses import replace

import pytest
from transaction_bench import MACHINES

from sipsim.errors import UsageError
from sipsim.protocol.machine import Machine, Row
from sipsim.protocol.timing import Timing
from sipsim.protocol.transactions import INVITE_CLIENT, NON_INVITE_CLIENT, Transaction

DOOR = Machine(
    "door",
    rfc="house rules §1",
    initial="shut",
    timers={"shut": "", "open": "W", "bricked up": ""},
    rows={
        ("shut", "push"): ("open", ("creak",), "house rules §2"),
        ("open", "timer W"): ("shut", ()),
        ("shut", "wall"): ("bricked up", ()),
    },
)


def test_rows_have_a_section_each() -> None:
    assert DOOR.row("shut", "push") == Row("open", ("creak",), "house rules §2")
    assert DOOR.row("open", "timer W") == Row("shut", (), "house rules §1")
    assert DOOR.row("open", "push") is None
    with pytest.raises(UsageError, match=r"'ajar'.*shut, open, bricked up"):
        DOOR.row("ajar", "push")


def test_states_come_in_the_order_given() -> None:
    assert DOOR.states == ("shut", "open", "bricked up")
    assert DOOR.inputs == {"push", "timer W", "wall"}
    assert repr(DOOR) == "<Machine door: 3 states, 3 rows>"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"initial": "ajar"}, "unknown states ajar"),
        ({"rows": {("shut", "push"): ("ajar", ())}}, "unknown states ajar"),
        ({"rows": {("ajar", "push"): ("shut", ())}}, "unknown states ajar"),
        ({"timers": {"shut": "X", "open": "W", "bricked up": ""}}, "shut has no row for timer X"),
        ({"timers": {"shut": "", "open": "", "bricked up": ""}}, "timer W is not alive in open"),
        ({"rows": {("shut", "wall"): ("bricked up", ())}}, "open can't be reached"),
        ({"rows": {("shut", "push"): ("open", ()), ("open", "push"): ("shut", ())}}, "shut leads to no end"),
    ],
)
def test_a_table_that_does_not_hold_together_is_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(UsageError, match=f"machine 'door': .*{problem}"):
        replace(DOOR, **changes)  # type: ignore[arg-type]


def test_a_row_can_be_replaced_to_see_what_the_mistake_does() -> None:
    deaf = INVITE_CLIENT.with_row("completed", "3xx-6xx", "completed", ())
    assert deaf.row("completed", "3xx-6xx") == Row("completed", (), "our own row")
    assert INVITE_CLIENT.row("completed", "3xx-6xx") != deaf.row("completed", "3xx-6xx")
    assert deaf.row("calling", "2xx") == INVITE_CLIENT.row("calling", "2xx")


def test_a_timer_can_be_taken_out_with_its_rows() -> None:
    quitter = replace(
        NON_INVITE_CLIENT,
        timers={**NON_INVITE_CLIENT.timers, "proceeding": "F"},
        rows={pair: row for pair, row in NON_INVITE_CLIENT.rows.items() if pair != ("proceeding", "timer E")},
    )
    assert ("stop", "E") in quitter.steps[False]["trying"]["1xx"].closing
    assert ("stop", "E") not in NON_INVITE_CLIENT.steps[False]["trying"]["1xx"].closing


def test_the_given_tables_are_copied() -> None:
    rows, timers = dict(DOOR.rows), dict(DOOR.timers)
    door = replace(DOOR, rows=rows, timers=timers)
    rows.clear()
    timers.clear()
    assert door.text() == DOOR.text()


def test_machines_can_be_sent_to_another_process() -> None:
    copy = pickle.loads(pickle.dumps(INVITE_CLIENT))
    assert copy.text() == INVITE_CLIENT.text()
    assert copy.steps == INVITE_CLIENT.steps


def test_explanations() -> None:
    assert INVITE_CLIENT.explain("calling", "3xx-6xx") == (
        "INVITE client, calling: on 3xx-6xx acknowledge it, pass it to the transaction user, stop timer A, "
        "stop timer B, start timer D and become completed (RFC 6026 §8.4)"
    )
    assert INVITE_CLIENT.explain("calling", "timer A") == (
        "INVITE client, calling: on timer A send the last message again, start timer A and stay calling "
        "(RFC 3261 §17.1.1.2)"
    )
    assert INVITE_CLIENT.explain("calling", "timer B") == (
        "INVITE client, calling: on timer B tell the transaction user of the timeout, stop timer A "
        "and become terminated (RFC 3261 §17.1.1.2)"
    )
    assert INVITE_CLIENT.explain("completed", "timer D") == (
        "INVITE client, completed: on timer D do nothing and become terminated (RFC 6026 §8.4)"
    )
    assert INVITE_CLIENT.explain("accepted", "1xx") == (
        "INVITE client, accepted: 1xx is ignored (no row in RFC 3261 §17.1.1.2)"
    )


# The part of Mermaid's state diagram language that is used here.
NAME = r"[a-z]\w*"
END = r"\[\*\]"
STATEMENTS = [
    rf"(?P<before>{END}|{NAME}) --> (?P<after>{END}|{NAME})(?: : (?P<label>[\w ,/.-]+))?",
    rf"state \"[\w ]+\" as {NAME}",
    rf"note right of (?P<timed>{NAME}) : timer (?P<timers>[A-Z](, [A-Z])*)",
    rf"classDef {NAME} [a-z-]+:[#\w]+(?:,[a-z-]+:[#\w]+)*",
    rf"class (?P<states>{NAME}(?:,{NAME})*) (?P<style>{NAME})",
]


def statements(text: str) -> list[dict[str, str | None]]:
    """The statements of a state diagram; each line has to be one."""
    first, *lines = text.splitlines()
    assert first == "stateDiagram-v2"
    assert text.endswith("\n")
    found = []
    for line in lines:
        matches = [match for form in STATEMENTS if (match := re.fullmatch("    " + form, line))]
        assert len(matches) == 1, line
        found.append(matches[0].groupdict())
    return found


@pytest.mark.parametrize("machine", MACHINES, ids=repr)
def test_mermaid_has_an_edge_for_each_row(machine: Machine) -> None:
    found = [part for part in statements(machine.mermaid()) if "before" in part]
    edges = [(part["before"], part["after"], part["label"]) for part in found]
    expected = [
        (state, row[0], " / ".join(filter(None, [input, ", ".join(row[1])])))
        for (state, input), row in machine.rows.items()
    ]
    assert edges[0] == ("[*]", machine.initial, ", ".join(machine.entry))
    assert edges[-1] == ("terminated", "[*]", None)
    assert sorted(edges[1:-1]) == sorted(expected)


@pytest.mark.parametrize("machine", MACHINES, ids=repr)
def test_mermaid_shows_the_timers_of_each_state(machine: Machine) -> None:
    notes = {part["timed"]: part["timers"] for part in statements(machine.mermaid()) if "timed" in part}
    assert notes == {state: ", ".join(names) for state, names in machine.timers.items() if names}


def test_mermaid_lights_the_current_state_and_pales_the_unvisited() -> None:
    found = statements(INVITE_CLIENT.mermaid(at="completed", visited=["calling"]))
    styles = {part["style"]: part["states"] for part in found if "style" in part}
    assert styles == {"here": "completed", "pale": "proceeding,accepted,terminated"}


def test_mermaid_draws_names_with_blanks() -> None:
    text = DOOR.mermaid(at="bricked up")
    assert 'state "bricked up" as bricked_up' in text
    assert ("shut", "bricked_up") in [(part.get("before"), part.get("after")) for part in statements(text)]
    assert "class bricked_up here" in text


@pytest.mark.parametrize("names", [{"at": "ringing"}, {"visited": ["calling", "ringing"]}])
def test_mermaid_refuses_states_that_the_machine_lacks(names: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"'ringing'.*calling, proceeding"):
        INVITE_CLIENT.mermaid(**names)  # type: ignore[arg-type]


def test_an_action_that_no_transaction_has_is_refused() -> None:
    machine = INVITE_CLIENT.with_row("calling", "1xx", "proceeding", ("dance",))
    with pytest.raises(UsageError, match=r"'dance'.*send, resend, pass"):
        Transaction(machine, None, Timing()).feed("1xx")  # type: ignore[arg-type]
