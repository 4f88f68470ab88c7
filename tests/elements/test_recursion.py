"""Targets that turn up while a proxy searches: redirects that it follows itself, and calls that are forwarded."""

from __future__ import annotations

import pytest
from bench_pair import Wire, messages, request, said, wire
from test_forking import ALICE, BOB, CAROL, domain, invited, outcome

from sipsim import Lab, UserAgent
from sipsim.message import build
from sipsim.message.message import Message


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def redirecting(lab: Lab, name: str, *contacts: str, status: int = 302) -> Wire:
    """A phone that answers every INVITE with other addresses."""
    phone = Wire(lab, name)

    def answer(message: Message) -> None:
        if said(message) == "INVITE":
            headers = [("Contact", contact) for contact in contacts]
            reply = build.reply(message, status, to_tag=name, headers=headers)  # type: ignore[arg-type]
            phone.send(reply, lab.elements["proxy"])

    phone.on_message = answer
    return phone


def carol(lab: Lab) -> UserAgent:
    phone = lab.user_agent(CAROL)
    lab.elements["proxy"].location.add(CAROL, phone.contact_uri)  # type: ignore[attr-defined]
    return phone


def moved(lab: Lab, *contacts: str, **how: object) -> UserAgent:
    """Alice, and Bob whose phone sends callers to other addresses."""
    alice, proxy, _ = domain(lab, **how)
    phone = redirecting(lab, "moved", *contacts)
    proxy.location.add(BOB, f"sip:bob@{phone.address.host}")
    return alice


@pytest.mark.parametrize("forking", ["parallel", "sequential", "q-groups"])
def test_a_proxy_that_recurses_follows_a_redirect_and_says_181(lab: Lab, forking: str) -> None:
    alice = moved(lab, f"<{CAROL}>", recurse=True, forking=forking)
    phone = carol(lab)
    assert outcome(lab, alice) == 200
    to_alice = [line for line in wire(lab.trace, "proxy") if ">alice" in line]
    assert to_alice == [f"proxy>alice {status} INVITE" for status in (100, 181, 180, 200)]
    assert [peer for _, peer in invited(lab)] == ["moved", phone.name]


@pytest.mark.covers("P23")
def test_a_181_is_the_proxys_own_with_a_tag_and_a_contact(lab: Lab) -> None:
    alice = moved(lab, f"<{CAROL}>", recurse=True)
    carol(lab)
    outcome(lab, alice)
    (forwarded,) = messages(lab.trace, "181 INVITE", "proxy")
    assert forwarded.to_tag and forwarded.contacts[0].uri.host == lab.elements["proxy"].address.host


def test_one_that_does_not_recurse_leaves_that_to_the_caller(lab: Lab) -> None:
    alice = moved(lab, f"<{CAROL}>")
    carol(lab)
    assert outcome(lab, alice) == 200
    assert wire(lab.trace).count("proxy>alice 302 INVITE") == 1


def test_no_target_is_asked_twice(lab: Lab) -> None:
    """Two phones that name each other, and themselves."""
    alice, proxy, _ = domain(lab, recurse=True)
    one = redirecting(lab, "one", "<sip:bob@192.0.2.4>", "<sip:bob@192.0.2.3>")
    other = redirecting(lab, "other", f"<sip:bob@{one.address.host}>", f"<{BOB}>")
    assert (one.address.host, other.address.host) == ("192.0.2.3", "192.0.2.4")
    proxy.location.add(BOB, f"sip:bob@{one.address.host}")
    tester = Wire(lab)
    tester.send(request("INVITE"), proxy)
    lab.run(until=60)
    assert [peer for _, peer in invited(lab)] == ["one", "other"]
    assert len(messages(lab.trace, "INVITE", "proxy")) == 2
    assert next(s for s in tester.statuses if s >= 200) == 302
    assert alice.current_call is None


