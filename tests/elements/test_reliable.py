"""Reliable provisional responses, and UPDATE before and after the answer (RFC 3262, RFC 3311)."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import messages, times, wire

from sipsim import CallFailed, Lab, Sdp, UsageError, UserAgent
from sipsim.message import build

BODY = b"v=0\r\no=c 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
SDP = "application/sdp"


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def pair(lab: Lab, hers: str = "supported", his: str = "supported", **how: Any) -> tuple[UserAgent, UserAgent]:
    alice = lab.user_agent("sip:alice@example.com", reliable=hers)
    return alice, lab.user_agent("sip:bob@example.com", **{"answers": 1.0, "reliable": his, **how})


def early(lab: Lab, bob: UserAgent, *, wait: float = 1.0, status: int = 180, described: bool = True) -> list[Any]:
    """Let Bob describe his side while it rings, and answer after a time; gives his calls as they come."""
    calls: list[Any] = []

    def on_call(call: Any) -> Any:
        calls.append(call)
        call.ring(status, described=described)
        yield lab.env.timeout(wait)
        call.answer()

    bob.on_call = on_call
    return calls


# Provisional responses that arrive


@pytest.mark.covers("P22")
def test_a_provisional_response_is_acknowledged_by_prack(lab: Lab) -> None:
    alice, bob = pair(lab)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(call.hang_up())
    lab.run()
    assert wire(lab.trace) == [
        "alice>bob INVITE", "bob>alice 180 INVITE", "alice>bob PRACK", "bob>alice 200 PRACK", "bob>alice 200 INVITE",
        "alice>bob ACK", "alice>bob BYE", "bob>alice 200 BYE",
    ]  # fmt: skip
    (ringing,), (prack,) = messages(lab.trace, "180 INVITE", "bob"), messages(lab.trace, "PRACK", "alice")
    assert ringing.require == ("100rel",) and 1 <= ringing.rseq < 2**31
    assert (prack.rack.rseq, prack.rack.cseq.number, prack.rack.cseq.method) == (ringing.rseq, 1, "INVITE")
    assert prack.cseq.number == 2 and prack.to_tag == ringing.to_tag and prack.uri == bob.contact_uri


@pytest.mark.parametrize(("hers", "his"), [("no", "supported"), ("supported", "no"), ("no", "no")])
def test_where_one_end_does_not_know_it_nothing_is_acknowledged(lab: Lab, hers: str, his: str) -> None:
    alice, bob = pair(lab, hers, his)
    lab.run(alice.call(bob).answered)
    assert not messages(lab.trace, "PRACK", "alice") and not messages(lab.trace, "180 INVITE", "bob")[0].has("RSeq")


def test_who_does_not_know_it_is_refused_by_who_requires_it(lab: Lab) -> None:
    alice, bob = pair(lab, "no", "required")
    with pytest.raises(CallFailed) as failed:
        lab.run(alice.call(bob).answered)
    (refusal,) = messages(lab.trace, "421 INVITE", "bob")
    assert failed.value.status == 421 and refusal.require == ("100rel",)


def test_a_caller_who_requires_it_does_without_where_nobody_knows_it(lab: Lab) -> None:
    """As RFC 3261 §8.1.3.5 has it for every 420."""
    alice, bob = pair(lab, "required", "no")
    lab.run(alice.call(bob).answered)
    assert messages(lab.trace, "420 INVITE", "bob")[0].unsupported == ("100rel",)
    assert [m.require for m in messages(lab.trace, "INVITE", "alice")] == [("100rel",), ()]


def test_a_lost_180_is_repeated_after_t1_until_its_prack_comes(lab: Lab) -> None:
    alice, bob = pair(lab, answers=20.0)
    lab.network.drop("180 INVITE", times=1)
    call = alice.call(bob)
    lab.run(call.answered)
    assert {0.005, 0.505} == set(times(lab.trace, "180 INVITE", "bob"))  # one of them for an INVITE repeated
    assert len({m.rseq for m in messages(lab.trace, "180 INVITE", "bob")}) == 1
    assert len(messages(lab.trace, "PRACK", "alice")) == 1


def test_a_180_that_came_is_not_acknowledged_twice_when_the_prack_was_lost(lab: Lab) -> None:
    alice, bob = pair(lab, answers=20.0)
    lab.network.drop("PRACK", times=2)
    lab.run(alice.call(bob).answered)
    assert len({m.cseq.number for m in messages(lab.trace, "PRACK", "alice")}) == 1  # one transaction, repeated
    assert times(lab.trace, "PRACK", "alice") == pytest.approx([0.01, 0.51, 1.51])
    assert len(times(lab.trace, "180 INVITE", "bob")) == 3


def test_a_180_that_nobody_acknowledges_is_sent_seven_times_and_the_call_refused(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=100.0, reliable="supported")
    peer = lab.scripted_peer("sip:carol@example.com")
    invite = peer.draft("INVITE", bob.contact_uri, headers=[("Supported", "100rel")])
    peer.say(invite, bob)
    refused = lab.run(peer.expect("final"))
    peer.acknowledge(invite, refused, bob)
    lab.run()
    assert refused.status == 500 and lab.env.now >= 32
    sent = times(lab.trace, "180 INVITE", "bob")
    assert [round(t - sent[0], 6) for t in sent] == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert lab.trace.select("refused")[-1].data["rfc"] == "RFC 3262 §3"


def test_two_provisional_responses_go_one_after_the_other(lab: Lab) -> None:
    alice, bob = pair(lab)

    def rings(call: Any) -> Any:
        call.ring(183, described=True)
        call.ring(180)
        yield lab.env.timeout(2)
        call.answer()

    bob.on_call = rings
    lab.run(alice.call(bob).answered)
    assert wire(lab.trace)[1:7] == [
        "bob>alice 183 INVITE", "alice>bob PRACK", "bob>alice 200 PRACK", "bob>alice 180 INVITE", "alice>bob PRACK",
        "bob>alice 200 PRACK",
    ]  # fmt: skip
    (first,), (second,) = messages(lab.trace, "183 INVITE", "bob"), messages(lab.trace, "180 INVITE", "bob")
    assert second.rseq == first.rseq + 1 and first.body and not second.body
    assert not messages(lab.trace, "200 INVITE", "bob")[0].body  # the answer has been given, and has arrived


def test_a_200_waits_for_the_prack_of_a_described_180(lab: Lab) -> None:
    alice, bob = pair(lab)
    early(lab, bob, wait=0.0)
    lab.network.drop("180 INVITE", times=1)
    call = alice.call(bob)
    lab.run(call.answered)
    assert times(lab.trace, "200 INVITE", "bob")[0] == pytest.approx(0.515)
    assert call.stream is not None and call.stream.codec == "PCMU"


@pytest.mark.parametrize("rack", ["1 1 INVITE", "99 1 INVITE", "{rseq} 2 INVITE", "{rseq} 1 BYE"])
def test_a_prack_for_another_response_gets_481(lab: Lab, rack: str) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=100.0, reliable="supported")
    peer = lab.scripted_peer("sip:carol@example.com")
    invite = peer.draft("INVITE", bob.contact_uri, headers=[("Supported", "100rel")])
    peer.say(invite, bob)
    ringing = lab.run(peer.expect(180))
    prack = peer.draft(
        "PRACK", bob.contact_uri, cseq=2, from_=invite.header("From"), to=ringing.header("To"),
        call_id=invite.call_id, headers=[("RAck", rack.format(rseq=ringing.rseq))],
    )  # fmt: skip
    peer.say(prack, bob)
    assert lab.run(peer.expect("final")).status == 481
    assert lab.trace.select("refused")[0].data["rfc"] == "RFC 3262 §3"
    lab.drain()


@pytest.mark.parametrize("method", ["PRACK", "UPDATE"])
def test_outside_of_dialogs_they_get_481(lab: Lab, method: str) -> None:
    bob, peer = lab.user_agent("sip:bob@example.com"), lab.scripted_peer("sip:carol@example.com")
    peer.say(peer.draft(method, bob.contact_uri), bob)
    assert lab.run(peer.expect("final")).status == 481


def test_a_response_that_overtook_another_is_not_acknowledged_before_it(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@example.com", reliable="supported")
    peer = lab.scripted_peer("sip:carol@example.com")
    alice.call(f"sip:carol@{peer.host_port}")
    invite = lab.run(peer.expect("INVITE"))

    def says(status: int, rseq: int) -> None:
        peer.respond(invite, status, headers=[("Require", "100rel"), ("RSeq", str(rseq))])

    says(183, 10)
    prack = lab.run(peer.expect("PRACK"))
    peer.respond(prack, 200)
    says(180, 12)
    says(183, 11)
    prack = lab.run(peer.expect("PRACK"))
    assert prack.rack.rseq == 11
    peer.respond(prack, 200)
    says(180, 12)
    assert lab.run(peer.expect("PRACK")).rack.rseq == 12
    assert [r.data["rfc"] for r in lab.trace.select("ignored", "alice")] == ["RFC 3262 §4"]
    lab.drain()


def test_an_offer_in_a_reliable_180_is_answered_in_the_prack(lab: Lab) -> None:
    alice, bob = pair(lab)
    calls = early(lab, bob, described=False)  # it has to, as the INVITE has no offer
    call = alice.call(bob, offer=False)
    lab.run(call.answered)
    lab.run()
    (prack,) = messages(lab.trace, "PRACK", "alice")
    assert prack.body and messages(lab.trace, "180 INVITE", "bob")[0].body
    assert not messages(lab.trace, "200 INVITE", "bob")[0].body and not messages(lab.trace, "ACK", "alice")[0].body
    assert call.stream is not None and call.stream.local == calls[0].stream.remote


def test_an_answer_in_a_prack_that_does_not_fit_ends_the_invitation(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=100.0, reliable="supported")
    peer = lab.scripted_peer("sip:carol@example.com")
    invite = peer.draft("INVITE", bob.contact_uri, headers=[("Supported", "100rel")])
    peer.say(invite, bob)
    ringing = lab.run(peer.expect(180))
    prack = peer.draft(
        "PRACK", bob.contact_uri, cseq=2, from_=invite.header("From"), to=ringing.header("To"),
        call_id=invite.call_id, headers=[("RAck", f"{ringing.rseq} 1 INVITE")],
        body=BODY.replace(b"audio", b"video"), content_type=SDP,
    )  # fmt: skip
    peer.say(prack, bob)
    assert lab.run(peer.expect(200)).cseq.method == "PRACK"
    refused = lab.run(peer.expect("final"))
    peer.acknowledge(invite, refused, bob)
    assert refused.status == 488
    lab.run()


@pytest.mark.parametrize("reliable", [True, False])
def test_early_media_are_those_of_the_phone_that_answers_in_the_end(lab: Lab, reliable: bool) -> None:
    how = "supported" if reliable else "no"
    alice, proxy = lab.user_agent("sip:alice@example.com", reliable=how), lab.proxy("example.com")
    for name, codec, wait in (("one", "PCMU", 9.0), ("two", "PCMA", 2.0)):
        phone = lab.user_agent("sip:bob@example.com", name, codecs=[codec], reliable=how)
        proxy.location.add("sip:bob@example.com", phone.contact_uri)
        early(lab, phone, wait=wait, status=183)
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    lab.run()
    assert call.stream is not None and call.stream.codec == "PCMA"
    (taken,) = lab.elements["two"].calls.values()
    assert taken.stream.local == call.stream.remote
    assert len(messages(lab.trace, "PRACK", "alice")) == 2 * reliable


def test_a_wrong_word_is_named(lab: Lab) -> None:
    with pytest.raises(
        UsageError, match=r"reliable: .*'no', 'supported', 'required'|reliable.*no, supported, required"
    ):
        lab.user_agent("sip:alice@example.com", reliable="perhaps")


# UPDATE


@pytest.mark.covers("P09", "P22")
def test_both_ends_change_a_session_before_it_is_answered(lab: Lab) -> None:
    alice, bob = pair(lab)
    calls = early(lab, bob, wait=5.0)
    call = alice.call(bob)
    lab.run(call.ringing)
    lab.run(call.update(codecs=["PCMA"]))
    lab.run(calls[0].update(direction="sendonly"))
    assert call.stream is not None and (call.stream.codec, call.stream.direction) == ("PCMA", "recvonly")
    lab.run(call.answered)
    lab.run()
    assert (calls[0].stream.codec, calls[0].stream.direction) == ("PCMA", "sendonly")
    assert (call.stream.codec, call.stream.direction) == ("PCMA", "recvonly")
    lab.run(calls[0].update(direction="sendrecv"))
    lab.run()
    assert call.stream.direction == calls[0].stream.direction == "sendrecv"
    numbers = [m.cseq.number for m in messages(lab.trace, "UPDATE", "alice") + messages(lab.trace, "UPDATE", "bob")]
    assert numbers == [3, 1, 2] and lab.trace.check() == []


@pytest.mark.covers("P09")
def test_an_answered_call_is_held_by_update_without_asking_the_user(lab: Lab) -> None:
    alice, bob = pair(lab, "no", "no", answers=0)
    bob.on_reinvite = lambda change: change.reject(603)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(call.update(direction="sendonly"))
    assert call.stream is not None and call.stream.direction == "sendonly"
    assert [m for m in wire(lab.trace) if m.endswith("UPDATE")] == ["alice>bob UPDATE", "bob>alice 200 UPDATE"]


def test_an_update_without_offer_says_no_more_than_where_we_are(lab: Lab) -> None:
    alice, bob = pair(lab, "no", "no", answers=0)
    call = alice.call(bob)
    lab.run(call.answered)
    stream = call.stream
    alice.move()
    lab.run(call.update(offer=False))
    taken = bob.current_call
    assert taken is not None and taken.dialog is not None and taken.dialog.remote_target == alice.contact_uri
    assert call.stream == stream and not messages(lab.trace, "200 UPDATE", "bob")[0].body
    lab.run(taken.hang_up())  # finds her


def test_an_update_that_does_not_fit_changes_nothing(lab: Lab) -> None:
    alice, bob = pair(lab, "no", "no", answers=0)
    call = alice.call(bob)
    lab.run(call.answered)
    with pytest.raises(CallFailed, match="488"):
        lab.run(call.update(codecs=["G729"]))
    assert call.stream is not None and call.stream.codec == "PCMU" and call.state == "answered"


def test_two_updates_that_cross_both_get_491_and_are_tried_again(lab: Lab) -> None:
    alice, bob = pair(lab, "no", "no", answers=0)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run()
    taken = bob.current_call
    assert taken is not None
    hers, his = call.update(codecs=["PCMA"]), taken.update(direction="sendonly")
    lab.run(hers)
    lab.run(his)
    assert call.stream is not None and (call.stream.codec, call.stream.direction) == ("PCMA", "recvonly")
    assert len(messages(lab.trace, "491 UPDATE", "alice")) == len(messages(lab.trace, "491 UPDATE", "bob")) == 1
    assert {r.data["rfc"] for r in lab.trace.select("refused")} == {"RFC 3311 §5.2"}


def test_an_offer_meets_an_invite_whose_offer_is_unanswered(lab: Lab) -> None:
    """500 with Retry-After where the first offer was the sender's own, 491 where it was ours (RFC 3311 §5.2)."""
    alice = lab.user_agent("sip:alice@example.com", reliable="supported")
    bob = lab.user_agent("sip:bob@example.com", answers=100.0)
    peer = lab.scripted_peer("sip:carol@example.com")
    invite = peer.draft("INVITE", bob.contact_uri, body=BODY, content_type=SDP)
    peer.say(invite, bob)
    ringing = lab.run(peer.expect(180))
    same = {"from_": invite.header("From"), "to": ringing.header("To"), "call_id": invite.call_id}
    peer.say(peer.draft("UPDATE", bob.contact_uri, cseq=2, body=BODY, content_type=SDP, **same), bob)
    refused = lab.run(peer.expect("final"))
    assert refused.status == 500 and 0 <= refused.retry_after <= 10
    peer.say(peer.draft("UPDATE", bob.contact_uri, cseq=3, **same), bob)
    assert lab.run(peer.expect("final")).status == 200  # there is no offer in it
    alice.call(f"sip:carol@{peer.host_port}")
    invite = lab.run(peer.expect("INVITE"))
    ringing = peer.respond(invite, 180)
    same = {"from_": ringing.header("To"), "to": ringing.header("From"), "call_id": invite.call_id}
    peer.say(peer.draft("UPDATE", alice.contact_uri, body=BODY, content_type=SDP, **same), alice)
    assert lab.run(peer.expect("final")).status == 491
    lab.drain()


