"""Registrations that are kept up: when a phone refreshes, what it believes, when it gives up (RFC 3261 §10.2.4)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from bench_pair import Wire, messages, times, wire
from hypothesis import given
from hypothesis import strategies as st

from sipsim import Lab, LocationService, RefreshPolicy, UsageError
from sipsim.message import build
from sipsim.message.message import Message, Request

BOB = "sip:bob@example.com"


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def granting(lab: Lab, seconds: int, *statuses: int) -> Wire:
    """A registrar that grants every contact so many seconds; the first requests get these statuses instead."""
    tester, first = Wire(lab), list(statuses)
    lab.names.add("example.com", tester.address)

    def on_message(message: Message) -> None:
        assert isinstance(message, Request)
        status = first.pop(0) if first else 200
        contacts = (
            [("Contact", c.with_param("expires", str(seconds))) for c in message.contacts] if status == 200 else []
        )
        tester.send(build.reply(message, status, to_tag="r", headers=contacts), lab.elements["bob"])

    tester.on_message = on_message
    return tester


# The policy


@pytest.mark.covers("SY48", "R1", "R2")
@pytest.mark.parametrize(
    ("granted", "requested", "believed"),
    [
        (10, None, 30),
        (7200, None, 3600),
        (7200, 600, 600),
        (0, None, 0),
        (0, 600, 0),
        (30, 600, 30),
        (599, 600, 599),
        (5, 30, 30),
    ],
)
def test_a_granted_time_is_clamped_to_what_was_asked_for(
    lab: Lab, granted: int, requested: int | None, believed: int
) -> None:
    assert RefreshPolicy().clamp(granted, requested) == believed
    granting(lab, granted)
    bob = lab.user_agent(BOB)
    registration = lab.run(bob.register(requested, refresh=True))
    assert registration.expires == believed and registration.granted == granted
    assert registration.active is (granted > 0)


@pytest.mark.covers("R1")
def test_the_limits_are_one_argument_away() -> None:
    policy = RefreshPolicy(min=60, max=1800, default_max=900)
    assert [policy.clamp(granted, 3600) for granted in (10, 1000, 7200)] == [60, 1000, 1800]
    assert RefreshPolicy(default_max=900).clamp(7200, None) == 900


@pytest.mark.covers("R2")
@given(st.integers(0, 2**32), st.one_of(st.none(), st.integers(30, 2**32 - 1)))
def test_what_is_believed_lies_between_the_least_and_what_was_asked_for(granted: int, requested: int | None) -> None:
    believed = RefreshPolicy().clamp(granted, requested)
    assert believed == 0 if granted == 0 else 30 <= believed <= (requested or 3600)


@pytest.mark.covers("R3")
@pytest.mark.parametrize("expires", [0, 1, 29])
def test_less_than_the_least_is_refused_and_nothing_is_sent(lab: Lab, expires: int) -> None:
    lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    with pytest.raises(UsageError, match=f"expires: {expires} "):
        bob.register(expires, refresh=True)
    assert not lab.run().select("sent")
    assert lab.run(bob.register(30, refresh=True)).active


@pytest.mark.covers("R4")
@pytest.mark.parametrize(
    ("when", "expires", "due"),
    [("symbian", 3600, 3000), ("symbian", 1201, 601), ("symbian", 1200, 600), ("symbian", 60, 30),
     ("android", 3600, 1800), ("android", 100, 60), ("android", 60, 60), ("never", 3600, float("inf")),
     (lambda expires: expires - 5, 60, 55), (lambda expires: -5, 60, 1)],
)  # fmt: skip
def test_rules_say_when_to_refresh(when: Any, expires: int, due: float) -> None:
    assert RefreshPolicy(when=when).due(expires) == due


@pytest.mark.parametrize("wrong", [{"min": 0}, {"min": True}, {"max": 1.5}, {"default_max": None}, {"when": "soon"}])
def test_a_policy_refuses_what_it_can_not_work_with(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        RefreshPolicy(**wrong)


# Refreshing


@pytest.mark.parametrize(
    ("policy", "instants"),
    [
        (True, [0, 3000.01, 6000.02, 9000.03]),
        (RefreshPolicy(when="android"), [0, 1800.01, 3600.02, 5400.03, 7200.04, 9000.05]),
        (False, [0]),
        (RefreshPolicy(when="never"), [0]),
    ],
)
def test_a_run_that_is_long_enough_shows_the_refreshes(
    lab: Lab, policy: bool | RefreshPolicy, instants: list[float]
) -> None:
    registrar = lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    bob.register(refresh=policy)
    lab.run(until=10_000)
    assert times(lab.trace, "REGISTER", "bob") == instants
    kept = len(instants) > 1
    assert bool(registrar.location.look_up(BOB, lab.env.now)) is kept is bob.registration.active
    sent = messages(lab.trace, "REGISTER", "bob")
    assert len({m.call_id for m in sent}) == 1 and [m.cseq.number for m in sent] == list(range(1, len(sent) + 1))


def test_a_run_without_other_work_does_not_wait_for_refreshes(lab: Lab) -> None:
    lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    bob.register(refresh=True)
    trace = lab.run()
    assert trace.result["duration"] < 60 and times(trace, "REGISTER", "bob") == [0.0]


def test_a_drained_lab_refreshes_no_more(lab: Lab) -> None:
    lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    bob.register(refresh=True)
    lab.run()
    bob.register(refresh=True)  # one is under way
    lab.drain()
    assert len(times(lab.trace, "REGISTER", "bob")) == 2 and not lab.leftovers()


def test_a_refresh_has_its_timer_as_its_cause(lab: Lab) -> None:
    lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    bob.register(refresh=True)
    trace = lab.run(until=3001)
    causes = [record.data.get("name") for record in trace.why(3) if record.kind == "timer"]
    assert causes == ["refresh", "refresh"]  # set, then fired
    assert trace.why(3)[-1].data["text"] == "bob.register()"


def test_every_contact_of_the_phone_is_refreshed(lab: Lab) -> None:
    lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    lab.run(bob.register(600, refresh=True))
    lab.run(bob.register(600, contacts=["mailto:bob@example.com"], refresh=True))
    lab.run(until=400)
    refresh = messages(lab.trace, "REGISTER", "bob")[-1]
    assert [contact.uri.scheme for contact in refresh.contacts] == ["sip", "mailto"] and refresh.expires == 600


def test_a_phone_that_moved_refreshes_its_new_address_and_not_the_old_one(lab: Lab) -> None:
    registrar = lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    lab.run(bob.register(60, refresh=True))
    bob.move()
    lab.run(until=100)
    assert [b.contact for b in registrar.location.look_up(BOB, 100)] == [bob.contact_uri]


@pytest.mark.covers("SY54")
def test_what_was_too_brief_is_asked_for_again_and_refreshed_as_long_as_granted(lab: Lab) -> None:
    """After 423 the larger time is the one that counts, for the clamp and for every refresh (§10.2.8)."""
    lab.registrar("example.com", min_expires=100)
    bob = lab.user_agent(BOB)
    assert lab.run(bob.register(40, refresh=True)).expires == 100
    lab.run(until=120)
    assert [m.expires for m in messages(lab.trace, "REGISTER", "bob")] == [40, 100, 100, 100]
    assert len(messages(lab.trace, "423 REGISTER", "registrar")) == 1


def test_who_leaves_does_not_refresh(lab: Lab) -> None:
    lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    lab.run(bob.register(60, refresh=True))
    lab.run(until=29.9)
    lab.run(bob.unregister())
    lab.run(until=1000)
    assert times(lab.trace, "REGISTER", "bob") == [0.0, 29.9]


def test_a_leave_that_crosses_a_refresh_waits_for_it_and_wins(lab: Lab) -> None:
    registrar = lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    lab.run(bob.register(60, refresh=True))
    lab.run(until=30.012)  # the refresh is on its way
    bob.unregister()
    lab.run(until=1000)
    assert [m.expires for m in messages(lab.trace, "REGISTER", "bob")] == [60, 60, 0]
    assert not registrar.location.look_up(BOB, 31) and not bob.registration.active


def test_a_crash_ends_the_refreshing_until_the_phone_boots(lab: Lab) -> None:
    """Then it registers anew, as a phone does that is switched on, and keeps that up."""
    lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    lab.run(bob.register(60, refresh=True))
    bob.crash()
    lab.run(until=200)
    bob.restart()
    lab.run(until=250)
    assert times(lab.trace, "REGISTER", "bob")[:2] == [0.0, 200.0] and bob.registration.active
    assert len(times(lab.trace, "REGISTER", "bob")) == 3


@pytest.mark.parametrize("registered", [False, True])
def test_a_phone_boots_without_a_word_where_it_was_not_registered(lab: Lab, registered: bool) -> None:
    lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    if registered:
        lab.run(bob.register())
        lab.run(bob.unregister())
    bob.crash()
    bob.restart()
    lab.run()
    assert len(times(lab.trace, "REGISTER", "bob")) == 2 * registered


@pytest.mark.parametrize("status", [403, 481, 603])
def test_a_refresh_that_is_refused_is_told_and_is_the_last(lab: Lab, status: int) -> None:
    granting(lab, 60, 200, 200, status)
    bob = lab.user_agent(BOB)
    ended = lab.run(bob.register(60, refresh=True)).ended
    lab.run(until=1000)
    assert ended.value.status == status and "the refresh failed" in ended.value.why
    assert not bob.registration.active and len(times(lab.trace, "REGISTER", "bob")) == 3
    (told,) = lab.trace.select("registration")
    assert (
        f"the refresh failed: {status}" in told.data["text"]
        and told.time == times(lab.trace, f"{status} REGISTER", "tester")[0] + 0.005
    )


def test_a_refresh_that_nobody_answers_is_told_when_its_time_is_up(lab: Lab) -> None:
    registrar = lab.registrar("example.com")
    bob = lab.user_agent(BOB)

    def story(lab: Lab) -> Any:
        registration = yield bob.register(3600, refresh=True)
        registrar.crash()
        return {"end": (yield registration.ended)}

    trace = lab.run(story)
    assert trace.result["end"] == ("the refresh failed: 408 timeout", 408)
    (over,) = [record for record in trace.select("registration") if "the registration is over" in record.data["text"]]
    assert over.time == 3600.01  # the binding stood until then, and more was tried for it


def test_a_refresh_that_fails_is_tried_again_before_the_binding_lapses(lab: Lab) -> None:
    registrar = lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    ended = lab.run(bob.register(600, refresh=True)).ended
    lab.run(until=250)
    bindings = registrar.location.look_up(BOB, 250)
    registrar.crash()
    lab.run(until=340)
    registrar.restart()
    registrar.location.add(BOB, bindings[0].contact)
    lab.run(until=599)
    assert not ended.triggered and bob.registration.active
    told = [record.data["text"] for record in lab.trace.select("registration")]
    assert told and all("the refresh failed: 408 timeout; the next try follows in" in text for text in told)
    lab.run(until=2000)
    assert bob.registration.active and registrar.location.look_up(BOB, 2000) and len(told) < 3


@pytest.mark.parametrize("status", [500, 503])
def test_refreshes_that_go_on_failing_are_tried_with_growing_pauses(lab: Lab, status: int) -> None:
    granting(lab, 60, 200, *[status] * 8)
    bob = lab.user_agent(BOB)
    ended = lab.run(bob.register(60, refresh=True)).ended
    lab.run(until=8000)
    instants = times(lab.trace, "REGISTER", "bob")
    pauses = [later - sooner for sooner, later in pairwise(instants[2:10])]
    assert pauses[-1] > 900 and max(pauses) < 1801
    assert ended.value.status == status and bob.registration.active  # it had lapsed, and is back


def test_a_refusal_after_a_timeout_is_the_last_word(lab: Lab) -> None:
    granting(lab, 600, 200, 500, 403)
    bob = lab.user_agent(BOB)
    ended = lab.run(bob.register(600, refresh=True)).ended
    lab.run(until=5000)
    assert ended.value.status == 403 and len(times(lab.trace, "REGISTER", "bob")) == 3


def test_a_registrar_that_forgot_learns_by_the_next_refresh(lab: Lab) -> None:
    registrar = lab.registrar("example.com")
    bob = lab.user_agent(BOB)
    lab.run(bob.register(60, refresh=True))
    registrar.crash()
    registrar.restart()
    assert not registrar.location.look_up(BOB, lab.env.now)
    lab.run(until=31)
    assert registrar.location.look_up(BOB, lab.env.now)


def test_what_lapsed_before_its_refresh_comes_back_with_it(lab: Lab) -> None:
    """Android's rule waits a minute at least, however short the registration is."""
    registrar = lab.registrar("example.com", max_expires=40)
    bob = lab.user_agent(BOB)
    ended = lab.run(bob.register(refresh=RefreshPolicy(when="android"))).ended
    lab.run(until=50)
    assert ended.value.why == "expired" and not registrar.location.look_up(BOB, 50)
    lab.run(until=70)
    assert bob.registration.active and registrar.location.look_up(BOB, 70)


