"""What goes on inside elements, on a ladder: transactions, dialogs, timers, reasons, API calls, and broken rules."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
import told

import sipsim
from sipsim.errors import UsageError
from sipsim.pictures.display import Box, Group, Picture
from sipsim.pictures.ladder.ladder import Ladder
from sipsim.pictures.ladder.model import Mark
from sipsim.trace.checker.rule import Finding
from sipsim.trace.trace import Trace

ALL = ("transactions", "dialogs", "timers", "reasons")


@pytest.fixture(scope="module")
def call() -> Trace:
    return sipsim.run("ozeki", seed=1)


def marks(ladder: Ladder, kind: str, column: str = "") -> list[tuple[float, str]]:
    found = [row for row in ladder.rows if isinstance(row, Mark) and row.kind == kind]
    return [(mark.time, mark.text) for mark in found if column in ("", mark.column)]


def groups(picture: Picture, start: str) -> dict[str, Group]:
    return {s.name: s for s in picture.shapes if isinstance(s, Group) and s.name.startswith(start)}


def test_the_plain_ladder_has_no_marks_of_the_inner_life(call: Trace) -> None:
    assert not any(isinstance(row, Mark) for row in call.ladder().rows)


def test_a_transaction_begins_with_its_request_and_goes_through_its_states(call: Trace) -> None:
    ladder = call.ladder(marks="transactions")
    assert marks(ladder, "transaction", "alice") == [
        (0.0, "INVITE client calling"), (0.01, "INVITE client proceeding"), (2.02, "INVITE client accepted"),
        (12.03, "BYE server trying"), (12.03, "BYE server completed"),
    ]  # fmt: skip
    assert "• INVITE client calling" in ladder.to_text()
    assert "* INVITE client calling" in ladder.to_text(ascii=True)


def test_each_transaction_is_a_bar_that_shows_its_states(call: Trace) -> None:
    bars = groups(call.ladder(marks="transactions").picture(), "t")
    assert len(bars) == 8  # INVITE and BYE, two links, two ends
    first = next(iter(bars.values()))
    assert first.label == (
        "alice: INVITE client calling at 0.000 s, INVITE client proceeding at 0.010 s, "
        "INVITE client accepted at 2.020 s"
    )
    assert [item.style for item in first.items] == ["transaction", "transaction", "transaction-hollow"]
    heights = [(item.y, item.y + item.height) for item in first.items if isinstance(item, Box)]
    assert all(end == begin for (_, end), (begin, _) in pairwise(heights))


def test_bars_that_last_at_the_same_time_stand_side_by_side(call: Trace) -> None:
    bars = groups(call.ladder(marks="transactions").picture(), "t")
    proxy = [[item for item in bar.items if isinstance(item, Box)] for bar in bars.values() if "proxy:" in bar.label]
    for i, one in enumerate(proxy):
        for other in proxy[i + 1 :]:
            apart = one[0].x != other[0].x
            assert apart or one[-1].y + one[-1].height <= other[0].y or other[-1].y + other[-1].height <= one[0].y


def test_a_dialog_is_early_confirmed_and_ended(call: Trace) -> None:
    ladder = call.ladder(marks=["dialogs"])
    assert marks(ladder, "dialog", "alice") == [
        (0.02, "dialog early"), (2.02, "dialog confirmed"), (12.03, "dialog ended"),
    ]  # fmt: skip
    (bar,) = [g for g in groups(ladder.picture(), "t").values() if g.label.startswith("alice")]
    assert [item.style for item in bar.items] == ["dialog-hollow", "dialog"]


def test_timers_of_one_instant_and_transaction_share_a_mark(call: Trace) -> None:
    ladder = call.ladder(marks="timers")
    assert marks(ladder, "timer", "alice")[:3] == [
        (0.0, "Timer A 0.5 s, B 32 s set"), (0.01, "Timer A, B stopped"), (2.02, "Timer M 32 s set"),
    ]  # fmt: skip


def test_a_timer_that_fires_is_marked_even_where_no_message_follows() -> None:
    trace = told.Told("alice", "bob")
    trace.lost(0.0, "alice", "bob", "INVITE")
    trace.trace.timer(0.0, "alice", "set", "B", 32.0, "INVITE client", "z9hG4bK-1")
    trace.trace.timer(32.0, "alice", "fired", "B", 32.0, "INVITE client", "z9hG4bK-1")
    ladder = Ladder(trace.trace, marks="timers")
    assert " 32.000       • Timer B fired" in ladder.to_text()
    picture = ladder.picture()
    assert [g.items[0].style for g in groups(picture, "r").values()] == ["timer-set", "timer-fired"]


def test_the_reasons_of_refusals_and_further_tries() -> None:
    lab = sipsim.Lab(seed=8)
    lab.proxy("example.com", users={"alice": "secret"})
    alice = lab.user_agent("sip:alice@example.com", password="wrong")

    def story(lab: sipsim.Lab):
        with pytest.raises(sipsim.RegistrationFailed):
            yield alice.register()

    ladder = lab.run(story).ladder(marks="reasons")
    assert "• 401: wrong user or password (RFC 3261 §22.2)" in ladder.to_text()
    assert "401: wrong user or password (RFC 3261 §22.2)" in ladder.to_svg()
    assert "REGISTER again, with credentials for example.com" in ladder.to_svg()


def test_marks_of_what_is_filtered_out_are_left_out_with_it(call: Trace) -> None:
    ladder = call.ladder(marks=ALL, filter=["BYE", "200 BYE"])
    texts = " ".join(mark.text for mark in ladder.rows if isinstance(mark, Mark))
    assert "BYE client trying" in texts and "Timer J" in texts
    assert "INVITE" not in texts and "Timer A" not in texts
    two = call.ladder(marks=ALL, columns=["alice", "proxy"], others=False)
    assert {mark.column for mark in two.rows if isinstance(mark, Mark)} == {"alice", "proxy"}


def test_every_mark_of_the_text_is_in_the_svg_too(call: Trace) -> None:
    ladder = call.ladder(marks=ALL)
    root = ElementTree.fromstring(ladder.to_svg())
    drawn = " ".join(text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text"))
    for row in ladder.rows:
        if isinstance(row, Mark):
            assert row.text in drawn or row.text.split("; ")[0] in drawn


def test_names_hold_for_marks_too(call: Trace) -> None:
    text = call.ladder(marks=ALL, names={"alice": "Anna"}).to_text()
    assert "INVITE client calling" in text and "alice" not in text.partition("\n")[2].partition("seed")[0]


# ---- the lane of an API


def with_api() -> told.Told:
    trace = told.Told("alice", "proxy", "bob")
    trace.trace.api(0.0, "alice", "makeCall", arguments=["sip:bob@example.com"])
    trace.message(0.0, "alice", "proxy", "INVITE")
    trace.message(0.005, "proxy", "bob", "INVITE")
    trace.trace.api(0.01, "bob", "onIncomingCall", "callback", {"id": 7}, call="call-1@alice")
    trace.trace.api(0.01, "bob", "answer", text="answer it")
    trace.trace.api(0.02, "proxy", "onReply", "callback")
    return trace


def test_api_calls_and_callbacks_have_a_lane_beside_their_lifeline() -> None:
    ladder = Ladder(with_api().trace)
    assert [(m.column, m.what, m.text) for m in ladder.rows if isinstance(m, Mark)] == [
        ("alice", "call", "makeCall(sip:bob@example.com)"),
        ("bob", "callback", "onIncomingCall(id=7)"),
        ("bob", "call", "answer it"),
        ("proxy", "callback", "onReply()"),
    ]
    svg = ladder.to_svg()
    assert svg.count(">API</text>") == 3
    assert "makeCall(sip:bob@example.com)</text>" in svg
    text = ladder.to_text(200)
    assert "┊─ makeCall(sip:bob@example.com) ─►│" in text
    assert "│─ onIncomingCall(id=7) ─►┊" in text
    assert "│◄" in text and "answer it" in text


def test_words_that_a_lane_can_not_hold_stand_below() -> None:
    text = Ladder(with_api().trace).to_text(80)
    assert max(map(len, text.split("\n"))) <= 80
    assert "0.000 alice: makeCall(sip:bob@example.com)" in text


def test_an_api_record_says_what_was_called_with_what() -> None:
    trace = with_api().trace
    record = trace.select("api")[1]
    assert record.data == {
        "name": "onIncomingCall", "direction": "callback", "arguments": {"id": 7}, "call": "call-1@alice",
    }  # fmt: skip
    assert str(record) == "bob's API calls back: onIncomingCall(id=7) at 0.010 s"
    assert str(trace.select("api")[0]).startswith("alice's API is called: makeCall(")
    with pytest.raises(UsageError, match="direction="):
        trace.api(1.0, "bob", "x", "sideways")


def test_an_api_call_of_another_call_is_filtered_out() -> None:
    trace = with_api()
    trace.message(1.0, "alice", "proxy", "INVITE", call="two")
    texts = [m.text for m in Ladder(trace.trace, call="two").rows if isinstance(m, Mark)]
    assert "onIncomingCall(id=7)" not in texts


# ---- broken rules


def test_findings_stand_on_the_arrows_that_they_concern() -> None:
    findings = [
        Finding("VIA-02", "MUST", "RFC 3261 §8.1.1.7", "a branch comes twice", (1, 3), "alice"),
        Finding("CSQ-01", "SHOULD", "RFC 3261 §8.1.1.5", "numbers go up", (3,), "proxy"),
        Finding("SYN-02", "MUST", "RFC 3261 §8.1.1", "not drawn", (99,), "proxy"),
    ]
    ladder = Ladder(told.simple_call(), findings=findings)
    assert {a.number: a.flags for a in ladder.arrows if a.flags} == {
        1: ("VIA-02 MUST",), 3: ("VIA-02 MUST", "CSQ-01 SHOULD"),
    }  # fmt: skip
    text, svg = ladder.to_text(), ladder.to_svg()
    assert "1! INVITE" in text and "2 100 Trying" in text
    assert "alice, messages 1, 3: a branch comes twice (VIA-02, MUST, RFC 3261 §8.1.1.7)" in text
    assert svg.count(">VIA-02 MUST</text>") == 2 and "numbers go up" in svg
    assert "not drawn" not in text
    assert "breaks VIA-02 MUST" in ladder.arrows[0].label


def test_the_checker_is_asked_when_findings_are_wanted(call: Trace) -> None:
    assert "Findings\n    none" in call.ladder(findings=True).to_text()
    assert "Findings" not in call.ladder().to_text()


# ---- what does not fit


def test_words_that_a_drawing_has_no_room_for_stand_below_it_in_full() -> None:
    trace = told.Told("alice", "bob")
    long = "a note that goes on and on, much longer than a ladder of two columns is wide, and then some more words"
    trace.message(0.0, "alice", "bob", "INVITE")
    trace.note(0.1, long)
    why = "there is no route to this host from here, nor was there ever one, nor will there ever be"
    trace.lost(0.2, "alice", "bob", "OPTIONS", why)
    svg = Ladder(trace.trace).to_svg()
    root = ElementTree.fromstring(svg)
    drawn = " ".join(text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text"))
    assert "In full" in drawn
    assert all(word in drawn for word in long.split())
    assert "nor will there ever be" in drawn
    assert "In full" not in Ladder(told.simple_call()).to_svg()


@pytest.mark.parametrize("findings", ["CSQ", ["CSQ-01"], 5, None])
def test_findings_are_what_the_checker_gives_and_no_names_of_rules(call: Trace, findings: Any) -> None:
    with pytest.raises(UsageError, match=r"findings=.*trace\.check\(\['CSQ'\]\)"):
        Ladder(call, findings=findings)


@pytest.mark.parametrize("width", ["80", 80.5, None])
def test_a_width_is_a_whole_number_of_characters(call: Trace, width: Any) -> None:
    with pytest.raises(UsageError, match=r"width=.*whole number"):
        Ladder(call).to_text(width)
