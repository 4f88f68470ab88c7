"""Subscriptions between phones: accepted, refreshed, ended by either side, forked, refused (RFC 6665)."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import Wire, messages, request, times, wire

from sipsim import CallFailed, Lab, UsageError, UserAgent
from sipsim.message.presence import present

BOB = "sip:bob@example.com"


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def two(lab: Lab) -> tuple[UserAgent, UserAgent]:
    return lab.user_agent("sip:alice@example.com", answers=0), lab.user_agent(BOB, answers=0)


def refused(lab: Lab, alice: UserAgent, **how: Any) -> CallFailed:
    with pytest.raises(CallFailed) as failure:
        lab.run(alice.subscribe(how.pop("target", BOB), **how).active)
    return failure.value


@pytest.mark.covers("P22")
def test_a_subscription_is_told_the_state_at_once_and_at_each_change(lab: Lab) -> None:
    alice, bob = two(lab)
    watched = alice.subscribe(bob, expires=600)
    lab.run(watched.active)
    assert wire(lab.trace) == [
        "alice>bob SUBSCRIBE", "bob>alice 200 SUBSCRIBE", "bob>alice NOTIFY", "alice>bob 200 NOTIFY",
    ] and watched.value.open  # fmt: skip
    bob.tells("presence", present(BOB, "closed", "away"))
    lab.run(until=10)
    assert not watched.value.open and watched.value.tuples[0].note == "away"
    (first, second) = messages(lab.trace, "NOTIFY", "bob")
    assert (str(first.event), str(first.subscription_state)) == ("presence", "active;expires=600")
    assert second.cseq.number == first.cseq.number + 1


@pytest.mark.covers("SY64")
def test_it_is_refreshed_in_its_dialog_and_ended_by_expires_0(lab: Lab) -> None:
    alice, bob = two(lab)
    watched = alice.subscribe(bob, expires=600)
    lab.run(until=700)
    assert times(lab.trace, "SUBSCRIBE", "alice") == [0, 300.01, 600.02]
    assert {m.to_tag for m in messages(lab.trace, "SUBSCRIBE", "alice")[1:]} == {"bob-1"}
    end = lab.run(watched.unsubscribe())
    assert end.reason == "timeout" and watched.state == "terminated" and not bob.watches
    assert [m.expires for m in messages(lab.trace, "SUBSCRIBE", "alice")] == [600, 600, 600, 0]
    assert str(messages(lab.trace, "NOTIFY", "bob")[-1].subscription_state) == "terminated;reason=timeout"


def test_who_does_not_refresh_is_told_that_it_is_over(lab: Lab) -> None:
    alice, bob = two(lab)
    watched = alice.subscribe(bob, expires=60, refresh=False)
    end = lab.run(watched.ended)
    assert end.reason == "timeout" and lab.env.now == pytest.approx(60, abs=0.1) and not bob.watches
    lab.run()
    assert wire(lab.trace)[-2:] == ["bob>alice NOTIFY", "alice>bob 200 NOTIFY"]


@pytest.mark.parametrize("delay", [0.001, 1.0, 10.0])
def test_the_last_notify_is_awaited_though_both_clocks_run_out_at_once(lab: Lab, delay: float) -> None:
    alice, bob = two(lab)
    lab.link(alice, bob).delay = delay
    watched = alice.subscribe(bob, expires=60, refresh=False)
    lab.run(until=200)
    assert {w for w in wire(lab.trace) if w.startswith("alice>bob") and "NOTIFY" in w} == {"alice>bob 200 NOTIFY"}
    assert str(watched.notices[-1].standing) == "terminated;reason=timeout" and watched.state == "terminated"


def test_a_last_notify_that_never_comes_is_awaited_as_long_as_the_first(lab: Lab) -> None:
    alice, bob = two(lab)
    watched = alice.subscribe(bob, expires=60, refresh=False)
    lab.run(until=30)
    bob.crash()
    assert lab.run(watched.ended).why == "expired"
    assert lab.env.now == pytest.approx(60.01 + 32)


def test_a_fetch_asks_once(lab: Lab) -> None:
    alice, bob = two(lab)
    once = alice.subscribe(bob, expires=0)
    assert lab.run(once.ended).reason == "timeout" and once.value.open
    lab.run()
    assert len(lab.trace.select("sent")) == 4


@pytest.mark.covers("SY66")
def test_pending_tells_nothing_until_there_is_leave(lab: Lab) -> None:
    alice, bob = two(lab)
    bob.tells("presence", present(BOB), leave="pending")
    watched = alice.subscribe(bob)
    lab.run(until=1)
    assert watched.state == "pending" and watched.value is None
    bob.watches[0].allow()
    lab.run(watched.active)
    assert watched.value.open
    assert [str(m.subscription_state).split(";")[0] for m in messages(lab.trace, "NOTIFY", "bob")] == [
        "pending", "active",
    ]  # fmt: skip


def test_unknown_packages_short_times_and_unwanted_subscribers_are_refused(lab: Lab) -> None:
    alice, bob = two(lab)
    assert refused(lab, alice, target=bob, event="nonsense").status == 489
    assert "presence" in messages(lab.trace, "489 SUBSCRIBE", "bob")[0].header("Allow-Events")
    bob.tells("presence", present(BOB), leave="rejected")
    assert refused(lab, alice, target=bob).status == 403
    assert refused(lab, alice, target=bob, event="dialog", accept=["text/plain"]).status == 406


def test_a_time_that_is_too_brief_is_asked_for_again_at_length(lab: Lab) -> None:
    alice, bob = two(lab)
    bob.tells("presence", present(BOB), shortest=120)
    watched = alice.subscribe(bob, expires=10)
    lab.run(watched.active)
    assert [m.expires for m in messages(lab.trace, "SUBSCRIBE", "alice")] == [10, 120] and watched.granted == 120


@pytest.mark.covers("SY64")
def test_a_refresh_that_meets_481_ends_the_subscription_with_a_record(lab: Lab) -> None:
    alice, bob = two(lab)
    watched = alice.subscribe(bob, expires=600)
    lab.run(watched.active)
    bob.crash()
    bob.restart()
    end = lab.run(watched.ended)
    assert (end.status, end.refused.status) == (481, 481) and lab.env.now == pytest.approx(300.02)
    assert "481" in lab.trace.select("subscription", "alice")[-1].data["text"]
    states = [r.data for r in lab.trace.select("state", "alice") if r.data["machine"] == "subscriber"]
    assert [s["after"] for s in states] == ["notify_wait", "active", "terminated"]


def test_without_a_notify_timer_n_gives_up(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@example.com")
    mute = lab.scripted_peer("sip:mute@example.com")
    watched = alice.subscribe(f"sip:mute@{mute.host_port}")

    def answers(lab: Lab) -> Any:
        asked = yield mute.expect("SUBSCRIBE")
        mute.respond(asked, 200, headers=(("Expires", 600), ("Contact", mute.contact)))
        return (yield watched.ended)

    lab.run(answers)
    assert lab.env.now >= 32 and watched.state == "terminated"
    assert lab.trace.select("timer", "alice")[-1].data["name"] in ("N", "refresh", "subscription expiry")


def test_somebody_who_is_not_there_any_more_is_notified_no_more(lab: Lab) -> None:
    alice, bob = two(lab)
    lab.run(alice.subscribe(bob, refresh=False).active)
    alice.crash()
    bob.tells("presence", present(BOB, "closed"))
    lab.run(until=60)
    assert not bob.watches and "removed" in lab.trace.select("subscription", "bob")[-1].data["text"]


@pytest.mark.parametrize(("reason", "again"), [("deactivated", True), ("rejected", False), ("noresource", False)])
def test_a_notifier_that_ends_it_says_whether_to_come_back(lab: Lab, reason: str, again: bool) -> None:
    alice, bob = two(lab)
    watched = alice.subscribe(bob)
    lab.run(watched.active)
    bob.watches[0].end(reason)
    lab.run(until=5)
    assert (watched.state == "active") is again and watched.ended.triggered is not again
    calls = {m.call_id for m in messages(lab.trace, "SUBSCRIBE", "alice")}
    assert len(calls) == 1 + again


def test_a_notifier_that_always_says_deactivated_is_left_after_a_few_tries(lab: Lab) -> None:
    alice, bob = two(lab)
    watched = alice.subscribe(bob)

    def cruel(lab: Lab) -> Any:
        while watched.state != "terminated" or not watched.ended.triggered:
            for watch in bob.watches:
                watch.end("deactivated")
            yield lab.env.timeout(1)

    lab.run(cruel)
    assert len(messages(lab.trace, "SUBSCRIBE", "alice")) == 6


def test_a_forked_subscribe_makes_a_subscription_for_each_notifier(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@example.com")
    proxy = lab.proxy("example.com")
    alice.outbound = proxy
    phones = [lab.user_agent(BOB, name) for name in ("desk", "mobile")]
    for phone in phones:
        proxy.location.add(phone.uri.aor, phone.contact_uri)
    watched = alice.subscribe(BOB)
    lab.run(watched.active)
    lab.run(until=1)
    (fork,) = watched.forks
    assert (watched.state, fork.state) == ("active", "active")
    assert {watched.dialog.remote_tag, fork.dialog.remote_tag} == {"desk-1", "mobile-1"}
    lab.run(watched.unsubscribe())
    assert fork.state == "active" and [len(phone.watches) for phone in phones] == [0, 1]


def test_a_notify_for_no_subscription_gets_481_and_one_of_no_event_489(lab: Lab) -> None:
    bob, tester = lab.user_agent(BOB), Wire(lab)
    state = "Event: presence\nSubscription-State: active;expires=60\nContact: <sip:tester@HERE>\n"
    tester.send(request("NOTIFY", to_tag="none", more=state), bob)
    lab.run()
    tester.send(request("NOTIFY", branch="z9hG4bK-t2", call_id="two@HERE", more=state), bob)
    lab.run()
    tester.send(request("NOTIFY", branch="z9hG4bK-t3", call_id="three@HERE", more=state.replace("Event", "X")), bob)
    lab.run()
    assert tester.statuses == [481, 481, 489]
    assert [r.data["status"] for r in lab.trace.select("refused")] == [481, 481, 489]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ("", 489), ("Event: presence.winfo\n", 489), ("Event: presence\nEvent: dialog\n", 400), ("Event: ;;\n", 400),
        ("Event: presence\nExpires: -1\n", 400),
    ],
)  # fmt: skip
def test_odd_subscribes_get_a_response_and_a_record(lab: Lab, fields: str, status: int) -> None:
    bob, tester = lab.user_agent(BOB), Wire(lab)
    tester.send(request("SUBSCRIBE", more=fields), bob)
    lab.run()
    assert tester.statuses[-1] == status and not bob.watches
    assert lab.trace.select("refused")[-1].data["status"] == status


def test_several_subscriptions_share_a_dialog_with_nobody_and_ids_tell_them_apart(lab: Lab) -> None:
    alice, bob = two(lab)
    one, other = alice.subscribe(bob, event="dialog;id=1"), alice.subscribe(bob, event="dialog;id=2")
    lab.run(until=1)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(until=5)
    assert one.value.dialogs[0].state == other.value.dialogs[0].state == "confirmed"
    lab.run(call.hang_up())
    lab.run(until=6)
    assert [seen.state for seen in one.value.dialogs] == ["terminated"] and one.value.version > 1


def test_what_a_caller_gets_wrong_is_named_before_anything_is_sent(lab: Lab) -> None:
    alice, bob = two(lab)
    for wrong in ({"event": ""}, {"event": "a b"}, {"expires": -1}, {"expires": 2**33}, {"refresh": 3}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            alice.subscribe(bob, **wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="state"):
        alice.tells("presence", "open")
    with pytest.raises(UsageError, match="leave"):
        alice.tells("presence", leave="maybe")
    assert not lab.trace.select("sent")
