"""Sessions: what is offered and answered, when and by whom, and how an answered call is changed (RFC 3261 §13, §14)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bench_pair import Wire, messages, request, times, wire

from sipsim import Call, CallFailed, Lab, Sdp, UsageError, UserAgent
from sipsim.message import build

Both = tuple[Call, Call]


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def pair(lab: Lab, **how: Any) -> tuple[UserAgent, UserAgent]:
    return lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=0, **how)


def talking(lab: Lab, alice: UserAgent, bob: UserAgent, **how: Any) -> Both:
    """Alice has called Bob, and both ends know that the call stands."""
    call = alice.call(bob, **how)
    lab.run(call.answered)
    lab.run()
    taken = bob.current_call
    assert taken is not None and taken.state == "answered"
    return call, taken


def agree(one: Call, other: Call) -> bool:
    """Whether the two ends have the same idea of the stream (invariant I10)."""
    a, b = one.stream, other.stream
    assert a is not None and b is not None
    mirror = {"sendonly": "recvonly", "recvonly": "sendonly"}
    same = a.codec == b.codec and a.local == b.remote and a.remote == b.local
    return same and b.direction == mirror.get(a.direction, a.direction)


def versions(trace: Any, element: str) -> list[int]:
    """The versions of the descriptions that an element sent, repetitions left out."""
    sent = [r for r in trace.select("sent", element) if r.message.body and r.data.get("copy", 1) == 1]
    return [int((Sdp.parse(r.message.body).origin or "").split()[2]) for r in sent]


# Changes by re-INVITE


@pytest.mark.covers("P09")
@pytest.mark.parametrize("side", [0, 1], ids=["by the caller", "by the callee"])
def test_either_side_puts_the_other_on_hold_and_talks_on(lab: Lab, side: int) -> None:
    calls = talking(lab, *pair(lab))
    mine, other = calls[side], calls[1 - side]
    assert lab.run(mine.hold()) is mine
    lab.run()
    assert (mine.stream.direction, other.stream.direction) == ("sendonly", "recvonly") and agree(mine, other)
    lab.run(mine.resume())
    lab.run()
    assert mine.stream.direction == other.stream.direction == "sendrecv" and agree(mine, other)
    name = mine.agent.name
    assert [m.cseq.number for m in messages(lab.trace, "INVITE", name)][-2:] == ([2, 3], [1, 2])[side]
    lab.run(other.hang_up())
    assert not lab.trace.check()


def test_two_who_hold_each_other_are_inactive_and_media_stop_meanwhile(lab: Lab) -> None:
    mine, other = talking(lab, *pair(lab))
    lab.run(mine.hold())
    lab.run(other.hold())
    lab.run()
    assert mine.stream.direction == other.stream.direction == "inactive"
    last = lab.trace.select("media")[-1]
    assert last.data["event"] == "stop"
    lab.run(mine.resume())
    lab.run()
    assert (mine.stream.direction, other.stream.direction) == ("recvonly", "sendonly")


def test_a_change_of_codec_is_agreed_and_the_records_of_media_follow(lab: Lab) -> None:
    mine, other = talking(lab, *pair(lab))
    lab.run(mine.reinvite(codecs=["PCMA"]))
    lab.run()
    assert mine.stream.codec == "PCMA" and agree(mine, other)
    heard = [(r.element, r.data["event"], r.data["codec"]) for r in lab.trace.select("media")]
    assert heard[2:] == [
        ("bob", "stop", "PCMU"), ("bob", "start", "PCMA"), ("alice", "stop", "PCMU"), ("alice", "start", "PCMA"),
    ]  # fmt: skip


def test_the_version_of_a_description_goes_up_when_it_says_something_new(lab: Lab) -> None:
    mine, other = talking(lab, *pair(lab))
    for change in (mine.reinvite, mine.hold, mine.hold, lambda: other.reinvite(codecs=["PCMA"])):
        lab.run(change())
        lab.run()
    # alice: offers 1, 1 (a refresh), 2, 2, then the answer 3; bob: answers 1, 1, 2, 2, then the offer 3
    assert versions(lab.trace, "alice") == versions(lab.trace, "bob") == [1, 1, 2, 2, 3]
    assert agree(mine, other)


@pytest.mark.parametrize(("unfit", "status"), [(488, 488), (606, 606)])
def test_a_change_that_does_not_fit_is_refused_and_the_session_stays(lab: Lab, unfit: int, status: int) -> None:
    alice, bob = pair(lab)
    bob.unfit = unfit
    mine, other = talking(lab, alice, bob)
    before = mine.stream, other.stream, mine.local_sdp, mine.remote_sdp
    with pytest.raises(CallFailed) as failed:
        lab.run(mine.reinvite(codecs=["G729"]))
    lab.run()
    assert failed.value.status == status and mine.state == other.state == "answered"
    assert (mine.stream, other.stream, mine.local_sdp, mine.remote_sdp) == before
    (refused,) = messages(lab.trace, f"{status} INVITE", "bob")
    assert refused.warning[0].code == 305
    lab.run(mine.hold())  # and the next change is none the worse for it
    lab.run()
    assert agree(mine, other) and mine.stream.codec == "PCMU"


@pytest.mark.parametrize("status", [302, 486, 503, 603])
def test_a_user_who_refuses_a_change_keeps_the_call(lab: Lab, status: int) -> None:
    alice, bob = pair(lab)
    mine, other = talking(lab, alice, bob)
    bob.on_reinvite = lambda change: change.reject(status)
    with pytest.raises(CallFailed, match=str(status)):
        lab.run(mine.hold())
    lab.run()
    assert mine.state == other.state == "answered" and mine.stream.direction == "sendrecv"


def test_a_user_may_think_about_a_change_and_a_100_is_sent_meanwhile(lab: Lab) -> None:
    alice, bob = pair(lab)
    mine, other = talking(lab, alice, bob)

    def slow(change: Any) -> Iterator[Any]:
        yield lab.env.timeout(3)
        change.accept()

    bob.on_reinvite = slow
    began = lab.env.now
    lab.run(mine.hold())
    assert lab.env.now - began == pytest.approx(3.01)
    assert times(lab.trace, "100 INVITE", "bob") == [pytest.approx(began + 0.205)]
    lab.run()
    assert agree(mine, other)


@pytest.mark.parametrize("gone", ["forgets the call", "falls silent"])
def test_a_peer_that_knows_nothing_of_the_call_any_more_ends_it(lab: Lab, gone: str) -> None:
    alice, bob = pair(lab)
    mine, _ = talking(lab, alice, bob)
    bob.crash()
    if gone == "forgets the call":
        bob.restart()
    with pytest.raises(CallFailed) as failed:
        lab.run(mine.reinvite())
    lab.run()
    status = 481 if gone == "forgets the call" else 408
    assert failed.value.status == status and mine.ended.value.why.startswith(f"BYE, {status} to INVITE")
    assert wire(lab.trace, "alice")[-1] == "alice>bob BYE" and not alice.calls and not alice.dialogs


def test_a_change_waits_until_the_one_before_it_is_over(lab: Lab) -> None:
    mine, other = talking(lab, *pair(lab))
    first, second, third = mine.hold(), mine.reinvite(codecs=["PCMA"]), mine.resume()
    lab.run(third)
    lab.run()
    assert first.ok and second.ok and mine.stream.codec == "PCMA" and agree(mine, other)
    assert not lab.trace.check()


def test_a_change_wanted_while_the_peers_is_unanswered_waits_for_it(lab: Lab) -> None:
    alice, bob = pair(lab)
    mine, other = talking(lab, alice, bob)
    bob.on_reinvite = lambda change: lab.env.call_later(2, change.reject, 488)
    failing = mine.hold()
    lab.env.call_later(1, lambda: wanted.append(other.reinvite(codecs=["PCMA"])))
    wanted: list[Any] = []
    with pytest.raises(CallFailed):
        lab.run(failing)
    lab.run(wanted[0])
    lab.run()
    assert mine.stream.codec == "PCMA" and mine.stream.direction == "sendrecv" and agree(mine, other)
    assert not lab.trace.check()


def test_a_change_of_a_call_that_has_ended_fails_and_one_of_a_call_that_rings_is_a_mistake(lab: Lab) -> None:
    alice, bob = pair(lab)
    bob.ignores()
    call = alice.call(bob)
    lab.run(call.ringing)
    with pytest.raises(UsageError, match="ringing"):
        call.reinvite()
    lab.run(call.hang_up())
    with pytest.raises(CallFailed, match="487"):
        lab.run(call.reinvite())


@pytest.mark.parametrize(
    ("how", "names"),
    [
        ({"codecs": ["MP3"]}, "codecs: 'MP3'"), ({"codecs": []}, "codecs"),
        ({"direction": "both"}, "direction: 'both'"),
    ],
)  # fmt: skip
def test_a_wrong_wish_is_named_and_nothing_is_sent(lab: Lab, how: dict[str, Any], names: str) -> None:
    mine, _ = talking(lab, *pair(lab))
    sent = len(lab.trace.select("sent"))
    with pytest.raises(UsageError, match=names):
        mine.reinvite(**how)
    lab.run()
    assert len(lab.trace.select("sent")) == sent


def test_a_200_to_a_reinvite_is_repeated_until_its_ack_comes_and_then_the_call_is_ended(lab: Lab) -> None:
    mine, other = talking(lab, *pair(lab))
    lab.network.drop("ACK", times=100)  # type: ignore[attr-defined]
    began = lab.env.now
    mine.hold()
    lab.run()
    again = [t - began - 0.005 for t in times(lab.trace, "200 INVITE", "bob")][1:]
    assert again == pytest.approx([0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5])
    assert other.ended.value == ("bob", "BYE, no ACK") and mine.state == "ended"


def test_a_lost_200_to_a_reinvite_comes_again_and_changes_the_session_once(lab: Lab) -> None:
    mine, other = talking(lab, *pair(lab))
    lab.network.drop("200 INVITE", times=2)  # type: ignore[attr-defined]
    lab.run(mine.hold())
    lab.run()
    assert agree(mine, other) and len(messages(lab.trace, "ACK", "alice")) == 2 and not lab.trace.check()


def test_a_reinvite_without_an_offer_gets_it_in_the_200_and_answers_in_the_ack(lab: Lab) -> None:
    mine, other = talking(lab, *pair(lab))
    lab.run(mine.reinvite(codecs=["PCMA"], offer=False))
    lab.run()
    invite, ok, ack = (
        messages(lab.trace, what, who)[-1]
        for what, who in (("INVITE", "alice"), ("200 INVITE", "bob"), ("ACK", "alice"))
    )
    assert not invite.body and b"m=audio" in ok.body and b"PCMA" in ack.body and b"PCMU" not in ack.body
    assert mine.stream.codec == "PCMA" and agree(mine, other)


# The first offer


@pytest.mark.covers("P07", "P15", "P16")
def test_an_invite_without_an_offer_is_answered_with_one_and_the_ack_has_the_answer(lab: Lab) -> None:
    alice, bob = pair(lab)
    mine, other = talking(lab, alice, bob, offer=False)
    (invite,), (ok,), (ack,) = (
        messages(lab.trace, what, who) for what, who in (("INVITE", "alice"), ("200 INVITE", "bob"), ("ACK", "alice"))
    )
    assert not invite.body and invite.content_type is None
    assert ok.body and ack.body and ack.content_type.subtype == "sdp"
    assert agree(mine, other) and lab.trace.select("media", "alice") and lab.trace.select("media", "bob")
    lab.run(other.hang_up())
    assert not lab.trace.check()


def test_an_offer_in_a_200_in_which_nothing_fits_is_declined_in_the_ack_and_the_call_ended(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@example.com", codecs=["G729"])
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    call = alice.call(bob, offer=False)
    with pytest.raises(CallFailed, match="488"):
        lab.run(call.answered)
    lab.run()
    (ack,) = messages(lab.trace, "ACK", "alice")
    assert [media.port for media in Sdp.parse(ack.body).media] == [0]
    assert wire(lab.trace)[-2:] == ["alice>bob BYE", "bob>alice 200 BYE"] and lab.trace.result["failed"] == 1


@pytest.mark.parametrize("status", [488, 606])
def test_an_offer_in_which_nothing_fits_is_refused_with_a_warning(lab: Lab, status: int) -> None:
    alice, bob = pair(lab, codecs=["GSM"])
    bob.unfit = status
    with pytest.raises(CallFailed, match=str(status)):
        lab.run(alice.call(bob).answered)
    lab.run()
    assert messages(lab.trace, f"{status} INVITE", "bob")[0].warning[0].code == 305


def test_streams_that_a_phone_does_not_have_are_refused_in_their_place(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    tester = Wire(lab)
    body = (
        "v=0\r\no=t 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=video 9002 RTP/AVP 31\r\n"
        "m=audio 9000 RTP/AVP 97 101\r\na=rtpmap:97 pcma/8000/1\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n"
    )
    text = request("INVITE", more="Content-Type: application/sdp\n").replace(
        "Content-Length: 0", f"Content-Length: {len(body)}"
    )
    tester.send(text + body, bob)
    lab.run(until=0.2)
    answer = Sdp.parse(tester.heard[-1].body)
    assert [(media.kind, media.port > 0, media.formats) for media in answer.media] == [
        ("video", False, ("31",)), ("audio", True, ("97",)),
    ]  # fmt: skip
    assert "recvonly" in answer.media[1].attributes


# Ends


@pytest.mark.covers("P18")
def test_who_is_in_a_call_already_hangs_up_on_the_next_one_with_486(lab: Lab) -> None:
    alice, bob = pair(lab)
    carol = lab.user_agent("sip:carol@example.com")
    talking(lab, alice, bob)
    bob.on_call = lambda call: (call.ring(), call.hang_up())
    with pytest.raises(CallFailed, match="486"):
        lab.run(carol.call(bob).answered)


@pytest.mark.covers("P17")
def test_two_byes_that_cross_are_both_answered(lab: Lab) -> None:
    mine, other = talking(lab, *pair(lab))
    mine.hang_up()
    other.hang_up()
    lab.run()
    sent = wire(lab.trace)
    assert {"alice>bob BYE", "bob>alice BYE", "alice>bob 200 BYE", "bob>alice 200 BYE"} <= set(sent)
    assert (mine.ended.value, other.ended.value) == (("alice", "BYE"), ("bob", "BYE"))


def test_a_reinvite_that_crosses_a_bye_gets_481_and_the_call_ends(lab: Lab) -> None:
    mine, other = talking(lab, *pair(lab))
    change = mine.hold()
    other.hang_up()
    with pytest.raises(CallFailed, match="487"):
        lab.run(change)
    lab.run()
    assert "bob>alice 481 INVITE" in wire(lab.trace) and mine.state == other.state == "ended"


def test_a_bye_ends_a_reinvite_that_waits_for_its_answer(lab: Lab) -> None:
    alice, bob = pair(lab)
    mine, _ = talking(lab, alice, bob)
    bob.on_reinvite = lambda change: None
    change = mine.hold()
    lab.env.call_later(1, mine.hang_up)
    with pytest.raises(CallFailed, match="487"):
        lab.run(change)
    lab.run()
    assert wire(lab.trace)[-4:] == ["alice>bob BYE", "bob>alice 200 BYE", "bob>alice 487 INVITE", "alice>bob ACK"]


def test_a_reinvite_that_is_cancelled_leaves_the_call_as_it_was(lab: Lab) -> None:
    alice, bob = pair(lab)
    mine, other = talking(lab, alice, bob)
    bob.on_reinvite = lambda change: lab.env.call_later(
        0.5, lambda: [e.cancel() for e in list(alice.clients.values()) if e.state == "proceeding"]
    )
    with pytest.raises(CallFailed, match="487"):
        lab.run(mine.hold())
    lab.run()
    assert mine.state == other.state == "answered" and "alice>bob CANCEL" in wire(lab.trace)


def test_a_call_that_ends_while_changes_wait_lets_them_go(lab: Lab) -> None:
    mine, _ = talking(lab, *pair(lab))
    changes = [mine.hold(), mine.resume()]
    mine.hang_up()
    lab.run()
    for change in changes:
        assert change.triggered and not change.ok
    assert not lab.trace.check()


def test_an_early_dialog_may_be_ended_by_bye(lab: Lab) -> None:
    alice, bob = pair(lab)
    bob.ignores()
    call = alice.call(bob)
    lab.run(call.ringing)
    call.hang_up(early_bye=True)
    lab.run()
    assert wire(lab.trace)[2:] == ["alice>bob BYE", "bob>alice 200 BYE", "bob>alice 487 INVITE", "alice>bob ACK"]
    assert call.ended.value == ("alice", "early BYE") and not lab.trace.check()


@pytest.mark.parametrize("late", [0.997, 1.003], ids=["BYE first", "200 first"])
def test_a_bye_in_an_early_dialog_that_crosses_the_answer_ends_the_call(lab: Lab, late: float) -> None:
    alice, bob = pair(lab)
    bob.answers = 1
    call = alice.call(bob)
    lab.run(call.ringing)
    lab.env.call_later(late - lab.env.now, lambda: call.hang_up(early_bye=True))
    lab.run()
    assert call.state == "ended" and not alice.calls and not bob.calls and not lab.trace.check()


def test_an_early_bye_that_is_refused_is_followed_by_cancel(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@example.com")
    tester = Wire(lab)
    answers: dict[str, Callable[[Any], Any]] = {
        "INVITE": lambda m: build.reply(m, 180, to_tag="t", contact=f"<sip:t@{tester.address.host}>"),
        "BYE": lambda m: build.reply(m, 481),
        "CANCEL": lambda m: build.reply(m, 200, to_tag="t"),
    }

    def react(m: Any) -> None:
        if getattr(m, "method", "") in answers:
            tester.send(answers[m.method](m), alice)
        if getattr(m, "method", "") == "CANCEL":
            tester.send(build.reply(messages(lab.trace, "INVITE", "alice")[0], 487, to_tag="t"), alice)

    tester.on_message = react
    call = alice.call(f"sip:t@{tester.address.host}")
    lab.run(call.ringing)
    call.hang_up(early_bye=True)
    lab.run()
    assert [m.method for m in tester.heard] == ["INVITE", "BYE", "CANCEL", "ACK"] and call.state == "ended"


# Where an answered call is


def test_a_phone_that_moves_says_so_by_reinvite_and_is_found_there(lab: Lab) -> None:
    mine, other = talking(lab, *pair(lab))
    old, bob = other.agent.address, other.agent
    bob.move()
    assert bob.address != old
    lab.run(other.reinvite())
    lab.run()
    assert mine.dialog.remote_target.host == bob.address.host and agree(mine, other)
    assert mine.stream.remote[0] == bob.address.host
    lab.run(mine.hang_up())
    assert lab.trace.select("sent", "alice")[-1].data["dst"] == str(bob.address)
    assert other.ended.value.why == "BYE" and not lab.trace.check()


def test_a_phone_that_moved_without_a_word_is_not_found(lab: Lab) -> None:
    mine, other = talking(lab, *pair(lab))
    other.agent.move()
    mine.hang_up()
    lab.run()
    assert mine.ended.value.why == "BYE, transport error" and other.state == "answered"
    other.agent.forget_users()


@pytest.mark.parametrize("side", [0, 1], ids=["by the caller", "by the callee"])
def test_a_reinvite_that_is_asked_for_a_password_is_sent_again_with_credentials(lab: Lab, side: int) -> None:
    proxy = lab.proxy("example.com", users={"alice": "a", "bob": "b"}, challenges="all")
    alice = lab.user_agent("sip:alice@example.com", password="a")
    bob = lab.user_agent("sip:bob@example.com", password="b", answers=0)
    proxy.location.add(bob.uri.aor, bob.contact_uri)
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    lab.run()
    assert bob.current_call is not None
    calls = (call, bob.current_call)
    lab.run(calls[side].hold())
    lab.run()
    assert agree(*calls) and calls[side].stream.direction == "sendonly"
    name = calls[side].agent.name
    tries = messages(lab.trace, "INVITE", name)[-2:]
    if side:
        assert not tries[0].has("proxy-authorization") and tries[1].cseq.number == tries[0].cseq.number + 1
    assert tries[1].has("proxy-authorization") and messages(lab.trace, "ACK", name)[-1].has("proxy-authorization")
    lab.run(calls[1 - side].hang_up())
    assert not lab.trace.check()


def test_a_phone_that_learns_other_codecs_speaks_them_from_its_next_call_on(lab: Lab) -> None:
    alice, bob = pair(lab)
    bob.codecs = ["PCMA"]
    with pytest.raises(UsageError, match="codecs: 'MP3'"):
        bob.codecs = ["MP3"]
    mine, other = talking(lab, alice, bob)
    assert mine.stream is not None and other.stream is not None
    assert mine.stream.codec == other.stream.codec == "PCMA"


def test_a_change_whose_last_word_gets_lost_is_given_up_when_no_proxy_could_still_answer(lab: Lab) -> None:
    alice, bob = pair(lab)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(until=5.0)
    bob.on_reinvite = lambda change: None  # nobody decides before the call ends
    lab.network.drop("487 INVITE", times=None)
    changed = call.reinvite()
    lab.run(until=6.0)
    call.hang_up()
    lab.run()
    assert not changed.ok and str(changed.value).startswith("487 the call has ended")
    assert lab.leftovers() == []


def test_a_change_that_nobody_answers_any_more_is_given_up_though_its_first_100_comes_after_the_bye(lab: Lab) -> None:
    alice, bob = pair(lab)
    call, _ = talking(lab, alice, bob)
    bob.on_reinvite = lambda change: None
    lab.network.hold("100")
    lab.network.drop("487 INVITE", times=None)
    changed, began = call.reinvite(), lab.env.now
    lab.run(until=began + 0.3)
    lab.run(call.hang_up())
    lab.network.release()
    lab.run(until=began + 400)
    assert not changed.ok and lab.leftovers() == []


@pytest.mark.parametrize("route", [False, True])
def test_a_redirected_change_goes_to_the_new_address_along_the_route_set(lab: Lab, route: bool) -> None:
    """As any other request, and still in the dialog (§12.2.1.2): the same tags, the next CSeq, the same Route."""
    proxy = lab.proxy("example.com", record_route=route)
    alice, bob = pair(lab)
    alice.outbound = proxy
    lab.run(bob.register())
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    lab.run()
    desk = lab.scripted_peer("sip:bob@desk.example", "desk")

    def answer(lab: Lab) -> Iterator[Any]:
        invite = yield desk.expect("INVITE")
        described = {"body": bytes(call.remote_sdp or b""), "content_type": "application/sdp"}
        desk.respond(invite, 200, to_tag=None, **described)
        yield desk.expect("ACK")

    lab.tell(answer)
    bob.on_reinvite = lambda change: change.reject(302, contacts=f"sip:bob@{desk.host_port}")
    lab.run(call.reinvite())
    lab.run(until=lab.env.now + 1)
    first, second = messages(lab.trace, "INVITE", "alice")[-2:]
    assert (second.from_tag, second.to_tag) == (first.from_tag, first.to_tag)
    assert second.cseq.number == first.cseq.number + 1 and second.uri.host == desk.address.host
    assert second.values("Route") == first.values("Route") and bool(second.values("Route")) == route
    assert messages(lab.trace, "ACK", "alice")[-1].uri.host == desk.address.host
    assert call.state == "answered"


def test_a_redirected_change_that_nobody_takes_leaves_the_call_to_its_end(lab: Lab) -> None:
    """Who does not know the dialog says 481, which ends it (§12.2.1.2)."""
    alice, bob = pair(lab)
    mine, other = talking(lab, alice, bob)
    carol = lab.user_agent("sip:carol@example.com")
    bob.on_reinvite = lambda change: change.reject(302, contacts=f"sip:carol@{carol.host_port}")
    with pytest.raises(CallFailed, match="481"):
        lab.run(mine.hold())
    lab.run()
    assert mine.ended.value.why == "BYE, 481 to INVITE" and other.state == "ended"
