"""A back-to-back user agent: each call becomes two, and all that the two ends say to each other goes on (RFC 7092)."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from bench_pair import Wire, messages, request, times, wire
from hypothesis import given
from hypothesis import strategies as st
from rules_kept import broken_in

from sipsim import CallFailed, Lab, UsageError, UserAgent
from sipsim.elements.calls.onward import declining
from sipsim.elements.calls.outgoing_call import OutgoingCall
from sipsim.elements.servers.b2bua import B2bua
from sipsim.flows.casts import outcome_of, place
from sipsim.message import build
from sipsim.message.message import Message, Request
from sipsim.message.sdp import Sdp
from sipsim.message.uri import Uri

BOB = "sip:bob@example.com"


def house(lab: Lab, **how: Any) -> tuple[UserAgent, B2bua, UserAgent]:
    alice = lab.user_agent("sip:alice@example.com", **how)
    b2bua = lab.b2bua("example.com")
    bob = lab.user_agent(BOB, **how)
    for phone in (alice, bob):
        place(b2bua, phone)
    return alice, b2bua, bob


def bodied(text: str, body: str) -> str:
    """A request as text, with a body of which it says the length and nothing else."""
    return text.replace("Content-Length: 0", f"Content-Length: {len(body)}") + body


def answered(lab: Lab, call: OutgoingCall) -> OutgoingCall:
    lab.run(call.answered)
    lab.run(until=lab.env.now + 1)
    return call


def over(lab: Lab) -> None:
    """All has come to its end, lingering timers too, and nothing is left in the middle."""
    lab.run()
    lab.run(until=lab.env.now + 100)
    assert not [text for text in lab.leftovers() if text.startswith("b2bua")], lab.leftovers()


@pytest.mark.covers("P09")
def test_a_call_becomes_two_with_nothing_in_common_but_what_the_ends_say() -> None:
    lab = Lab(seed=1)
    alice, b2bua, bob = house(lab)
    call = answered(lab, alice.call(BOB))
    (theirs,), (ours,) = messages(lab.trace, "INVITE", "alice"), messages(lab.trace, "INVITE", "b2bua")
    (his,), (told,) = messages(lab.trace, "200 INVITE", "bob"), messages(lab.trace, "200 INVITE", "b2bua")
    assert ours.body == theirs.body and told.body == his.body
    assert ours.max_forwards == theirs.max_forwards - 1
    assert (ours.from_.uri, ours.to.uri) == (theirs.from_.uri, theirs.to.uri)
    for first, second in ((theirs, ours), (his, told)):
        assert first.call_id != second.call_id
        assert first.from_tag != second.from_tag and (first.to_tag != second.to_tag or first is theirs)
        assert second.contacts[0].uri.host == b2bua.address.host
    heads = [bytes(message).partition(b"\r\n\r\n")[0] for message in (ours, told)]
    assert alice.address.host.encode() not in heads[0] and bob.address.host.encode() not in heads[1]
    call.hang_up()
    over(lab)
    assert wire(lab.trace)[-4:] == ["alice>b2bua BYE", "b2bua>bob BYE", "bob>b2bua 200 BYE", "b2bua>alice 200 BYE"]


@pytest.mark.covers("P09")
def test_both_ends_hold_update_and_tell_through_it() -> None:
    lab = Lab(seed=1)
    alice, _, bob = house(lab, reliable="supported")
    call = answered(lab, alice.call(BOB))
    lab.run(call.hold())
    other = bob.current_call
    assert other is not None and other.streams[0].direction == "recvonly"
    lab.run(other.update(direction="inactive"))
    assert call.streams[0].direction == "inactive"
    lab.run(call.info("louder"))
    lab.run(other.message("no"))
    assert other.infos[0].body == b"louder" and alice.messages[0].text == "no"
    lab.run(until=lab.env.now + 1)
    other.hang_up(reason=16)
    over(lab)
    assert call.reasons and call.reasons[0].param("cause") == "16"
    numbers = [message.cseq.number for message in messages(lab.trace, "PRACK", "b2bua")]
    assert numbers == [2]


def test_a_prack_names_the_invite_by_its_number_on_the_other_side() -> None:
    """Alice has to log in, so her INVITE has another number than the one that Bob gets."""
    lab = Lab(seed=1)
    b2bua = lab.b2bua("example.com", users={"alice": "secret", "bob": "hush"})
    alice = lab.user_agent("sip:alice@example.com", password="secret", reliable="required")
    bob = lab.user_agent(BOB, reliable="required")
    place(b2bua, bob)
    answered(lab, alice.call(BOB)).hang_up()
    over(lab)
    assert [message.rack.cseq.number for message in messages(lab.trace, "PRACK", "alice")] == [2]
    assert [message.rack.cseq.number for message in messages(lab.trace, "PRACK", "b2bua")] == [1]
    assert "authorization" not in messages(lab.trace, "INVITE", "b2bua")[0].names


def test_a_prack_for_nothing_is_refused_by_the_end_that_knows() -> None:
    lab = Lab(seed=1)
    _, b2bua, bob = house(lab, reliable="supported")
    bob.ignores()
    tester = Wire(lab)
    tester.send(request("INVITE", more="Supported: 100rel\n"), b2bua)
    lab.run(until=0.1)
    tag = tester.heard[-1].to_tag or ""
    tester.send(request("PRACK", to_tag=tag, branch="z9hG4bK-t2", cseq=2, more="RAck: 1 1 INVITE\n"), b2bua)
    lab.run(until=0.4)
    assert tester.statuses == [100, 180, 481]
    tester.send(request("CANCEL"), b2bua)
    lab.run(until=1)
    assert {*tester.statuses[3:]} == {200, 487}


def test_a_late_offer_and_its_answer_go_through() -> None:
    lab = Lab(seed=1)
    alice, _, _ = house(lab)
    call = answered(lab, alice.call(BOB, offer=False))
    assert call.streams and [bool(message.body) for message in messages(lab.trace, "ACK", "b2bua")] == [True]
    call.hang_up()
    over(lab)


@pytest.mark.parametrize("status", [302, 404, 486, 503, 600])
def test_what_the_callee_says_goes_back_but_not_its_overload(status: int) -> None:
    lab = Lab(seed=1)
    alice, _, bob = house(lab)
    bob.rejects(status, contacts="sip:carol@example.com" if status == 302 else ())
    call = alice.call(BOB)
    lab.run(outcome_of(call))
    told = [record.message for record in lab.trace.select("sent", "b2bua") if record.peer == "alice"]
    final = next(message for message in told if getattr(message, "status", 0) >= 300)
    assert final.status == (500 if status == 503 else status) and lab.trace.result["status"] in (final.status, 404)  # type: ignore[union-attr]
    assert bool(final.contacts) == (status == 302)
    over(lab)


@pytest.mark.parametrize("answers", [5.0, 0.0])
def test_a_cancel_goes_on_and_one_that_comes_too_late_is_a_bye(answers: float) -> None:
    lab = Lab(seed=1, delay=0.1)
    alice, _, bob = house(lab)
    bob.picks_up(after=answers)
    call = alice.call(BOB)
    lab.run(until=1 if answers else 0.15)
    call.hang_up(reason=487)
    over(lab)
    (cancel,) = messages(lab.trace, "CANCEL", "b2bua")
    assert cancel.reasons[0].param("cause") == "487"
    assert bob.current_call is None and alice.current_call is None
    assert ("b2bua>bob BYE" in wire(lab.trace)) == (not answers)


def test_a_caller_may_end_an_early_dialog_by_bye() -> None:
    lab = Lab(seed=1)
    alice, _, bob = house(lab)
    bob.ignores()
    call = alice.call(BOB)
    lab.run(call.ringing)
    call.hang_up(early_bye=True)
    over(lab)
    assert "b2bua>alice 487 INVITE" in wire(lab.trace) and bob.current_call is None


@pytest.mark.parametrize("at", [1.02, 1.08, 1.15, 1.25, 1.35])
def test_an_answer_that_crosses_an_early_bye_is_ended_on_both_sides(at: float) -> None:
    lab = Lab(seed=1, delay=0.1)
    alice, _, bob = house(lab)
    bob.picks_up(after=1.0)
    call = alice.call(BOB)
    lab.run(until=at)
    call.hang_up(early_bye=True)
    over(lab)
    assert alice.current_call is None and bob.current_call is None


@pytest.mark.parametrize("what", ["INVITE", "180 INVITE", "200 INVITE", "ACK", "BYE", "200 BYE", "PRACK", "200 PRACK"])
@pytest.mark.parametrize("side", [("alice", "b2bua"), ("b2bua", "alice"), ("b2bua", "bob"), ("bob", "b2bua")])
def test_whatever_gets_lost_on_either_side_the_call_stands_and_ends(what: str, side: tuple[str, str]) -> None:
    lab = Lab(seed=1, delay=0.02)
    alice, _, bob = house(lab, reliable="supported")
    network: Any = lab.network
    network.drop(what, src=side[0], dst=side[1], times=1)
    call = alice.call(BOB)
    lab.run(call.answered)
    lab.run(until=20)
    assert bob.current_call is not None and bob.current_call.state == "answered"
    call.hang_up()
    over(lab)


def test_two_changes_that_meet_are_both_tried_again() -> None:
    lab = Lab(seed=3, delay=0.1)
    alice, _, bob = house(lab)
    call = answered(lab, alice.call(BOB))
    other = bob.current_call
    assert other is not None
    both = call.reinvite(codecs=["PCMA"]), other.reinvite(direction="sendonly")
    lab.run(both[0] & both[1])
    assert [line for line in wire(lab.trace) if "491" in line and line.startswith("b2bua")]
    assert call.streams[0].direction == "recvonly" and call.streams[0].codec == "PCMA"
    call.hang_up()
    over(lab)


def test_byes_that_cross_in_it_end_the_call_on_both_sides() -> None:
    lab = Lab(seed=1, delay=0.1)
    alice, _, bob = house(lab)
    call = answered(lab, alice.call(BOB))
    other = bob.current_call
    assert other is not None
    call.hang_up(), other.hang_up()
    over(lab)
    assert call.state == other.state == "ended"


def test_after_a_crash_it_knows_no_call_and_each_end_has_to_notice() -> None:
    lab = Lab(seed=1)
    alice, b2bua, bob = house(lab)
    call = answered(lab, alice.call(BOB))
    b2bua.crash()
    b2bua.restart()
    assert not b2bua.legs and not b2bua.leftovers()
    call.hang_up()
    lab.run()
    assert wire(lab.trace)[-2:] == ["alice>b2bua BYE", "b2bua>alice 481 BYE"]
    assert call.state == "ended" and bob.current_call is not None  # nobody has told him
    lab.drain()


def test_a_crash_while_it_rings_leaves_nothing_in_it() -> None:
    lab = Lab(seed=1)
    alice, b2bua, bob = house(lab)
    bob.ignores()
    call = alice.call(BOB)
    lab.run(call.ringing)
    b2bua.crash()
    assert not b2bua.leftovers() and not b2bua.under_way
    lab.drain()


def test_an_end_that_crashed_is_given_up_when_the_other_hangs_up() -> None:
    lab = Lab(seed=1)
    alice, b2bua, bob = house(lab)
    call = answered(lab, alice.call(BOB))
    bob.crash()
    call.hang_up()
    over(lab)
    assert not b2bua.legs and call.state == "ended"


def test_a_callee_that_is_not_there_is_a_failure_of_the_call() -> None:
    lab = Lab(seed=1)
    alice, b2bua, bob = house(lab)
    bob.crash()
    with pytest.raises(CallFailed, match="408"):
        lab.run(alice.call(BOB).answered)
    alice.outbound = b2bua
    with pytest.raises(CallFailed, match="500"):
        lab.run(alice.call("sip:carol@nowhere.example.org").answered)
    over(lab)


def test_of_two_phones_behind_a_fork_the_first_to_answer_is_kept() -> None:
    """Towards the caller it is one phone: one dialog, whoever rings in the other ones."""
    lab = Lab(seed=1)
    proxy = lab.proxy("biloxi.com")
    b2bua = lab.b2bua("example.com", relay_to=proxy)
    alice = lab.user_agent("sip:alice@example.com", outbound=b2bua)
    phones = [lab.user_agent("sip:bob@biloxi.com", name, answers=1.0) for name in ("desk", "pocket")]
    for phone in phones:
        place(proxy, phone)
    call = alice.call("sip:bob@biloxi.com", forks="all")
    answered(lab, call)
    told = messages(lab.trace, "180 INVITE", "b2bua") + messages(lab.trace, "200 INVITE", "b2bua")
    assert len(told) == 3 and len({message.to_tag for message in told}) == 1 and not call.others
    assert sum(phone.current_call is not None for phone in phones) == 1
    call.hang_up()
    over(lab)
    assert all(phone.current_call is None for phone in phones)


def test_words_go_through_it_outside_of_calls_and_what_it_has_no_use_for_does_not() -> None:
    lab = Lab(seed=1)
    alice, b2bua, bob = house(lab)
    lab.run(alice.message(BOB, "hello"))
    assert bob.messages[0].text == "hello"
    lab.run(alice.options(BOB))
    with pytest.raises(CallFailed, match="404"):
        lab.run(alice.message("sip:nobody@example.com", "hello"))
    tester = Wire(lab)
    tester.send(request("PUBLISH", branch="z9hG4bK-p"), b2bua)
    tester.send(request("INFO", branch="z9hG4bK-i", to_tag="x", call_id="i@HERE"), b2bua)
    tester.send(request("INVITE", branch="z9hG4bK-z", call_id="z@HERE").replace("Forwards: 70", "Forwards: 0"), b2bua)
    lab.run()
    assert [*dict.fromkeys(tester.statuses)] == [405, 481, 483]


def test_in_a_circle_max_forwards_ends_the_call() -> None:
    lab = Lab(seed=1)
    first = lab.b2bua("example.com")
    second = lab.b2bua("example.org", relay_to=first)
    first.location.add(BOB, f"sip:bob@{second.host_port}")
    second.location.add(f"sip:bob@{second.host_port}", BOB)
    alice = lab.user_agent("sip:alice@example.com")
    with pytest.raises(CallFailed, match="483"):
        lab.run(alice.call(BOB).answered)
    lab.run()
    assert len(messages(lab.trace, "INVITE", first.name)) == 35


def test_session_timers_and_refer_are_between_the_two_ends() -> None:
    lab = Lab(seed=1)
    alice, _, bob = house(lab, session_expires=90)
    carol = lab.user_agent("sip:carol@chicago.example.com", answers=1.0)
    call = answered(lab, alice.call(BOB))
    lab.run(until=200)
    assert len(times(lab.trace, "UPDATE", "b2bua")) >= 3 and call.state == "answered"
    other = bob.current_call
    assert other is not None
    referral = other.transfer(carol)
    lab.run(referral.done)
    lab.run(until=lab.env.now + 2)
    assert carol.current_call is not None and call.state == "ended"
    carol.hang_up()
    lab.run(until=lab.env.now + 5)
    lab.drain()
    assert not lab.leftovers()


def test_the_password_of_a_first_request_passes_to_whom_it_is_for() -> None:
    lab = Lab(seed=1)
    proxy = lab.proxy("biloxi.com", users={"alice": "secret"})
    b2bua = lab.b2bua("example.com", relay_to=proxy)
    alice = lab.user_agent("sip:alice@biloxi.com", outbound=b2bua, password="secret")
    bob = lab.user_agent("sip:bob@biloxi.com")
    place(proxy, bob)
    call = answered(lab, alice.call("sip:bob@biloxi.com"))
    call.hang_up()
    over(lab)
    calls = {message.call_id for message in messages(lab.trace, "INVITE", "b2bua")}
    assert bob.current_call is None and len(calls) == 2


def test_after_the_bye_no_notify_goes_through_and_no_call_on_the_other_side_can_be_replaced() -> None:
    lab = Lab(seed=1)
    alice, b2bua, bob = house(lab)
    carol = lab.user_agent("sip:carol@example.com", answers=1.0)
    place(b2bua, carol)
    answered(lab, alice.call(BOB))
    other = bob.current_call
    assert other is not None
    with pytest.raises(CallFailed):
        lab.run(other.transfer("sip:carol@example.com", leaves="at once").done)
    carol.hang_up()
    lab.run(until=lab.env.now + 40)
    first, second = answered(lab, alice.call(BOB)), answered(lab, alice.call("sip:carol@example.com"))
    with pytest.raises(CallFailed, match="404"):
        lab.run(first.transfer_to(second).done)
    lab.drain()


def test_fields_that_nobody_knows_go_on_and_octets_that_no_line_may_have_do_not() -> None:
    lab = Lab(seed=1)
    _, b2bua, _ = house(lab)
    phone, tester = Wire(lab, "phone"), Wire(lab)
    b2bua.location.add("sip:carol@example.com", f"sip:carol@{phone.address.host}")
    more = "X-Odd: caf\u00e9\nX-Two: one\nX-Two: two,\n three\nX-Bad: a\0b\n"
    more += "Via: SIP/2.0/UDP far.example.com;branch=z9hG4bKfar\n"
    tester.send(request("MESSAGE", "sip:carol@example.com", more=more), b2bua)
    lab.run(until=0.1)
    (heard,) = phone.heard
    assert heard.values("X-Odd") == ["caf\u00e9"]
    assert [value for name, value in heard.headers if name.lower() == "x-two"] == ["one", "two, three"]
    assert "x-bad" not in heard.names and b"far.example.com" not in bytes(heard) and not lab.errors


def test_a_call_whose_answer_is_never_acknowledged_ends_with_an_answer_that_takes_nothing() -> None:
    """Bob's 200 has the offer, Alice's ACKs with the answer get lost: the middle owes Bob both (§13.2.2.4)."""
    lab = Lab(seed=1, delay=0.02)
    alice, _, bob = house(lab)
    network: Any = lab.network
    network.drop("ACK", src="alice", dst="b2bua", times=20)
    alice.call(BOB, offer=False)
    over(lab)
    acks = messages(lab.trace, "ACK", "b2bua")
    assert len({message.branch for message in acks}) == 1 and b"m=audio 0 " in acks[0].body
    sent = [line for line in wire(lab.trace) if line in ("b2bua>bob ACK", "b2bua>bob BYE")]
    assert sent[0] == "b2bua>bob ACK" and "b2bua>bob BYE" in sent
    assert alice.current_call is None and bob.current_call is None


def test_the_answer_that_takes_nothing_counts_on_in_a_session_that_stood() -> None:
    """Alice asks Bob for an offer and hangs up at once: her BYE is there before the ACK with her answer."""
    lab = Lab(seed=1, delay=0.05)
    alice, _, _ = house(lab)
    call = answered(lab, alice.call(BOB))
    network: Any = lab.network
    network.drop("ACK", src="alice", dst="b2bua", times=1)
    call.reinvite(offer=False)
    lab.run(until=lab.env.now + 0.08)
    call.hang_up()
    over(lab)
    last = messages(lab.trace, "ACK", "b2bua")[-1]
    assert b"m=audio 0 " in last.body and b"o=alice 1 2 IN IP4 " in last.body
    order = [line for line in wire(lab.trace) if line in ("b2bua>bob ACK", "b2bua>bob BYE")]
    assert order == ["b2bua>bob ACK", "b2bua>bob BYE", "b2bua>bob ACK"]


def test_an_offer_that_crosses_a_cancel_is_declined_in_the_ack() -> None:
    lab = Lab(seed=1, delay=0.05)
    alice, _, bob = house(lab)
    bob.picks_up(after=0)
    call = alice.call(BOB, offer=False)
    lab.run(until=0.08)
    call.hang_up()
    over(lab)
    (ack,) = messages(lab.trace, "ACK", "b2bua")
    assert b"m=audio 0 " in ack.body and wire(lab.trace).count("b2bua>bob BYE") == 1
    assert bob.current_call is None


def test_what_cannot_be_read_as_an_offer_is_acknowledged_without_an_answer() -> None:
    assert declining(b"no", b"", "192.0.2.1") == b""
    offer = b"v=0\r\no=x 1 1 IN IP4 h\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"
    for said in (offer.replace(b"o=x 1 1 IN IP4 h", b"o=x"), offer.replace(b"o=x 1 1", b"o=x 1 " + b"9" * 5000)):
        assert b"m=audio 0 " in declining(offer, said, "192.0.2.1")


@pytest.mark.parametrize("first", ["alice", "bob"])
@pytest.mark.parametrize("second", ["reinvite", "update"])
def test_while_an_update_waits_for_its_answer_no_other_offer_passes(first: str, second: str) -> None:
    lab = Lab(seed=2, delay=0.05)
    alice, _, bob = house(lab)
    call = answered(lab, alice.call(BOB))
    other = bob.current_call
    assert other is not None
    one, two = (call, other) if first == "alice" else (other, call)
    change = one.update(direction="inactive")
    lab.run(until=lab.env.now + 0.02)
    (two.reinvite if second == "reinvite" else two.update)()
    lab.run(change)
    method = "INVITE" if second == "reinvite" else "UPDATE"
    start = [line for line in wire(lab.trace) if method in line or "UPDATE" in line]
    assert f"b2bua>{'bob' if first == 'alice' else 'alice'} 491 {method}" in start
    call.hang_up()
    over(lab)


def test_copies_of_an_answer_of_another_phone_get_their_ack_and_only_one_bye() -> None:
    lab = Lab(seed=1, delay=0.05)
    alice, _, bob = house(lab)
    network: Any = lab.network
    network.drop("ACK", src="b2bua", dst="bob", times=2)
    network.drop("BYE", src="b2bua", dst="bob", times=3)
    bob.picks_up(after=0)
    call = alice.call(BOB)
    lab.run(until=0.08)
    call.hang_up()
    over(lab)
    assert len({message.branch for message in messages(lab.trace, "BYE", "b2bua")}) == 1


def test_a_bye_that_had_to_wait_is_answered_when_the_other_end_has_ended_the_call() -> None:
    """Bob hangs up before Alice's ACK, which never comes, and then she does."""
    lab = Lab(seed=1, delay=0.02)
    alice, _, bob = house(lab)
    network: Any = lab.network
    network.drop("ACK", src="alice", dst="b2bua", times=20)
    call = answered(lab, alice.call(BOB))
    other = bob.current_call
    assert other is not None
    other.hang_up()
    lab.run(until=lab.env.now + 1)
    assert "b2bua>alice BYE" not in wire(lab.trace)
    call.hang_up()
    over(lab)
    assert call.state == other.state == "ended" and "b2bua>bob 200 BYE" in wire(lab.trace)


