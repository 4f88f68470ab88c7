"""What a proxy does: checks, routes, forks, chooses the best response, passes CANCEL on, gives up in time."""

from __future__ import annotations

import pytest
from bench_pair import Wire, messages, request, times, wire

from sipsim import CallFailed, Lab, LocationService, Proxy, UsageError, UserAgent
from sipsim.flows.casts import place, trapezoid
from sipsim.message import build
from sipsim.message.message import Message


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def domain(lab: Lab, phones: int = 1, **how: object) -> tuple[UserAgent, Proxy, list[UserAgent]]:
    """Alice, the proxy of example.com, and so many phones of Bob, all of them registered."""
    alice = lab.user_agent("sip:alice@example.com")
    proxy = lab.proxy("example.com", **how)  # type: ignore[arg-type]
    bobs = [lab.user_agent("sip:bob@example.com", f"bob{n}") for n in range(1, phones + 1)]
    for bob in bobs:
        place(proxy, bob)
    return alice, proxy, bobs


def call_bob(lab: Lab, alice: UserAgent) -> int:
    """Call Bob; the status that it ends with."""
    try:
        lab.run(alice.call("sip:bob@example.com").answered)
    except CallFailed as failure:
        lab.run()
        return failure.status
    lab.run()
    return 200


@pytest.mark.covers("P03")
def test_a_forwarded_request_has_one_more_via_and_one_hop_less(lab: Lab) -> None:
    alice, _, _ = domain(lab)
    call_bob(lab, alice)
    (came,), (went,) = messages(lab.trace, "INVITE", "alice"), messages(lab.trace, "INVITE", "proxy")
    assert [via.host for via in went.vias] == ["192.0.2.2", "192.0.2.1"]
    assert (came.max_forwards, went.max_forwards) == (70, 69)
    assert went.record_routes and not came.record_routes
    assert went.body == came.body


@pytest.mark.covers("P16")
def test_a_refusal_is_acknowledged_hop_by_hop_and_an_answer_from_end_to_end(lab: Lab) -> None:
    """Each ACK of a hop has the branch of that hop's INVITE, and no proxy passes it on (§17.1.1.3)."""
    alice, _, (bob,) = domain(lab)
    call_bob(lab, alice)
    bob.rejects(486)
    assert call_bob(lab, alice) == 486
    for hop in ("alice", "proxy"):
        accepted, refused = messages(lab.trace, "INVITE", hop)
        first, second = messages(lab.trace, "ACK", hop)
        assert first.branch != accepted.branch and first.call_id == accepted.call_id
        assert second.branch == refused.branch and len(second.vias) == 1
    end_to_end, _ = messages(lab.trace, "ACK", "proxy")
    assert [via.host for via in end_to_end.vias] == ["192.0.2.2", "192.0.2.1"]
    sent = wire(lab.trace)
    assert sent.index("proxy>bob1 ACK", sent.index("bob1>proxy 486 INVITE")) < sent.index("proxy>alice 486 INVITE")


@pytest.mark.covers("P13")
def test_an_unknown_user_is_404_and_a_known_one_without_a_binding_480(lab: Lab) -> None:
    alice, _, (bob,) = domain(lab)
    with pytest.raises(CallFailed, match="404"):
        lab.run(alice.call("sip:nobody@example.com").answered)
    lab.run(bob.register())
    lab.run(bob.unregister())
    assert call_bob(lab, alice) == 480


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (("Max-Forwards: 70", "Max-Forwards: 0"), 483),
        (("Content-Length", "Proxy-Require: teleport\nContent-Length"), 420),
        (("INVITE sip:bob@example.com", "INVITE gopher:bob"), 416),
    ],
)
def test_what_may_not_be_forwarded_is_refused(lab: Lab, change: tuple[str, str], status: int) -> None:
    _, proxy, _ = domain(lab)
    tester = Wire(lab)
    tester.send(request("INVITE").replace(*change), proxy)
    lab.run(until=1)
    assert tester.statuses[:1] == [status] and not messages(lab.trace, "INVITE", "proxy")


