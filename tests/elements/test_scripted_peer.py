"""A scripted peer says what it is told, octet for octet, and hears what it expects."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from bench_pair import wire

import sipsim
from sipsim.elements.agents.scripted_peer import ScriptedPeer

BROKEN = """
INVITE sip:bob@example.com SIP/2.0
Via: SIP/2.0/UDP [host_port];branch=[branch]
From: <sip:tester@example.com>;tag=1
To: <sip:bob@example.com>
Call-ID: 1
X-Odd:   spaces   stay
CSeq: 1 OPTIONS

"""


def bench() -> tuple[sipsim.Lab, ScriptedPeer, sipsim.UserAgent]:
    lab = sipsim.Lab()
    return lab, lab.scripted_peer("sip:tester@example.com"), lab.user_agent("sip:bob@example.com")


def test_what_it_says_goes_out_as_it_is() -> None:
    lab, peer, bob = bench()

    def story(lab: sipsim.Lab) -> Generator[Any, Any, Any]:
        peer.say(BROKEN, bob)
        response = yield peer.expect("final")
        return {"status": response.status}

    trace = lab.run(story)
    assert trace.result["status"] == 400
    sent = trace.message(1).raw
    assert b"\r\nX-Odd:   spaces   stay\r\n" in sent and sent.endswith(b"CSeq: 1 OPTIONS\r\n\r\n")
    assert f"UDP {peer.host_port};branch=z9hG4bK-tester-1".encode() in sent


def test_octets_may_be_no_sip_at_all() -> None:
    lab, peer, bob = bench()
    peer.say(b"\xffhello\r\n\r\n", bob)
    trace = lab.run()
    assert len(trace.select("unparsable", "bob")) == 1 and peer.heard == []


def test_a_proper_request_needs_little() -> None:
    lab, peer, bob = bench()
    peer.say(peer.draft("OPTIONS", bob.uri), bob)
    assert lab.run(peer.expect(200)).cseq.method == "OPTIONS"


def test_requests_are_expected_and_answered() -> None:
    lab, peer, bob = bench()

    def story(lab: sipsim.Lab) -> Generator[Any, Any, Any]:
        call = bob.call(f"sip:tester@{peer.host_port}")
        invite = yield peer.expect("INVITE")
        peer.respond(invite, 183)
        peer.respond(invite, 486)
        yield peer.expect("ACK")
        with pytest.raises(sipsim.CallFailed):
            yield call.answered

    assert wire(lab.run(story)) == [
        "bob>tester INVITE", "tester>bob 183 INVITE", "tester>bob 486 INVITE", "bob>tester ACK",
    ]  # fmt: skip
    with pytest.raises(sipsim.UsageError, match="did not come to tester"):
        peer.respond(peer.draft("BYE", "sip:bob@example.com"), 200)


def test_messages_before_the_expected_one_are_passed_over() -> None:
    lab, peer, bob = bench()
    bob.on_call = lambda call: call.reject(600)
    invite = peer.draft("INVITE", bob.uri)

    def story(lab: sipsim.Lab) -> Generator[Any, Any, Any]:
        peer.say(peer.draft("OPTIONS", bob.uri), bob)
        peer.say(invite, bob)
        refused = yield peer.expect(600)
        peer.acknowledge(invite, refused, bob)
        yield lab.env.timeout(1.0)
        assert not peer.expect(200).triggered  # it came before the 600

    trace = lab.run(story, until=5.0)
    assert [record.peer for record in trace.select("sent", "tester")] == ["bob"] * 3
    assert trace.check() == []


def test_every_message_it_says_has_a_cause() -> None:
    lab, peer, bob = bench()
    peer.say(peer.draft("OPTIONS", bob.uri), bob)
    trace = lab.run()
    assert [record.kind for record in trace if record.cause is None] == ["script"]


def test_one_that_waits_in_vain_stalls() -> None:
    lab, peer, _ = bench()
    with pytest.raises(sipsim.Stalled, match="tester hearing 200"):
        lab.run(peer.expect(200))


def test_a_uri_that_leads_nowhere_is_refused() -> None:
    _, peer, _ = bench()
    with pytest.raises(sipsim.UsageError, match="leads nowhere"):
        peer.say("x", "sip:nobody@nowhere.example")


def test_it_works_over_sockets() -> None:
    with sipsim.Lab(network="udp") as lab:
        peer, bob = lab.scripted_peer("sip:tester@example.com"), lab.user_agent("sip:bob@example.com")
        peer.say(peer.draft("OPTIONS", bob.uri), bob)
        assert lab.run(peer.expect(200)).status == 200


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_text_may_have_either_line_end_and_its_body_stays_as_it_is(end: str) -> None:
    lab = sipsim.Lab(seed=1)
    peer, bob = lab.scripted_peer("sip:peer@example.com"), lab.user_agent("sip:bob@example.com")
    head = end.join([
        "MESSAGE sip:bob@example.com SIP/2.0", "Via: SIP/2.0/UDP [host_port];branch=[branch]",
        "From: <sip:peer@example.com>;tag=p", "To: <sip:bob@example.com>", "Call-ID: c", "CSeq: 1 MESSAGE",
        "Content-Type: text/plain", "Content-Length: 3",
    ])  # fmt: skip
    peer.say(f"{head}{end}{end}a\nb", bob)
    lab.run()
    data = bytes(lab.trace.select("sent")[0].message)
    assert b"\r\r" not in data and data.count(b"\r\n") == 9 and data.endswith(b"\r\n\r\na\nb")
    assert [message.status for message in peer.heard] == [200]


def test_a_status_that_there_can_not_be_is_not_waited_for() -> None:
    peer = sipsim.Lab().scripted_peer("sip:mallory@example.com")
    with pytest.raises(sipsim.UsageError, match="kind: 999 will not do; allowed are whole numbers from 100 to 699"):
        peer.expect(999)
