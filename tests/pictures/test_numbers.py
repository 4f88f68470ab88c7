"""A ladder in numbers: gaps between its times, codecs, how each call went, how many messages of each kind."""

from __future__ import annotations

import re

import pytest
import told

import sipsim
from sipsim.errors import UsageError
from sipsim.pictures.charts.numbers import DETAILS, fates
from sipsim.pictures.ladder.ladder import Ladder
from sipsim.trace.trace import Trace


@pytest.fixture(scope="module")
def fork() -> Trace:
    return sipsim.run("fork", seed=7)


def section(ladder: Ladder, name: str) -> list[str]:
    return next(section.lines for section in ladder.model.sections if section.name == name)


def test_nothing_of_it_is_shown_unless_it_is_wished_for(fork: Trace) -> None:
    ladder = fork.ladder()
    assert not ladder.model.sections
    for form in (ladder.to_text(), ladder.to_svg(), ladder.mermaid(), ladder.to_markdown()):
        assert "+0.005" not in form and "PCMA" not in form


def test_gaps_stand_beside_the_times_of_every_format(fork: Trace) -> None:
    ladder = fork.ladder(details="gaps")
    rows = re.findall(r"^ +(\d+\.\d{3})  \+(\d+\.\d{3}) ", ladder.to_text(120), re.MULTILINE)
    assert ("2.030", "1.995") in rows and ("0.025", "0.000") in rows
    assert "| 13 | 2.030 | +1.995 |" in ladder.to_markdown()
    assert ">+1.995<" in ladder.to_svg() and "<U+002B>1.995 s" in ladder.plantuml()
    assert "#43;1.995 s" in ladder.mermaid()
    assert ">+4.995<" in fork.ladder(details="gaps", group="call").to_svg()


def test_gaps_add_up_to_the_times(fork: Trace) -> None:
    rows = re.findall(r"^ +(\d+\.\d+)  (?:\+(\d+\.\d+))? ", fork.ladder(details="gaps").to_text(), re.MULTILINE)
    total = 0.0
    for time, gap in rows:
        total += float(gap or 0.0)
        assert abs(total - float(time)) < 1e-6


def test_codecs_stand_beside_the_word_sdp(fork: Trace) -> None:
    ladder = fork.ladder(details="codecs")
    assert {arrow.badge for arrow in ladder.arrows} == {"", "SDP PCMU PCMA"}
    assert ">SDP PCMU PCMA</text>" in ladder.to_svg()
    assert "5 INVITE (SDP PCMU PCMA)" in ladder.to_text(140)
    narrow = ladder.to_text(80)
    assert "5* INVITE from alice to proxy SDP PCMU PCMA" in narrow, "what has no room stands below"
    assert "SDP PCMU PCMA" in sipsim.run("fork", seed=7).ladder(details="codecs", filter="INVITE").to_markdown()


