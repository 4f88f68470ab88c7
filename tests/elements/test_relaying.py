"""A proxy in front of a server that it depends on, and one with too much to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from bench_pair import Wire, messages, octets, request, said, times, wire

from sipsim import CallFailed, Lab, Proxy, UsageError, UserAgent
from sipsim.flows.casts import place
from sipsim.message import build
from sipsim.message.message import Message
from sipsim.simulation.network import AlteredPacket, Packet

ALICE, BOB = "sip:alice@example.com", "sip:bob@example.com"


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


# A server behind the proxy


def edge(lab: Lab) -> tuple[UserAgent, Proxy, Wire]:
    """Alice, the proxy that she sends her calls to, and the server that it depends on."""
    server = Wire(lab, "server")
    proxy = lab.proxy("edge.com", relay_to=f"sip:{server.address.host}")
    return lab.user_agent(ALICE, outbound=proxy), proxy, server


def refused(lab: Lab, alice: UserAgent) -> int:
    with pytest.raises(CallFailed) as failure:
        lab.run(alice.call(BOB).answered)
    lab.run()
    return failure.value.status


def test_first_requests_go_to_the_server_with_their_own_request_uri(lab: Lab) -> None:
    core = lab.proxy("example.com", "core")
    proxy = lab.proxy("edge.com", relay_to=core)
    alice, bob = (lab.user_agent(uri, outbound=proxy) for uri in (ALICE, BOB))
    lab.run(bob.register())
    call = alice.call(BOB)
    lab.run(call.answered)
    call.hang_up()
    lab.run()
    (went,) = messages(lab.trace, "INVITE", "proxy")
    assert went.uri_text == BOB and went.routes[0].uri.host == core.address.host
    assert "core>proxy INVITE" not in wire(lab.trace)  # the binding leads straight to Bob
    assert [line for line in wire(lab.trace) if "BYE" in line and "200" not in line] == [
        "alice>proxy BYE", "proxy>core BYE", "core>bob BYE",
    ]  # fmt: skip


def broken(status: int, spoil: Callable[[bytes], bytes]) -> Callable[[Message], bytes]:
    return lambda invite: spoil(bytes(build.reply(invite, status, to_tag="x")))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "answer",
    [
        broken(200, lambda octets: octets.replace(b"Call-ID:", b"Call-IX:")),
        broken(486, lambda octets: octets.replace(b"Content-Length: 0", b"Content-Length: 500")),
    ],
    ids=["no Call-ID", "cut short"],
)
def test_a_broken_answer_of_the_server_is_a_502(lab: Lab, answer: Callable[[Message], bytes]) -> None:
    alice, proxy, server = edge(lab)
    server.on_message = lambda m: said(m) == "INVITE" and send(lab, server, answer(m), proxy)
    assert refused(lab, alice) == 502


def test_no_answer_in_time_is_a_504(lab: Lab) -> None:
    alice, _, _ = edge(lab)
    assert refused(lab, alice) == 504
    assert times(lab.trace, "504 INVITE", "proxy") == [32.005]


def test_a_proxy_with_users_of_its_own_waits_for_a_better_copy_of_a_broken_answer(lab: Lab) -> None:
    """What a wire has spoilt is sent again (§18.3), and the second copy arrives."""
    alice = lab.user_agent(ALICE)
    proxy = lab.proxy("example.com")
    phone = Wire(lab, "phone")
    proxy.location.add(BOB, f"sip:bob@{phone.address.host}")
    answers = [broken(486, lambda o: o.replace(b"Call-ID:", b"Call-IX:")), broken(486, bytes)]
    phone.on_message = lambda m: said(m) == "INVITE" and send(lab, phone, answers.pop(0)(m), proxy)
    assert refused(lab, alice) == 486


def send(lab: Lab, wire_: Wire, data: bytes, to: Proxy) -> None:
    """Octets as they are, from a bare address."""
    packet = Packet(data, wire_.address, to.address, "UDP")
    packet.cause = lab.trace.sent(lab.env.now, wire_.name, packet, copy=0)
    lab.network.send(packet)


# Too much to do


def test_a_full_queue_is_answered_with_503_and_when_to_come_again(lab: Lab) -> None:
    proxy = lab.proxy("example.com", queue_limit=2, service_time=0.1)
    phone, tester = Wire(lab, "phone"), Wire(lab)
    proxy.location.add(BOB, f"sip:bob@{phone.address.host}")
    for n in range(6):
        tester.send(request("OPTIONS", branch=f"z9hG4bK-{n}", call_id=f"{n}@HERE"), proxy)
    tester.send(request("OPTIONS", branch="z9hG4bK-1", call_id="1@HERE"), proxy)  # waits already
    tester.send(request("CANCEL", branch="z9hG4bK-9"), proxy)
    lab.run(until=0.05)
    assert tester.statuses == [503] * 4
    assert {message.retry_after for message in tester.heard} == {10}
    lab.run(until=1)
    assert [message.call_id for message in phone.heard][:2] == [f"{n}@{tester.address.host}" for n in (0, 1)]
    assert len({message.call_id for message in phone.heard}) == 2
    assert len(lab.trace.select("lost")) == 2


def test_what_was_altered_on_the_way_is_on_record_where_it_was_turned_away(lab: Lab) -> None:
    """The refusal has the Call-ID that came, which nobody sent: only the octets that arrived explain it."""
    proxy, tester = lab.proxy("example.com", queue_limit=1, service_time=0.1), Wire(lab)
    tester.send(request("OPTIONS", branch="z9hG4bK-0"), proxy)
    whole = octets(request("OPTIONS").replace("HERE", tester.address.host))
    packet = AlteredPacket(whole.replace(b"test@", b"torn@"), tester.address, proxy.address, "UDP")
    packet.cause = lab.trace.sent(0.0, tester.name, Packet(whole, tester.address, proxy.address, "UDP"), cause=0)
    lab.network.send(packet)
    lab.run(until=0.05)
    assert tester.statuses == [503] and tester.heard[0].call_id.startswith("torn@")
    assert [b"torn@" in record.raw for record in lab.trace.select("delivered", "proxy")] == [False, True]
    assert not lab.trace.check()


def test_the_ack_of_a_503_without_a_transaction_goes_no_further(lab: Lab) -> None:
    proxy = lab.proxy("example.com", queue_limit=1, service_time=0.1)
    phone, tester = Wire(lab, "phone"), Wire(lab)
    proxy.location.add(BOB, f"sip:bob@{phone.address.host}")
    tester.send(request("OPTIONS", branch="z9hG4bK-0"), proxy)
    tester.send(request("INVITE"), proxy)
    lab.run(until=0.5)
    assert tester.statuses == [503]
    tester.send(request("ACK", to_tag=tester.heard[0].to_tag or ""), proxy)
    lab.run(until=1)
    assert [said(message) for message in phone.heard] == ["OPTIONS"] * 2  # and its repetition


@pytest.mark.parametrize(("what", "value"), [("queue_limit", 0), ("queue_limit", True), ("service_time", -1)])
def test_limits_are_checked(lab: Lab, what: str, value: object) -> None:
    with pytest.raises(UsageError, match=what):
        lab.proxy("example.com", **{what: value})


# From one transport to another


def test_where_the_transport_changes_each_side_has_a_record_route_of_its_own(lab: Lab) -> None:
    """RFC 5658 §5: the caller comes back by TCP, the callee by UDP, and both values are taken away again."""
    proxy = lab.proxy("example.com")
    alice = lab.user_agent(ALICE, transport="tcp", outbound=f"sip:{proxy.address.host};transport=tcp")
    bob = lab.user_agent(BOB)
    place(proxy, bob)
    call = alice.call(BOB)
    lab.run(call.answered)
    lab.run(until=5)
    call.hang_up()
    lab.run()
    (went,) = messages(lab.trace, "INVITE", "proxy")
    assert [route.uri.param("transport") for route in went.record_routes] == [None, "tcp"]
    by = {(r.element, r.peer, said(r.message)): r.data["transport"] for r in lab.trace.select("sent")}
    for what in ("INVITE", "ACK", "BYE"):
        assert by["alice", "proxy", what] == "TCP" and by["proxy", "bob", what] == "UDP"
    (bye,) = messages(lab.trace, "BYE", "proxy")
    assert not bye.has("route")


def test_the_callee_of_such_a_call_comes_back_by_his_own_transport(lab: Lab) -> None:
    proxy = lab.proxy("example.com")
    alice = lab.user_agent(ALICE, transport="tcp", outbound=f"sip:{proxy.address.host};transport=tcp")
    bob = lab.user_agent(BOB)
    place(proxy, bob)
    call = alice.call(BOB)
    lab.run(call.answered)
    lab.run(until=5)
    bob.hang_up()
    lab.run()
    by = {(r.element, r.peer): r.data["transport"] for r in lab.trace.select("sent") if said(r.message) == "BYE"}
    assert by == {("bob", "proxy"): "UDP", ("proxy", "alice"): "TCP"}


@pytest.mark.parametrize("kind", ["registrar", "proxy"])
def test_a_proxy_in_front_of_its_domain_s_registrar_passes_registers_on_to_it(kind: str) -> None:
    """It has no users of its own, so the REGISTER is a first request like any other (RFC 3261 §10.2, §16.5)."""
    lab = Lab(seed=1)
    home = getattr(lab, kind)("example.com", "home")
    edge = lab.proxy("example.com", "edge", relay_to=home)
    bob = lab.user_agent("sip:bob@example.com", outbound=edge)
    assert lab.run(bob.register()).active
    assert [str(one.contact) for one in home.location.look_up("sip:bob@example.com", lab.env.now)] == [
        str(bob.contact_uri)
    ]
    assert not list(edge.location.look_up("sip:bob@example.com", lab.env.now))
