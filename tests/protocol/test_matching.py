"""Which message belongs to which transaction (RFC 3261 §9.2, §17.1.3, §17.2.3)."""

from __future__ import annotations

from typing import Any

import pytest
from transaction_bench import request, response

from sipsim.message import build
from sipsim.message.message import Request, parse
from sipsim.protocol.matching import acknowledges, client_key, server_key


def with_via(message: Request, via: str) -> Request:
    return message.with_header("Via", via)


def over_the_wire(message: Request) -> Request:
    parsed = parse(bytes(message))
    assert isinstance(parsed, Request)
    return parsed


# Clients


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "CANCEL", "REGISTER"])
def test_a_response_has_the_key_of_its_request(method: str) -> None:
    asked = request(method)
    assert client_key(parse(bytes(response(200, asked)))) == client_key(asked)


def test_another_branch_is_another_client_transaction() -> None:
    assert client_key(request("INVITE", "z9hG4bK-1")) != client_key(request("INVITE", "z9hG4bK-2"))


def test_a_cancel_is_a_transaction_of_its_own_though_it_has_the_branch_of_its_invite() -> None:
    invite = request("INVITE")
    cancel = build.cancel(invite)
    assert cancel.branch == invite.branch
    assert client_key(cancel) != client_key(invite)
    assert client_key(response(200, cancel)) == client_key(cancel)
    assert client_key(response(487, invite)) == client_key(invite)


def test_the_ack_for_a_refusal_belongs_to_the_invite_and_a_response_to_ack_to_nobody() -> None:
    invite = request("INVITE")
    ack = build.ack(invite, response(486, invite))
    assert client_key(ack) == client_key(invite)
    assert client_key(response(200, ack)) != client_key(invite)


def test_branches_are_tokens_and_have_no_case() -> None:
    assert client_key(request("INVITE", "z9hG4bKabc")) == client_key(request("INVITE", "Z9HG4BKABC"))
    assert server_key(request("INVITE", "z9hG4bKabc")) == server_key(request("INVITE", "Z9HG4BKABC"))


def test_only_the_top_via_counts() -> None:
    asked = request("OPTIONS", "z9hG4bK-proxy").without("Via")
    asked = asked.prepend("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-alice")
    forwarded = asked.prepend("Via", "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK-proxy")
    answer = response(200, forwarded)
    assert client_key(answer) == client_key(forwarded) != client_key(asked)
    assert client_key(answer.without_first("Via")) == client_key(asked)


# Servers


def test_a_repetition_has_the_key_of_the_first() -> None:
    assert server_key(over_the_wire(request("OPTIONS"))) == server_key(request("OPTIONS"))


def test_branch_sent_by_and_method_make_the_key() -> None:
    key = server_key(request("INVITE"))
    via = "SIP/2.0/UDP {};branch=z9hG4bK-alice-1"
    assert server_key(request("INVITE", "z9hG4bK-alice-2")) != key
    assert server_key(request("OPTIONS")) != key
    assert server_key(with_via(request("INVITE"), via.format("192.0.2.2"))) != key
    assert server_key(with_via(request("INVITE"), via.format("192.0.2.1:5062"))) != key


def test_the_default_port_and_the_case_of_a_host_make_no_difference() -> None:
    written = [f"SIP/2.0/UDP {host};branch=z9hG4bK-1" for host in ("Alice.example.com", "alice.example.com:5060")]
    first, second = (server_key(with_via(request("INVITE"), via)) for via in written)
    assert first == second


def test_nothing_else_makes_a_difference() -> None:
    other = request(
        "INVITE", call_id="other", cseq=7, to="<sip:carol@example.com>", from_="<sip:dan@example.com>;tag=2"
    )
    assert server_key(other) == server_key(request("INVITE"))


def test_the_ack_for_a_refusal_finds_the_invite_and_the_ack_for_a_2xx_does_not() -> None:
    invite = request("INVITE")
    assert server_key(build.ack(invite, response(486, invite))) == server_key(invite)
    assert server_key(request("ACK", "z9hG4bK-alice-2", to="<sip:bob@example.com>;tag=bob-1")) != server_key(invite)


def test_a_cancel_finds_the_invite_that_it_is_about() -> None:
    invite = request("INVITE")
    cancel = over_the_wire(build.cancel(invite))
    assert server_key(cancel) != server_key(invite)
    assert server_key(cancel, "INVITE") == server_key(invite)
    assert server_key(build.cancel(request("INVITE", "z9hG4bK-alice-2")), "INVITE") != server_key(invite)


# RFC 2543 clients: no branch, or one without the magic cookie

OLD_VIAS = [
    "SIP/2.0/UDP 192.0.2.1:5060",
    "SIP/2.0/UDP 192.0.2.1:5060;branch=1",
    "SIP/2.0/UDP 192.0.2.1;branch=xz9hG4bK",
]


def old(method: str, via: str = OLD_VIAS[0], **changes: Any) -> Request:
    return request(method, via=via, **changes)


@pytest.mark.parametrize("via", OLD_VIAS)
@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_an_old_clients_repetition_is_known_by_its_fields(method: str, via: str) -> None:
    key = server_key(old(method, via))
    assert server_key(over_the_wire(old(method, via))) == key
    assert server_key(old(method, via, cseq=2)) != key
    assert server_key(old(method, via, call_id="2@192.0.2.1")) != key
    assert server_key(old(method, via, from_="<sip:alice@example.com>;tag=alice-2")) != key
    assert server_key(old(method, via).with_uri("sip:carol@example.com")) != key
    assert server_key(old(method, "SIP/2.0/UDP 192.0.2.7:5060")) != key
    assert server_key(old("MESSAGE", via)) != key


def test_an_old_clients_to_tag_counts_for_all_but_invite_and_ack() -> None:
    tagged = "<sip:bob@example.com>;tag=bob-1"
    assert server_key(old("BYE", to=tagged)) != server_key(old("BYE"))
    assert server_key(old("BYE", to=tagged.upper().replace("SIP:BOB@EXAMPLE.COM", "sip:bob@example.com"))) == (
        server_key(old("BYE", to=tagged))
    )


def test_an_old_clients_tags_may_be_missing() -> None:
    key = server_key(old("INVITE", from_="<sip:alice@example.com>"))
    assert server_key(old("INVITE", from_="<sip:alice@example.com>")) == key != server_key(old("INVITE"))


def test_an_old_clients_ack_and_cancel_find_the_invite() -> None:
    invite = old("INVITE")
    refusal = response(486, invite)
    ack = over_the_wire(build.ack(invite, refusal))
    assert server_key(ack) == server_key(invite)
    assert server_key(build.cancel(invite), "INVITE") == server_key(invite)
    assert server_key(build.cancel(invite)) != server_key(invite)


def test_an_old_clients_ack_is_for_the_response_with_its_to_tag() -> None:
    invite = old("INVITE")
    ours, theirs = response(486, invite, "bob-1"), response(200, invite, "bob-2")
    ack = build.ack(invite, theirs)
    assert acknowledges(ack, theirs)
    assert not acknowledges(ack, ours)
    assert not acknowledges(ack, None)


def test_a_new_clients_ack_is_known_by_its_branch_alone() -> None:
    invite = request("INVITE")
    assert acknowledges(build.ack(invite, response(486, invite, "bob-1")), response(486, invite, "bob-2"))


def test_old_and_new_keys_never_meet() -> None:
    assert server_key(old("INVITE")) != server_key(request("INVITE"))
