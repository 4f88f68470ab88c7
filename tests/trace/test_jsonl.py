"""Saved traces: the format that other programs rely on, the way back, and files that somebody else wrote."""

from __future__ import annotations

import base64
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_traces import traces
from recorded import INVITE, hop, message, new, packet, ringing

from sipsim.errors import SipError, UsageError
from sipsim.trace import jsonl
from sipsim.trace.files import load, read
from sipsim.trace.trace import Trace


def rows(trace: Trace) -> list[dict[str, object]]:
    return [json.loads(line) for line in jsonl.dump(trace).decode("utf-8").splitlines()]


def test_the_first_line_is_the_header():
    header = rows(ringing())[0]
    expected = ["kind", "format", "version", "sipsim", "scenario", "parameters", "seed", "elements", "links"]
    assert list(header)[:9] == expected
    assert (header["kind"], header["format"], header["version"]) == ("header", "sipsim-trace", 1)
    assert (header["scenario"], header["parameters"], header["seed"]) == ("ringing", {"loss": 1e-7}, 7)
    assert header["elements"][0] == {"name": "alice", "kind": "user agent", "addresses": ["192.0.2.1:5060"]}


def test_then_comes_a_record_a_line():
    _, *records = rows(ringing())
    assert [r["id"] for r in records] == list(range(1, len(records) + 1))
    assert all({"id", "time", "kind", "element", "cause"} <= set(r) for r in records)
    assert records[0] == {
        "id": 1, "time": 0, "kind": "script", "element": "alice", "cause": None,
        "text": 'alice.call("sip:bob@example.com")',
    }  # fmt: skip


def test_a_message_as_it_is_saved():
    sent = [r for r in rows(ringing()) if r["kind"] == "sent"]
    assert sent[0] == {
        "id": 2, "time": 0.0, "kind": "sent", "element": "alice", "cause": 1, "peer": "proxy", "number": 1,
        "src": "192.0.2.1:5060", "dst": "192.0.2.2:5060", "transport": "UDP", "message": INVITE.decode(),
    }  # fmt: skip
    assert [r.get("copy") for r in sent] == [None, 2, None, None, None]


def test_what_became_of_a_message_has_it_as_cause():
    records = rows(ringing())[1:]
    sent = {r["id"]: r for r in records if r["kind"] == "sent"}
    for record in records:
        if record["kind"] == "delivered":
            cause = sent[record["cause"]]
            assert (record["element"], record["peer"]) == (cause["peer"], cause["element"])
    assert [r["why"] for r in records if r["kind"] == "lost"] == ["dropped by the script"]


def test_timers_and_states_have_named_values():
    records = {r["kind"]: r for r in rows(ringing())}
    timer, state = records["timer"], records["state"]
    assert (timer["name"], timer["delay"], timer["machine"], timer["event"]) == ("A", 0.5, "INVITE client", "fired")
    assert (state["machine"], state["before"], state["input"]) == ("INVITE client", "", "INVITE")
    assert (state["after"], state["rfc"]) == ("calling", "RFC 3261 §17.1.1.2")


def test_times_have_six_decimals():
    line = jsonl.dump(ringing()).splitlines()[-1]
    assert line.startswith(b'{"id": 14, "time": 0.520000, "kind": "delivered"')


def test_octets_that_are_no_utf_8_are_base64():
    trace = new()
    body = message("MESSAGE sip:bob@example.com SIP/2.0", "1 MESSAGE", body=b"\xff\xfe")
    hop(trace, 0, body, "alice", "proxy")
    row = rows(trace)[1]
    assert "message" not in row and base64.b64decode(row["message_base64"]) == body
    assert read(jsonl.dump(trace)) == trace


def test_every_line_is_utf_8_even_with_odd_text():
    trace = new()
    trace.add("note", 0, text="half a character: \udcff", other="Ⅻ\u2028\x85")
    trace.add("note", 0, text="naïve")
    assert "naïve".encode() in jsonl.dump(trace)
    assert read(jsonl.dump(trace)) == trace
    assert len(jsonl.dump(trace).split(b"\n")) == 4


def test_a_saved_trace_is_read_back_equal(tmp_path):
    trace = ringing()
    trace.save(tmp_path / "call.jsonl")
    again = load(tmp_path / "call.jsonl")
    assert again == trace
    assert again.counts == trace.counts
    assert again.result == trace.result and again.header == trace.header
    assert str(again.why(5)) == str(trace.why(5))
    assert again.message(5).raw == trace.message(5).raw


def test_a_trace_can_go_on_where_it_was_saved():
    trace = read(jsonl.dump(ringing()))
    sent = trace.sent(1, "alice", packet(INVITE, "alice", "bob"))
    assert trace[sent].peer == "bob" and trace[sent].number == 6


def test_the_same_trace_gives_the_same_bytes():
    assert jsonl.dump(ringing()) == jsonl.dump(ringing())
    assert jsonl.dump(read(jsonl.dump(ringing()))) == jsonl.dump(ringing())