@pytest.mark.covers("L2")
def test_a_parallel_fork_cancels_the_losers_and_acknowledges_their_487(lab: Lab) -> None:
    alice, _, bobs = domain(lab, phones=3)
    bobs[0].ignores()
    bobs[2].ignores()
    assert call_bob(lab, alice) == 200
    sent = wire(lab.trace)
    for loser in ("bob1", "bob3"):
        story = [line for line in sent if loser in line]
        assert story == [
            f"proxy>{loser} INVITE", f"{loser}>proxy 180 INVITE", f"proxy>{loser} CANCEL",
            f"{loser}>proxy 200 CANCEL", f"{loser}>proxy 487 INVITE", f"proxy>{loser} ACK",
        ]  # fmt: skip
    assert "proxy>alice 487 INVITE" not in sent


@pytest.mark.covers("L3")
@pytest.mark.parametrize(
    ("refusals", "best"),
    [((486, 480), 486), ((404, 301), 301), ((503, 486), 486), ((404, 603), 603), ((486, 415), 415), ((503, 503), 500)],
)
def test_of_all_refusals_the_best_goes_upstream(lab: Lab, refusals: tuple[int, ...], best: int) -> None:
    alice, _, bobs = domain(lab, phones=len(refusals))
    for bob, status in zip(bobs, refusals, strict=True):
        bob.rejects(status)
    assert call_bob(lab, alice) == best  # of equals, the first that came


@pytest.mark.covers("L2", "L3")
def test_a_6xx_ends_the_search(lab: Lab) -> None:
    alice, _, bobs = domain(lab, phones=2)
    bobs[0].ignores()
    bobs[1].on_call = lambda call: bobs[1].alarm("decline", 1.0, call.reject, 603)
    assert call_bob(lab, alice) == 603
    assert "proxy>bob1 CANCEL" in wire(lab.trace)


@pytest.mark.covers("L1")
def test_a_stale_contact_times_out_on_its_branch_and_the_other_phone_still_answers(lab: Lab) -> None:
    alice, _, bobs = domain(lab, phones=2)
    bobs[0].crash()
    assert call_bob(lab, alice) == 200
    assert len(times(lab.trace, "INVITE", "proxy")) > 2


@pytest.mark.covers("L1")
def test_a_user_whose_only_contact_is_stale_cannot_be_reached_after_timer_b(lab: Lab) -> None:
    alice, _, (bob,) = domain(lab)
    bob.crash()
    began = lab.env.now
    assert call_bob(lab, alice) == 408
    assert times(lab.trace, "408 INVITE", "proxy") == [pytest.approx(began + 32.005)]


@pytest.mark.covers("L1")
def test_a_contact_that_is_somebody_elses_by_now_answers_404_on_its_branch(lab: Lab) -> None:
    alice, proxy, _ = domain(lab, phones=0)
    carol = lab.user_agent("sip:carol@example.com")
    proxy.location.add("sip:bob@example.com", f"sip:bob@{carol.host_port}")
    assert call_bob(lab, alice) == 404
    assert wire(lab.trace, "carol") == ["carol>proxy 404 INVITE"]


@pytest.mark.covers("L1")
def test_a_contact_where_nobody_listens_fails_at_once(lab: Lab) -> None:
    alice, proxy, _ = domain(lab, phones=0)
    proxy.location.add("sip:bob@example.com", "sip:bob@192.0.2.77")
    assert call_bob(lab, alice) == 500
    assert lab.env.now < 1


def test_a_call_that_rings_for_ever_is_given_up_by_timer_c(lab: Lab) -> None:
    alice, _, (bob,) = domain(lab)
    bob.ignores(again=None)  # it does not ask for more time (§13.3.1.1)
    assert call_bob(lab, alice) == 487
    assert times(lab.trace, "CANCEL", "proxy") == [181.015]


def test_timer_c_ends_where_sums_of_times_are_not_exact() -> None:
    lab = Lab(delay=0.020899)  # the sum leaves 3e-14 s to wait, for which there is no later instant
    alice, _, (bob,) = domain(lab)
    bob.ignores(again=None)
    assert call_bob(lab, alice) in (408, 487)