@pytest.mark.parametrize("first_seed", range(0, 400, 50))
def test_in_whatever_order_they_act_the_middle_keeps_to_its_rules(first_seed: int) -> None:
    """Random acts of both ends over a network that loses and delays: nothing is left, and no rule is broken."""
    for seed in range(first_seed, first_seed + 50):
        lab = acted_at_random(seed)
        assert not broken_in(lab), (seed, [str(finding) for finding in broken_in(lab)])


def acted_at_random(seed: int) -> Lab:
    dice = Random(seed)
    lab = Lab(seed=seed, loss=dice.choice([0, 0.05, 0.2]), jitter=0.05, delay=0.03)
    alice, _, bob = house(lab, reliable=dice.choice(["no", "supported"]))
    bob.picks_up(after=dice.choice([0, 1, 3]))
    call = alice.call(BOB, offer=dice.random() < 0.7)
    for _ in range(dice.randint(0, 5)):
        lab.run(until=lab.env.now + dice.choice([0.03, 0.1, 0.5, 1.3, 3]))
        act(dice.choice(["bye", "early bye", "hold", "info", "invite", "empty invite", "update"]), call)
        if bob.current_call is not None:
            act(dice.choice(["", "bye", "invite", "empty invite", "update"]), bob.current_call)
    lab.run(until=lab.env.now + 300)
    for phone in (alice, bob):
        if phone.current_call is not None:
            phone.current_call.hang_up()
    over(lab)
    return lab