@given(traces())
@settings(max_examples=200)
def test_property_any_trace_is_read_back_equal(trace: Trace):
    saved = jsonl.dump(trace)
    again = read(saved)
    assert again == trace
    assert again.counts == trace.counts
    assert jsonl.dump(again) == saved
    assert [str(r) for r in again] == [str(r) for r in trace]
    assert [(r.raw, r.number, r.peer) for r in again] == [(r.raw, r.number, r.peer) for r in trace]


HEADER = '{"kind": "header", "format": "sipsim-trace", "version": 1}'
NOTE = '{"id": 1, "time": 0, "kind": "note", "element": "", "cause": null'
SENT = NOTE.replace("note", "sent") + ', "src": "a:1", "dst": "b:2", '


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (['{"kind": "header"}'], 'line 1 .*"version": 1'),
        (['{"kind": "header", "format": "sipsim-trace", "version": 2}'], 'line 1 .*"version": 1'),
        ([HEADER[:-1] + ', "elements": 3}'], '"elements" a list'),
        ([HEADER[:-1] + ', "elements": [{}]}'], "object with a name"),
        ([HEADER[:-1] + ', "elements": [{"name": "a", "addresses": ["a:b"]}]}'], "'a:b' is no address"),
        ([HEADER, "[]"], "line 2 .*no JSON object"),
        ([HEADER, ""], ""),
        ([HEADER, NOTE], "line 2"),
        ([HEADER, NOTE + "}", NOTE + "}"], 'line 3 .*"id" is 2'),
        ([HEADER, NOTE.replace("0", "NaN") + "}"], "NaN is no number"),
        ([HEADER, NOTE.replace("0", "1e999") + "}"], "1e999 is no number"),
        ([HEADER, NOTE.replace("0", "1" + "0" * 400) + "}"], "line 2"),
        ([HEADER, NOTE.replace("0", "true") + "}"], '"time" is a number'),
        ([HEADER, NOTE.replace("null", "1") + "}"], '"cause" is null or'),
        ([HEADER, NOTE.replace('""', "1") + "}"], '"element" are text'),
        ([HEADER, SENT + '"number": 1}'], '"message"'),
        ([HEADER, SENT + '"number": 2, "message": ""}'], '"number": 1'),
        ([HEADER, SENT + '"number": 1, "message_base64": "?"}'], "octets"),
        ([HEADER, SENT + '"number": 1, "message": "\\ud800"}'], "octets"),
        ([HEADER, SENT + '"number": 1, "message": "", "copy": 0}'], '"copy"'),
        ([HEADER, SENT.replace("a:1", "a") + '"number": 1, "message": ""}'], "'a' is no address"),
        ([HEADER, SENT.replace("a:1", "a:٣") + '"number": 1, "message": ""}'], "is no address"),
        ([HEADER, NOTE + ', "x": ' + "[" * 100_000 + "]" * 100_000 + "}"], "line 2"),
    ],
)
def test_lines_of_no_saved_trace_are_refused_by_number(lines: list[str], why: str):
    if lines[-1]:
        with pytest.raises(SipError, match=why):
            read("\n".join(lines).encode())
    else:
        assert len(read("\n".join(lines).encode())) == 0


@pytest.mark.parametrize("kind", ["sent", "delivered", "lost", "unparsable", "ignored", "timer", "state", "note"])
def test_a_record_with_nothing_in_it_is_no_accident(kind: str):
    line = NOTE.replace("note", kind) + "}"
    try:
        trace = read(f"{HEADER}\n{line}\n".encode())
    except SipError:
        assert kind == "sent"
    else:
        assert trace[1].kind == kind and str(trace[1]) and trace[1].raw == b""


def test_no_more_kinds_than_a_trace_can_hold():
    lines = [HEADER] + [NOTE.replace('"id": 1', f'"id": {n}').replace("note", f"k{n}") + "}" for n in range(1, 300)]
    with pytest.raises(SipError, match="256 kinds"):
        read("\n".join(lines).encode())


def test_every_prefix_of_a_saved_trace_is_read_or_refused():
    saved = jsonl.dump(ringing())
    for end in range(1, len(saved), 7):
        try:
            trace = read(saved[:end])
        except SipError:
            continue
        assert len(trace) == saved[:end].rstrip(b"\n").count(b"\n")


def test_changed_octets_of_a_saved_trace_raise_nothing_else():
    saved, rng = bytearray(jsonl.dump(ringing())), random.Random(1)
    for _ in range(3000):
        at = rng.randrange(len(saved))
        kept, saved[at] = saved[at], rng.randrange(256)
        try:
            for record in read(bytes(saved)):
                assert str(record) and record.as_dict()
        except (SipError, UsageError):
            pass
        saved[at] = kept


@given(st.binary(max_size=60).map(lambda tail: b"{" + tail))
def test_property_anything_is_a_trace_or_refused(data: bytes):
    with pytest.raises(SipError):
        read(data)