# The address of the outbound proxy


def queries(lab: Lab, element: str) -> int:
    return len(lab.trace.select("dns", element))


def two_proxies(lab: Lab) -> tuple[Any, Any]:
    """Two proxies of one domain, whose name leads to the first of them."""
    location = LocationService()
    first = lab.proxy("example.com", "first", location=location)
    second = lab.proxy("example.com", "second", location=location)
    lead_to(lab, first)
    return first, second


def lead_to(lab: Lab, proxy: Any) -> None:
    lab.names.remove("example.com")
    lab.names.add("example.com", proxy.address)


@pytest.mark.covers("SY46")
@pytest.mark.parametrize("cache", [False, True])
def test_the_address_of_the_outbound_proxy_is_kept_until_the_next_register_or_not_at_all(lab: Lab, cache: bool) -> None:
    _, second = two_proxies(lab)
    bob = lab.user_agent(BOB, outbound="sip:example.com")
    lab.run(bob.register(cache_outbound=cache))
    for _ in range(3):
        lab.run(bob.options("sip:nobody@example.com"))
    assert queries(lab, "bob") == (1 if cache else 4)

    lead_to(lab, second)
    lab.run(bob.options("sip:nobody@example.com"))
    assert wire(lab.trace, "bob")[-1] == ("bob>first OPTIONS" if cache else "bob>second OPTIONS")

    lab.run(bob.register(cache_outbound=cache))  # always looks again
    lab.run(bob.options("sip:nobody@example.com"))
    assert wire(lab.trace, "bob")[-2:] == ["bob>second REGISTER", "bob>second OPTIONS"]
    assert queries(lab, "bob") == (2 if cache else 7)


