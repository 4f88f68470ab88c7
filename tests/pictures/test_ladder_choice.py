"""What of a trace a ladder shows when it is asked: calls, patterns, columns, names, the last rows, copies folded."""

from __future__ import annotations

import re

import pytest
import told

from sipsim.errors import UsageError
from sipsim.pictures.ladder.ladder import Ladder
from sipsim.pictures.ladder.model import Bar, letters
from sipsim.trace.trace import Trace


def numbers(ladder: Ladder) -> list[int]:
    return [arrow.number for arrow in ladder.arrows]


def names(ladder: Ladder) -> list[str]:
    return [column.name for column in ladder.columns]


def three_calls() -> Trace:
    trace = told.Told("alice", "proxy", "bob", "10.0.0.9")
    for at, call in ((0.0, "one@a"), (1.0, "two@a"), (1.01, "3")):
        trace.message(at, "alice", "proxy", "INVITE", call=call, sdp=True)
        trace.message(at + 0.005, "proxy", "bob", "INVITE", call=call, sdp=True)
        trace.message(at + 0.1, "bob", "proxy", "200 OK", call=call)
        trace.message(at + 0.105, "proxy", "alice", "200 OK", call=call)
    trace.message(2.0, "alice", "10.0.0.9", "OPTIONS", call="other@a")
    return trace.trace


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (1, [1, 2, 3, 4]),
        ("two@a", [5, 6, 9, 10]),
        ("2", [5, 6, 9, 10]),
        ([1, "other@a"], [1, 2, 3, 4, 13]),
    ],
)
def test_a_call_goes_by_its_number_or_its_call_id(call, found) -> None:
    trace = told.Told("alice", "proxy", "bob", "10.0.0.9")
    for at, name in ((0.0, "one@a"), (1.0, "two@a")):
        trace.message(at, "alice", "proxy", "INVITE", call=name, sdp=True)
        trace.message(at + 0.005, "proxy", "bob", "INVITE", call=name, sdp=True)
        if name == "two@a":
            trace.message(1.01, "alice", "proxy", "INVITE", call="third@a")
            trace.message(1.015, "proxy", "bob", "INVITE", call="third@a")
        trace.message(at + 0.1, "bob", "proxy", "200 OK", call=name)
        trace.message(at + 0.105, "proxy", "alice", "200 OK", call=name)
    trace.message(1.2, "bob", "proxy", "486 Busy Here", call="third@a")
    trace.message(1.205, "proxy", "alice", "486 Busy Here", call="third@a")
    trace.message(2.0, "alice", "10.0.0.9", "OPTIONS", call="other@a")
    assert numbers(Ladder(trace.trace, call=call)) == found


@pytest.mark.parametrize("call", [0, 5, "nobody@a", 1.5, True, [None]])
def test_a_call_that_is_not_there_is_an_error_that_lists_those_that_are(call) -> None:
    with pytest.raises(UsageError, match=r"call="):
        Ladder(three_calls(), call=call)
    with pytest.raises(UsageError, match=r"2 'two@a' \(INVITE, alice -> proxy\)"):
        Ladder(three_calls(), call=9)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("INVITE", [1, 2, 5, 6, 9, 10]),
        ("OPTIONS", [13]),
        ("200 INVITE", [3, 4, 7, 8, 11, 12]),
        ("2xx", [3, 4, 7, 8, 11, 12]),
        ("200", [3, 4, 7, 8, 11, 12]),
        ("* INVITE", [*range(1, 13)]),
        ("*", [*range(1, 14)]),
        ("486", []),
        ("10.0.0.9", [13]),
        ("alice -> proxy", [1, 5, 9]),
        ("alice <-> proxy", [1, 4, 5, 8, 9, 12]),
        ("-> bob", [2, 6, 10]),
        ("bob -> *", [3, 7, 11]),
        (["OPTIONS", "bob -> proxy"], [3, 7, 11, 13]),
        (lambda arrow: arrow.badge == "SDP" and arrow.sent > 1.0, [6, 9, 10]),
    ],
)
def test_a_filter_keeps_the_messages_that_fit_and_their_numbers(pattern, found) -> None:
    assert numbers(Ladder(three_calls(), filter=pattern)) == found


