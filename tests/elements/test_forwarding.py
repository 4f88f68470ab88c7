"""Calls that a proxy sends elsewhere: after how long, to whom next, and what happens to those that go in circles."""

from __future__ import annotations

import random
from typing import Any

import pytest
from bench_pair import messages, times, wire
from test_forking import ALICE, BOB, CAROL, domain, invited, outcome

from sipsim import Lab, UsageError

DAVE = "sip:dave@example.com"


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def phone(lab: Lab, uri: str, name: str = "") -> Any:
    """A phone that the proxy knows."""
    made = lab.user_agent(uri, name or None)
    lab.elements["proxy"].location.add(uri, made.contact_uri)  # type: ignore[attr-defined]
    return made


def who(lab: Lab) -> list[str]:
    return [peer for _, peer in invited(lab)]


def test_each_user_has_a_time_of_his_own_before_nobody_answers(lab: Lab) -> None:
    alice, proxy, (bob,) = domain(lab, 1.0)
    bob.ignores()
    phone(lab, CAROL)
    proxy.forwards(BOB, no_answer=CAROL, after=7.5)
    assert outcome(lab, alice) == 200
    assert times(lab.trace, "CANCEL", "proxy") == pytest.approx([7.505])  # and not after the proxy's 20 seconds
    assert invited(lab)[1] == (7.515, "carol")


@pytest.mark.covers("P23")
def test_the_ringing_branch_is_cancelled_and_the_caller_hears_181_before_the_next_180(lab: Lab) -> None:
    alice, proxy, (bob,) = domain(lab, 1.0)
    bob.ignores()
    phone(lab, CAROL)
    proxy.forwards(BOB, no_answer=CAROL, after=5)
    assert outcome(lab, alice) == 200
    heard = [line.removeprefix("proxy>alice ") for line in wire(lab.trace, "proxy") if ">alice" in line]
    assert heard == ["100 INVITE", "180 INVITE", "181 INVITE", "180 INVITE", "200 INVITE"]
    assert [line for line in wire(lab.trace) if "bob1" in line] == [
        "proxy>bob1 INVITE", "bob1>proxy 180 INVITE", "proxy>bob1 CANCEL", "bob1>proxy 200 CANCEL",
        "bob1>proxy 487 INVITE", "proxy>bob1 ACK",
    ]  # fmt: skip
    tags = [message.to_tag for status in ("180", "181") for message in messages(lab.trace, f"{status} INVITE", "proxy")]
    assert len(set(tags)) == 3  # two phones, and the proxy itself


def test_a_caller_who_gives_up_is_not_forwarded(lab: Lab) -> None:
    alice, proxy, (bob,) = domain(lab, 1.0)
    bob.ignores()
    phone(lab, CAROL)
    proxy.forwards(BOB, no_answer=CAROL, after=5)
    call = alice.call(BOB)
    lab.run(until=4.995)
    call.hang_up()
    lab.run()
    assert call.state == "ended" and who(lab) == ["bob1"]
    assert not any(timer.startswith("no answer") for timer in lab.leftovers())


def test_a_phone_that_answers_at_the_last_moment_keeps_the_call(lab: Lab) -> None:
    """Its 200 crosses the CANCEL (RFC 3261 §9.1)."""
    alice, proxy, (bob,) = domain(lab, 1.0)
    phone(lab, CAROL)
    proxy.forwards(BOB, no_answer=CAROL, after=2.007)
    bob.answers = 2.0
    assert outcome(lab, alice) == 200
    assert who(lab) == ["bob1"] and wire(lab.trace).count("proxy>bob1 CANCEL") == 1


def test_who_is_forwarded_to_may_forward_too(lab: Lab) -> None:
    alice, proxy, (bob,) = domain(lab, 1.0)
    carol, dave = phone(lab, CAROL), phone(lab, DAVE)
    bob.rejects(486)
    carol.rejects(486)
    proxy.forwards(BOB, busy=CAROL)
    proxy.forwards(CAROL, busy=DAVE)
    assert outcome(lab, alice) == 200
    assert who(lab) == ["bob1", "carol", dave.name]
    assert wire(lab.trace, "proxy").count("proxy>alice 181 INVITE") == 2


