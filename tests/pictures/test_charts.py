"""Charts say what the records say: bindings, timers, routes and the network, at an instant or over time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import networkx
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from test_hostile_pictures import ATTRIBUTES, CORES, TAGS

import sipsim
from sipsim.errors import UsageError
from sipsim.pictures.charts.bindings import lives
from sipsim.pictures.charts.routes import Hop, Routes
from sipsim.pictures.charts.topology import in_flight
from sipsim.pictures.drawing import Drawing
from sipsim.trace.trace import Trace

ROOT = Path(sipsim.__file__).parents[1]


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def timed_out() -> Trace:
    lab = sipsim.Lab(seed=3)
    alice = lab.user_agent("sip:alice@192.0.2.1")
    lab.network.drop("INVITE", times=99)
    lab.user_agent("sip:bob@192.0.2.2", host="192.0.2.2")
    lab.run(alice.call("sip:bob@192.0.2.2").ended)
    return lab.trace


# ---- bindings


def test_bindings_live_from_their_register_to_their_end():
    (bob,) = lives(sipsim.run("refresh", seed=1))
    assert [grant.action for grant in bob.grants] == ["add", *["refresh"] * (len(bob.grants) - 1)]
    assert bob.granted(0.0) is None
    assert bob.granted(bob.begin) is not None
    phones = lives(sipsim.run("bindings", seed=1))
    assert {life.end for life in phones} == {"removed"}


def test_a_binding_that_nobody_refreshes_lapses_when_its_time_is_up():
    lab = sipsim.Lab(seed=1)
    lab.registrar("example.com")
    bob = lab.user_agent("sip:bob@example.com")
    bob.register(expires=120)
    lab.run()
    bob.crash()
    lab.run(until=200)
    (life,) = lives(lab.trace)
    assert (life.end, round(life.until)) == ("lapsed", 120)
    assert len(lab.trace.locations(at=119.0)) == 1
    assert len(lab.trace.locations(at=121.0)) == 0
    assert "lapsed" in texts(sipsim.draw_registrations(lab.trace))


def test_a_registrar_that_crashes_forgets_what_it_kept():
    lab = sipsim.Lab(seed=1)
    registrar = lab.registrar("example.com")
    lab.user_agent("sip:bob@example.com").register()
    lab.run()
    at = lab.env.now
    registrar.crash()
    lab.run(until=at + 1)
    assert [life.end for life in lives(lab.trace)] == ["forgotten"]
    assert len(lab.trace.locations()) == 0
    assert "forgotten" in texts(sipsim.draw_registrations(lab.trace))


def test_a_binding_placed_without_a_register_is_known_from_the_first_look_up():
    table = sipsim.run("rfc3665-3.2", seed=1).locations()
    (record,) = table.records
    assert (record["aor"], record["expires_at"], record["left"]) == ("sip:bob@biloxi.example.com", None, None)
    assert "no end" in str(table)


def test_the_location_table_says_the_same_in_every_form():
    trace = sipsim.run("two-phones", seed=1)
    table = trace.locations(at=5.0)
    (record,) = table.records
    assert record["left"] == pytest.approx(record["expires_at"] - 5.0)
    for form in (str(table), table.to_svg(), table.to_html()):
        assert record["contact"] in form
    assert "nobody can be reached" in str(trace.locations(at=0.0))


def test_the_timeline_has_a_row_for_each_binding_and_a_mark_for_each_end():
    trace = sipsim.run("bindings", seed=1)
    ax = sipsim.draw_registrations(trace)
    assert len(ax.get_yticks()) == len(lives(trace))
    assert texts(ax).count("removed") == len(lives(trace))
    one = sipsim.draw_registrations(sipsim.run("refresh", seed=1), "sip:bob@example.com")
    assert texts(one).count("3600 s") == 5


# ---- timers


def test_the_timer_chart_has_a_bar_for_each_timer_and_a_mark_for_each_copy():
    ax = sipsim.draw_timers(timed_out(), "alice")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["state", "sent", "received", "timer A", "timer B"]
    sent = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "^"]
    assert sent == pytest.approx([0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5])
    fired = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert sorted(fired) == pytest.approx([0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 32.0])
    assert {"INVITE", "calling", "16 s", "32 s"} <= set(texts(ax))


def test_a_timer_that_runs_on_is_open():
    ax = sipsim.draw_timers(sipsim.run("busy", seed=1), "bob")
    assert [line.get_marker() for line in ax.lines][-1] == ">"
    assert "0.5 s, stopped" in texts(ax)


# ---- routes


def test_each_side_has_its_route_set_in_its_own_order():
    trace = sipsim.run("rfc3665-3.2", seed=1)
    chart = trace.route_sets()
    routes = chart.routes
    assert [hop.target for hop in routes.hops] == ["Proxy 1", "Proxy 2", "Bob"]
    assert [len(hop.values) for hop in routes.hops] == [0, 1, 2]
    assert routes.caller_set == routes.callee_set[::-1]
    assert [routes.inserted[value] for value in routes.caller_set] == ["Proxy 1", "Proxy 2"]
    ack = next(hop for hop in routes.later if hop.method == "ACK")
    bye = next(hop for hop in routes.later if hop.method == "BYE")
    assert (ack.source, ack.values) == ("Alice", routes.caller_set)
    assert (bye.source, bye.values) == ("Bob", routes.callee_set)
    assert "Proxy 2 adds itself" in str(chart)


def test_without_record_route_the_sets_are_empty_and_requests_go_straight():
    chart = sipsim.run("ozeki-direct", seed=1).route_sets()
    assert (chart.routes.caller_set, chart.routes.callee_set) == ([], [])
    assert ("alice", "bob") in {(hop.source, hop.target) for hop in chart.routes.later}
    assert "requests go straight" in chart.to_svg()


def test_of_a_fork_the_branch_that_answered_is_shown():
    trace = sipsim.run("fork", seed=1)
    routes = trace.route_sets().routes
    assert routes.callee == next(
        r.element for r in trace.select("sent") if b"INVITE" in r.raw and b"SIP/2.0 200" in r.raw
    )


# ---- network


def test_the_network_is_a_graph_of_elements_and_links():
    lab = sipsim.Lab(seed=1, delay=0.01)
    lab.proxy("example.com")
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    lab.link(alice, lab.elements["proxy"], loss=0.25, delay=0.02)
    bob.register()
    lab.run()
    graph = sipsim.topology(lab)
    assert graph.nodes["alice"]["kind"] == "user agent"
    assert (
        graph.nodes["proxy"]["addresses"] == [str(lab.elements["proxy"].address)] or graph.nodes["proxy"]["addresses"]
    )
    assert (graph.edges["alice", "proxy"]["delay"], graph.edges["alice", "proxy"]["loss"]) == (0.02, 0.25)
    assert graph.edges["bob", "proxy"] == {"delay": 0.01, "messages": 2}
    assert not graph.has_edge("alice", "bob")


def test_a_graph_comes_out_as_it_went_in():
    square = networkx.Graph()
    square.add_edge("alice", "router", delay=0.01)
    square.add_edge("router", "bob", delay=0.005)
    lab = sipsim.Lab(seed=1, network=square)
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    bob.rejects(486)
    lab.run(alice.call("sip:bob@192.0.2.2").ended)
    graph = sipsim.topology(lab.trace)
    assert {frozenset(edge) for edge in graph.edges} == {frozenset(edge) for edge in square.edges}
    assert graph.edges["bob", "router"]["delay"] == 0.005
    assert sipsim.topology(square) is square


def test_messages_in_flight_stand_on_their_way():
    trace = sipsim.run("rfc3665-3.2", seed=1)
    sent = next(r for r in trace.select("sent", "Proxy 2") if r.raw.startswith(b"INVITE"))
    flights = {f.text: f for f in in_flight(trace, sent.time + 0.001)}
    assert (flights["INVITE"].source, flights["INVITE"].target) == ("Proxy 2", "Bob")
    assert flights["INVITE"].done == pytest.approx(0.2)
    assert in_flight(trace, 1.0) == []
    assert "INVITE" in texts(sipsim.draw_topology(trace, at=sent.time + 0.001))
    assert "5 ms" in texts(sipsim.draw_topology(trace))


def test_places_may_be_given_as_networkx_has_them():
    graph = networkx.path_graph(["a", "b", "c"])
    ax = sipsim.draw_topology(graph, pos={"a": (0, 0), "b": (1, 1), "c": (2, 0)})
    assert {"a", "b", "c"} <= set(texts(ax))
    with pytest.raises(UsageError, match="pos: has no place for c"):
        sipsim.draw_topology(graph, pos={"a": (0, 0), "b": (1, 1)})
    with pytest.raises(UsageError, match="a graph has no messages"):
        sipsim.draw_topology(graph, at=1.0)


# ---- all of them

MATPLOTLIB: dict[str, Callable[..., Axes]] = {
    "topology": lambda ax=None: sipsim.draw_topology(sipsim.run("busy", seed=1), at=0.002, ax=ax),
    "registrations": lambda ax=None: sipsim.draw_registrations(sipsim.run("bindings", seed=1), ax=ax),
    "timers": lambda ax=None: sipsim.draw_timers(sipsim.run("busy", seed=1), "bob", ax=ax),
}


@pytest.mark.parametrize("draw", MATPLOTLIB.values(), ids=MATPLOTLIB)
def test_charts_on_matplotlib_draw_on_the_axes_given_and_return_them(draw: Callable[..., Axes]):
    mine = Figure().subplots()
    assert draw(ax=mine) is mine
    assert draw().figure is not mine.figure


def test_no_chart_loads_pyplot_and_importing_sipsim_loads_neither_matplotlib_nor_networkx():
    program = (
        "import sys, sipsim\n"
        "assert not {'matplotlib', 'networkx'} & set(sys.modules)\n"
        "trace = sipsim.run('busy', seed=1)\n"
        "str(trace.state_chart('bob')), trace.state_chart('bob').to_svg(), trace.locations().to_svg()\n"
        "assert 'matplotlib' not in sys.modules\n"
        "sipsim.draw_timers(trace, 'bob'), sipsim.draw_topology(trace, 0.002)\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)


DRAWINGS: dict[str, Callable[[], Drawing]] = {
    "routes": lambda: sipsim.run("rfc3665-3.2", seed=1).route_sets(),
    "locations": lambda: sipsim.run("two-phones", seed=1).locations(5.0),
}


@pytest.mark.parametrize("make", DRAWINGS.values(), ids=DRAWINGS)
def test_drawings_show_svg_and_text_and_are_the_same_each_time(make: Callable[[], Drawing], tmp_path: Path):
    drawing = make()
    bundle, _ = drawing._repr_mimebundle_()
    assert list(bundle) == ["image/svg+xml", "text/plain"]
    assert make().to_svg() == drawing.to_svg()
    drawing.save(tmp_path / "picture.svg")
    assert (tmp_path / "picture.svg").read_text(encoding="utf-8") == drawing.to_svg()
    with pytest.raises(UsageError, match=drawing.noun):
        drawing.save(tmp_path / "picture.gif")


ASKED: dict[str, tuple[Callable[[Trace], object], str]] = {
    "a user nobody knows": (lambda t: t.locations(aor="sip:carol@example.com"), "sip:bob@example.com"),
    "no time": (lambda t: t.locations(at=-1), "seconds of the run"),
    "no instant of a chart": (lambda t: t.state_chart("alice", at="noon"), "seconds of the run"),
    "no instant of the network": (lambda t: sipsim.draw_topology(t, at=float("nan")), "seconds of the run"),
    "no number": (lambda t: t.state_chart("alice", message="INVITE"), "a number on the ladder"),
    "no such number": (lambda t: sipsim.draw_timers(t, "alice", message=10_000), "messages, from 1"),
    "no call": (lambda t: t.route_sets("nobody's"), "alice-1@"),
    "no bindings of a user": (lambda t: sipsim.draw_registrations(t, "x"), "sip:bob@example.com"),
    "no element": (lambda t: sipsim.draw_timers(t, "carol"), "'alice'"),
    "a dialog": (lambda t: sipsim.draw_timers(t, "alice", machine="dialog"), "no timers of its own"),
    "no network": (lambda t: sipsim.draw_topology("x"), "give a trace, a lab or a networkx graph"),
    "no bindings": (lambda t: sipsim.draw_registrations(Trace()), "has no bindings"),
    "no calls": (lambda t: Trace().route_sets(), "no INVITE"),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_there_is_not_is_said_with_what_there_is(name: str):
    ask, said = ASKED[name]
    with pytest.raises(UsageError, match=said):
        ask(sipsim.run("two-phones", seed=1))


class Tags(HTMLParser):
    """The tags of a text that a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag + "".join(name for name, _ in attrs))


