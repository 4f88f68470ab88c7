"""What the checker takes for known, and what it leaves alone because it can't be known."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
import tapes
import tapes_made
from bench_pair import times
from planting import Base, Tape

import sipsim
from sipsim.simulation.network import Packet
from sipsim.trace.checker.check import check
from sipsim.trace.checker.index import Index


def as_capture(tape: Tape, path: Path) -> sipsim.Trace:
    """The trace of a tape, as somebody's capture shows it."""
    tape.play().save(path)
    return sipsim.load(path)


def rules(trace: sipsim.Trace) -> set[str]:
    return {finding.rule for finding in check(trace)}


def test_a_forwarded_fault_is_its_makers() -> None:
    tape = tapes.busy().sub(r"^Contact: .*?\r\n", "", "INVITE")
    assert [(finding.element, finding.messages) for finding in check(tape.play())] == [("alice", (1,))]


def test_a_repeated_fault_is_reported_once() -> None:
    tape = tapes.lost_register()
    for one in tape.find("REGISTER"):
        one.sub(r"^Max-Forwards: .*?\r\n", "")
    assert [finding.messages for finding in check(tape.play())] == [(1,)]


def test_what_may_have_been_lost_is_no_fault_in_a_capture(tmp_path: Path) -> None:
    tape = tapes.cancel()
    tape.drop(*tape.find("ACK"), *tape.find("CANCEL", "proxy"), *tape.find("200 CANCEL", "bob"))
    assert {"ACK-03", "CAN-06"} <= rules(tape.play())
    assert rules(as_capture(tape, tmp_path / "call.pcap")) == set()


def test_what_was_seen_is_a_fault_in_a_capture_too(tmp_path: Path) -> None:
    tape = tapes.busy().sub(r"^ACK sip:bob", "ACK sip:rob", "ACK")
    assert rules(as_capture(tape, tmp_path / "call.pcap")) == {"ACK-01"}


def test_copies_that_get_faster_are_a_fault_in_a_capture(tmp_path: Path) -> None:
    tape = tapes.nobody_answers()
    assert rules(as_capture(tape, tmp_path / "slow.pcap")) == set()
    tape.find("INVITE")[3].time -= 1.5
    assert rules(as_capture(tape, tmp_path / "fast.pcap")) == {"TIM-01"}


CLEAN = [tapes.two_proxies, tapes.fork, tapes.cancel, tapes.lost_ack, tapes.challenged, tapes_made.glare]


@pytest.mark.parametrize("make", CLEAN)
def test_part_of_a_clean_run_is_clean(make: Base, tmp_path: Path) -> None:
    """A capture of one hop, one that begins late, one with holes."""
    whole = make()
    parts = [lambda one, ends=frozenset((one.source, one.destination)): ends == {one.source, one.destination}
             for one in whole.sent]  # fmt: skip
    for number, keep in enumerate(parts):
        tape = make()
        tape.sent = [one for one in tape.sent if keep(one)]
        assert rules(as_capture(tape, tmp_path / f"hop{number}.pcap")) == set()
        for name, kept in (("late", make().sent[number:]), ("hole", make().sent[:number] + make().sent[number + 1 :])):
            tape.sent = kept
            assert rules(as_capture(tape, tmp_path / f"{name}{number}.pcap")) == set()


def test_a_packet_captured_twice_is_no_copy(tmp_path: Path) -> None:
    tape = tapes.nobody_answers()
    for one in tape.find("INVITE"):
        tape.more(one, one.time + 0.0001)
    assert rules(as_capture(tape, tmp_path / "any.pcap")) == set()


def test_a_copy_missing_in_a_capture_changes_nothing(tmp_path: Path) -> None:
    for n in range(7):
        tape = tapes.nobody_answers()
        tape.drop(tape.find("INVITE")[n])
        assert rules(as_capture(tape, tmp_path / f"{n}.pcap")) == set()


def test_elements_on_one_host_are_told_apart_by_their_ports(tmp_path: Path) -> None:
    tape = tapes.fork()
    ports = {element["addresses"][0].partition(":")[0]: 5060 + n for n, element in enumerate(tape.header["elements"])}
    for one in tape.sent:
        for host, port in ports.items():
            one.text = one.text.replace(f"{host};", f"127.0.0.1:{port};").replace(f"{host}>", f"127.0.0.1:{port}>")
            one.text = one.text.replace(f"@{host} ", f"@127.0.0.1:{port} ")
        one.source, one.destination = (("127.0.0.1", ports[host]) for host, _ in (one.source, one.destination))
    assert rules(as_capture(tape, tmp_path / "loopback.pcap")) == set()
    tape.drop(*tape.find("BYE")[1:])
    one = tape.one("487 INVITE").sub(r"^(From: .*tag=)", r"\1x")
    (finding,) = check(as_capture(tape, tmp_path / "broken.pcap"), rules=["TAG-06"])
    assert finding.element == f"127.0.0.1:{one.source[1]}"