def test_without_record_route_ack_and_bye_go_straight(lab: Lab) -> None:
    alice, _, _ = domain(lab, record_route=False)
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    call.hang_up()
    assert [line for line in wire(lab.run()) if "ACK" in line or "BYE" in line] == [
        "alice>bob1 ACK", "alice>bob1 BYE", "bob1>alice 200 BYE",
    ]  # fmt: skip


def test_over_two_domains_the_record_routes_of_both_proxies_make_the_route(lab: Lab) -> None:
    alice, atlanta, biloxi, bob = trapezoid(lab)
    lab.run(alice.call(str(bob.uri)).answered)
    lab.run()
    (ack,) = messages(lab.trace, "ACK", "alice")
    assert [route.uri.host for route in ack.routes] == [atlanta.address.host, biloxi.address.host]
    assert ack.uri_text == bob.contact.strip("<>")


def test_a_strict_router_before_us_is_understood(lab: Lab) -> None:
    """It put our Record-Route URI into the Request-URI, and the real one last into the Route (§16.4)."""
    _, proxy, (bob,) = domain(lab)
    tester = Wire(lab)
    text = request("OPTIONS", f"sip:{proxy.host_port};lr").replace(
        "Content-Length", f"Route: <{bob.contact.strip('<>')}>\nContent-Length"
    )
    tester.send(text, proxy)
    lab.run(until=1)
    (went,) = messages(lab.trace, "OPTIONS", "proxy")
    assert went.uri_text == bob.contact.strip("<>") and not went.has("route")
    assert tester.statuses == [200]


@pytest.mark.parametrize("stateful", [True, False])
@pytest.mark.parametrize(
    "name", ["edge.example.com", "EDGE.example.com.", "edge.example.com:5060", "added.example.net", "srv.example.org"]
)
def test_a_route_by_any_name_of_the_proxy_is_its_own(lab: Lab, name: str, stateful: bool) -> None:
    """§16.4 asks whether the URI indicates this proxy; it need not be the name of its domain."""
    proxy = lab.proxy("example.com", stateful=stateful, host="192.0.2.77")
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    proxy.location.add("sip:bob@example.com", bob.contact_uri)
    lab.names.zone("example.com").a("edge", "192.0.2.77")
    lab.names.zone("example.org").srv("_sip._udp.srv.example.org", "edge.example.com")
    lab.names.add("added.example.net", proxy.address)
    alice = lab.user_agent("sip:alice@elsewhere.com", outbound=f"sip:{name};lr")
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    assert [r.data["name"] for r in lab.trace.select("dns", "proxy")] == []
    (went,) = messages(lab.trace, "INVITE", "proxy")
    assert not went.has("route")


@pytest.mark.parametrize("name", ["other.example.com", "edge.example.com:5070", "nowhere.example.com"])
def test_a_route_that_leads_elsewhere_stays(lab: Lab, name: str) -> None:
    _, proxy, _ = domain(lab)
    lab.names.zone("example.com").a("edge", proxy.address.host).a("other", "192.0.2.99")
    tester = Wire(lab)
    text = request("OPTIONS", "sip:bob@example.com")
    tester.send(text.replace("Content-Length", f"Route: <sip:{name};lr>\nContent-Length"), proxy)
    lab.run(until=40)
    assert all(f"{went.routes[0].uri}" == f"sip:{name};lr" for went in messages(lab.trace, "OPTIONS", "proxy"))
    assert 200 not in tester.statuses


def test_a_strict_router_after_us_gets_its_uri_as_request_uri(lab: Lab) -> None:
    """§16.6 item 6: the Request-URI moves to the end of the Route."""
    _, proxy, _ = domain(lab)
    tester, strict = Wire(lab), Wire(lab, "strict")
    text = request("OPTIONS", "sip:carol@chicago.com").replace(
        "Content-Length", f"Route: <sip:{proxy.host_port};lr>, <sip:{strict.address.host}>\nContent-Length"
    )
    tester.send(text, proxy)
    lab.run(until=0.1)
    (went,) = strict.heard
    assert went.uri_text == f"sip:{strict.address.host}"
    assert [str(route.uri) for route in went.routes] == ["sip:carol@chicago.com"]