@pytest.mark.parametrize("pattern", ["carol", "alice -> carol", "invite", "700", "2xx FOO", "", 200, [3], None])
def test_a_filter_of_no_known_form_is_an_error_that_says_what_works(pattern) -> None:
    if pattern is None:
        assert len(Ladder(three_calls(), filter=pattern).arrows) == 13
        return
    with pytest.raises(UsageError, match=r'filter=.*"200 INVITE".*"alice -> proxy".*function'):
        Ladder(three_calls(), filter=pattern)


def test_the_foot_says_what_is_left_out_on_purpose() -> None:
    ladder = Ladder(three_calls(), call=1, filter="alice -> proxy")
    assert "call 1 · filter alice -> proxy · 1 message" in ladder.to_text()
    assert "only alice, proxy" in Ladder(three_calls(), columns=["alice", "proxy"], others=False).foot


def test_only_chosen_columns_and_what_they_say_to_one_another() -> None:
    ladder = Ladder(three_calls(), columns=["proxy", "alice"], others=False)
    assert names(ladder) == ["proxy", "alice"]
    assert numbers(ladder) == [1, 4, 5, 8, 9, 12]
    with pytest.raises(UsageError, match="others=False"):
        Ladder(three_calls(), others=False)


def test_media_and_faults_of_other_columns_are_left_out_with_them() -> None:
    trace = told.Told("alice", "proxy", "bob")
    trace.message(0.0, "alice", "proxy", "INVITE")
    trace.media("start", 1.0, "alice", "bob")
    trace.fault(2.0, "crash", "bob crashes", "bob")
    trace.fault(2.5, "crash", "proxy crashes", "proxy")
    trace.note(3.0, "a note")
    text = Ladder(trace.trace, columns=["alice", "proxy"], others=False).to_text()
    assert "RTP" not in text and "bob" not in text
    assert "proxy crashes" in text and "a note" in text


def test_addresses_get_names_and_a_port_can_be_a_column_of_its_own() -> None:
    trace = Trace()
    ends = [("10.0.0.1", 5060), ("10.0.0.2", 5060), ("10.0.0.2", 5070)]
    for host in ("10.0.0.1", "10.0.0.2"):
        for address in ends:
            if address[0] == host:
                trace.register(host, "host", address)
    for i, (a, b) in enumerate(((0, 1), (1, 2), (2, 1), (1, 0))):
        source, target = ends[a], ends[b]
        sent = trace.sent(i * 0.01, source[0], told.Packet(told.octets("INVITE"), source, target))
        trace.delivered(i * 0.01 + 0.005, target[0], sent)
    assert names(Ladder(trace)) == ["10.0.0.1", "10.0.0.2"]
    ladder = Ladder(trace, names={"10.0.0.1": "alice", "10.0.0.2:5060": "proxy", "10.0.0.2:5070": "bob"})
    assert [(c.name, c.address) for c in ladder.columns] == [
        ("alice", "10.0.0.1:5060"), ("proxy", "10.0.0.2:5060"), ("bob", "10.0.0.2:5070"),
    ]  # fmt: skip
    assert [(a.source, a.target) for a in ladder.arrows] == [
        ("alice", "proxy"), ("proxy", "bob"), ("bob", "proxy"), ("proxy", "alice"),
    ]  # fmt: skip
    one = Ladder(trace, names={"10.0.0.2:5060": "server", "10.0.0.2:5070": "server"}, filter="10.0.0.1 -> server")
    assert names(one) == ["10.0.0.1", "server"]


