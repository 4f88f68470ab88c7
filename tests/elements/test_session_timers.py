"""Session timers: who refreshes, when a call ends by itself, and what is too short (RFC 4028)."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import messages, times, wire

from sipsim import CallFailed, Lab, UsageError, UserAgent
from sipsim.elements.servers.timing_proxy import TimingProxy
from sipsim.flows.casts import place
from sipsim.message import build
from sipsim.message.message import Request, parse
from sipsim.protocol.session_timers import Terms, granted, too_small


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def pair(
    lab: Lab, hers: dict[str, Any] | None = None, his: dict[str, Any] | None = None
) -> tuple[UserAgent, UserAgent]:
    alice = lab.user_agent("sip:alice@example.com", **({"session_expires": 120} if hers is None else hers))
    return alice, lab.user_agent("sip:bob@example.com", answers=0, **({"min_se": 90} if his is None else his))


def talk(lab: Lab, alice: UserAgent, bob: UserAgent, seconds: float) -> Any:
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(until=lab.env.now + seconds)
    return call


def refreshes(lab: Lab, element: str) -> list[str]:
    return [m.partition(" ")[2] for m in wire(lab.trace, element)[2:] if m.endswith(("UPDATE", "INVITE"))]


@pytest.mark.parametrize(
    ("hers", "his", "who"),
    [
        ({"session_expires": 120}, {"min_se": 90}, "alice"),
        ({"session_expires": 120, "refresher": "uas"}, {"min_se": 90}, "bob"),
        ({"min_se": 90}, {"session_expires": 120}, "alice"),
        ({}, {"session_expires": 120}, "bob"),
    ],
    ids=[
        "the caller",
        "the callee, as the caller wants it",
        "the caller, as the callee asks",
        "who alone knows timers",
    ],
)
def test_one_end_refreshes_the_session_at_half_its_time(
    lab: Lab, hers: dict[str, Any], his: dict[str, Any], who: str
) -> None:
    alice, bob = pair(lab, hers, his)
    call = talk(lab, alice, bob, 200)
    assert call.state == "answered"
    (ok,) = messages(lab.trace, "200 INVITE", "bob")
    assert ok.session_expires.seconds == 120 and ok.session_expires.refresher == ("uac" if who == "alice" else "uas")
    assert ("timer" in ok.require) == (who == "alice")
    sent = times(lab.trace, "UPDATE", who)
    assert [round(t) for t in sent] == [60, 120, 180] and not times(
        lab.trace, "UPDATE", "bob" if who == "alice" else "alice"
    )
    lab.run(call.hang_up())
    lab.run()
    assert lab.trace.check() == []


def test_a_peer_that_knows_no_update_is_asked_by_reinvite(lab: Lab) -> None:
    alice, bob = pair(lab)
    bob.understands(methods=("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS"))
    call = talk(lab, alice, bob, 70)
    assert len(messages(lab.trace, "INVITE", "alice")) == 2 and not messages(lab.trace, "UPDATE", "alice")
    again = messages(lab.trace, "INVITE", "alice")[1]
    assert again.session_expires == (120, "uac") and again.body == messages(lab.trace, "INVITE", "alice")[0].body
    lab.run(call.hang_up())


def test_any_change_refreshes_the_session(lab: Lab) -> None:
    alice, bob = pair(lab)
    call = talk(lab, alice, bob, 50)
    lab.run(call.hold())
    lab.run(until=130)
    assert [round(t) for t in times(lab.trace, "UPDATE", "alice")] == [110]
    assert messages(lab.trace, "200 INVITE", "bob")[1].session_expires == (120, "uac")
    lab.run(call.hang_up())


@pytest.mark.parametrize(("dies", "after"), [("alice", 120 - 32), ("bob", 120 - 32)])
def test_a_call_ends_shortly_before_its_time_when_the_other_end_is_gone(lab: Lab, dies: str, after: float) -> None:
    alice, bob = pair(lab)
    call = talk(lab, alice, bob, 10)
    taken = bob.current_call
    lab.elements[dies].crash()
    left = taken if dies == "alice" else call
    ending = lab.run(left.ended)
    assert ending.why.startswith("BYE, the session has expired") or ending.why.startswith("BYE, 408 to UPDATE")
    byes = times(lab.trace, "BYE", left.agent.name)
    assert byes[0] == pytest.approx(after, abs=6)


def test_a_call_whose_ends_know_no_timer_has_none(lab: Lab) -> None:
    call = talk(lab, *pair(lab, {"session_expires": 120}, {}), 500)
    assert call.timer is None and refreshes(lab, "alice") == []
    lab.run(call.hang_up())


def test_an_interval_that_is_too_small_is_refused_and_asked_for_again(lab: Lab) -> None:
    alice, bob = pair(lab, None, {"min_se": 600})
    call = talk(lab, alice, bob, 10)
    (refusal,) = messages(lab.trace, "422 INVITE", "bob")
    assert refusal.min_se == 600
    first, second = messages(lab.trace, "INVITE", "alice")
    assert (second.session_expires.seconds, second.min_se, second.call_id) == (600, 600, first.call_id)
    assert call.timer.terms == Terms(600, True, 600)
    lab.run(call.hang_up())


def test_who_knows_no_timer_is_not_refused_for_what_a_proxy_asked(lab: Lab) -> None:
    request = invite("Session-Expires: 100")
    assert too_small(request, 600) is None
    fields, terms = granted(request, None, 600) or ((), None)
    assert dict(fields) == {"Session-Expires": "600;refresher=uas"} and terms == Terms(600, True, 600)


@pytest.mark.parametrize(
    ("asked", "own", "least", "seconds", "refresher"),
    [
        ("Session-Expires: 1800", None, 90, 1800, "uac"),
        ("x: 1800;refresher=uas", None, 90, 1800, "uas"),
        ("Session-Expires: 1800", 600, 90, 600, "uac"),
        ("Session-Expires: 1800\r\nMin-SE: 1000", 600, 90, 1000, "uac"),
        ("Session-Expires: 50", 60, 90, 90, "uac"),
        ("Min-SE: 500", 200, 90, 500, "uac"),
    ],
)
def test_what_is_granted(asked: str, own: int | None, least: int, seconds: int, refresher: str) -> None:
    found = granted(invite("Supported: timer\r\n" + asked), own, least)
    assert found is not None and found[0][0] == ("Session-Expires", f"{seconds};refresher={refresher}")
    assert found[1].refreshes == (refresher == "uas")


def invite(more: str) -> Any:
    text = build.request(
        "INVITE",
        "sip:a@b",
        via="SIP/2.0/UDP h;branch=z9hG4bK",
        from_="<sip:c@d>;tag=1",
        to="<sip:a@b>",
        call_id="x",
        cseq=1,
    )
    return parse(bytes(text).replace(b"Content-Length", f"{more}\r\nContent-Length".encode()))


# Proxies


def test_a_proxy_asks_for_a_timer_on_behalf_of_both(lab: Lab) -> None:
    alice, _, bob = through(lab, {"min_se": 90}, {}, session_expires=120)
    call = alice.call(str(bob.uri))
    lab.run(call.answered)
    assert messages(lab.trace, "INVITE", "proxy")[0].session_expires == (120, None)
    (ok,) = messages(lab.trace, "200 INVITE", "proxy")
    assert ok.session_expires == (120, "uac") and ok.require == ("timer",)
    assert not messages(lab.trace, "200 INVITE", "bob")[0].has("Session-Expires")
    lab.run(until=70)
    assert len(times(lab.trace, "UPDATE", "alice")) == 1
    lab.run(call.hang_up())


def test_a_proxy_lowers_what_is_asked_for_and_raises_it_for_who_knows_no_timer(lab: Lab) -> None:
    alice, proxy, bob = through(lab, {"session_expires": 5000}, {"min_se": 90}, session_expires=600, min_se=300)
    call = alice.call(str(bob.uri))
    lab.run(call.answered)
    assert call.timer is not None and call.timer.terms == Terms(600, True, 0)
    lab.run(call.hang_up())
    bob.ignores()
    peer = lab.scripted_peer("sip:carol@example.com")
    peer.say(peer.draft("INVITE", str(bob.uri), headers=[("Session-Expires", "100")]), proxy)
    lab.run(peer.expect(180))
    passed = messages(lab.trace, "INVITE", "proxy")[-1]
    assert (passed.session_expires, passed.min_se) == ((300, None), 300)
    lab.drain()


@pytest.mark.parametrize("wrong", ["Session-Expires: soon", "Session-Expires: 90;refresher=me", "Session-Expires: -1"])
def test_a_proxy_and_a_phone_refuse_what_can_not_be_read(lab: Lab, wrong: str) -> None:
    _, proxy, bob = through(lab, {}, {"min_se": 90}, session_expires=600)
    peer = lab.scripted_peer("sip:carol@example.com")
    name, _, value = wrong.partition(": ")
    for to in (proxy, bob):
        peer.say(peer.draft("INVITE", bob.contact_uri, headers=[("Supported", "timer"), (name, value)]), to)
        assert lab.run(peer.expect("final")).status == 400
    lab.drain()


def through(
    lab: Lab, hers: dict[str, Any], his: dict[str, Any], **how: Any
) -> tuple[UserAgent, TimingProxy, UserAgent]:
    alice = lab.user_agent("sip:alice@example.com", **hers)
    proxy = lab.proxy("example.com", kind=TimingProxy, **how)
    bob = lab.user_agent("sip:bob@example.com", answers=0, **his)
    place(proxy, bob)
    assert isinstance(proxy, TimingProxy)
    return alice, proxy, bob


def test_wrong_words_are_named(lab: Lab) -> None:
    for how, name in (({"session_expires": 10}, "session_expires"), ({"min_se": "x"}, "min_se")):
        with pytest.raises(UsageError, match=name):
            lab.user_agent("sip:alice@example.com", "x", **how)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="refresher"):
        lab.user_agent("sip:alice@example.com", session_expires=90, refresher="me")
    with pytest.raises(UsageError, match="min_se"):
        lab.proxy("example.com", kind=TimingProxy, min_se=10)


def test_a_422_that_says_nothing_new_is_the_last_word(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@example.com", session_expires=120)
    peer = lab.scripted_peer("sip:carol@example.com")
    call = alice.call(f"sip:carol@{peer.host_port}")
    peer.respond(lab.run(peer.expect("INVITE")), 422, headers=[("Min-SE", "90")])
    with pytest.raises(CallFailed, match="422"):
        lab.run(call.answered)


def test_who_knows_session_timers_says_so_in_every_request_but_an_ack(lab: Lab) -> None:
    """RFC 4028 §7.1, whether it asks for one or not; who does not know them says nothing of the kind."""
    alice, bob = pair(lab, {"min_se": 90}, {})
    bob.answers = 1.0
    call = talk(lab, alice, bob, 1)
    call.info("Signal=1", "application/dtmf-relay")
    lab.run(alice.message(bob, "hello"))
    lab.run(alice.options(bob.contact_uri))
    lab.run(call.hold())
    lab.run(call.hang_up())
    cut_short = alice.call(bob)
    lab.run(cut_short.ringing)
    lab.run(cut_short.hang_up())
    for name, says in (("alice", True), ("bob", False)):
        sent = [record.message for record in lab.trace.select("sent", name)]
        requests = [message for message in sent if isinstance(message, Request)]
        assert {message.method for message in requests if ("timer" in message.supported) != says} <= {"ACK"}
    methods = {m.method for m in (r.message for r in lab.trace.select("sent", "alice")) if isinstance(m, Request)}
    assert methods == {"INVITE", "ACK", "BYE", "INFO", "MESSAGE", "OPTIONS", "CANCEL"}
