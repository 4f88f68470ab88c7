"""When a server fails the next one is asked, and whoever sent the request hears one outcome (RFC 3263 §4.3, §5)."""

from __future__ import annotations

import pytest
from bench_pair import Wire, messages, request, times, wire
from hypothesis import given, settings
from hypothesis import strategies as st

from sipsim import CallFailed, Lab, RegistrationFailed
from sipsim.elements.agents.user_agent import UserAgent
from sipsim.message import build
from sipsim.message.message import Request


def farm(lab: Lab, *kinds: str) -> list[UserAgent]:
    """The servers of example.com in order of priority: each answers, refuses with a status, or is "down"."""
    zone = lab.names.zone("example.com")
    servers = []
    for n, kind in enumerate(kinds, 1):
        server = lab.user_agent(f"sip:bob@s{n}.test", f"s{n}", answers=0)
        zone.srv("_sip._udp", f"s{n}", priority=n).a(f"s{n}", server.address.host)
        servers.append(server)
        if kind == "down":
            server.crash()
        elif kind == "gone":
            lab.network.unbind(server.address, "UDP")
        elif kind.isdigit():
            server.rejects(int(kind))
    return servers


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def invites(lab: Lab) -> list[Request]:
    return messages(lab.trace, "INVITE", "alice")


@pytest.mark.parametrize(("first", "after"), [("gone", 0.005), ("503", 0.01), ("down", 32.0)])
def test_the_next_server_gets_the_same_request_with_another_branch(lab: Lab, first: str, after: float) -> None:
    servers = farm(lab, first, "answers")
    alice = lab.user_agent("sip:alice@example.org")
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    one, *repeated, other = invites(lab)
    assert times(lab.trace, "INVITE", "alice")[-1] == pytest.approx(after)
    assert other.branch not in {invite.branch for invite in (one, *repeated)}
    assert other.without("via").lines == one.without("via").lines
    assert wire(lab.trace, "alice")[-1] == "alice>s2 ACK" and servers[1].current_call is not None
    assert alice.tally.placed == alice.tally.answered == 1
    lab.drain()


def test_the_ladder_tells_why_the_next_server_is_asked(lab: Lab) -> None:
    farm(lab, "503", "answers")
    alice = lab.user_agent("sip:alice@example.org")
    lab.run(alice.call("sip:bob@example.com").answered)
    (note,) = lab.trace.select("note")
    assert note.element == "alice"
    assert note.data["text"] == "192.0.2.1:5060 over UDP failed (503): INVITE goes to 192.0.2.2:5060 over UDP"
    second = next(record for record in lab.trace.select("sent", "alice") if record.peer == "s2")
    assert "503" in str(lab.trace.why(second))


@pytest.mark.parametrize(("last", "status"), [("503", 503), ("gone", 503), ("down", 408)])
def test_the_outcome_of_the_last_server_is_that_of_the_request(lab: Lab, last: str, status: int) -> None:
    farm(lab, "503", "gone", last)
    call = lab.user_agent("sip:alice@example.org").call("sip:bob@example.com")
    with pytest.raises(CallFailed) as caught:
        lab.run(call.answered)
    assert caught.value.status == status and len({invite.branch for invite in invites(lab)}) == 3


@pytest.mark.parametrize("status", ["486", "500", "603"])
def test_a_server_that_refuses_has_not_failed(lab: Lab, status: str) -> None:
    farm(lab, status, "answers")
    call = lab.user_agent("sip:alice@example.org").call("sip:bob@example.com")
    with pytest.raises(CallFailed) as caught:
        lab.run(call.answered)
    assert caught.value.status == int(status) and len(invites(lab)) == 1


def test_a_server_that_said_something_before_the_time_was_up_has_not_failed(lab: Lab) -> None:
    first, second = Wire(lab, "first"), Wire(lab, "second")
    lab.names.zone("example.com").srv("_sip._udp", "s1").srv("_sip._udp", "s2", priority=1)
    lab.names.zone("example.com").a("s1", first.address.host).a("s2", second.address.host)

    def trying(message: Request) -> None:
        if len(first.heard) == 1:
            first.send(build.reply(message, 100), lab.elements["alice"])

    first.on_message = trying
    alice = lab.user_agent("sip:alice@example.org")
    with pytest.raises(CallFailed, match="408"):
        lab.run(alice.options("sip:example.com"))
    assert first.heard and not second.heard


def test_a_cancel_goes_to_the_server_that_the_invite_reached(lab: Lab) -> None:
    farm(lab, "gone", "rings")[1].ignores()
    call = lab.user_agent("sip:alice@example.org").call("sip:bob@example.com")
    lab.run(call.ringing)
    lab.run(call.hang_up())
    (cancel,) = messages(lab.trace, "CANCEL", "alice")
    assert cancel.branch == invites(lab)[-1].branch and "alice>s2 CANCEL" in wire(lab.trace)
    lab.run()


