"""A state chart is the table that runs: every state and row once, what a run visited bold, where it stands filled."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from test_hostile_pictures import ATTRIBUTES, PAYLOADS, TAGS

import sipsim
from sipsim.errors import UsageError
from sipsim.pictures.charts.layers import Edge, Node, place
from sipsim.pictures.charts.state_chart import StateChart, standing
from sipsim.pictures.charts.states import names
from sipsim.protocol.machine import Machine
from sipsim.trace.trace import Trace
from sipsim.trace.walks import TABLES, Walks

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def lossy() -> Trace:
    return sipsim.run("ozeki", seed=1, loss=0.3)


def groups(svg: str) -> dict[str, ElementTree.Element]:
    """The groups of a picture by name, without the picture's own id before it."""
    root = ElementTree.fromstring(svg)
    prefix = root.get("id", "") + "-"
    return {g.get("id", "").removeprefix(prefix): g for g in root.iter(f"{SVG}g") if g.get("id")}


def words(element: ElementTree.Element) -> str:
    return " ".join(text.strip() for text in element.itertext())


@pytest.mark.parametrize("name", TABLES)
def test_every_state_and_every_row_is_there_once_with_its_section(name: str):
    machine = TABLES[name]
    found = groups(StateChart(machine).to_svg())
    for (state, input), row in machine.rows.items():
        said = words(found[names(machine)[state, input]])
        assert input in said
        assert row[2].removeprefix("RFC 3261 ") in said
        assert all(action in said for action in row[1])
    for state in machine.states:
        said = words(found[names(machine)[state]])
        assert state in said
        assert all(timer in said for timer in machine.timers[state])


def test_visited_rows_are_bold_with_their_number_and_the_current_state_is_filled(lossy: Trace):
    chart = lossy.state_chart("bob")
    found = groups(chart.to_svg())
    assert chart.state == "accepted"
    assert "state-here" in ElementTree.tostring(found["state-accepted"], "unicode")
    assert "×9" in words(found["row-accepted-send-2xx"])
    assert "state-row-seen" in ElementTree.tostring(found["row-accepted-send-2xx"], "unicode")
    assert "state-row-pale" in ElementTree.tostring(found["row-completed-timer-G"], "unicode")
    assert "state-pale" in ElementTree.tostring(found["state-confirmed"], "unicode")


def test_an_instant_shows_what_had_been_visited_then(lossy: Trace):
    early, late = lossy.state_chart("bob", at=0.6), lossy.state_chart("bob")
    assert (early.state, late.state) == ("proceeding", "accepted")
    assert early.visited == {("proceeding", "send 1xx"): 1}
    assert lossy.state_chart("bob", at=0.0).state == ""  # nothing had begun yet


def test_a_message_chooses_its_transaction_as_it_stood_then():
    trace = sipsim.run("ozeki", seed=1)
    numbers = {r.raw.split(b"\r\n")[0].decode()[-7:]: r.number for r in trace.select("sent", "proxy")}
    chart = trace.state_chart("alice", message=numbers["Ringing"])
    assert (chart.machine.name, chart.state) == ("INVITE client", "proceeding")
    assert trace.state_chart("proxy", message=numbers["Ringing"]).machine.name == "INVITE server"


def test_the_text_marks_the_same():
    chart = sipsim.run("rfc3665-3.8", seed=1).state_chart("Alice", machine="INVITE client")
    lines = str(chart).splitlines()
    assert any(re.match(r"\s+×1 +proceeding +3xx-6xx", line) for line in lines)
    assert {line.split()[1] for line in lines if line.startswith(">")} <= {chart.state, "×1"}
    assert all(len(line) <= 120 for line in lines)


def test_mermaid_lights_the_state_where_it_stands(lossy: Trace):
    assert "class accepted here" in lossy.state_chart("bob").to_mermaid()


