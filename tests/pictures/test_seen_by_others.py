"""What other viewers show of a capture can be seen in ours: microseconds, ports, the time of day, findings."""

from __future__ import annotations

import struct
from pathlib import Path

import told

import sipsim
from sipsim.pictures.ladder.ladder import Ladder
from sipsim.pictures.ladder.model import Bar
from sipsim.trace.pcap import pcap
from sipsim.trace.trace import Trace


def captured(tmp_path: Path, at: int) -> Trace:
    """The capture of a call whose first packet was seen `at` so many microseconds after 1970."""
    path = tmp_path / "call.pcap"
    sipsim.run("ozeki-direct", seed=7).save(path)
    data = bytearray(path.read_bytes())
    place = 24
    while place < len(data):  # the header of each packet: seconds, microseconds, length
        seconds, micro, length, _ = struct.unpack_from("<IIII", data, place)
        struct.pack_into("<II", data, place, *divmod(at + seconds * 10**6 + micro, 10**6))
        place += 16 + length
    path.write_bytes(data)
    return sipsim.load(path)


def test_when_a_capture_began_stands_below_its_ladder(tmp_path: Path) -> None:
    trace = captured(tmp_path, 1_105_639_082_965_944)
    assert trace.header["began"] == "2005-01-13 17:58:02.965944 UTC"
    for form in (trace.ladder().to_text(), trace.ladder().to_svg()):
        assert "0 s is 2005-01-13 17:58:02.965944 UTC" in " ".join(form.split())
    assert "began" not in captured(tmp_path, 0).header  # a simulated clock says nothing of the day
    assert sipsim.load(_saved(trace, tmp_path)).ladder().foot == trace.ladder().foot


def _saved(trace: Trace, tmp_path: Path) -> Path:
    trace.save(tmp_path / "again.jsonl")
    return tmp_path / "again.jsonl"


def test_a_clock_beyond_all_calendars_has_no_day() -> None:
    from sipsim.trace.captures import _instant

    assert pcap(iter(())) and _instant(2**70) == _instant(0) == ""


def close() -> Trace:
    """Three messages within a millisecond."""
    trace = told.Told("alice", "bob")
    for time in (1.000_100, 1.000_300, 1.002):
        trace.sent(time, "alice", "bob", "OPTIONS")
    return trace.trace


def test_instants_within_a_millisecond_are_told_apart() -> None:
    ladder = Ladder(close())
    for form in (ladder.to_text(), ladder.to_svg(), ladder.to_markdown()):
        assert "1.000100" in form and "1.000300" in form and "1.002000" in form
    usual = Ladder(told.simple_call())
    assert "0.005" in usual.to_text() and "0.005000" not in usual.to_text()


def test_ports_and_transports_stand_above_the_octets() -> None:
    text = Ladder(told.simple_call(), appendix="headers").to_text()
    assert "(UDP, 192.0.2.1:5060 → 192.0.2.2:5060)" in text


def test_headers_stand_below_their_exact_instant() -> None:
    trace = told.Told("alice", "bob")
    trace.sent(0.007889, "alice", "bob", "OPTIONS")
    ladder = Ladder(trace.trace, appendix="headers")
    assert "at 0.007889 s" in ladder.to_text() and "at 0.007889 s" in ladder.to_svg()
    assert "at 0.000 s" in Ladder(told.simple_call(), appendix="headers").to_text()


def test_findings_and_legends_are_notes_in_diagrams_without_an_appendix() -> None:
    ladder = sipsim.run("out-of-order", seed=7).ladder(findings=True, color="call", appendix="messages")
    for source in (ladder.mermaid(), ladder.plantuml()):
        assert "OPTIONS has CSeq 5 after 10 (CSQ-02, MUST, RFC 3261 §12.2.1.1)" in source
        assert "8 messages from 1 on" in source
        assert "Max-Forwards" not in source


def test_short_media_have_a_length() -> None:
    assert Bar("a", "b", 1.0, stop=1.01).text == "RTP 10 ms"
    assert Bar("a", "b", 1.0, stop=6.0).text == "RTP 5.0 s"


def test_ids_of_a_picture_say_what_it_is() -> None:
    trace = sipsim.run("ozeki", seed=7)
    assert 'id="ladder-' in trace.ladder().to_svg()
    assert 'id="state-chart-' in trace.state_chart("alice").to_svg()
    assert 'id="route-set-picture-' in trace.route_sets().to_svg()
