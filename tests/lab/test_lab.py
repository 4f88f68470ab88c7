"""The lab: how a run begins, goes on and ends, and what is said when something is wrong."""

from __future__ import annotations

import asyncio

import networkx
import pytest
import simpy
from bench_pair import wire

import sipsim
from sipsim import CallFailed, Lab, Stalled, UsageError
from sipsim.simulation.network import Packet


def cast(lab: Lab) -> tuple[sipsim.UserAgent, sipsim.Proxy, sipsim.UserAgent]:
    proxy = lab.proxy("example.com")
    return lab.user_agent("sip:alice@example.com"), proxy, lab.user_agent("sip:bob@example.com", answers=1)


@pytest.mark.covers("B8")
def test_a_lab_can_be_driven_line_by_line() -> None:
    lab = Lab(seed=7)
    alice, _, bob = cast(lab)
    alice.register()
    bob.register()
    lab.run()
    call = alice.call("sip:bob@example.com")
    assert lab.run(call.answered) is call
    call.hang_up()
    trace = lab.run()
    assert trace.result["answered"] == 1 and trace.result["ok"]
    assert wire(trace)[-1] == "proxy>alice 200 BYE"


def test_a_story_waits_for_events_and_what_it_does_has_causes() -> None:
    lab = Lab(seed=7)
    alice, _, bob = cast(lab)

    def story(lab: Lab):  # type: ignore[no-untyped-def]
        yield bob.register()
        call = alice.call("sip:bob@example.com")
        yield call.answered
        yield lab.env.timeout(10)
        yield call.hang_up()

    trace = lab.run(story)
    last = trace.why(len(trace.select("sent")))
    roots = [record for record in trace if record.cause is None]
    assert [record.kind for record in roots] == ["story"]
    assert "story" in str(last).splitlines()[-1]


@pytest.mark.covers("B2")
def test_every_hop_reads_the_octets_that_reach_it() -> None:
    """What is changed on one wire is what the next element knows, and what it sends on; nothing travels but octets."""
    lab = Lab()
    alice, _, bob = cast(lab)
    lab.run(bob.register())
    kinds = set()

    def spoil(packet: Packet) -> None:
        kinds.add(type(packet.data))
        packet.data = packet.data.replace(b"o=alice ", b"o=other ")

    lab.network.filter(spoil)  # type: ignore[attr-defined]
    alice.call("sip:bob@example.com")
    lab.run(until=1.0)
    assert kinds == {bytes}
    assert bob.current_call is not None and bob.current_call.remote_sdp.origin.startswith("other ")
    lab.drain()


@pytest.mark.covers("B1")
def test_a_users_own_simpy_processes_run_beside_the_elements() -> None:
    lab = Lab()
    alice, _, bob = cast(lab)
    lab.run(bob.register())
    line = simpy.Resource(lab.env, capacity=1)
    waited = []

    def caller(n: int):  # type: ignore[no-untyped-def]
        with line.request() as turn:
            yield turn
            waited.append((n, lab.env.now))
            call = alice.call("sip:bob@example.com")
            yield call.answered
            yield call.hang_up()

    assert isinstance(lab.env, simpy.Environment)
    for n in range(3):
        lab.env.process(caller(n))
    assert lab.run().result["answered"] == 3
    assert [n for n, _ in waited] == [0, 1, 2] and waited[2][1] > 2


def test_a_run_ends_at_rest_although_lingering_timers_remain() -> None:
    lab = Lab()
    _, _, bob = cast(lab)
    bob.register()
    trace = lab.run()
    assert trace.result["duration"] < 0.1 and lab.env.peek() > 1


def test_drained_labs_have_nothing_left() -> None:
    lab = Lab()
    alice, _, bob = cast(lab)
    lab.run(bob.register())
    alice.call("sip:bob@example.com")
    lab.run()
    assert lab.leftovers()
    sent = len(lab.trace.select("sent"))
    lab.drain()
    assert not lab.leftovers() and lab.env.peek() == float("inf")
    assert len(lab.trace.select("sent")) == sent


def test_until_ends_a_run_in_the_middle_and_the_next_goes_on() -> None:
    lab = Lab()
    alice, _, bob = cast(lab)
    lab.run(bob.register())
    call = alice.call("sip:bob@example.com")
    lab.run(until=0.5)
    assert (lab.env.now, call.state) == (0.5, "ringing")
    lab.run()
    assert call.state == "answered"


def test_a_story_that_waits_for_what_can_no_longer_happen_is_an_error_that_names_it() -> None:
    lab = Lab()
    alice, _, bob = cast(lab)
    bob.ignores()

    def story(lab: Lab):  # type: ignore[no-untyped-def]
        yield alice.call(bob).answered

    with pytest.raises(Stalled, match=r"the call alice - sip:bob@192\.0\.2\.3 being answered"):
        lab.run(story)
    with pytest.raises(Stalled):
        lab.run(lab.env.event())