def act(what: str, call: Any) -> None:
    if what == "bye":
        call.hang_up()
    elif what == "early bye":
        call.hang_up(early_bye=True)
    elif what and call.state == "answered":
        does = {"hold": call.hold, "info": lambda: call.info("x"), "update": call.update}
        does |= {"invite": call.reinvite, "empty invite": lambda: call.reinvite(offer=False)}
        does[what]()


@given(st.lists(st.sampled_from(["crash", "hold", "cancel", "bye", "other bye", "restart", "info"]), max_size=4),
       st.integers(1, 1000))  # fmt: skip
def test_whatever_happens_nothing_is_left_in_it(acts: list[str], seed: int) -> None:
    lab = Lab(seed=seed, loss=0.1, jitter=0.02)
    alice, b2bua, bob = house(lab)
    call = alice.call(BOB)
    for act in acts:
        lab.run(until=lab.env.now + 1.3)
        other = bob.current_call
        if act == "crash" and not b2bua.down:
            b2bua.crash()
        elif act == "restart" and b2bua.down:
            b2bua.restart()
        elif act == "hold" and call.state == "answered":
            call.hold()
        elif act == "info" and call.state == "answered":
            call.info("x")
        elif act in ("cancel", "bye"):
            call.hang_up()
        elif act == "other bye" and other is not None:
            other.hang_up()
    lab.run(until=lab.env.now + 300)
    call.hang_up()
    if bob.current_call is not None:
        bob.current_call.hang_up()
    lab.run()
    lab.run(until=lab.env.now + 100)
    if not b2bua.down:
        assert not b2bua.leftovers(), b2bua.leftovers()


