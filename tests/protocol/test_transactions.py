"""Transactions on a virtual clock: what is sent, passed up and reported, and when (RFC 3261 §17, RFC 6026)."""

from __future__ import annotations

import pytest
from transaction_bench import MACHINES, Host, request, response

from sipsim.errors import UsageError
from sipsim.message.message import Response
from sipsim.protocol.machine import Machine
from sipsim.protocol.timing import LINGERING, Timing
from sipsim.protocol.transactions import (
    INVITE_CLIENT,
    INVITE_SERVER,
    NON_INVITE_CLIENT,
    NON_INVITE_SERVER,
    received_input,
    sent_input,
)

SEVEN = [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
ELEVEN = [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]


# Instants


def test_an_unanswered_invite_is_sent_seven_times() -> None:
    host = Host(INVITE_CLIENT)
    host.run()
    assert host.times("send") == SEVEN
    assert [effect[2] for _, effect in host.done if effect[0] == "send"] == [1, 2, 3, 4, 5, 6, 7]
    assert host.values("fail") == ["timeout"]
    assert host.times("fail") == host.times("end") == [32.0]
    assert host.transaction.terminated


def test_another_unanswered_request_is_sent_eleven_times() -> None:
    host = Host(NON_INVITE_CLIENT)
    host.run()
    assert host.times("send") == ELEVEN
    assert host.values("fail") == ["timeout"]
    assert host.times("fail") == host.times("end") == [32.0]


def test_an_unacknowledged_final_response_is_sent_eleven_times() -> None:
    host = Host(INVITE_SERVER)
    host.respond(486)
    host.run()
    assert host.times("send") == ELEVEN
    assert [effect[2] for _, effect in host.done if effect[0] == "send"] == list(range(1, 12))
    assert host.values("fail") == ["timeout"]
    assert host.times("fail") == host.times("end") == [32.0]


@pytest.mark.parametrize("t1", [0.125, 0.5, 2.0, 8.0])
def test_seven_invites_whatever_t1_is(t1: float) -> None:
    host = Host(INVITE_CLIENT, timing=Timing(t1=t1))
    host.run()
    assert host.times("send") == [time * t1 / 0.5 for time in SEVEN]
    assert host.times("end") == [64 * t1]


def test_on_a_reliable_transport_everything_is_sent_once() -> None:
    for machine in (INVITE_CLIENT, NON_INVITE_CLIENT):
        host = Host(machine, reliable=True)
        host.run()
        assert host.times("send") == [0]
        assert host.times("fail") == [32.0]
    host = Host(INVITE_SERVER, reliable=True)
    host.respond(486)
    host.run()
    assert host.times("send") == [0]
    assert host.times("fail") == [32.0]


@pytest.mark.parametrize(
    ("machine", "status", "waits"),
    [
        (INVITE_CLIENT, 200, (32.0, 32.0)),
        (INVITE_CLIENT, 486, (32.0, 0.0)),
        (NON_INVITE_CLIENT, 200, (5.0, 0.0)),
        (NON_INVITE_CLIENT, 404, (5.0, 0.0)),
    ],
)
def test_how_long_a_client_waits_for_stragglers(machine: Machine, status: int, waits: tuple[float, float]) -> None:
    for reliable, wait in enumerate(waits):
        host = Host(machine, reliable=bool(reliable))
        host.now = 0.25
        host.receive(response(status, host.request))
        host.run()
        assert host.times("end") == [0.25 + wait]
        assert host.values("fail") == []


@pytest.mark.parametrize(
    ("machine", "status", "input", "waits"),
    [
        (INVITE_SERVER, 200, None, (32.0, 32.0)),
        (INVITE_SERVER, 486, "ACK", (5.0, 0.0)),
        (NON_INVITE_SERVER, 200, None, (32.0, 0.0)),
    ],
)
def test_how_long_a_server_waits_for_stragglers(
    machine: Machine, status: int, input: str | None, waits: tuple[float, float]
) -> None:
    for reliable, wait in enumerate(waits):
        host = Host(machine, reliable=bool(reliable))
        host.respond(status)
        if input:
            host.receive(request(input))
        host.run()
        assert host.times("end") == [wait]
        assert host.values("fail") == []


# INVITE client


def test_a_provisional_response_ends_the_repetition_of_an_invite() -> None:
    host = Host(INVITE_CLIENT)
    host.run(until=1.0)
    trying, ringing = response(100, host.request), response(180, host.request)
    host.receive(trying)
    host.receive(ringing)
    host.run(until=1000.0)
    assert host.times("send") == [0, 0.5]
    assert host.timers == {}
    assert host.state == "proceeding"
    assert host.values("pass") == [trying, ringing]
    assert host.transaction.response is ringing


def test_a_refusal_is_acknowledged_passed_up_once_and_acknowledged_again() -> None:
    host = Host(INVITE_CLIENT, request("INVITE", routes=["<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"]))
    busy = response(486, host.request)
    effects = host.receive(busy)
    assert [effect[0] for effect in effects] == ["send", "pass", "stop", "stop", "start"]
    ack = effects[0][1]
    assert ack.method == "ACK"
    assert (ack.uri_text, ack.branch, ack.call_id) == ("sip:bob@example.com", "z9hG4bK-alice-1", "1@192.0.2.1")
    assert ack.cseq.number == 1
    assert ack.to_tag == "bob-1"
    assert len(ack.vias) == 1
    assert ack.values("Route") == ["<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"]
    assert host.receive(busy) == [("send", ack, 2)]
    assert host.receive(busy) == [("send", ack, 3)]
    assert host.values("pass") == [busy]


def test_the_ack_is_sent_on_reliable_transports_too() -> None:
    host = Host(INVITE_CLIENT, reliable=True)
    effects = host.receive(response(603, host.request))
    assert [effect[0] for effect in effects] == ["send", "pass", "stop", "start"]
    assert effects[-1] == ("start", "D", 0.0)


def test_every_2xx_is_passed_up_and_none_acknowledged() -> None:
    host = Host(INVITE_CLIENT)
    first, second = response(200, host.request, "bob-1"), response(200, host.request, "bob-2")
    for answer in (first, second, first):
        host.receive(answer)
    assert host.values("pass") == [first, second, first]
    assert host.times("send") == [0]
    assert host.state == "accepted"


def test_after_a_2xx_other_responses_are_ignored() -> None:
    host = Host(INVITE_CLIENT)
    host.receive(response(200, host.request))
    assert host.receive(response(180, host.request)) == [("ignored", "1xx")]
    assert host.receive(response(486, host.request)) == [("ignored", "3xx-6xx")]


def test_an_ack_that_can_not_be_sent_ends_the_client() -> None:
    host = Host(INVITE_CLIENT)
    host.receive(response(486, host.request))
    effects = host.feed("transport error")
    assert effects == [("fail", "transport error"), ("stop", "D"), ("end",)]


# non-INVITE client


def test_after_a_provisional_response_repetition_goes_on_at_t2() -> None:
    host = Host(NON_INVITE_CLIENT)
    host.run(until=0.7)
    effects = host.receive(response(100, host.request))
    assert [effect[0] for effect in effects] == ["pass"]  # E and F run on
    host.run()
    assert host.times("send") == [0, 0.5, 1.5, 5.5, 9.5, 13.5, 17.5, 21.5, 25.5, 29.5]
    assert host.times("fail") == [32.0]


def test_a_final_response_is_passed_up_once() -> None:
    host = Host(NON_INVITE_CLIENT)
    ok = response(200, host.request)
    host.receive(ok)
    assert host.receive(ok) == []
    assert host.receive(response(100, host.request)) == []
    assert host.values("pass") == [ok]
    assert host.timers == {"K": 5.0}


@pytest.mark.parametrize("machine", [INVITE_CLIENT, NON_INVITE_CLIENT], ids=repr)
def test_a_request_that_can_not_be_sent_fails_at_once(machine: Machine) -> None:
    host = Host(machine)
    effects = host.feed("transport error")
    assert effects[0] == ("fail", "transport error")
    assert effects[-1] == ("end",)
    assert host.timers == {}
    assert host.transaction.terminated


# INVITE server


def test_a_repeated_invite_gets_the_last_provisional_response_again() -> None:
    host = Host(INVITE_SERVER)
    invite = host.request
    assert host.done == [(0.0, ("pass", invite))]
    assert host.receive(invite) == []
    host.respond(100)
    ringing = host.respond(180)[0][1]
    assert host.receive(invite) == [("send", ringing, 2)]
    assert host.receive(invite) == [("send", ringing, 3)]
    assert host.transaction.response is ringing


def test_a_2xx_is_repeated_by_the_user_only() -> None:
    host = Host(INVITE_SERVER)
    host.respond(180)
    ok = response(200, host.request)
    assert host.feed("send 2xx", ok) == [("send", ok, 1), ("start", "L", 32.0)]
    assert host.receive(host.request) == []
    assert host.feed("send 2xx", ok) == [("send", ok, 2)]
    assert host.feed("send 2xx", response(200, host.request))[0][2] == 3
    ack = request("ACK")
    assert host.receive(ack) == [("pass", ack)]
    host.run()
    assert host.times("end") == [32.0]


def test_an_ack_ends_the_repetition_of_a_refusal_and_its_like_are_absorbed() -> None:
    host = Host(INVITE_SERVER)
    host.respond(486)
    host.run(until=2.0)
    assert host.receive(request("ACK")) == [("stop", "G"), ("stop", "H"), ("start", "I", 5.0)]
    assert host.receive(request("ACK")) == []
    assert host.receive(host.request) == [("ignored", "INVITE")]
    host.run()
    assert host.times("send") == [0, 0.5, 1.5]
    assert host.times("end") == [7.0]
    assert host.values("fail") == []


def test_a_repeated_invite_gets_the_refusal_again() -> None:
    host = Host(INVITE_SERVER)
    busy = host.respond(486)[0][1]
    assert host.receive(host.request) == [("send", busy, 2)]


def test_responses_that_come_too_late_are_ignored_and_said_to_be() -> None:
    host = Host(INVITE_SERVER)
    host.respond(487)
    assert host.respond(200) == [("ignored", "send 2xx")]
    assert host.respond(180) == [("ignored", "send 1xx")]
    assert host.transaction.response is not None
    assert host.transaction.response.status == 487


@pytest.mark.parametrize(
    ("machine", "statuses"),
    [
        (INVITE_SERVER, [180]),
        (INVITE_SERVER, [200]),
        (INVITE_SERVER, [486]),
        (NON_INVITE_SERVER, [100]),
        (NON_INVITE_SERVER, [200]),
    ],
)
def test_a_server_that_can_not_send_stays_to_absorb_repetitions(machine: Machine, statuses: list[int]) -> None:
    host = Host(machine)
    for status in statuses:
        host.respond(status)
    state, timers = host.state, dict(host.timers)
    assert host.feed("transport error") == [("fail", "transport error")]
    assert (host.state, host.timers) == (state, timers)


# non-INVITE server


def test_a_repeated_request_gets_the_last_response_again() -> None:
    host = Host(NON_INVITE_SERVER)
    assert host.receive(host.request) == []
    trying = host.respond(100)[0][1]
    assert host.receive(host.request) == [("send", trying, 2)]
    ok = host.respond(200)[0][1]
    assert host.receive(host.request) == [("send", ok, 2)]
    assert host.respond(404) == []
    assert host.receive(host.request) == [("send", ok, 3)]


# All


@pytest.mark.parametrize("machine", MACHINES, ids=repr)
def test_what_the_table_does_not_have_is_said_and_changes_nothing(machine: Machine) -> None:
    host = Host(machine)
    before, timers = host.state, dict(host.timers)
    for input in ("timer Z", "", "2XX", "status 0"):
        assert host.feed(input) == [("ignored", input)]
    assert (host.state, host.timers) == (before, timers)


@pytest.mark.parametrize(
    ("machine", "input"), [(INVITE_CLIENT, "1xx"), (INVITE_CLIENT, "3xx-6xx"), (INVITE_SERVER, "send 2xx")]
)
def test_an_input_without_its_message_is_refused_and_changes_nothing(machine: Machine, input: str) -> None:
    host = Host(machine)
    state = host.state
    with pytest.raises(UsageError, match="message=None"):
        host.feed(input)
    assert host.state == state


@pytest.mark.parametrize(
    ("status", "invite", "other"),
    [
        (100, "1xx", "1xx"),
        (199, "1xx", "1xx"),
        (200, "2xx", "200-699"),
        (299, "2xx", "200-699"),
        (300, "3xx-6xx", "200-699"),
        (699, "3xx-6xx", "200-699"),
    ],
)
def test_inputs_of_statuses(status: int, invite: str, other: str) -> None:
    answer = response(status, request("INVITE"))
    assert received_input(answer, INVITE_CLIENT) == invite
    assert received_input(answer, NON_INVITE_CLIENT) == other
    assert sent_input(answer, INVITE_SERVER) == "send " + invite
    assert sent_input(answer, NON_INVITE_SERVER) == "send " + other


def test_inputs_of_requests() -> None:
    assert received_input(request("INVITE"), INVITE_SERVER) == "INVITE"
    assert received_input(request("ACK"), INVITE_SERVER) == "ACK"
    assert received_input(request("BYE"), NON_INVITE_SERVER) == "request"
    assert received_input(request("1xx"), NON_INVITE_SERVER) == "request"


def test_a_status_outside_the_classes_is_ignored() -> None:
    answer = response(200, request("INVITE"))
    for status in (0, 99, 700, 999):
        odd = Response(status, "", answer.lines, answer.names, b"")
        for machine in MACHINES:
            assert Host(machine).feed(received_input(odd, machine)) == [("ignored", f"status {status}")]
            assert Host(machine).feed(sent_input(odd, machine)) == [("ignored", f"send status {status}")]


def test_a_transaction_says_where_it_stands() -> None:
    assert repr(Host(INVITE_CLIENT).transaction).startswith("<INVITE client <INVITE sip:bob@example.com")
    assert repr(Host(INVITE_CLIENT).transaction).endswith(": calling>")


def test_states_can_be_compared_by_identity() -> None:
    host = Host(INVITE_CLIENT)
    before = host.state
    host.run(until=2.0)
    assert host.state is before


def test_a_packed_transaction_says_and_does_the_same() -> None:
    host = Host(NON_INVITE_SERVER)
    request, ok = host.request, response(200, host.request)
    host.feed("send 200-699", ok)
    host.transaction.pack()
    assert host.receive(request) == [("send", ok, 2)]
    assert (host.transaction.request, host.transaction.response) == (request, ok)


def test_a_2xx_is_told_from_the_packed_one_before() -> None:
    host = Host(INVITE_SERVER)
    first, second = response(200, host.request, "bob-1"), response(200, host.request, "bob-2")
    host.feed("send 2xx", first)
    host.transaction.pack()
    assert host.feed("send 2xx", response(200, host.request, "bob-1")) == [("send", first, 2)]
    assert host.feed("send 2xx", second) == [("send", second, 1)]


def test_timers_that_wait_for_stragglers_do_nothing_but_end_a_transaction() -> None:
    """So an element may end it when one fires, without asking the table."""
    for machine in (INVITE_CLIENT, NON_INVITE_CLIENT, INVITE_SERVER, NON_INVITE_SERVER):
        waiting = [row for (_, fed), row in machine.rows.items() if fed.removeprefix("timer ") in LINGERING]
        assert waiting and all(row[:2] == ("terminated", ()) for row in waiting)
