"""Offers and answers in calls: several streams, early media, hostile descriptions, and misfits (RFC 3264)."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import Wire, messages, wire

from sipsim import CallFailed, Lab, Request, Sdp, UsageError, UserAgent
from sipsim.elements.calls.session import SDP
from sipsim.message import build


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def pair(
    lab: Lab, hers: dict[str, Any] | None = None, his: dict[str, Any] | None = None
) -> tuple[UserAgent, UserAgent]:
    alice = lab.user_agent("sip:alice@example.com", **(hers or {}))
    return alice, lab.user_agent("sip:bob@example.com", **{"answers": 0, **(his or {})})


def ports(message: Any) -> list[tuple[str, bool]]:
    """The streams of a message's description: their kinds, and whether they are open."""
    return [(media.kind, media.port > 0) for media in Sdp.parse(message.body).media]


# Several streams


@pytest.mark.covers("P07", "P10")
def test_two_phones_with_cameras_agree_on_two_streams_and_both_ends_can_read_them(lab: Lab) -> None:
    alice, bob = pair(lab, {"video": ["H261", "H264"]}, {"video": ["H264"], "codecs": ["PCMA"]})
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run()
    taken = bob.current_call
    assert taken is not None
    assert [(s.kind, s.codec, s.payload, s.rate, s.protocol, s.direction) for s in call.streams] == [
        ("audio", "PCMA", 8, 8000, "RTP/AVP", "sendrecv"), ("video", "H264", 98, 90000, "RTP/AVP", "sendrecv"),
    ]  # fmt: skip
    assert [(s.local, s.remote) for s in call.streams] == [(s.remote, s.local) for s in taken.streams]
    assert len({s.local for s in call.streams}) == 2 and call.stream == call.streams[0]
    started = [(r.data["event"], r.data.get("stream", "audio")) for r in lab.trace.select("media", "alice")]
    assert started == [("start", "audio"), ("start", "video")]


@pytest.mark.covers("P10")
def test_video_is_refused_by_port_0_by_a_phone_without_a_camera_and_not_offered_again(lab: Lab) -> None:
    alice, bob = pair(lab, {"video": ["H264"]})
    call = alice.call(bob)
    lab.run(call.answered)
    assert ports(messages(lab.trace, "INVITE", "alice")[0]) == [("audio", True), ("video", True)]
    assert ports(messages(lab.trace, "200 INVITE", "bob")[0]) == [("audio", True), ("video", False)]
    assert [stream.kind for stream in call.streams] == ["audio"]
    lab.run(call.hold())
    assert ports(messages(lab.trace, "INVITE", "alice")[1]) == [("audio", True), ("video", False)]


def test_video_is_added_to_a_call_and_taken_away_again(lab: Lab) -> None:
    alice, bob = pair(lab, None, {"video": ["H264", "VP8"]})
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(call.reinvite(video=["VP8"]))
    assert [stream.codec for stream in call.streams] == ["PCMU", "VP8"]
    lab.run(call.hold())
    assert [stream.direction for stream in call.streams] == ["sendonly", "sendonly"]
    lab.run(call.reinvite(video=[], direction="sendrecv"))
    assert [stream.codec for stream in call.streams] == ["PCMU"]
    assert ports(messages(lab.trace, "INVITE", "alice")[-1]) == [("audio", True), ("video", False)]
    lab.run()
    stopped = [r.data.get("stream", "audio") for r in lab.trace.select("media", "bob") if r.data["event"] == "stop"]
    assert stopped.count("video") == 2  # once for the other direction, once for good


def test_a_call_without_offer_gets_one_with_video_from_a_phone_that_has_it(lab: Lab) -> None:
    alice, bob = pair(lab, None, {"video": ["H264"]})
    call = alice.call(bob, offer=False)
    lab.run(call.answered)
    assert ports(messages(lab.trace, "ACK", "alice")[0]) == [("audio", True), ("video", False)]