def test_what_the_last_one_says_is_worth_more_than_the_silence_before(lab: Lab) -> None:
    alice, proxy, (bob,) = domain(lab, 1.0)
    bob.ignores()
    phone(lab, CAROL).rejects(486)
    proxy.forwards(BOB, no_answer=CAROL, after=4)
    assert outcome(lab, alice) == 486 and who(lab) == ["bob1", "carol"]


def test_a_chain_of_users_who_are_elsewhere_costs_no_message(lab: Lab) -> None:
    alice, proxy, _ = domain(lab, 1.0)
    phone(lab, CAROL)
    dave = phone(lab, DAVE)
    proxy.forwards(BOB, always=CAROL)
    proxy.forwards(CAROL, always=DAVE)
    assert outcome(lab, alice) == 200
    assert who(lab) == [dave.name] and wire(lab.trace, "proxy").count("proxy>alice 181 INVITE") == 1


def test_the_second_ones_no_answer_is_counted_anew(lab: Lab) -> None:
    alice, proxy, (bob,) = domain(lab, 1.0)
    carol = phone(lab, CAROL)
    phone(lab, DAVE)
    bob.ignores()
    carol.ignores()
    proxy.forwards(BOB, no_answer=CAROL, after=4)
    proxy.forwards(CAROL, busy="sip:mailbox@example.com", no_answer=DAVE, after=6)
    assert outcome(lab, alice) == 200
    assert times(lab.trace, "CANCEL", "proxy") == pytest.approx([4.005, 10.015])


@pytest.mark.parametrize("when", ["always", "unregistered"])
def test_calls_that_go_in_circles_are_refused_at_once(lab: Lab, when: str) -> None:
    alice, proxy, _ = domain(lab)
    for one, other in ((BOB, CAROL), (CAROL, DAVE), (DAVE, BOB)):
        proxy.forwards(one, **{when: other})
    assert outcome(lab, alice) == 482
    (refused,) = lab.trace.select("refused")
    assert "circles" in str(refused) and not invited(lab)


def test_a_circle_of_busy_phones_ends_with_what_the_last_one_said(lab: Lab) -> None:
    alice, proxy, (bob,) = domain(lab, 1.0)
    carol = phone(lab, CAROL)
    bob.rejects(486)
    carol.rejects(486)
    proxy.forwards(BOB, busy=CAROL)
    proxy.forwards(CAROL, busy=BOB)
    assert outcome(lab, alice) == 486
    assert who(lab) == ["bob1", "carol"]
    assert "where it was before" in "".join(map(str, lab.trace.select("ignored", "proxy")))


def test_a_circle_of_two_domains_is_a_loop(lab: Lab) -> None:
    """RFC 3261 §16.3 item 4: the INVITE comes back as it went."""
    alice = lab.user_agent(ALICE)
    here, there = lab.proxy("here.com", "here"), lab.proxy("there.com", "there")
    here.forwards("bob", always="sip:carol@there.com")
    there.forwards("carol", always="sip:bob@here.com")
    assert outcome(lab, alice, "sip:bob@here.com") == 482
    assert sum(line.endswith(" INVITE") and line.count(" ") == 1 for line in wire(lab.trace)) == 3


def test_a_circle_of_two_domains_may_open_at_a_busy_phone(lab: Lab) -> None:
    alice, proxy, (bob,) = domain(lab, 1.0)
    there = lab.proxy("there.com", "there")
    bob.rejects(486)
    proxy.forwards(BOB, busy="sip:carol@there.com")
    there.forwards("carol", always=BOB)
    assert outcome(lab, alice) == 486
    assert wire(lab.trace).count("proxy>bob1 INVITE") == 1 and "proxy>there 482 INVITE" in wire(lab.trace)


@pytest.mark.parametrize("over", [{"busy": CAROL, "after": 5}, {"after": 5}])
def test_a_time_without_somewhere_to_go_is_refused(lab: Lab, over: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"after: .*no_answer"):
        lab.proxy("example.com").forwards(BOB, **over)