def test_who_should_have_acted_is_to_blame() -> None:
    slow = tapes.redirect()
    slow.one("180 INVITE").at(0.3)
    silent = tapes.cancel()
    silent.drop(*silent.find("CANCEL", "proxy"), *silent.find("200 CANCEL", "bob"))
    unheard = tapes.busy()
    unheard.drop(*unheard.find("ACK", "proxy"))
    for tape, element in ((slow, "bob"), (silent, "proxy"), (unheard, "proxy")):
        assert [finding.element for finding in check(tape.play())] == [element]


def test_an_address_may_be_written_in_many_ways() -> None:
    """The registrar's 200 has no `received`, as Via names the very address that the REGISTER came from."""
    tape = tapes.register().sub(r"^Via: SIP/2\.0/UDP [0-9.]+;", "Via: SIP/2.0/UDP [2001:DB8:0:0::1];")
    for element, host in zip(tape.header["elements"], ("2001:db8::1", "2001:db8::2"), strict=True):
        for one in tape.sent:
            one.source = (host, 5060) if one.element == element["name"] else one.source
            one.destination = (host, 5060) if one.element != element["name"] else one.destination
        element["addresses"] = [f"{host}:5060"]
    assert check(tape.play()) == []


def test_a_call_to_oneself() -> None:
    lab = sipsim.Lab()
    alice, _ = tapes.phones(lab)
    alice.answers = 0.5
    call = alice.call(alice)
    lab.run(call.answered)
    call.hang_up()
    assert check(lab.run()) == []


def test_a_phone_that_reaches_itself_through_a_fork_may_change_the_call() -> None:
    """Its INVITE is under way at one end of the dialog, while the other end, the same phone, answers it."""
    lab = sipsim.Lab(seed=1, delay=0.1)
    lab.proxy("example.com")
    alice, other = (lab.user_agent("sip:alice@example.com", answers=answers) for answers in (0, 60))
    lab.run(alice.register() & other.register())
    call = alice.call("sip:alice@example.com")
    lab.run(call.answered)
    lab.run(until=lab.env.now + 5)
    for side in list(alice.calls.values()):
        lab.run(side.reinvite())
    lab.run(call.hang_up())
    assert not lab.trace.check()


def test_a_registration_may_be_asked_for_at_any_time() -> None:
    tape = tapes.register()
    tape.find("REGISTER")[1].at(0.002).sub(r"^Contact: .*?\r\n", "")
    tape.find("200 REGISTER")[1].at(0.007)
    assert check(tape.play()) == []


def test_a_crash_excuses_what_was_forgotten() -> None:
    def story(lab: sipsim.Lab, crashes: bool) -> sipsim.Trace:
        alice, bob = tapes.phones(lab)
        bob.ignores()
        alice.call(bob)
        lab.run(until=1.0)
        if crashes:
            bob.crash()
            bob.restart()
        return lab.run()

    lab = sipsim.Lab(seed=1)
    assert rules(story(lab, crashes=True)) == set()
    assert Index(lab.trace).crashed("bob") and not Index(lab.trace).steady("bob")


def test_a_message_that_waits_counts_from_when_it_is_worked_on() -> None:
    lab = sipsim.Lab(duplicate=0.3)
    alice, bob = tapes.phones(lab)
    bob.service_time = 0.4
    call = alice.call(bob)
    lab.run(call.answered)
    call.hang_up()
    assert check(lab.run()) == []


def test_a_call_with_an_altered_message_is_left_alone() -> None:
    altered = 0
    for seed in range(1, 60):
        try:
            trace = sipsim.run("ozeki", seed=seed, corrupt=0.03)
        except (sipsim.Stalled, sipsim.CallFailed):
            continue
        altered += any(hop.torn for hop in Index(trace).hops)
        assert rules(trace) == set()
    assert altered > 5


