"""What is wrong with requests about sessions and events: each gets the response that its RFC names, and a record."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from bench_pair import Wire, messages, request, wire

from sipsim import CallFailed, Lab
from sipsim.message.presence import present

BOB = "sip:bob@example.com"
TOLD = "Event: presence\nSubscription-State: active\nContact: <sip:t@HERE>\n"


class Wrong(NamedTuple):
    """A request, the status that it gets, a header field that comes with it, and the section on record."""

    method: str
    fields: str
    status: int
    brings: tuple[str, str]
    rfc: str
    to: str = "bob"


WRONG = {
    "NOTIFY without a subscription": Wrong("NOTIFY", TOLD, 481, ("", ""), "RFC 6665 §4.1.3"),
    "NOTIFY without an event": Wrong(
        "NOTIFY", "Contact: <sip:t@HERE>\n", 489, ("Allow-Events", "presence"), "RFC 6665 §8.3.2"
    ),
    "NOTIFY of an unknown package": Wrong(
        "NOTIFY", TOLD.replace("presence", "weather"), 489, ("Allow-Events", "presence"), "RFC 6665 §8.3.2"
    ),
    "SUBSCRIBE to an unknown package": Wrong(
        "SUBSCRIBE", "Event: weather\n", 489, ("Allow-Events", "presence"), "RFC 6665 §8.3.2"
    ),
    "SUBSCRIBE without an event": Wrong(
        "SUBSCRIBE", "", 489, ("Allow-Events", "dialog"), "RFC 6665 §8.3.2"
    ),
    "PUBLISH of an unknown package": Wrong(
        "PUBLISH", "Event: weather\n", 489, ("Allow-Events", "presence"), "RFC 6665 §8.3.2", "server"
    ),
    "SUBSCRIBE at a registrar": Wrong(
        "SUBSCRIBE", "Event: presence\n", 489, ("Allow-Events", "reg"), "RFC 6665 §8.3.2",
        "registrar",
    ),
    "REFER to nobody": Wrong("REFER", "Contact: <sip:t@HERE>\n", 400, ("", ""), "RFC 3515 §2.4.2"),
    "REFER to several": Wrong(
        "REFER", "Refer-To: <sip:c@x>\nRefer-To: <sip:d@x>\nContact: <sip:t@HERE>\n", 400, ("", ""), "RFC 3515 §2.4.2"
    ),
    "PRACK outside of a call": Wrong("PRACK", "RAck: 1 1 INVITE\n", 481, ("", ""), "RFC 3261 §12.2.2"),
    "a session that is too short": Wrong(
        "INVITE", "Session-Expires: 100\nSupported: timer\n", 422, ("Min-SE", "600"), "RFC 4028 §9"
    ),
    "Replaces that matches nothing": Wrong(
        "INVITE", "Replaces: x@y;to-tag=1;from-tag=2\n", 481, ("", ""), "RFC 3891 §3"
    ),
    "Replaces twice": Wrong(
        "INVITE", "Replaces: x@y;to-tag=1;from-tag=2\n" * 2, 400, ("", ""), "RFC 3891 §3"
    ),
    "a Replaces that is none": Wrong("INVITE", "Replaces: x\n", 400, ("", ""), "RFC 3261 §21.4.1"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_each_has_the_response_that_its_rfc_names_and_a_record(what: str) -> None:
    wrong, lab = WRONG[what], Lab(seed=1)
    elements: dict[str, Any] = {
        "bob": lab.user_agent(BOB, answers=0, min_se=600, reliable="supported"),
        "server": lab.presence_server("example.com", "server"),
        "registrar": lab.registrar("example.com", "registrar"),
    }
    element, tester = elements[wrong.to], Wire(lab)
    tester.send(request(wrong.method, BOB, more=wrong.fields), element)
    lab.run()
    assert tester.statuses[-1] == wrong.status
    name, value = wrong.brings
    assert not name or value in str(tester.heard[-1].header(name))
    (record,) = lab.trace.select("refused", wrong.to)
    assert (record.data["status"], record.data["rfc"]) == (wrong.status, wrong.rfc) and record.data["why"]
    assert not elements["bob"].calls and not elements["bob"].watches
    lab.drain()


HEAD = "v=0\r\no=c 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
IN_A_PRACK = {
    "a RAck that is none": ("one INVITE", b"", 400, "RFC 3261 §21.4.1"),
    "an absurd RAck": (f"{'9' * 4000} 1 INVITE", b"", 400, "RFC 3261 §21.4.1"),
    "a negative port": ("", HEAD.replace("4000", "-1").encode(), 400, "RFC 3261 §21.4.1"),
    "thousands of lines": ("", (HEAD + "a=x\r\n" * 5000).encode(), 513, "RFC 3261 §21.5.7"),
    "nothing that fits": ("", HEAD.replace("AVP 0", "AVP 77").encode(), 488, "RFC 3262 §5"),
}


@pytest.mark.parametrize("what", IN_A_PRACK)
def test_a_wrong_prack_is_refused_and_the_call_goes_on_ringing(what: str) -> None:
    rack, body, status, rfc = IN_A_PRACK[what]
    lab = Lab(seed=1)
    bob, peer = lab.user_agent(BOB, reliable="supported"), lab.scripted_peer("sip:carol@example.com")
    bob.on_call = lambda call: call.ring(183, described=True)
    invite = peer.draft(
        "INVITE", bob.contact_uri, headers=[("Supported", "100rel")], body=HEAD.encode(), content_type="application/sdp"
    )
    peer.say(invite, bob)
    ringing = lab.run(peer.expect(183))
    prack = peer.draft(
        "PRACK", bob.contact_uri, cseq=2, from_=invite.header("From"), to=ringing.header("To"), body=body,
        call_id=invite.call_id, headers=[("RAck", rack or f"{ringing.rseq} 1 INVITE")],
        content_type="application/sdp" if body else None,
    )  # fmt: skip
    peer.say(prack, bob)
    assert lab.run(peer.expect("final")).status == status
    (record,) = lab.trace.select("refused")
    assert (record.data["status"], record.data["rfc"]) == (status, rfc) and bob.current_call.state == "ringing"
    lab.drain()


# Where subscriptions go


def test_a_subscription_by_tcp_goes_over_connections_both_ways() -> None:
    lab = Lab(seed=1)
    server = lab.presence_server("example.com", "server")
    alice = lab.user_agent("sip:alice@example.com", transport="tcp", outbound=server)
    bob = lab.user_agent(BOB, transport="tcp", outbound=server)
    watched = alice.subscribe(BOB, expires=600)
    lab.run(watched.active)
    lab.run(bob.publish(present(BOB, note="here")).published)
    lab.run(until=700)
    assert watched.value.tuples[0].note == "here" and watched.state == "active"
    assert {r.data["transport"] for r in lab.trace.select("sent")} == {"TCP"}
    assert lab.trace.counts["retransmissions"] == 0
    server.crash()
    lab.run(until=710)
    server.restart()
    assert lab.run(watched.ended).status == 481  # what a server forgot is not kept up over a new connection either


def test_a_subscription_logs_in_and_so_does_each_refresh() -> None:
    lab = Lab(seed=1)
    proxy = lab.proxy("example.com", users={"alice": "wonderland", "bob": "zanzibar"})
    bob = lab.user_agent(BOB, password="zanzibar", outbound=proxy)
    lab.run(bob.register())
    alice = lab.user_agent("sip:alice@example.com", password="wonderland", outbound=proxy)
    watched = alice.subscribe(BOB, expires=600)
    lab.run(watched.active)
    asked = messages(lab.trace, "SUBSCRIBE", "alice")
    assert [m.cseq.number for m in asked] == [1, 2] and asked[0].call_id == asked[1].call_id
    lab.run(until=700)
    assert watched.state == "active" and wire(lab.trace, "alice")[-1] == "alice>proxy 200 NOTIFY"
    assert all("proxy-authorization" in m.names for m in messages(lab.trace, "SUBSCRIBE", "alice")[1:])
    assert len(watched.notices) == len(asked[1:]) + 2
    assert lab.run(watched.unsubscribe()).reason == "timeout"


def test_a_notifier_who_asks_who_is_there_lets_in_only_those_who_know() -> None:
    lab = Lab(seed=1)
    bob = lab.user_agent(BOB)
    bob.demands({"alice": "wonderland"})
    alice, mallory = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:mallory@example.com")
    alice.credentials("example.com", "alice", "wonderland")
    watched = alice.subscribe(bob, expires=600)
    lab.run(watched.active)
    with pytest.raises(CallFailed) as refused:
        lab.run(mallory.subscribe(bob).active)
    assert refused.value.status == 401 and [w.subscriber for w in bob.watches] == [watched.dialog.local]
