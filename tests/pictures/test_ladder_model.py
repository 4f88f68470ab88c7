"""What a ladder reads from a trace: columns, messages, media, faults; and what it leaves out, saying so."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest
import told

from sipsim import run
from sipsim.errors import UsageError
from sipsim.lab.lab import Lab
from sipsim.pictures.ladder.ladder import Ladder
from sipsim.pictures.ladder.model import Arrow, Bar, Mark
from sipsim.pictures.ladder.reading.media import host_of
from sipsim.trace.trace import Trace


def names(ladder: Ladder) -> list[str]:
    return [column.name for column in ladder.columns]


def arrow(trace: Trace, number: int) -> Arrow:
    return next(a for a in trace.ladder().arrows if a.number == number)


def test_every_message_is_an_arrow_with_the_number_that_the_trace_gives_it() -> None:
    trace = told.simple_call()
    arrows = Ladder(trace).arrows
    assert [a.number for a in arrows] == list(range(1, 14))
    assert [(a.text, a.source, a.target) for a in arrows[:4]] == [
        ("INVITE", "alice", "proxy"),
        ("100 Trying", "proxy", "alice"),
        ("INVITE", "proxy", "bob"),
        ("180 Ringing", "bob", "proxy"),
    ]
    for a in arrows:
        record = trace.message(a.number)
        assert (a.record, a.sent, a.arrived) == (record.id, record.time, round(record.time + told.DELAY, 6))


def test_a_body_is_a_badge_and_a_response_knows_its_method() -> None:
    arrows = Ladder(told.simple_call()).arrows
    assert [a.number for a in arrows if a.badge == "SDP"] == [1, 3, 6, 7]
    assert {a.badge for a in arrows} == {"SDP", ""}
    assert [(a.text, a.method) for a in arrows[-2:]] == [("200 OK", "BYE")] * 2
    assert arrows[-1].label == "13. 200 OK (BYE) from proxy to alice, 12.035 s to 12.040 s"


@pytest.mark.parametrize(
    ("kind", "badge"),
    [
        ("application/pidf+xml", "PIDF"),
        ("multipart/mixed;boundary=x", "MIXED"),
        ("nonsense", "body"),
        ("", "body"),
        ("application/simple-message-summary", "MWI"),
        ("application/dialog-info+xml", "DIALOG"),
        ("application/DTMF-relay", "DTMF"),
        ("application/reginfo+xml", "REGINFO"),
    ],
)
def test_other_bodies_have_other_badges(kind: str, badge: str) -> None:
    raw = told.octets("PUBLISH", sdp=True).replace(b"Content-Type: application/sdp", f"Content-Type: {kind}".encode())
    trace = told.Told("alice", "bob")
    trace.sent(0.0, "alice", "bob", "", raw=raw)
    assert arrow(trace.trace, 1).badge == badge


def test_the_caller_is_left_and_the_way_of_the_call_leads_to_the_right() -> None:
    trace = told.Told("biloxi", "bob", "atlanta", "alice")
    trace.message(0.0, "bob", "biloxi", "REGISTER")
    trace.message(1.0, "alice", "atlanta", "REGISTER")
    trace.message(2.0, "alice", "atlanta", "INVITE")
    trace.message(2.1, "atlanta", "biloxi", "INVITE")
    trace.message(2.2, "biloxi", "bob", "INVITE")
    trace.message(3.0, "alice", "bob", "ACK")
    assert names(Ladder(trace.trace)) == ["alice", "atlanta", "biloxi", "bob"]


def test_columns_can_be_chosen_and_the_others_follow() -> None:
    assert names(Ladder(told.simple_call(), columns=["bob"])) == ["bob", "alice", "proxy"]
    with pytest.raises(UsageError, match=r"columns='carol'.*'alice', 'proxy', 'bob'"):
        Ladder(told.simple_call(), columns=["carol"])


def test_elements_that_say_nothing_have_no_column_unless_nobody_says_anything() -> None:
    trace = told.Told("alice", "proxy", "bob")
    assert names(Ladder(trace.trace)) == ["alice", "proxy", "bob"]
    trace.message(0.0, "alice", "bob", "OPTIONS")
    assert names(Ladder(trace.trace)) == ["alice", "bob"]
    trace.fault(1.0, "crash", "proxy crashes", "proxy")
    assert names(Ladder(trace.trace)) == ["alice", "bob", "proxy"]


def test_who_is_no_element_has_a_column_under_its_address() -> None:
    trace = told.Told("alice")
    trace.sent(0.0, "alice", "203.0.113.9", "OPTIONS")
    assert names(Ladder(trace.trace)) == ["alice", "203.0.113.9:5060"]


def test_media_of_both_directions_are_one_bar() -> None:
    bars = [row for row in Ladder(told.simple_call()).rows if isinstance(row, Bar)]
    assert [(b.source, b.target, b.start, b.stop, b.text) for b in bars] == [
        ("alice", "bob", 2.02, 12.03, "RTP PCMU 10.0 s")
    ]


def test_media_that_stop_and_start_again_are_two_bars_and_the_second_may_stay_open() -> None:
    trace = told.Told("alice", "bob")
    for time, event in ((1.0, "start"), (3.0, "stop"), (5.0, "start")):
        trace.media(event, time, "alice", "bob")
        trace.media(event, time, "bob", "alice")
    bars = [row for row in Ladder(trace.trace).rows if isinstance(row, Bar)]
    assert [(b.start, b.stop, b.text) for b in bars] == [(1.0, 3.0, "RTP PCMU 2.0 s"), (5.0, None, "RTP PCMU")]
    assert "═ RTP PCMU ═" in str(Ladder(trace.trace))


def test_the_far_end_of_media_is_found_by_its_host_where_it_recorded_nothing() -> None:
    trace = told.Told("alice", "bob")
    trace.media("start", 0.0, "alice", "bob")
    assert [row.target for row in Ladder(trace.trace).rows if isinstance(row, Bar)] == ["bob"]
    trace.trace.add("media", 1.0, "alice", event="start", codec="PCMA", local="192.0.2.1:1", remote="198.51.100.7:9")
    assert [row.target for row in Ladder(trace.trace).rows if isinstance(row, Bar)] == ["bob", "198.51.100.7:9"]


@pytest.mark.parametrize(
    ("address", "host"),
    [("192.0.2.1:40000", "192.0.2.1"), ("192.0.2.1", "192.0.2.1"), ("[2001:db8::1]:9", "2001:db8::1"), ("::1", "::1")],
)
def test_the_host_of_an_address(address: str, host: str) -> None:
    assert host_of(address) == host


def test_a_lost_message_says_why_and_a_retransmission_which_copy_it_is() -> None:
    trace = told.lost_answer()
    lost, again = arrow(trace, 3), arrow(trace, 4)
    assert (lost.lost, lost.arrived, lost.copy) == ("dropped on request", None, 1)
    assert (again.lost, again.arrived, again.copy) == (None, 0.515, 2)
    assert lost.label.endswith("with SDP, sent at 0.010 s, lost: dropped on request")
    assert "copy 2" in again.label


def test_a_message_that_nobody_could_use_says_why() -> None:
    trace = told.crashed_proxy()
    assert arrow(trace, 7).remark == "ignored: a response to no request under way"
    assert (arrow(trace, 8).text, arrow(trace, 8).family) == ("not SIP", "unparsable")
    assert arrow(trace, 8).remark == "unparsable: the start line has one word"


def test_a_message_may_still_be_on_its_way_when_the_trace_ends() -> None:
    under_way = arrow(told.crashed_proxy(), 9)
    assert (under_way.arrived, under_way.lost) == (None, None)
    assert under_way.label == "9. ACK from proxy to bob, sent at 7.530 s, still on its way"


def test_a_packet_that_the_network_duplicated_arrives_twice_under_one_number() -> None:
    twins = [a for a in Ladder(told.fork()).arrows if a.number == 3]
    assert [(a.duplicate, a.arrived) for a in twins] == [(False, 0.01), (True, 0.012)]


def test_faults_errors_and_notes_are_marks() -> None:
    trace = told.crashed_proxy()
    trace.add("error", 8.0, "", who="alice", text="ValueError: no such friend")
    marks = [(m.kind, m.what, m.column, m.text) for m in Ladder(trace).rows if isinstance(m, Mark)]
    assert marks == [
        ("fault", "crash", "proxy", "proxy crashes"),
        ("fault", "restart", "proxy", "proxy restarts"),
        ("fault", "cut", "", "link alice - proxy is cut"),
        ("error", "", "alice", "ValueError: no such friend"),
    ]


def two_calls() -> Trace:
    trace = told.Told("alice", "bob")
    for i in range(4):
        trace.message(float(i), "alice", "bob", "INVITE", call=f"call-{i % 2}")
    return trace.trace


def test_one_call_can_be_picked_and_its_messages_keep_their_numbers() -> None:
    ladder = Ladder(two_calls(), call="call-1")
    assert [a.number for a in ladder.arrows] == [2, 4]
    assert "2 messages" in ladder.foot


def test_a_long_trace_is_cut_and_says_so_in_every_form() -> None:
    ladder = Ladder(two_calls(), max_rows=3)
    assert [a.number for a in ladder.arrows] == [1, 2, 3]
    assert "… 1 more message;" in str(ladder) and "… 1 more message;" in ladder.to_svg()
    assert "3 of 4 messages" in ladder.foot
    assert len(Ladder(two_calls(), max_rows=None).arrows) == 4
    assert "1 more message" in str(Ladder(two_calls(), call="call-0", max_rows=1))
    with pytest.raises(UsageError, match="max_rows=0"):
        Ladder(two_calls(), max_rows=0)


def test_a_ladder_is_a_snapshot() -> None:
    trace = told.Told("alice", "bob")
    ladder = Ladder(trace.trace)
    trace.message(0.0, "alice", "bob", "OPTIONS")
    assert ladder.arrows == []
    assert len(trace.trace.ladder().arrows) == 1


def test_the_foot_says_seed_parameters_version_and_counts() -> None:
    trace = told.lost_answer()
    trace.header["parameters"] = {"loss": 0.1}
    assert Ladder(trace).foot == "seed 7 · loss 0.1 · sipsim 0.1.0 · 10 messages · 1 lost · 1 sent again"
    capture = Trace()
    capture.header["skipped"] = {"TCP": 16}
    assert Ladder(capture).foot == "sipsim · 0 messages · 16 skipped: TCP"


def test_the_title_is_the_scenarios_unless_given() -> None:
    trace = told.simple_call()
    trace.header["title"] = "A call through a proxy"
    assert Ladder(trace).title == "ozeki: A call through a proxy"
    assert Ladder(trace, "Mine").title == "Mine"
    assert Ladder(trace, "").to_text().splitlines()[1].split()[:3] == ["time", "│", "alice"]


class Frame(NamedTuple):
    """A packet of a capture, where elements are bare hosts."""

    data: bytes
    source: tuple[str, int]
    destination: tuple[str, int]
    transport: str = "UDP"


def test_a_capture_has_hosts_for_columns() -> None:
    trace = Trace()
    for host in ("10.0.2.4", "10.0.2.15"):
        trace.register(host, "host", (host, 5060))
    sent = trace.sent(24.4, "10.0.2.4", Frame(told.octets("INVITE"), ("10.0.2.4", 5060), ("10.0.2.15", 5060)))
    trace.delivered(24.4, "10.0.2.15", sent)
    ladder = Ladder(trace)
    assert names(ladder) == ["10.0.2.4", "10.0.2.15"]
    assert "1 INVITE" in str(ladder)


@pytest.mark.covers("B4")
def test_a_notebook_gets_svg_and_text_and_nothing_that_would_hide_the_svg() -> None:
    ladder = Ladder(told.simple_call())
    data, metadata = ladder._repr_mimebundle_()
    assert data == {"image/svg+xml": ladder.to_svg(), "text/plain": ladder.to_text()}
    assert metadata == {}
    assert list(ladder._repr_mimebundle_(include={"text/plain"})[0]) == ["text/plain"]
    assert list(ladder._repr_mimebundle_(exclude=["text/plain"])[0]) == ["image/svg+xml"]
    assert json.loads(json.dumps(data)) == data
    assert repr(ladder) == "<ladder: 13 messages between 3 elements>"


def test_a_ladder_is_saved_by_suffix(tmp_path) -> None:
    ladder = Ladder(told.simple_call())
    ladder.save(tmp_path / "call.svg")
    ladder.save(str(tmp_path / "call.TXT"))
    assert (tmp_path / "call.svg").read_bytes().decode() == ladder.to_svg()
    assert (tmp_path / "call.TXT").read_bytes().decode() == ladder.to_text() + "\n"
    with pytest.raises(UsageError, match=r"call\.gif.*\.svg, .*\.txt"):
        ladder.save(tmp_path / "call.gif")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["call.TXT", "call.svg"]


def test_a_bar_goes_on_through_a_hold_and_counts_every_packet_once() -> None:
    lab = Lab(seed=12)
    alice, bob = (lab.user_agent(f"sip:{name}@example.com", media="packets", answers=0.0) for name in ("alice", "bob"))
    call = alice.call(bob)
    lab.run(until=1)
    heard = bob.current_call
    assert heard is not None
    lab.link(alice, bob).loss = 0.2
    lab.run(until=3)
    lab.link(alice, bob).loss = 0.0
    lab.run(call.hold())
    lab.run(until=5)
    (held,) = [row for row in lab.trace.ladder().rows if isinstance(row, Bar)]
    assert held.stop is None and held.streams == 2 and held.text == "RTP PCMU, held, 12.0% lost"
    lab.run(call.resume())
    lab.run(call.reinvite(codecs=["PCMA"]))
    lab.run(until=7)
    call.hang_up()
    (bar,) = [row for row in lab.run().ladder().rows if isinstance(row, Bar)]
    ends = (call.statistics, heard.statistics)
    assert bar.lost == sum(end.lost for end in ends) > 0
    assert bar.expected == sum(end.lost + end.received for end in ends)
    assert bar.text.startswith("RTP PCMU, PCMA 7.0 s, held 2.0 s, ")


def test_a_call_that_ends_on_hold_was_held_to_its_end() -> None:
    lab = Lab(seed=1)
    alice, bob = (lab.user_agent(f"sip:{name}@example.com", answers=0.0) for name in ("alice", "bob"))
    call = alice.call(bob)
    for step in (lambda: None, call.hold, call.resume, call.hold, call.hang_up):
        lab.run(until=lab.env.now + 2)
        step()
    (bar,) = [row for row in lab.run().ladder().rows if isinstance(row, Bar)]
    assert bar.text == "RTP PCMU 10.0 s, held 4.0 s"


def test_what_flows_one_way_from_the_beginning_is_not_held() -> None:
    """An announcement is not on hold."""
    trace = told.Told("alice", "bob")
    ends = ("192.0.2.1:40000", "192.0.2.2:40000")
    for time, event in ((0.0, "start"), (2.0, "stop")):
        for name, (local, remote), direction in (("alice", ends, "recvonly"), ("bob", ends[::-1], "sendonly")):
            trace.trace.add("media", time, name, event=event, local=local, remote=remote, direction=direction)
    (bar,) = [row for row in Ladder(trace.trace).rows if isinstance(row, Bar)]
    assert bar.text == "RTP 2.0 s"


def test_what_goes_to_several_by_multicast_is_one_message_with_two_arrows() -> None:
    """It is sent once, so neither arrow is dashed, and nothing was duplicated on the way."""
    ladder = run("multicast").ladder()
    first, second = [row for row in ladder.rows if isinstance(row, Arrow) and row.text == "REGISTER"]
    assert (first.number, first.target, second.number, second.target) == (1, "left", 1, "right")
    assert not first.again and not second.again and second.counted == ""
    told = (str(ladder), ladder.to_svg(), ladder.mermaid(), ladder.plantuml(), ladder.to_markdown())
    assert not any("again" in text or "duplicated" in text for text in told)
