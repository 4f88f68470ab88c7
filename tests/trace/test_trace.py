"""The trace: what each level keeps, how messages are numbered, who is told, and what reading gives."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from recorded import ADDRESSES, INVITE, RINGING, Packet, hop, new, packet, ringing, send

from sipsim.errors import SipError, SipParseError, UsageError
from sipsim.trace.trace import LEVELS, Trace


def record_one_of_each(trace: Trace) -> list[int]:
    """Every recording method once, in a fixed order; the ids that they returned."""
    sent = send(trace, 0.0, INVITE, "alice", "proxy")
    return [
        sent,
        trace.delivered(0.005, "proxy", sent),
        trace.lost(0.005, sent, "the link is cut"),
        trace.duplicated(0.005, sent),
        trace.unparsable(0.005, "proxy", sent, SipParseError("no CSeq", 400, 3, 1, "CSeq")),
        trace.ignored(0.006, "proxy", "a stray ACK", "RFC 3261 §17.2.1"),
        trace.timer(0.006, "proxy", "set", "G", 0.5, "INVITE server"),
        trace.state(0.006, "proxy", "INVITE server", "", "INVITE", "proceeding", "RFC 3261 §17.2.1"),
        trace.add("binding", 0.007, "proxy", aor="sip:bob@example.com"),
        trace.add("note", 0.008, text="here"),
    ]


def test_level_all_keeps_everything():
    trace = new()
    assert record_one_of_each(trace) == list(range(1, 11))
    assert trace.everything and trace.messages


def test_level_messages_leaves_out_the_inner_life_of_elements():
    trace = new("messages")
    assert record_one_of_each(trace) == [1, 2, 3, 4, 5, 6, 0, 0, 0, 7]
    assert [r.kind for r in trace][-2:] == ["ignored", "note"]
    assert trace.messages and not trace.everything


def test_level_counters_keeps_no_record_but_counts():
    trace = new("counters")
    assert record_one_of_each(trace) == [0] * 10
    assert len(trace) == 0 and list(trace) == []
    kinds = ("sent", "delivered", "lost", "duplicated", "unparsable", "ignored")
    assert trace.counts == dict.fromkeys(kinds, 1) | {"retransmissions": 0}


def test_level_off_keeps_nothing():
    trace = new("off")
    assert record_one_of_each(trace) == [0] * 10
    assert not any(trace.counts.values())


def test_counts_are_the_same_at_every_level_but_off():
    counts = [ringing(level).counts for level in LEVELS if level != "off"]
    assert counts[0] == counts[1] == counts[2]
    assert counts[0]["sent"] == 5 and counts[0]["retransmissions"] == 1 and counts[0]["lost"] == 1


def test_an_unknown_level_is_refused_with_what_there_is():
    with pytest.raises(UsageError, match=r"level='verbose'.*'all', 'messages', 'counters', 'off'"):
        Trace("verbose")


def test_message_numbers_count_every_packet_sent_retransmissions_included():
    trace = ringing()
    assert [trace.message(n).data["number"] for n in range(1, 6)] == [1, 2, 3, 4, 5]
    assert [trace.message(n).peer for n in range(1, 6)] == ["proxy", "proxy", "bob", "proxy", "alice"]
    assert "copy" not in trace.message(1).data and trace.message(2).data["copy"] == 2


@pytest.mark.parametrize("number", [0, -1, 6, "1", 1.0, None])
def test_a_message_that_is_not_there_is_a_usage_error(number: Any):
    with pytest.raises(UsageError, match="has 5 messages"):
        ringing().message(number)
    with pytest.raises(UsageError, match="has 5 messages"):
        ringing().why(number)


@pytest.mark.parametrize("id", [0, -1, 99])
def test_a_record_that_is_not_there_is_a_usage_error(id: int):
    with pytest.raises(UsageError, match=r"has \d+ records"):
        ringing()[id]


def test_a_message_keeps_the_very_octets_that_were_sent():
    trace = new()
    sent = trace[hop(trace, 0, INVITE, "alice", "proxy")]
    assert sent.raw is INVITE
    assert trace[2].raw is INVITE and trace[2].number == 1 and trace[2].sent == sent


def test_octets_that_changed_on_the_way_are_told_apart():
    trace = new()
    sent = send(trace, 0, INVITE, "alice", "proxy")
    arrived = trace[trace.delivered(0.005, "proxy", sent, b"\xff" + INVITE[1:])]
    error = trace[trace.unparsable(0.005, "proxy", arrived.id, "no start line")]
    assert trace[sent].raw == INVITE
    assert arrived.raw == error.raw == b"\xff" + INVITE[1:]
    assert arrived.message is None or arrived.message != trace[sent].message
    assert arrived.number == error.number == 1


def test_peers_of_what_becomes_of_a_packet():
    trace = new()
    sent = send(trace, 0, INVITE, "alice", "proxy")
    delivered, lost = trace.delivered(0.005, "proxy", sent), trace.lost(0.005, sent, "no one listens")
    assert (trace[sent].element, trace[sent].peer) == ("alice", "proxy")
    assert (trace[delivered].element, trace[delivered].peer) == ("proxy", "alice")
    assert (trace[lost].element, trace[lost].peer) == ("alice", "proxy")


def test_an_address_without_an_element_is_its_own_name():
    trace = Trace()
    sent = trace.sent(0, "alice", Packet(INVITE, ("192.0.2.1", 5060), ("2001:db8::1", 5060)))
    assert trace[sent].peer == trace[sent].data["dst"] == "[2001:db8::1]:5060"


def test_a_name_is_the_one_that_held_when_the_packet_was_sent():
    trace = Trace()
    before = trace.sent(0, "alice", packet(INVITE, "alice", "bob"))
    trace.register("bob", "user agent", ADDRESSES["bob"])
    after = trace.sent(1, "alice", packet(INVITE, "alice", "bob"))
    assert (trace[before].peer, trace[after].peer) == ("192.0.2.3:5062", "bob")


def test_an_element_with_two_addresses_is_one_element():
    trace = Trace()
    for port in (5060, 5061, 5060):
        trace.register("alice", "user agent", ("192.0.2.1", port))
    addresses = ["192.0.2.1:5060", "192.0.2.1:5061"]
    assert trace.header["elements"] == [{"name": "alice", "kind": "user agent", "addresses": addresses}]


def test_select_by_kind_and_element():
    trace = ringing()
    assert [r.number for r in trace.select("sent")] == [1, 2, 3, 4, 5]
    assert [r.number for r in trace.select("sent", "proxy")] == [3, 5]
    assert {r.kind for r in trace.select(element="alice")} >= {"script", "sent", "timer", "state"}
    assert trace.select("media") == []


def test_times_are_whole_microseconds():
    trace = new()
    trace.add("note", 0.1 + 0.2, text="live clocks are finer")
    assert trace[1].time == 0.3


def test_what_a_record_was_given_is_kept_as_it_was():
    trace = Trace()
    contacts = ["sip:bob@192.0.2.3"]
    trace.add("binding", 0, "proxy", contacts=contacts, expires=3600, q=1 / 3, address=("192.0.2.3", 5060))
    contacts.append("sip:bob@192.0.2.4")
    expected = {"contacts": ["sip:bob@192.0.2.3"], "expires": 3600, "q": 0.333333}
    assert trace[1].data == expected | {"address": ["192.0.2.3", 5060]}


def test_kinds_of_others_are_welcome():
    trace = Trace("messages")
    id = trace.add("exercise", 1, "alice", answer=42)
    assert (trace[id].kind, trace[id].data) == ("exercise", {"answer": 42})


def test_kinds_with_a_method_of_their_own_are_not_added():
    with pytest.raises(UsageError, match="kind='sent'"):
        Trace().add("sent", 0, "alice")
    with pytest.raises(UsageError, match="id=3"):
        Trace().add("note", 0, id=3)


def test_subscribers_hear_of_each_record_until_they_have_enough():
    trace, heard = new(), []
    unsubscribe = trace.subscribe(heard.append)
    other = trace.subscribe(lambda id: heard.append(-id))
    hop(trace, 0, INVITE, "alice", "proxy")
    unsubscribe()
    unsubscribe()
    trace.add("note", 1, text="end")
    other()
    trace.add("note", 2, text="nobody listens")
    assert heard == [1, -1, 2, -2, -3]


def test_an_observed_run_has_the_same_trace():
    """Observers do not change a run: invariant I13 of determinism."""
    plain, watched = ringing(), new()
    watched.subscribe(lambda id: str(watched[id]))
    assert ringing() == plain


def test_equality_is_of_header_result_and_records():
    assert ringing() == ringing()
    assert ringing() != ringing("messages") and ringing() != "a trace"
    other = ringing()
    other.result["ok"] = False
    assert other != ringing()
    other = ringing()
    other.header["seed"] = 8
    assert other != ringing()
    other = ringing()
    other.add("note", 1)
    assert other != ringing()


def test_representations_say_what_it_is():
    trace = ringing()
    assert repr(trace) == f"<trace of ringing: {len(trace)} records, 5 messages>"
    assert repr(trace.message(2)) == "<record 7: 2 INVITE (copy 2) alice -> proxy at 0.500 s>"
    assert str(trace.message(5)) == "5 180 Ringing proxy -> alice at 0.515 s"


def test_records_are_views_and_cost_the_collector_nothing():
    """What is kept of messages, timers and states is no object that the garbage collector has to visit."""
    trace = new()
    hop(trace, 0, INVITE, "alice", "proxy")
    trace.timer(0, "alice", "set", "A", 0.5, "INVITE client", "alice-1")
    gc.collect()
    before = len(gc.get_objects())
    for n in range(1000):
        hop(trace, n, RINGING, "alice", "proxy")
        trace.timer(n, "alice", "set", "A", 0.5, "INVITE client", "alice-1")
    gc.collect()
    assert len(gc.get_objects()) - before < 20


def test_a_record_about_no_message_has_none():
    note = Trace()
    note.add("note", 0, text="no message")
    assert (note[1].message, note[1].raw, note[1].number, note[1].peer, note[1].sent) == (None, b"", None, "", None)
    with pytest.raises(SipError, match="about no message"):
        _ = note[1].route


def test_a_message_is_parsed_when_someone_looks():
    trace = ringing()
    assert str(trace.message(5).message.status) == "180"
    assert trace.message(1).message.method == "INVITE"
    sent = trace.sent(1, "alice", packet(b"\x00\xffno SIP", "alice", "proxy"))
    assert trace[sent].message is None and trace[sent].raw == b"\x00\xffno SIP"