@pytest.mark.covers("P06")
def test_proxy_and_redirect_server_share_a_location_service(lab: Lab) -> None:
    location = LocationService()
    lab.proxy("example.com", location=location)
    server = lab.redirect_server("example.org", location=location)
    bob = lab.user_agent("sip:bob@example.com")
    lab.run(bob.register())
    tester = Wire(lab)
    tester.send(request("INVITE"), server)
    lab.run(until=1)
    assert tester.statuses[0] == 302 and tester.heard[0].contacts[0].uri == bob.contact_uri


def test_a_proxy_that_crashes_forgets_its_own_bindings_but_not_shared_ones(lab: Lab) -> None:
    shared = LocationService()
    own, other = lab.proxy("a.com"), lab.proxy("b.com", location=shared)
    own.location.add("sip:x@a.com", "sip:x@192.0.2.9")
    shared.add("sip:y@b.com", "sip:y@192.0.2.9")
    for proxy in (own, other):
        proxy.crash()
        proxy.restart()
    assert not own.location.known("sip:x@a.com") and shared.known("sip:y@b.com")


def test_an_unknown_way_of_forking_is_named(lab: Lab) -> None:
    with pytest.raises(UsageError, match="forking: 'sideways' will not do; allowed are 'parallel'"):
        lab.proxy("example.com", forking="sideways")


def test_a_cancel_waits_at_the_proxy_for_a_slow_branch(lab: Lab) -> None:
    alice, proxy, (bob,) = domain(lab)
    bob.ignores()
    lab.link(proxy, bob, delay=0.1)
    call = alice.call("sip:bob@example.com")
    lab.env.call_later(0.05, call.hang_up)
    assert lab.run(call.ended).why == "CANCEL"
    lab.run()
    assert len(times(lab.trace, "CANCEL", "proxy")) == 1 and lab.env.now < 10


def test_two_declines_that_cross_make_one_cancel_a_branch(lab: Lab) -> None:
    alice, _, bobs = domain(lab, phones=3)
    bobs[0].rejects(603)
    bobs[1].rejects(603)
    bobs[2].ignores()
    assert call_bob(lab, alice) == 603
    assert wire(lab.trace).count("proxy>bob3 CANCEL") == 1


def test_requests_for_the_proxy_itself_are_answered_and_never_loop(lab: Lab) -> None:
    _, proxy, _ = domain(lab)
    tester = Wire(lab)
    tester.send(request("OPTIONS", f"sip:{proxy.address.host}"), proxy)
    tester.send(request("INVITE", f"sip:{proxy.address.host}", branch="z9hG4bK-t2"), proxy)
    lab.run(until=1)
    assert sorted(set(tester.statuses)) == [200, 404] and len(lab.trace.select("sent", "proxy")) < 8


def test_contacts_that_lead_back_are_a_loop_and_end_with_482(lab: Lab) -> None:
    alice, proxy, _ = domain(lab, phones=0)
    for n in (1, 2):
        proxy.location.add("sip:bob@example.com", f"sip:bob@example.com;x={n}")
    assert call_bob(lab, alice) == 482
    assert lab.trace.counts["sent"] < 100


def test_a_request_that_comes_back_for_someone_else_is_a_spiral_and_goes_on(lab: Lab) -> None:
    alice, proxy, _ = domain(lab)
    proxy.location.add("sip:desk@example.com", "sip:bob@example.com")
    call = alice.call("sip:desk@example.com")
    lab.run(call.answered)
    assert len(messages(lab.trace, "INVITE", "proxy")) == 2


def test_an_ack_that_goes_round_is_dropped_where_it_has_been(lab: Lab) -> None:
    """RFC 3261 §16.3 item 4: else, with copies made on the way, they would be more and more, 70 hops long."""
    one, other = lab.proxy("one.test"), lab.proxy("two.test")
    one.location.add("sip:bob@one.test", "sip:bob@two.test")
    other.location.add("sip:bob@two.test", "sip:bob@one.test")
    tester = Wire(lab)
    tester.send(request("ACK", "sip:bob@one.test", to_tag="x"), one)
    trace = lab.run()
    assert wire(trace) == ["tester>proxy ACK", "proxy>proxy2 ACK", "proxy2>proxy ACK"]
    assert [record.data["why"] for record in trace.select("ignored")] == ["an ACK that may not be forwarded (482)"]


