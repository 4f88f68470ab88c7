"""How a phone answers: the checks of RFC 3261 §8.2, what OPTIONS says, and what its user wants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bench_pair import Wire, messages, request, times, wire

from sipsim import CallFailed, Lab, UsageError, UserAgent
from sipsim.elements.agents.endpoint import ALLOW

Setting = Callable[[UserAgent], Any]
OFFER = "v=0\r\no=t 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 9000 RTP/AVP 0\r\n"
SDP = "Content-Type: application/sdp\n"


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def with_body(body: str, more: str = SDP, **how: Any) -> str:
    """An INVITE with a body."""
    return request("INVITE", more=more, **how).replace("Content-Length: 0", f"Content-Length: {len(body)}") + body


def asked(lab: Lab, *texts: str, uri: str = "sip:bob@example.com", setting: Setting = lambda bob: None) -> list[Any]:
    """What a phone that was set like this answers to some requests."""
    bob = lab.user_agent(uri)
    setting(bob)
    tester = Wire(lab)
    for text in texts:
        tester.send(text, bob)
    lab.run(until=0.1)
    return tester.heard


def understanding(**what: Any) -> Setting:
    return lambda bob: bob.understands(**what)


REFUSALS = [
    (request("PUBLISH"), {}, 405, f"Allow: {ALLOW}", "§8.2.1"),
    (request("DANCE"), {}, 501, f"Allow: {ALLOW}", "§21.5.2"),
    (request("INVITE", "tel:+4930"), {}, 416, "", "§8.2.2.1"),
    (request("INVITE", "sip:bob@" + 40 * "x"), {"longest_uri": 40}, 414, "", "§21.4.12"),
    (request("INVITE", "sip:carol@example.com"), {}, 404, "", "§8.2.2.1"),
    (request("OPTIONS", "sip:carol@example.com"), {}, 404, "", "§8.2.2.1"),
    (request("INVITE", "sip:carol@example.com"), {"unknown": 604}, 604, "", "§21.6.3"),
    (request("INVITE", "sip:b@example.com"), {"unknown": 485}, 485, "Contact: <sip:bob@example.com>", "§21.4.23"),
    (request("INVITE", "sip:1@example.com"), {"unknown": 484}, 484, "", "§21.4.22"),
    (request("INVITE", more="Require: teleport, 100rel\n"), {"extensions": ("100rel",)},
     420, "Unsupported: teleport", "§8.2.2.3"),
    (with_body("hello", "Content-Type: text/plain\n"), {}, 415, "Accept: application/sdp", "§8.2.3"),
    (with_body(OFFER, SDP + "Content-Encoding: gzip\n"), {}, 415, "Accept-Encoding: identity", "§8.2.3"),
    (with_body(OFFER, SDP + "Content-Language: fr\n"), {}, 415, "Accept-Language: en", "§8.2.3"),
    (with_body(OFFER), {"largest_body": 50, "retry_after": 60}, 413, "Retry-After: 60", "§21.4.11"),
    (with_body(OFFER), {"largest_message": 300}, 513, "", "§21.5.7"),
    (with_body("x", "Content-Type: application/pkcs7-mime\n"), {}, 493, "", "§21.4.28"),
    (with_body(OFFER), {"requires": ("100rel", "timer")}, 421, "Require: 100rel, timer", "§8.2.4"),
    (request("INVITE", more="Accept: text/plain\n"), {},
     406, 'Warning: 399 192.0.2.1 "Accept without application/sdp"', "§21.4.7"),
    (with_body(OFFER).replace("To: <sip:bob@", "To: <sip:carol@"), {"others_to": False}, 403, "", "§8.2.2.1"),
]  # fmt: skip


@pytest.mark.covers("P26", "P27", "P28", "P33")
@pytest.mark.parametrize(("text", "can", "status", "field", "rfc"), REFUSALS)
def test_a_request_that_breaks_a_rule_gets_the_response_that_the_rfc_names(
    lab: Lab, text: str, can: dict[str, Any], status: int, field: str, rfc: str
) -> None:
    refusal = asked(lab, text, setting=understanding(**can))[0]
    assert refusal.status == status and refusal.to_tag
    name, _, value = field.partition(": ")
    assert not name or refusal.header(name) == value
    assert [(r.data["status"], r.data["rfc"]) for r in lab.trace.select("refused")] == [(status, f"RFC 3261 {rfc}")]
    assert not lab.elements["bob"].calls  # nothing else came of it (§8.2)


@pytest.mark.parametrize(
    ("text", "can"),
    [
        (with_body("hello", "Content-Type: text/plain\nContent-Disposition: render;handling=optional\n"), {}),
        (with_body(OFFER, SDP + "Content-Language: de-CH\n"), {"languages": ["de"]}),
        (with_body(OFFER, SDP + "Content-Encoding: gzip\n"), {"encodings": ["gzip", "identity"]}),
        (request("INVITE", more="Require: 100rel\n"), {"extensions": ("100rel",)}),
        (request("INVITE", more="Supported: 100rel\n"), {"requires": ("100rel",)}),
        (request("INVITE", more="Accept: application/*;q=0.1\n"), {}),
        (request("INVITE", "sip:%62ob@example.com"), {}),
        (request("INVITE", more="Content-Language: %%%\nDate: yesterday\nExpires: soon\n"), {}),
    ],
)
def test_what_breaks_no_rule_gets_through(lab: Lab, text: str, can: dict[str, Any]) -> None:
    assert asked(lab, text, setting=understanding(**can))[0].status == 180
    assert not lab.trace.select("refused")


def test_a_part_of_a_body_counts_as_a_body_of_its_own() -> None:
    def multipart(disposition: str, kind: str = "mixed") -> str:
        parts = f"{SDP.strip()}\r\n\r\n{OFFER}", f"Content-Type: image/png\r\n{disposition}\r\n?"
        body = "".join([f"--x\r\n{part}\r\n" for part in parts]) + "--x--\r\n"
        return with_body(body, f"Content-Type: multipart/{kind};boundary=x\n")

    optional = "Content-Disposition: icon;handling=optional\r\n"
    texts = multipart(optional), multipart(""), multipart("", "alternative")
    assert [asked(Lab(seed=1), text)[0].status for text in texts] == [180, 415, 180]


@pytest.mark.parametrize(("user", "uri", "status"), [
    ("+493047110815", "sip:+4930@example.com", 484), ("bob", "sip:bo@example.com", 404),
])  # fmt: skip
def test_the_beginning_of_a_number_is_an_incomplete_address(lab: Lab, user: str, uri: str, status: int) -> None:
    assert asked(lab, request("INVITE", uri), uri=f"sip:{user}@example.com")[0].status == status


def test_a_request_that_comes_by_two_ways_is_taken_once(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    bob.ignores()
    tester = Wire(lab)
    tester.send(request("INVITE"), bob)
    tester.send(request("INVITE", branch="z9hG4bK-other"), bob)
    lab.run(until=0.1)
    assert tester.statuses == [180, 482] and len(bob.calls) == 1
    assert [record.data["rfc"] for record in lab.trace.select("refused")] == ["RFC 3261 §8.2.2.2"]


def test_when_the_first_has_ended_the_same_request_is_a_new_one(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    tester = Wire(lab)
    tester.send(request("OPTIONS"), bob)
    lab.env.call_later(33, tester.send, request("OPTIONS", branch="z9hG4bK-later"), bob)
    lab.run(until=40)
    assert tester.statuses == [200, 200]


@pytest.mark.parametrize("method", ["CANCEL", "ACK"])
def test_require_counts_for_nothing_in_a_cancel_or_an_ack(lab: Lab, method: str) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    bob.ignores()
    tester = Wire(lab)
    tester.send(request("INVITE"), bob)
    lab.env.call_later(0.02, tester.send, request(method, more="Require: teleport\n"), bob)
    lab.run(until=0.1)
    assert 420 not in tester.statuses and (method == "ACK" or 487 in tester.statuses)


# OPTIONS


@pytest.mark.covers("P20")
def test_options_tells_what_a_phone_can_do_and_which_media(lab: Lab) -> None:
    (answer,) = asked(lab, request("OPTIONS"))
    listed = {name: answer.header(name) for name in ("Accept", "Accept-Encoding", "Accept-Language", "Supported")}
    assert (answer.status, listed) == (
        200,
        {"Accept": "application/sdp", "Accept-Encoding": "identity", "Accept-Language": "en", "Supported": "replaces"},
    )  # fmt: skip
    assert answer.allow == tuple(ALLOW.split(", "))
    assert b"m=audio 0 RTP/AVP 0 8" in answer.body


def test_options_brings_no_description_to_whom_reads_none(lab: Lab) -> None:
    (answer,) = asked(lab, request("OPTIONS", more="Accept: text/html\n"))
    assert answer.status == 200 and not answer.body


@pytest.mark.covers("P20")
@pytest.mark.parametrize(
    ("setting", "status"),
    [
        (lambda bob: bob.rejects(486), 486),
        (lambda bob: bob.do_not_disturb(), 480),
        (lambda bob: bob.forwards("sip:bob@office.example.com"), 302),
        (lambda bob: bob.ignores(), 200),
    ],
)
def test_options_is_answered_as_an_invite_would_be(lab: Lab, setting: Setting, status: int) -> None:
    options, invite = request("OPTIONS"), request("INVITE", branch="z9hG4bK-2", call_id="other@HERE")
    first, second = asked(lab, options, invite, setting=setting)[:2]
    assert first.status == status and second.status == (180 if status == 200 else status)


@pytest.mark.covers("P01")
def test_an_invite_and_its_2xx_say_what_both_ends_can_do(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=0)
    alice.understands(extensions=["timer"])
    lab.run(alice.call(bob).answered)
    (invite,), (ok,) = messages(lab.trace, "INVITE", "alice"), messages(lab.trace, "200 INVITE", "bob")
    assert (invite.supported, ok.supported) == (("timer",), ("replaces",))
    assert invite.allow == ok.allow == tuple(ALLOW.split(", "))


# What the user wants


def result(lab: Lab, setting: Setting, **how: Any) -> CallFailed:
    """How a call to a phone that is set like this fails."""
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", **how)
    setting(bob)
    with pytest.raises(CallFailed) as failed:
        lab.run(alice.call(bob).answered)
    lab.run()
    return failed.value


@pytest.mark.parametrize("status", [480, 486, 603])
def test_who_does_not_want_to_be_disturbed_gets_no_call_until_he_picks_up(lab: Lab, status: int) -> None:
    assert result(lab, lambda bob: bob.do_not_disturb(status)).status == status
    alice, bob = lab.elements["alice"], lab.elements["bob"]
    assert "bob>alice 180 INVITE" not in wire(lab.trace)
    bob.picks_up()
    assert lab.run(alice.call(bob).answered)


def test_calls_are_forwarded_always_when_busy_or_when_nobody_answers(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    cell = lab.user_agent("sip:cell@example.com", answers=0)
    there = str(cell.contact_uri)
    bob.forwards(there)
    lab.run(alice.call(bob).answered)
    assert wire(lab.trace)[:4] == ["alice>bob INVITE", "bob>alice 302 INVITE", "alice>bob ACK", "alice>cell INVITE"]
    bob.picks_up(after=0)
    bob.forwards(there, when="busy")
    lab.run(alice.call(bob).answered)
    assert (len(bob.calls), len(cell.calls)) == (1, 1)
    lab.run(alice.call(bob).answered)
    assert len(bob.calls) == 1 and len(cell.calls) == 2
    bob.hang_up()
    lab.run()
    bob.ignores()
    bob.forwards(there, when="no answer", after=15)
    begun = lab.env.now
    lab.run(alice.call(bob).answered)
    assert times(lab.trace, "302 INVITE", "bob")[-1] == pytest.approx(begun + 15.005)


def test_a_phone_with_one_line_is_busy_while_it_is_in_use(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=0)
    bob.busy_at(1)
    first = alice.call(bob)
    lab.run(first.answered)
    with pytest.raises(CallFailed, match="486"):
        lab.run(alice.call(bob).answered)
    first.hang_up()
    lab.run()
    assert lab.run(alice.call(bob).answered)


def test_without_a_limit_several_calls_stand_at_once(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=0)
    for _ in range(3):
        lab.run(alice.call(bob).answered)
    assert len(bob.calls) == 3


def test_a_call_that_nobody_answers_is_given_up(lab: Lab) -> None:
    def unanswered(bob: UserAgent) -> None:
        bob.ignores()
        bob.gives_up(30)

    assert result(lab, unanswered).status == 480
    assert times(lab.trace, "480 INVITE", "bob") == [30.005]


def test_a_ringing_phone_says_so_each_minute_and_stops_after_three(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    bob.ignores()
    call = alice.call(bob)
    lab.run(until=200)
    assert call.ended.value.why == "480 Temporarily Unavailable"
    assert times(lab.trace, "180 INVITE", "bob") == [0.005, 60.005, 120.005]
    assert times(lab.trace, "480 INVITE", "bob") == [180.005]


def test_a_phone_that_rings_for_long_is_not_ended_by_a_proxys_timer(lab: Lab) -> None:
    alice, proxy = lab.user_agent("sip:alice@example.com"), lab.proxy("example.com")
    bob = lab.user_agent("sip:bob@example.com", answers=400)
    proxy.location.add("sip:bob@example.com", str(bob.contact_uri))
    lab.run(alice.call("sip:bob@example.com").answered)
    assert lab.env.now > 400 and not times(lab.trace, "CANCEL", "proxy")


def test_an_invitation_with_expires_is_good_for_so_long(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    bob.ignores()
    tester = Wire(lab)
    tester.send(request("INVITE", more="Expires: 20\n"), bob)
    lab.run(until=25)
    assert tester.statuses[:2] == [180, 487] and times(lab.trace, "487 INVITE", "bob")[0] == 20.005


def test_a_timestamp_comes_back_in_the_100_with_how_long_that_took(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    bob.on_call = lambda call: None
    tester = Wire(lab)
    tester.send(request("INVITE", more="Timestamp: 54.21\n"), bob)
    lab.run(until=1)
    assert tester.statuses == [100] and tester.heard[0].header("Timestamp") == "54.21 0.2"


@pytest.mark.parametrize(
    ("status", "what", "fields"),
    [
        (302, {"contacts": "sip:bob@office.example.com"}, {"Contact": "<sip:bob@office.example.com>"}),
        (300, {"contacts": ["sip:a@x", "<sip:b@x>;q=0.5"]}, {"Contact": "<sip:a@x>"}),
        (503, {"retry_after": 30}, {"Retry-After": "30"}),
        (606, {"warning": (370, "no bandwidth")}, {"Warning": '370 192.0.2.1 "no bandwidth"'}),
        (380, {"alternatives": "write to bob"}, {"Content-Type": "text/plain"}),
        pytest.param(
            420, {"headers": [("Unsupported", "timer")]}, {"Unsupported": "timer"},
            marks=pytest.mark.breaks("EXT-08"),  # nobody has required it
        ),
    ],
)  # fmt: skip
def test_a_refusal_brings_what_its_status_needs(
    lab: Lab, status: int, what: dict[str, Any], fields: dict[str, str]
) -> None:
    refusal = asked(lab, request("INVITE"), setting=lambda bob: bob.rejects(status, **what))[0]
    assert refusal.status == status and {name: refusal.header(name) for name in fields} == fields
    assert refusal.body == what.get("alternatives", "").encode()


@pytest.mark.covers("P07")
@pytest.mark.parametrize("status", [488, 606])
def test_media_that_nobody_has_in_common_are_refused_with_a_warning(lab: Lab, status: int) -> None:
    def setting(bob: UserAgent) -> None:
        bob.picks_up(after=0)
        bob.unfit = status

    heard = asked(lab, with_body(OFFER.replace("AVP 0", "AVP 96")), setting=setting)
    assert heard[1].status == status and heard[1].warning[0].code == 305


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        (lambda bob: bob.rejects(200), "status"),
        (lambda bob: bob.rejects(302, contacts="nobody"), "contacts"),
        (lambda bob: bob.rejects(503, retry_after=-1), "retry_after"),
        (lambda bob: bob.rejects(606, warning=(200, "x")), "warning"),
        (lambda bob: bob.do_not_disturb(200), "status: 200"),
        (lambda bob: bob.forwards("sip:a@b", when="often"), "when"),
        (lambda bob: bob.forwards("nobody"), "contacts: 'nobody'"),
        (lambda bob: bob.gives_up(-1), "after"),
        (lambda bob: bob.busy_at(0), "calls"),
        (lambda bob: bob.understands(unknown=200), "unknown"),
        (lambda bob: bob.understands(magic=1), "ability: 'magic'"),
        (lambda bob: bob.understands(largest_body="a"), "largest_body"),
        (lambda bob: bob.understands(methods="INVITE"), "methods"),
    ],
)
def test_a_wrong_wish_is_named(lab: Lab, wrong: Setting, names: str) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    before = bob.abilities, bob.on_call
    with pytest.raises(UsageError, match=names):
        wrong(bob)
    assert (bob.abilities, bob.on_call) == before and bob.unavailable() is None


# What can't be read


@pytest.mark.covers("P26", "P27")
@pytest.mark.parametrize(
    ("change", "status", "phrase"),
    [
        (("SIP/2.0\nVia", "SIP/7.0\nVia"), 505, "Version Not Supported"),
        (("Call-ID: test@HERE\n", ""), 400, "Call-ID is missing"),
        (("CSeq: 1 OPTIONS", "CSeq: 1 INVITE"), 400, "CSeq has method INVITE, the start line OPTIONS"),
        (("OPTIONS sip:bob@example.com SIP", "OPTIONS <sip:bob@example.com> SIP"), 400, "Request-URI: no URI"),
        (("OPTIONS sip:bob", "OPTIONS  sip:bob"), 400, "no start line of SIP/2.0"),
        (("sip:bob@example.com SIP", f"sip:bob@{3000 * 'x'} SIP"), 414, "Request-URI Too Long"),
        (("Content-Length", 300 * "X: y\n" + "Content-Length"), 513, "Message Too Large"),
        (("Content-Length: 0", "Content-Length: 9"), 400, "Content-Length 9 for a body of 0 octets"),
        (("Via: SIP/2.0/UDP HERE;", "Via: SIP/2.0/UDP HERE;;;"), 400, "Via: no parameter ;name or ;name=value"),
    ],
)
def test_what_can_not_be_read_is_answered_all_the_same(
    lab: Lab, change: tuple[str, str], status: int, phrase: str
) -> None:
    (answer,) = asked(lab, request("OPTIONS").replace(*change))
    assert answer.status == status and answer.reason == phrase and answer.to_tag
    assert lab.trace.select("refused")[0].data["status"] == status
    assert len(lab.trace.select("unparsable")) == 1


def test_each_copy_of_a_request_that_can_not_be_read_gets_the_same_answer(lab: Lab) -> None:
    first, second = asked(lab, *[request("OPTIONS").replace("Call-ID: test@HERE\n", "")] * 2)
    assert bytes(first) == bytes(second)


def test_a_broken_ack_response_or_heap_of_octets_is_never_answered(lab: Lab) -> None:
    broken = [request("ACK").replace("CSeq: 1 ACK\n", ""), "SIP/2.0 999 ?\nVia: x\n\n", "Via: x\n\n", "\x00\x01"]
    assert asked(lab, *broken) == [] and len(lab.trace.select("unparsable")) == 4


@pytest.mark.parametrize("method", ["BYE", "INVITE", "OPTIONS"])
def test_a_request_in_a_dialog_that_does_not_exist_gets_481(lab: Lab, method: str) -> None:
    assert asked(lab, request(method, to_tag="nobody"))[0].status == 481
    assert lab.trace.select("refused")[0].data["rfc"] == "RFC 3261 §12.2.2"


# What its user's code does wrong


@pytest.mark.parametrize("again", [0, 0.001, -1, "x", float("nan"), True])
def test_a_phone_is_not_told_to_ring_without_a_pause(lab: Lab, again: Any) -> None:
    bob = lab.user_agent("sip:bob@example.com")
    with pytest.raises(UsageError, match="allowed are None and seconds"):
        bob.ignores(again)
    lab.user_agent("sip:alice@example.com").call(bob)
    assert lab.run().result["answered"] == 1  # it behaves as before


def raising(call: Any) -> None:
    raise RuntimeError("my mistake")


def raising_later(call: Any) -> Any:
    call.ring() if hasattr(call, "ring") else None
    yield call.exchange.element.env.timeout(1)
    raise RuntimeError("my mistake")


@pytest.mark.parametrize("react", [raising, raising_later])
def test_a_mistake_in_on_call_is_told_and_the_caller_gets_500(lab: Lab, react: Any) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    bob.on_call = react
    call = alice.call(bob)
    with pytest.raises(RuntimeError, match="my mistake"):
        lab.run()
    assert call.ended.value.why.startswith("500 ") and not bob.calls and not lab.trace.check()


@pytest.mark.parametrize("react", [raising, raising_later])
def test_a_mistake_in_on_reinvite_is_told_and_the_session_stays_as_it_was(lab: Lab, react: Any) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    bob.on_reinvite = react
    call = alice.call(bob)
    lab.run(call.answered)
    held = call.hold()
    with pytest.raises(RuntimeError, match="my mistake"):
        lab.run()
    assert held.value.status == 500 and call.state == "answered" and call.direction == "sendrecv"
    assert messages(lab.trace, "500 INVITE", "bob") and not lab.trace.check()
    lab.run(call.hang_up())
    assert call.ended.value.why == "BYE"


def test_an_options_request_under_way_at_a_crash_comes_to_nothing(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")

    def story(lab: Lab) -> Any:
        answer = alice.options(bob.contact_uri)
        yield lab.env.timeout(0.003)
        alice.crash()
        with pytest.raises(CallFailed, match="503 alice crashed"):
            yield answer

    lab.run(story)


@pytest.mark.parametrize("early_bye", [True, False])
def test_an_ending_names_the_request_that_took_the_invite_back(lab: Lab, early_bye: bool) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    bob.ignores()
    call = alice.call(bob)
    lab.run(until=1)
    theirs = bob.current_call
    assert theirs is not None
    call.hang_up(early_bye=early_bye)
    lab.run()
    method, why = ("BYE", "early BYE") if early_bye else ("CANCEL", "CANCEL")
    assert call.ended.value == ("alice", why) and theirs.ended.value.why == why
    assert messages(lab.trace, method, "alice")
    assert len(messages(lab.trace, "CANCEL", "alice")) == (not early_bye)


# What a URI asks for


def test_a_uri_that_is_called_gives_its_header_fields_to_the_request(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    host = bob.host_port
    call = alice.call(f"sip:bob@{host};method=INVITE?Subject=a%20tea&Call-ID=1&Priority=x%0D%0AEvil:1")
    lab.run(call.answered)
    invite = messages(lab.trace, "INVITE", "alice")[0]
    assert str(invite.uri) == str(invite.to.uri) == f"sip:bob@{host}"
    assert invite.header("Subject") == "a tea" and invite.call_id != "1" and "Evil" not in str(invite)
    with pytest.raises(UsageError, match="method REGISTER"):
        alice.call(f"sip:bob@{host};method=REGISTER")


def test_a_redirect_gives_its_header_fields_to_the_next_request(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    carol = lab.user_agent("sip:carol@example.com")
    carol.rejects(302, contacts=f"<sip:bob@{bob.host_port};method=INVITE?Subject=hi>")
    lab.run(alice.call(carol).answered)
    first, second = messages(lab.trace, "INVITE", "alice")
    assert first.header("Subject") is None
    assert str(second.uri) == f"sip:bob@{bob.host_port}" and second.header("Subject") == "hi"


@pytest.mark.parametrize(("uri", "why"), [("tel:+4930", "no SIP address"), ("sip:bob@nowhere", "leads nowhere"),
                                          ("mailto:a@b", "no SIP address")])  # fmt: skip
def test_a_call_that_leads_nowhere_says_why(lab: Lab, uri: str, why: str) -> None:
    call = lab.user_agent("sip:alice@example.com").call(uri)
    with pytest.raises(CallFailed, match=why) as failed:
        lab.run(call.answered)
    assert failed.value.status == 503 and uri in failed.value.reason


@pytest.mark.parametrize("wrong", [
    lambda lab, a: a.call(5), lambda lab, a: a.call(None), lambda lab, a: a.call(lab.proxy("example.com")),
    lambda lab, a: a.demands(["x"]), lambda lab, a: a.demands({"bob": None}), lambda lab, a: a.waits(patience="x"),
    lambda lab, a: lab.user_agent("sip:x@y.z", outbound=5), lambda lab, a: lab.user_agent("sip:x@y.z", password=5),
    lambda lab, a: lab.scripted_peer("sip:e@y.z").say(None, a),
    lambda lab, a: lab.scripted_peer("sip:e@y.z").expect(999),
    lambda lab, a: a.call("sip:b@192.0.2.9").bye(),
], ids=range(11))  # fmt: skip
def test_what_a_phone_can_not_work_with_is_a_usage_error(lab: Lab, wrong: Any) -> None:
    with pytest.raises(UsageError):
        wrong(lab, lab.user_agent("sip:alice@example.com"))
