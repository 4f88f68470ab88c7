"""Two INVITEs in one dialog at once: who gives way, how long, and that both get their way in the end (RFC 3261 §14)."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import Wire, messages, request, times, wire

from sipsim import Call, Lab
from sipsim.protocol.glare import pause_after_491, put_off


def talking(lab: Lab) -> tuple[Call, Call]:
    alice = lab.user_agent("sip:alice@example.com")
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run()
    taken = bob.current_call
    assert taken is not None
    return call, taken


@pytest.mark.parametrize("draw", [0.0, 0.5, 1 - 2**-53])
def test_the_two_windows_of_waiting_do_not_meet(draw: float) -> None:
    owner, other = pause_after_491(True, lambda: draw), pause_after_491(False, lambda: draw)
    assert 2.1 <= owner <= 4 and 0 <= other <= 2
    assert all(round(pause * 100) == pytest.approx(pause * 100) for pause in (owner, other))  # units of 10 ms
    ((name, seconds),) = put_off(lambda: draw).headers
    assert name == "Retry-After" and int(seconds) in range(11)


@pytest.mark.parametrize("seed", range(1, 9))
def test_two_reinvites_that_cross_both_get_491_and_both_succeed_later(seed: int) -> None:
    lab = Lab(seed)
    mine, other = talking(lab)
    began = lab.env.now
    wishes = mine.reinvite(codecs=["PCMA"]), other.hold()
    lab.run()
    assert all(wish.ok for wish in wishes)
    assert {"alice>bob 491 INVITE", "bob>alice 491 INVITE"} <= set(wire(lab.trace))
    (again_alice,), (again_bob,) = (
        [round(t - began - 0.01, 6) for t in times(lab.trace, "INVITE", name) if t > began] for name in ("alice", "bob")
    )
    assert 2.1 <= again_alice <= 4 and 0 <= again_bob <= 2
    assert (mine.stream.codec, mine.stream.direction) == ("PCMA", "recvonly") and other.stream.direction == "sendonly"
    assert not lab.trace.check()


def test_the_pause_is_drawn_from_the_seed() -> None:
    def instants(seed: int) -> list[float]:
        lab = Lab(seed)
        mine, other = talking(lab)
        mine.hold(), other.hold()
        return times(lab.run(), "INVITE", "alice")

    assert instants(3) == instants(3) != instants(4)


def test_who_hangs_up_during_the_pause_does_not_try_again() -> None:
    lab = Lab()
    mine, other = talking(lab)
    wishes = mine.hold(), other.hold()
    lab.env.call_later(0.011, mine.hang_up)
    trace = lab.run()
    assert not any(wish.ok for wish in wishes) and lab.env.now < 1
    assert len(messages(trace, "INVITE", "alice")) == 2 and mine.state == other.state == "ended"


def test_a_reinvite_that_overtakes_the_ack_is_put_off_with_491() -> None:
    lab = Lab()
    lab.network.drop("ACK")  # type: ignore[attr-defined]
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=0)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(call.hold())
    trace = lab.run()
    assert wire(trace, "bob").count("bob>alice 491 INVITE") == 1 and call.stream.direction == "sendonly"
    assert not trace.check()


def test_a_second_invite_before_the_answer_to_the_first_gets_500_and_a_time_to_come_again() -> None:
    lab = Lab()
    bob, tester = lab.user_agent("sip:bob@example.com"), Wire(lab)
    bob.ignores()
    tester.send(request("INVITE"), bob)

    def again(m: Any) -> None:
        if m.status == 180:
            tester.send(request("INVITE", branch="z9hG4bK-2", cseq=2, to_tag=m.to_tag), bob)

    tester.on_message = again
    lab.run(until=0.1)
    assert tester.statuses == [180, 500] and tester.heard[-1].retry_after in range(11)


def test_a_second_reinvite_while_the_user_thinks_about_the_first_gets_500_too() -> None:
    lab = Lab()
    bob, tester = lab.user_agent("sip:bob@example.com", answers=0), Wire(lab)
    bob.on_reinvite = lambda change: None
    tester.send(request("INVITE"), bob)

    def go_on(m: Any) -> None:
        if getattr(m, "status", 0) == 200 and m.cseq.number == 1:
            tester.send(request("ACK", branch="z9hG4bK-a", to_tag=m.to_tag), bob)
            for n in (2, 3):
                tester.send(request("INVITE", branch=f"z9hG4bK-{n}", cseq=n, to_tag=m.to_tag), bob)

    tester.on_message = go_on
    lab.run(until=0.1)
    assert tester.statuses == [180, 200, 500] and tester.heard[-1].cseq.number == 3
    assert tester.heard[-1].has("retry-after")
    lab.drain()


def test_an_invite_of_the_callee_while_the_callers_is_unanswered_gets_491() -> None:
    lab = Lab()
    alice, tester = lab.user_agent("sip:alice@example.com"), Wire(lab)

    def react(m: Any) -> None:
        if getattr(m, "method", "") == "INVITE":
            copied = "".join(f"{n}: {v}\n" for n, v in m.headers if n in ("Via", "From", "Call-ID", "CSeq"))
            contact = "Contact: <sip:t@HERE>\n"
            tester.send(f"SIP/2.0 180 Ringing\n{copied}To: <sip:t@HERE>;tag=t\n{contact}Content-Length: 0\n\n", alice)
            text = request("INVITE", str(alice.contact_uri), to_tag=m.from_tag, call_id=m.call_id)
            tester.send(text, alice)

    tester.on_message = react
    call = alice.call(f"sip:t@{tester.address.host}")
    lab.run(until=0.1)
    assert 491 in tester.statuses and call.state == "ringing"
    lab.drain()