def test_timers_are_those_of_the_run() -> None:
    trace = sipsim.run("lost-200", t1=0.2, t2=1.0)
    assert Index(trace).timing == sipsim.Timing(t1=0.2, t2=1.0) and check(trace) == []
    trace.header["parameters"] = {}
    trace.header.pop("timers", None)
    assert rules(trace) == {"ACK-05"}
    trace.header["timers"] = {"t1": 0.2, "t2": 1.0}
    assert check(trace) == []


def test_a_proxy_without_state_owes_nothing() -> None:
    """It forwards copies as they come and makes none by itself."""
    tape = tapes.lost_register()
    copies = tape.find("REGISTER")
    for one in copies:
        one.arrivals = [one.time + 0.005]
        on = tape.more(one, one.time + 0.005)
        on.element, on.source = "relay", ("192.0.2.9", 5060)
        on.sub(r"^Via:", "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK-relay\r\nVia:")
        on.sub("^Max-Forwards: 70", "Max-Forwards: 69")
        on.arrivals = []
        one.destination = on.source
    tape.header["elements"].append({"name": "relay", "kind": "proxy", "addresses": ["192.0.2.9:5060"]})
    tape.drop(*tape.find("200 REGISTER"))
    tape.end = 0.1 + tape.find("REGISTER")[-1].time
    assert check(tape.play()) == []


@pytest.mark.parametrize("name", ["ozeki", "fork"])
def test_every_hop_of_a_call_is_understood(name: str) -> None:
    """Each request is in a transaction, each answer too, and what a proxy sent on knows what it was."""
    index = Index(sipsim.run(name))
    kept = {hop.number for hop in index.of} | {hop.number for hop in index.loose_acks}
    assert kept == {hop.number for hop in index.hops}
    for hop in index.requests:
        assert (hop.upstream is None) == (len(hop.vias) == 1)
    assert {dialog.callee_leg is not None for dialog in index.dialogs.values()} == {True}


def lossy(t1: float) -> sipsim.Lab:
    """A lab with a T1 of its own, in which everything has to be repeated."""
    lab = sipsim.Lab(seed=5, loss=0.6, t1=t1, t2=3 * t1)
    bob = lab.user_agent("sip:bob@example.com", answers=t1)
    alice = lab.user_agent("sip:alice@example.com")
    alice.options(str(bob.contact_uri))
    alice.call(bob)
    lab.run()
    assert lab.trace.counts["retransmissions"] > 5
    return lab


@pytest.mark.parametrize("t1", [0.05, 0.5, 2.0])
def test_a_run_is_judged_with_its_own_timers(t1: float, tmp_path: Path) -> None:
    trace = lossy(t1).trace
    assert trace.header["timers"] == {"t1": t1, "t2": 3 * t1, "t4": 5.0} and trace.header["live"] is False
    trace.save(tmp_path / "run.jsonl")
    loaded = sipsim.load(tmp_path / "run.jsonl")
    assert rules(trace) == rules(loaded) == set()
    loaded.header["timers"]["t1"] *= 1.5
    assert rules(loaded) & {"TIM-01", "TIM-03", "ACK-05"}


def test_an_older_trace_has_its_timers_in_the_parameters(tmp_path: Path) -> None:
    lossy(0.05).trace.save(tmp_path / "run.jsonl")
    trace = sipsim.load(tmp_path / "run.jsonl")
    trace.header["parameters"] = trace.header.pop("timers")
    del trace.header["live"]
    assert rules(trace) == set()
    trace.header["parameters"] = {}
    assert rules(trace)


def test_who_gave_an_invite_up_after_its_cancel_owes_no_ack() -> None:
    """RFC 3261 §9.1: 64*T1 after the CANCEL the INVITE counts as cancelled; the 408 of the proxy comes just after."""
    lab = sipsim.Lab()
    proxy, bob = lab.proxy("example.com"), lab.user_agent("sip:bob@example.com")
    alice = lab.user_agent("sip:alice@example.com")
    proxy.location.add("sip:bob@example.com", bob.contact_uri)
    bob.ignores()
    call = alice.call("sip:bob@example.com")
    lab.run(call.ringing)
    bob.crash()
    call.hang_up()
    trace = lab.run()
    late = {trace[record.cause].raw[:11] for record in trace.select("ignored", "alice")}
    assert late == {b"SIP/2.0 408"} and rules(trace) == set()