@pytest.mark.covers("SY46")
def test_a_register_that_fails_leaves_the_kept_address_as_it_was(lab: Lab) -> None:
    _, second = two_proxies(lab)
    bob = lab.user_agent(BOB, outbound="sip:example.com")
    lab.run(bob.register(cache_outbound=True))
    lead_to(lab, second)
    second.crash()
    failed = bob.register(cache_outbound=True)
    lab.run()
    assert not failed.ok and wire(lab.trace, "bob")[-1] == "bob>second REGISTER"
    lab.run(bob.options("sip:nobody@example.com"))
    assert wire(lab.trace, "bob")[-1] == "bob>first OPTIONS"


@pytest.mark.covers("SY46")
def test_each_refresh_looks_for_the_outbound_proxy_again(lab: Lab) -> None:
    lab.proxy("example.com")
    bob = lab.user_agent(BOB, outbound="sip:example.com")
    bob.register(60, refresh=True, cache_outbound=True)
    lab.run(until=100)
    assert queries(lab, "bob") == len(times(lab.trace, "REGISTER", "bob")) == 4


@pytest.mark.covers("SY46")
@pytest.mark.parametrize(("cache", "asked"), [(False, 2), (True, 1)])
def test_a_call_goes_to_the_kept_address_too(lab: Lab, cache: bool, asked: int) -> None:
    lab.proxy("example.com")
    alice = lab.user_agent("sip:alice@example.com")
    lab.run(alice.register())
    bob = lab.user_agent(BOB, outbound="sip:example.com")
    lab.run(bob.register(cache_outbound=cache))
    call = bob.call(str(alice.uri))
    lab.run(call.answered)
    call.hang_up()
    lab.run()
    assert queries(lab, "bob") == asked and "bob>proxy BYE" in wire(lab.trace, "bob")
