"""What a redirect server says, and that it says it and does no more (RFC 3261 §8.3)."""

from __future__ import annotations

import pytest
from bench_pair import Wire, messages, request, wire

from sipsim import Lab, UsageError
from sipsim.message.message import Response

BOB = "sip:bob@example.com"


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def ask(lab: Lab, server: object, text: str = "") -> Response:
    """What the server answers to an INVITE for Bob, or to another request."""
    tester = Wire(lab)
    tester.send(text or request("INVITE"), server)
    lab.run(until=lab.env.now + 0.1)
    return tester.heard[0]


@pytest.mark.covers("P04", "L4", "R14")
@pytest.mark.parametrize(("phones", "status"), [(0, 404), (1, 302), (3, 300)])
def test_a_redirect_server_answers_with_every_address_and_forwards_nothing(lab: Lab, phones: int, status: int) -> None:
    server = lab.redirect_server("example.com")
    for n in range(phones):
        server.location.add("sip:bob@example.com", f"sip:bob@192.0.2.{100 + n}", q=1 - n / 10)
    tester = Wire(lab)
    tester.send(request("INVITE"), server)
    lab.run(until=0.1)
    assert tester.statuses[0] == status
    assert [contact.q for contact in tester.heard[0].contacts] == [1 - n / 10 for n in range(phones)]
    assert not [line for line in wire(lab.trace, "redirect") if "INVITE" in line.split()[1]]


@pytest.mark.covers("L4")
def test_the_caller_tries_the_addresses_of_a_redirect_in_their_order(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@example.com")
    server = lab.redirect_server("example.com")
    phones = [lab.user_agent("sip:bob@example.com") for _ in range(3)]
    for phone, q in zip(phones, (0.3, 0.9, 0.6), strict=True):
        phone.rejects(486)
        server.location.add("sip:bob@example.com", phone.contact_uri, q=q)
    alice.call("sip:bob@example.com")
    trace = lab.run()
    assert [line for line in wire(trace, "alice") if line.endswith("INVITE")] == [
        "alice>redirect INVITE", "alice>bob2 INVITE", "alice>bob3 INVITE", "alice>bob INVITE",
    ]  # fmt: skip
    invites = messages(trace, "INVITE", "alice")
    assert [invite.cseq.number for invite in invites] == [1, 2, 3, 4] and len({i.call_id for i in invites}) == 1


@pytest.mark.covers("P04", "R14")
@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "BYE", "MESSAGE", "SUBSCRIBE", "NEWMETHOD"])
def test_every_method_is_redirected_and_nothing_is_sent_on(lab: Lab, method: str) -> None:
    """Not even an extension that is required, and nobody knows, keeps a redirect server from redirecting."""
    server = lab.redirect_server("example.com")
    server.location.add(BOB, "sip:bob@192.0.2.9")
    answer = ask(lab, server, request(method, more="Require: nothing-known\nProxy-Require: neither\n"))
    assert answer.status == 302 and answer.cseq.method == method
    assert {line.split()[1] for line in wire(lab.trace, "redirect")} == {"302"}


@pytest.mark.covers("P04")
def test_a_server_says_what_it_was_told_to_say_of_everybody(lab: Lab) -> None:
    """Use Proxy: the address is that of a proxy, whoever is asked for (§21.3.4)."""
    server = lab.redirect_server("example.com", status=305, contacts=["sip:proxy.example.net;transport=udp"])
    answer = ask(lab, server)
    assert answer.status == 305 and str(answer.contacts[0].uri) == "sip:proxy.example.net;transport=udp"


@pytest.mark.parametrize("status", [300, 301, 302, 305, 380])
def test_one_users_redirection_is_apart_from_that_of_others(lab: Lab, status: int) -> None:
    server = lab.redirect_server("example.com")
    for user in ("bob", "carol"):
        server.location.add(f"sip:{user}@example.com", f"sip:{user}@192.0.2.9")
    server.move(BOB, "sip:bob@new.example.com", "<mailto:bob@example.com>;q=0.2;expires=60", status=status)
    answer = ask(lab, server)
    assert answer.status == status
    assert [(str(c.uri), c.q, c.expires) for c in answer.contacts] == [
        ("sip:bob@new.example.com", 1.0, None), ("mailto:bob@example.com", 0.2, 60),
    ]  # fmt: skip
    assert ask(lab, server, request("INVITE", "sip:carol@example.com")).status == 302


def test_an_alternative_service_is_described_in_the_body(lab: Lab) -> None:
    server = lab.redirect_server("example.com")
    server.move(BOB, status=380, body=b"Leave a message at the front desk.", content_type="text/plain")
    answer = ask(lab, server)
    assert answer.status == 380 and not answer.contacts and answer.body == b"Leave a message at the front desk."
    assert str(answer.content_type) == "text/plain"


def test_nobody_is_sent_to_where_the_request_was_sent_already(lab: Lab) -> None:
    server = lab.redirect_server("example.com")
    for contact in ("sip:bob@EXAMPLE.com;ob", "sip:bob@192.0.2.9", "sip:b%6fb@example.com"):
        server.location.add(BOB, contact)
    assert [str(contact.uri) for contact in ask(lab, server).contacts] == ["sip:bob@192.0.2.9"]


def test_a_redirection_to_the_very_address_is_404(lab: Lab) -> None:
    server = lab.redirect_server("example.com")
    server.location.add(BOB, "sip:bob@example.com")
    assert ask(lab, server).status == 404
    assert lab.trace.select("refused", "redirect")[0].data["rfc"] == "RFC 3261 §8.3"


def test_a_cancel_is_answered_and_changes_nothing(lab: Lab) -> None:
    """The INVITE has had its final response when the CANCEL comes (§8.3, §9.2)."""
    server = lab.redirect_server("example.com")
    server.location.add(BOB, "sip:bob@192.0.2.9")
    tester = Wire(lab)
    tester.send(request("INVITE"), server)
    tester.send(request("CANCEL"), server)
    lab.run(until=0.1)
    assert tester.statuses == [302, 200]
    tester.send(request("ACK", to_tag=tester.heard[0].to_tag or ""), server)
    lab.run(until=60)
    tester.send(request("CANCEL"), server)
    lab.run(until=61)
    assert tester.statuses[2:] == [481]


def test_two_redirect_servers_that_name_each_other_end_with_the_caller(lab: Lab) -> None:
    """The caller notices the circle, as nobody else can (§8.3)."""
    alice = lab.user_agent("sip:alice@example.com")
    one, other = lab.redirect_server("one.example"), lab.redirect_server("other.example")
    one.move("sip:bob@one.example", "sip:bob@other.example")
    other.move("sip:bob@other.example", "sip:bob@one.example")
    call = alice.call("sip:bob@one.example")
    trace = lab.run()
    assert call.state == "ended" and wire(trace, "alice").count("alice>redirect INVITE") == 1
    assert len(messages(trace, "INVITE", "alice")) == 2


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"status": 303}, "status: 303"),
        ({"contacts": "sip:a@b"}, "contacts: 'sip:a@b'"),
        ({"contacts": ["sip:"]}, "contacts: "),
    ],
)
def test_a_redirect_server_refuses_what_is_no_redirection(lab: Lab, options: dict[str, object], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        lab.redirect_server("example.com", **options)
    server = lab.redirect_server("example.com")
    for wrong in (
        lambda: server.move(BOB),
        lambda: server.move(BOB, "sip:a@b", status=486),
        lambda: server.move("bob", "sip:a@b"),
    ):
        with pytest.raises(UsageError):
            wrong()