def test_an_update_waits_for_the_answer_to_the_first_offer(lab: Lab) -> None:
    alice, bob = pair(lab, "no", "no", answers=3.0)
    call = alice.call(bob)
    lab.run(call.ringing)
    changed = call.update(codecs=["PCMA"])
    lab.run(changed)
    sent = times(lab.trace, "UPDATE", "alice")
    assert sent == [times(lab.trace, "ACK", "alice")[0]] and call.stream is not None and call.stream.codec == "PCMA"


def test_a_call_that_has_no_dialog_or_none_any_more_can_not_be_updated(lab: Lab) -> None:
    alice, bob = pair(lab, answers=0)
    call = alice.call(bob)
    with pytest.raises(UsageError, match="no dialog yet"):
        call.update()
    lab.run(call.answered)
    lab.run(call.hang_up())
    with pytest.raises(CallFailed, match="487"):
        lab.run(call.update())


def test_an_update_that_nobody_knows_anything_of_ends_the_call(lab: Lab) -> None:
    alice, bob = pair(lab, "no", "no", answers=0)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run()
    bob.crash()
    bob.restart()
    changed = call.update()
    with pytest.raises(CallFailed, match="481"):
        lab.run(changed)
    assert lab.run(call.ended).why.startswith("BYE, 481 to UPDATE")


@pytest.mark.parametrize(
    ("body", "status"), [(b"hello", 400), (BODY.replace(b"4000", b"-1"), 400), (BODY.replace(b"audio", b"x"), 488)]
)
def test_an_update_with_a_hostile_description_is_refused(lab: Lab, body: bytes, status: int) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    peer = lab.scripted_peer("sip:carol@example.com")
    invite = peer.draft("INVITE", bob.contact_uri, body=BODY, content_type=SDP)
    peer.say(invite, bob)
    ok = lab.run(peer.expect(200))
    same = {"from_": invite.header("From"), "to": ok.header("To"), "call_id": invite.call_id}
    peer.say(build.request("ACK", bob.contact_uri, via=peer.new_via(), cseq=1, **same), bob)
    peer.say(peer.draft("UPDATE", bob.contact_uri, cseq=2, body=body, content_type=SDP, **same), bob)
    assert lab.run(peer.expect("final")).status == status
    taken = bob.current_call
    assert taken is not None and taken.state == "answered" and Sdp.parse(ok.body) == taken.local_sdp
    lab.drain()