def test_endless_redirects_come_to_an_end(lab: Lab) -> None:
    alice, proxy, _ = domain(lab, recurse=True)
    phone = Wire(lab, "maze")
    seen = iter(range(10_000))

    def astray(message: Message) -> None:
        if said(message) == "INVITE":
            headers = [("Contact", f"<sip:x{next(seen)}@{phone.address.host}>") for _ in range(3)]
            phone.send(build.reply(message, 302, to_tag="t", headers=headers), proxy)  # type: ignore[arg-type]

    phone.on_message = astray
    proxy.location.add(BOB, f"sip:bob@{phone.address.host}")
    assert outcome(lab, alice) == 302 or alice.tally.failed
    assert len(messages(lab.trace, "INVITE", "proxy")) <= 60 * 21  # and Alice follows what is left, 20 times at most


def test_a_redirect_to_what_is_no_sip_address_goes_to_the_caller(lab: Lab) -> None:
    _, proxy, _ = domain(lab, recurse=True)
    phone = redirecting(lab, "moved", f"<{CAROL}>", "<mailto:bob@example.com>")
    proxy.location.add(BOB, f"sip:bob@{phone.address.host}")
    carol(lab).rejects(486)
    tester = Wire(lab)
    tester.send(request("INVITE"), proxy)
    lab.run(until=1)
    final = next(m for m in tester.heard if m.status >= 200)  # type: ignore[attr-defined]
    assert final.status == 302 and [str(c.uri) for c in final.contacts] == ["mailto:bob@example.com"]  # type: ignore[attr-defined]


def test_a_redirect_for_a_domain_that_is_not_ours_is_not_followed(lab: Lab) -> None:
    """Only who is responsible for a Request-URI may change it (§16.5)."""
    lab.user_agent(ALICE)
    proxy = lab.proxy("example.com", recurse=True)
    phone = redirecting(lab, "moved", f"<{CAROL}>")
    tester = Wire(lab)
    tester.send(request("INVITE", f"sip:bob@{phone.address.host}"), proxy)
    lab.run(until=1)
    assert 302 in tester.statuses


# Forwarding


def test_calls_are_forwarded_always(lab: Lab) -> None:
    alice, proxy, (bob,) = domain(lab, 1.0)
    phone = carol(lab)
    proxy.forwards(BOB, always=CAROL)
    assert outcome(lab, alice) == 200
    assert [peer for _, peer in invited(lab)] == [phone.name] and "181" in "".join(wire(lab.trace, "proxy"))
    assert not lab.trace.select("sent", bob.name)


def test_calls_are_forwarded_when_busy(lab: Lab) -> None:
    alice, proxy, (bob,) = domain(lab, 1.0)
    carol(lab)
    bob.rejects(486)
    proxy.forwards(BOB, busy=CAROL)
    assert outcome(lab, alice) == 200
    assert wire(lab.trace, "proxy").count("proxy>alice 181 INVITE") == 1


def test_calls_are_forwarded_when_nobody_answers(lab: Lab) -> None:
    alice, proxy, (bob,) = domain(lab, 1.0, ring_time=6)
    carol(lab)
    bob.ignores()
    proxy.forwards(BOB, no_answer=CAROL)
    assert outcome(lab, alice) == 200
    assert invited(lab)[1] == (6.015, "carol")


def test_calls_are_forwarded_when_no_phone_is_registered(lab: Lab) -> None:
    alice, proxy, _ = domain(lab)
    carol(lab)
    proxy.forwards(BOB, unregistered=CAROL)
    assert outcome(lab, alice) == 200
    proxy.forwards(BOB)
    assert outcome(lab, alice) == 404


def test_two_users_who_forward_to_each_other_end_the_search(lab: Lab) -> None:
    alice, proxy, _ = domain(lab)
    for one, other in ((BOB, CAROL), (CAROL, BOB)):
        proxy.forwards(one, always=other)
    assert outcome(lab, alice) == 482


def test_a_decline_is_not_forwarded(lab: Lab) -> None:
    alice, proxy, (bob,) = domain(lab, 1.0)
    carol(lab)
    bob.rejects(600)
    proxy.forwards(BOB, busy=CAROL, no_answer=CAROL)
    assert outcome(lab, alice) == 600
