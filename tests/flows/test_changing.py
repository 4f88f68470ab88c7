"""The scenarios about calls that are changed, and about messages that cross: what their questions ask for is there."""

from __future__ import annotations

import pytest
from bench_pair import messages, said, times, wire

import sipsim


def test_hold_says_sendonly_along_the_route_of_the_call() -> None:
    trace = sipsim.run("reinvite")
    first, hold, resume = messages(trace, "INVITE", "alice")
    assert b"a=sendonly" in hold.body and b"a=send" not in resume.body
    assert (first.call_id, first.from_tag) == (hold.call_id, hold.from_tag) and hold.to_tag and len(hold.routes) == 1
    assert [record.data.get("direction") for record in trace.select("media", "bob")] == [
        None, None, "recvonly", "recvonly", None, None,
    ]  # fmt: skip


def test_the_owner_of_the_call_id_waits_longer_after_glare() -> None:
    trace = sipsim.run("glare", seed=5)
    assert times(trace, "INVITE", "bob")[1] < times(trace, "INVITE", "alice")[2]
    assert wire(trace).count("bob>alice 491 INVITE") == wire(trace).count("alice>bob 491 INVITE") == 1


@pytest.mark.covers("P07")
def test_a_late_offer_is_in_the_200_and_its_answer_in_the_ack() -> None:
    trace = sipsim.run("delayed-offer")
    bodies = [bool(messages(trace, what, who)[0].body) for what, who in (
        ("INVITE", "alice"), ("200 INVITE", "bob"), ("ACK", "alice"))]  # fmt: skip
    assert bodies == [False, True, True]


@pytest.mark.covers("P18")
def test_a_cancel_that_comes_too_late_is_followed_by_bye() -> None:
    assert wire(sipsim.run("crossing-cancel"))[2:] == [
        "bob>alice 200 INVITE", "alice>bob CANCEL", "alice>bob ACK", "alice>bob BYE", "bob>alice 200 CANCEL",
        "bob>alice 200 BYE",
    ]  # fmt: skip


@pytest.mark.covers("L6")
@pytest.mark.parametrize(("keep", "talking"), [("first", 1), ("all", 2)])
def test_of_two_answers_one_is_kept_or_both(keep: str, talking: int) -> None:
    trace = sipsim.run("two-answers", keep=keep)
    assert wire(trace).count("proxy>alice 200 INVITE") == 2 and wire(trace).count("alice>proxy ACK") == 2
    byes = [round(time, 1) for time in times(trace, "BYE", "alice")]
    assert len(byes) == 2 and len([time for time in byes if time > 5]) == talking


def test_a_call_that_follows_a_phone_ends_where_that_is_now() -> None:
    trace = sipsim.run("moving")
    (bye,) = [record for record in trace.select("sent", "alice") if said(record.message) == "BYE"]
    assert bye.data["peer"] == "bob" and bye.data["dst"] != trace.select("sent", "bob")[0].data["src"]


def test_a_redirect_to_tcp_takes_the_whole_call_there() -> None:
    trace = sipsim.run("redirect-to-tcp")
    assert [record.data["transport"] for record in trace.select("sent")] == ["UDP"] * 3 + ["TCP"] * 13


def test_after_a_refused_change_the_call_goes_on_as_it_was() -> None:
    trace = sipsim.run("refused-change")
    assert trace.result["status"] == 488 and len(trace.select("media", "alice")) == 2
    assert sipsim.run("refused-change", codec="PCMA").result["status"] == 200
