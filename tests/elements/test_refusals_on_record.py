"""Whoever refuses a request says so once to its sender, and once on record, with the section that asks for it."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import Wire, messages, request

from sipsim import Lab
from sipsim.elements.element import Element
from sipsim.elements.servers.agreeing_proxy import AgreeingProxy
from sipsim.message import build


def on_record(lab: Lab, element: Element) -> list[tuple[int, str]]:
    """What an element refused, with the sections; each has its reason in words."""
    refused = [record.data for record in lab.trace.select("refused", element.name)]
    assert all(data["why"] for data in refused)
    return [(data["status"], data["rfc"]) for data in refused]


def hops(text: str, number: int) -> str:
    return text.replace("Max-Forwards: 70", f"Max-Forwards: {number}")


BY_A_PROXY: dict[str, tuple[str, int, str]] = {
    "nobody": (request("MESSAGE", "sip:nobody@example.com"), 404, "RFC 3261 §16.5"),
    "for the proxy itself": (request("MESSAGE", "sip:example.com"), 404, "RFC 3261 §16.5"),
    "an unknown scheme": (request("MESSAGE", "isbn:2983792873"), 416, "RFC 3261 §16.3 item 2"),
    "an unknown extension": (request("MESSAGE", more="Proxy-Require: foo\n"), 420, "RFC 3261 §16.3 item 5"),
    "too many hops": (hops(request("MESSAGE"), 0), 483, "RFC 3261 §16.3 item 3"),
    "a loop": (request("MESSAGE", "sip:echo@example.com"), 482, "RFC 3261 §16.3 item 4"),
}


@pytest.mark.parametrize("stateful", [True, False], ids=["stateful", "stateless"])
@pytest.mark.parametrize("what", BY_A_PROXY)
def test_a_proxy_refuses_once_and_on_record(what: str, stateful: bool) -> None:
    text, status, rfc = BY_A_PROXY[what]
    lab = Lab()
    proxy, tester = lab.proxy("example.com", stateful=stateful), Wire(lab)
    proxy.location.add("sip:echo@example.com", "sip:echo@example.com")
    tester.send(text, proxy)
    lab.run()
    assert tester.statuses == [status] and on_record(lab, proxy) == [(status, rfc)]


def test_too_many_targets_and_a_cancel_for_nothing_are_on_record() -> None:
    lab = Lab()
    proxy, tester = lab.proxy("example.com"), Wire(lab)
    for host in ("192.0.2.77", "192.0.2.78"):
        proxy.location.add("sip:bob@example.com", f"sip:bob@{host}")
    tester.send(request("MESSAGE", more="Max-Breadth: 1\n"), proxy)
    tester.send(request("CANCEL", "sip:nobody@example.com", branch="z9hG4bK-2"), proxy)
    lab.run()
    assert sorted(tester.statuses) == [440, 481]
    assert sorted(on_record(lab, proxy)) == [(440, "RFC 5393 §5.3.3"), (481, "RFC 3261 §9.2")]


@pytest.mark.parametrize(
    ("more", "status"),
    [("", 421), ("Require: sec-agree\nSecurity-Verify: tls\n", 494), ("Via: SIP/2.0/UDP h;branch=z9hG4bK-0\n", 502)],
)
def test_a_proxy_without_an_agreement_refuses_on_record(more: str, status: int) -> None:
    lab = Lab()
    proxy, tester = lab.proxy("example.com", kind=AgreeingProxy), Wire(lab)
    tester.send(request("MESSAGE", more=more), proxy)
    lab.run()
    assert tester.statuses == [status] and on_record(lab, proxy) == [(status, "RFC 3329 §2.3")]


def test_a_registrar_refuses_a_register_for_an_unknown_kind_of_place() -> None:
    lab = Lab()
    registrar, tester = lab.registrar("example.com"), Wire(lab)
    tester.send(request("REGISTER", "isbn:2983792873"), registrar)
    lab.run()
    assert tester.statuses == [416] and on_record(lab, registrar) == [(416, "RFC 3261 §8.2.2.1")]


def test_a_second_invite_is_put_off_on_record() -> None:
    lab = Lab()
    bob, tester = lab.user_agent("sip:bob@example.com"), Wire(lab)
    bob.ignores()

    def again(m: Any) -> None:
        if m.status == 180:
            tester.send(request("INVITE", branch="z9hG4bK-2", cseq=2, to_tag=m.to_tag), bob)

    tester.on_message = again
    tester.send(request("INVITE"), bob)
    lab.run(until=0.1)
    (answer,) = messages(lab.trace, "500 INVITE", "bob")
    assert on_record(lab, bob) == [(500, "RFC 3261 §14.2")] and answer.retry_after in range(11)


def test_an_invite_in_an_early_dialog_is_refused_on_record() -> None:
    lab = Lab()
    alice, tester = lab.user_agent("sip:alice@example.com"), Wire(lab)

    def ring_and_ask(m: Any) -> None:
        if getattr(m, "method", "") == "INVITE":
            contact = f"<sip:t@{tester.address.host}>"
            tester.send(build.reply(m, 180, to_tag="t", contact=contact), alice)
            text = request("INVITE", "sip:alice@example.com", to_tag=m.from_tag, call_id=m.call_id)
            tester.send(text, alice)

    tester.on_message = ring_and_ask
    call = alice.call(f"sip:t@{tester.address.host}")
    lab.run(until=0.1)
    assert on_record(lab, alice) == [(491, "RFC 3261 §14.2")] and 491 in tester.statuses
    assert call.state == "ringing"


TALK = "v=0\no=- 1 {0} IN IP4 192.0.2.9\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\nm=audio 4000 RTP/AVP {1}\n"


@pytest.mark.parametrize(
    ("kind", "payload", "status", "rfc", "field"),
    [
        ("application/sdp", "99", 488, "RFC 3261 §14.2", "warning"),
        ("text/plain", "0", 415, "RFC 3261 §8.2.3", "accept"),
    ],
)
def test_a_reinvite_that_can_not_be_accepted_is_on_record(
    kind: str, payload: str, status: int, rfc: str, field: str
) -> None:
    def with_body(text: str, body: str, kind: str) -> str:
        body = body.replace("\n", "\r\n")
        return text.replace("Content-Length: 0\n", f"Content-Type: {kind}\nContent-Length: {len(body)}\n") + body

    lab = Lab()
    bob, tester = lab.user_agent("sip:bob@example.com", answers=0), Wire(lab)

    def go_on(m: Any) -> None:
        if m.status == 200 and m.cseq.number == 1:
            tester.send(request("ACK", branch="z9hG4bK-a", to_tag=m.to_tag), bob)
            text = request("INVITE", branch="z9hG4bK-2", cseq=2, to_tag=m.to_tag)
            tester.send(with_body(text, TALK.format(2, payload), kind), bob)

    tester.on_message = go_on
    tester.send(with_body(request("INVITE"), TALK.format(1, "0"), "application/sdp"), bob)
    lab.run(until=1)
    assert on_record(lab, bob) == [(status, rfc)] and messages(lab.trace, f"{status} INVITE", "bob")[0].has(field)
