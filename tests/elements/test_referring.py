"""REFER and transfers: followed, refused, told of; several usages in one dialog (RFC 3515, RFC 5057, RFC 4488)."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import Wire, messages, request, wire

from sipsim import CallFailed, Lab, UsageError, UserAgent

CAROL = "sip:carol@example.com"


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def three(lab: Lab) -> tuple[UserAgent, UserAgent, UserAgent]:
    names = ("alice", "bob", "carol")
    alice, bob, carol = (lab.user_agent(f"sip:{name}@example.com", answers=0) for name in names)
    return alice, bob, carol


@pytest.mark.covers("P22", "SY65")
def test_somebody_is_asked_to_call_somebody_else(lab: Lab) -> None:
    alice, bob, carol = three(lab)
    referral = alice.refer(bob, carol)
    lab.run(referral.done)
    lab.run()
    assert referral.statuses == [100, 200] and referral.state == "terminated"
    (call,) = bob.calls.values()
    assert call.state == "answered" and carol.current_call is not None
    (refer,) = messages(lab.trace, "REFER", "alice")
    assert refer.refer_to.uri == carol.contact_uri and refer.referred_by.uri == alice.uri
    (invite,) = messages(lab.trace, "INVITE", "bob")
    assert invite.referred_by == refer.referred_by
    told = [(m.body, str(m.subscription_state)) for m in messages(lab.trace, "NOTIFY", "bob")]
    assert told == [
        (b"SIP/2.0 100 Trying\r\n", "active;expires=60"), (b"SIP/2.0 200 OK\r\n", "terminated;reason=noresource"),
    ]  # fmt: skip
    lab.run(call.hang_up())


def test_a_blind_transfer_ends_the_call_when_the_other_one_stands(lab: Lab) -> None:
    alice, bob, carol = three(lab)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(until=1)
    referral = call.transfer(carol)
    lab.run(referral.done)
    assert lab.run(call.ended).by == "alice"
    (left,) = bob.calls.values()
    assert left.state == "answered" and alice.current_call is None
    lab.run(left.hang_up())


def test_a_dialog_lives_until_its_last_usage_ends(lab: Lab) -> None:
    """RFC 5057 §3: the call is over, and the subscription of the REFER goes on in its dialog."""
    alice, bob, carol = three(lab)
    carol.answers = 5.0
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(until=1)
    referral = call.transfer(carol, leaves="at once")
    lab.run(call.ended)
    lab.run(until=2)
    assert not alice.dialogs and len(alice.events.usages.dialogs) == 1 and len(bob.watches) == 1
    lab.run(referral.done)
    lab.run(until=8)
    assert referral.status == 200 and not alice.events.usages.dialogs and not bob.watches
    last = messages(lab.trace, "NOTIFY", "bob")[-1]
    assert last.call_id == call.call_id
    lab.run(bob.hang_up())


def test_a_phone_may_ring_for_long_before_a_transfer_is_done(lab: Lab) -> None:
    """The subscription lasts longer than the call that was asked for may take (RFC 3515 §3.4)."""
    alice, bob, carol = three(lab)
    carol.answers = 170.0
    call = alice.call(bob)
    lab.run(call.answered)
    first = call.transfer(carol.contact_uri, leaves="never")
    second = call.transfer(carol.contact_uri, leaves="never")
    lab.run(first.done & second.done)
    assert first.status == second.status == 200 and lab.env.now > 170
    assert [str(one.event) for one in messages(lab.trace, "SUBSCRIBE", "alice")[:2]] == [
        "refer",
        f"refer;id={second.number}",
    ]
    for one in [*alice.calls.values(), *carol.calls.values()]:
        lab.run(one.hang_up())


def test_a_transfer_that_fails_leaves_the_call(lab: Lab) -> None:
    alice, bob, carol = three(lab)
    carol.rejects(486)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(until=1)
    with pytest.raises(CallFailed) as failed:
        lab.run(call.transfer(carol).done)
    assert failed.value.status == 486 and call.state == "answered"
    lab.run(call.hang_up())


def test_an_attended_transfer_takes_our_place(lab: Lab) -> None:
    alice, bob, carol = three(lab)
    call, asked = alice.call(bob), alice.call(carol)
    lab.run(asked.answered)
    lab.run(until=1)
    carol.rejects(486)  # nobody asks her again
    referral = call.transfer_to(asked)
    lab.run(referral.done)
    lab.run(call.ended)
    lab.run(asked.ended)
    invite = messages(lab.trace, "INVITE", "bob")[0]
    assert invite.replaces.call_id == asked.call_id and invite.require == ("replaces",)
    assert bob.current_call.state == carol.current_call.state == "answered"  # type: ignore[union-attr]
    lab.run(bob.hang_up())


def test_a_second_refer_in_a_dialog_has_its_own_subscription(lab: Lab) -> None:
    alice, bob, carol = three(lab)
    kept: list[Any] = []
    bob.on_refer = lambda reference: (reference.accept(), kept.append(reference))
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(until=1)
    one, other = call.transfer(carol, leaves="never"), call.transfer("sip:dave@example.com", leaves="never")
    lab.run(until=2)
    assert len(kept) == 2 and len(bob.watches) == 2
    kept[1].tell(603)
    kept[0].tell(180)
    kept[0].tell(200)
    lab.run(until=3)
    assert (one.statuses, other.statuses) == ([100, 180, 200], [100, 603])
    refers = messages(lab.trace, "REFER", "alice")
    events = {str(m.event) for m in messages(lab.trace, "NOTIFY", "bob")}
    assert events == {"refer", f"refer;id={refers[1].cseq.number}"}
    lab.run(call.hang_up())


def test_a_refer_without_subscription_is_not_told_of(lab: Lab) -> None:
    alice, bob, carol = three(lab)
    referral = alice.refer(bob, carol, subscribes=False)
    lab.run(referral.accepted)
    lab.run(until=5)
    assert "bob>alice NOTIFY" not in wire(lab.trace) and referral.state == "terminated"
    assert messages(lab.trace, "202 REFER", "bob")[0].refer_sub == "false"
    lab.run(bob.hang_up())


def test_the_user_may_refuse_to_be_sent_about(lab: Lab) -> None:
    alice, bob, carol = three(lab)
    bob.on_refer = lambda reference: reference.reject(603)
    referral = alice.refer(bob, carol)
    for outcome in (referral.accepted, referral.done):
        with pytest.raises(CallFailed) as failed:
            lab.run(outcome)
        assert failed.value.status == 603
    assert not bob.calls and not bob.watches


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ("", 400), (f"Refer-To: <{CAROL}>\nRefer-To: <sip:dave@example.com>\n", 400), ("Refer-To: ;;\n", 400),
        ("Refer-To: <mailto:carol@example.com>\n", 400), (f"Refer-To: <{CAROL};method=BYE>\n", 403),
        (f"Refer-To: <{CAROL}>\n", 400),
    ],
)  # fmt: skip
def test_a_refer_that_is_wrong_is_refused_and_makes_no_call(lab: Lab, fields: str, status: int) -> None:
    bob, tester = lab.user_agent("sip:bob@example.com"), Wire(lab)
    contact = (
        "" if fields.count("carol") == 1 and status == 400 and "mailto" not in fields else "Contact: <sip:t@HERE>\n"
    )
    tester.send(request("REFER", more=fields + contact), bob)
    lab.run()
    assert tester.statuses == [status] and not bob.calls and not bob.watches
    assert lab.trace.select("refused")[-1].data["status"] == status


def test_what_a_notify_tells_without_a_status_line_counts_for_nothing(lab: Lab) -> None:
    alice, peer = lab.user_agent("sip:alice@example.com"), lab.scripted_peer("sip:bob@example.com")
    referral = alice.refer(f"sip:bob@{peer.host_port}", CAROL)

    def odd(lab: Lab) -> Any:
        refer = yield peer.expect("REFER")
        peer.respond(refer, 486)
        with pytest.raises(CallFailed):
            yield referral.done

    lab.run(odd)
    assert referral.state == "terminated" and referral.statuses == []


def test_a_call_that_is_not_answered_is_not_transferred(lab: Lab) -> None:
    alice, bob, carol = three(lab)
    bob.ignores()
    call = alice.call(bob)
    with pytest.raises(UsageError, match="answered"):
        call.transfer(carol)
    with pytest.raises(UsageError, match="leaves"):
        call.transfer(carol, leaves="soon")
    with pytest.raises(UsageError, match="dialog"):
        call.transfer_to(alice.call(carol))
    for other in (call, "sip:carol@example.com", None):
        with pytest.raises(UsageError, match=r"other: .* is no other call"):
            call.transfer_to(other)  # type: ignore[arg-type]
    lab.run(call.hang_up())