def test_keys_go_with_a_codec_and_are_none(lab: Lab) -> None:
    alice, bob = pair(lab, {"codecs": ["telephone-event", "PCMU"]}, {"codecs": ["PCMU", "telephone-event"]})
    call = alice.call(bob)
    lab.run(call.answered)
    assert call.stream is not None and call.stream.codec == "PCMU"
    assert Sdp.parse(messages(lab.trace, "200 INVITE", "bob")[0].body).media[0].formats == ("101", "0")
    with pytest.raises(UsageError, match="one at least"):
        alice.codecs = ["telephone-event"]
    with pytest.raises(UsageError, match=r"video: 'PCMU' .* H261, MPV, H263, H264, VP8"):
        call.reinvite(video=["PCMU"])


@pytest.mark.covers("P10")
@pytest.mark.parametrize(
    "line", ["message 7394 TCP/MSRP *", "application 5000 UDP/BFCP *", "x-game 4000 udp quake3", "image 6000 udptl t38"]
)
def test_streams_that_nobody_here_knows_are_kept_in_their_place_and_refused(lab: Lab, line: str) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    answer = answer_to(lab, bob, f"m={line}", "m=audio 4000 RTP/AVP 0")
    words = line.split()
    assert [str(media) for media in answer.media[:1]] == [" ".join([words[0], "0", *words[2:]])]
    assert answer.media[1].port and lab.trace.check() == []


def answer_to(lab: Lab, bob: UserAgent, *streams: str) -> Sdp:
    """Bob's answer to an offer with these streams."""
    peer = lab.scripted_peer("sip:carol@example.com")
    body = "\r\n".join(["v=0", "o=c 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0", *streams, ""])
    invite = peer.draft("INVITE", bob.contact_uri, body=body.encode(), content_type="application/sdp")
    peer.say(invite, bob)
    answered = lab.run(peer.expect(200))
    peer.say(ack(peer, invite, answered), bob)
    lab.run()
    return Sdp.parse(answered.body)


def ack(peer: Any, invite: Any, ok: Any, body: bytes = b"") -> Request:
    return build.request(
        "ACK", ok.contacts[0].uri, via=peer.new_via(), from_=invite.header("From"), to=ok.header("To"),
        call_id=invite.call_id, cseq=1, body=body, content_type="application/sdp" if body else None,
    )  # fmt: skip


# Early media


@pytest.mark.covers("O6")
def test_what_a_183_describes_is_heard_before_the_call_is_answered(lab: Lab) -> None:
    alice, bob = pair(lab)

    def announces(call: Any) -> Any:
        call.ring(183, described=True)
        yield lab.env.timeout(3)
        call.answer()

    bob.on_call = announces
    call = alice.call(bob)
    lab.run(call.ringing)
    assert call.state == "ringing" and call.stream is not None and call.stream.codec == "PCMU"
    lab.run(call.answered)
    lab.run()
    started = [(r.time, r.data["event"]) for r in lab.trace.select("media", "alice")]
    assert started == [(pytest.approx(0.01, abs=0.005), "start")]
    lab.run(call.hang_up())
    assert [r.data["event"] for r in lab.trace.select("media", "alice")] == ["start", "stop"]


def test_early_media_of_a_call_that_is_refused_stop_with_it(lab: Lab) -> None:
    alice, bob = pair(lab)

    def announces(call: Any) -> Any:
        call.ring(183, described=True)
        yield lab.env.timeout(3)
        call.reject(404)

    bob.on_call = announces
    call = alice.call(bob)
    lab.run(call.ended)
    assert [r.data["event"] for r in lab.trace.select("media", "alice")] == ["start", "stop"]


# Hostile descriptions