def test_a_server_to_relay_to_is_an_element_or_a_uri() -> None:
    lab = Lab(seed=1)
    with pytest.raises(UsageError, match="relay_to"):
        lab.b2bua("example.com", relay_to="http://example.com")
    with pytest.raises(UsageError, match="record_route"):
        lab.b2bua("example.com", record_route=True)
    b2bua = lab.b2bua("example.com", relay_to="sip:10.0.0.9")
    assert isinstance(b2bua.relay_to, Uri) and b2bua.kind == "B2BUA"


@pytest.mark.parametrize(
    ("method", "more", "body", "status"),
    [
        ("BYE", "", "", 481),
        ("MESSAGE", "Replaces: 1@HERE;to-tag=a;from-tag=b\n", "", 400),
        ("MESSAGE", "", "hello", 400),
        ("INVITE", "Replaces: 1@HERE;to-tag=a;from-tag=b\nReplaces: 2@HERE;to-tag=a;from-tag=b\n", "", 400),
        ("INVITE", "", "v=0\r\n", 400),
    ],
)
def test_what_no_user_agent_would_send_is_refused_and_goes_no_further(
    method: str, more: str, body: str, status: int
) -> None:
    lab = Lab(seed=1)
    _, b2bua, _ = house(lab)
    phone, tester = Wire(lab, "phone"), Wire(lab)
    b2bua.location.add("sip:carol@example.com", f"sip:carol@{phone.address.host}")
    tester.send(bodied(request(method, "sip:carol@example.com", more=more), body), b2bua)
    lab.run(until=0.1)
    assert tester.statuses == [status] and not phone.heard
    assert [record.data["status"] for record in lab.trace.select("refused", b2bua.name)] == [status]


