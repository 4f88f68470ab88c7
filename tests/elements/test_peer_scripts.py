"""A peer with a script of its own: `lab.peer("carol", script)`, in memory and over sockets."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import Any

import pytest
from bench_pair import messages, wire

import sipsim
from sipsim.elements.agents.scripted_peer import ScriptedPeer

Script = Generator[Any, Any, Any]


def bench(script: Any = None) -> tuple[sipsim.Lab, sipsim.UserAgent, ScriptedPeer]:
    lab = sipsim.Lab(seed=1)
    return lab, lab.user_agent("sip:alice@example.com"), lab.peer("carol", script)


def takes_a_call(peer: ScriptedPeer) -> Script:
    invite = yield peer.receive("INVITE")
    peer.send(invite.reply(180))
    peer.send(invite.reply(200, body=peer.description))
    yield peer.receive("ACK")
    bye = yield peer.receive("BYE")
    peer.send(bye.reply(200))


CALL = [
    "alice>carol INVITE", "carol>alice 180 INVITE", "carol>alice 200 INVITE", "alice>carol ACK", "alice>carol BYE",
    "carol>alice 200 BYE",
]  # fmt: skip


@pytest.mark.parametrize("network", ["memory", "udp"])
def test_a_call_is_taken_message_by_message(network: str) -> None:
    with sipsim.Lab(network=network) as lab:
        alice, carol = lab.user_agent("sip:alice@example.com"), lab.peer("carol", takes_a_call)

        def story(lab: sipsim.Lab) -> Script:
            call = alice.call(str(carol.uri))
            yield call.answered
            yield call.hang_up()

        trace = lab.run(story)
        assert wire(trace) == CALL and trace.result["answered"] == 1
        assert trace.check() == []


@pytest.mark.parametrize("network", ["memory", "udp"])
def test_a_call_is_placed_message_by_message(network: str) -> None:
    def script(peer: ScriptedPeer) -> Script:
        invite = peer.draft("INVITE", bob, body=peer.description, content_type="application/sdp")
        peer.send(invite)
        answer = yield peer.receive("final")
        peer.acknowledge(invite, answer)
        return {"status": answer.status}

    with sipsim.Lab(network=network) as lab:
        bob = lab.user_agent("sip:bob@example.com", answers=0.1)
        done = lab.peer("sip:carol@example.com").follow(script)
        assert lab.run(done) == {"status": 200}
        assert wire(lab.trace) == ["carol>bob INVITE", "bob>carol 180 INVITE", "bob>carol 200 INVITE", "carol>bob ACK"]


def test_a_refusal_is_acknowledged_where_it_came_from() -> None:
    lab, alice, carol = bench()
    alice.rejects(486)
    invite = carol.draft("INVITE", alice)

    def script(peer: ScriptedPeer) -> Script:
        peer.send(invite)
        peer.acknowledge(invite, (yield peer.receive(486)))

    carol.follow(script)
    trace = lab.run()
    assert wire(trace) == ["carol>alice INVITE", "alice>carol 486 INVITE", "carol>alice ACK"] and trace.check() == []


def test_octets_go_to_whoever_was_heard_last() -> None:
    def script(peer: ScriptedPeer) -> Script:
        invite = yield peer.receive("INVITE")
        peer.send(b"\x00no SIP\r\n\r\n")
        peer.send(invite.reply(486))

    lab, alice, carol = bench(script)
    call = alice.call(str(carol.uri))
    with pytest.raises(sipsim.CallFailed, match="486"):
        lab.run(call.answered)
    assert len(lab.run().select("unparsable", "alice")) == 1
    with pytest.raises(sipsim.UsageError, match=r"to: nobody was heard yet"):
        lab.peer("dave").send(b"hello")


@pytest.mark.parametrize("spoilt", ["Via", "From", "To", "CSeq"])
def test_a_reply_goes_back_whatever_it_lacks(spoilt: str) -> None:
    def script(peer: ScriptedPeer) -> Script:
        message = yield peer.receive("MESSAGE")
        peer.send(message.reply(500).without(spoilt))
        peer.send(message.reply(500).with_header(spoilt, '<<"@;;='))
        peer.send(message.reply(202))

    lab, alice, carol = bench(script)
    assert lab.run(alice.message(str(carol.uri), "hello")).status == 202
    assert [record.peer for record in lab.trace.select("sent", "carol")] == ["alice"] * 3


def test_a_request_that_leads_nowhere_goes_to_whoever_was_heard_last() -> None:
    def script(peer: ScriptedPeer) -> Script:
        message = yield peer.receive("MESSAGE")
        peer.send(message.reply(200))
        peer.send(peer.draft("OPTIONS", alice).with_header("Route", "<<"))
        return (yield peer.receive("final")).status

    lab, alice, carol = bench()
    done = carol.follow(script)
    alice.message(str(carol.uri), "hello")
    assert lab.run(done) == 200  # a phone has no use for a Route


def test_a_reply_is_proper_and_can_be_spoilt() -> None:
    def script(peer: ScriptedPeer) -> Script:
        invite = yield peer.receive("INVITE")
        peer.send(invite.reply(100))
        peer.send(invite.reply(180, "Any moment now", headers=[("Subject", "patience")]))
        peer.send(invite.reply(486).with_header("CSeq", "1 OPTIONS"))
        peer.send(invite.reply(603))

    lab, alice, carol = bench(script)
    call = alice.call(str(carol.uri))
    with pytest.raises(sipsim.CallFailed, match="603"):
        lab.run(call.answered)
    (trying,), (ringing,) = (messages(lab.trace, f"{status} INVITE", "carol") for status in (100, 180))
    assert trying.to_tag is None and not trying.contacts
    assert (ringing.reason, ringing.header("Subject")) == ("Any moment now", "patience")
    assert ringing.contacts[0].uri.host == carol.address.host
    assert messages(lab.trace, "603 INVITE", "carol")[0].to_tag == ringing.to_tag
    assert len(lab.trace.select("ignored", "alice")) == 1  # the 486, which answers no request of hers


def test_all_answers_to_one_request_have_one_tag_repetitions_and_cancel_too() -> None:
    def script(peer: ScriptedPeer) -> Script:
        yield peer.receive("INVITE")
        again = yield peer.receive("INVITE")  # nobody has said 100
        peer.send(again.reply(180))
        cancel = yield peer.receive("CANCEL")
        peer.send(cancel.reply(200))
        peer.send(again.reply(487))

    lab, alice, carol = bench(script)
    call = alice.call(str(carol.uri))
    lab.run(call.ringing)
    call.hang_up()
    trace = lab.run()
    tags = {record.message.to_tag for record in trace.select("sent", "carol")}
    assert len(tags) == 1 and None not in tags
    assert wire(trace, "alice")[-1] == "alice>carol ACK"


@pytest.mark.parametrize("kinds", [(), ("BYE", "MESSAGE"), ("MESSAGE",)])
def test_any_message_or_one_of_several_kinds(kinds: tuple[str, ...]) -> None:
    def script(peer: ScriptedPeer) -> Script:
        heard = yield peer.receive(*kinds)
        peer.send(heard.reply(200))
        return {"method": heard.method}

    lab, alice, carol = bench()
    done = carol.follow(script)
    alice.message(str(carol.uri), "hello")
    assert lab.run(done) == {"method": "MESSAGE"}


@pytest.mark.parametrize("network", ["memory", "udp"])
def test_silence_is_none_after_a_time(network: str) -> None:
    def script(peer: ScriptedPeer) -> Script:
        first = yield peer.receive("OPTIONS", timeout=0.2)
        peer.send(peer.draft("OPTIONS", alice))
        second = yield peer.receive(200, timeout=60)
        return first, second.status

    with sipsim.Lab(network=network) as lab:
        alice, carol = lab.user_agent("sip:alice@example.com"), lab.peer("carol")
        assert lab.run(carol.follow(script)) == (None, 200)
        lab.run()
        assert lab.env.now < 40  # nothing waits for the sixty seconds, once it has been heard


def test_what_came_while_nobody_listened_is_kept_in_order() -> None:
    def script(peer: ScriptedPeer) -> Script:
        yield lab.env.timeout(1)
        first = yield peer.receive()
        second = yield peer.receive()
        for message in (second, first):
            peer.send(message.reply(200))
        return [message.body for message in (first, second)]

    lab, alice, carol = bench()
    done = carol.follow(script)
    for text in ("one", "two"):
        alice.message(str(carol.uri), text)
    assert [body.decode() for body in lab.run(done)] == ["one", "two"]


def test_a_mistake_in_a_script_is_told_and_the_run_goes_on() -> None:
    def script(peer: ScriptedPeer) -> Script:
        invite = yield peer.receive("INVITE")
        peer.send(invite.reply(180))
        raise KeyError("a slip of the pen")

    lab, alice, carol = bench(script)
    bob = lab.user_agent("sip:bob@example.com", answers=5.0)

    def story(lab: sipsim.Lab) -> Script:
        alice.call(str(carol.uri))
        yield lab.env.timeout(1)
        yield alice.call(bob).answered

    with pytest.raises(KeyError, match="a slip of the pen") as caught:
        lab.run(story)
    (error,) = lab.trace.select("error")
    assert error.data["who"] == "the script of carol" and "a slip of the pen" in error.data["text"]
    assert error.cause is not None and "INVITE" in str(lab.trace[error.cause])
    assert caught.value.trace is lab.trace  # type: ignore[attr-defined]
    assert lab.trace.result["answered"] == 1  # the other call had five seconds still to go


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (lambda peer, message: peer.send(None), "message: None is none"),
        (lambda peer, message: peer.send(b"x", "sip:nobody@nowhere.example"), "nowhere.example leads nowhere"),
        (lambda peer, message: message.reply(99), "99"),
        (lambda peer, message: peer.receive(42), "kind: 42 will not do"),
        (lambda peer, message: peer.receive(None), "kind: None will not do"),
        (lambda peer, message: peer.receive("4xx"), "kind: '4xx' will not do"),
        (lambda peer, message: peer.receive("200 INVITE"), "kind: '200 INVITE' will not do"),
        (lambda peer, message: peer.receive("invite"), "kind: 'invite' will not do"),
        (lambda peer, message: message.reply(200, headers="Subject: x"), "headers: 'Subject: x' will not do"),
        (lambda peer, message: peer.receive(timeout=-1), "timeout: -1 will not do"),
        (lambda peer, message: peer.respond(peer.draft("BYE", "sip:a@b"), 200), "did not come to carol"),
    ],
)
def test_what_can_not_be_done_is_told_as_a_fault_of_the_script(spoilt: Any, told: str) -> None:
    def script(peer: ScriptedPeer) -> Script:
        message = yield peer.receive()
        spoilt(peer, message)

    lab, alice, carol = bench(script)
    alice.message(str(carol.uri), "hello")
    with pytest.raises(sipsim.UsageError, match=told):
        lab.run()
    assert [record.data["who"] for record in lab.trace.select("error")] == ["the script of carol"]


def test_no_run_waits_for_a_script_that_listens_for_ever() -> None:
    def script(peer: ScriptedPeer) -> Script:
        while True:
            message = yield peer.receive("MESSAGE")
            peer.send(message.reply(202))

    lab, alice, carol = bench(script)
    for _ in range(2):
        assert lab.run(alice.message(str(carol.uri), "hello")).status == 202
    assert lab.run().result["ok"] and lab.env.now < 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("carol", lambda peer: None), "script: .* is no generator function of a peer"),
        (("carol", 5), "script: 5 is no generator function of a peer"),
        (("two words",), "name: 'sip:two words@localhost' is no URI"),
        (("alice",), "name: 'alice' is taken already"),
        ((7,), "name: 7 will not do"),
        (("sip:@@",), "name: 'sip:@@' is no URI"),
    ],
)
def test_a_peer_has_a_name_and_a_script(arguments: tuple[Any, ...], told: str) -> None:
    lab = sipsim.Lab()
    lab.user_agent("sip:alice@example.com")
    with pytest.raises(sipsim.UsageError, match=told):
        lab.peer(*arguments)


def test_two_peers_of_one_uri_have_two_names() -> None:
    lab = sipsim.Lab()
    assert [lab.peer("sip:eve@example.com").name for _ in range(2)] == ["eve", "eve2"]


def test_a_peer_that_crashes_listens_no_longer() -> None:
    def script(peer: ScriptedPeer) -> Script:
        yield peer.receive("OPTIONS", timeout=5)
        raise AssertionError("it is down")

    lab, _, carol = bench(script)
    lab.run(until=1)
    carol.crash()
    assert lab.run(until=20).result["ok"]


def test_the_same_script_gives_the_same_octets() -> None:
    def told() -> list[bytes]:
        lab, alice, carol = bench(takes_a_call)
        call = alice.call(str(carol.uri))
        lab.run(call.answered)
        call.hang_up()
        return [record.raw for record in lab.run().select("sent")]

    assert told() == told()


def test_a_script_has_a_cause_and_its_messages_too() -> None:
    lab, alice, carol = bench(takes_a_call)
    call = alice.call(str(carol.uri))
    lab.run(call.answered)
    (began,) = lab.trace.select("story")
    assert "the script of carol begins" in str(began)
    sent = lab.trace.select("sent", "carol")
    assert all("INVITE" in str(lab.trace[record.cause]) for record in sent)
    call.hang_up()
    lab.run()


def test_a_body_may_be_text_and_header_fields_a_mapping() -> None:
    def script(peer: ScriptedPeer) -> Script:
        message = yield peer.receive("MESSAGE")
        peer.send(message.reply(200, headers={"Subject": "Tea"}, body="äh", content_type="text/plain"))

    lab, alice, carol = bench(script)
    answer = lab.run(alice.message(str(carol.uri), "hello"))
    assert answer.subject == "Tea" and answer.body == "äh".encode()


def forgets_the_yield(peer: ScriptedPeer) -> None:
    peer.send("never sent", "sip:alice@example.com")


@pytest.mark.parametrize("script", [5, "INVITE", [], object(), int, forgets_the_yield, lambda: None])
def test_what_can_not_be_a_script_places_no_peer(script: Any) -> None:
    """It is checked before anything is made, so that the name and the address stay free."""
    lab = sipsim.Lab(seed=1)
    with pytest.raises(sipsim.UsageError, match="script"):
        lab.peer("carol", script)
    assert not lab.elements and lab.trace.header["elements"] == []
    assert lab.peer("carol", takes_a_call).address.host == "192.0.2.1"


def test_a_script_may_be_made_of_another_one() -> None:
    """By a lambda, by a partial function, or as a method."""
    for script in (lambda peer: takes_a_call(peer), partial(takes_a_call), takes_a_call):
        lab, alice, carol = bench(script)
        lab.run(alice.call(carol.uri).answered)


@pytest.mark.parametrize(
    ("message", "to", "named"),
    [("x", "", "to"), (b"", None, "to"), ("\ud800", "alice", "message"), ("x\n\n\ud800", "alice", "message"),
     ("x", "sip:\ud800", "to"), (None, "alice", "message"), ("x", 5, "to")],
)  # fmt: skip
def test_what_can_not_be_sent_is_refused_by_name(message: Any, to: Any, named: str) -> None:
    lab, alice, carol = bench()
    with pytest.raises(sipsim.UsageError, match=f"^{named}"):
        carol.send(message, alice if to == "alice" else to)
    for copy in (0, -1, "2"):
        with pytest.raises(sipsim.UsageError, match="copy"):
            carol.send("x", alice, copy)  # type: ignore[arg-type]
    for body in ("\ud800", 5):
        with pytest.raises(sipsim.UsageError, match="body"):
            carol.draft("INVITE", alice, body=body)
    assert not lab.trace.select("sent")


def test_octets_that_are_no_utf_8_survive_as_text() -> None:
    lab, alice, carol = bench()
    carol.send("OPTIONS \udcff", alice)
    assert lab.trace.select("sent")[0].raw.startswith(b"OPTIONS \xff")


@pytest.mark.parametrize(("end", "port"), [("--x--\r\n", 49170), ("", 0)])
def test_a_description_among_other_parts_is_an_answer_and_parts_without_an_end_are_none(end: str, port: int) -> None:
    """RFC 5621 §3.1; where the parts can't be read the 2xx is acknowledged all the same."""

    def answers(peer: ScriptedPeer) -> Script:
        invite = yield peer.receive("INVITE")
        parts = ("application/sdp", peer.description.decode()), ("text/plain", "hello\r\n")
        body = "".join(f"--x\r\nContent-Type: {kind}\r\n\r\n{text}\r\n" for kind, text in parts)
        peer.send(invite.reply(200, body=body + end, content_type="multipart/mixed;boundary=x"))
        yield peer.receive("ACK")

    lab, alice, carol = bench(answers)
    call = alice.call(carol.uri)
    lab.run(call.answered)
    assert (call.stream.remote[1] if call.stream else 0) == port
    lab.run(until=2.0)
    assert wire(lab.trace)[-1] == "alice>carol ACK"