@pytest.mark.parametrize("payload", [*CORES, "$\\frac{1}$", "_$x^{$", "%s{}"])
def test_hostile_texts_are_shown_and_never_obeyed(payload: str):
    trace = Trace()
    trace.header["elements"] = [{"name": payload, "kind": payload, "addresses": [payload]}]
    trace.header["links"] = [{"between": [payload, "x"], "delay": payload, "loss": payload}, {"between": 3}, {}]
    trace.add("binding", 0.0, payload, action="add", aor=payload, contact=payload, expires=60.0)
    trace.timer(0.0, payload, "set", "A", 0.5, "INVITE client", payload)
    trace.timer(0.5, payload, "fired", payload, 0.5, "INVITE client", payload)
    trace.timer(0.6, payload, "set", payload, 0.5, "INVITE client", payload)
    table = trace.locations()
    for element in ElementTree.fromstring(table.to_svg()).iter():
        assert element.tag.split("}")[1] in TAGS
        assert set(element.attrib) <= ATTRIBUTES
    assert str(table).replace("\n", "").isprintable()
    assert Tags(table.to_html()).seen == {"table", "caption", "tr", "th", "td"}
    for ax in (
        sipsim.draw_registrations(trace), sipsim.draw_timers(trace, payload), sipsim.draw_topology(trace, at=0.0),
        sipsim.draw_topology(trace),
    ):  # fmt: skip
        FigureCanvasAgg(ax.figure).draw()


