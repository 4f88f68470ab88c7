"""SIPp takes part in what calls can do beyond INVITE and BYE: PRACK, session timers, hold; and in subscriptions.

Its scripts check for themselves what they get: a run that ends with 0 got what they ask for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bench_pair import messages, said, times, wire
from beside import DEADLINE, HOST, free_port, going, listening, program_beside
from peers import needs
from with_sipp import at_rest, complaints, sipp

import sipsim
from sipsim.message.presence import present

pytestmark = needs("sipp")

SPEED = 60.0
HURRY = {"t1": 10.0, "t2": 80.0, "t4": 100.0}
"""Timers for runs that go by sixty times as fast as the clock: on it they are a third of the usual ones."""

Story = Callable[[sipsim.Lab], Iterator[Any]]


@pytest.fixture
def lab() -> Iterator[sipsim.Lab]:
    with sipsim.Lab(network="udp") as lab:
        yield lab


@pytest.fixture
def fast() -> Iterator[sipsim.Lab]:
    with sipsim.Lab(network="udp", **HURRY) as lab:
        yield lab


def asked_by_sipp(lab: sipsim.Lab, target: object, scenario: str, cwd: Path, *more: object,
                  story: Story | None = None, speed: float = 1.0) -> None:  # fmt: skip
    """SIPp begins, at this element; the lab goes on until SIPp is content, and its story over."""

    async def run() -> None:
        arguments = sipp(getattr(target, "address", target), "-s", "bob", *more, scenario=scenario)
        async with going(lab, speed), program_beside("sipp", *arguments, cwd=cwd) as process:
            if story is not None:
                lab.tell(story)
            assert await process.end() == 0, process.output[-2000:] + complaints(cwd)

    asyncio.run(run())


def answered_by_sipp(lab: sipsim.Lab, scenario: str, cwd: Path, story: Callable[[str], Story],
                     speed: float = 1.0) -> None:  # fmt: skip
    """SIPp answers, at the contact that the story is given."""
    port = free_port()

    async def run() -> None:
        arguments = sipp(scenario=scenario, port=port)
        async with program_beside("sipp", *arguments, cwd=cwd) as process:
            await listening(port)
            await asyncio.wait_for(lab.start(story(f"sip:service@{HOST}:{port}"), speed=speed).outcome(), DEADLINE)
            assert await process.end() == 0, process.output[-2000:] + complaints(cwd)

    asyncio.run(run())


def behind(lab: sipsim.Lab, bob: sipsim.UserAgent, proxied: bool) -> sipsim.UserAgent | sipsim.Proxy:
    """Whom SIPp asks for Bob: himself, or the proxy of his domain."""
    if not proxied:
        return bob
    proxy = lab.proxy("example.com")
    proxy.location.add("sip:bob@example.com", bob.contact_uri)
    return proxy


DIRECTLY_AND_NOT = pytest.mark.parametrize("proxied", [False, True], ids=["directly", "through a proxy"])


@DIRECTLY_AND_NOT
@pytest.mark.covers("P22")
def test_sipp_acknowledges_our_reliable_180(lab: sipsim.Lab, proxied: bool, tmp_path: Path) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=0.1, reliable="supported")
    asked_by_sipp(lab, behind(lab, bob, proxied), "prack-call", tmp_path)
    sent = [text.partition(" ")[2] for text in wire(lab.trace, "bob")]
    assert sent == ["180 INVITE", "200 PRACK", "200 INVITE", "200 BYE"]
    assert not lab.trace.select("ignored") and at_rest(lab)


@pytest.mark.parametrize("lost", [False, True], ids=["all arrives", "the first 180 is lost"])
@pytest.mark.covers("P22")
def test_we_acknowledge_sipps_reliable_180(lab: sipsim.Lab, lost: bool, tmp_path: Path) -> None:
    alice = lab.user_agent("sip:alice@example.com", reliable="supported")
    if lost:
        lab.network.drop("180 INVITE", times=1)

    def story(contact: str) -> Story:
        def told(lab: sipsim.Lab) -> Iterator[Any]:
            call = alice.call(contact)
            yield call.answered
            yield call.hang_up()

        return told

    answered_by_sipp(lab, "prack-answer", tmp_path, story)
    sent = [text.rpartition(" ")[2] for text in wire(lab.trace, "alice")]
    assert list(dict.fromkeys(sent)) == ["INVITE", "PRACK", "ACK", "BYE"]  # the INVITE twice, where no 180 came
    assert messages(lab.trace, "PRACK", "alice")[0].rack.rseq == 4711
    assert len(lab.trace.select("lost")) == lost and at_rest(lab)


@DIRECTLY_AND_NOT
@pytest.mark.covers("P09")
def test_sipp_holds_our_call_and_takes_it_up_again(lab: sipsim.Lab, proxied: bool, tmp_path: Path) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=0.0)
    directions = []
    bob.on_reinvite = lambda change: (change.accept(), directions.append(bob.current_call.stream.direction))
    asked_by_sipp(lab, behind(lab, bob, proxied), "hold-call", tmp_path)
    assert directions == ["recvonly", "sendrecv"]
    assert not bob.calls and at_rest(lab)


@pytest.mark.covers("P09")
def test_we_hold_a_call_with_sipp_and_take_it_up_again(lab: sipsim.Lab, tmp_path: Path) -> None:
    alice = lab.user_agent("sip:alice@example.com")
    directions = []

    def story(contact: str) -> Story:
        def told(lab: sipsim.Lab) -> Iterator[Any]:
            call = alice.call(contact)
            for change in (lambda: call.answered, call.hold, call.resume):
                yield change()
                directions.append(call.stream.direction)
            yield call.hang_up()

        return told

    answered_by_sipp(lab, "hold-answer", tmp_path, story)
    assert directions == ["sendrecv", "sendonly", "sendrecv"]
    offers = [sipsim.Sdp.parse(invite.body) for invite in messages(lab.trace, "INVITE", "alice")]
    first, *later = [int(offer.origin.split()[2]) for offer in offers]
    assert later == [first + 1, first + 2] and at_rest(lab)  # RFC 3264 §8


@DIRECTLY_AND_NOT
@pytest.mark.covers("P17", "P22")
def test_sipp_refreshes_a_session_once_and_we_end_it_in_time(fast: sipsim.Lab, proxied: bool, tmp_path: Path) -> None:
    """90 s are refused, 120 s granted; from the UPDATE on it takes 88 s until Bob gives up (RFC 4028 §10)."""
    bob = fast.user_agent("sip:bob@example.com", answers=0.0, min_se=120)
    asked_by_sipp(fast, behind(fast, bob, proxied), "refresh-call", tmp_path, "-d", 500, speed=SPEED)
    sent = list(dict.fromkeys(text.partition(" ")[2] for text in wire(fast.trace, "bob")))
    assert sent == ["422 INVITE", "180 INVITE", "200 INVITE", "200 UPDATE", "BYE"]
    refreshed, ended = times(fast.trace, "200 UPDATE", "bob")[0], times(fast.trace, "BYE", "bob")[0]
    assert 87.9 < ended - refreshed < 120
    assert not bob.calls and at_rest(fast)


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
@pytest.mark.covers("P22")
def test_we_refresh_a_session_with_sipp(fast: sipsim.Lab, method: str, tmp_path: Path) -> None:
    """422 makes it 120 s; after half of that the session is refreshed, by UPDATE only where SIPp allows that."""
    alice = fast.user_agent("sip:alice@example.com", session_expires=90)

    def story(contact: str) -> Story:
        def told(lab: sipsim.Lab) -> Iterator[Any]:
            call = alice.call(contact)
            yield call.answered
            yield lab.env.timeout(90)
            yield call.hang_up()

        return told

    answered_by_sipp(fast, f"refresh-answer-{method.lower()}", tmp_path, story, speed=SPEED)
    answered, refreshed = times(fast.trace, "ACK", "alice")[1], times(fast.trace, method, "alice")[-1]
    assert 59 < refreshed - answered < 90
    assert [message.session_expires.seconds for message in messages(fast.trace, "INVITE", "alice")][:2] == [90, 120]
    assert at_rest(fast)


@pytest.mark.covers("P22")
def test_sipp_watches_our_presence(lab: sipsim.Lab, tmp_path: Path) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    bob.tells("presence", present("sip:bob@example.com", "open"))

    def story(lab: sipsim.Lab) -> Iterator[Any]:
        while not [one for one in lab.trace.select("delivered", "bob") if said(one.message) == "200 NOTIFY"]:
            yield lab.env.timeout(0.02)
        bob.tells("presence", present("sip:bob@example.com", "closed"))

    asked_by_sipp(lab, bob, "subscribe", tmp_path, story=story)
    notices = messages(lab.trace, "NOTIFY", "bob")
    assert [notice.subscription_state.value for notice in notices] == ["active", "active", "active", "terminated"]
    assert not bob.watches and at_rest(lab)


@pytest.mark.covers("P22")
def test_we_watch_sipps_presence(lab: sipsim.Lab, tmp_path: Path) -> None:
    alice = lab.user_agent("sip:alice@example.com")
    heard = []

    def story(contact: str) -> Story:
        def told(lab: sipsim.Lab) -> Iterator[Any]:
            watched = alice.subscribe(contact, expires=600)
            second = lab.env.event()
            watched.on_notify = lambda notice: second.succeed() if len(watched.notices) == 2 else None
            yield watched.active
            yield second
            heard.extend(notice.value.open for notice in watched.notices)
            heard.append((yield watched.unsubscribe()).reason)

        return told

    answered_by_sipp(lab, "notify", tmp_path, story)
    assert heard == [True, False, "timeout"]
    assert at_rest(lab)