@pytest.mark.parametrize("after", [0, -1, 182, float("nan"), float("inf"), "5", True])
def test_a_time_is_below_timer_c(lab: Lab, after: Any) -> None:
    with pytest.raises(UsageError, match=r"after: .* will not do; allowed are seconds from 0.001 to 181"):
        lab.proxy("example.com").forwards(BOB, no_answer=CAROL, after=after)


@pytest.mark.parametrize("when", ["always", "busy", "no_answer", "unregistered"])
def test_nobody_is_forwarded_to_himself(lab: Lab, when: str) -> None:
    proxy = lab.proxy("example.com")
    with pytest.raises(UsageError, match=f"{when}: .*the very user"):
        proxy.forwards("bob", **{when: "sip:bob@EXAMPLE.com"})
    assert outcome(lab, lab.user_agent(ALICE), BOB) == 404  # nothing was kept of it


@pytest.mark.parametrize("stateful", [True, False])
def test_forwarding_always_needs_no_state(lab: Lab, stateful: bool) -> None:
    alice = lab.user_agent(ALICE)
    proxy = lab.proxy("example.com", stateful=stateful)
    phone(lab, CAROL)
    proxy.forwards(BOB, always=CAROL)
    assert outcome(lab, alice) == 200
    proxy.forwards(CAROL, always=BOB)
    assert outcome(lab, alice) == 482


@pytest.mark.parametrize("seed", range(30))
def test_whatever_users_wish_every_call_ends_and_nothing_storms(seed: int) -> None:
    """Wishes, phones and wires at random, in two domains that send calls to each other."""
    dice = random.Random(seed)
    lab = Lab(seed=seed, duplicate=dice.choice([0.0, 0.1]), jitter=dice.choice([0.0, 0.05]))
    users = [f"sip:u{n}@{dice.choice(('a.com', 'b.com'))}" for n in range(5)]
    how = {"forking": dice.choice(["parallel", "sequential"]), "recurse": dice.random() < 0.5, "ring_time": 8}
    proxies = {domain: lab.proxy(domain, domain[0], **how) for domain in ("a.com", "b.com")}
    for n, user in enumerate(users):
        proxy = proxies[user.partition("@")[2]]
        for _ in range(dice.choice([0, 1, 1, 2])):
            made = lab.user_agent(user, f"u{n}-{len(lab.elements)}", answers=dice.choice([0.5, 2.0, 6.0]))
            proxy.location.add(user, made.contact_uri)
            dice.choice([made.picks_up, made.ignores, made.rejects])()
        others = [other for other in users if other != user]
        wishes: dict[str, Any] = {
            when: dice.choice(others) for when in ("busy", "no_answer", "unregistered") if dice.random() < 0.6
        } | ({"always": dice.choice(others)} if dice.random() < 0.2 else {})
        if wishes:
            proxy.forwards(user, **wishes, after=2.007 if "no_answer" in wishes else None)
    for n in range(3):
        assert outcome(lab, lab.user_agent(f"sip:c{n}@c.com"), dice.choice(users)) in (200, 404, 408, 480, 482, 486)
    assert lab.trace.counts["sent"] < 300
    lab.drain()
    assert lab.leftovers() == []


def test_an_address_with_method_and_headers_leaves_neither_in_the_request_uri(lab: Lab) -> None:
    """RFC 3261 §16.6 item 2: what a Request-URI must not have is taken away."""
    alice, proxy, _ = domain(lab, 1.0)
    mailbox = lab.user_agent("sip:mailbox@elsewhere.example", answers=0.1)
    proxy.forwards(BOB, always=f"{mailbox.contact_uri};method=INVITE;user=ip?Subject=tea&Route=%3Csip:x%3E")
    assert outcome(lab, alice) == 200
    (invite,) = messages(lab.trace, "INVITE", "proxy")
    assert invite.uri_text == f"{mailbox.contact_uri};user=ip" and not invite.has("Subject")


def test_wishes_of_somebody_elses_users_are_refused(lab: Lab) -> None:
    _, proxy, _ = domain(lab, 1.0)
    with pytest.raises(UsageError, match=r"user: sip:bob@other\.example is no user of example\.com"):
        proxy.forwards("sip:bob@other.example", always=CAROL)