@pytest.mark.parametrize("payload", CORES)
def test_hostile_route_values_are_shown_and_never_obeyed(payload: str):
    chart = sipsim.run("ozeki", seed=1).route_sets()
    hop = Hop(1, payload, payload, payload, payload, [payload], [payload])
    chart.routes = Routes(payload, payload, payload, [hop], [payload], [payload], payload, [hop], {payload: payload})
    chart.columns = [payload]
    for element in ElementTree.fromstring(chart.to_svg()).iter():
        assert element.tag.split("}")[1] in TAGS
        assert set(element.attrib) <= ATTRIBUTES
    assert str(chart).replace("\n", "").isprintable()


@pytest.mark.covers("P02")
def test_a_binding_is_in_the_table_when_the_registrar_says_200():
    lab = sipsim.Lab(seed=1)
    lab.registrar("example.com")
    lab.user_agent("sip:bob@example.com").register()
    trace = lab.run()
    (accepted,) = [record for record in trace.select("sent", "registrar") if b" 200 " in record.raw[:15]]
    assert [record["aor"] for record in trace.locations(at=accepted.time).records] == ["sip:bob@example.com"]
    assert trace.locations(at=0.0).records == []


@pytest.mark.covers("O7")
def test_the_bye_of_the_callee_follows_its_own_route_set():
    trace = sipsim.run("ozeki", seed=1)
    routes = trace.route_sets().routes
    byes = [hop for hop in routes.later if hop.method == "BYE"]
    assert [(hop.source, hop.target) for hop in byes] == [("bob", "proxy"), ("proxy", "alice")]
    assert [hop.values for hop in byes] == [routes.callee_set, []]


def test_a_lab_will_do_where_its_trace_is_drawn_and_nothing_else_will():
    lab = sipsim.Lab(seed=1)
    lab.registrar("example.com")
    lab.run(lab.user_agent("sip:bob@example.com").register())
    assert [text.get_text() for text in sipsim.draw_timers(lab, "bob").texts]  # type: ignore[arg-type]
    assert sipsim.draw_registrations(lab).get_xlabel()  # type: ignore[arg-type]
    for source in ("call.pcap", None, 5):
        with pytest.raises(UsageError, match=r"trace: .* give a trace or a lab"):
            sipsim.draw_timers(source, "bob")  # type: ignore[arg-type]
        with pytest.raises(UsageError, match=r"trace: .* give a trace or a lab"):
            sipsim.draw_registrations(source)  # type: ignore[arg-type]
