"""Each transaction's way through its table is found in the trace, the rows that change no state among them."""

from __future__ import annotations

from collections import Counter

import sipsim
from sipsim.message.presence import present
from sipsim.trace.trace import Trace
from sipsim.trace.walks import TABLES, Walk, Walks


def unanswered() -> Trace:
    """A phone calls an address where nobody is."""
    lab = sipsim.Lab(seed=3)
    alice = lab.user_agent("sip:alice@192.0.2.1")
    lab.network.drop("INVITE", times=99)
    lab.user_agent("sip:bob@192.0.2.2", host="192.0.2.2")
    call = alice.call("sip:bob@192.0.2.2")
    lab.run(call.ended)
    return lab.trace


def walk_of(trace: Trace, element: str, machine: str) -> Walk:
    return next(walk for walk in Walks(trace) if (walk.element, walk.machine) == (element, machine))


def test_timer_a_is_visited_once_for_each_copy_and_timer_b_ends_it():
    walk = walk_of(unanswered(), "alice", "INVITE client")
    assert Counter((step.before, step.input) for step in walk.steps) == {
        ("calling", "timer A"): 6,
        ("calling", "timer B"): 1,
    }
    assert (walk.state, walk.steps[-1].time, walk.method) == ("terminated", 32.0, "INVITE")


def test_a_second_provisional_and_a_second_200_are_visits():
    trace = sipsim.run("ozeki", seed=1, loss=0.3)
    client = Counter((step.before, step.input) for step in walk_of(trace, "alice", "INVITE client").steps)
    server = Counter((step.before, step.input) for step in walk_of(trace, "proxy", "INVITE server").steps)
    assert client["accepted", "2xx"] + 1 == 6  # as many as the ladder shows arriving at alice
    assert server["accepted", "send 2xx"] + server["proceeding", "send 2xx"] == 8


def test_a_notify_that_changes_no_state_is_a_visit():
    lab = sipsim.Lab(seed=1)
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    watched = alice.subscribe(bob)
    for at in (1, 2):
        lab.run(until=at)
        bob.tells("presence", present("sip:bob@example.com", "closed", f"{at}"))
    lab.run(until=3)
    lab.run(watched.unsubscribe())
    walk = walk_of(lab.trace, "alice", "subscriber")
    assert Counter((step.before, step.input) for step in walk.steps) == {
        ("init", "send SUBSCRIBE"): 1, ("notify_wait", "NOTIFY active"): 1, ("active", "NOTIFY active"): 2,
        ("active", "NOTIFY terminated"): 1,
    }  # fmt: skip
    assert lab.trace.state_chart("alice", machine="subscriber").visited["active", "NOTIFY active"] == 2


def test_every_step_is_a_row_of_its_table():
    for name in ("ozeki", "rfc3665-3.2", "rfc3665-3.8", "rfc3665-2.1"):
        for walk in Walks(sipsim.run(name, seed=2, loss=0.1)):
            table, state = TABLES[walk.machine], walk.initial
            for step in walk.steps:
                assert step.before == state
                row = table.row(step.before, step.input)
                assert row is not None
                assert (row.next, row.rfc) == (step.after, step.rfc)
                state = step.after


def test_a_message_tells_where_its_sender_and_its_receiver_stand():
    trace = sipsim.run("ozeki-direct", seed=1)
    walks = Walks(trace)
    ringing = next(r for r in trace.select("sent", "proxy") if b" 180 Ringing" in r.raw[:30])
    sender, receiver = walks.at(ringing.id)
    assert (sender.element, sender.machine, sender.state) == ("proxy", "INVITE server", "proceeding")
    assert (receiver.element, receiver.machine, receiver.state) == ("alice", "INVITE client", "proceeding")
    assert receiver.row is not None
    assert receiver.row[1] == "1xx"


def test_a_message_outside_of_transactions_stands_nowhere():
    trace = sipsim.run("ozeki-direct", seed=1)
    ack = next(r for r in trace.select("sent", "alice") if r.raw.startswith(b"ACK"))
    assert Walks(trace).at(ack.id) == []


def test_a_trace_without_states_has_no_walks():
    lab = sipsim.Lab(seed=1, trace="messages")
    alice, bob = lab.user_agent("sip:alice@192.0.2.1"), lab.user_agent("sip:bob@192.0.2.2", host="192.0.2.2")
    bob.rejects(486)
    lab.run(alice.call("sip:bob@192.0.2.2").ended)
    assert len(Walks(lab.trace)) == 0


def test_what_cannot_be_read_belongs_to_no_transaction():
    trace = Trace()
    trace.state(0.0, "x", "made-up machine", "", "a", "b", "", "t")
    trace.state(0.0, "x", "INVITE client", "calling", "1xx", "proceeding", "", "t")
    assert [walk.state for walk in Walks(trace)] == ["b", "proceeding"]