def test_a_cancel_for_nothing_that_goes_round_is_refused_where_it_has_been(lab: Lab) -> None:
    one, other = lab.proxy("one.test"), lab.proxy("two.test")
    one.location.add("sip:bob@one.test", "sip:bob@two.test")
    other.location.add("sip:bob@two.test", "sip:bob@one.test")
    tester = Wire(lab)
    tester.send(request("CANCEL", "sip:bob@one.test"), one)
    trace = lab.run()
    assert wire(trace)[1:] == ["proxy>proxy2 CANCEL", "proxy2>proxy CANCEL", "proxy>proxy2 481 CANCEL"]


def test_a_cancel_for_a_message_under_way_is_answered_and_goes_no_further(lab: Lab) -> None:
    """RFC 3261 §9.2, §16.10: whatever it matches, a CANCEL is answered; only an INVITE is taken back."""
    proxy, tester = lab.proxy("example.com"), Wire(lab)
    proxy.location.add("sip:bob@example.com", f"sip:bob@{Wire(lab, 'bob').address}")
    for method in ("MESSAGE", "CANCEL"):
        tester.send(request(method, "sip:bob@example.com"), proxy)
        lab.run(until=lab.env.now + 0.1)
    assert wire(lab.trace) == [
        "tester>proxy MESSAGE",
        "proxy>bob MESSAGE",
        "tester>proxy CANCEL",
        "proxy>tester 200 CANCEL",
    ]


@pytest.mark.parametrize("status", ["180 Ringing", "200 OK", "486 Busy Here"])
def test_a_response_without_a_via_but_the_proxys_own_goes_nowhere(lab: Lab, status: str) -> None:
    """RFC 3261 §16.7 item 3; what can't be sent on is no answer, and the caller hears 502."""
    alice, proxy = lab.user_agent("sip:alice@example.com"), lab.proxy("example.com")
    tester = Wire(lab)
    proxy.location.add("sip:bob@example.com", f"sip:bob@{tester.address.host}:{tester.address.port}")

    def answer(message: Message) -> None:
        if message.method == "INVITE":  # type: ignore[attr-defined]
            reply = build.reply(message, int(status[:3]), to_tag="t", contact="<sip:bob@h>")  # type: ignore[arg-type]
            tester.send(reply.without("Via").prepend("Via", message.values("Via")[0]), proxy)

    tester.on_message = answer
    call = alice.call("sip:bob@example.com")
    trace = lab.run(until=10)
    assert all(message.has("via") for message in messages(trace, status[:3] + " INVITE", "proxy"))
    assert len(trace.select("unparsable", "proxy")) == 1
    assert status < "2" or call.answered.value.status == 502


@pytest.mark.parametrize("stateful", [True, False])
@pytest.mark.parametrize(
    ("target", "more", "status", "rfc"),
    [
        ("sip:bob@example.org", "Max-Forwards: 0\n", 483, "RFC 3261 §16.3 item 3"),
        ("sip:bob@example.com", "Proxy-Require: foo\n", 420, "RFC 3261 §16.3 item 5"),
        ("sip:nobody@example.com", "", 404, "RFC 3261 §16.5"),
    ],
)
def test_a_proxy_says_on_record_why_it_refuses(
    lab: Lab, stateful: bool, target: str, more: str, status: int, rfc: str
) -> None:
    proxy, tester = lab.proxy("example.com", stateful=stateful), Wire(lab)
    text = request("INVITE", target, more=more)
    tester.send(text.replace("Max-Forwards: 70\n", "") if "Max-Forwards: 0" in more else text, proxy)
    lab.run()
    (record,) = lab.trace.select("refused", "proxy")
    assert (record.data["status"], record.data["rfc"]) == (status, rfc) and record.data["why"]
