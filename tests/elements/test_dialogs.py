"""Dialogs: how they begin, whom their requests reach, how they end; several of one INVITE (RFC 3261 §12, §13.2.2.4)."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import Wire, messages, request, times, wire

from sipsim import CallFailed, Lab, UsageError, UserAgent


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


class Callee(Wire):
    """A callee that a test speaks for: it answers the INVITE that it got, under any tag."""

    invite: Any = None

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab, "callee")
        self.on_message = self._keep

    def _keep(self, message: Any) -> None:
        if getattr(message, "method", "") == "INVITE":
            self.invite = message

    def say(self, status: int, tag: str, caller: UserAgent, more: str = "") -> None:
        copied = "".join(f"{n}: {v}\n" for n, v in self.invite.headers if n in ("Via", "From", "Call-ID", "CSeq"))
        text = f"SIP/2.0 {status} Said\n{copied}To: <sip:t@HERE>;tag={tag}\nContact: <sip:{tag}@HERE>\n{more}"
        self.send(f"{text}Content-Length: 0\n\n", caller)

    def ask(self, method: str, tag: str, caller: UserAgent, cseq: int = 1) -> None:
        """Send a request in the dialog that a tag of ours has made."""
        text = request(method, str(caller.contact_uri), branch=f"z9hG4bK-{method}{tag}{cseq}", cseq=cseq,
                       to_tag=self.invite.from_tag, call_id=self.invite.call_id)  # fmt: skip
        self.send(text.replace(";tag=t\n", f";tag={tag}\n"), caller)


def called(lab: Lab, *ringing: str, **how: Any) -> tuple[UserAgent, Any, Callee]:
    """Alice calls a callee which rings under these tags."""
    alice, callee = lab.user_agent("sip:alice@example.com"), Callee(lab)
    call = alice.call(f"sip:t@{callee.address.host}", **how)
    lab.run(until=0.1)
    for tag in ringing:
        callee.say(180, tag, alice)
    lab.run(until=0.2)
    return alice, call, callee


# Early dialogs


def test_each_tag_of_a_provisional_response_makes_an_early_dialog(lab: Lab) -> None:
    alice, call, callee = called(lab, "one", "two", "one")
    callee.say(100, "none", alice)
    lab.run(until=0.3)
    assert [dialog.remote_tag for dialog in call.early_dialogs] == ["one", "two"]
    assert [dialog.remote_target.user for dialog in call.early_dialogs] == ["one", "two"]
    assert call.dialog is None and len(alice.dialogs) == 2
    call.hang_up()
    lab.drain()


@pytest.mark.parametrize("status", [302, 404, 487, 603])
def test_a_refusal_ends_all_early_dialogs(lab: Lab, status: int) -> None:
    alice, call, callee = called(lab, "one", "two")
    callee.say(status, "one", alice, "" if status != 302 else "Expires: 1\n")
    lab.run(until=0.25)
    if status != 302:
        assert call.state == "ended"
    assert not call.early_dialogs and not alice.dialogs
    lab.drain()


def test_after_the_first_2xx_early_dialogs_last_64_times_t1(lab: Lab) -> None:
    alice, call, callee = called(lab, "one", "two", "three")
    callee.say(200, "two", alice)
    lab.run(until=30)
    assert call.dialog.remote_tag == "two" and [d.remote_tag for d in call.early_dialogs] == ["one", "three"]
    lab.run(until=32.3)
    assert not call.early_dialogs and list(alice.dialogs) == [call.dialog.key]
    lab.drain()


def test_requests_of_the_callee_in_an_early_dialog_are_answered_in_it(lab: Lab) -> None:
    alice, call, callee = called(lab, "one", "two")
    for method, tag, cseq in (("OPTIONS", "one", 5), ("OPTIONS", "two", 1), ("INVITE", "one", 6)):
        callee.ask(method, tag, alice, cseq)
    callee.ask("OPTIONS", "one", alice, 4)
    callee.ask("OPTIONS", "three", alice)
    lab.run(until=0.3)
    assert callee.statuses == [200, 200, 491, 500, 481]
    callee.ask("BYE", "two", alice, 2)
    lab.run(until=0.4)
    assert callee.statuses[-1] == 200 and [d.remote_tag for d in call.early_dialogs] == ["one"]
    callee.say(200, "one", alice)
    callee.ask("OPTIONS", "one", alice, 3)  # what was heard early counts: the number is too low
    lab.run(until=0.5)
    assert callee.statuses[-1] == 500 and call.state == "answered"
    lab.drain()


def test_the_states_of_dialogs_are_on_record(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=1)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(call.hang_up())
    steps = [
        (r.element, r.data["before"], r.data["input"], r.data["after"])
        for r in lab.trace.select("state")
        if r.data["machine"] == "dialog"
    ]
    assert [step for step in steps if step[0] == "alice"] == [
        ("alice", "none", "101-199", "early"), ("alice", "early", "2xx", "confirmed"),
        ("alice", "confirmed", "BYE", "terminated"),
    ]  # fmt: skip
    assert [step[1:] for step in steps if step[0] == "bob"] == [step[1:] for step in steps if step[0] == "alice"]


# Several dialogs of one INVITE


@pytest.mark.covers("L6", "P16", "P17")
def test_two_phones_that_answer_at_once_make_two_dialogs_and_the_later_one_is_ended_by_bye(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@example.com")
    proxy = lab.proxy("example.com")
    bobs = [lab.user_agent("sip:bob@example.com", f"bob-{n}", answers=1) for n in (1, 2)]
    for bob in bobs:
        proxy.location.add(bob.uri.aor, bob.contact_uri)
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    lab.run()
    sent = wire(lab.trace)
    assert sent.count("proxy>alice 200 INVITE") == 2 and sent.count("alice>proxy ACK") == 2
    assert sent.count("proxy>bob-1 ACK") == sent.count("proxy>bob-2 ACK") == 1
    assert "proxy>bob-2 BYE" in sent and "proxy>bob-1 BYE" not in sent
    assert [len(bob.calls) for bob in bobs] == [1, 0] and call.state == "answered"
    assert len({m.to_tag for m in messages(lab.trace, "ACK", "alice")}) == 2
    lab.run(call.hang_up())
    assert not lab.trace.check()


def test_all_phones_that_answered_may_be_kept_as_calls_of_their_own(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@example.com")
    proxy = lab.proxy("example.com")
    bobs = [lab.user_agent("sip:bob@example.com", f"bob-{n}", answers=1) for n in (1, 2)]
    for bob in bobs:
        proxy.location.add(bob.uri.aor, bob.contact_uri)
    call = alice.call("sip:bob@example.com", forks="all")
    lab.run(call.answered)
    lab.run()
    (other,) = call.others
    assert len(alice.calls) == 2 and other.stream.remote != call.stream.remote
    lab.run(other.hold())
    lab.run(bobs[0].hang_up())
    assert call.state == "ended" and other.state == "answered" and other.stream.direction == "sendonly"
    lab.run(other.hang_up())
    lab.run()
    assert not alice.calls and not any(bob.calls for bob in bobs) and not lab.trace.check()


def test_each_repeated_2xx_gets_the_ack_of_its_own_dialog_again(lab: Lab) -> None:
    alice, call, callee = called(lab)
    for tag in ("one", "two", "one", "two", "two"):
        callee.say(200, tag, alice)
    lab.run(until=0.3)
    acks = [m.to_tag for m in callee.heard if getattr(m, "method", "") == "ACK"]
    assert acks == ["one", "two", "one", "two", "two"]
    assert [m.to_tag for m in callee.heard if getattr(m, "method", "") == "BYE"] == ["two"]
    assert call.dialog.remote_tag == "one"
    lab.drain()


def test_a_2xx_that_comes_after_the_end_of_its_call_is_acknowledged_and_ended(lab: Lab) -> None:
    alice, call, callee = called(lab)
    callee.say(200, "one", alice)
    lab.run(until=0.3)
    call.hang_up()
    callee.ask("BYE", "one", alice)
    lab.run(until=0.4)
    assert call.state == "ended"
    callee.say(200, "two", alice)
    lab.run(until=0.5)
    said = [(m.method, m.to_tag) for m in callee.heard if hasattr(m, "method") and m.to_tag]
    assert said[-2:] == [("ACK", "two"), ("BYE", "two")]
    lab.drain()


def test_an_unknown_choice_of_forks_is_a_mistake(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@example.com")
    with pytest.raises(UsageError, match="forks: 'none'"):
        alice.call("sip:bob@example.com", forks="none")
    assert not alice.calls


# Routes and targets


@pytest.mark.covers("O5", "O7", "O8")
def test_both_ends_send_along_the_record_routes_in_their_own_direction(lab: Lab) -> None:
    atlanta = lab.proxy("atlanta.com", "atlanta")
    alice = lab.user_agent("sip:alice@atlanta.com", outbound=atlanta)
    biloxi = lab.proxy("biloxi.com", "biloxi")
    bob = lab.user_agent("sip:bob@biloxi.com", answers=0)
    biloxi.location.add(bob.uri.aor, bob.contact_uri)
    call = alice.call(str(bob.uri))
    lab.run(call.answered)
    lab.run()
    lab.run(bob.hang_up())
    (ack,), (bye,) = messages(lab.trace, "ACK", "alice"), messages(lab.trace, "BYE", "bob")
    ways = [[route.uri.host for route in message.routes] for message in (ack, bye)]
    here = [atlanta.address.host, biloxi.address.host]
    assert ways == [here, here[::-1]]
    assert wire(lab.trace)[-6:] == [
        "bob>biloxi BYE", "biloxi>atlanta BYE", "atlanta>alice BYE", "alice>atlanta 200 BYE",
        "atlanta>biloxi 200 BYE", "biloxi>bob 200 BYE",
    ]  # fmt: skip


@pytest.mark.parametrize("strict", [False, True], ids=["loose", "strict"])
def test_a_request_goes_to_the_first_route_loose_or_strict(lab: Lab, strict: bool) -> None:
    alice, call, callee = called(lab)
    lr = "" if strict else ";lr"
    routes = f"Record-Route: <sip:far.test;lr>, <sip:{callee.address.host}{lr}>\n"
    callee.say(200, "one", alice, routes)
    lab.run(until=0.3)
    call.hang_up()
    lab.run(until=0.4)
    for message in [m for m in callee.heard if getattr(m, "method", "") in ("ACK", "BYE")]:
        target, far, near = f"sip:one@{callee.address.host}", "sip:far.test;lr", f"sip:{callee.address.host}{lr}"
        assert message.uri_text == (near if strict else target)
        assert [str(route.uri) for route in message.routes] == ([far, target] if strict else [near, far])
    lab.drain()


def test_a_refused_reinvite_does_not_move_the_target(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=0)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run()
    taken = bob.current_call
    alice.on_reinvite = lambda change: change.reject(488)
    before = call.dialog.remote_target
    bob.move()
    with pytest.raises(CallFailed):
        lab.run(taken.reinvite())
    assert call.dialog.remote_target == before
    lab.run(taken.hang_up())


def test_numbers_count_up_on_each_side_by_itself(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com", answers=0)
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run()
    for change in (call.hold, bob.current_call.hold, call.resume, bob.current_call.resume):
        lab.run(change())
        lab.run()
    lab.run(bob.hang_up())
    numbers = [[m.cseq.number for m in messages(lab.trace, "INVITE", name)] for name in ("alice", "bob")]
    assert numbers == [[1, 2, 3], [1, 2]]
    assert [m.cseq.number for m in messages(lab.trace, "BYE", "bob")] == [3]
    acks = [m.cseq.number for m in messages(lab.trace, "ACK", "alice")]
    assert acks == [1, 2, 3]


def test_a_hang_up_right_after_answering_waits_for_the_ack_or_the_end_of_waiting(lab: Lab) -> None:
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    lab.network.drop("ACK", times=20)  # type: ignore[attr-defined]
    bob.on_call = lambda call: (call.answer(), call.hang_up())
    call = alice.call(bob)
    lab.run(call.ended)
    lab.run()
    assert times(lab.trace, "BYE", "bob") == [32.005] and not lab.trace.check()