@pytest.mark.parametrize(
    ("body", "badge"),
    [
        (told.SDP.replace(b"AVP 0", b"AVP 18 101") + b"a=rtpmap:101 opus/48000/2\r\n", "SDP G729 opus"),
        (told.SDP.replace(b"AVP 0", b"AVP 77"), "SDP 77"),
        (told.SDP.replace(b"40000", b"0"), "SDP"),
        (b"nonsense", "SDP"),
        (told.SDP + b"a=rtpmap:0 <script>\xe2\x80\xae" + b"x" * 5000 + b"\r\n", "SDP <script>"),
    ],
)  # fmt: skip
def test_codecs_are_as_descriptions_name_them(body: bytes, badge: str) -> None:
    trace = told.Told("alice", "bob")
    head = told.octets("INVITE", sdp=True).partition(b"Content-Length")[0]
    trace.sent(0.0, "alice", "bob", "", raw=head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    ladder = trace.trace.ladder(details="codecs")
    assert ladder.arrows[0].badge.startswith(badge) and len(ladder.arrows[0].badge) < 40
    assert "<script>" not in ladder.to_svg() and "\u202e" not in ladder.to_text()


@pytest.mark.parametrize(
    ("scenario", "state"),
    [
        ("ozeki", "ended, ringing after 0.020 s, set up in "),
        ("busy", "refused, 486 Busy Here"),
        ("cancel", "cancelled, ringing after 0.020 s"),
        ("redirect", "ended, ringing after "),
        ("proxy-password", "ended, ringing after "),
        ("silence", "refused, 408 Request Timeout"),
        ("two-answers", "ended, ringing after "),
    ],
)
def test_each_call_says_how_it_went(scenario: str, state: str) -> None:
    (line, *_) = section(sipsim.run(scenario, seed=7).ladder(details="calls"), "calls")
    assert f": {state}" in line, line


def test_setup_is_what_the_caller_waits_for() -> None:
    """From its first INVITE to the 2xx that arrives, whatever was lost on the way."""
    trace = sipsim.run("lost-200", seed=7)
    (fate,) = fates(trace.ladder().rows).values()
    first = next(r for r in trace.select("sent") if r.message and r.message.cseq.method == "INVITE")
    answer = next(r for r in trace.select("delivered") if r.element == "alice" and r.message.status == 200)  # type: ignore[union-attr]
    assert fate.answered == answer.time and fate.first.sent == first.time
    (line,) = section(trace.ladder(details="calls"), "calls")
    assert f"set up in {answer.time - first.time:.3f} s" in line


def test_a_call_under_way_is_told_as_it_stands() -> None:
    trace = sipsim.run("ozeki", seed=7)
    for number, state in ((1, "calling"), (5, "ringing"), (7, "in call"), (13, "ended")):
        told_so = section(trace.ladder(max_rows=number, details="calls"), "calls")
        assert f": {state}" in told_so[0], told_so


def test_counts_are_those_of_the_messages(fork: Trace) -> None:
    assert section(fork.ladder(details="counts"), "counts") == [
        "requests: INVITE 3, ACK 3, REGISTER 2, BYE 2, CANCEL 1",
        "responses: 100 Trying 1, 180 Ringing 4, 200 OK 7, 487 Request Terminated 1",
        "sent again: 0",
    ]
    lost = sipsim.run("lost-200", seed=7)
    again = [section(lost.ladder(details="counts", repeats=repeats), "counts") for repeats in ("each", "folded")]
    assert again[0] == again[1] and again[0][-1] == "sent again: 2"


def test_what_is_not_sip_is_not_counted() -> None:
    ladder = sipsim.run("to-a-telephone", seed=7).ladder(details=("calls", "counts"))
    assert "IAM" in ladder.to_text() and not any("IAM" in line for line in section(ladder, "counts"))
    assert sum(map(int, re.findall(r" (\d+)(?:,|$)", " ".join(f"{x}," for x in section(ladder, "counts")[:2])))) == len(
        ladder.arrows
    )


def test_a_detail_that_is_not_known_is_named(fork: Trace) -> None:
    with pytest.raises(UsageError, match="details='speed': what works is 'gaps', 'codecs', 'calls', 'counts'"):
        fork.ladder(details="speed")
    for nothing in (None, 3, True):
        with pytest.raises(UsageError, match=f"details={nothing}: what works is"):
            fork.ladder(details=nothing)
        with pytest.raises(UsageError, match=f"marks={nothing}: what works is"):
            fork.ladder(marks=nothing)
    assert fork.ladder(details=DETAILS).to_html() and fork.ladder(details=iter(DETAILS)).to_svg()


def test_marks_of_the_last_column_keep_their_words() -> None:
    """Where the last lifeline stands at the edge, they stand on its left."""
    text = sipsim.run("lost-200", seed=7).ladder(marks="timers").to_text(80)
    assert "Timer answer 2 s set •" in text or re.search(r"Timer answer 2 s set \S\n", text)
    assert all(len(line) <= 80 for line in text.splitlines())
