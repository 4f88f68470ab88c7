"""The text ladder: what it looks like, and that its grid holds whatever stands in it.

The ladders in `data/` are looked at by people; after a change that is meant, write them anew:
python tests/pictures/test_ladder_text.py
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import told
from hypothesis import given, settings
from hypothesis import strategies as st

from sipsim.pictures.ladder.ladder import Ladder
from sipsim.pictures.ladder.writing.grid import BOX
from sipsim.pictures.ladder.writing.text import _Writer
from sipsim.pictures.lettering import cell
from sipsim.trace.trace import Trace

DATA = Path(__file__).parent / "data"
FORMS = [(story, width, ascii) for story in told.STORIES for width, ascii in ((100, False), (80, True))]
LIFELINE = set("│├┤┼╪×○: ") | set("|+#Xo")


def name(story: str, width: int, ascii: bool) -> Path:
    return DATA / f"{story}_{width}{'_ascii' if ascii else ''}.txt"


def drawn(story: str, width: int, ascii: bool) -> str:
    return Ladder(told.STORIES[story]()).to_text(width, ascii) + "\n"


@pytest.mark.parametrize(("story", "width", "ascii"), FORMS)
def test_it_looks_as_people_have_approved_it(story: str, width: int, ascii: bool) -> None:
    assert drawn(story, width, ascii) == name(story, width, ascii).read_text("utf-8")


def columns(line: str) -> list[str]:
    """A line by columns of the terminal."""
    found: list[str] = []
    for c in line:
        found += [c, ""][: cell(c)]
    return found


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("width", [60, 80, 100, 132])
@pytest.mark.parametrize("story", told.STORIES)
def test_no_line_is_too_long_and_ascii_is_ascii(story: str, width: int, ascii: bool) -> None:
    text = Ladder(told.STORIES[story]()).to_text(width, ascii)
    assert max(len(columns(line)) for line in text.splitlines()) <= width
    assert text.isascii() or not ascii
    assert not any(line.endswith(" ") for line in text.splitlines())


METHODS = st.sampled_from(["INVITE", "REGISTER", "180 Ringing", "487 Request Terminated", "200 OK", "603 電話はいや"])
NAMES = st.text("abcdefgh-.1234567890電話é", min_size=1, max_size=24)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    names = draw(st.lists(NAMES, min_size=2, max_size=6, unique=True))
    trace = told.Told(*names)
    time = 0.0
    for _ in range(draw(st.integers(1, 12))):
        time += draw(st.sampled_from([0.0, 0.001, 0.004, 0.5]))
        source, target = (draw(st.sampled_from(names)) for _ in range(2))
        what, copy, sdp = draw(METHODS), draw(st.integers(1, 3)), draw(st.booleans())
        if draw(st.booleans()):
            delay = draw(st.sampled_from([0.0, 0.005, 0.02, 1.0]))
            trace.message(time, source, target, what, delay=delay, copy=copy, sdp=sdp)
        else:
            trace.lost(time, source, target, what, draw(st.sampled_from(["loss", "the link is cut"])), copy=copy)
    return trace.trace


@settings(max_examples=150)
@given(traces(), st.sampled_from([80, 100]))
def test_two_to_six_columns_keep_their_grid_whatever_they_are_called(trace: Trace, width: int) -> None:
    writer = _Writer(Ladder(trace).model, width, BOX)
    for line in writer.rows():
        found = columns(line)
        assert len(found) <= width
        assert {found[x] if x < len(found) else " " for x in writer.grid.xs} <= LIFELINE
    for arrow in Ladder(trace).arrows:
        assert f" {arrow.number}" in Ladder(trace).to_text(width).replace("─", " ").replace("*", " ")


def test_a_message_over_several_columns_passes_the_lifelines_between_visibly() -> None:
    line = next(line for line in str(Ladder(told.lost_answer())).splitlines() if "6 ACK" in line)
    assert line.count("┼") == 1 and "►│" in line


def test_messages_that_cross_have_a_row_where_they_leave_and_one_where_they_arrive() -> None:
    lines = [line for line in str(Ladder(told.lost_answer())).splitlines() if "BYE" in line]
    assert [line.split()[0] for line in lines] == ["1.530", "1.532", "1.538", "1.540"]
    assert ["…" in line for line in lines] == [True] * 4
    assert ["►│" in line or "│◄" in line for line in lines] == [False, False, True, True]


def test_a_message_that_is_overtaken_arrives_in_a_later_row() -> None:
    trace = told.Told("alice", "bob")
    slow = trace.sent(0.0, "alice", "bob", "INVITE")
    trace.message(0.01, "alice", "bob", "CANCEL")
    trace.trace.delivered(0.03, "bob", slow)
    rows = [line for line in str(Ladder(trace.trace)).splitlines() if "INVITE" in line or "CANCEL" in line]
    assert [line.split()[0] for line in rows] == ["0.000", "0.010", "0.030"]
    assert "…" in rows[0] and "►│" in rows[1] and "1 INVITE" in rows[2]


def test_a_crashed_element_has_no_lifeline_until_it_restarts() -> None:
    lines = str(Ladder(told.crashed_proxy())).splitlines()
    x = next(line for line in lines if "proxy crashes" in line).index("×")
    down = lines[next(i for i, line in enumerate(lines) if "crashes" in line) + 1 :]
    down = down[: next(i for i, line in enumerate(down) if "restarts" in line)]
    assert {line[x] for line in down if len(line) > x} == {" "}


def test_words_that_do_not_fit_stand_below_in_full() -> None:
    trace = told.Told("alice", "bob")
    why = "the link between alice and bob was cut by a script on line 17, for the third time"
    trace.lost(0.0, "alice", "bob", "INVITE", why)
    text = Ladder(trace.trace).to_text(80)
    assert "1* INVITE" in text
    assert why in " ".join(text.split())


def test_a_long_wait_is_folded_and_marked() -> None:
    lines = str(Ladder(told.simple_call())).splitlines()
    assert sum(line.strip().startswith("…") for line in lines) == 2


def test_more_columns_than_fit_make_the_lines_longer_rather_than_fail() -> None:
    names = [f"phone-{i}" for i in range(30)]
    trace = told.Told(*names)
    for a, b in pairwise(names):
        trace.message(0.0, a, b, "OPTIONS")
    text = str(Ladder(trace.trace))
    assert 200 < max(map(len, text.splitlines())) < 400
    assert "29─►│" in text


def test_a_trace_without_messages_says_so() -> None:
    assert "no messages" in str(Ladder(Trace()))
    assert "alice" in str(Ladder(told.Told("alice").trace))


if __name__ == "__main__":
    for form in FORMS:
        name(*form).write_text(drawn(*form), "utf-8")