HEAD = "v=0\r\no=c 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
HOSTILE = {
    "thousands of lines": (HEAD + "m=audio 4000 RTP/AVP 0\r\n" + "a=x\r\n" * 5000, 513),
    "thousands of streams": (HEAD + "m=audio 4000 RTP/AVP 0\r\n" * 2000, 513),
    "a negative port": (HEAD + "m=audio -4000 RTP/AVP 0\r\n", 400),
    "a port beyond all": (HEAD + "m=audio 99999 RTP/AVP 0\r\n", 400),
    "an absurd port": (HEAD + f"m=audio {'9' * 5000} RTP/AVP 0\r\n", 400),
    "an absurd number of ports": (HEAD + f"m=audio 4000/{'9' * 30} RTP/AVP 0\r\n", 400),
    "no format": (HEAD + "m=audio 4000 RTP/AVP\r\n", 400),
    "another version": (HEAD.replace("v=0", "v=7") + "m=audio 4000 RTP/AVP 0\r\n", 400),
    "no line at all": ("\0\0\0", 400),
    "absurd payload types": (HEAD + f"m=audio 4000 RTP/AVP {'9' * 4000} -1 x\r\n", 488),
    "no stream": (HEAD, 488),
    "no address": (HEAD.replace("c=IN IP4 192.0.2.9\r\n", "") + "m=audio 4000 RTP/AVP 0\r\n", 488),
}