def test_media_of_a_host_are_those_of_its_only_port_that_has_a_name() -> None:
    trace = Trace()
    ends = [("10.0.0.1", 5060), ("10.0.0.2", 5060)]
    for address in ends:
        trace.register(address[0], "host", address)
    sent = trace.sent(0.0, "10.0.0.1", told.Packet(told.octets("INVITE"), *ends))
    trace.delivered(0.005, "10.0.0.2", sent)
    trace.add("media", 1.0, "10.0.0.2", event="start", local="10.0.0.2:4000", remote="10.0.0.1:4000")
    ladder = Ladder(trace, names={"10.0.0.1": "alice", "10.0.0.2:5060": "bob"})
    assert names(ladder) == ["alice", "bob"]
    (bar,) = [row for row in ladder.rows if isinstance(row, Bar)]
    assert (bar.source, bar.target) == ("bob", "alice")


def test_names_of_elements_hold_for_faults_media_and_columns_too() -> None:
    trace = told.Told("alice", "bob")
    trace.message(0.0, "alice", "bob", "INVITE")
    trace.media("start", 1.0, "alice", "bob")
    trace.fault(2.0, "crash", "it crashes", "bob")
    ladder = Ladder(trace.trace, names={"alice": "Anna", "192.0.2.2": "Ben"}, columns=["Ben"])
    assert names(ladder) == ["Ben", "Anna"]
    assert "bob" not in ladder.to_text() and "alice" not in ladder.to_text()


@pytest.mark.parametrize("given", [{"carol": "x"}, {"alice": ""}, {"alice": 5}, "alice=x"])
def test_a_name_for_what_is_not_there_is_an_error(given) -> None:
    with pytest.raises(UsageError, match="names="):
        Ladder(told.simple_call(), names=given)


def test_the_last_rows_with_media_that_flow_and_elements_that_are_down() -> None:
    trace = told.Told("alice", "bob", "carol")
    trace.media("start", 0.0, "alice", "bob")
    trace.fault(0.5, "crash", "carol crashes", "carol")
    trace.note(0.6, "an old note")
    for i in range(10):
        trace.message(1.0 + i, "alice", "bob", "OPTIONS")
    ladder = Ladder(trace.trace, max_rows=3, keep="last")
    assert numbers(ladder) == [8, 9, 10]
    text = ladder.to_text()
    assert "RTP" in text and "carol crashes" in text and "an old note" not in text
    assert text.index("… 7 earlier messages") < text.index("8 OPTIONS")
    assert "3 of 10 messages" in text
    assert "7 earlier messages" in ladder.to_svg()


def test_the_last_rows_of_a_call() -> None:
    ladder = Ladder(three_calls(), call=1, max_rows=2, keep="last")
    assert numbers(ladder) == [3, 4] and ladder.model.omitted == 2


def test_copies_of_the_same_fate_fold_into_one_arrow() -> None:
    ladder = Ladder(told.crashed_proxy(), repeats="folded")
    invites = [(a.number, a.times, a.counted, a.lost) for a in ladder.arrows if a.text == "INVITE"]
    assert invites == [
        (1, 1, "", None), (2, 3, "copy 2–4", "proxy is down"), (5, 1, "copy 5", None), (6, 1, "", None),
    ]  # fmt: skip
    assert re.search(r"2\* INVITE .*2–4", ladder.to_text())
    assert re.search(r"2\* INVITE .*2-4", ladder.to_text(ascii=True))
    assert "3 times until 3.500 s" in ladder.to_svg()
    assert ladder.foot == Ladder(told.crashed_proxy()).foot  # nothing is left out


def test_copies_that_all_arrive_are_counted() -> None:
    trace = told.Told("alice", "bob")
    for copy, at in enumerate((0.0, 0.5, 1.5), 1):
        trace.message(at, "alice", "bob", "INVITE", copy=copy)
    (arrow,) = Ladder(trace.trace, repeats="folded").arrows
    assert (arrow.times, arrow.until) == (3, 1.5)
    assert "1 INVITE ×3" in Ladder(trace.trace, repeats="folded").to_text()
    assert "1 INVITE x3" in Ladder(trace.trace, repeats="folded").to_text(ascii=True)


