"""What breaks the rules: answered once and recorded with the section, in memory as over sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from bench_pair import Wire, messages, request

from sipsim import Lab, UserAgent
from sipsim.elements.agents.scripted_peer import ScriptedPeer
from sipsim.message.message import Request


@pytest.fixture(params=["memory", "udp"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    with Lab(seed=1, network=request.param) as lab:
        yield lab


Broken = Callable[[ScriptedPeer, UserAgent], Request | bytes]


def spoilt(old: bytes, new: bytes) -> Broken:
    """An OPTIONS in which some octets are others."""
    return lambda peer, bob: bytes(peer.draft("OPTIONS", bob.uri)).replace(old, new)


def within(method: str) -> Broken:
    """A request that says it is in a dialog that there is not."""
    return lambda peer, bob: peer.draft(method, bob.uri, to=f"<{bob.uri}>;tag=nobody")


BROKEN: dict[str, tuple[Broken, int, str]] = {
    "another version": (spoilt(b"SIP/2.0\r\n", b"SIP/3.0\r\n"), 505, "§21.5.6"),
    "two methods": (spoilt(b" OPTIONS\r\n", b" INVITE\r\n"), 400, "§21.4.1"),
    "no Call-ID": (spoilt(b"Call-ID", b"Call-It"), 400, "§21.4.1"),
    "a tag without value": (spoilt(b";tag=", b";tag=;x="), 400, "§21.4.1"),
    "two tags": (spoilt(b";tag=", b";tag=one;tag="), 400, "§21.4.1"),
    "an endless URI": (spoilt(b"OPTIONS sip:bob@", b"OPTIONS sip:b" + 3000 * b"b" + b"@"), 414, "§21.4.12"),
    "a method that it does not have": (lambda peer, bob: peer.draft("PUBLISH", bob.uri), 405, "§8.2.1"),
    "no such method": (lambda peer, bob: peer.draft("SING", bob.uri), 501, "§21.5.2"),
    "no such dialog": (within("BYE"), 481, "§12.2.2"),
    "nothing to cancel": (lambda peer, bob: peer.draft("CANCEL", bob.uri), 481, "§9.2"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_request_gets_one_answer_and_a_record_with_the_section(lab: Lab, what: str) -> None:
    make, status, section = BROKEN[what]
    peer, bob = lab.scripted_peer("sip:mallory@example.com"), lab.user_agent("sip:bob@example.com")
    peer.say(make(peer, bob), bob)
    assert lab.run(peer.expect(status)).status == status
    refused = lab.trace.select("refused", "bob")
    assert [(record.data["status"], record.data["rfc"]) for record in refused] == [(status, f"RFC 3261 {section}")]
    assert refused[0].data["why"] and len(lab.trace.select("sent", "bob")) == 1


# The following need a clock that nobody waits for.


@pytest.fixture
def memory() -> Lab:
    return Lab(seed=1)


def test_an_ack_out_of_place_is_recorded_and_never_answered(memory: Lab) -> None:
    bob, tester = memory.user_agent("sip:bob@example.com"), Wire(memory)
    tester.send(request("ACK"), bob)
    tester.send(request("ACK", branch="z9hG4bK-2", to_tag="nobody"), bob)
    memory.run()
    assert not memory.trace.select("sent", "bob")
    assert [record.data["rfc"] for record in memory.trace.select("ignored", "bob")] == ["RFC 3261 §17.2.3"] * 2


@pytest.mark.parametrize("what", ["180 INVITE", "200 INVITE", "487 INVITE", "200 BYE"])
@pytest.mark.parametrize("kind", ["user_agent", "proxy", "stateless", "registrar", "redirect_server"])
def test_a_response_that_nobody_waits_for_is_recorded_and_nothing_else(memory: Lab, kind: str, what: str) -> None:
    how = {"stateful": False} if kind == "stateless" else {}
    make = getattr(memory, "proxy" if kind == "stateless" else kind)
    element = make("sip:bob@example.com" if kind == "user_agent" else "example.com", "subject", **how)
    status, method = what.split()
    stray = request(method).replace(f"{method} sip:bob@example.com SIP/2.0", f"SIP/2.0 {status} Stray", 1)
    Wire(memory).send(stray.replace("HERE;branch", f"{element.address.host};branch"), element)
    memory.run()
    assert not memory.trace.select("sent", "subject") and not memory.leftovers()
    (record,) = memory.trace.select("ignored", "subject")
    assert record.data["rfc"] == ("RFC 3261 §16.11" if kind == "stateless" else "RFC 3261 §17.1.3")


def test_an_ack_before_the_answer_changes_nothing(memory: Lab) -> None:
    bob, tester = memory.user_agent("sip:bob@example.com", answers=1), Wire(memory)
    tester.send(request("INVITE"), bob)
    memory.env.call_later(0.1, tester.send, request("ACK"), bob)
    memory.run(until=1.1)
    assert tester.statuses == [180, 200]
    assert any("ACK" in record.data["why"] for record in memory.trace.select("ignored", "bob"))


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_a_copy_of_a_refused_request_gets_the_same_refusal_and_no_second_record(memory: Lab, method: str) -> None:
    bob, tester = memory.user_agent("sip:bob@example.com"), Wire(memory)
    for _ in range(3):
        tester.send(request(method, more="Require: teleport\n"), bob)
    memory.run(until=0.1)
    assert len({bytes(refusal) for refusal in messages(memory.trace, f"420 {method}", "bob")}) == 1
    assert len(memory.trace.select("refused")) == 1


def test_a_cancel_that_comes_again_is_absorbed_and_one_too_late_changes_nothing(memory: Lab) -> None:
    bob, tester = memory.user_agent("sip:bob@example.com", answers=0), Wire(memory)
    tester.send(request("INVITE"), bob)
    for instant in (0.02, 0.04):
        memory.env.call_later(instant, tester.send, request("CANCEL"), bob)
    memory.run(until=0.1)
    assert tester.statuses.count(487) == 0 and [c.state for c in bob.calls.values()] == ["ringing"]
    cancelled = messages(memory.trace, "200 CANCEL", "bob")
    assert len(cancelled) == 2 and cancelled[0] == cancelled[1]


@pytest.mark.parametrize("method", ["MESSAGE", "OPTIONS", "SUBSCRIBE"])
def test_a_cancel_for_anything_but_an_invite_is_answered_and_changes_nothing(memory: Lab, method: str) -> None:
    """RFC 3261 §9.2: a CANCEL that matches a transaction gets 200, whatever its method, with the To tag of that one."""
    bob, tester = memory.user_agent("sip:bob@example.com"), Wire(memory)
    tester.send(request(method), bob)
    memory.run(until=0.1)
    tester.send(request("CANCEL"), bob)
    memory.run(until=0.2)
    first, second = tester.heard
    assert second.status == 200 and second.cseq.method == "CANCEL" and second.to_tag == first.to_tag  # type: ignore[union-attr]
    assert tester.statuses[0] != 487 and len(tester.heard) == 2