def test_a_notebook_gets_exactly_svg_and_text(lossy: Trace):
    bundle, _ = lossy.state_chart("bob")._repr_mimebundle_()
    assert list(bundle) == ["image/svg+xml", "text/plain"]


def test_the_same_run_gives_the_same_bytes(lossy: Trace):
    again = sipsim.run("ozeki", seed=1, loss=0.3)
    assert lossy.state_chart("proxy").to_svg() == again.state_chart("proxy").to_svg()


def test_a_table_of_ones_own_with_circles_and_odd_names_is_drawn():
    machine = Machine(
        "a <b>&", "RFC 0", "one",
        {"one": "", "two!": "A", "two?": "", "end": ""},
        {
            ("one", "go"): ("two!", ()), ("two!", "back"): ("one", ("x",)), ("two!", "timer A"): ("two?", ()),
            ("two?", "again"): ("two!", ()), ("two?", "stop"): ("end", ()), ("one", "stop"): ("end", ()),
        },
    )  # fmt: skip
    found = groups(StateChart(machine).to_svg())
    assert {"state-two", "state-two-2", "row-two-back", "row-two-again"} <= set(found)


@pytest.mark.parametrize("asked", [
    {"element": "carol"}, {"element": "alice", "machine": "INVITE server"}, {"element": "alice", "transaction": "x"},
    {"element": "alice", "message": 999},
])  # fmt: skip
def test_what_there_is_not_is_said_with_what_there_is(lossy: Trace, asked: dict[str, object]):
    with pytest.raises(UsageError, match=r"alice|INVITE client|messages"):
        lossy.state_chart(**asked)


def test_a_trace_without_states_says_so():
    with pytest.raises(UsageError, match="trace: has no records of states"):
        Trace().state_chart("alice")


def test_another_table_than_the_run_had_is_refused(lossy: Trace):
    with pytest.raises(UsageError, match="has no state"):
        StateChart(TABLES["dialog"], Walks(lossy)[0])


def test_where_a_record_stands_names_the_groups_of_the_picture(lossy: Trace):
    walks = Walks(lossy)
    found = [stand for record in lossy for stand in standing(lossy, record.id, walks)]
    assert {stand["machine"] for stand in found} == {*TABLES} - {"subscriber", "notifier"}
    ids = {name: groups(StateChart(machine).to_svg()) for name, machine in TABLES.items()}
    for stand in found:
        assert stand["state_id"] in ids[str(stand["machine"])]
        assert (stand["row_id"] in ids[str(stand["machine"])]) == bool(stand["row"])
    json.dumps(found)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_names_are_shown_and_never_obeyed(payload: str):
    trace = Trace()
    trace.state(0.0, payload, "INVITE client", "calling", "1xx", "proceeding", payload, payload)
    chart = trace.state_chart(payload)
    machine = Machine(payload, payload, payload, {payload: "", "e": ""}, {(payload, payload): ("e", (payload,))})
    for picture in (chart, StateChart(machine)):
        for element in ElementTree.fromstring(picture.to_svg()).iter():
            assert element.tag.removeprefix(SVG) in TAGS
            assert set(element.attrib) <= ATTRIBUTES
        assert str(picture).replace("\n", "").isprintable()


def test_nothing_is_written_upon_anything_else():
    """Boxes and words of one rank stand apart, in every table."""
    for machine in TABLES.values():
        boxes = {state: Node(150.0, 50.0, 75.0) for state in machine.states}
        ways = {(pair[0], row[0]) for pair, row in machine.rows.items() if pair[0] != row[0]}
        edges = [Edge(boxes[a], boxes[b], Node(120.0, 30.0, 3.0)) for a, b in sorted(ways)]
        place(list(boxes.values()), edges, 0.0, 0.0)
        nodes = [*boxes.values(), *(node for edge in edges for node in edge.chain)]
        for rank in {node.rank for node in nodes}:
            row = sorted((node for node in nodes if node.rank == rank), key=lambda node: node.x)
            assert all(a.x + a.width <= b.x for a, b in pairwise(row))
