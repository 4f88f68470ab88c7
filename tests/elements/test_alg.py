"""The application-level gateway of RFC 3665 §3.5: signalling and media of a call pass through it."""

from __future__ import annotations

import pytest
from bench_pair import Wire, messages, request, wire

from sipsim import Lab, Sdp, UserAgent
from sipsim.elements.servers.alg import relayed
from sipsim.flows.casts import place

ALICE, BOB = "sip:alice@example.com", "sip:bob@example.com"


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def gateway(lab: Lab) -> tuple[UserAgent, UserAgent]:
    alg = lab.alg("alg.example.com")
    alice = lab.user_agent(ALICE, outbound=alg)
    proxy = lab.proxy("example.com", record_route=False)
    bob = lab.user_agent(BOB)
    place(proxy, bob)
    return alice, bob


def test_an_alg_leads_signalling_and_media_through_itself(lab: Lab) -> None:
    alice, bob = gateway(lab)
    call = alice.call(BOB)
    lab.run(call.answered)
    lab.run(until=5)
    call.hang_up()
    lab.run()
    sent = wire(lab.trace)
    assert [line for line in sent if "ACK" in line or "BYE" in line] == [
        "alice>alg ACK", "alg>bob ACK", "alice>alg BYE", "alg>bob BYE", "bob>alg 200 BYE", "alg>alice 200 BYE",
    ]  # fmt: skip
    alg = lab.elements["alg"]
    (offer,), (answer,) = messages(lab.trace, "INVITE", "alg"), messages(lab.trace, "200 INVITE", "alg")
    for message, origin in ((offer, alice), (answer, bob)):
        sdp = Sdp.parse(message.body)
        assert sdp.connection == alg.address.host
        assert origin.address.host in (sdp.origin or "")  # the description stays its author's
    ports = [Sdp.parse(message.body).media[0].port for message in (offer, answer)]
    assert ports[0] != ports[1]
    media = [(r.element, r.data["remote"]) for r in lab.trace.select("media") if r.data["event"] == "start"]
    assert sorted(media) == [("alice", f"{alg.address.host}:{ports[1]}"), ("bob", f"{alg.address.host}:{ports[0]}")]
    assert offer.record_routes[0].uri.host == alg.address.host


def test_a_description_that_an_alg_can_not_read_goes_on_as_it_is(lab: Lab) -> None:
    alg = lab.alg("alg.example.com")
    phone, tester = Wire(lab, "phone"), Wire(lab)
    text = request("INVITE", f"sip:bob@{phone.address.host}", more="Content-Type: application/sdp\n")
    tester.send(text.replace("Content-Length: 0", "Content-Length: 7") + "nothing", alg)
    lab.run(until=0.1)
    assert phone.heard[0].body == b"nothing"
    assert lab.trace.select("ignored", "alg")


def test_a_stream_that_is_refused_or_has_no_address_stays_so(lab: Lab) -> None:
    sdp = Sdp.parse(b"v=0\r\ns=-\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\nm=video 4000 RTP/AVP 31\r\n")
    led = relayed(sdp, "2001:db8::9", lambda host, port: 9000)
    assert [stream.port for stream in led.media] == [0, 4000]
    assert led.media[0].connection == "2001:db8::9"
