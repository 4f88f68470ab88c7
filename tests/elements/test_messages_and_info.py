"""Instant messages, in calls and outside; and INFO, which changes nothing of a call (RFC 3428, RFC 6086)."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from bench_pair import messages, wire

from sipsim import CallFailed, Lab, UsageError, UserAgent
from sipsim.flows.casts import place


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


def pair(lab: Lab) -> tuple[UserAgent, UserAgent]:
    return lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=0)


@pytest.mark.covers("P10", "P22")
def test_a_message_goes_through_a_proxy_and_is_read(lab: Lab) -> None:
    alice, bob = pair(lab)
    proxy = lab.proxy("example.com")
    place(proxy, bob)
    seen: list[Any] = []
    bob.on_message = seen.append
    assert lab.run(alice.message("sip:bob@example.com", "Grüße")).status == 200
    (text,) = bob.messages
    assert seen == [text] and (text.text, text.content_type, text.sender) == ("Grüße", "text/plain", alice.uri)
    (sent,) = messages(lab.trace, "MESSAGE", "alice")
    assert not sent.has("Contact") and sent.header("Content-Type") == "text/plain"
    assert bob.dialogs == {} and bob.calls == {}


def test_a_message_of_a_kind_that_is_not_read_is_refused(lab: Lab) -> None:
    alice, bob = pair(lab)
    with pytest.raises(CallFailed, match="415"):
        lab.run(alice.message(bob, "<b>x</b>", "text/html"))
    assert messages(lab.trace, "415 MESSAGE", "bob")[0].header("Accept") == "text/plain" and not bob.messages


def test_a_phone_reads_the_kinds_of_text_that_it_understands(lab: Lab) -> None:
    alice, bob = pair(lab)
    bob.understands(types=["application/sdp", "text/html"])
    assert lab.run(alice.message(bob, "<b>x</b>", "text/html")).status == 200
    with pytest.raises(CallFailed, match="415"):
        lab.run(alice.message(bob, "x", "text/troff"))
    assert messages(lab.trace, "415 MESSAGE", "bob")[0].header("Accept") == "text/plain, text/html"
    assert [text.content_type for text in bob.messages] == ["text/html"]


def test_a_message_to_nobody_fails(lab: Lab) -> None:
    alice, _ = pair(lab)
    lab.proxy("example.com")
    with pytest.raises(CallFailed, match="404"):
        lab.run(alice.message("sip:nobody@example.com", "x"))


def test_a_phone_that_logs_in_sends_its_message_again(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@example.com", password="secret")
    bob = lab.user_agent("sip:bob@example.com")
    place(lab.proxy("example.com", users={"alice": "secret"}), bob)
    assert lab.run(alice.message("sip:bob@example.com", "x")).status == 200
    assert len(messages(lab.trace, "MESSAGE", "alice")) == 2 and len(bob.messages) == 1


def test_a_repeated_message_is_read_once(lab: Lab) -> None:
    alice, bob = pair(lab)
    lab.network.drop("200 MESSAGE", times=2)
    lab.run(alice.message(bob, "x"))
    assert len(bob.messages) == 1


def test_a_mistake_in_who_reads_it_is_reported_and_the_message_has_its_answer(lab: Lab) -> None:
    alice, bob = pair(lab)
    bob.on_message = lambda text: 1 / 0
    sent = alice.message(bob, "x")
    with pytest.raises(ZeroDivisionError):
        lab.run()
    assert lab.run(sent).status == 200


@pytest.mark.covers("P21")
def test_info_in_a_call_changes_neither_dialog_nor_description(lab: Lab) -> None:
    alice, bob = pair(lab)
    alice.info_packages, bob.info_packages = (), ("weather",)
    heard: list[Any] = []
    bob.on_info = lambda call, info: heard.append((call, info))
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run()
    taken = bob.current_call
    assert taken is not None and taken.dialog is not None and call.dialog is not None
    before = [(c.stream, c.local_sdp, c.remote_sdp, c.dialog.remote_target, c.state) for c in (call, taken)]
    assert lab.run(call.info("rain", package="weather")).status == 200
    assert lab.run(taken.info("Signal=5\r\n", "application/dtmf-relay")).status == 200
    assert [(c.stream, c.local_sdp, c.remote_sdp, c.dialog.remote_target, c.state) for c in (call, taken)] == before
    assert heard == [(taken, taken.infos[0])] and taken.infos == (("weather", b"rain", "text/plain"),)
    assert call.infos == ((None, b"Signal=5\r\n", "application/dtmf-relay"),)


def test_an_unknown_package_gets_469_with_those_that_are_known(lab: Lab) -> None:
    alice, bob = pair(lab)
    alice.info_packages, bob.info_packages = (), ("weather",)
    call = alice.call(bob)
    lab.run(call.answered)
    with pytest.raises(CallFailed, match="469"):
        lab.run(call.info("x", package="stocks"))
    (refusal,) = messages(lab.trace, "469 INFO", "bob")
    assert refusal.recv_info == ("weather",) and call.state == "answered"
    with pytest.raises(CallFailed, match="415"):
        lab.run(call.info("x", "application/x-game"))


def test_who_takes_packages_says_so_when_calling(lab: Lab) -> None:
    alice, bob = pair(lab)
    alice.info_packages = bob.info_packages = ("weather", "stocks")
    lab.run(alice.call(bob).answered)
    assert messages(lab.trace, "INVITE", "alice")[0].recv_info == ("weather", "stocks")
    assert messages(lab.trace, "200 INVITE", "bob")[0].recv_info == ("weather", "stocks")


def test_who_says_nothing_of_packages_hears_nothing_of_them(lab: Lab) -> None:
    """Recv-Info is in the INVITE, empty perhaps, or in no response (RFC 6086 §5.2.3)."""
    alice, bob = pair(lab)
    bob.info_packages = ("weather",)
    lab.run(alice.call(bob).answered)
    assert not messages(lab.trace, "200 INVITE", "bob")[0].has("Recv-Info")
    lab.run(alice.hang_up())
    alice.info_packages, alice.reliable, bob.reliable = (), "supported", "supported"
    call = alice.call(bob)
    lab.run(call.answered)
    assert messages(lab.trace, "INVITE", "alice")[1].header("Recv-Info") == ""
    for what in ("180 INVITE", "200 INVITE"):
        assert messages(lab.trace, what, "bob")[-1].recv_info == ("weather",)
    lab.run(call.hang_up())


def test_a_message_in_a_call_goes_along_its_dialog(lab: Lab) -> None:
    alice, bob = pair(lab)
    call = alice.call(bob)
    lab.run(call.answered)
    assert lab.run(call.message("hello")).status == 200
    (sent,) = messages(lab.trace, "MESSAGE", "alice")
    assert (sent.call_id, sent.cseq.number, sent.uri) == (call.call_id, 2, bob.contact_uri)
    assert [text.text for text in bob.messages] == ["hello"]


@pytest.mark.parametrize("what", ["info", "message"])
def test_a_call_that_the_peer_has_forgotten_ends(lab: Lab, what: str) -> None:
    alice, bob = pair(lab)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run()
    bob.crash()
    bob.restart()
    with pytest.raises(CallFailed, match="481"):
        lab.run(getattr(call, what)("x"))
    assert lab.run(call.ended).why.startswith(f"BYE, 481 to {what.upper()}")
    with pytest.raises(UsageError, match="there is no dialog"):
        getattr(call, what)("x")


def test_info_outside_of_a_call_gets_481(lab: Lab) -> None:
    bob, peer = lab.user_agent("sip:bob@example.com"), lab.scripted_peer("sip:carol@example.com")
    peer.say(peer.draft("INFO", bob.contact_uri), bob)
    assert lab.run(peer.expect("final")).status == 481
    assert wire(lab.trace)[-1] == "bob>carol 481 INFO"


def test_what_is_no_text_is_refused_by_name_before_anything_is_sent(lab: Lab) -> None:
    """Surrogates that stand for no octet, and what is neither text nor bytes."""
    alice, bob = pair(lab)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run()
    sent = len(lab.trace.select("sent"))
    for wrong in ("\ud800", 5, None):
        for name, say in (("text", call.message), ("body", call.info), ("text", partial(alice.message, bob))):
            with pytest.raises(UsageError, match=f"^{name}: "):
                say(wrong)  # type: ignore[operator]
    with pytest.raises(UsageError, match=r"^reason: "):
        call.hang_up(reason="\ud800")
    with pytest.raises(UsageError, match=r"^alternatives: "):
        bob.rejects(380, alternatives="\ud800")
    assert len(lab.trace.select("sent")) == sent and call.state == "answered"
    lab.run(call.message("\udcff"))
    assert messages(lab.trace, "MESSAGE", "alice")[0].body == b"\xff"