def test_an_exception_that_leaves_a_story_is_recorded_and_raised_at_the_end_with_the_trace() -> None:
    lab = Lab()
    _, _, bob = cast(lab)

    def story(lab: Lab):  # type: ignore[no-untyped-def]
        bob.register()
        yield lab.env.timeout(0.001)
        raise KeyError("oh")

    with pytest.raises(KeyError) as raised:
        lab.run(story)
    trace = raised.value.trace  # type: ignore[attr-defined]
    assert wire(trace) == ["bob>proxy REGISTER", "proxy>bob 200 REGISTER"]  # the run went on to its end
    assert trace.select("error")[0].data["text"] == "KeyError: 'oh'"
    assert trace.result["ok"] is False and "KeyError" in trace.result["error"]


def test_an_exception_in_on_call_does_not_stop_the_others() -> None:
    lab = Lab()
    alice, _, bob = cast(lab)
    bob.on_call = lambda call: 1 / 0
    alice.call(bob)
    with pytest.raises(ZeroDivisionError):
        lab.run(until=5)
    assert lab.trace.select("error")[0].data["who"] == "bob.on_call"


def test_a_failure_that_nobody_awaits_is_no_error() -> None:
    lab = Lab()
    alice, _, bob = cast(lab)
    bob.rejects(603)
    call = alice.call(bob)
    assert lab.run().result["failed"] == 1
    with pytest.raises(CallFailed, match="603 Decline"):
        lab.run(call.answered)


def test_a_story_can_catch_a_failed_call_and_go_on() -> None:
    lab = Lab()
    alice, _, bob = cast(lab)
    bob.rejects(486)
    told = []

    def story(lab: Lab):  # type: ignore[no-untyped-def]
        try:
            yield alice.call(bob).answered
        except CallFailed as failure:
            told.append((failure.status, failure.reason))
        yield lab.env.timeout(1)
        told.append(lab.env.now)

    lab.run(story)
    assert told == [(486, "Busy Here"), pytest.approx(1.01)]


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: Lab(seed="x"), "seed"),
        (lambda: Lab(network="carrier pigeon"), "'memory', 'udp'"),
        (lambda: Lab(lost=0.1), "lost: no such parameter of a lab; there are seed"),
        (lambda: Lab(loss=1.5), "loss"),
        (lambda: Lab(trace="some"), "level"),
        (lambda: Lab(t1=0), "t1"),
        (lambda: Lab().run(lambda lab: 3), "generator"),
        (lambda: Lab().user_agent("sip:a@b", "x") and Lab().user_agent("sip:a@b", ""), "name"),
    ],
    ids=["seed", "network", "unknown", "loss", "trace", "t1", "story", "name"],
)
def test_a_wrong_parameter_is_named_with_what_is_allowed(make: object, names: str) -> None:
    with pytest.raises(UsageError, match=names):
        make()  # type: ignore[operator]


def test_names_are_made_unique_and_a_taken_one_is_refused() -> None:
    lab = Lab()
    assert [lab.user_agent("sip:bob@example.com").name for _ in range(3)] == ["bob", "bob2", "bob3"]
    with pytest.raises(UsageError, match="'bob2' is taken already"):
        lab.proxy("example.com", "bob2")


@pytest.mark.covers("B3")
def test_a_networkx_graph_is_a_network() -> None:
    graph = networkx.path_graph(["alice", "proxy", "bob"])
    networkx.set_edge_attributes(graph, 0.1, "delay")
    lab = Lab(network=graph)
    alice, _, bob = cast(lab)
    lab.run(bob.register())
    began = lab.env.now
    call = alice.call("sip:bob@example.com")
    lab.run(call.ringing)
    assert lab.env.now - began == pytest.approx(0.4)


def test_a_link_can_be_cut_and_healed() -> None:
    lab = Lab()
    _, proxy, bob = cast(lab)
    link = lab.link(bob, proxy, delay=0.02)
    link.cut()
    outcome = bob.register()
    lab.env.call_later(3, link.heal)
    assert lab.run(outcome).active
    assert lab.trace.counts["lost"] == 3


def test_a_note_is_part_of_the_trace() -> None:
    lab = Lab()
    lab.note("here it begins")
    assert lab.run().select("note")[0].data["text"] == "here it begins"