def test_calls_have_letters_and_colours_and_a_legend() -> None:
    ladder = Ladder(three_calls(), color="call")
    assert "".join(a.letter for a in ladder.arrows) == "AAAABBBBCCCCD"
    assert len({a.tone for a in ladder.arrows}) == 4
    text = ladder.to_text()
    assert "5B INVITE (SDP)" in text
    assert "B: INVITE from alice to proxy, 4 messages from 5 on, Call-ID two@a" in text
    assert ">5B</text>" in ladder.to_svg() and "Call-ID two@a" in ladder.to_svg()


def test_transactions_are_told_apart_by_branch_and_method() -> None:
    ladder = Ladder(told.simple_call(), color="transaction")
    assert {a.letter for a in ladder.arrows if a.method in ("INVITE", "ACK")} == {"A"}  # one branch in this trace
    assert {a.letter for a in ladder.arrows if a.method == "BYE"} == {"B"}
    assert "B: BYE from alice to proxy, messages 10, 11, 12, 13" in ladder.to_text()


def test_calls_stand_one_below_the_other_when_they_are_grouped() -> None:
    text = Ladder(three_calls(), group="call").to_text()
    places = [text.index(word) for word in ("1: INVITE", "4 200 OK", "2: INVITE", "8 200 OK", "3: INVITE", "9 INVITE")]
    assert places == sorted(places)
    assert text.count("│ alice │") == 4
    svg = Ladder(three_calls(), group="call").to_svg()
    assert svg.count(">alice<") == 4
    assert svg.count('id="') == len(set(svg.split('id="'))) - 1


@pytest.mark.parametrize(
    "wish",
    [
        {"color": "red"}, {"group": "x"}, {"repeats": "never"}, {"marks": ["pulse"]}, {"appendix": "all"},
        {"keep": "middle"}, {"max_rows": 0}, {"max_rows": 2.5}, {"others": 3, "columns": ["alice"]},
    ],
)  # fmt: skip
def test_other_wishes_are_errors_that_say_what_works(wish) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(wish))}="):
        Ladder(told.simple_call(), **wish)


def test_the_messages_themselves_stand_below_under_their_numbers() -> None:
    trace = told.lost_answer()
    headers, whole = Ladder(trace, appendix="headers"), Ladder(trace, appendix="messages")
    for ladder in (headers, whole):
        text, svg = ladder.to_text(80), ladder.to_svg()
        title = "4 200 OK from bob to proxy at 0.510 s (UDP, 192.0.2.3:5060 → 192.0.2.2:5060)"
        assert f"{title}\n    the octets of message 3 again" in text
        assert text.count("    Call-ID: call-1@alice") == svg.count("Call-ID: call-1@alice") == 5
        assert 'a4"' in svg
    assert "m=audio" not in headers.to_text() and "m=audio" not in headers.to_svg()
    assert "    m=audio 40000 RTP/AVP 0" in whole.to_text() and "m=audio 40000" in whole.to_svg()


def test_letters_go_on_after_z() -> None:
    assert [letters(n) for n in (1, 26, 27, 52, 53, 703)] == ["A", "Z", "AA", "AZ", "BA", "AAA"]


def test_the_caller_stays_on_the_left_where_the_beginning_is_cut_away() -> None:
    trace = told.Told("alice", "proxy", "bob")
    for name, kind in (("alice", "user agent"), ("proxy", "proxy"), ("bob", "user agent")):
        next(e for e in trace.trace.header["elements"] if e["name"] == name)["kind"] = kind
    for i in range(4):
        trace.message(i, "alice", "proxy", "INVITE", call=f"{i}")
        trace.message(i + 0.005, "proxy", "bob", "INVITE", call=f"{i}")
        trace.message(i + 0.010, "bob", "proxy", "486 Busy Here", call=f"{i}")
    for most in range(1, 12):
        shown = names(Ladder(trace.trace, max_rows=most, keep="last"))
        assert shown == [name for name in ("alice", "proxy", "bob") if name in shown] or most < 3