def test_in_a_call_too_a_body_of_no_type_is_refused_and_the_call_stands() -> None:
    lab = Lab(seed=1)
    _, b2bua, _ = house(lab)
    phone, tester = Wire(lab, "phone"), Wire(lab)
    b2bua.location.add("sip:carol@example.com", f"sip:carol@{phone.address.host}")
    here, kind = f"<sip:carol@{phone.address.host}>", "application/sdp"

    def say_yes(asked: Message) -> None:
        if isinstance(asked, Request) and asked.method == "INVITE":  # to the same description, for once
            phone.send(build.reply(asked, 200, to_tag="c", contact=here, body=asked.body, content_type=kind), b2bua)
        elif isinstance(asked, Request) and asked.method != "ACK":
            phone.send(build.reply(asked, 200, to_tag="c"), b2bua)

    phone.on_message = say_yes
    offer = str(Sdp.audio("-", tester.address.host, 4000))
    tester.send(bodied(request("INVITE", "sip:carol@example.com", more=f"Content-Type: {kind}\n"), offer), b2bua)
    lab.run(until=0.1)
    tag = tester.heard[-1].to_tag or ""
    tester.send(request("ACK", b2bua.contact[1:-1], branch="z9hG4bK-a", to_tag=tag), b2bua)
    for number, (method, body) in enumerate((("INFO", "hi"), ("BYE", "")), 2):
        text = request(method, b2bua.contact[1:-1], branch=f"z9hG4bK-{number}", cseq=number, to_tag=tag)
        tester.send(bodied(text, body), b2bua)
    lab.run(until=0.3)
    assert tester.statuses == [100, 200, 400, 200]
    assert [asked.method for asked in phone.heard if isinstance(asked, Request)] == ["INVITE", "ACK", "BYE"]


def test_a_body_of_no_type_in_an_answer_goes_back_as_octets() -> None:
    lab = Lab(seed=1)
    _, b2bua, _ = house(lab)
    phone, tester = Wire(lab, "phone"), Wire(lab)
    b2bua.location.add("sip:carol@example.com", f"sip:carol@{phone.address.host}")
    tester.send(request("OPTIONS", "sip:carol@example.com"), b2bua)
    lab.run(until=0.1)
    (asked,) = phone.heard
    phone.send(build.reply(asked, 200, to_tag="c", body=b"hi"), b2bua)
    lab.run(until=0.2)
    told = tester.heard[-1]
    assert (told.status, told.body, str(told.content_type)) == (200, b"hi", "application/octet-stream")
