"""Calls that take the place of others, reasons for their ends, and early dialogs that are no more."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import messages, times, wire

import sipsim
from sipsim import CallFailed, Lab, UsageError, UserAgent


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def three(lab: Lab) -> tuple[UserAgent, UserAgent, UserAgent]:
    return (
        lab.user_agent("sip:alice@example.com", answers=0), lab.user_agent("sip:bob@example.com", "desk", answers=0),
        lab.user_agent("sip:bob@example.com", "mobile", answers=0),
    )  # fmt: skip


def taken(phone: UserAgent) -> Any:
    lab_call = phone.current_call
    assert lab_call is not None
    return lab_call


# Replaces


def test_a_call_takes_the_place_of_one_that_stands(lab: Lab) -> None:
    alice, desk, mobile = three(lab)
    alice.rejects(486)  # nobody asks her: she is in that call already
    call = alice.call(desk)
    lab.run(call.answered)
    lab.run()
    new = mobile.call(alice, replaces=taken(desk).replacement())
    lab.run(new.answered)
    lab.run(call.ended)
    assert call.state == "ended" and taken(alice).state == "answered" and new.stream is not None
    (invite,) = messages(lab.trace, "INVITE", "mobile")
    assert (invite.replaces.to_tag, invite.replaces.call_id) == (call.dialog.local_tag, call.call_id)
    lab.run(new.hang_up())


def test_a_call_that_alice_placed_and_that_rings_is_replaced_and_cancelled(lab: Lab) -> None:
    alice, desk, mobile = three(lab)
    desk.ignores()
    call = alice.call(desk)
    lab.run(call.ringing)
    new = mobile.call(alice, replaces=taken(desk).replacement(early_only=True))
    lab.run(new.answered)
    lab.run(call.ended)
    assert [m for m in wire(lab.trace) if "CANCEL" in m] == ["alice>desk CANCEL", "desk>alice 200 CANCEL"]
    lab.run(new.hang_up())


def test_what_can_not_be_replaced_is_refused(lab: Lab) -> None:
    alice, desk, mobile = three(lab)

    def status(replaces: Any) -> int:
        with pytest.raises(CallFailed) as failed:
            lab.run(mobile.call(alice, replaces=replaces).answered)
        return failed.value.status

    assert status("nothing@here;to-tag=1;from-tag=2") == 481
    call = alice.call(desk)
    lab.run(call.answered)
    lab.run()
    gone = taken(desk).replacement()
    assert status(gone._replace(early_only=True)) == 486
    assert call.state == "answered"
    lab.run(call.hang_up())
    assert status(gone) == 603
    alice.ignores()
    ringing = desk.call(alice)
    lab.run(ringing.ringing)
    assert status(ringing.replacement()) == 481  # it is for her to answer that
    assert {r.data["rfc"] for r in lab.trace.select("refused")} == {"RFC 3891 §3"}
    lab.drain()


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_replaces_twice_or_in_another_request_gets_400(lab: Lab, method: str) -> None:
    alice, peer = lab.user_agent("sip:alice@example.com"), lab.scripted_peer("sip:carol@example.com")
    fields = [("Replaces", "x@y;to-tag=1;from-tag=2")] * (1 + (method == "INVITE"))
    peer.say(peer.draft(method, alice.contact_uri, headers=fields), alice)
    assert lab.run(peer.expect("final")).status == 400
    lab.drain()


@pytest.mark.parametrize("wrong", ["", "x", "x;to-tag=1", "x;to-tag=1;from-tag=2;to-tag=3", 7])
def test_what_names_no_dialog_is_a_mistake(lab: Lab, wrong: Any) -> None:
    alice, _, mobile = three(lab)
    with pytest.raises(UsageError, match="replaces"):
        mobile.call(alice, replaces=wrong)
    assert not lab.trace.select("sent")


def test_a_call_that_does_not_fit_replaces_nothing(lab: Lab) -> None:
    alice, desk, mobile = three(lab)
    mobile.codecs = ["G729"]
    call = alice.call(desk)
    lab.run(call.answered)
    lab.run()
    with pytest.raises(CallFailed, match="488"):
        lab.run(mobile.call(alice, replaces=taken(desk).replacement()).answered)
    assert call.state == "answered"


# Reason


def test_who_hangs_up_may_say_why(lab: Lab) -> None:
    alice, desk, _ = three(lab)
    call = alice.call(desk)
    lab.run(call.answered)
    lab.run()
    other = taken(desk)
    lab.run(call.hang_up(reason='Q.850;cause=16;text="Normal, clearing"'))
    (reason,) = other.reasons
    assert (reason.value, reason.param("cause"), reason.param("text")) == ("Q.850", "16", "Normal, clearing")


def test_who_takes_a_call_back_may_say_why(lab: Lab) -> None:
    alice, desk, _ = three(lab)
    desk.ignores()
    call = alice.call(desk)
    lab.run(call.ringing)
    other = taken(desk)
    lab.run(call.hang_up(reason=480))
    assert [str(reason) for reason in other.reasons] == ["SIP;cause=480"]
    assert messages(lab.trace, "CANCEL", "alice")[0].header("Reason") == "SIP;cause=480"


def test_phones_that_ring_in_vain_hear_that_the_call_was_completed_elsewhere(lab: Lab) -> None:
    trace = sipsim.run("elsewhere")
    assert trace.result["why"] == "Call completed elsewhere"
    (cancel,) = messages(trace, "CANCEL", "proxy")
    assert cancel.header("Reason") == 'SIP;cause=200;text="Call completed elsewhere"'


# 199


def test_a_caller_forgets_early_dialogs_of_which_it_hears_that_they_are_no_more() -> None:
    trace = sipsim.run("rfc6228-9.1")
    told = messages(trace, "199 INVITE", "P1")
    rang = [message.to_tag for message in messages(trace, "180 INVITE", "P1")]
    assert [message.to_tag for message in told] == rang[:2]
    assert {str(message.reasons[0]) for message in told} == {"SIP;cause=480"}
    ends = [
        r for r in trace.select("state", "UAC") if r.data["machine"] == "dialog" and r.data["after"] == "terminated"
    ]
    assert len(ends) == 2


@pytest.mark.parametrize("proxy_knows", [True, False])
def test_a_phone_says_by_itself_that_its_early_dialog_is_over(lab: Lab, proxy_knows: bool) -> None:
    """The proxy holds the 480 back while the other phone rings; the 199 goes on at once, and only once."""
    alice, desk, mobile = three(lab)
    for phone in (alice, desk):
        phone.understands(extensions=("199",))
    proxy = lab.proxy("example.com", sends_199=proxy_knows)
    desk.ignores()
    desk.gives_up(1.0)
    mobile.picks_up(2.0)
    for phone in (desk, mobile):
        proxy.location.add("sip:bob@example.com", phone.contact_uri)
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    (told,) = messages(lab.trace, "199 INVITE", "proxy")
    assert told.to_tag == messages(lab.trace, "180 INVITE", desk.name)[0].to_tag and not told.body
    assert str(told.reasons[0]) == "SIP;cause=480" and "100rel" not in told.require
    assert times(lab.trace, "199 INVITE", "proxy")[0] < 1.1 < lab.env.now
    lab.drain()
    early = [r.data for r in lab.trace.select("state", "alice") if told.to_tag in str(r.data)]
    assert [(one["before"], one["after"]) for one in early] == [("none", "early"), ("early", "terminated")]


def test_a_phone_that_never_rang_has_nothing_to_say_by_199(lab: Lab) -> None:
    alice, bob, _ = three(lab)
    for phone in (alice, bob):
        phone.understands(extensions=("199",))
    bob.on_call = lambda call: call.reject(486)
    lab.run(alice.call(bob.contact_uri).ended)
    assert not messages(lab.trace, "199 INVITE", bob.name)
    bob.on_call = lambda call: call.ring()
    alice.understands(extensions=())
    call = alice.call(bob.contact_uri)
    lab.run(call.ringing)
    bob.current_call.reject(486)
    lab.run(call.ended)
    assert not messages(lab.trace, "199 INVITE", bob.name)


def test_who_does_not_know_199_hears_none(lab: Lab) -> None:
    alice, desk, mobile = three(lab)
    proxy = lab.proxy("example.com", sends_199=True)
    desk.gives_up(1.0)
    desk.ignores()
    mobile.picks_up(2.0)
    for phone in (desk, mobile):
        proxy.location.add("sip:bob@example.com", phone.contact_uri)
    lab.run(alice.call("sip:bob@example.com").answered)
    assert not messages(lab.trace, "199 INVITE", "proxy")