def test_a_branch_that_timed_out_is_not_cancelled_when_it_rings_at_last() -> None:
    lab = sipsim.Lab()
    proxy, bob = lab.proxy("example.com"), lab.user_agent("sip:bob@example.com")
    proxy.location.add("sip:bob@example.com", bob.contact_uri)
    bob.ignores()
    lab.link(proxy, bob, delay=16.1)  # there and back in more than 64*T1
    lab.user_agent("sip:alice@example.com").call("sip:bob@example.com")
    lab.run()
    assert rules(lab.trace) == set()


def damaged(arrive: Callable[[Packet], None], good: bytes, bad: bytes, packet: Packet) -> None:
    """Let a packet arrive with other octets than were sent."""
    arrive(packet.again(packet.data.replace(good, bad)))


@pytest.mark.parametrize(("bandwidth", "hold"), [(300, True), (500, False), (700, False), (700, True), (1000, True)])
def test_copies_that_queue_for_longer_than_a_transaction_lives_begin_another(bandwidth: int, hold: bool) -> None:
    """A link so slow that copies arrive when the receiver has forgotten what they repeat."""
    lab = sipsim.Lab(bandwidth=bandwidth)
    proxy, alice, bob = lab.proxy("a.test"), lab.user_agent("sip:alice@a.test"), lab.user_agent("sip:bob@a.test")
    proxy.location.add("sip:bob@a.test", bob.contact_uri)
    call = alice.call("sip:bob@a.test")
    with suppress(sipsim.CallFailed):
        lab.run(call.answered)
        _ = call.hold() if hold else call.hang_up()
    assert rules(lab.run()) == set()


def test_what_was_damaged_on_the_way_is_not_the_fault_of_who_passes_it_on() -> None:
    """A Via that no proxy has to look at, and a header field whose name nobody knows any more."""
    for bad, good in ((b"SIP\xbc2.0/UDP 192.0.2.3", b"SIP/2.0/UDP 192.0.2.3"), (b"Dontent-Type", b"Content-Type")):
        lab = sipsim.Lab()
        first, second = lab.proxy("a.test", "first"), lab.proxy("b.test", "second")
        alice, bob = lab.user_agent("sip:alice@a.test", outbound=first), lab.user_agent("sip:bob@b.test")
        second.location.add("sip:bob@b.test", bob.contact_uri)
        lab.network.unbind(second.address, "UDP")
        through = partial(damaged, second._arrive, good, bad)
        lab.network.bind(second.address, "UDP", through, second._unreachable, node="second")
        alice.call("sip:bob@b.test")
        trace = lab.run(until=5)
        assert any(bad in record.raw for record in trace.select("sent", "second"))
        assert rules(trace) == set()


def test_whoever_of_a_group_answers_ends_the_repeating() -> None:
    """What went to a multicast address is answered from others; it is repeated until the first answer, no longer."""
    trace = sipsim.run("multicast", delay=0.8)
    assert len(times(trace, "REGISTER", "bob")) > 1 and check(trace) == []
    tape = Tape(trace)
    tape.more(tape.one("REGISTER"), 3.5).arrivals = []
    assert rules(tape.play()) == {"TIM-03"}


def test_a_refusal_of_another_method_needs_no_ack_though_its_branch_is_the_invites() -> None:
    """A client knows its responses by branch and method (§17.1.3), so this one is nobody's."""
    tape = tapes.busy()
    tape.drop(*tape.find("ACK"))
    assert "ACK-03" in rules(tape.play())
    for refusal in tape.find("486 INVITE"):
        refusal.sub(r"^CSeq: 1 INVITE", "CSeq: 1 INFO")
    found = rules(tape.play())
    assert found and "ACK-03" not in found


def test_copies_of_an_offer_in_a_2xx_need_no_ack_before_there_is_an_answer() -> None:
    """In the middle the answer takes its time; but the ACK that is there then is sent again for every later copy."""
    lab = sipsim.Lab(seed=1, delay=0.01)
    b2bua = lab.b2bua("example.com")
    alice, bob = tapes.phones(lab)
    alice.outbound = b2bua
    b2bua.location.add(bob.uri.aor, bob.contact_uri)
    lab.network.drop("ACK", src="alice", dst="b2bua")
    lab.network.drop("ACK", src="b2bua", dst="bob")
    alice.call(bob.uri, offer=False)
    lab.run(until=20)
    tape = Tape(lab.trace)
    assert len(tape.find("200 INVITE", "bob")) > len(tape.find("ACK", "b2bua")) == 2
    assert rules(tape.play()) == set()
    assert rules(tape.drop(tape.find("ACK", "b2bua")[-1]).play()) == {"ACK-02"}
