"""What a phone does: calls and their ends, refusals, cancels, repetitions, and answers to what makes no sense."""

from __future__ import annotations

import pytest
from bench_pair import Wire, messages, octets, request, times, wire

import sipsim
from sipsim import CallFailed, Lab, UsageError
from sipsim.message import build
from sipsim.message.message import Message, Request
from sipsim.simulation.network import Packet

INVITE_INSTANTS = [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
OTHER_INSTANTS = [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
OFFER = "v=0\r\no=t 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 9000 RTP/AVP 0\r\n"


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def pair(lab: Lab, **how: float) -> tuple[sipsim.UserAgent, sipsim.UserAgent]:
    """Two phones without a server."""
    return lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", **how)


@pytest.mark.covers("P01", "P15", "P16", "P17")
def test_one_phone_places_and_takes_calls_in_one_run(lab: Lab) -> None:
    alice, bob = pair(lab, answers=1)
    first = alice.call(bob)
    assert lab.run(first.answered) is first
    second = bob.call(alice)
    lab.run(second.answered)
    first.hang_up()
    second.hang_up()
    trace = lab.run()
    assert (first.state, second.state) == ("ended", "ended")
    assert wire(trace)[:4] == ["alice>bob INVITE", "bob>alice 180 INVITE", "bob>alice 200 INVITE", "alice>bob ACK"]
    byes = [line for line in wire(trace) if line.endswith("BYE")]
    assert sorted(byes) == ["alice>bob 200 BYE", "alice>bob BYE", "bob>alice 200 BYE", "bob>alice BYE"]


@pytest.mark.covers("P16")
def test_the_ack_for_a_2xx_has_a_branch_of_its_own_and_that_for_a_refusal_the_branch_of_its_invite(lab: Lab) -> None:
    alice, bob = pair(lab, answers=0)
    lab.run(alice.call(bob).answered)
    bob.rejects(486)
    alice.call(bob)
    trace = lab.run()
    (accepted, refused), (first, second) = messages(trace, "INVITE", "alice"), messages(trace, "ACK", "alice")
    assert first.branch != accepted.branch and first.cseq.number == accepted.cseq.number
    assert second.branch == refused.branch and second.to_tag


@pytest.mark.covers("P07")
def test_both_sides_know_the_negotiated_codec_and_ports(lab: Lab) -> None:
    alice, bob = pair(lab, answers=0)
    seen = []
    bob.on_call = lambda call: (seen.append(call), call.ring(), call.answer())
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run()
    assert call.stream.codec == seen[0].stream.codec == "PCMU"
    assert call.stream.local == seen[0].stream.remote and call.stream.remote == seen[0].stream.local


def test_the_seven_invites_of_an_unanswered_call_leave_at_their_instants(lab: Lab) -> None:
    alice, bob = pair(lab)
    bob.crash()
    call = alice.call(bob)
    with pytest.raises(CallFailed) as failed:
        lab.run(call.answered)
    assert failed.value.status == 408 and lab.env.now == 32
    assert times(lab.trace, "INVITE", "alice") == INVITE_INSTANTS


def test_the_eleven_copies_of_another_request_leave_at_their_instants(lab: Lab) -> None:
    alice, bob = pair(lab)
    bob.crash()
    with pytest.raises(CallFailed, match="408"):
        lab.run(alice.options(str(bob.contact).strip("<>")))
    assert times(lab.trace, "OPTIONS", "alice") == OTHER_INSTANTS


def test_a_200_that_nobody_acknowledges_is_repeated_eleven_times_and_then_the_call_is_ended_by_bye(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    tester = Wire(lab)
    tester.send(request("INVITE", more="Content-Type: application/sdp\n").replace(
        "Content-Length: 0", f"Content-Length: {len(OFFER)}") + OFFER, bob)  # fmt: skip
    trace = lab.run(until=40)
    assert [round(t - 0.005, 6) for t in times(trace, "200 INVITE", "bob")] == OTHER_INSTANTS
    assert times(trace, "BYE", "bob")[0] == 32.005
    lab.run(until=80)
    assert not bob.calls


@pytest.mark.covers("P30")
@pytest.mark.parametrize(("early", "final", "answered"), [(150, 499, False), (199, 699, False), (181, 299, True)])
def test_a_code_that_nobody_knows_means_what_its_class_means(lab: Lab, early: int, final: int, answered: bool) -> None:
    """Whatever its phrase says (RFC 3261 §8.1.3.2, §7.2)."""
    alice, callee = lab.user_agent("sip:alice@example.com"), Wire(lab)

    def answer(message: Message) -> None:
        if isinstance(message, Request) and message.method == "INVITE":
            contact = [("Contact", f"<sip:{callee.address.host}>")]
            callee.send(build.reply(message, early, "Busy Here", to_tag="t", headers=contact), alice)
            more = {"body": OFFER.encode(), "content_type": "application/sdp"} if answered else {}
            reason = "Decline" if answered else "OK"
            callee.send(build.reply(message, final, reason, to_tag="t", headers=contact, **more), alice)  # type: ignore[arg-type]

    callee.on_message = answer
    call = alice.call(f"sip:bob@{callee.address.host}")
    lab.run(until=1)
    assert (call.state == "answered") == answered and (call.state == "ended") != answered
    assert "alice>tester ACK" in wire(lab.trace)


@pytest.mark.covers("P18")
def test_hanging_up_while_it_rings_cancels(lab: Lab) -> None:
    alice, bob = pair(lab)
    bob.ignores()
    call = alice.call(bob)
    lab.run(call.ringing)
    call.hang_up()
    trace = lab.run()
    assert wire(trace)[2:] == [
        "alice>bob CANCEL", "bob>alice 200 CANCEL", "bob>alice 487 INVITE", "alice>bob ACK",
    ]  # fmt: skip
    assert call.ended.value == ("alice", "CANCEL")


def test_a_cancel_waits_for_a_provisional_response(lab: Lab) -> None:
    alice, bob = pair(lab)
    bob.on_call = lambda call: None  # says nothing; the 100 comes after 200 ms
    call = alice.call(bob)
    call.hang_up()
    trace = lab.run()
    assert wire(trace)[:3] == ["alice>bob INVITE", "bob>alice 100 INVITE", "alice>bob CANCEL"]
    assert times(trace, "100 INVITE", "bob") == [0.205]
    (cancelled,), (refused,) = messages(trace, "200 CANCEL", "bob"), messages(trace, "487 INVITE", "bob")
    assert cancelled.to_tag == refused.to_tag  # RFC 3261 §9.2


def test_a_cancel_that_crosses_the_200_ends_in_bye(lab: Lab) -> None:
    alice, bob = pair(lab, answers=1)
    call = alice.call(bob)
    lab.run(call.ringing)
    lab.env.call_later(1.007 - lab.env.now, call.hang_up)
    trace = lab.run()
    assert wire(trace)[2:] == [
        "bob>alice 200 INVITE", "alice>bob CANCEL", "alice>bob ACK", "alice>bob BYE", "bob>alice 200 CANCEL",
        "bob>alice 200 BYE",
    ]  # fmt: skip


def test_whoever_waits_for_an_answer_hears_of_a_bye_that_comes_before_the_ack(lab: Lab) -> None:
    alice, bob = pair(lab, answers=0)
    taken = []
    bob.on_call = lambda call: (taken.append(call), call.answer())
    lab.network.drop("ACK", times=None)
    call = alice.call(bob)
    lab.run(call.answered)
    call.hang_up()
    with pytest.raises(CallFailed, match="487 the call has ended"):
        lab.run(taken[0].answered)


@pytest.mark.covers("P17", "P18")
@pytest.mark.parametrize("ringing", [True, False])
def test_the_called_side_hangs_up_with_603_before_the_answer_and_with_bye_after_it(lab: Lab, ringing: bool) -> None:
    alice, bob = pair(lab)
    taken = []
    bob.on_call = lambda call: (taken.append(call), call.ring(), ringing or call.answer())
    call = alice.call(bob)
    lab.run(call.ringing if ringing else call.answered)
    lab.run(until=lab.env.now + 1)
    taken[0].hang_up()
    trace = lab.run()
    assert ("bob>alice 603 INVITE" if ringing else "bob>alice BYE") in wire(trace)
    assert call.ended.value.by == ("sip:bob@192.0.2.2")


def test_a_call_that_is_answered_and_hung_up_at_once_gets_its_bye_after_the_ack(lab: Lab) -> None:
    alice, bob = pair(lab)

    def brusque(call: sipsim.Call) -> None:
        call.answer()
        call.hang_up()

    bob.on_call = brusque
    alice.call(bob)
    sent = wire(lab.run())
    assert sent.index("alice>bob ACK") < sent.index("bob>alice BYE")


def test_options_tell_what_a_phone_can_do(lab: Lab) -> None:
    alice, bob = pair(lab)
    response = lab.run(alice.options(bob.contact.strip("<>")))
    assert response.status == 200 and "INVITE" in response.allow and response.header("Accept") == "application/sdp"


def test_no_common_codec_is_refused_with_488(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    tester = Wire(lab)
    offer = OFFER.replace("AVP 0", "AVP 96")
    tester.send(request("INVITE", more="Content-Type: application/sdp\n").replace(
        "Content-Length: 0", f"Content-Length: {len(offer)}") + offer, bob)  # fmt: skip
    lab.run(until=10)
    assert 488 in tester.statuses


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (request("BYE", to_tag="nobody"), 481),
        (request("CANCEL"), 481),
        (request("PUBLISH"), 405),
        (request("INVITE", more="Require: teleport\n"), 420),
    ],
)
def test_what_makes_no_sense_gets_its_status(lab: Lab, text: str, status: int) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    tester = Wire(lab)
    tester.send(text, bob)
    lab.run(until=1)
    assert tester.statuses[:1] == [status]
    refusal = tester.heard[0]
    assert refusal.to_tag and (status != 405 or "INVITE" in refusal.allow)
    assert status != 420 or refusal.header("Unsupported") == "teleport"


def test_a_repeated_cancel_is_absorbed(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    bob.ignores()
    tester = Wire(lab)
    tester.send(request("INVITE"), bob)
    for instant in (1, 1.2):
        lab.env.call_later(instant, tester.send, request("CANCEL"), bob)
    lab.run(until=3)
    assert tester.statuses.count(481) == 0 and tester.statuses.count(200) == 2
    assert len({m.to_tag for m in tester.heard if getattr(m, "status", 0) == 200}) == 1


@pytest.mark.breaks("CSQ-02")
def test_a_request_with_a_lower_cseq_in_a_dialog_is_refused_with_500(lab: Lab) -> None:
    alice, bob = pair(lab, answers=0)
    call = alice.call(bob)
    lab.run(call.answered)
    call.dialog.local_seq -= 2  # the BYE will have CSeq 0
    call.hang_up()
    assert "bob>alice 500 BYE" in wire(lab.run(until=5))


def test_a_response_that_nobody_waits_for_is_recorded_and_changes_nothing(lab: Lab) -> None:
    alice, _ = pair(lab)
    tester = Wire(lab)
    tester.send("SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-none\nFrom: <sip:a@b>;tag=1\n"
                "To: <sip:c@d>;tag=2\nCall-ID: x\nCSeq: 1 INVITE\nContent-Length: 0\n\n", alice)  # fmt: skip
    trace = lab.run()
    assert [record.data["why"] for record in trace.select("ignored")] == ["a response to no request under way"]


@pytest.mark.parametrize("below", ["\r\nVia: ", "\r\nv: ", ", "])
def test_a_response_with_a_via_besides_ours_is_not_for_us(below: str) -> None:
    """RFC 3261 §8.1.3.3: the right one, which comes later, counts."""
    lab = Lab(seed=1)
    alice, peer = lab.user_agent("sip:alice@example.com"), lab.scripted_peer("sip:bob@example.net")
    call = alice.call(f"sip:bob@{peer.host_port}")
    invite = lab.run(peer.expect("INVITE"))
    lines = f"{below}SIP/2.0/UDP 192.0.2.99;branch=z9hG4bK-other\r\nFrom:".encode()
    peer.say(bytes(build.reply(invite, 603, to_tag="x")).replace(b"\r\nFrom:", lines, 1), alice)
    lab.run(until=lab.env.now + 0.1)
    assert call.state == "calling" and not messages(lab.trace, "ACK", "alice")
    (record,) = lab.trace.select("ignored")
    assert record.data["rfc"] == "RFC 3261 §8.1.3.3"
    peer.respond(invite, 486)
    with pytest.raises(CallFailed, match="486"):
        lab.run(call.answered)


def test_octets_that_are_no_sip_are_recorded_and_the_run_goes_on(lab: Lab) -> None:
    alice, bob = pair(lab, answers=0)
    tester = Wire(lab)
    tester.send("this is no SIP", bob)
    call = alice.call(bob)
    assert lab.run(call.answered) is call
    assert len(lab.trace.select("unparsable")) == 1


def test_a_crash_loses_calls_and_registrations_and_whoever_waits_hears_of_it(lab: Lab) -> None:
    alice, bob = pair(lab)
    call = alice.call(bob)
    alice.crash()
    with pytest.raises(CallFailed, match="503 alice crashed"):
        lab.run(call.answered)
    with pytest.raises(UsageError, match="down already"):
        alice.crash()
    alice.restart()
    assert lab.run(alice.call(bob).answered)


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        (lambda lab: lab.user_agent("alice"), "uri"),
        (lambda lab: lab.user_agent("sip:example.com"), "names no user"),
        (lambda lab: lab.user_agent("sip:a@b", answers=-1), "answers"),
        (lambda lab: lab.user_agent("sip:a@b").register(2**32), "expires"),
        (lambda lab: lab.user_agent("sip:a@b").rejects(200), "status"),
        (lambda lab: lab.user_agent("sip:a@b").call("nobody"), "target: 'nobody'"),
    ],
)
def test_a_wrong_parameter_is_named(lab: Lab, wrong: object, names: str) -> None:
    with pytest.raises(UsageError, match=names):
        wrong(lab)  # type: ignore[operator]


def test_answering_twice_is_the_callers_fault(lab: Lab) -> None:
    alice, bob = pair(lab)
    errors = []

    def eager(call: sipsim.Call) -> None:
        call.answer()
        try:
            call.answer()
        except UsageError as error:
            errors.append(str(error))

    bob.on_call = eager
    lab.run(alice.call(bob).answered)
    assert len(errors) == 1 and "answer" in errors[0]


@pytest.mark.parametrize("field", ["Contact: <sip:tester@HERE", "Contact: <sip:a@HERE>\nRecord-Route: nonsense"])
def test_a_broken_header_field_is_answered_with_400_and_the_run_goes_on(lab: Lab, field: str) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    tester = Wire(lab)
    text = request("INVITE").replace("Contact: <sip:tester@HERE>\n", "")
    tester.send(text.replace("Content-Length", f"{field}\nContent-Length"), bob)
    lab.run(until=0.1)
    assert tester.statuses == [400]
    assert len(lab.trace.select("unparsable")) == 1


def test_a_request_without_what_all_requests_need_is_answered_with_400(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    tester = Wire(lab)
    tester.send(request("OPTIONS").replace("From: <sip:tester@example.com>;tag=t\n", ""), bob)
    tester.send(request("ACK").replace("From: <sip:tester@example.com>;tag=t\n", ""), bob)
    lab.run()
    assert b"400" in lab.trace.message(3).raw[:12] and len(lab.trace.select("sent", "bob")) == 1


def test_a_bye_that_overtakes_the_ack_ends_the_call_and_the_repeating_of_the_200(lab: Lab) -> None:
    alice, bob = pair(lab, answers=0)
    lab.network.drop("ACK")  # type: ignore[attr-defined]
    call = alice.call(bob)
    lab.run(call.answered)
    call.hang_up()
    trace = lab.run()
    assert times(trace, "200 INVITE", "bob") == [0.005] and not times(trace, "BYE", "bob")


def test_a_bye_on_an_early_dialog_gets_its_200_and_the_invite_487(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    bob.ignores()
    tester = Wire(lab)
    tester.send(request("INVITE"), bob)
    tester.on_message = lambda m: (
        m.status == 180
        and tester.send(  # type: ignore[attr-defined]
            request("BYE", branch="z9hG4bK-bye", cseq=2, to_tag=m.to_tag or ""), bob
        )
    )
    lab.run(until=0.1)
    assert tester.statuses == [180, 200, 487]


def test_hanging_up_twice_sends_one_cancel_and_one_bye(lab: Lab) -> None:
    alice, bob = pair(lab, answers=5)
    ringing = alice.call(bob)
    lab.run(ringing.ringing)
    ringing.hang_up()
    ringing.hang_up()
    lab.run()
    standing = alice.call(bob)
    lab.run(standing.answered)
    standing.hang_up()
    standing.hang_up()
    sent = wire(lab.run())
    assert sent.count("alice>bob CANCEL") == 1 and sent.count("alice>bob BYE") == 1


def test_a_cancel_that_nobody_answers_ends_the_call_after_a_while(lab: Lab) -> None:
    alice, bob = pair(lab, answers=50)
    call = alice.call(bob)
    lab.run(call.ringing)
    bob.crash()
    assert lab.run(call.hang_up()) == ("network", "408 timeout")
    assert lab.env.now == pytest.approx(32.01)


def test_a_caller_who_lost_every_200_waits_until_the_invitation_expires(lab: Lab) -> None:
    """Once it is "proceeding" no timer of RFC 3261 ends an INVITE at its client: its Expires does (§13.2.1)."""
    lab.proxy("example.com")
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=0.0)
    lab.run(bob.register())
    for status in ("180", "200 INVITE"):
        lab.network.drop(status, None, dst="alice")
    waits = alice.call("sip:bob@example.com")
    lab.run(until=300)
    assert waits.state == "calling"
    call = alice.call("sip:bob@example.com", expires=20)
    with pytest.raises(CallFailed):
        lab.run(call.answered)
    assert messages(lab.trace, "INVITE", "alice")[-1].expires == 20
    assert times(lab.trace, "CANCEL", "alice") == [320.0] and lab.env.now <= 320 + 32
    lab.run(waits.hang_up())
    lab.drain()


def test_an_answer_in_time_makes_an_invitation_last(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=5.0)
    call = alice.call(bob, expires=6)
    lab.run(call.answered)
    lab.run(until=60)
    assert call.state == "answered"
    late = alice.call(bob, expires=4)
    with pytest.raises(CallFailed, match="487"):
        lab.run(late.answered)
    with pytest.raises(UsageError, match="expires"):
        alice.call(bob, expires=0)


def test_an_invite_without_an_offer_gets_one_in_the_200(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    tester = Wire(lab)
    tester.send(request("INVITE"), bob)
    lab.run(until=0.1)
    assert tester.statuses[:2] == [180, 200] and b"m=audio" in tester.heard[1].body


@pytest.mark.parametrize(("kind", "status"), [("text/plain", 415), ("application/sdp", 400)])
def test_a_body_that_is_no_description_is_refused(lab: Lab, kind: str, status: int) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    tester = Wire(lab)
    text = request("INVITE", more=f"Content-Type: {kind}\n").replace("Content-Length: 0", "Content-Length: 5")
    tester.send(text + "hello", bob)
    lab.run(until=0.1)
    assert status in tester.statuses


def test_a_2xx_that_can_not_be_read_fails_the_call(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@example.com")
    tester = Wire(lab)
    tester.on_message = lambda m: tester.send(
        "SIP/2.0 200 OK\n" + "".join(f"{n}: {v}\n" for n, v in m.headers if n in ("Via", "From", "Call-ID", "CSeq"))
        + "To: <sip:bob@x>;tag=1\nContact: <broken\nContent-Length: 0\n\n", alice)  # fmt: skip
    call = alice.call(f"sip:bob@{tester.address.host}")
    with pytest.raises(CallFailed, match="400"):
        lab.run(call.answered)


def test_a_phone_that_is_down_says_so(lab: Lab) -> None:
    alice, bob = pair(lab)
    alice.crash()
    for action in (lambda: alice.call(bob), alice.register, lambda: alice.options("sip:x@y")):
        with pytest.raises(UsageError, match=r"alice is down; alice\.restart\(\)"):
            action()


def test_a_phone_that_will_answer_late_says_every_minute_that_it_rings(lab: Lab) -> None:
    alice, bob = pair(lab, answers=150)
    lab.run(alice.call(bob).answered)
    assert times(lab.trace, "180 INVITE", "bob") == [0.005, 60.005, 120.005]


def test_responses_go_to_where_the_request_came_from_whatever_its_via_claims(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    tester, victim = Wire(lab), Wire(lab, "victim")
    host = victim.address.host
    tester.send(request("OPTIONS").replace("branch=", f"received={host};maddr={host};branch="), bob)
    lab.run()
    assert tester.statuses == [200] and not victim.heard


def test_a_redirect_to_very_many_places_is_tried_within_limits(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@example.com")
    server = lab.redirect_server("example.com")
    for n in range(60):
        server.location.add("sip:bob@example.com", f"sip:b{n}@nowhere{n}.test")
    call = alice.call("sip:bob@example.com")
    with pytest.raises(CallFailed):
        lab.run(call.answered)
    assert len(lab.trace.select("dns", "alice")) == 21


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (("INVITE sip:bob@", "INVITE sip:carol@"), 404),
        (("INVITE sip:bob@example.com", "INVITE tel:+1555"), 416),
        (("Contact: <sip:tester@HERE>\n", ""), 400),
        (("Contact: <sip:tester@HERE>", "Contact: <mailto:t@example.com>"), 400),
        (("INVITE", "BYE"), 481),
    ],
    ids=lambda value: str(value),
)
def test_an_invite_that_makes_no_call_gets_its_status(lab: Lab, change: tuple[str, str], status: int) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    tester = Wire(lab)
    tester.send(request("INVITE").replace(*change), bob)
    lab.run(until=0.1)
    assert tester.statuses == [status]


def test_octets_that_are_no_utf8_in_a_branch_come_back_as_they_were(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    tester = Wire(lab)
    data = octets(request("OPTIONS").replace("HERE", tester.address.host)).replace(b"z9hG4bK-t1", b"z9hG4bK\xff1")
    tester.send(sipsim.parse(data), bob)
    lab.run()
    assert tester.statuses == [200] and b"z9hG4bK\xff1" in bytes(tester.heard[0])


def test_a_keep_alive_is_no_broken_message(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    tester = Wire(lab)
    lab.network.send(Packet(b"\r\n\r\n", tester.address, bob.address))
    assert not lab.run().select("unparsable")


def test_answering_after_the_caller_gave_up_does_no_harm(lab: Lab) -> None:
    alice, bob = pair(lab)

    def slow(call: sipsim.Call):  # type: ignore[no-untyped-def]
        call.ring()
        yield lab.env.timeout(3)
        call.answer()

    bob.on_call = slow
    call = alice.call(bob)
    lab.run(call.ringing)
    call.hang_up()
    assert lab.run().result["ok"] and call.state == "ended"


@pytest.mark.parametrize("status", ["200 OK", "302 Moved"])
def test_a_final_response_that_can_not_be_read_is_a_failure_and_no_silence(lab: Lab, status: str) -> None:
    alice = lab.user_agent("sip:alice@example.com", outbound="sip:192.0.2.2")
    tester = Wire(lab)
    tester.on_message = lambda m: tester.send(
        f"SIP/2.0 {status}\n" + "".join(f"{n}: {v}\n" for n, v in m.headers if n in ("Via", "From", "Call-ID", "CSeq"))
        + "To: <sip:bob@x>;tag=1\nContact: <broken\nContent-Length: 0\n\n", alice)  # fmt: skip
    for outcome in (alice.register(), alice.call("sip:bob@x").answered):
        with pytest.raises((CallFailed, sipsim.RegistrationFailed)):
            lab.run(outcome)


def test_a_server_that_redirects_for_ever_is_left_after_a_while(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@example.com")
    tester = Wire(lab)
    counted = iter(range(10_000))
    tester.on_message = lambda m: isinstance(m, sipsim.Request) and m.method == "INVITE" and tester.send(
        build.reply(m, 302, to_tag="t", contact=f"<sip:u{next(counted)}@{tester.address.host}>"), alice)  # fmt: skip
    with pytest.raises(CallFailed, match="302"):
        lab.run(alice.call(f"sip:bob@{tester.address.host}").answered)
    assert next(counted) < 30


def test_a_contact_has_parameters_from_now_on() -> None:
    """They say what the phone is or does, and lead nowhere else (RFC 3840 §9)."""
    lab = Lab(seed=1)
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=0)
    bob.contact_params = ';audio;+sip.rendering="no";methods="INVITE,BYE"'
    lab.run(alice.call(bob).answered)
    (accepted,) = messages(lab.trace, "200 INVITE", "bob")
    assert accepted.header("Contact") == f"<{bob.contact_uri}>{bob.contact_params}"
    for wrong in ("audio", ";", ";a=\r\nX: y", ';a="', ";a b", None, 5):
        with pytest.raises(UsageError, match="contact_params"):
            bob.contact_params = wrong  # type: ignore[assignment]
