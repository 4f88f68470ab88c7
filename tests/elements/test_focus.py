"""The focus of a conference: dialled in, dialled out, asked by REFER, left, removed, over (RFC 4579, RFC 4353)."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import messages, wire

from sipsim import CallFailed, Lab, UsageError, UserAgent
from sipsim.elements.agents.focus import Focus

ALICE = "sip:alice@example.com"


def room(lab: Lab, **how: Any) -> tuple[Focus, list[UserAgent]]:
    focus = lab.focus("sip:conf1@example.com", "focus", **how)
    phones = [lab.user_agent(f"sip:{name}@example.com", answers=0.5) for name in ("alice", "bob", "carol")]
    return focus, phones


@pytest.mark.covers("P09")
def test_who_calls_the_conference_is_in_and_sees_what_it_is() -> None:
    lab = Lab(seed=1)
    focus, (alice, bob, carol) = room(lab)
    for phone in (alice, bob):
        lab.run(phone.call(focus).answered)
    lab.run(focus.invite(carol).answered)
    assert [call.state for call in focus.participants] == ["answered"] * 3
    told = messages(lab.trace, "200 INVITE", "focus") + messages(lab.trace, "INVITE", "focus")
    assert len(told) == 3 and all(message.contacts[0].param("isfocus") == "" for message in told)
    assert len({call.call_id for call in focus.participants}) == 3
    assert all(call.stream is not None for call in focus.participants)


@pytest.mark.covers("P09")
def test_the_last_one_to_leave_ends_the_conference_and_nobody_gets_in_any_more() -> None:
    lab = Lab(seed=1)
    focus, (alice, bob, carol) = room(lab)
    calls = [phone.call(focus) for phone in (alice, bob)]
    lab.run(calls[0].answered & calls[1].answered)
    lab.run(calls[0].hang_up())
    assert not focus.over.triggered and calls[1].state == "answered"
    lab.run(calls[1].hang_up())
    lab.run(focus.over)
    with pytest.raises(CallFailed, match="404"):
        lab.run(carol.call(focus).answered)
    lab.run()
    lab.drain()
    assert not lab.leftovers()


@pytest.mark.covers("P09")
def test_when_the_chair_leaves_everybody_is_hung_up_on() -> None:
    lab = Lab(seed=1)
    focus, (alice, bob, carol) = room(lab, chair=ALICE)
    others = [phone.call(focus) for phone in (bob, carol)]
    call = alice.call(focus)
    lab.run(call.answered)
    lab.run(until=1)
    call.hang_up()
    lab.run()
    assert [other.state for other in others] == ["ended"] * 2 and not focus.participants
    assert wire(lab.trace).count("focus>bob BYE") == wire(lab.trace).count("focus>carol BYE") == 1


def test_asked_by_refer_it_calls_somebody_and_tells_how_it_went() -> None:
    lab = Lab(seed=1)
    focus, (alice, _, carol) = room(lab)
    call = alice.call(focus)
    lab.run(call.answered)
    referral = call.transfer(carol, leaves="never")
    lab.run(referral.done)
    assert referral.status == 200 and len(focus.participants) == 2
    invite = messages(lab.trace, "INVITE", "focus")[0]
    assert invite.contacts[0].param("isfocus") == "" and str(invite.referred_by.uri) == ALICE
    lab.run(focus.remove(carol.contact_uri))
    assert carol.current_call is None and len(focus.participants) == 1 and not focus.over.triggered
    lab.run(focus.end())
    lab.run()
    assert call.state == "ended" and focus.over.triggered


@pytest.mark.parametrize("status", [486, 603])
def test_whoever_does_not_come_is_told_to_who_asked_and_ends_nothing(status: int) -> None:
    lab = Lab(seed=1)
    focus, (alice, _, carol) = room(lab)
    carol.rejects(status)
    call = alice.call(focus)
    lab.run(call.answered)
    referral = call.transfer(carol, leaves="never")
    with pytest.raises(CallFailed, match=str(status)):
        lab.run(referral.done)
    assert len(focus.participants) == 1 and not focus.over.triggered


def test_a_phone_may_be_asked_to_call_the_conference() -> None:
    """RFC 4579 §5.6: who is referred to the conference dials in."""
    lab = Lab(seed=1)
    focus, (alice, bob, _) = room(lab)
    lab.run(alice.refer(bob, focus).done)
    assert len(focus.participants) == 1 and bob.current_call is not None


@pytest.mark.parametrize("media", ["packets", "flow"])
def test_each_participant_sends_to_the_focus_which_mixes_nothing(media: str) -> None:
    lab = Lab(seed=1)
    focus, phones = room(lab, media=media)
    for phone in phones:
        phone.media = media
    calls = [phone.call(focus) for phone in phones]
    lab.run(calls[2].answered)
    lab.run(until=5)
    heard = [call.statistics.received for call in focus.participants]
    assert len(heard) == 3 and all(200 < count < 260 for count in heard)
    focus.end()
    lab.run()


def test_one_on_hold_stays_and_a_lost_bye_ends_it_all_the_same() -> None:
    lab = Lab(seed=1)
    focus, (alice, bob, _) = room(lab)
    call, other = alice.call(focus), bob.call(focus)
    lab.run(call.answered & other.answered)
    lab.run(until=1)
    lab.run(call.hold())
    assert len(focus.participants) == 2
    network: Any = lab.network
    network.drop("BYE", times=2)
    call.hang_up()
    other.hang_up()
    lab.run(focus.over)
    assert not focus.participants


def test_a_crash_ends_the_conference_without_a_word() -> None:
    lab = Lab(seed=1)
    focus, (alice, bob, _) = room(lab, chair=ALICE)
    call, other = alice.call(focus), bob.call(focus)
    lab.run(call.answered & other.answered)
    lab.run(until=1)
    focus.crash()
    assert not focus.participants and not focus.leftovers()
    sent = len(wire(lab.trace))
    focus.restart()
    lab.run(focus.over)
    assert len(wire(lab.trace)) == sent and bob.current_call is not None
    lab.drain()


def test_only_calls_are_made_for_others() -> None:
    lab = Lab(seed=1)
    focus, (alice, bob, _) = room(lab)
    lab.run(alice.call(focus).answered & bob.call(focus).answered)
    call = alice.current_call
    assert call is not None
    with pytest.raises(CallFailed, match="403"):
        lab.run(call.transfer("sip:bob@example.com;method=BYE", leaves="never").accepted)


def test_what_makes_no_sense_is_refused_by_name() -> None:
    lab = Lab(seed=1)
    focus, _ = room(lab)
    with pytest.raises(UsageError, match="is not in the conference"):
        focus.remove("sip:dave@example.com")
    with pytest.raises(UsageError, match="nobody at all"):
        lab.focus("sip:conf2@example.com", chair="nobody at all")
    with pytest.raises(UsageError, match="forking"):
        lab.focus("sip:conf2@example.com", forking="parallel")


def test_a_phone_may_be_named_by_itself_and_an_address_that_is_none_by_its_parameter() -> None:
    lab = Lab(seed=1)
    focus, (alice, bob, _) = room(lab)
    for call in (alice.call(focus), focus.invite(bob)):
        lab.run(call.answered)
    for phone in (bob, alice):  # invited by its Contact, and dialled in by its address
        lab.run(focus.remove(phone))
    assert focus.participants == () and focus.over.ok
    with pytest.raises(UsageError, match="who: 'bob' is no URI"):
        lab.focus("sip:conf2@example.com").remove("bob")
    with pytest.raises(UsageError, match="chair: 3 is no URI"):
        lab.focus("sip:conf3@example.com", chair=3)  # type: ignore[arg-type]


def test_nobody_is_called_into_a_conference_that_is_over() -> None:
    lab = Lab(seed=1)
    focus, (alice, bob, _) = room(lab)
    lab.run(alice.call(focus).answered)
    lab.run(focus.end())
    with pytest.raises(UsageError, match=r"too late, the conference .* is over"):
        focus.invite(bob)
    assert not messages(lab.trace, "INVITE", "focus")


def test_options_tells_that_an_address_is_a_conference() -> None:
    """RFC 4579 §4.3; whoever asks is in no conference by that."""
    lab = Lab(seed=1)
    focus, (alice, _, _) = room(lab)
    answer = lab.run(alice.options(focus.contact_uri))
    assert answer.header("Contact") == f"<{focus.contact_uri}>;isfocus" and not focus.participants