@pytest.mark.parametrize(("body", "status"), HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("again", [False, True], ids=["INVITE", "re-INVITE"])
def test_a_hostile_offer_is_refused_on_record_and_the_run_goes_on(
    lab: Lab, body: str, status: int, again: bool
) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    peer = lab.scripted_peer("sip:carol@example.com")
    first = HEAD + "m=audio 4000 RTP/AVP 0\r\n" if again else body
    invite = peer.draft("INVITE", bob.contact_uri, body=first.encode(), content_type="application/sdp")
    peer.say(invite, bob)
    if again:
        ok = lab.run(peer.expect(200))
        peer.say(ack(peer, invite, ok), bob)
        invite = peer.draft(
            "INVITE", bob.contact_uri, body=body.encode(), content_type="application/sdp", cseq=2,
            from_=invite.header("From"), to=ok.header("To"), call_id=invite.call_id,
        )  # fmt: skip
        peer.say(invite, bob)
    refused = lab.run(peer.expect("final"))
    peer.acknowledge(invite, refused, bob)
    lab.run()
    assert refused.status == status
    (record,) = lab.trace.select("refused")
    assert record.data["status"] == status and record.data["rfc"].startswith("RFC 3261 §")
    assert len(bob.calls) == again  # the call that stands goes on as it was


NOWHERE = HEAD.replace("c=IN IP4 192.0.2.9\r\n", "")
ADDRESS = "c=IN IP4 192.0.2.9\r\n"
ADDRESSES = {
    "of the stream": (f"m=audio 4000 RTP/AVP 0\r\n{ADDRESS}", 200, [("audio", True)]),
    "of one of two streams": (
        f"m=audio 4000 RTP/AVP 0\r\n{ADDRESS}m=video 4002 RTP/AVP 31\r\n", 200, [("audio", True), ("video", False)]
    ),
    "of the other stream": (
        f"m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 31\r\n{ADDRESS}", 200, [("audio", False), ("video", True)]
    ),
    "of none, and closed": ("m=audio 0 RTP/AVP 0\r\n", 200, [("audio", False)]),
    "of none": ("m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 31\r\n", 488, []),
}  # fmt: skip


@pytest.mark.parametrize(("streams", "status", "taken"), ADDRESSES.values(), ids=ADDRESSES)
@pytest.mark.parametrize("network", ["memory", "udp"])
def test_a_stream_without_an_address_is_not_taken_and_a_call_of_no_other_is_refused(
    network: str, streams: str, status: int, taken: list[tuple[str, bool]]
) -> None:
    """RFC 8866 §5.7: the session has an address, or each of its streams."""
    with Lab(seed=1, network=network) as lab:
        bob = lab.user_agent("sip:bob@example.com", answers=0, video=["H261"])
        peer = lab.scripted_peer("sip:carol@example.com")
        invite = peer.draft("INVITE", bob.contact_uri, body=(NOWHERE + streams).encode(), content_type=SDP)
        peer.say(invite, bob)
        answer = lab.run(peer.expect("final"))
        assert answer.status == status
        assert (ports(answer) if status == 200 else []) == taken
        if status == 200:
            peer.say(ack(peer, invite, answer), bob)
            bob.current_call.hang_up()  # type: ignore[union-attr]
            peer.respond(lab.run(peer.expect("BYE")), 200)
        else:
            assert answer.header("Warning") is not None
            peer.acknowledge(invite, answer, bob)
        lab.run()


MISFITS = {
    "two streams for one": HEAD + "m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 31\r\n",
    "none for one": HEAD,
    "video for audio": HEAD + "m=video 4000 RTP/AVP 31\r\n",
    "a codec that was not offered": HEAD + "m=audio 4000 RTP/AVP 18\r\n",
    "another protocol": HEAD + "m=audio 4000 RTP/SAVP 0\r\n",
    "a port beyond all": HEAD + "m=audio 99999 RTP/AVP 0\r\n",
    "what can't be read": "hello",
}


@pytest.mark.parametrize("body", MISFITS.values(), ids=MISFITS)
def test_a_200_whose_answer_does_not_fit_is_acknowledged_and_followed_by_bye(lab: Lab, body: str) -> None:
    alice = lab.user_agent("sip:alice@example.com")
    peer = lab.scripted_peer("sip:carol@example.com")
    call = alice.call(f"sip:carol@{peer.host_port}")
    invite = lab.run(peer.expect("INVITE"))
    peer.respond(invite, 200, body=body.encode(), content_type="application/sdp")
    bye = lab.run(peer.expect("BYE"))
    peer.respond(bye, 200)
    with pytest.raises(CallFailed) as failed:
        lab.run(call.answered)
    assert failed.value.status == 488 and call.stream is None
    lab.run()
    assert wire(lab.trace, "alice") == ["alice>carol INVITE", "alice>carol ACK", "alice>carol BYE"]
    assert lab.run(call.ended) == ("alice", "BYE, no session")
    (record,) = lab.trace.select("ignored")
    assert record.data["rfc"] == "RFC 3264 §6" and record.data["why"].startswith(
        "an answer that does not fit the offer"
    )


@pytest.mark.parametrize("body", MISFITS.values(), ids=MISFITS)
def test_an_ack_whose_answer_does_not_fit_is_followed_by_bye(lab: Lab, body: str) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    peer = lab.scripted_peer("sip:carol@example.com")
    invite = peer.draft("INVITE", bob.contact_uri)
    peer.say(invite, bob)
    ok = lab.run(peer.expect(200))
    taken = bob.current_call
    peer.say(ack(peer, invite, ok, body.encode()), bob)
    peer.respond(lab.run(peer.expect("BYE")), 200)
    lab.run()
    assert taken is not None and lab.run(taken.ended) == ("bob", "BYE, no session")
    with pytest.raises(CallFailed, match="488"):
        lab.run(taken.answered)


@pytest.mark.parametrize("body", MISFITS.values(), ids=MISFITS)
def test_a_changed_call_whose_answer_does_not_fit_ends(lab: Lab, body: str) -> None:
    alice = lab.user_agent("sip:alice@example.com")
    peer = lab.scripted_peer("sip:carol@example.com")
    call = alice.call(f"sip:carol@{peer.host_port}")
    fine = (HEAD + "m=audio 4000 RTP/AVP 0\r\n").encode()
    peer.respond(lab.run(peer.expect("INVITE")), 200, body=fine, content_type="application/sdp")
    lab.run(call.answered)
    changed = call.hold()
    peer.respond(lab.run(peer.expect("INVITE")), 200, body=body.encode(), content_type="application/sdp")
    peer.respond(lab.run(peer.expect("BYE")), 200)
    with pytest.raises(CallFailed, match="488"):
        lab.run(changed)
    assert lab.run(call.ended) == ("alice", "BYE, no session")


def test_a_wire_that_answers_without_a_description_makes_no_stream(lab: Lab) -> None:
    alice, tester = lab.user_agent("sip:alice@example.com"), Wire(lab)
    call = alice.call(f"sip:carol@{tester.address}")
    lab.run(until=0.1)
    (invite,) = tester.heard
    assert isinstance(invite, Request)
    tester.send(build.reply(invite, 200, to_tag="x", contact=f"<sip:carol@{tester.address}>"), alice)
    lab.run(call.answered)
    assert call.stream is None and call.streams == ()