def test_a_call_that_is_taken_back_is_not_tried_elsewhere(lab: Lab) -> None:
    farm(lab, "down", "answers")
    call = lab.user_agent("sip:alice@example.org").call("sip:bob@example.com")
    call.hang_up()
    lab.run()
    assert call.state == "ended" and len({invite.branch for invite in invites(lab)}) == 1


def test_a_proxy_that_goes_on_to_the_next_server_keeps_its_mark_against_loops(lab: Lab) -> None:
    farm(lab, "gone", "answers")
    alice = lab.user_agent("sip:alice@example.org", outbound=lab.proxy("example.org"))
    lab.run(alice.call("sip:bob@example.com").answered)
    first, second = (invite.branch for invite in messages(lab.trace, "INVITE", "proxy"))
    assert first != second and first.rpartition(".")[2] == second.rpartition(".")[2] != first


def test_a_late_answer_of_a_server_that_was_given_up_changes_nothing(lab: Lab) -> None:
    """The 503 is repeated: it is acknowledged to the first server, and no third one is asked."""
    farm(lab, "503", "answers", "answers")
    alice = lab.user_agent("sip:alice@example.org")
    lab.network.drop("ACK", src="alice", dst="s1")
    call = alice.call("sip:bob@example.com")
    lab.run()
    assert call.state == "answered" and len(invites(lab)) == 2
    assert wire(lab.trace, "alice").count("alice>s1 ACK") == 2
    lab.drain()


def test_a_registration_and_a_proxied_call_fail_over_too(lab: Lab) -> None:
    proxy = lab.proxy("example.com")
    zone = lab.names.zone("example.com").srv("_sip._udp", "dead").srv("_sip._udp", "alive", priority=1)
    zone.a("dead", "192.0.2.200").a("alive", proxy.address.host)
    bob = lab.user_agent("sip:bob@example.com")
    assert lab.run(bob.register()).active
    other = lab.proxy("example.org", "other")
    alice = lab.user_agent("sip:alice@example.org", outbound=other)
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    sent = [line for line in wire(lab.trace, "other") if line.endswith("INVITE") and "100" not in line]
    assert sent[:2] == ["other>192.0.2.200:5060 INVITE", "other>proxy INVITE"]
    assert len(messages(lab.trace, "200 INVITE", "other")) == 1
    lab.drain()


def test_a_name_that_leads_nowhere_is_a_failure_at_once(lab: Lab) -> None:
    lab.names.zone("example.com").srv("_sip._udp", ".")
    bob = lab.user_agent("sip:bob@example.com")
    with pytest.raises(RegistrationFailed, match="503"):
        lab.run(bob.register())
    assert not lab.trace.select("sent")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["gone", "503", "down", "486", "answers"]), min_size=1, max_size=4), st.integers(1, 9))
def test_the_first_server_that_serves_decides(kinds: list[str], seed: int) -> None:
    lab = Lab(seed=seed)
    farm(lab, *kinds)
    alice = lab.user_agent("sip:alice@example.org")
    call = alice.call("sip:bob@example.com")
    lab.run()
    failing = ("gone", "503", "down")
    decided = next((kind for kind in kinds if kind not in failing), kinds[-1])
    outcome = "answered" if decided == "answers" else {"486": 486, "down": 408}.get(decided, 503)
    assert (call.state if call.state == "answered" else call.answered.value.status) == outcome
    reached = kinds.index(decided) if decided not in failing else len(kinds) - 1
    assert len({invite.branch for invite in invites(lab)}) == reached + 1
    assert alice.tally.answered + alice.tally.failed == 1
    lab.drain()
    assert not lab.leftovers()


# Responses


def test_a_response_that_can_not_be_delivered_goes_where_the_sent_by_leads(lab: Lab) -> None:
    """The client, known by a name with a backup, fails before the final answer comes (RFC 3263 §5)."""
    bob = lab.user_agent("sip:bob@example.com", answers=1)
    client, backup = Wire(lab, "client"), Wire(lab, "backup")
    zone = lab.names.zone("client.example").srv("_sip._udp", "one").srv("_sip._udp", "two", priority=1)
    zone.a("one", client.address.host).a("two", backup.address.host)
    client.send(request("INVITE", call_id="test").replace("UDP HERE", "UDP client.example"), bob)
    lab.run(until=0.5)
    lab.network.unbind(client.address, "UDP")
    lab.run(until=1.1)
    assert client.statuses == [180] and backup.statuses == [200]
    acked = request("ACK", branch="z9hG4bK-t2", call_id="test", to_tag=backup.heard[0].to_tag)
    backup.send(acked.replace("UDP HERE", "UDP client.example"), bob)
    lab.run(until=20)
    assert backup.statuses == [200] and bob.current_call.state == "answered"


def test_a_response_that_leads_nowhere_else_fails_its_transaction(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    client = Wire(lab)
    client.send(request("OPTIONS"), bob)
    lab.network.unbind(client.address, "UDP")
    lab.run()
    assert wire(lab.trace, "bob") == ["bob>tester 200 OPTIONS"]
    assert "can't be reached" in lab.trace.select("ignored", "bob")[0].data["why"]
