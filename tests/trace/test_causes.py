"""Why: the chain of causes of a message or a record, and how it is told."""

from __future__ import annotations

from itertools import pairwise

import pytest
from recorded import INVITE, RINGING, Packet, hop, new, ringing, send

from sipsim.errors import SipParseError
from sipsim.trace.sentences import label, printable
from sipsim.trace.trace import Trace


def test_the_chain_goes_back_to_the_script():
    trace = ringing()
    chain = trace.why(5)
    assert chain[0] == trace.message(5)
    assert all(effect.cause == cause.id for effect, cause in pairwise(chain))
    assert chain[-1].kind == "script" and chain[-1].cause is None
    assert chain.messages == [5, 4, 3, 2]


def test_a_number_is_a_message_and_a_record_is_itself():
    trace = ringing()
    assert trace.why(3) == trace.why(trace.message(3))
    assert trace.why(trace[3])[0] == trace[3]


def test_the_story_is_told_in_plain_sentences():
    assert str(ringing().why(5)).splitlines() == [
        "5 180 Ringing proxy -> alice at 0.515 s,",
        "because 180 Ringing arrived at proxy from bob (message 4) at 0.515 s,",
        "because 4 180 Ringing bob -> proxy at 0.510 s,",
        "because INVITE arrived at bob from proxy (message 3) at 0.510 s,",
        "because 3 INVITE proxy -> bob at 0.505 s,",
        "because INVITE arrived at proxy from alice (message 2) at 0.505 s,",
        "because 2 INVITE (copy 2) alice -> proxy at 0.500 s,",
        "because timer A of alice's INVITE client fired at 0.500 s,",
        "because timer A of alice's INVITE client was set for 0.5 s at 0.000 s,",
        'because script at alice: alice.call("sip:bob@example.com") at 0.000 s.',
    ]


def test_a_foreign_message_is_a_root():
    trace = new()
    trace.current = trace.add("note", 0, text="something else was going on")
    sent = trace.sent(1, "192.0.2.9", Packet(INVITE, ("192.0.2.9", 5060), ("192.0.2.2", 5060)), cause=0)
    assert trace[sent].cause is None
    assert len(trace.why(1)) == 1


def test_a_hand_made_loop_of_causes_has_an_end():
    trace = Trace()
    trace.add("note", 0, cause=2, text="first")
    trace.add("note", 0, cause=1, text="second")
    assert [r.id for r in trace.why(trace[2])] == [2, 1]


SENTENCES = {
    "state": "alice's INVITE client went from calling to proceeding on 1xx (RFC 3261 §17.1.1.2) at 1.000 s",
    "lost": "INVITE (message 1) was lost on the way to proxy: the link is cut at 1.000 s",
    "duplicated": "INVITE (message 1) was duplicated on the way at 1.000 s",
    "unparsable": "proxy could not read what alice sent (message 1): no CSeq at 1.000 s",
    "ignored": "bob ignored it: a stray ACK (RFC 3261 §17.2.1) at 1.000 s",
    "timer": "timer A of alice's INVITE client was stopped at 1.000 s",
    "note": "note: the flow begins at 1.000 s",
    "binding": "binding at proxy: aor sip:bob@example.com, expires 3600 at 1.000 s",
}


@pytest.mark.parametrize("kind", SENTENCES)
def test_each_kind_has_its_sentence(kind: str):
    trace = new()
    sent = send(trace, 0, INVITE, "alice", "proxy")
    trace.state(1, "alice", "INVITE client", "calling", "1xx", "proceeding", "RFC 3261 §17.1.1.2")
    trace.lost(1, sent, "the link is cut")
    trace.duplicated(1, sent)
    trace.unparsable(1, "proxy", trace.delivered(1, "proxy", sent), SipParseError("no CSeq"))
    trace.ignored(1, "bob", "a stray ACK", "RFC 3261 §17.2.1")
    trace.timer(1, "alice", "stopped", "A", 0.5, "INVITE client")
    trace.add("note", 1, text="the flow begins")
    trace.add("binding", 1, "proxy", aor="sip:bob@example.com", expires=3600)
    assert str(trace.select(kind)[0]) == SENTENCES[kind]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (INVITE, "INVITE"),
        (RINGING, "180 Ringing"),
        (b"\r\n\r\nOPTIONS sip:a@b SIP/2.0\r\n\r\n", "OPTIONS"),
        (b"SIP/2.0 200 \xd0\x94\xd0\xb0\r\n\r\n", "200 Да"),
        (b"SIP/2.0 200 \x1b[31mred\r\n\r\n", "200 \\x1b[31mred"),
        (b"SIP/2.0 480 " + b"x" * 56 + b"\r\n\r\n", "480 " + "x" * 56),
        (b"SIP/2.0 480 " + b"x" * 57 + b"\r\n\r\n", "480 " + "x" * 55 + "…"),
        (b"A" * 31 + b" sip:a@b SIP/2.0\r\n\r\n", "A" * 29 + "…"),
        (b"INVITE sip:" + b"a" * 300 + b" SIP/2.0\r\n\r\n", "INVITE"),
        (b"SIP/2.0 OK\r\n\r\n", "not SIP"),
        (b"GET / HTTP/1.1\r\n\r\n", "not SIP"),
        (b"\x80\x00\xff", "not SIP"),
        (b"", "not SIP"),
    ],
)
def test_a_message_is_called_by_its_start_line(raw: bytes, name: str):
    assert label(raw) == name


def test_what_came_off_the_wire_can_be_printed():
    trace = new()
    hop(trace, 0, b"SIP/2.0 200 \xe2\x80\xae\x07OK\r\n\r\n", "alice", "proxy")
    trace.add("note", 0, text="\x1b]0;title\x07 \udcff")
    for record in trace:
        assert str(record).isprintable()
    assert printable("a\u202eb\x7f") == "a\\u202eb\\x7f"