@pytest.mark.parametrize("level", ["messages", "counters", "off"])
def test_less_trace_changes_nothing_but_the_trace(level: str) -> None:
    full, less = sipsim.run("lost-200", trace="all"), sipsim.run("lost-200", trace=level)
    same = {"duration", "calls", "answered", "failed", "setup_time"}
    same |= {"messages", "lost"} if level != "off" else set()
    assert {name: less.result[name] for name in same} == {name: full.result[name] for name in same}


def test_a_live_lab_inside_a_running_loop_says_what_to_write_and_begins_nothing() -> None:
    async def cell() -> None:
        with Lab(network="udp") as lab:
            alice = lab.user_agent("sip:alice@example.com")

            def story(lab: Lab):  # type: ignore[no-untyped-def]
                alice.call("sip:bob@nowhere.test")
                yield lab.env.timeout(0.01)

            with pytest.raises(UsageError, match=r"await lab.start\(story\)"):
                lab.run(story)
            assert (await lab.start(story)).result["calls"] == 1

    asyncio.run(cell())


def test_a_paced_run_gives_the_trace_of_the_simulated_one() -> None:
    assert sipsim.run("ozeki", seed=7, speed=100) == sipsim.run("ozeki", seed=7)


def test_a_live_run_ends_when_its_story_does_or_when_the_time_is_up_whatever_arrives() -> None:
    def story(lab: Lab):  # type: ignore[no-untyped-def]
        yield lab.env.timeout(0.05)

    def chatter(lab: Lab):  # type: ignore[no-untyped-def]
        alice, bob = lab.user_agent("sip:alice@a.test"), lab.user_agent("sip:bob@a.test")
        while True:
            yield alice.options(bob.contact_uri)

    with Lab(network="udp") as lab:
        assert lab.run(story, until=30).result["duration"] < 1
        assert 0.5 <= lab.run(chatter, until=0.5).result["duration"] < 1


def test_a_process_of_ones_own_that_raises_is_reported_like_a_story() -> None:
    lab = Lab()

    def careless():  # type: ignore[no-untyped-def]
        yield lab.env.timeout(1)
        raise ValueError("mine")

    lab.env.process(careless())
    alice, _, bob = cast(lab)
    call = alice.call(bob)
    with pytest.raises(ValueError, match="mine") as raised:
        lab.run()
    assert raised.value.trace.select("error") and call.state == "answered"  # type: ignore[attr-defined]


def test_a_refused_start_begins_nothing() -> None:
    lab = Lab()
    told = []

    def story(lab: Lab):  # type: ignore[no-untyped-def]
        told.append(lab)
        yield lab.env.timeout(1)

    with pytest.raises(UsageError, match=r"lab\.run\(story\)"):
        lab.start(story)
    lab.run(story)
    assert len(told) == 1


def test_a_second_run_beside_the_first_is_refused() -> None:
    async def cell() -> None:
        lab = Lab()
        run = lab.start()
        with pytest.raises(UsageError, match="stop"):
            lab.start()
        run.stop()
        await run
        await lab.start(lambda lab: (event for event in [lab.env.timeout(0.01)]))

    asyncio.run(cell())


def test_draining_sends_nothing_even_while_a_phone_rings() -> None:
    lab = Lab()
    alice, _, bob = cast(lab)
    alice.call(bob)
    lab.run(until=0.5)
    sent = len(lab.trace.select("sent"))
    lab.drain()
    assert len(lab.trace.select("sent")) == sent and not lab.leftovers()


def test_a_misspelt_attribute_of_a_lab_or_a_link_is_named_with_those_there_are() -> None:
    lab = Lab()
    link = lab.link(lab.user_agent("sip:a@a.test"), lab.user_agent("sip:b@a.test"))
    with pytest.raises(UsageError, match="los: not a parameter of a link; those are delay, jitter, loss"):
        link.los = 1.0
    with pytest.raises(UsageError, match=r"loss: no such attribute of a lab; a link has it: lab.link\(a, b\)"):
        lab.loss = 1.0
    link.loss, lab.seed = 0.3, 5
    assert link.loss == 0.3 and lab.seed == 5

    class Mine(Lab):
        pass

    Mine().notes = []


@pytest.mark.parametrize("until", [-1, float("nan"), float("inf"), 4.5, True, "5"])
def test_a_run_to_a_time_that_can_not_come_is_refused(until: object) -> None:
    lab = Lab()
    lab.run(until=5)
    with pytest.raises(UsageError, match=r"until: .* allowed are seconds from 5 on"):
        lab.run(until=until)
    assert lab.env.now == 5
    lab.run(until=5)


def test_a_live_lab_that_is_closed_says_so() -> None:
    lab = Lab(network="udp")
    alice = lab.user_agent("sip:alice@example.com")
    asked = alice.options("sip:nobody@127.0.0.1:9")
    lab.close()
    with pytest.raises(UsageError, match="closed"):
        lab.run(asked)
