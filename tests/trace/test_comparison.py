"""A run is compared with a published flow, or with another run: link by link, and in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sipsim
from sipsim.trace.comparison import BEGINNING
from sipsim.trace.trace import Trace

PUBLISHED = [
    ("Alice", "Proxy 1", "INVITE"), ("Proxy 1", "Alice", "100 INVITE"), ("Proxy 1", "Bob", "INVITE"),
    ("Bob", "Proxy 1", "486 INVITE"), ("Proxy 1", "Bob", "ACK"), ("Proxy 1", "Alice", "486 INVITE"),
    ("Alice", "Proxy 1", "ACK"),
]  # fmt: skip
NAMES = {"Proxy 1": "proxy"}


def flow(*steps: tuple[str, str, str], **changed: dict[str, Any]) -> dict[str, Any]:
    """A flow as the file of published ones has it; `F3={...}` changes its third message."""
    messages = []
    for n, (sender, receiver, what) in enumerate(steps, 1):
        status, _, method = what.rpartition(" ")
        kind = {"kind": "response", "status": int(status)} if status else {"kind": "request", "method": method}
        message = {"n": n, "from": sender, "to": receiver, "cseq_method": method, "call": 1, "optional": False, **kind}
        messages.append(message | changed.get(f"F{n}", {}))
    return {"messages": messages}


def told(trace: Trace, expected: Any, **options: Any) -> list[str]:
    return [str(difference) for difference in trace.compare(expected, NAMES, **options)]


def test_a_run_that_is_as_published() -> None:
    assert told(sipsim.run("busy"), flow(*PUBLISHED)) == []


def test_the_order_among_links_is_free() -> None:
    assert told(sipsim.run("busy"), flow(*reversed(PUBLISHED[:3]), *PUBLISHED[3:])) == []


def test_another_status_is_told_with_both() -> None:
    assert told(sipsim.run("busy", status=603), flow(*PUBLISHED)) == [
        "Proxy 1 -> Alice: 486 for INVITE (F6) expected, 603 for INVITE (message 6) came",
        "Bob -> Proxy 1: 486 for INVITE (F4) expected, 603 for INVITE (message 4) came",
    ]


def test_what_is_missing_and_what_is_too_much() -> None:
    trace = sipsim.run("busy")
    assert told(trace, flow(*PUBLISHED[:4], *PUBLISHED[5:])) == ["proxy -> bob: nothing expected, ACK (message 5) came"]
    more = flow(*PUBLISHED, ("Bob", "Alice", "BYE"))
    assert told(trace, more) == ["Bob -> Alice: BYE (F8) expected, nothing came"]


def test_a_100_may_be_missing_but_does_not_come_unasked() -> None:
    trace = sipsim.run("rfc3665-3.1")
    steps = [("Alice", "Bob", "INVITE"), ("Bob", "Alice", "100 INVITE"), ("Bob", "Alice", "180 INVITE"),
             ("Bob", "Alice", "200 INVITE"), ("Alice", "Bob", "ACK"), ("Bob", "Alice", "BYE"),
             ("Alice", "Bob", "200 BYE")]  # fmt: skip
    assert told(trace, flow(*steps)) == []
    assert len(told(sipsim.run("busy"), flow(PUBLISHED[0], *PUBLISHED[2:]))) == 1


def test_what_is_optional_may_be_missing() -> None:
    steps = [*PUBLISHED, ("Bob", "Alice", "MESSAGE")]
    assert told(sipsim.run("busy"), flow(*steps, F8={"optional": True})) == []


def test_a_status_may_be_left_open() -> None:
    assert told(sipsim.run("busy"), flow(*PUBLISHED, F4={"status": "4xx"}, F6={"status": "48x"})) == []
    assert len(told(sipsim.run("busy", status=600), flow(*PUBLISHED, F4={"status": "4xx"}, F6={"status": "4xx"}))) == 2


def test_calls_are_told_apart() -> None:
    assert told(sipsim.run("busy"), flow(*PUBLISHED, F7={"call": 2})) == [
        "Alice -> Proxy 1: ACK of call 2 (F7) expected, ACK (message 7) came"
    ]


@pytest.mark.parametrize("swapped", [False, True])
def test_200_and_487_of_a_cancel_come_in_either_order(swapped: bool) -> None:
    answers = [("Bob", "Alice", "200 CANCEL"), ("Bob", "Alice", "487 INVITE")]
    steps = [("Alice", "Bob", "INVITE"), ("Bob", "Alice", "180 INVITE"), ("Alice", "Bob", "CANCEL"),
             *(reversed(answers) if swapped else answers), ("Alice", "Bob", "ACK")]  # fmt: skip
    assert given_up().compare(flow(*steps)) == []


def given_up() -> Trace:
    lab = sipsim.Lab()
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    bob.ignores()

    def story(lab: sipsim.Lab) -> Any:
        call = alice.call(bob)
        yield lab.env.timeout(1.0)
        yield call.hang_up()

    trace: Trace = lab.run(story)
    return trace


def test_retransmissions_count_once_unless_they_are_asked_for() -> None:
    lab = sipsim.Lab()
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    bob.crash()
    alice.call(bob)
    trace = lab.run(until=1.0)
    assert trace.counts["sent"] == 2
    steps = [("alice", "bob", "INVITE")] * 2
    twice = flow(*steps, F2={"retransmission_of": 1})
    assert trace.compare(twice) == trace.compare(twice, retransmissions=True) == []
    assert len(trace.compare(flow(steps[0]), retransmissions=True)) == 1


def test_an_ack_that_comes_again_counts_once_though_the_proxy_gives_it_another_branch() -> None:
    """A 200 that is repeated is acknowledged again, and each ACK goes on anew (RFC 3261 §13.2.2.4, §16.6)."""
    slow = sipsim.run("ozeki", delay=0.3)
    acks = [record.raw for record in slow.select("sent", "proxy") if record.raw.startswith(b"ACK ")]
    assert len(set(acks)) == len(acks) > 1
    assert slow.compare(sipsim.run("ozeki")) == []


def test_a_flow_begins_where_a_note_says_so() -> None:
    lab = sipsim.Lab()
    alice, proxy = lab.user_agent("sip:alice@example.com"), lab.proxy("example.com")

    def story(lab: sipsim.Lab) -> Any:
        yield alice.register()
        lab.note(BEGINNING)
        yield alice.unregister()

    trace = lab.run(story)
    assert trace.counts["sent"] == 4 and proxy.name == "proxy"
    assert told(trace, flow(("Alice", "Proxy 1", "REGISTER"), ("Proxy 1", "Alice", "200 REGISTER"))) == []


def test_two_runs_are_compared_by_the_same_rules() -> None:
    trace = sipsim.run("two-proxies")
    assert trace.compare(sipsim.run("two-proxies", seed=2, talk=1.0)) == []
    assert trace.compare(sipsim.run("ozeki"))


def test_a_run_is_as_its_own_capture(tmp_path: Path) -> None:
    """Whose elements are called like their hosts."""
    trace = sipsim.run("busy")
    trace.save(path := tmp_path / "run.pcap")
    assert trace.compare(sipsim.load(path)) == [] == sipsim.load(path).compare(trace)
    (found,) = sipsim.run("busy", status=603).compare(sipsim.load(path))[:1]
    assert found.came and found.came.what == "603"


def test_names_that_have_nothing_in_common_are_asked_for() -> None:
    with pytest.raises(sipsim.UsageError, match=r"names: alice, bob, proxy here and a, b there .* names="):
        sipsim.run("busy").compare(flow(("A", "B", "INVITE")))
